"""Wishes and limits of people without an account, from a table: one row a person; with a single wrong cell nothing is taken."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.exchange.documents.sheets import Column, Sheet, write_workbook
from tongxin.exchange.rosters.cells import BadCell, text_of
from tongxin.exchange.rosters.reader import read_sheet
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.programmes.pairings import Pairing
from tongxin.methods.matching.use import Ask

from . import saying
from .gathering import people_of
from .labels import Labels
from .models import Participant, Round
from .services import MOST_PLACES, Refused

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 5_000
MOST_TROUBLES = 100
PERSON, LEAST, MOST, NOBODY = "姓名", "最少几人", "最多几人", "这次不带的原因"
WISH = "第%d志愿"


@dataclass(frozen=True)
class Trouble:
    """What is wrong with one cell. row: as in the spreadsheet, 0 for the whole file."""

    row: int
    sentence: str


@dataclass
class Seen:
    """What a file would enter: (participant, what they say, the least they take)."""

    rows: list[tuple[Participant, saying.Said, int | None]] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)


def columns(pairing: Pairing) -> list[str]:
    """Return the headings of the table for a scheme."""
    asks = [ask for _seat, ask in pairing.use.asks]
    most = max((ask.wishes for ask in asks), default=0)
    slots = dict.fromkeys(slot.title for ask in asks for slot in ask.slots)
    return [PERSON, *(WISH % n for n in range(1, most + 1)), *slots, LEAST, MOST, NOBODY]


def template(round_: Round, pairing: Pairing, export: str) -> bytes:
    """Return the table with everybody who is asked something, for filling in."""
    labels = Labels(round_, pairing, people_of(round_))
    heads = columns(pairing)
    asked = {seat for seat, _ask in pairing.use.asks}
    rows = [[labels.of(one), *([""] * (len(heads) - 1))] for one in labels.people if one.seat in asked]
    note = _("姓名照写；有同名的，后面带着班级或部门，如“张三（七年级1班）”。空着的格不改。")
    return write_workbook(
        [Sheet(_("志愿"), [Column(head) for head in heads], rows, title=round_.title, note=note)],
        export_id=export,
    )


@contextmanager
def on_disk(upload: Any) -> Iterator[Path]:
    """Give an upload a name for as long as it is read; in memory where the machine has such a folder."""
    folder = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.NamedTemporaryFile(dir=folder, prefix="tongxin-") as file:
        for chunk in upload.chunks():
            file.write(chunk)
        file.flush()
        yield Path(file.name)


class Reader:
    """Reads a table against the people of a round."""

    def __init__(self, round_: Round, pairing: Pairing) -> None:
        self.round, self.pairing = round_, pairing
        self.labels = Labels(round_, pairing, people_of(round_))
        self.heads = columns(pairing)
        self.seen = Seen()
        self.rows_of: dict[int, int] = {}

    def read(self, path: Path) -> Seen:
        """Raises RosterRefused when the file cannot be opened as a table."""
        at: dict[str, int] | None = None
        with read_sheet(path) as table:
            for number, cells in table:
                texts = self._texts(number, cells)
                if at is None:
                    at = self._header(texts)
                elif any(texts):
                    self._row(number, {head: texts[i] if i < len(texts) else "" for head, i in at.items()})
                if number > MOST_ROWS + 20 or len(self.seen.troubles) >= MOST_TROUBLES:
                    break
        if at is None:
            self._say(0, _("没有找到表头“%(head)s”。请用下载的表格填写。") % {"head": PERSON})
        elif not self.seen.rows and not self.seen.troubles:
            self._say(0, _("表里一行也没有填。请填好再上传。"))
        return self.seen

    def _say(self, row: int, sentence: str) -> None:
        self.seen.troubles.append(Trouble(row, sentence))

    def _texts(self, number: int, cells: list[Any]) -> list[str]:
        found = []
        for cell in cells:
            try:
                found.append(text_of(cell).strip())
            except BadCell as bad:
                self._say(number, str(bad))
                found.append("")
        return found

    def _header(self, texts: list[str]) -> dict[str, int] | None:
        if PERSON not in texts:
            return None
        strange = [text for text in texts if text and text not in self.heads]
        for text in strange:
            self._say(
                0,
                _("有不认识的列“%(head)s”。可用的列有：%(heads)s。")
                % {"head": text, "heads": "、".join(self.heads)},
            )
        return {text: at for at, text in enumerate(texts) if text in self.heads}

    def _row(self, number: int, cells: dict[str, str]) -> None:
        before = len(self.seen.troubles)
        if not any(value for head, value in cells.items() if head != PERSON):
            return
        person = self._person(number, cells.get(PERSON, ""), PERSON)
        if person is None:
            return
        if person.pk in self.rows_of:
            self._say(
                number,
                _("“%(name)s”和第 %(row)d 行重复。请删去一行。")
                % {"name": cells[PERSON], "row": self.rows_of[person.pk]},
            )
            return
        self.rows_of[person.pk] = number
        ask = self.pairing.use.ask(person.seat) or Ask()
        wants = self._wants(number, cells, person, ask)
        answers = self._answers(number, cells, ask, person)
        low, high = self._limits(number, cells, person)
        none = bool(cells.get(NOBODY))
        if none and (wants or high):
            self._say(
                number, _("写了“%(head)s”，又写了志愿或最多几人，互相矛盾。请留一样。") % {"head": NOBODY}
            )
        if len(self.seen.troubles) == before:
            said = saying.Said(wants, answers, high, none, cells.get(NOBODY, ""))
            self.seen.rows.append((person, said, low))

    def _person(self, number: int, text: str, head: str) -> Participant | None:
        if not text:
            self._say(number, _("没有填“%(head)s”。请补上。") % {"head": head})
            return None
        found = self.labels.named(text)
        if len(found) == 1:
            return found[0]
        if found:
            those = "、".join(self.labels.of(one) for one in found[:5])
            self._say(
                number, _("“%(name)s”有同名的：%(those)s。请写成其中一个。") % {"name": text, "those": those}
            )
        else:
            self._say(
                number,
                _("“%(head)s”里的“%(name)s”不在这一轮里。请改正姓名，或先把这个人加进来。")
                % {"head": head, "name": text[:30]},
            )
        return None

    def _wants(self, number: int, cells: dict[str, str], person: Participant, ask: Ask) -> list[Participant]:
        found: list[Participant] = []
        for n in range(1, 11):
            head = WISH % n
            text = cells.get(head, "")
            if not text:
                continue
            if n > ask.wishes:
                self._say(
                    number, _("“%(name)s”最多填 %(n)d 个志愿。") % {"name": cells[PERSON], "n": ask.wishes}
                )
                return found
            other = self._person(number, text, head)
            if other is None:
                continue
            if other.seat == person.seat:
                self._say(
                    number,
                    _("“%(one)s”和“%(other)s”坐的是同一边，不能配在一起。请改正。")
                    % {"one": cells[PERSON], "other": text},
                )
            elif other in found:
                self._say(number, _("“%(name)s”写了两次。请删去一个。") % {"name": text})
            else:
                found.append(other)
        return found

    def _answers(
        self, number: int, cells: dict[str, str], ask: Ask, person: Participant
    ) -> dict[str, list[str]]:
        found = dict(person.answers)
        for slot in ask.slots:
            parts = [part.strip() for part in saying.split(cells.get(slot.title, "")) if part.strip()]
            if not parts:
                continue
            if slot.free:
                found[slot.id] = [part[: saying.LONGEST_FREE] for part in parts[: saying.MOST_FREE]]
                continue
            values = {words: value for value, words in slot.values}
            strange = [part for part in parts if part not in values]
            if strange:
                self._say(
                    number, _("“%(title)s”里没有“%(said)s”。可以写：%(known)s。")
                    % {"title": slot.title, "said": strange[0][:30], "known": "、".join(values)},
                )  # fmt: skip
            else:
                found[slot.id] = [values[part] for part in parts]
        return found

    def _limits(
        self, number: int, cells: dict[str, str], person: Participant
    ) -> tuple[int | None, int | None]:
        numbers: dict[str, int | None] = {}
        for head in (LEAST, MOST):
            text = cells.get(head, "")
            numbers[head] = None
            if not text:
                continue
            if not text.isascii() or not text.isdecimal() or int(text[:6]) > MOST_PLACES:
                self._say(number, _("“%(head)s”要填 0 到 %(n)d 的整数，现在是“%(text)s”。")
                          % {"head": head, "n": MOST_PLACES, "text": text[:20]})  # fmt: skip
                return None, None
            numbers[head] = int(text)
        low, high = numbers[LEAST], numbers[MOST]
        least = person.low if low is None and high is None else (low or 0)
        if low is not None and least > (high if high is not None else person.high):
            self._say(
                number, _("“%(name)s”最少 %(low)d 人，最多 %(high)d 人，互相矛盾。请改正其中一个。")
                % {"name": cells[PERSON], "low": least, "high": high if high is not None else person.high},
            )  # fmt: skip
        return low, high


@transaction.atomic
def enter(viewer: Viewer, round_: Round, pairing: Pairing, seen: Seen) -> int:
    """Enter everything a table says, or nothing; return how many people. Raises Refused."""
    if seen.troubles:
        raise Refused(seen.troubles[0].sentence)
    row = Round.objects.select_for_update().get(pk=round_.pk)
    if row.state not in (Round.State.OPEN, Round.State.PROPOSED):
        raise Refused(_("已经公布了，不能再导入志愿。"))
    for person, said, low in seen.rows:
        ask = pairing.use.ask(person.seat) or Ask()
        most = said.most if said.most else (None if said.none or said.most is None else 0)
        if most == 0:
            said = saying.Said(said.wants, said.answers, None, True, said.words or _("导入的表格里写 0 人"))
        kept = saying.say(viewer, person, said, ask, organiser=True)
        if low is not None and low <= kept.high:
            Participant.objects.filter(pk=kept.pk).update(low=low)
    audit.write(viewer, "rounds.imported", row, people=len(seen.rows))
    return len(seen.rows)

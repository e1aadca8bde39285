"""Answers that come from paper or from a file: read cell by cell, all or nothing, and taken back together.

Between the preview and the confirmation the answers lie in the page, sealed; no file of theirs stays on the disk.
"""

from __future__ import annotations

import base64
import json
import os
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.fernet import Fernet, InvalidToken
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from tongxin.exchange.documents.sheets import Column, Sheet, write_workbook
from tongxin.exchange.rosters.reader import read_sheet
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.consent.models import Purpose
from tongxin.kernel.consent.queries import may_process_each
from tongxin.kernel.people.models import Student
from tongxin.methods.psychometrics.instrument import OWN, Item
from tongxin.methods.psychometrics.scoring import BLANK, Codes

from . import papers, population
from .instruments import Ready, ready
from .layout import SHOWN_ONLY, forms
from .models import Page, Paper, Sitting, SittingForm
from .papers import Refused, Seat
from .results import STUDENT, short

NUMBER, NAME = "学号", "姓名"
NUMBER_HEADS = {NUMBER, "学籍号", "学生编号"}
HEAD_ROWS = 10
MOST_ROWS = 5_000
MOST_BYTES = 10 * 2**20
TOKEN_SECONDS = 30 * 60
SALT = "screening.import"


# ------------------------------------------------------------------ who may be entered


def respondents(child: Subject, form: str, day: date) -> list[Subject]:
    """Return who may have filled in a form about a child."""
    if form == STUDENT:
        return [child]
    current = {"superseded_at": FOREVER, "valid_from__lte": day, "valid_to__gte": day}
    if form == SittingForm.Form.PARENT:
        ids = Link.objects.filter(kind="guardian_of", b=child, **current).values("a_id")
    else:
        rooms = Link.objects.filter(kind="enrolled_in", a=child, **current).values("b_id")
        kinds = ("homeroom_teacher", "homeroom_liaison", "teaches")
        ids = Link.objects.filter(kind__in=kinds, b__in=rooms, **current).values("a_id")
    return list(Subject.objects.filter(pk__in=ids).order_by("pinyin", "pk"))


# ------------------------------------------------------------------ codes


def codings(made: Ready) -> list[tuple[str, str]]:
    """Return how the answers of an instrument may be written, with an example of each."""
    found = []
    for coding in made.instrument.codings:
        codes, _blank = made.instrument.answers[0].codes(coding)
        found.append((coding, f"{codes[0]} — {codes[-1]}"))
    return found


def own_code(made: Ready, codes: Codes, item: Item, written: str) -> str:
    """Return what was written in some coding in the instrument's own code, "" for a blank. Raises Refused."""
    if not made.instrument.is_scored(item):
        return written
    place = codes.cells(item).get(written.strip())
    if place is None:
        # A spreadsheet's 3.0 and a full-width 3 are read for 3, as everywhere.
        paper, problems = codes.read({item.id: written})
        if problems and any(problem.column == item.id for problem in problems):
            raise Refused("not_an_answer", codes.refusal(item, written), item.id)
        place = paper[made.scorer.place[item.id]]
    return "" if place == BLANK else made.instrument.answers_by_id[item.answers].options[place].code


# ------------------------------------------------------------------ files


@dataclass(frozen=True)
class Cell:
    """A cell that keeps the file out. where: as the spreadsheet names it, B7."""

    where: str
    column: str
    value: str
    sentence: str


@dataclass(frozen=True)
class Entered:
    """One row that can be entered. answers: {SittingForm id: {item: own code or words}}."""

    row: int
    student: int
    name: str
    room: str
    answers: Mapping[int, Mapping[str, str]]

    @property
    def answered(self) -> int:
        return sum(bool(said) for own in self.answers.values() for said in own.values())


@dataclass
class Preview:
    rows: list[Entered] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def columns(sitting: Sitting) -> list[tuple[str, SittingForm, Item]]:
    """Return (heading, instrument, item) of what a file may hold: item numbers, with the instrument where it has to be."""
    own = forms(sitting, STUDENT)
    found = []
    for form in own:
        made = ready(form.text)
        for item in made.instrument.items:
            if item.kind not in SHOWN_ONLY:
                heading = item.id if len(own) == 1 else f"{short(made.instrument)}.{item.id}"
                found.append((heading, form, item))
    return found


def template(sitting: Sitting, export_id: str) -> bytes:
    """Return an empty workbook with a row for each child that has no paper yet; numbers and names are those of the rolls."""
    heads = [
        Column(NUMBER, width=18),
        Column(NAME, width=12),
        *(Column(heading) for heading, *_rest in columns(sitting)),
    ]
    asked = population.asked_by_room(sitting, sitting.last_day)
    done = set(
        Paper.objects.filter(sitting=sitting, form=STUDENT, finished_at__isnull=False).values_list(
            "student_id", flat=True
        )
    )
    ids = [pk for members in asked.values() for pk in members if pk not in done]
    numbers = dict(Student.objects.filter(pk__in=ids).values_list("pk", "local_number"))
    names = Subject.objects.in_bulk(ids)
    blank: list[None] = [None] * (len(heads) - 2)
    rows = [[numbers.get(pk, "") or "", names[pk].name, *blank] for pk in ids]
    advice = [
        _("一行一份。题号那一列填选项的记号，没有作答就留空。"),
        _("学号和姓名用来找到学生，请不要改。有一格不对，整个文件都不会存。"),
    ]
    return write_workbook([Sheet(_("答卷"), heads, rows)], export_id=export_id, explanation=advice)


@contextmanager
def on_disk(upload: BinaryIO) -> Iterator[Path]:
    """Give a file a name for as long as it is read; in memory where the machine has such a folder."""
    folder = "/dev/shm" if os.path.isdir("/dev/shm") else None
    with tempfile.NamedTemporaryFile(dir=folder, prefix="tongxin-") as file:
        while chunk := upload.read(1 << 18):
            file.write(chunk)
        file.flush()
        yield Path(file.name)


class Reader:
    """Reads the rows of a file for one sitting. coding: how each instrument's answers are written, by SittingForm id."""

    def __init__(self, sitting: Sitting, coding: Mapping[int, str], now: datetime) -> None:
        self.sitting = sitting
        self.found = Preview()
        self.heads = {self._plain(heading): (form, item) for heading, form, item in columns(sitting)}
        self.codes = {
            form.pk: Codes(ready(form.text).instrument, coding.get(form.pk, OWN))
            for form in forms(sitting, STUDENT)
        }
        day = min(timezone.localtime(now).date(), sitting.last_day)
        self.room_of = {
            pk: room for room, own in population.asked_by_room(sitting, day).items() for pk in own
        }
        self.children = Subject.objects.in_bulk(list(self.room_of))
        self.rooms = {room.pk: room.name for room in population.rooms(sitting.school, day)}
        self.allowed = may_process_each(sitting.school_id, self.children.values(), Purpose.SCREENING, now)
        self.done = set(
            Paper.objects.filter(sitting=sitting, form=STUDENT, finished_at__isnull=False)
            .exclude(student__in=Paper.objects.filter(sitting=sitting, form=STUDENT, attempt__gt=1, finished_at=None).values("student"))
            .values_list("student_id", flat=True)
        )  # fmt: skip
        self.seen: dict[int, int] = {}

    @cached_property
    def by_number(self) -> dict[str, int]:
        rows = Student.objects.filter(pk__in=self.room_of).values_list("pk", "local_number", "pupil_number")
        return {number: pk for pk, local, pupil in rows for number in (local, pupil) if number}

    @cached_property
    def by_name(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for pk, child in self.children.items():
            found.setdefault("".join(child.name.split()), []).append(pk)
        return found

    @staticmethod
    def _plain(heading: str) -> str:
        text = "".join(heading.split()).casefold().replace("．", ".")
        return text[1:-1] if text.startswith("第") and text.endswith("题") else text

    def read(self, path: Path) -> Preview:
        """Return what a file holds. Raises RosterRefused or Refused where it cannot be read as a whole."""
        with read_sheet(path) as table:
            rows = [(number, [text_of(cell) for cell in cells]) for number, cells in table]
        at = next((n for n, (_number, cells) in enumerate(rows[:HEAD_ROWS]) if NAME in cells or NUMBER_HEADS & set(cells)), None)  # fmt: skip
        if at is None:
            raise Refused("no_head", _("没有找到“学号”或“姓名”这一列。请用下载的模板填写，表头不要改。"))
        heads = rows[at][1]
        places = {
            n: self.heads[self._plain(head)]
            for n, head in enumerate(heads)
            if self._plain(head) in self.heads
        }
        if not places:
            raise Refused("no_items", _("没有找到题号那几列。请用下载的模板填写，表头不要改。"))
        twice = [head for head, count in Counter(h for h in heads if h).items() if count > 1]
        if twice:
            raise Refused("twice", _("“%(head)s”这一列有两次，请只留一列。") % {"head": twice[0][:20]})
        known = {NAME, *NUMBER_HEADS}
        self.found.left_out = [
            head for n, head in enumerate(heads) if head and n not in places and head not in known
        ]
        body = [(number, cells) for number, cells in rows[at + 1 :] if any(cells)]
        if len(body) > MOST_ROWS:
            raise Refused("too_many", _("一次最多导入%(n)d行，请分成几个文件。") % {"n": MOST_ROWS})
        for number, cells in body:
            self._row(number, heads, [*cells, *[""] * (len(heads) - len(cells))], places)
        if not self.found.rows and not self.found.cells:
            raise Refused("empty", _("表里没有答卷。"))
        return self.found

    def _row(self, number: int, heads: Sequence[str], cells: Sequence[str], places) -> None:
        if not any(cells[place] for place in places):
            return  # a line of the template that nobody filled in
        child = self._child(number, heads, cells)
        answers: dict[int, dict[str, str]] = {}
        for place, (form, item) in places.items():
            try:
                said = own_code(ready(form.text), self.codes[form.pk], item, cells[place])
                papers.read_answer(ready(form.text), item, said)
            except Refused as refused:
                self._problem(number, place, heads[place], cells[place], str(refused))
            else:
                answers.setdefault(form.pk, {})[item.id] = said
        if child is not None:
            room = self.rooms.get(self.room_of[child], "")
            self.found.rows.append(Entered(number, child, self.children[child].name, room, answers))

    def _child(self, number: int, heads: Sequence[str], cells: Sequence[str]) -> int | None:
        """Return who a row is about; a row that fits nobody, or nobody who may be entered, is told by its cell."""
        at_number = next((n for n, head in enumerate(heads) if head in NUMBER_HEADS), None)
        at_name = next((n for n, head in enumerate(heads) if head == NAME), None)
        code = cells[at_number] if at_number is not None else ""
        name = "".join(cells[at_name].split()) if at_name is not None else ""
        at = at_number if code else at_name if at_name is not None else at_number
        assert at is not None
        child, sentence = self._who(code, name)
        if child is None or sentence:
            self._problem(number, at, heads[at], code or name, sentence)
            return None
        self.seen[child] = number
        return child

    def _who(self, code: str, name: str) -> tuple[int | None, str]:
        """Return the child of a number and a name, and why it cannot be entered ("" = it can)."""
        same = [] if code else self.by_name.get(name, [])
        if len(same) > 1:
            return None, _("这次测评里有几位同名的学生，请写上学号。")
        child = self.by_number.get(code) if code else next(iter(same), None)
        if child is None:
            return None, _("这次测评没有安排这位学生，请核对学号和姓名。")
        if code and name and "".join(self.children[child].name.split()) != name:
            return child, _("学号和姓名对不上，请核对。")
        return child, self._hindrance(child)

    def _hindrance(self, child: int) -> str:
        if child in self.seen:
            return _("和第 %(row)d 行是同一位学生，请只留一行。") % {"row": self.seen[child]}
        if child in self.done:
            return _("这位学生的这份已经有了。要改，请用“更正”。")
        if not self.allowed[child]:
            return _("还没有收到同意，不能导入。")
        return ""

    def _problem(self, row: int, place: int, column: str, value: str, sentence: str) -> None:
        self.found.cells.append(Cell(f"{letters(place)}{row}", column, value[:40], sentence))


def text_of(cell: Any) -> str:
    """Return what stands in a cell; a whole number without a point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()


def letters(place: int) -> str:
    """Return a column as spreadsheets name it, from 0: A, B … Z, AA."""
    found = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        found = chr(65 + rest) + found
    return found


# ------------------------------------------------------------------ between preview and confirmation


def _lock() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(salted_hmac(SALT, "key", algorithm="sha256").digest()))


def carried(sitting: Sitting, rows: Sequence[Entered], by) -> str:
    """Return the rows as the page carries them: only this server opens them, for the same person and a short time."""
    told = [sitting.public_id, by.account_id, [[row.student, row.answers] for row in rows]]
    return _lock().encrypt(zlib.compress(json.dumps(told).encode())).decode()


def taken_from_page(sitting: Sitting, token: str, by) -> list[tuple[int, dict[int, dict[str, str]]]]:
    """Return what `carried` wrote: (student, answers). Raises Refused."""
    try:
        told = json.loads(zlib.decompress(_lock().decrypt(token.encode(), ttl=TOKEN_SECONDS)))
    except (InvalidToken, zlib.error, ValueError):
        raise Refused("stale", _("预览已经过了半小时，请重新上传。")) from None
    if told[:2] != [sitting.public_id, by.account_id]:
        raise Refused("stale", _("这份预览不是这次测评的，请重新上传。"))
    return [(student, {int(form): own for form, own in answers.items()}) for student, answers in told[2]]


@transaction.atomic
def save(sitting: Sitting, rows: Sequence[tuple[int, Mapping[int, Mapping[str, str]]]], *, by) -> datetime:
    """Enter all rows or none; return the moment that names the import. Raises Refused."""
    now = timezone.now()
    children = Subject.objects.select_related("school").in_bulk([student for student, _answers in rows])
    for student, answers in rows:
        papers.enter(Seat(sitting, children[student]), answers, source=Paper.Source.IMPORT, by=by, now=now)
    audit.write(by, "screening.papers_imported", sitting, rows=len(rows))
    return now


@transaction.atomic
def take_back(sitting: Sitting, at: datetime, *, by) -> int:
    """Take an import back: its answers stay as superseded rows, its signals stay on file. Raises Refused."""
    batch = list(Paper.objects.filter(sitting=sitting, source=Paper.Source.IMPORT, finished_at=at))
    if Page.objects.current().filter(paper__in=batch).exclude(recorded_at=at).exists():
        raise Refused("corrected", _("有的答卷导入以后又更正过，不能一起撤销。请一份一份改。"))
    for paper in batch:
        papers.withdraw(paper, by=by)
    if batch:
        audit.write(by, "screening.import_taken_back", sitting, rows=len(batch))
    return len(batch)

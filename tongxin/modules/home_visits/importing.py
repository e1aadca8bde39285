"""A table of addresses: read whole, every mistake told with its row; saved only when there is none."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tongxin.exchange.rosters.reader import read_sheet
from tongxin.exchange.rosters.refusal import RosterRefused
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.kernel.people.models import Student

from . import homes, reach

HEADS = (
    "学籍号",
    "姓名",
    "班级",
    "住址",
    "村或街道",
    "向东米",
    "向北米",
    "纬度",
    "经度",
    "可以的时间",
    "坐几分钟",
    "需要",
)
NAMING = {"学籍号", "姓名"}
MOST_ROWS = 5_000
LONGEST = {"住址": 120, "村或街道": 40, "需要": 60}
DAYS = {name: number for number, name in enumerate("一二三四五六日")} | {"天": 6}
# 周二、周四 18:00-20:30
TIME = re.compile(
    r"((?:周|星期)[一二三四五六日天](?:[、,，和到至]?(?:周|星期)?[一二三四五六日天])*)\s*(\d{1,2}[:：]\d{2})\s*[-—–~到至]\s*(\d{1,2}[:：]\d{2})"
)
MOST_TOLD = 50


@dataclass
class Read:
    """What a file says: rows to save as (student, spot, wants), and what is wrong with it, a sentence each."""

    rows: list[tuple[Subject, dict[str, Any] | None, dict[str, Any] | None]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def refuse(self, number: int, sentence: str) -> None:
        self.wrong.append(_("第%(n)d行：%(sentence)s") % {"n": number, "sentence": sentence})


def read(path: Path, viewer: Viewer, school: tuple[float, float] | None) -> Read:
    """Read a workbook or CSV. school: (latitude, longitude) of the school, needed where the file has degrees."""
    found = Read()
    try:
        with read_sheet(path) as table:
            rows = [(number, [_text(cell) for cell in cells]) for number, cells in table]
    except RosterRefused as refusal:
        found.wrong.append(refusal.sentence)
        return found
    head = next((at for at, (_n, cells) in enumerate(rows[:10]) if NAMING & set(map(_head, cells))), None)
    if head is None:
        found.wrong.append(_("没有找到表头。第一行要有“姓名”等列名，请用模板填写。"))
        return found
    names = [name for name in map(_head, rows[head][1]) if name]
    columns = {name: at for at, name in enumerate(map(_head, rows[head][1])) if name in HEADS}
    if unknown := [name for name in names if name not in HEADS]:
        found.wrong.append(_("不认识的列：%(names)s。请用模板里的列名。") % {"names": "、".join(unknown)})
    if twice := [name for name in columns if names.count(name) > 1]:
        found.wrong.append(_("这些列写了两次：%(names)s。请只留一列。") % {"names": "、".join(twice)})
    if found.wrong:
        return found
    body = [(number, cells) for number, cells in rows[head + 1 :] if any(cells)]
    if not body or len(body) > MOST_ROWS:
        found.wrong.append(_("表里没有学生。") if not body else _("一次最多 5000 行，请分成几个文件。"))
        return found
    _Rows(viewer, columns, school, found).read(body)
    if not found.rows and not found.wrong:
        found.wrong.append(_("表里只有姓名，住址和时间都还空着。填好再传。"))
    return found


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip() if cell is not None else ""


def _head(text: str) -> str:
    return re.sub(r"[\s（）()]", "", text)


class _Rows:
    def __init__(
        self, viewer: Viewer, columns: dict[str, int], school: tuple[float, float] | None, found: Read
    ) -> None:
        self.columns, self.school, self.found = columns, school, found
        students = list(reach.planned_for(viewer))
        rooms = reach.rooms_of([one.pk for one in students], viewer)
        self.by_name: dict[tuple[str, str], list[Subject]] = {}
        for one in students:
            room = rooms[one.pk].name if one.pk in rooms else ""
            for key in ((one.name, room), (one.name, "")):
                self.by_name.setdefault(key, []).append(one)
        by_pk = {one.pk: one for one in students}
        numbers = Student.objects.filter(person__in=by_pk).exclude(pupil_number="")
        self.by_number = {
            number: by_pk[pk] for pk, number in numbers.values_list("person_id", "pupil_number")
        }
        self.seen: dict[int, int] = {}

    def read(self, rows: Sequence[tuple[int, list[str]]]) -> None:
        for number, cells in rows:
            said = {name: cells[at] if at < len(cells) else "" for name, at in self.columns.items()}
            student = self._student(number, said)
            if student is None:
                continue
            if student.pk in self.seen:
                sentence = _("%(name)s在第%(n)d行已经有了，请只留一行。")
                self.found.refuse(number, sentence % {"name": student.name, "n": self.seen[student.pk]})
                continue
            self.seen[student.pk] = number
            try:
                self._lengths(said)
                spot, wants = self._spot(said), self._wants(said)
                if spot or wants:
                    self.found.rows.append((student, spot, wants))
            except homes.Refused as refused:
                self.found.refuse(number, str(refused))

    def _student(self, number: int, said: dict[str, str]) -> Subject | None:
        if said.get("学籍号"):
            known = self.by_number.get(said["学籍号"])
            if known is None:
                self.found.refuse(
                    number, _("没有学籍号是“%(n)s”的学生，或不归您安排。") % {"n": said["学籍号"]}
                )
            return known
        name, room = said.get("姓名", ""), said.get("班级", "")
        named = self.by_name.get((name, room), [])
        if len(named) == 1:
            return named[0]
        sentence = (
            _("有几名学生都叫“%(name)s”，请写班级或学籍号。")
            if named
            else _("名单里没有“%(name)s”，请核对姓名和班级。")
        )
        self.found.refuse(number, sentence % {"name": f"{name}（{room}）" if room else name})
        return None

    def _lengths(self, said: dict[str, str]) -> None:
        for name, most in LONGEST.items():
            if len(said.get(name, "")) > most:
                raise homes.Refused(_("“%(column)s”太长，最多%(n)d个字。") % {"column": name, "n": most})

    def _spot(self, said: dict[str, str]) -> dict[str, Any] | None:
        east, north = self._number(said, "向东米"), self._number(said, "向北米")
        lat, lon = self._number(said, "纬度"), self._number(said, "经度")
        if (lat is None) != (lon is None):
            raise homes.Refused(_("纬度和经度要都写。"))
        x, y = (None if east is None else round(east)), (None if north is None else round(north))
        if lat is not None and lon is not None:
            if self.school is None:
                raise homes.Refused(_("用了经纬度，请在上面填学校的纬度和经度。"))
            x, y = homes.metres(lat, lon, *self.school)
        made = homes.spot(address=said.get("住址", ""), code=said.get("村或街道", ""), x=x, y=y)
        if made.get("address") and not homes.located(made):
            raise homes.Refused(_("有住址，但没有村或街道，也没有坐标，找不到路。请补上其中一样。"))
        return made or None

    def _number(self, said: dict[str, str], name: str) -> float | None:
        text = said.get(name, "")
        if not text:
            return None
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise homes.Refused(_("“%(column)s”应是数，现在是“%(text)s”。") % {"column": name, "text": text})
        return number

    def _wants(self, said: dict[str, str]) -> dict[str, Any] | None:
        times, minutes, skills = (
            said.get("可以的时间", ""),
            self._number(said, "坐几分钟"),
            said.get("需要", ""),
        )
        if not (times or minutes is not None or skills):
            return None
        if minutes is not None and not homes.SHORTEST_MIN <= minutes <= homes.LONGEST_MIN:
            raise homes.Refused(_("“坐几分钟”应在 10 到 180 之间。"))
        return {
            "times": times_of(times),
            "minutes": round(minutes) if minutes is not None else homes.USUAL_MIN,
            "skills": homes.skills_of(skills),
        }


def times_of(text: str) -> list[dict[str, Any]]:
    """Read weekly times as people write them. Raises Refused with an example."""
    made = []
    for piece in filter(None, re.split(r"[;；\n]", text)):
        found = TIME.fullmatch(piece.strip())
        if found is None:
            raise homes.Refused(
                _("“%(text)s”不是时间，请写成：周二、周四 18:00-20:30。") % {"text": piece.strip()}
            )
        days = [DAYS[letter] for letter in found[1] if letter in DAYS]
        if re.search(r"[到至]", found[1]) and len(days) == 2:
            days = list(range(days[0], days[1] + 1))
        made.append(homes.window(days, found[2], found[3]))
    return made


def save(found: Read, viewer: Viewer) -> int:
    """Keep every row of a file without mistakes; return how many there were."""
    if found.wrong:
        raise ValueError("a file with mistakes is not saved")
    with transaction.atomic():
        for student, spot, wants in found.rows:
            homes.save_home(student, spot=spot, wants=wants, by=viewer)
    return len(found.rows)

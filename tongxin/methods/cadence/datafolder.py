"""Facts from a data folder of CSV files, as the command line takes them.

calendar.yaml · subjects.csv · attributes.csv · links.csv · ledger.csv · waivers.csv · events.csv · states.csv. A state
machine is a dated attribute, so states join the attributes. A missing file means no such rows; an unknown
column or an unreadable value is a FolderProblem that names file, line and column. Days are YYYY-MM-DD; `to` is the
last day that counts; times without a zone are those of Shanghai. One row of ledger.csv is one person or thing in one
part of an entry; rows of an entry share kind, day, end_day and evidence.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from .calendar import CalendarUnreadable, SchoolCalendar, calendar_from_dict
from .facts import (
    ALWAYS,
    MADE_UP,
    NEVER,
    AttributeRow,
    Entry,
    EventRow,
    EvidenceRow,
    Facts,
    LinkRow,
    Participation,
    Subject,
    WaiverRow,
)
from .findings import PackUnreadable
from .invented import CHINA, CaseProblem, instant_of
from .located import plain, read_yaml
from .pack import Pack
from .parse_counts import COLUMNS
from .reading import day_of, number_of
from .sharing import CHOSEN

KNOWN = ("recorded_at", "superseded_at")
FILES = {
    "subjects.csv": ("id", "type", "name", "school", "from", "to"),
    "attributes.csv": ("subject", "name", "value", "from", "to", *KNOWN),
    "links.csv": ("id", "kind", "a", "b", "from", "to", *KNOWN),
    "events.csv": ("id", "event", "subject", "at", "retracted", *KNOWN),
    "states.csv": ("subject", "machine", "state", "from", "to", *KNOWN),
    "waivers.csv": ("subject", "obligation", "reason", "by", "from", "to", "window", *KNOWN),
}
NEEDED = {
    "subjects.csv": ("id", "type"),
    "attributes.csv": ("subject", "name", "value"),
    "links.csv": ("kind", "a", "b"),
    "events.csv": ("event", "subject", "at"),
    "states.csv": ("subject", "machine", "state"),
    "waivers.csv": ("subject", "obligation"),
    "ledger.csv": ("entry", "kind", "day"),
}
LEDGER = (
    "entry", "kind", "day", "end_day", "at", "about", "recorded_at", "superseded_at", "evidence", "evidence_recorded_at", "subject",
    "part", "absent", "counterpart", "school",
)  # fmt: skip


class FolderProblem(Exception):
    """The folder cannot be read; the message is a sentence that names file, line and column."""


Row = dict[str, str]


def load_folder(folder: str | Path, pack: Pack) -> tuple[Facts, SchoolCalendar]:
    """Facts and calendar of a data folder. Raises FolderProblem with a sentence."""
    folder = Path(folder)
    if not folder.is_dir():
        raise FolderProblem(f"没有这个文件夹：{folder}。请检查路径。")
    calendar = _calendar(folder / "calendar.yaml")
    subjects = [_subject(row, at) for at, row in _rows(folder, "subjects.csv")]
    facts = Facts(
        _with_schools(subjects),
        [_attribute(row, at) for at, row in _rows(folder, "attributes.csv")],
        [_link(row, at) for at, row in _rows(folder, "links.csv")],
        waivers=[_waiver(row, at) for at, row in _rows(folder, "waivers.csv")],
        events=[_event(row, at) for at, row in _rows(folder, "events.csv")],
    )
    facts.attributes += [_state(row, at) for at, row in _rows(folder, "states.csv")]
    facts.entries = _entries(folder, pack, facts.subjects)
    return facts, calendar


def _calendar(file: Path) -> SchoolCalendar:
    if not file.exists():
        raise FolderProblem("文件夹里没有 calendar.yaml。请写出学年、学期、假日和调休。")
    try:
        return calendar_from_dict(plain(read_yaml(_text(file), file.name)))
    except PackUnreadable as problem:
        raise FolderProblem(f"{file.name} 第 {problem.line} 行：{problem.sentence}") from problem
    except CalendarUnreadable as problem:
        raise FolderProblem(f"{file.name}：{problem}") from problem


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FolderProblem(f"{file.name} 不是“UTF-8”编码。请另存后再试。") from error
    except OSError as error:
        raise FolderProblem(f"{file.name} 打不开。请检查是否有权读取。") from error


def _rows(folder: Path, name: str, columns: tuple[str, ...] = ()) -> Iterator[tuple[str, Row]]:
    """(place for sentences, row) of a CSV file whose columns are all known."""
    file, known = folder / name, columns or FILES[name]
    if not file.exists():
        return
    reader = csv.reader(io.StringIO(_text(file), newline=""))
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(name, header, known)
        for number, cells in enumerate(reader, start=2):
            if any(cell.strip() for cell in cells):
                if len(cells) > len(header):
                    raise FolderProblem(f"{name} 第 {number} 行比表头多出几格。请检查逗号和引号。")
                yield (
                    f"{name} 第 {number} 行",
                    dict(zip(header, (cell.strip() for cell in cells), strict=False)),
                )
    except csv.Error as error:
        raise FolderProblem(f"{name} 第 {reader.line_num} 行读不懂。请检查引号。") from error


def _check_header(name: str, header: list[str], known: tuple[str, ...]) -> None:
    for column in header:
        if column not in known:
            raise FolderProblem(f"{name} 有不认识的列“{column}”。可用的列有：{'、'.join(known)}。")
    if len(set(header)) < len(header):
        raise FolderProblem(f"{name} 有两列同名。请删去一列。")
    for column in NEEDED.get(name, ()):
        if column not in header:
            raise FolderProblem(f"{name} 缺少“{column}”这一列。请补上。")


def _day(row: Row, column: str, at: str, default: dt.date | None = None) -> dt.date:
    text = row.get(column, "")
    day = day_of(text) if text else default
    if day is None:
        raise FolderProblem(f"{at}的“{column}”应是日期，例如 2023-03-10，现在是“{text}”。")
    return day


def _instant(row: Row, column: str, at: str) -> dt.datetime | None:
    try:
        return instant_of(row.get(column) or None)
    except CaseProblem as problem:
        raise FolderProblem(f"{at}的“{column}”：{problem}") from problem


def _dates(row: Row, at: str) -> tuple[dt.date, dt.date]:
    return _day(row, "from", at, ALWAYS), _day(row, "to", at, NEVER)


def _known(row: Row, at: str) -> tuple[dt.datetime | None, dt.datetime | None]:
    return _instant(row, "recorded_at", at), _instant(row, "superseded_at", at)


def _needs(row: Row, column: str, at: str) -> str:
    if not row.get(column):
        raise FolderProblem(f"{at}没有填“{column}”。请补上。")
    return row[column]


def _subject(row: Row, at: str) -> Subject:
    name, kind = _needs(row, "id", at), _needs(row, "type", at)
    return Subject(name, kind, row.get("name", ""), row.get("school", ""), *_dates(row, at))


def _with_schools(subjects: list[Subject]) -> list[Subject]:
    """A school belongs to itself; in a folder with a single school everybody belongs to it unless said otherwise."""
    seen: set[str] = set()
    for subject in subjects:
        if subject.id in seen:
            raise FolderProblem(f"subjects.csv 里编号“{subject.id}”出现了两次。请改正编号。")
        seen.add(subject.id)
    schools = [subject.id for subject in subjects if subject.type == "school"]
    only = schools[0] if len(schools) == 1 else ""
    return [
        Subject(
            s.id,
            s.type,
            s.name,
            s.id if s.type == "school" else s.school or only,
            s.present_from,
            s.present_to,
        )
        for s in subjects
    ]


def _attribute(row: Row, at: str) -> AttributeRow:
    subject, name = _needs(row, "subject", at), _needs(row, "name", at)
    return AttributeRow(subject, name, row.get("value", ""), *_dates(row, at), *_known(row, at))


def _link(row: Row, at: str) -> LinkRow:
    kind, a, b = (_needs(row, column, at) for column in ("kind", "a", "b"))
    return LinkRow(row.get("id") or at, kind, a, b, *_dates(row, at), *_known(row, at))


def _event(row: Row, at: str) -> EventRow:
    kind, subject, when = (_needs(row, column, at) for column in ("event", "subject", "at"))
    moment = _instant(row, "at", at)
    if moment is None:
        raise FolderProblem(f"{at}没有填“at”。请补上日期或时间。")
    whole_day = day_of(when) is not None
    day = moment.astimezone(CHINA).date()
    return EventRow(
        row.get("id") or at,
        subject,
        kind,
        day,
        None if whole_day else moment,
        _yes(row, "retracted"),
        *_known(row, at),
    )


def _state(row: Row, at: str) -> AttributeRow:
    subject, machine, state = (_needs(row, column, at) for column in ("subject", "machine", "state"))
    return AttributeRow(subject, machine, state, *_dates(row, at), *_known(row, at))


def _yes(row: Row, column: str) -> bool:
    return row.get(column, "").lower() in ("1", "true", "yes", "是", "缺席")


def _waiver(row: Row, at: str) -> WaiverRow:
    subject, obligation = _needs(row, "subject", at), _needs(row, "obligation", at)
    reason, by, window = (row.get(column, "") for column in ("reason", "by", "window"))
    return WaiverRow(subject, obligation, reason, by, *_dates(row, at), window, *_known(row, at))


# the ledger


@dataclass
class _Draft:
    """An entry while its rows are read."""

    kind: str
    first: dt.date
    last: dt.date
    at: dt.datetime | None
    recorded: dt.datetime | None
    superseded: dt.datetime | None
    school: str
    about: str = ""
    rows: list[Participation] = field(default_factory=list)
    evidence: dict[str, EvidenceRow] = field(default_factory=dict)


def _entries(folder: Path, pack: Pack, subjects: list[Subject]) -> list[Entry]:
    amounts = {"hours", *(amount.name for kind in pack.kinds.values() for amount in kind.amounts)}
    qualifiers = (
        {*COLUMNS, CHOSEN, MADE_UP, *(q.name for kind in pack.kinds.values() for q in kind.qualifiers)}
        - amounts
        - {"counterpart"}
    )
    columns = (*LEDGER, *sorted(amounts), *sorted(qualifiers))
    schools = {subject.id: subject.school for subject in subjects}
    only = next((s.id for s in subjects if s.type == "school"), "") if len(_schools(subjects)) == 1 else ""
    drafts: dict[str, _Draft] = {}
    for at, row in _rows(folder, "ledger.csv", columns):
        _read_entry(drafts, row, at, schools, only, amounts, qualifiers)
    return [
        Entry(
            name,
            draft.kind,
            draft.first,
            draft.last,
            draft.school,
            draft.at,
            tuple(draft.rows),
            tuple(draft.evidence.values()),
            draft.recorded,
            draft.superseded,
            draft.about,
        )
        for name, draft in drafts.items()
    ]


def _schools(subjects: list[Subject]) -> list[Subject]:
    return [subject for subject in subjects if subject.type == "school"]


def _read_entry(
    drafts: dict[str, _Draft],
    row: Row,
    at: str,
    schools: dict[str, str],
    only: str,
    amounts: set[str],
    qualifiers: set[str],
) -> None:
    name, kind = _needs(row, "entry", at), _needs(row, "kind", at)
    first = _day(row, "day", at)
    last = _day(row, "end_day", at, first)
    if last < first:
        raise FolderProblem(f"{at}的“end_day”早于“day”。请改正其中一个。")
    recorded, superseded = _known(row, at)
    draft = drafts.setdefault(
        name, _Draft(kind, first, last, _moment(row, at, first), recorded, superseded, "")
    )
    if (draft.kind, draft.first, draft.last) != (kind, first, last):
        raise FolderProblem(f"{at}与同一活动“{name}”前面几行的种类或日期不一样。请改正，或另编活动编号。")
    subject = row.get("subject", "")
    if subject and subject not in schools:
        raise FolderProblem(f"{at}的对象“{subject}”不在 subjects.csv 里。请补上或改正编号。")
    draft.about = draft.about or row.get("about", "")
    draft.school = draft.school or row.get("school", "") or schools.get(subject, "") or only
    added = _instant(row, "evidence_recorded_at", at) or recorded
    for evidence in re.split(r"[\s;；,，、]+", row.get("evidence", "")):
        if evidence:
            draft.evidence.setdefault(evidence, EvidenceRow(evidence, added))
    if subject:
        absent = _yes(row, "absent")
        told = {column: row[column] for column in qualifiers if row.get(column)}
        numbers = {column: _hundredths(row, column, at) for column in amounts if row.get(column)}
        part, counterpart = row.get("part", ""), row.get("counterpart", "")
        draft.rows.append(
            Participation(part, subject, absent, counterpart, told, numbers, recorded, superseded)
        )


def _moment(row: Row, at: str, day: dt.date) -> dt.datetime | None:
    """`at` as a time of the entry's day or a whole instant."""
    text = row.get("at", "")
    if not text:
        return None
    return _instant({"at": f"{day.isoformat()}T{text}" if "-" not in text else text}, "at", at)


def _hundredths(row: Row, column: str, at: str) -> int:
    number = number_of(row[column])
    scaled = None if number is None else Fraction(number) * 100
    if scaled is None or scaled.denominator != 1:
        raise FolderProblem(f"{at}的“{column}”应是数字，最多两位小数，现在是“{row[column]}”。")
    return scaled.numerator

"""Judge a whole roster: every cell, every row, and the rows against each other. No database.

check = Check(kind, labels, mapping, today=…)
for number, cells in table: check.add(number, cells)
result = check.result()        # records to import, problems by cell, rows left out
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter
from typing import Any

from tongxin.exchange.rosters import numbers
from tongxin.exchange.rosters.cells import CLEANERS, About, BadCell
from tongxin.exchange.rosters.days import MONTH_ONLY
from tongxin.exchange.rosters.fields import FIELDS, STUDENTS
from tongxin.exchange.rosters.homeroom_names import (
    HomeroomName,
    parse_entry_year,
    parse_grade,
    parse_homeroom,
)
from tongxin.exchange.rosters.wire import Broken, Cell, show

ERROR, WARNING = "error", "warning"
MOST_REMEMBERED = 5_000  # distinct cells of one column whose verdict is kept
_REMARK = re.compile(r"(合计|总计|小计|共计?|备注|说明|填表|注[:：]|制表|审核|班主任[:：]|人数|日期[:：])")
RESIDENT_CARD = frozenset(["", "居民身份证", "身份证", "二代身份证", "中国居民身份证", "1", "01", "户口簿"])


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell. row: from 1 as in the sheet. severity: an "error" leaves the row out, a
    "warning" does not."""

    row: int
    column: str
    cell: str
    value: str
    sentence: str
    severity: str = ERROR

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


class Record:
    """One row that can be imported. row: from 1 as in the sheet. homeroom: the class its name tells.

    Hundreds of thousands are held at once, so a finished record keeps its values as a tuple; `values` then makes
    the dict anew.
    """

    __slots__ = ("_draft", "_names", "_values", "homeroom", "row")

    def __init__(self, row: int, values: dict[str, Any], homeroom: HomeroomName | None = None) -> None:
        self.row = row
        self.homeroom = homeroom
        self._draft: dict[str, Any] | None = values
        self._names: tuple[str, ...] = ()
        self._values: tuple = ()

    @property
    def values(self) -> dict[str, Any]:
        """{field: clean value}; what was not given is not in it."""
        if self._draft is not None:
            return self._draft
        return dict(zip(self._names, self._values, strict=True))

    def finish(self, shared: dict[tuple[str, ...], tuple[str, ...]]) -> None:
        """Pack the values. shared: field names already seen, so that equal ones are held once."""
        if self._draft is not None:
            names = tuple(self._draft)
            self._names = shared.setdefault(names, names)
            self._values = tuple(self._draft.values())
            self._draft = None


@dataclass
class Result:
    """What became of a sheet. rows = len(records) + len(left_out)."""

    kind: str
    mapping: dict[str, str]
    rows: int = 0
    records: list[Record] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: dict[int, str] = field(default_factory=dict)  # {row: why}

    @property
    def errors(self) -> list[Problem]:
        return [p for p in self.problems if p.severity == ERROR]

    @property
    def warnings(self) -> list[Problem]:
        return [p for p in self.problems if p.severity == WARNING]


@dataclass(frozen=True)
class _Column:
    index: int
    label: str
    field: str
    clean: Any
    memory: dict[Cell, tuple[Any, str]] | None  # None where every cell is another one


class Check:
    """Takes rows one by one and remembers what it needs to compare them.

    labels: headings by column. mapping: {heading: field}. constants: {field: text} for what stands in no column,
    for instance the class of a sheet that holds one class. join_names: take spaces out of Chinese names.
    """

    def __init__(
        self,
        kind: str,
        labels: Sequence[str],
        mapping: dict[str, str],
        *,
        today: date,
        dates_1904: bool = False,
        constants: dict[str, str] | None = None,
        join_names: bool = False,
    ) -> None:
        self.kind = kind
        self.about = About(today, dates_1904, join_names)
        self._result = Result(kind, dict(mapping))
        self._labels = tuple(labels)
        self._columns = [
            _Column(
                index,
                label,
                mapping[label],
                CLEANERS[FIELDS[kind][mapping[label]].reads],
                None if FIELDS[kind][mapping[label]].unique else {},
            )
            for index, label in enumerate(labels)
            if label and mapping.get(label)
        ]
        self._steps = [(c.index, c.field, c.memory, c) for c in self._columns]
        self._constants = {name: text for name, text in (constants or {}).items() if text}
        self._label_of = {column.field: column for column in self._columns}
        name = self._label_of.get("name")
        self._name_column = name.index if name else 0
        self._name_words = _words(name.label) if name else set()
        self._unique = [f.name for f in FIELDS[kind].values() if f.unique and f.name in self._label_of]
        self._seen: dict[str, dict[str, int]] = {name: {} for name in self._unique}
        self._by_name: dict[tuple, int] = {}
        self._names: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._bad: set[int] = set()
        self._homerooms: dict[tuple[str, str, Any], tuple[HomeroomName | None, str]] = {}

    def add(self, number: int, cells: list[Cell]) -> None:
        """Judge one row below the headings. A row without any content is passed over and not counted."""
        if not any(cells) and not _filled(cells):
            return
        if self._repeats_headings(cells):
            self._result.rows += 1
            self._result.left_out[number] = "这一行又是表头，没有当作名单。"
            return
        problems: list[Problem] = []
        record = self._clean(number, cells, problems)
        if "name" not in record.values and self._is_no_pupil(number, cells, problems):
            return
        self._result.rows += 1
        self._judge_row(record, problems)
        self._compare(record, problems)
        if len(cells) > len(self._labels):
            self._too_wide(number, cells, problems)
        if problems:
            self._result.problems += problems
            if any(p.severity == ERROR for p in problems):
                self._bad.add(number)
        record.finish(self._names)
        self._result.records.append(record)

    def result(self) -> Result:
        """Return what can be imported and what cannot; call it once, after the last row."""
        result = self._result
        for number in self._bad:
            result.left_out.setdefault(number, "这一行有问题，改好以后再导入。")
        result.records = [record for record in result.records if record.row not in result.left_out]
        result.problems.sort(key=lambda problem: problem.row)
        return result

    # One row

    def _clean(self, number: int, cells: list[Cell], problems: list[Problem]) -> Record:
        values: dict[str, Any] = {}
        width = len(cells)
        for index, name, memory, column in self._steps:
            if index >= width or (cell := cells[index]) == "":
                continue
            known = memory.get(cell) if memory is not None else None
            if known is None:
                known = self._judge_cell(column, cell)
                if memory is not None and len(memory) < MOST_REMEMBERED:
                    memory[cell] = known
            value, sentence = known
            if sentence:
                # Staff lists give births by the month; nobody should have to retype a column for that.
                severity = WARNING if sentence == MONTH_ONLY else ERROR
                problems.append(self._problem(number, column, cell, sentence, severity))
            elif value != "":
                values[name] = value
        for name, text in self._constants.items():
            if name not in values:
                values[name] = CLEANERS[FIELDS[self.kind][name].reads](text, self.about)
        return Record(number, values)

    def _judge_cell(self, column: _Column, cell: Cell) -> tuple[Any, str]:
        try:
            return column.clean(cell, self.about), ""
        except BadCell as bad:
            return "", str(bad)

    def _problem(
        self, number: int, column: _Column, cell: Cell, sentence: str, severity: str = ERROR
    ) -> Problem:
        return Problem(
            number,
            column.label,
            f"{letters(column.index)}{number}",
            "#" if isinstance(cell, Broken) else show(cell)[:120],
            sentence,
            severity,
        )

    def _row_problem(
        self, number: int, name: str, value: Any, sentence: str, severity: str = ERROR
    ) -> Problem:
        column = self._label_of.get(name)
        cell = f"{letters(column.index)}{number}" if column else ""
        shown = value.isoformat() if isinstance(value, date) else str(value)
        return Problem(number, self._label(name), cell, shown, sentence, severity)

    def _label(self, name: str) -> str:
        column = self._label_of.get(name)
        return column.label if column else FIELDS[self.kind][name].title

    def _is_no_pupil(self, number: int, cells: list[Cell], problems: list[Problem]) -> bool:
        """Settle a row without a usable name; False where the name is there but bad, which `problems` tells."""
        filled = _filled(cells)
        typed = any(p.column == self._label("name") for p in problems)
        if typed and not (filled <= 2 and _REMARK.match(show(cells[self._name_column]).strip())):
            return False
        if filled:
            self._result.rows += 1
            self._without_name(number, filled, problems)
        return True

    def _repeats_headings(self, cells: list[Cell]) -> bool:
        if len(cells) <= self._name_column or cells[self._name_column] not in self._name_words:
            return False
        same = [
            c
            for c in self._columns
            if c.index < len(cells) and show(cells[c.index]).strip() in _words(c.label)
        ]
        return len(same) >= 2 and len(same) == len(
            [c for c in self._columns if c.index < len(cells) and cells[c.index] != ""]
        )

    def _without_name(self, number: int, filled: int, problems: list[Problem]) -> None:
        """A row with little in it is a remark or a total; one with more is a pupil whose name is missing."""
        if filled <= 2 and not any(p.column == self._label("id_number") for p in problems):
            self._result.left_out[number] = "这一行没有姓名，看起来是说明或合计，没有导入。"
            return
        self._result.problems.append(
            self._row_problem(number, "name", "", "这一行没有姓名，请补上，或删掉这一行。")
        )
        self._result.problems += problems
        self._bad.add(number)

    def _too_wide(self, number: int, cells: list[Cell], problems: list[Problem]) -> None:
        extra = [cell for cell in cells[len(self._labels) :] if cell != ""]
        if extra:
            index = len(self._labels)
            problems.append(
                Problem(
                    number,
                    "",
                    f"{letters(index)}{number}",
                    show(extra[0])[:120],
                    f"这一行比表头多出 {len(extra)} 格，可能有内容错了位，请核对。",
                )
            )

    def _judge_row(self, record: Record, problems: list[Problem]) -> None:
        values = record.values
        if "id_number" in values:
            self._judge_id_number(record, problems)
        if "pupil_number" in values and values["pupil_number"][0] == "G":
            self._judge_pupil_number(record, problems)
        if "homeroom" in values or "grade" in values:
            self._judge_homeroom(record, problems)

    def _judge_id_number(self, record: Record, problems: list[Problem]) -> None:
        values, row = record.values, record.row
        number = values["id_number"]
        if values.get("id_type", "") not in RESIDENT_CARD:
            problem = numbers.other_document_problem(number)
            if problem:
                problems.append(self._row_problem(row, "id_number", number, problem))
            return
        problem = numbers.id_number_problem(number, self.about.today)
        if problem:
            problems.append(self._row_problem(row, "id_number", number, problem))
            return
        self._agree_with(record, number, "身份证件号", problems)

    def _agree_with(self, record: Record, number: str, what: str, problems: list[Problem]) -> None:
        """Compare sex and birth date with an 18-character number; fill them in where they are not given."""
        values, row = record.values, record.row
        born, sex = numbers.birth_date_of(number), numbers.sex_of(number)
        if values.setdefault("birth_date", born) != born:
            problems.append(
                self._row_problem(
                    row,
                    "birth_date",
                    values["birth_date"],
                    f"出生日期和{what}里的（{born}）不一致，请核对。",
                    WARNING,
                )
            )
        if values.setdefault("sex", sex) != sex:
            shown = "男" if values["sex"] == "male" else "女"
            problems.append(
                self._row_problem(row, "sex", shown, f"性别和{what}里的不一致，请核对。", WARNING)
            )
        if problems:
            problems[:] = [p for p in problems if not _month_that_agrees(p, self._label("birth_date"), born)]

    def _judge_pupil_number(self, record: Record, problems: list[Problem]) -> None:
        values = record.values
        inside = values["pupil_number"][1:]
        given = values.get("id_number")
        if given and given != inside:
            problems.append(
                self._row_problem(
                    record.row,
                    "pupil_number",
                    values["pupil_number"],
                    "全国学籍号里的身份证件号和“身份证件号”一列不一致，请核对。",
                    WARNING,
                )
            )
        elif not given:
            self._agree_with(record, inside, "全国学籍号", problems)

    def _judge_homeroom(self, record: Record, problems: list[Problem]) -> None:
        values = record.values
        key = (values.get("homeroom", ""), values.get("grade", ""), values.get("entry_date"))
        known = self._homerooms.get(key)
        if known is None:
            known = self._homerooms[key] = self._read_homeroom(values)
        record.homeroom, sentence = known
        if sentence:
            name = "homeroom" if "homeroom" in values else "grade"
            problems.append(self._row_problem(record.row, name, values.get(name, ""), sentence))

    def _read_homeroom(self, values: dict[str, Any]) -> tuple[HomeroomName | None, str]:
        written, grade_text = values.get("homeroom", ""), values.get("grade", "")
        grade = parse_grade(grade_text) if grade_text else None
        entry = parse_entry_year(grade_text) if grade_text else None
        if grade_text and grade is None and entry is None:
            return None, "看不出是哪个年级，请写成“七年级”“初一”或“2023级”。"
        if not written:
            return None, ""
        if self.kind != STUDENTS and written in ("否", "无", "不是", "—", "-", "/"):
            return None, ""
        if self.kind != STUDENTS and written in ("是", "√", "班主任"):
            return None, "请写出担任班主任的班级，如“七年级3班”；不当班主任的请留空。"
        found = parse_homeroom(written, grade=grade, entry_year=entry)
        if found is None:
            return None, "看不出是哪个班，请写成“七年级3班”“七（3）班”或“23机电1班”。"
        if grade and found.grade and found.grade != grade:
            return None, "班级和年级两列对不上，请核对。"
        return found, ""

    # Rows against each other

    def _compare(self, record: Record, problems: list[Problem]) -> None:
        values = record.values
        for name in self._unique:
            value = values.get(name)
            if not value:
                continue
            first = self._seen[name].setdefault(value, record.row)
            if first != record.row:
                self._repeated(record, name, value, first, problems)
                if record.row in self._result.left_out:
                    return
        if "name" in values and not (values.get("id_number") or values.get("pupil_number")):
            self._namesake(record, (values["name"], record.homeroom), problems)

    def _repeated(self, record: Record, name: str, value: str, first: int, problems: list[Problem]) -> None:
        """Equal rows are imported once; rows that share a number but differ are both held back."""
        records = self._result.records
        position = bisect_left(records, first, key=attrgetter("row"))
        earlier = records[position] if position < len(records) and records[position].row == first else None
        if earlier and earlier.values == record.values and earlier.homeroom == record.homeroom:
            self._result.left_out[record.row] = f"与第 {first} 行完全相同，只导入一次。"
            return
        title = self._label(name)
        problems.append(
            self._row_problem(
                record.row, name, value, f"“{title}”和第 {first} 行相同，两行只能有一行对，请核对。"
            )
        )
        if first not in self._bad:
            self._bad.add(first)
            self._result.problems.append(
                self._row_problem(
                    first, name, value, f"“{title}”和第 {record.row} 行相同，两行只能有一行对，请核对。"
                )
            )

    def _namesake(self, record: Record, key: tuple, problems: list[Problem]) -> None:
        numbers_given = {record.values.get(n) for n in ("local_number", "staff_number")} - {None}
        first = self._by_name.setdefault(key, record.row)
        if first != record.row and not numbers_given:
            problems.append(
                self._row_problem(
                    record.row,
                    "name",
                    record.values["name"],
                    f"和第 {first} 行同名同班，又都没有证件号或学籍号，分不清是不是同一个人。请补上号码，或删掉一行。",
                )
            )


def _filled(cells: list[Cell]) -> int:
    """Return how many cells hold more than spaces."""
    return sum(1 for cell in cells if cell != "" and not (isinstance(cell, str) and not cell.strip()))


def _words(label: str) -> set[str]:
    return {label, *label.split("/")}


def _month_that_agrees(problem: Problem, label: str, born: date | None) -> bool:
    """A birth date given as 2012-09 is fine where the identity number knows the day of that same month."""
    if problem.column != label or born is None or problem.sentence != MONTH_ONLY:
        return False
    digits = "".join(c for c in problem.value if c.isdecimal())
    return digits in (f"{born.year}{born.month}", f"{born.year}{born.month:02d}")


def letters(index: int) -> str:
    """Return "A" for column 0, "AA" for column 26."""
    text = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        text = chr(65 + rest) + text
    return text

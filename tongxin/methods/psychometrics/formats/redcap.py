"""REDCap data dictionaries (CSV), and whether records fit one.

The eighteen columns of the dictionary are read by their order, whether their names are REDCap's labels or its short names.
What REDCap has no column for stands in the field annotation as an action tag of ours, which REDCap passes over.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..instrument import CHOICE, Instrument, Item
from .common import (
    Plain,
    Sets,
    is_summed,
    lacks,
    not_read,
    number,
    option,
    scale_from,
    slug,
    terms,
    values_of,
    whole,
    without_tags,
)
from .expressions import NotUnderstood, condition, sum_of, written
from .problem import FormatProblem
from .rest import packed, unpacked

COLUMNS = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)",
    "Required Field?", "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip
NAME, FORM, HEADER, TYPE, LABEL, CHOICES, NOTE, VALIDATION, LOW, HIGH = range(10)
BRANCHING, REQUIRED, ANNOTATION = 11, 12, 17
KINDS = {
    "radio": CHOICE, "dropdown": CHOICE, "checkbox": CHOICE, "yesno": CHOICE, "truefalse": CHOICE, "text": "text",
    "notes": "long_text", "calc": "computed", "slider": "slider", "file": "file", "descriptive": "display",
}  # fmt: skip
VALIDATED = {"integer": "integer", "number": "decimal", "time": "time"}
_TAG = re.compile(r"@TONGXIN-(ID|ANSWERS|SCALE|RECORD|REST|LANGUAGE)(?:='([^']*)')?")
RECORD = "record_id"


# reading


def read(text: str) -> tuple[Plain, Any]:
    """(mapping, rest). Raises FormatProblem."""
    return _Reader(_rows(text)).read()


def _rows(text: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    found: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            found.append((reader.line_num, [*row, *[""] * (18 - len(row))]))
    except csv.Error as error:
        raise FormatProblem(f"第 {reader.line_num} 行读不懂。请检查引号是否成对。") from error
    heading = [cell.strip().lower() for cell in found[0][1]] if found else []
    if (
        not heading
        or heading[0] not in (COLUMNS[NAME].lower(), "field_name")
        or heading[TYPE] not in ("field type", "field_type")
    ):
        raise FormatProblem("这不是 REDCap 的数据字典：第一行要是它的 18 个列名。请从 REDCap 重新导出。")
    return [(line, row) for line, row in found[1:] if any(cell.strip() for cell in row)]


class _Reader:
    def __init__(self, rows: list[tuple[int, list[str]]]) -> None:
        self.rows, self.sets = rows, Sets()
        self.items: list[Plain] = []
        self.sections: list[Plain] = []
        self.calculated: list[tuple[str, str, str, bool]] = []
        self.logic: list[tuple[Plain, str, str]] = []
        self.variables: dict[str, str] = {}
        self.rest: Any = None
        self.language = ""

    def read(self) -> tuple[Plain, Any]:
        forms = list(dict.fromkeys(row[FORM].strip() for _, row in self.rows))
        section = dict.fromkeys(forms, "")
        if len(forms) > 1:
            for form in forms:
                section[form] = slug(form, f"form-{len(self.sections) + 1}")
                self.sections.append({"id": section[form]})
        current, previous = "", ""
        for line, row in self.rows:
            form = row[FORM].strip()
            if form != previous:
                current, previous = section[form], form
            if row[HEADER].strip():
                current = f"{section[form] or 'part'}-{len(self.sections) + 1}"
                made = {"id": current, "text": without_tags(row[HEADER]), "parent": section[form]}
                self.sections.append({key: value for key, value in made.items() if value})
            self._field(line, row, current)
        if not self.items:
            raise FormatProblem("数据字典里没有题目。请检查导出的文件。")
        self._conditions()
        scales, reverse = self._scales()
        name = slug(forms[0] if len(forms) == 1 else self.rows[0][1][FORM], "questionnaire")
        made = whole(name, forms[0] or name, self.language or "en", self.sets, self.items, sections=self.sections,
                     scales=scales, reverse=reverse)  # fmt: skip
        return made, self.rest

    def _field(self, line: int, row: list[str], section: str) -> None:
        name, kind = row[NAME].strip(), row[TYPE].strip().lower()
        tags = {found[1]: found[2] or "" for found in _TAG.finditer(row[ANNOTATION])}
        self.language = tags.get("LANGUAGE", self.language)
        if "REST" in tags:
            self.rest = unpacked(tags["REST"])
        if "RECORD" in tags:
            return
        if not name:
            raise FormatProblem(f"第 {line} 行没有变量名。请补上。")
        if kind not in KINDS:
            raise FormatProblem(f"第 {line} 行“{name}”的类型“{kind}”不认识。可用的有：{'、'.join(KINDS)}。")
        if name in self.variables:
            raise FormatProblem(f"第 {line} 行的变量名“{name}”用了两次。请改成不同的。")
        if "SCALE" in tags:
            self.calculated.append((tags["SCALE"], without_tags(row[LABEL]), row[CHOICES], True))
            return
        item: Plain = {
            "id": slug(tags.get("ID", name), f"q{len(self.items) + 1}"),
            "text": without_tags(row[LABEL]),
        }
        self.variables[name] = item["id"]
        item |= {"section": section, "note": without_tags(row[NOTE])}
        self._kind(line, name, kind, row, item, tags.get("ANSWERS", ""))
        asks = "answers" in item
        required = row[REQUIRED].strip().lower() == "y"
        made = {key: value for key, value in item.items() if value}
        if required != asks:
            made["required"] = required
        self.items.append(made)
        if row[BRANCHING].strip():
            self.logic.append((made, row[BRANCHING].strip(), name))
        if kind == "calc":
            self.calculated.append((name, without_tags(row[LABEL]), row[CHOICES], False))

    def _kind(self, line: int, name: str, kind: str, row: list[str], item: Plain, wanted: str) -> None:
        ours, validation = KINDS[kind], row[VALIDATION].strip()
        if kind in ("yesno", "truefalse"):
            words = ("Yes", "No") if kind == "yesno" else ("True", "False")
            rows = [option("1", words[0], 1), option("0", words[1], 0)]
            item |= {"answers": self.sets.name(rows, wanted or kind), "format": kind}
        elif ours == CHOICE:
            item["answers"] = self.sets.name(
                _choices(row[CHOICES], line, name), slug(wanted, "") if wanted else ""
            )
            item |= {"many": kind == "checkbox", "format": kind if kind == "dropdown" else ""}
        elif kind == "text":
            ours = VALIDATED.get(validation, "text")
            if validation.startswith("datetime"):
                ours = "datetime"
            elif validation.startswith("date"):
                ours = "date"
            item |= {"format": validation, "low": row[LOW].strip(), "high": row[HIGH].strip()}
        elif kind == "slider":
            item |= {
                "labels": [word.strip() for word in row[CHOICES].split("|") if word.strip()],
                "format": validation,
            }
        elif kind == "calc":
            item["formula"] = {"language": "redcap", "text": row[CHOICES].strip()}
        elif validation:
            item["format"] = validation
        item["kind"] = "" if ours == CHOICE else ours

    def _conditions(self) -> None:
        values, kinds = (
            values_of(self.items, self.sets),
            {item["id"]: item.get("kind") for item in self.items},
        )

        def by_number(name: str) -> bool:
            return name in values or kinds[name] in ("integer", "decimal", "slider", "computed")

        for item, logic, name in self.logic:
            try:
                item["show_if"] = condition(logic, self.variables, by_number)
            except NotUnderstood as error:
                raise FormatProblem(
                    f"“{name}”的显示条件（Branching Logic）读不懂，在“{error}”处。请改写或去掉。"
                ) from error

    def _scales(self) -> tuple[list[Plain], list[str]]:
        scales: list[Plain] = []
        reverse: list[str] = []
        for name, title, expression, hidden in self.calculated:
            found = scale_from(
                name, title, sum_of(expression), self.variables, values_of(self.items, self.sets)
            )
            if found is None and hidden and lacks(expression, self.variables):
                # A score of ours; where only its codes say no values, they stand in the difference beside.
                raise FormatProblem(not_read(name, expression, self.variables))
            if found:
                scales.append(found[0])
                reverse += [item for item in found[1] if item not in reverse]
        return scales, reverse


def _choices(text: str, line: int, name: str) -> list[Plain]:
    pairs = []
    for part in text.split("|"):
        code, comma, words = part.partition(",")
        if not comma or not code.strip():
            raise FormatProblem(
                f"第 {line} 行“{name}”的选项“{part.strip()[:40]}”读不懂。请写成“1, 选项 | 2, 选项”。"
            )
        pairs.append((code.strip(), without_tags(words)))
    whole_numbers = all(number(code) is not None and str(number(code)) == code for code, _ in pairs)
    return [option(code, words, number(code) if whole_numbers else None) for code, words in pairs]


# writing


def write(instrument: Instrument, rest: Any = None) -> str:
    """The dictionary as CSV."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    names = _names(instrument)
    forms = _forms(instrument)
    tags = "@HIDDEN-PDF @TONGXIN-RECORD" + f" @TONGXIN-LANGUAGE='{instrument.language}'"
    if rest is not None:
        tags += f" @TONGXIN-REST='{packed(rest)}'"
    first = instrument.items[0]
    writer.writerow(
        _row({NAME: RECORD, FORM: forms[first.id], TYPE: "text", LABEL: "Record ID", ANNOTATION: tags})
    )
    told, last = set(), ""
    for item in instrument.items:
        header = ""
        section = next((found for found in instrument.sections if found.id == item.section), None)
        if section and section.text and section.id not in told:
            header = str(section.text)
            told.add(section.id)
        last = forms[item.id]
        writer.writerow(_row(_field(instrument, item, names) | {FORM: last, HEADER: header}))
    own = {item.id for item in instrument.items if item.formula}
    for n, scale in enumerate(instrument.scales, 1):
        if is_summed(instrument, scale) and len(scale.items) > 1 and scale.id not in own:
            total = " + ".join(
                f"[{names[item.id]}]" if taken is None else f"({taken} - [{names[item.id]}])"
                for item, taken in terms(instrument, scale)
            )
            cells = {NAME: f"score_{n}", FORM: last, TYPE: "calc", LABEL: str(scale.title), CHOICES: total}
            writer.writerow(_row(cells | {ANNOTATION: f"@TONGXIN-SCALE='{scale.id}'"}))
    return out.getvalue()


def _names(instrument: Instrument) -> dict[str, str]:
    """REDCap's variable names: small letters, digits and underscores, a letter first."""
    found: dict[str, str] = {}
    for n, item in enumerate(instrument.items, 1):
        name = item.id if re.fullmatch(r"[a-z][a-z0-9_]{0,25}", item.id) else f"q{n}"
        found[item.id] = (
            name if (name not in found.values() and name != RECORD) or item.id == RECORD else f"q{n}_{n}"
        )
    return found


def _forms(instrument: Instrument) -> dict[str, str]:
    """The form each item stands in: its outermost section without words, or the one form there is."""
    by_id = {section.id: section for section in instrument.sections}
    roots = [section.id for section in instrument.sections if not section.parent and not section.text]
    found = {}
    for item in instrument.items:
        at = by_id.get(item.section)
        while at is not None and at.parent:
            at = by_id.get(at.parent)
        root = at.id if at is not None and at.id in roots else instrument.id
        found[item.id] = re.sub(r"[^a-z0-9_]+", "_", root.lower()).strip("_") or "questionnaire"
    return found


def _row(cells: Mapping[int, str]) -> list[str]:
    return [cells.get(column, "") for column in range(18)]


def _field(instrument: Instrument, item: Item, names: Mapping[str, str]) -> dict[int, str]:
    known = instrument.answers_by_id.get(item.answers)
    tags = [f"@TONGXIN-ID='{item.id}'"] if names[item.id] != item.id else []
    cells = {
        NAME: names[item.id],
        LABEL: str(item.text),
        NOTE: str(item.note),
        REQUIRED: "y" if item.required else "",
    }
    kind = {kind: word for word, kind in reversed(KINDS.items())}.get(item.kind, "text")
    if known and item.kind in (CHOICE, "open_choice"):
        kind = (
            "checkbox"
            if item.many
            else item.format
            if item.format in ("dropdown", "yesno", "truefalse")
            else "radio"
        )
        if kind in ("radio", "checkbox", "dropdown"):
            cells[CHOICES] = " | ".join(f"{o.code}, {str(o.text).replace('|', '／')}" for o in known.options)
        tags.append(f"@TONGXIN-ANSWERS='{known.id}'")
    elif item.kind in ("integer", "decimal", "date", "datetime", "time", "text"):
        kind = "text"
        plain = {
            "integer": "integer",
            "decimal": "number",
            "date": "date_ymd",
            "datetime": "datetime_ymd",
            "time": "time",
        }
        cells |= {VALIDATION: item.format or plain.get(item.kind, ""), LOW: item.low, HIGH: item.high}
    elif item.kind == "slider":
        cells |= {CHOICES: " | ".join(item.labels), VALIDATION: item.format}
    elif item.kind == "computed":
        cells[CHOICES] = item.formula[1] if item.formula else ""
    elif item.format:
        cells[VALIDATION] = item.format
    shown = written(item.show_if, lambda name: f"[{names[name]}]", "redcap") if item.show_if else None
    return cells | {TYPE: kind, BRANCHING: shown or "", ANNOTATION: " ".join(tags)}


# records


def record_problems(instrument: Instrument, text: str) -> Iterator[tuple[int, str, str, str]]:
    """(line, column, value, sentence) of each cell of a REDCap export that does not fit the definition.

    Columns are the variable names, `name___code` for each choice of a checkbox, and `form_complete`.
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    forms = {section.id for section in instrument.sections} | {instrument.id}
    for row in reader:
        for column, cell in row.items():
            value = cell.strip() if isinstance(cell, str) else ""
            if column is None:
                yield reader.line_num, "", str(cell)[:40], "这一行比标题多出几格。请检查这一行。"
            elif value:
                wrong = _wrong(instrument, column, value, forms)
                if wrong:
                    yield reader.line_num, column, value[:40], wrong


def _wrong(instrument: Instrument, column: str, value: str, forms: set[str]) -> str:
    name, _, code = column.partition("___")
    item = instrument.item_by_id.get(name)
    if item is None:
        if column == "redcap_event_name" or column.removesuffix("_complete") in forms:
            return ""
        return f"“{column}”这一列不在定义里。"
    known = instrument.answers_by_id.get(item.answers)
    codes = {o.code for o in known.options} if known else set()
    if code or (item.many and item.kind == CHOICE):
        return "" if code in codes and value in ("0", "1") else f"“{column}”只能写 0 或 1。"
    if item.kind == CHOICE:
        return "" if value in codes else f"“{value[:40]}”不是“{name}”的选项。"
    if item.kind in ("integer", "decimal", "slider"):
        return _out_of(item, value)
    if item.kind in ("date", "datetime"):
        try:
            dt.datetime.fromisoformat(value)
        except ValueError:
            return f"“{value[:40]}”不是日期。"
    return ""


def _out_of(item: Item, value: str) -> str:
    try:
        found = int(value) if item.kind == "integer" else float(value)
        low, high = (float(edge) if edge else None for edge in (item.low, item.high))
    except ValueError:
        return f"“{value[:40]}”不是数。"
    if (low is not None and found < low) or (high is not None and found > high):
        return f"“{value[:40]}”超出了 {item.low or '…'} 到 {item.high or '…'}。"
    return ""

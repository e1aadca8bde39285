"""Small tables of words: one row per attribute, post, link, event, phase, month or part; an empty row adds one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from tongxin.kernel.base.pinyin import name_keys
from tongxin.methods.cadence.reading import text_of, texts

SPARE = 2  # empty rows offered
MOST_VALUES = 2000
MOST_LETTERS = 36
# With what stands before it, the name of an announced thing must fit the name of an attribute.
MOST_LETTERS_ANNOUNCED = 26
COMMAS = ("、", "，", ",")


@dataclass(frozen=True)
class Column:
    """choices: None for a text to type. width: "short" or "". most: characters of a text."""

    name: str
    label: str
    choices: Sequence[tuple[str, str]] | None = None
    width: str = ""
    most: int = 120


class TableForm(forms.Form):
    """rows: texts by column name; the first column's text is what a row is known by, and an empty one drops the row."""

    def __init__(
        self, prefix: str, columns: Sequence[Column], rows: Sequence[Mapping[str, str]], data: Any = None
    ):
        super().__init__(data, prefix=prefix)
        self.columns, self.now = columns, list(rows)
        count = len(rows) + SPARE
        if data is not None and str(data.get(f"{prefix}-count", "")).isdecimal():
            count = min(int(data[f"{prefix}-count"]), len(rows) + 40)
        self.count = count
        for at in range(count):
            row = rows[at] if at < len(rows) else {}
            for column in columns:
                self.fields[f"{at}-{column.name}"] = self._field(column, row.get(column.name, ""))

    def _field(self, column: Column, value: str) -> forms.Field:
        if column.choices is None:
            return forms.CharField(label=column.label, initial=value, required=False, max_length=column.most)
        choices = list(column.choices)
        if value and value not in dict(choices):
            choices = [(value, value), *choices]
        return forms.ChoiceField(label=column.label, choices=choices, initial=value, required=False)

    def table(self) -> list[list[forms.BoundField]]:
        return [[self[f"{at}-{column.name}"] for column in self.columns] for at in range(self.count)]

    def rows(self) -> list[dict[str, str]]:
        """The rows that have a name, in order, with the place they had before under "place" ("" for a new one)."""
        found = []
        for at in range(self.count):
            row = {
                column.name: str(self.cleaned_data.get(f"{at}-{column.name}") or "").strip()
                for column in self.columns
            }
            if row[self.columns[0].name]:
                found.append(row | {"place": str(at) if at < len(self.now) else ""})
        return found


def changed(
    raw: list[dict[str, Any]],
    rows: list[dict[str, str]],
    key: str,
    title: str = "title",
    most: int = MOST_LETTERS,
) -> list[dict[str, Any]]:
    """The written list after a table was filled in: known rows keep what the table does not show, new ones get a name."""
    taken = {str(item.get(key)) for item in raw}
    found = []
    for row in rows:
        item = (
            dict(raw[int(row["place"])]) if row["place"] else {key: free_name(row[title], taken, key, most)}
        )
        taken.add(str(item[key]))
        for name, value in row.items():
            if name == "place":
                continue
            if value or name in item:
                item[name] = value
        found.append({name: value for name, value in item.items() if value != ""})
    return found


def types_of(raw: Mapping[str, Any]) -> list[str]:
    """Whom a written part, attribute or event is about; a pack may write one word or a list."""
    return list(texts(raw.get("of")))


def values_of(raw: Mapping[str, Any]) -> dict[str, str]:
    """The values a written qualifier or attribute may have, by code; a pack may write titles or the codes alone."""
    said = raw.get("values")
    if isinstance(said, dict):
        return {code: text_of(title) or code for code, title in said.items()}
    return {code: code for code in texts(said)}


def values_text(raw: Mapping[str, Any]) -> str:
    """The titles of the values in one line; a title that has a comma itself needs a stronger mark between them."""
    found = list(values_of(raw).values())
    if not any(mark in title for title in found for mark in COMMAS):
        return "、".join(found)
    return "；".join(found) if len(found) > 1 else f"{found[0]}；"


def with_values(item: dict[str, Any], text: str) -> dict[str, Any]:
    """An item with the values of a line; they keep their codes as long as their titles stay."""
    known = {title: code for code, title in values_of(item).items()}
    taken, values = set(known.values()), {}
    for title in _split(text):
        code = known.get(title) or free_name(title, taken, "value")
        taken.add(code)
        values[code] = title
    item.pop("values", None)
    return item | {"values": values} if values else item


def _split(text: str) -> list[str]:
    text = text.replace(";", "；")
    for mark in () if "；" in text else COMMAS:
        text = text.replace(mark, "；")
    return [title.strip() for title in text.split("；") if title.strip()]


def free_name(title: str, taken: set[str], otherwise: str, most: int = MOST_LETTERS) -> str:
    """An identifier from the pinyin of a title that nothing else has."""
    letters = "".join(
        c if c.isascii() and c.isalnum() else "_" for c in name_keys(title)[0].split(" ")[0].lower()
    )
    name = "_".join(part for part in letters.split("_") if part)[:most] or otherwise
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def of_types() -> list[tuple[str, str]]:
    return [
        ("student", _("学生")), ("staff", _("教职工")), ("homeroom", _("班级")), ("branch", _("党支部")),
        ("department", _("部门")), ("school", _("学校")), ("guardian", _("家长")), ("family", _("家庭")),
        ("base", _("基地")), ("enterprise", _("企业")), ("team", _("团队")), ("facility", _("功能室")),
        ("outsider", _("校外人员")),
    ]  # fmt: skip


def data_classes() -> list[tuple[str, str]]:
    return [
        ("K1", _("校内工作")), ("K2", _("名册和联系方式")), ("K3", _("家庭和帮扶情况")), ("K4c", _("心理预警等级")),
        ("K4d", _("心理辅导记录")), ("K4e", _("危机干预")), ("KT", _("教职工考核和师德")), ("K0", _("可以公开")),
    ]  # fmt: skip

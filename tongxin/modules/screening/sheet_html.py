"""The questions of a page as HTML. They are the same for everybody, so they are drawn once and kept in pieces;
what one respondent has chosen is put between the pieces.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from django.template.loader import get_template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from tongxin.methods.psychometrics.instrument import Item

from .layout import Sheet

MOST_KEPT = 2_000
# Nobody can guess it, so no words of an instrument are taken for a mark.
_MARK = secrets.token_hex(12)
_SPLIT = re.compile(f"{_MARK}([cwh])([0-9]+)-([0-9]+);")
INPUTS = {"integer": "number", "decimal": "number", "slider": "number", "date": "date", "time": "time",
          "datetime": "datetime-local"}  # fmt: skip
NOT_ON_A_PAGE = ("computed", "file")

Piece = str | tuple[str, int, int]
_kept: dict[tuple, list[Piece]] = {}


@dataclass(frozen=True)
class Choice:
    code: str
    text: str
    mark: str


@dataclass(frozen=True)
class Question:
    """A question as the template wants it. kind: radio, text, long, or words only."""

    id: str
    field: str
    number: str
    text: str
    note: str
    section: str
    kind: str
    choices: list[Choice]
    input: str
    hidden: str
    words: str


def draw(sheet: Sheet, answered: Mapping[str, int | str], shown: Collection[str]) -> SafeString:
    """Return the questions of a page with what was answered on it; those not in `shown` are there but hidden."""
    made = []
    for piece in _pieces(sheet):
        if isinstance(piece, str):
            made.append(piece)
            continue
        kind, at, option = piece
        item = sheet.items[at]
        said = answered.get(item.id)
        if kind == "c":
            chosen = said == option or (isinstance(said, str) and said == _codes(sheet, item)[option])
            made.append(" checked" if chosen else "")
        elif kind == "w":
            made.append(escape(said) if isinstance(said, str) else "")
        else:
            made.append("" if item.id in shown else " hidden disabled")
    return mark_safe("".join(made))


def _pieces(sheet: Sheet) -> list[Piece]:
    chosen = sheet.step is not None
    key = (sheet.form.text.sha256, tuple(item.id for item in sheet.items), get_language(), chosen)
    found = _kept.get(key)
    if found is None:
        context = {"questions": list(_questions(sheet)), "many": len(sheet.items) > 1}
        found = list(_split(get_template("screening/sit_questions.html").render(context)))
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = found
    return found


def _split(html: str) -> Iterator[Piece]:
    parts = _SPLIT.split(html)
    for at in range(0, len(parts) - 1, 4):
        yield parts[at]
        yield parts[at + 1], int(parts[at + 2]), int(parts[at + 3])
    yield parts[-1]


def _codes(sheet: Sheet, item: Item) -> list[str]:
    known = sheet.instrument.answers_by_id.get(item.answers)
    return [option.code for option in known.options] if known else []


def _questions(sheet: Sheet) -> Iterator[Question]:
    language = "en" if (get_language() or "").startswith("en") else "zh-CN"
    instrument = sheet.instrument
    sections = {section.id: section for section in instrument.sections}
    asked = [item.id for item in instrument.items if item.kind != "display"]
    before = ""
    for at, item in enumerate(sheet.items):
        if item.kind in NOT_ON_A_PAGE:
            continue
        known = instrument.answers_by_id.get(item.answers)
        choices = [
            Choice(option.code, option.text.say(language) or option.code, f"{_MARK}c{at}-{n};")
            for n, option in enumerate(known.options if known and item.kind == "choice" else ())
        ]
        heading = sections.get(item.section)
        yield Question(
            id=item.id,
            field=f"a-{item.id}",
            number=str(asked.index(item.id) + 1) if item.kind != "display" and sheet.step is None else "",
            text=item.text.say(language) or item.id,
            note=item.note.say(language),
            section=heading.text.say(language) if heading and item.section != before else "",
            kind=_kind(item, bool(choices)),
            choices=choices,
            input=INPUTS.get(item.kind, "text"),
            hidden=f"{_MARK}h{at}-0;",
            words=f"{_MARK}w{at}-0;",
        )
        before = item.section


def _kind(item: Item, choices: bool) -> str:
    if item.kind == "display":
        return "words"
    if choices:
        return "radio"
    return "long" if item.kind in ("long_text", "open_choice") else "text"

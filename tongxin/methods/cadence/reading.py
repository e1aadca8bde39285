"""Small readers shared by the parser's files: a value of the right shape, or a finding that says the mend."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from .declarations import Vocabulary
from .findings import Findings
from .located import Decimal, LMap, Place

_DAYS = re.compile(r"^([0-9]{1,4})\s*d$")
_FRACTION = re.compile(r"^([0-9]{1,9})\s*/\s*([0-9]{1,9})$")
_PERCENT = re.compile(r"^([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*[%％]$")
_DECIMAL = re.compile(r"^-?[0-9]{1,12}(?:\.[0-9]{1,6})?$")


@dataclass
class Context:
    """What the readers share: the pack's names, the findings, and the rule being read (for sentences)."""

    names: Vocabulary
    findings: Findings = field(default_factory=Findings)
    rule: str = ""
    since: dt.date = dt.date.min

    def error(self, where: object, code: str, sentence: str) -> None:
        self.findings.error(where, code, f"{self.rule}：{sentence}" if self.rule else sentence)

    def warn(self, where: object, code: str, sentence: str) -> None:
        self.findings.warn(where, code, f"{self.rule}：{sentence}" if self.rule else sentence)

    def unsupported(self, where: object, what: str) -> None:
        self.error(
            where,
            "unsupported",
            f"“{what}”这种写法现在还不能计算。请改用已支持的写法，或用“later:”一句话说明留待以后。",
        )

    def unknown_keys(self, mapping: LMap, known: tuple[str, ...], what: str) -> None:
        for key in mapping:
            if key not in known:
                mend = "、".join(known)
                self.error(mapping.at(key), "unknown-key", f"{what}里没有“{key}”这一项。可用的有：{mend}。")


def text_of(value: Any) -> str:
    """A scalar as facts store it: "true"/"false", digits, YYYY-MM-DD, or the text itself; "" for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return value.written
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value).strip()


def texts(value: Any) -> tuple[str, ...]:
    """One scalar or a list of them as stored texts."""
    if value is None or isinstance(value, dict):
        return ()
    if isinstance(value, list):
        return tuple(text_of(item) for item in value if not isinstance(item, dict | list))
    return (text_of(value),)


def day_of(value: Any) -> dt.date | None:
    """A date, from a date or a YYYY-MM-DD text."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, dt.date):
        return value
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value.strip())
        except ValueError:
            return None
    return None


def days_of(value: Any) -> int | None:
    """The number of days in "14d" or 14."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if value >= 0 else None
    found = _DAYS.match(str(value).strip())
    return int(found[1]) if found else None


def number_of(value: Any) -> int | Fraction | None:
    """An exact number from 3, 1.5, "3/4" or "60 %"; None if it is none of these."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int):
        return value
    text = text_of(value)
    if found := _FRACTION.match(text):
        return _simple(Fraction(int(found[1]), int(found[2]))) if int(found[2]) else None
    if found := _PERCENT.match(text):
        return _simple(Fraction(found[1]) / 100)
    return _simple(Fraction(text)) if _DECIMAL.match(text) else None


def is_share(value: Any) -> bool:
    """Is it written as a percentage or a fraction of something."""
    text = text_of(value)
    return bool(_FRACTION.match(text) or _PERCENT.match(text))


def _simple(value: Fraction) -> int | Fraction:
    return value.numerator if value.denominator == 1 else value


def place(mapping: Any, key: str = "") -> object:
    """Where a key of a mapping stands, for findings."""
    return mapping.at(key) if isinstance(mapping, LMap) else Place("", 1)

"""The further slots of a rule: a checklist, steps when it is late, gate, tightening, exemption, arrivals and sharing.

Each reader takes what it can say out of the written form and leaves the rest; each writer gives it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from .parse_escalation import days_from_due
from .reading import number_of, text_of

Raw = dict[str, Any]
ALL_OF, ANY_OF = "all_of", "any_of"
PRORATE, FROM = "prorate", "from"
AS_WRITTEN = "kept"


@dataclass
class Item:
    """A line of a checklist. only: a qualifier and its value as "theme=oath", or empty; number: how often at least.

    raw: the line as it is written, where it says more than slots can; it is kept whole, kind says AS_WRITTEN.
    """

    title: str = ""
    kind: str = ""
    part: str = ""
    only: str = ""
    number: str = "1"
    raw: Raw | None = None


@dataclass
class Band:
    """A line of a table of numbers. value: a value, a post or a range, as typed; number: what it gives."""

    value: str = ""
    number: str = ""


@dataclass
class Step:
    """Who is told when. days: after the due day, negative before it, as typed; to: "bearer" or a post."""

    days: str = ""
    to: str = ""


class Further(Protocol):
    """What these readers and writers fill in; `Slots` has it."""

    listed: str
    items: list[Item]
    steps: list[Step]
    blocks: str
    tightens: list[str]
    exempt: list[Any]
    title_en: str
    arrivals: str
    arrivals_days: str
    jointly: bool
    once_only: bool
    make_up: bool


def read_table(said: Any) -> tuple[str, list[Band], str] | None:
    """Take `{by: post, head: 5, else: 1}` apart: (by, lines, number of all others); None for any other bound."""
    if not isinstance(said, dict) or "by" not in said:
        return None
    if any(isinstance(value, dict | list) for value in said.values()):
        return None
    bands = [Band(text_of(key), text_of(value)) for key, value in said.items() if key not in ("by", "else")]
    return text_of(said["by"]), bands, text_of(said.get("else", ""))


def table(
    by: str, bands: list[Band], otherwise: str, typed: Callable[[str], Any], amount: Callable[[str], Any]
) -> Raw:
    """A table of numbers as a pack writes it."""
    found: Raw = {"by": by} | {typed(band.value): amount(band.number) for band in bands if band.value}
    return found | ({"else": amount(otherwise)} if otherwise else {})


def read_further(slots: Further, left: Raw, tests: Callable[[Any], list[Any] | None]) -> None:
    """tests: takes a condition apart, None when it says more than slots can."""
    slots.title_en = text_of(left.pop("title_en", ""))
    _read_items(slots, left)
    _read_steps(slots, left)
    gate = text_of(left.get("blocks"))
    if gate.startswith("appoint(") and gate.endswith(")"):
        slots.blocks = gate[len("appoint(") : -1].strip()
        del left["blocks"]
    said = left.get("tightens")
    listed = said if isinstance(said, list) else [said] if said else []
    if listed and not any(isinstance(one, dict | list) for one in listed):
        slots.tightens = [text_of(one) for one in listed]
        del left["tightens"]
    found = tests(left.get("exempt"))
    if found is not None and len(found) == 1:
        slots.exempt = found
        del left["exempt"]
    _read_arrivals(slots, left)
    if left.get("jointly") in ("total", True):
        slots.jointly = True
        del left["jointly"]
    if text_of(left.get("counts_for")) == "one":
        slots.once_only = True
        del left["counts_for"]
    if text_of(left.get("makes_up")) == "allowed":
        slots.make_up = True
        del left["makes_up"]


def _read_items(slots: Further, left: Raw) -> None:
    said = [key for key in (ALL_OF, ANY_OF) if key in left]
    if len(said) != 1 or not isinstance(left[said[0]], list):
        return
    lines = left[said[0]]
    if lines and all(isinstance(one, dict) for one in lines):
        slots.listed, slots.items = said[0], [_item(one) or _whole(one) for one in lines]
        del left[said[0]]


def _whole(said: Raw) -> Item:
    return Item(text_of(said.get("title")), AS_WRITTEN, raw=said)


def _item(said: Raw) -> Item | None:
    """A line whose parts all have slots; None for any other."""
    if not set(said) <= {"title", "count", "at_least"}:
        return None
    count = said.get("count")
    count = {"kind": count} if isinstance(count, str) else count
    if not isinstance(count, dict) or not set(count) <= {"kind", "part", "only"}:
        return None
    number = number_of(said.get("at_least"))
    only = count.get("only", {})
    plain = not any(isinstance(count.get(key), dict | list) for key in ("kind", "part"))
    if not plain or not isinstance(only, dict) or len(only) > 1 or not isinstance(number, int):
        return None
    name, value = next(iter(only.items())) if only else ("", "")
    if isinstance(value, dict | list):
        return None
    return Item(
        text_of(said.get("title")), text_of(count.get("kind")), text_of(count.get("part")),
        f"{name}={text_of(value)}" if only else "", str(number),
    )  # fmt: skip


def _read_steps(slots: Further, left: Raw) -> None:
    said = left.get("escalate")
    if not isinstance(said, list) or not said:
        return
    steps = []
    for one in said:
        days = days_from_due(one.get("at")) if isinstance(one, dict) and set(one) <= {"at", "to"} else None
        if days is None:
            return
        steps.append(Step(str(days), text_of(one.get("to"))))
    slots.steps = steps
    del left["escalate"]


def _read_arrivals(slots: Further, left: Raw) -> None:
    said = left.get("arrivals")
    if said in ("full", PRORATE):
        slots.arrivals = PRORATE if said == PRORATE else ""
        del left["arrivals"]
    elif isinstance(said, dict) and list(said) == [FROM]:
        slots.arrivals, slots.arrivals_days = FROM, text_of(said[FROM]).rstrip("d")
        del left["arrivals"]


def further(slots: Further, typed: Callable[[str], Any], exempt: Any) -> Raw:
    """Everything of these slots as a pack writes it. exempt: the condition, written."""
    found: Raw = {}
    if slots.title_en:
        found["title_en"] = slots.title_en
    if items := [_written(item, typed) for item in slots.items if item.title or item.kind]:
        found[slots.listed or ALL_OF] = items
    if steps := [{"at": _at(step.days), "to": step.to} for step in slots.steps if step.to]:
        found["escalate"] = steps
    if slots.blocks:
        found["blocks"] = f"appoint({slots.blocks})"
    if slots.tightens:
        found["tightens"] = slots.tightens[0] if len(slots.tightens) == 1 else list(slots.tightens)
    if exempt is not None:
        found["exempt"] = exempt
    if slots.arrivals == PRORATE:
        found["arrivals"] = PRORATE
    elif slots.arrivals == FROM:
        found["arrivals"] = {FROM: f"{slots.arrivals_days}d"}
    if slots.jointly:
        found["jointly"] = "total"
    if slots.once_only:
        found["counts_for"] = "one"
    if slots.make_up:
        found["makes_up"] = "allowed"
    return found


def _written(item: Item, typed: Callable[[str], Any]) -> Raw:
    if item.raw is not None:
        return item.raw | ({"title": item.title} if item.title else {})
    count: Raw = {"kind": item.kind}
    if item.part:
        count["part"] = item.part
    name, equals, value = item.only.partition("=")
    if equals:
        count["only"] = {name: typed(value)}
    said: Raw = {"title": item.title} if item.title else {}
    return said | {"count": count, "at_least": typed(item.number or "1")}


def _at(days: str) -> str:
    """How the language says a number of days from the due day; what is no number stays and is refused with a sentence."""
    number = number_of(days or "0")
    if not isinstance(number, int):
        return days
    return "due" if number == 0 else f"{number:+d}d"

"""Spelling of exclusivity: `counts_for`, `not_with` and `makes_up`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .located import LMap
from .reading import Context, text_of, texts
from .tree import Checklist, Demand, SubjectKind

OWN = ("within", "before", "between_events")
MEASURES = ("times", "sum")


def read_sharing(mapping: LMap, subject: SubjectKind, context: Context) -> dict[str, Any]:
    """The fields of an obligation that say which entries it shares, and whether missed work may be made up."""
    said = text_of(mapping.get("counts_for") or "many")
    if said not in ("many", "one"):
        context.error(mapping.at("counts_for"), "counts-for", "“counts_for”只能写 many 或 one。")
    not_with = texts(mapping.get("not_with"))
    if said == "one" or not_with:
        _check_shared(mapping, "counts_for" if said == "one" else "not_with", subject, context)
    return {
        "counts_once": said == "one",
        "not_with": not_with,
        "makes_up": _makes_up(mapping, subject, context),
    }


def _check_shared(mapping: LMap, key: str, subject: SubjectKind, context: Context) -> None:
    """Only times and sums with a minimum can be shared out."""
    measure = mapping.get("measure")
    name = next(iter(measure), "") if isinstance(measure, LMap) else text_of(measure) or "times"
    with_minimum = "at_least" in mapping or "exactly" in mapping or "between" in mapping
    if (
        name not in MEASURES
        or not with_minimum
        or "all_of" in mapping
        or "any_of" in mapping
        or subject.is_activity
    ):
        context.error(
            mapping.at(key),
            "counts-for",
            f"“{key}”只用于按次数或合计、有下限的要求，不用于清单和针对每次活动的要求。请改写或删去这一项。",
        )


def _makes_up(mapping: LMap, subject: SubjectKind, context: Context) -> bool:
    if "makes_up" not in mapping:
        return False
    window = mapping.get("window")
    own = isinstance(window, LMap) and any(key in window for key in OWN)
    own = own or window in ("standing", "once") or (isinstance(window, LMap) and "rolling" in window)
    if text_of(mapping["makes_up"]) != "allowed" or own or subject.is_activity:
        context.error(
            mapping.at("makes_up"),
            "makes-up",
            "“makes_up”只能写 allowed，只用于校历上的时间范围（学期、月、周等）。请改写或删去这一项。",
        )
        return False
    return True


def with_make_up(demand: Demand | None, mapping: LMap) -> Demand | None:
    """The demand, whose counts look at the window that an entry names, where missed work may be made up."""
    if demand is None or "makes_up" not in mapping:
        return demand
    if isinstance(demand, Checklist):
        items = tuple(replace(item, count=replace(item.count, makes_up=True)) for item in demand.items)
        return replace(demand, items=items)
    return replace(demand, count=replace(demand.count, makes_up=True))

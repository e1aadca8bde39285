"""`escalate: [{at: -14d, to: bearer}, {at: due, to: branch_secretary}, {at: +7d, to: secretary}]` → Escalations."""

from __future__ import annotations

import re
from typing import Any

from .located import LMap
from .reading import Context, text_of
from .tree import Escalation

BEARER = "bearer"
MOST_DAYS = 366
_AT = re.compile(r"^([+-]?)(\d+)\s*d$")


def read_escalation(mapping: LMap, context: Context) -> tuple[Escalation, ...]:
    """The steps in order of days; each step once."""
    said = mapping.get("escalate")
    if said is None:
        return ()
    if not isinstance(said, list) or not said:
        context.error(
            mapping.at("escalate"),
            "escalate",
            "“escalate”要写成列表，例如 [{at: due, to: bearer}, {at: +7d, to: secretary}]。",
        )
        return ()
    steps = [_step(one, mapping, context) for one in said]
    return tuple(sorted({step for step in steps if step is not None}, key=lambda s: (s.days, s.to)))


def _step(value: Any, mapping: LMap, context: Context) -> Escalation | None:
    if not isinstance(value, LMap):
        context.error(
            mapping.at("escalate"), "escalate", "“escalate”的每一步要写成 {at: +7d, to: secretary}。"
        )
        return None
    context.unknown_keys(value, ("at", "to"), "“escalate”")
    days = days_from_due(value.get("at"))
    if days is None:
        context.error(
            value.at("at"),
            "escalate",
            f"“at”要写 due，或者到期前后的天数（至多 {MOST_DAYS}d），例如 -14d、+7d。",
        )
    to = text_of(value.get("to"))
    if to != BEARER and to not in context.names.posts:
        context.error(
            value.at("to"),
            "unknown-post",
            f"没有“{to}”这个岗位。请写 bearer（承担人），或在“posts”里声明这个岗位。",
        )
        return None
    return None if days is None else Escalation(days, to)


def days_from_due(value: Any) -> int | None:
    """-14 from "-14d", 0 from "due", 7 from "+7d" or "7d"; None if it is none of these."""
    said = text_of(value)
    if said == "due":
        return 0
    found = _AT.match(said)
    days = int(found[2]) if found else MOST_DAYS + 1
    if days > MOST_DAYS:
        return None
    return -days if found and found[1] == "-" else days

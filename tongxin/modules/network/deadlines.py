"""Until when a report is due where, as the rules say that hold at this place.

The rules are data: those of the school's programmes whose windows run from the event; where none is in force, those of
the national base that the product ships, by the school's region.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tongxin.kernel.base.models import Attribute, School
from tongxin.kernel.programmes.packs import offered, parse
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.cadence.applying import concerns
from tongxin.methods.cadence.counting import QualifierIs
from tongxin.methods.cadence.occasions import EVENT, Within
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reads import nodes_of
from tongxin.methods.cadence.tree import Obligation

BASE = "national-base"
HOURS = {"hour": 1, "day": 24, "school_day": 24}
WRITTEN = "written"


@dataclass(frozen=True)
class Deadline:
    """One rule's deadline. mode: "written" where only a written report counts."""

    title: str
    source: str
    due: datetime
    mode: str = ""


def deadlines(school: School, event: str, known_at: datetime, day: date) -> list[Deadline]:
    """Return what is due after an event that was known at an instant, the nearest first."""
    known = _facts(school)
    packs = [pack for _programme, pack in school_packs(school, day)]
    found = list(_from(packs, event, known_at, known))
    if not found:
        found = list(_from([parse(offered()[BASE].text)], event, known_at, known))
    return sorted(set(found), key=lambda one: (one.due, one.title))


def _facts(school: School) -> dict[str, str]:
    """Return what is on file about the school itself; a place nobody named is no place that has rules of its own."""
    rows = Attribute.objects.current().filter(school=school, subject__type="school")
    return {"region": "other", "institution": "school"} | dict(rows.values_list("name", "value"))


def _from(packs: Iterable[Pack], event: str, known_at: datetime, known: dict[str, str]) -> Iterator[Deadline]:
    for pack in packs:
        for rule in pack.obligations:
            hours = _hours(rule, event)
            if hours is not None and concerns(rule, known):
                source = f"{rule.source.document} {rule.source.at}".strip()
                yield Deadline(rule.title, source, known_at + timedelta(hours=hours), _mode(rule))


def _hours(rule: Obligation, event: str) -> int | None:
    """Return within how many hours of an event a rule wants something, None where it is about something else."""
    for node in nodes_of(rule.periods):
        if isinstance(node, Within) and node.unit in HOURS:
            for happening in node.happenings():
                if (happening.source, happening.event) == (EVENT, event):
                    return node.n * HOURS[node.unit]
    return None


def _mode(rule: Obligation) -> str:
    """Return "written" where only what is written counts."""
    tests = [node for node in nodes_of(rule.demand) if isinstance(node, QualifierIs)]
    return WRITTEN if any(test.qualifier == "mode" and WRITTEN in test.values for test in tests) else ""

"""What the network enters in the ledger, so that rules count it: that something was done, by which class, and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from tongxin.kernel.base.models import Account, School
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.ledger.services import Draft, Refused, record_activity
from tongxin.kernel.programmes.queries import kinds

MOOD, LOOK, REPORT, SUMMARY = "class_mood", "class_observation", "network_report", "network_summary"
TASK, TASK_DONE = "network_task", "network_task_done"
ROSTER = "network_roster"
HARM, ACCIDENT = "mandatory_report", "incident_report"
SOURCE = "network"


def enter(
    school: School,
    kind: str,
    day: date,
    parts: Mapping[str, Sequence[int]],
    token: str,
    *,
    by: Account | None = None,
    at: datetime | None = None,
    qualifiers: Mapping[str, str] | None = None,
    about: Entry | None = None,
    about_event: int | None = None,
) -> Entry | None:
    """Enter an activity of a kind where a programme in force declares it; None where none does.

    Parts and qualifiers that the school's own kind does not know are left out. A kind that asks for more than the network knows is
    left to people to enter by hand.
    """
    declared = kinds(school, day).get(kind)
    if declared is None:
        return None
    known = {part.name for part in declared.parts}
    named = {qualifier.name for qualifier in declared.qualifiers}
    draft = Draft(
        day=day,
        at=at,
        parts={part: ids for part, ids in parts.items() if part in known and ids},
        qualifiers={name: word for name, word in (qualifiers or {}).items() if name in named},
        token=f"{SOURCE}:{token}"[:64],
        source=SOURCE,
        about=about.pk if about else None,
        about_event=about_event,
    )
    try:
        return record_activity(school, declared, draft, by=by, today=day)
    except Refused:
        return None

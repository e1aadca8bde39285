"""What this room enters in the ledger by itself, where a programme in force declares the kind and knows the parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.ledger.services import Draft, Refused, record_activity
from tongxin.kernel.programmes.queries import kinds

SOURCE = "pairs"


def enter(
    viewer: Viewer,
    name: str,
    day: date,
    parts: Mapping[str, Sequence[int]],
    token: str,
    *,
    words: Mapping[str, str] | None = None,
    amounts: Mapping[str, int] | None = None,
    about: int | None = None,
) -> Entry | None:
    """Enter an activity; None where no programme declares it or it asks for more than is known here.

    words: {qualifier: code}; amounts: {amount: hundredths}; about: the entry it answers. What the kind does not know is
    left out.
    """
    school = viewer.school
    declared = kinds(school, viewer.day).get(name) if school else None
    if school is None or declared is None:
        return None
    draft = Draft(
        day=day,
        parts={part: ids for part, ids in parts.items() if declared.part(part)},
        qualifiers={key: code for key, code in (words or {}).items() if declared.qualifier(key)},
        amounts={key: number for key, number in (amounts or {}).items() if declared.amount(key)},
        token=f"{SOURCE}:{token}"[:64],
        source=SOURCE,
        about=about,
    )
    try:
        return record_activity(school, declared, draft, by=viewer.account, today=viewer.day)
    except Refused:
        return None

"""Notices of the room, on their readers' pages and out of the house. They name no child and say nothing of the mind."""

from __future__ import annotations

from collections.abc import Iterable

from tongxin.kernel.obligations import outbox

from ..models import Case


def tell(key: str, case: Case, people: Iterable[int], topic: str) -> int:
    """Put a notice about a case before some people, each once for a key; return how many are new."""
    new = 0
    for person in dict.fromkeys(people):
        _message, fresh = outbox.put(
            f"{key}:{person}",
            school_id=case.school_id,
            recipient_id=person,
            topic=topic,
            data={"case": case.pk},
        )
        new += fresh
    return new

"""Who works on cases: keepers, leaders in charge, and who may do what to one case."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet

from tongxin.kernel.access import policy
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject

from ..models import Case

LEADER = "care_leader"
# Who is told where a school has nobody in charge yet.
STAND_INS = (LEADER, "deputy_secretary", "secretary")


def posts_with(verb: str) -> list[str]:
    return [post for post in policy.POSTS if verb in policy.table()["do"].get(post, ())]


def holders(school_id: int, posts: Iterable[str], day: date) -> QuerySet[Subject]:
    """Return who of a school holds any of some posts on a day and is there."""
    held = Link.objects.filter(
        school_id=school_id,
        kind__in=list(posts),
        superseded_at=FOREVER,
        valid_from__lte=day,
        valid_to__gte=day,
    )
    return Subject.objects.filter(
        school_id=school_id,
        type="staff",
        present_from__lte=day,
        present_to__gte=day,
        pk__in=held.values("a_id"),
    ).order_by("pinyin", "pk")


def keepers(school_id: int, day: date) -> QuerySet[Subject]:
    """Return who may keep a case: counsellors and leaders in charge with an account."""
    return holders(school_id, posts_with("cases"), day).filter(person__account__is_active=True)


def leaders(school_id: int, day: date) -> list[int]:
    """Return whom to tell what a keeper does not answer: the leaders in charge, else the deputies, else the secretary."""
    for post in STAND_INS:
        found = list(holders(school_id, [post], day).values_list("pk", flat=True))
        if found:
            return found
    return []


def is_one_of(viewer: Viewer, case: Case, who: Iterable[str]) -> bool:
    """Say whether a viewer is one of those a scheme names: owner, counsellor, leader."""
    held = {
        "owner": viewer.person_id == case.owner_id,
        "counsellor": "counsellor" in viewer.roles,
        "leader": LEADER in viewer.roles,
    }
    return viewer.may("cases") and viewer.school_id == case.school_id and any(held[one] for one in who)

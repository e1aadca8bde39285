"""Grants and break-glass: somebody reads what their role does not reach, for one child, for a time, on record.

A grant is asked for with a reason, approved by another person and ends by itself. Break-glass opens at once; then a named
post owes a review with a deadline. Which role may ask for which class is data (policy.yaml, `ask`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject

from . import policy, terms
from .models import Opening
from .rules import sealed_away
from .viewer import Viewer

SHORTEST_REASON = 6
REVIEWED_BY = ("secretary", "deputy_secretary", "care_leader")


class Refused(ValueError):
    """It cannot be done; the sentence says what to do."""


# ------------------------------------------------------------------ what may be asked for


def askable(viewer: Viewer, student: Subject) -> dict[str, str]:
    """Return {class: how} of what somebody may ask for about a child of their school."""
    if viewer.school_id is None or student.school_id != viewer.school_id or student.type != "student":
        return {}
    if student.pk in (viewer.person_id, *viewer.children):
        return {}
    table = policy.table()
    found: dict[str, str] = {}
    for role in sorted(viewer.roles):
        for data_class, how in table["ask"].get(role, {}).items():
            # Where two roles differ, the way that is open at once is the wider one.
            found[data_class] = (
                policy.BREAK_GLASS if policy.BREAK_GLASS in (how, found.get(data_class)) else how
            )
    if sealed_away(student.present_to, viewer.day, terms.limit(viewer.school_id, "kept_open_days")):
        for role in viewer.roles:
            for data_class, reach in table["sealed"].get(role, {}).items():
                if reach == "school":
                    found.setdefault(data_class, policy.GRANT)
    return {name: found[name] for name in policy.CLASSES if name in found}


# ------------------------------------------------------------------ asking, deciding, ending, reviewing


def most_hours(viewer: Viewer, kind: str) -> int:
    """Return how many hours an opening may last at the viewer's school."""
    if kind == policy.BREAK_GLASS:
        return terms.limit(viewer.school_id, "glass_hours")
    return terms.limit(viewer.school_id, "grant_days") * 24


@transaction.atomic
def ask(
    viewer: Viewer,
    student: Subject,
    classes: Iterable[str],
    reason: str,
    *,
    hours: int,
    kind: str = policy.GRANT,
) -> Opening:
    """Ask for a grant, or break the glass. hours: how long it is to stay open once it is.

    Raises Refused with a sentence.
    """
    may, wanted = askable(viewer, student), [name for name in policy.CLASSES if name in set(classes)]
    if not wanted:
        raise Refused(_("请选要看哪些内容。"))
    if any(may.get(name) is None or (kind == policy.BREAK_GLASS and may[name] != kind) for name in wanted):
        raise Refused(_("这些内容您的岗位不能这样申请。请请心理教师或书记处理。"))
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise Refused(_("请写清为什么要看：出了什么事、看了要做什么。"))
    most = most_hours(viewer, kind)
    if not 1 <= hours <= most:
        raise Refused(_("最多开%(n)d小时，请改短一些。") % {"n": most})
    now = timezone.now()
    open_ = kind == policy.BREAK_GLASS
    assert viewer.account is not None
    assert viewer.person is not None
    made = Opening.objects.create(
        school_id=viewer.school_id, kind=kind, student=student, person=viewer.person.subject,
        account=viewer.account, classes=wanted, day=viewer.day, hours=hours, reason=reason, asked_at=now,
        state=Opening.State.OPEN if open_ else Opening.State.WAITING,
        decided_at=now if open_ else None,
        until=now + timedelta(hours=hours) if open_ else None,
        review_due=now + timedelta(days=terms.limit(viewer.school_id, "review_days")) if open_ else None,
    )  # fmt: skip
    action = "access.glass_broken" if open_ else "access.grant_asked"
    audit.write_each(
        viewer, action, [_about(made, student.pk, classes=wanted, hours=hours)], school_id=made.school_id
    )
    return made


@transaction.atomic
def decide(viewer: Viewer, opening: Opening, *, approve: bool, words: str = "") -> Opening:
    """Approve or refuse what somebody else asked for. Raises Refused."""
    opening = _locked(opening)
    _other_person(viewer, opening)
    if opening.kind != policy.GRANT or opening.state != Opening.State.WAITING:
        raise Refused(_("这份申请已经有结果了。"))
    if not approve and not words.strip():
        raise Refused(_("不批准，请写一句为什么。"))
    now = timezone.now()
    opening.state = Opening.State.OPEN if approve else Opening.State.REFUSED
    opening.decided_by, opening.decided_at, opening.decision = viewer.account, now, words.strip()
    opening.until = now + timedelta(hours=opening.hours) if approve else None
    opening.save()
    action = "access.grant_approved" if approve else "access.grant_refused"
    audit.write_each(viewer, action, [_about(opening, opening.student_id)], school_id=opening.school_id)
    return opening


@transaction.atomic
def end(viewer: Viewer, opening: Opening) -> Opening:
    """End an opening before its time, or take an asked-for one back: by its reader, or whoever watches over them."""
    opening = _locked(opening)
    if opening.state not in (Opening.State.OPEN, Opening.State.WAITING):
        raise Refused(_("它已经结束了。"))
    if viewer.account_id != opening.account_id and not (
        viewer.may("grants_watch") or viewer.may("grants_decide")
    ):
        raise Refused(_("只有申请的人、能批准的人和安全管理员可以结束。"))
    opening.state, opening.ended_at = Opening.State.ENDED, timezone.now()
    opening.save()
    audit.write_each(
        viewer, "access.opening_ended", [_about(opening, opening.student_id)], school_id=opening.school_id
    )
    return opening


@transaction.atomic
def review(viewer: Viewer, opening: Opening, *, proper: bool, words: str) -> Opening:
    """Say of somebody else's break-glass whether it was proper. An improper one that is still open ends."""
    opening = _locked(opening)
    _other_person(viewer, opening)
    if opening.kind != policy.BREAK_GLASS or opening.reviewed_at is not None:
        raise Refused(_("这一次已经复核过了。"))
    if not words.strip():
        raise Refused(_("请写复核意见：看了什么、是不是必要、还要做什么。"))
    now = timezone.now()
    opening.reviewed_by, opening.reviewed_at, opening.proper, opening.review = (
        viewer.account,
        now,
        proper,
        words.strip(),
    )
    if not proper and opening.state == Opening.State.OPEN:
        opening.state, opening.ended_at = Opening.State.ENDED, now
    opening.save()
    about = _about(opening, opening.student_id, proper=proper)
    audit.write_each(viewer, "access.glass_reviewed", [about], school_id=opening.school_id)
    return opening


def _locked(opening: Opening) -> Opening:
    return Opening.objects.select_for_update().get(pk=opening.pk)


def _other_person(viewer: Viewer, opening: Opening) -> None:
    if not viewer.may("grants_decide") or viewer.school_id != opening.school_id:
        raise Refused(_("请由书记、副书记或心理教师处理。"))
    if viewer.account_id == opening.account_id or viewer.person_id == opening.person_id:
        raise Refused(_("自己申请的要由另一个人处理。"))


def _about(opening: Opening, student: int, **more) -> tuple[str, str, dict]:
    """The audit row stands under the child, so that whoever asks who looked at it finds it."""
    return ("subject", str(student), {"opening": opening.pk, "kind": opening.kind, **more})


# ------------------------------------------------------------------ what is open and what is owed


def open_at(now: datetime) -> Q:
    return Q(state=Opening.State.OPEN, decided_at__lte=now, until__gt=now, ended_at=None)


def open_now(viewer: Viewer, data_class: str, subjects: set[int]) -> dict[int, int]:
    """Return {subject: opening} of those that a grant or break-glass opens for this viewer at this moment.

    The asker must still hold a post that may ask for the class: rights end with the post.
    """
    if viewer.account_id is None or viewer.school_id is None:
        return {}
    rows = Opening.objects.filter(
        open_at(timezone.now()),
        account_id=viewer.account_id,
        school_id=viewer.school_id,
        student__in=subjects,
    )
    return {
        row.student_id: row.pk
        for row in rows.select_related("student").order_by("pk")
        if data_class in row.classes and data_class in askable(viewer, row.student)
    }


def visible(viewer: Viewer) -> QuerySet[Opening]:
    """Return the openings somebody may know of: their own; those who decide, and who watch over them, all of the school."""
    rows = Opening.objects.filter(school_id=viewer.school_id)
    if viewer.may("grants_decide") or viewer.may("grants_watch"):
        return rows
    return rows.filter(account_id=viewer.account_id) if viewer.account_id else rows.none()


def to_decide(viewer: Viewer) -> QuerySet[Opening]:
    rows = Opening.objects.filter(school_id=viewer.school_id, state=Opening.State.WAITING)
    rows = rows.exclude(account_id=viewer.account_id)
    return rows if viewer.may("grants_decide") else rows.none()


def to_review(viewer: Viewer) -> QuerySet[Opening]:
    """Return the break-glass that waits for this viewer's review: the leaders' first; when the review
    is overdue everybody who may decide sees it, and the security admin that it is overdue."""
    rows = Opening.objects.filter(school_id=viewer.school_id, kind=policy.BREAK_GLASS, reviewed_at=None)
    rows = rows.exclude(account_id=viewer.account_id)
    if viewer.roles & set(REVIEWED_BY):
        return rows
    if viewer.may("grants_decide") or viewer.may("grants_watch"):
        return rows.filter(review_due__lt=timezone.now())
    return rows.none()

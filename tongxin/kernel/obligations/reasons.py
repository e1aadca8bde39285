"""Say why something asked in principle was not done: those who answer for it, in their own words; the verdict stays.

As long as a reason stands, nobody is reminded of the gap or told of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.holdings import Erased, Holding, Reader, Section, register
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.facts import LinkReplaced
from tongxin.kernel.base.fields import FOREVER, SupersedingQuerySet
from tongxin.kernel.base.models import Account, Subject
from tongxin.kernel.programmes.models import Programme
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import Obligation

from .models import StatedReason
from .pairs import CHILDREN, Activity, Inside, Named, Pair
from .reminders import close_stated
from .stated import IN_PRINCIPLE, verdict_subject

MOST_LETTERS = 300


class CannotState(ValueError):
    """The reason is refused; the sentence says why."""


def may_state(viewer: Viewer, rule: Obligation, verdict: Verdict) -> bool:
    """Say whether somebody answers for what is asked in principle and is not done."""
    if rule.source.modality != IN_PRINCIPLE or verdict.verdict not in ("open", "missed"):
        return False
    me = str(viewer.person_id)
    return viewer.person_id is not None and (me in verdict.bearer or me == verdict.subject)


@transaction.atomic
def state(
    programme: Programme, rule: Obligation, subject: Named, verdict: Verdict, reason: str, *, by: Viewer
) -> StatedReason:
    """Keep a reason in the place of the one before; nobody is reminded of the gap any more. Raises CannotState."""
    if isinstance(subject, Activity) or not may_state(by, rule, verdict):
        raise CannotState(_("这一项不由您负责，或者不用说明。"))
    if not reason.strip():
        raise CannotState(_("请写明没有做到的原因。"))
    pair = subject.link if isinstance(subject, Pair) else None
    end = pair.b if pair is not None else subject
    now = timezone.now()
    _standing(programme, rule, subject, verdict).update(superseded_at=now)
    stated = StatedReason.objects.create(
        school_id=programme.school_id, programme=programme, obligation=rule.id, subject=end, link=pair,
        first=verdict.first, reason=reason.strip()[:MOST_LETTERS], stated_by=by.account, recorded_at=now,
    )  # fmt: skip
    audit.write(by, "obligations.reason_stated", stated, obligation=rule.id)
    close_stated(programme, rule, verdict, by.day)
    return stated


def _standing(
    programme: Programme, rule: Obligation, subject: Subject | Pair, verdict: Verdict
) -> SupersedingQuerySet:
    pair = subject.link if isinstance(subject, Pair) else None
    end = pair.b if pair is not None else subject
    return StatedReason.objects.current().filter(
        programme=programme, obligation=rule.id, subject=end, link=pair, first=verdict.first
    )


@transaction.atomic
def withdraw(programme: Programme, rule: Obligation, subject: Named, verdict: Verdict, *, by: Viewer) -> None:
    """Take a reason back, whoever of those who answer for it stated it: people are reminded again. Raises CannotState."""
    if isinstance(subject, Activity) or not may_state(by, rule, verdict):
        raise CannotState(_("这一项不由您负责，或者不用说明。"))
    standing = list(_standing(programme, rule, subject, verdict))
    if not standing:
        raise CannotState(_("这里没有原因可以撤回。"))
    StatedReason.objects.filter(pk__in=[one.pk for one in standing]).update(superseded_at=timezone.now())
    audit.write(by, "obligations.reason_withdrawn", standing[0], obligation=rule.id)


def told(
    viewer: Viewer, programme: Programme, obligation: str, firsts: Iterable[date]
) -> dict[tuple[str, date], StatedReason]:
    """Return the reasons of one obligation that somebody may read, by the subject of their verdict and the window's first day.

    Whoever sees that a child's row is open need not read why: the words are free, and say what families tell.
    """
    rows = StatedReason.objects.current().filter(
        programme=programme, obligation=obligation, first__in=set(firsts)
    )
    inside = Inside(viewer)
    return {
        (verdict_subject(row), row.first): row
        for row in rows.select_related("subject", "link__a", "link__b")
        if _readable(viewer, inside, row)
    }


def _readable(viewer: Viewer, inside: Inside, row: StatedReason) -> bool:
    """Not about a child; or by whoever wrote it, or within their reach of what is told of children (K3)."""
    ends = (row.link.a, row.link.b) if row.link else (row.subject,)
    if not any(one.type in CHILDREN for one in ends):
        return True
    wrote_it = viewer.account is not None and row.stated_by_id == viewer.account.pk
    return wrote_it or inside("K3", verdict_subject(row))


@transaction.atomic
def follow_link(fact: LinkReplaced) -> None:
    """Let the reasons about a pair stay with the row in the place of its old one."""
    StatedReason.objects.current().filter(link_id=fact.old_id).update(link_id=fact.new_id)


# what the register tells of a person, and what it lets go


def _about(subject: Subject) -> Iterator[StatedReason]:
    yield from StatedReason.objects.filter(subject=subject).order_by("first", "pk")


def _tell(_reader: Reader, subject: Subject) -> list[Section]:
    rows = [(one.first.isoformat(), one.reason) for one in _about(subject) if one.superseded_at == FOREVER]
    return [Section(_("要求没有做到的原因"), (_("时段开始"), _("原因")), rows)] if rows else []


def _count(ids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for pk in StatedReason.objects.filter(subject__in=ids).values_list("subject", flat=True):
        found[pk] = found.get(pk, 0) + 1
    return found


def _erase(subject: Subject, by: Account | None) -> Erased:
    gone, _tables = StatedReason.objects.filter(subject=subject).delete()
    return Erased(gone)


def register_all() -> None:
    register(
        Holding("obligations.reasons", gettext_lazy("要求没有做到的原因"), "K3", _tell, _count, _erase,
                types=("student", "guardian", "staff"), order=31)
    )  # fmt: skip

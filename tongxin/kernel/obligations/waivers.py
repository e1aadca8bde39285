"""Excuse somebody from an obligation: only the post the rule names, with a reason and an end, on record in the audit."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.facts import LinkReplaced
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.programmes.models import Programme
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.tree import Obligation

from .engine import posts_of
from .models import Waiver
from .pairs import Activity, Named, Pair, fits


class CannotWaive(ValueError):
    """The waiver is refused; the sentence says why."""


def may_waive(viewer: Viewer, pack: Pack, rule: Obligation, subject: Named) -> bool:
    """Say whether somebody holds the post that a rule names for excusing a subject or a pair; nobody excuses
    themselves, nor a pair they are in. An activity is not excused: it was held as it was."""
    if rule.waiver is None or viewer.person_id is None or not fits(rule, subject):
        return False
    if isinstance(subject, Activity):
        return False
    own = {end.pk for end in subject.ends} if isinstance(subject, Pair) else {subject.pk}
    if viewer.person_id in own or viewer.school_id != subject.school_id:
        return False
    holders = posts_of(subject.school_id, pack).holders_of(rule.waiver.by, str(subject.pk), viewer.day)
    return str(viewer.person_id) in holders


def last_day_allowed(rule: Obligation, first: date) -> date | None:
    """Return the last day a waiver from a day on may reach; None = its own last day decides."""
    if rule.waiver is None or not rule.waiver.expires_days:
        return None
    return first + timedelta(days=rule.waiver.expires_days)


@transaction.atomic
def grant(
    programme: Programme,
    pack: Pack,
    rule: Obligation,
    subject: Named,
    *,
    reason: str,
    first: date,
    last: date,
    by: Viewer,
) -> Waiver:
    """Excuse a subject from a rule from one day to another. Raises CannotWaive."""
    if isinstance(subject, Activity) or not may_waive(by, pack, rule, subject):
        raise CannotWaive(_("这一项不由您批准豁免，也不能给自己豁免。"))
    if not reason.strip():
        raise CannotWaive(_("请写明豁免的理由。"))
    if last < first:
        raise CannotWaive(_("结束日期早于开始日期，请改正其中一个。"))
    allowed = last_day_allowed(rule, first)
    if allowed is not None and last > allowed:
        raise CannotWaive(_("豁免最晚到%(day)s，请改早一些。") % {"day": allowed.isoformat()})
    waiver = Waiver.objects.create(
        school_id=programme.school_id,
        programme=programme,
        obligation=rule.id,
        subject=subject.link.b if isinstance(subject, Pair) else subject,
        link=subject.link if isinstance(subject, Pair) else None,
        reason=reason.strip()[:200],
        approved_by=by.account,
        valid_from=first,
        valid_to=last,
    )
    audit.write(by, "obligations.waived", waiver, obligation=rule.id, until=last.isoformat())
    return waiver


@transaction.atomic
def take_back(waiver: Waiver, *, by: Viewer) -> None:
    """End a waiver as if it had not been given; what was judged with it stays readable at its time."""
    ended = Waiver.objects.filter(pk=waiver.pk, superseded_at=FOREVER).update(superseded_at=timezone.now())
    if ended:
        audit.write(by, "obligations.waiver_taken_back", waiver, obligation=waiver.obligation)


@transaction.atomic
def follow_link(fact: LinkReplaced) -> None:
    """Let the waivers of a pair hold for the row in the place of its old one: the two are still excused."""
    now = timezone.now()
    for waiver in Waiver.objects.current().filter(link_id=fact.old_id).order_by("pk"):
        Waiver.objects.filter(pk=waiver.pk).update(superseded_at=now)
        waiver.pk, waiver.link_id, waiver.recorded_at = None, fact.new_id, now
        waiver._state.adding = True
        waiver.save(force_insert=True)


def waivers_of(programme: Programme, obligation: str, subject: Named) -> QuerySet[Waiver]:
    """Return the live waivers of a subject or a pair, newest first."""
    if isinstance(subject, Activity):
        return Waiver.objects.none()
    rows = Waiver.objects.current().filter(programme=programme, obligation=obligation)
    pair = subject.link if isinstance(subject, Pair) else None
    rows = rows.filter(link=pair) if pair else rows.filter(link=None, subject=subject)
    return rows.select_related("approved_by").order_by("-valid_from", "-pk")

"""Consequences of a rule, read by people: whom one concerns now, and what somebody decided of it. Nothing happens by itself.

A verdict says only that something is missed. That a rating, an appraisal or points follow from it is decided by a
person, who confirms or waives it with a reason; the decision is on record and may be changed by a later one. Only staff
and units of the school are listed: a child is never labelled by what a programme says of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.holdings import Erased, Holding, Reader, Section, register
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Account, School, Subject
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.queries import active_programmes, with_text
from tongxin.methods.cadence.effects import Points
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import Obligation

from . import queries
from .models import ConsequenceDecision
from .pairs import Named, named
from .queries import Asked, ask

# Whom a consequence may concern: staff and units, never a child, a family or a class of children.
CONCERNED = ("staff", "member", "branch", "department", "school")
MOST_LETTERS = 300
CONFIRMED, WAIVED = ConsequenceDecision.Decision.CONFIRMED, ConsequenceDecision.Decision.WAIVED


class CannotDecide(ValueError):
    """The decision is refused; the sentence says why."""


def has_consequences(rule: Obligation) -> bool:
    """Say whether something follows when a rule is missed, for staff or a unit; what is encouraged has no consequence."""
    asked = rule.evaluable and rule.source.modality != "encouraged"
    return asked and bool(rule.consequences) and rule.subject.name in CONCERNED


def concerns(rule: Obligation, verdict: Verdict) -> bool:
    """Say whether the consequences of a rule concern somebody now: missed, and not made good late."""
    return has_consequences(rule) and verdict.verdict == "missed" and verdict.late_by is None


def points_of(rule: Obligation, verdict: Verdict) -> Fraction | None:
    """Return the points that would go with a missed window, None where the rule speaks of none."""
    said = [one for one in rule.consequences if isinstance(one, Points)]
    if not said:
        return None
    total = Fraction(0)
    for one in said:
        units = abs(Fraction(verdict.owed) - Fraction(verdict.done)) if one.per == "missing_unit" else 1
        if verdict.most is not None and verdict.done > verdict.most:
            units = Fraction(verdict.done) - Fraction(verdict.most) if one.per == "missing_unit" else 1
        points = Fraction(one.points) * units
        if one.floor is not None:
            end = Fraction(one.floor)
            points = max(points, end) if one.points < 0 else min(points, end)
        total += points
    return total


@dataclass(frozen=True)
class Concern:
    """Whom the consequences of a rule concern in one window, and what was decided of them last."""

    programme: Programme
    pack: Pack
    rule: Obligation
    verdict: Verdict
    subject: Named
    decision: ConsequenceDecision | None


def concerned(viewer: Viewer, school: School) -> list[Concern]:
    """Return whom consequences concern today, of those this viewer may name; undecided first, then by name."""
    found: list[Concern] = []
    for programme in with_text(active_programmes(school, viewer.day)).select_related("school"):
        found += _of_programme(viewer, ask(programme, viewer.day))
    found.sort(key=lambda one: (one.decision is not None, one.subject.pinyin, one.rule.id, one.verdict.first))
    return found


def _of_programme(viewer: Viewer, asked: Asked) -> list[Concern]:
    rules = {rule.id: rule for rule in asked.rules if has_consequences(rule)}
    if not rules:
        return []
    figured = queries.Figured(viewer)
    seen = {name: queries.sight(viewer, asked.pack, rule) for name, rule in rules.items()}
    missed = [v for v in asked.verdicts(set(rules)) if concerns(rules[v.obligation], v)]
    mine = [
        v for v in missed if not seen[v.obligation].nothing and figured.names(seen[v.obligation], v.subject)
    ]
    subjects = named(v.subject for v in mine)
    decided = decisions(asked.programme, rules)
    return [
        Concern(asked.programme, asked.pack, rules[v.obligation], v, subjects[v.subject],
                decided.get((v.obligation, v.subject, v.first)))
        for v in mine if v.subject in subjects
    ]  # fmt: skip


def decisions(
    programme: Programme, obligations: Iterable[str]
) -> dict[tuple[str, str, date], ConsequenceDecision]:
    """Return the decisions that stand, by obligation, subject (as a verdict names it) and first day of the window."""
    rows = ConsequenceDecision.objects.current().filter(programme=programme, obligation__in=list(obligations))
    return {
        (row.obligation, str(row.subject_id), row.first): row for row in rows.select_related("decided_by")
    }


def may_decide(viewer: Viewer, asked: Asked, rule: Obligation, verdict: Verdict, subject: Named) -> bool:
    """Say whether somebody who leads the programme, and may read the verdict, decides; nobody does of themselves."""
    if not isinstance(subject, Subject) or not concerns(rule, verdict):
        return False
    if subject.pk == viewer.person_id or viewer.school_id != subject.school_id:
        return False
    return viewer.may("programme_edit") and queries.may_read(viewer, asked.pack, rule, subject)


def may_know_why(viewer: Viewer, verdict: Verdict) -> bool:
    """Say whether somebody reads the reason of a decision: who decides of such, whom it concerns, and who bears the duty.

    The reason may touch on a child in spite of what the form asks, so it does not go to all who read that something was
    missed.
    """
    return viewer.may("programme_edit") or str(viewer.person_id) in (verdict.subject, *verdict.bearer)


@transaction.atomic
def decide(
    asked: Asked,
    rule: Obligation,
    subject: Named,
    verdict: Verdict,
    decision: str,
    reason: str,
    *,
    by: Viewer,
) -> ConsequenceDecision:
    """Keep what somebody decided, in the place of what was decided before. Raises CannotDecide."""
    if not isinstance(subject, Subject) or not may_decide(by, asked, rule, verdict, subject):
        raise CannotDecide(_("这一项不由您决定，或者现在没有后果可定。"))
    if decision not in ConsequenceDecision.Decision.values:
        raise CannotDecide(_("请选“确认后果”或“不追究”。"))
    if not reason.strip():
        raise CannotDecide(_("请写明为什么这样定。"))
    now = timezone.now()
    key = {"programme": asked.programme, "obligation": rule.id, "subject": subject, "first": verdict.first}
    ConsequenceDecision.objects.current().filter(**key).update(superseded_at=now)
    row = ConsequenceDecision.objects.create(
        **key, school_id=asked.programme.school_id, decision=decision, reason=reason.strip()[:MOST_LETTERS],
        decided_by=by.account, recorded_at=now,
    )  # fmt: skip
    audit.write(by, "obligations.consequence_decided", row, obligation=rule.id, decision=decision)
    return row


# what the register tells of a person, and what it lets go


def _about(subject: Subject) -> Iterator[ConsequenceDecision]:
    yield from ConsequenceDecision.objects.filter(subject=subject).order_by("first", "pk")


def _tell(_reader: Reader, subject: Subject) -> list[Section]:
    rows = [
        (one.first.isoformat(), one.get_decision_display(), one.reason)
        for one in _about(subject)
        if one.superseded_at == FOREVER
    ]
    heads = (_("时段开始"), _("决定"), _("理由"))
    return [Section(_("没做到的后果怎样定"), heads, rows)] if rows else []


def _count(ids: Sequence[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for pk in ConsequenceDecision.objects.filter(subject__in=ids).values_list("subject", flat=True):
        found[pk] = found.get(pk, 0) + 1
    return found


def _erase(subject: Subject, by: Account | None) -> Erased:
    gone, _tables = ConsequenceDecision.objects.filter(subject=subject).delete()
    return Erased(gone)


def register_all() -> None:
    register(
        Holding("obligations.consequences", gettext_lazy("没做到的后果怎样定"), "K3", _tell, _count, _erase,
                types=("staff",), order=32)
    )  # fmt: skip

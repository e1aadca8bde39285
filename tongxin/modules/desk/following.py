"""What would follow from a missed duty, and what was decided, as sentences for those it concerns and those who lead."""

from __future__ import annotations

from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.obligations.consequences import has_consequences, may_know_why, points_of
from tongxin.kernel.obligations.models import ConsequenceDecision
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import Obligation
from tongxin.methods.cadence.words import Speaker

from .numbers import language


def follows(pack: Pack, rule: Obligation, verdict: Verdict) -> str:
    """Say what the programme lets follow, and how many points that is in this window."""
    say = Speaker(pack, language())
    said = say("；", "; ").join(one.words(say) for one in rule.consequences)
    points = points_of(rule, verdict) if verdict.verdict == "missed" else None
    return (
        said
        if points is None
        else _("%(said)s（这一次%(points)s分）") % {"said": said, "points": say.number(points)}
    )


def gate_words(pack: Pack, rule: Obligation) -> str:
    """Say which step the same rule bars, "" where it bars none."""
    say = Speaker(pack, language())
    return say("；", "; ").join(gate.words(say) for gate in rule.blocks)


def decision_words(decision: ConsequenceDecision | None) -> str:
    return str(decision.get_decision_display()) if decision is not None else ""


def standing(viewer: Viewer, rule: Obligation, verdict: Verdict, decision: ConsequenceDecision | None) -> str:
    """Say where it stands: what would follow, or what somebody decided; "" where nothing follows."""
    if not has_consequences(rule) or verdict.verdict not in ("open", "missed") or verdict.late_by is not None:
        return ""
    if verdict.verdict == "open":
        return _("期限内做到就没有这个后果。")
    if decision is None:
        return _("现在还没有人定。由带方案的人核实以后决定，不会自动处理；有免除或补做的，先说明。")
    if not may_know_why(viewer, verdict):
        return decision_words(decision)
    if decision.decision == ConsequenceDecision.Decision.WAIVED:
        return _("已决定不追究：%(reason)s") % {"reason": decision.reason}
    return _("已确认这个后果：%(reason)s") % {"reason": decision.reason}

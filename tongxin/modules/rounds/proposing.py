"""The computer's proposal for a round, made in the background and kept with its reasons.

What is kept (Proposal.found), everybody named by their key in Participant:
    groups   [{"who": [key, …] in order of the seats, "score", "terms": {term: counts}, "fixed": bool}]
    left     [{"who", "missing", "reason", "way"}]          who has too few partners, why, the cheapest way out
    others   {key: [[key, score or loss, sentence], …]}     the best alternatives and why not
    value, bound, gap, missing, missing_proved, stopped, blocking (pairs that prefer each other, None when not looked at),
    short [sentence], change {"kept", "moved"} against the proposal before it
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.audit import services as audit
from tongxin.kernel.solving.models import SolverRun
from tongxin.kernel.solving.services import Keep, Refused, Ticker
from tongxin.methods.matching import explaining, pairing
from tongxin.methods.matching.folder import Round as MatcherRound
from tongxin.methods.matching.folder import RoundProblem, checked
from tongxin.methods.teams.proposing import propose_teams

from . import wording
from .gathering import Gathered
from .models import Proposal, Round, Step

RUN = "rounds"
# People × people beyond which nobody asks whether some would rather have each other: it is sorted person by person.
MOST_LOOKED_AT = 120_000


def about(round_: Round) -> str:
    """Return what a run of a round is called."""
    return f"round:{round_.pk}"


def solve(run: SolverRun, ticker: Ticker) -> Keep:
    """Compute a proposal; what is kept counts only if nobody changed the round meanwhile. Equal input, equal result."""
    round_ = Round.objects.select_related("school").get(pk=run.options["round"])
    version = round_.version
    gathered = Gathered(round_, date.fromordinal(run.options["day"]))
    found = found_for(gathered, run.seconds, ticker, least_change=bool(run.options.get("least_change")))

    def keep_it() -> None:
        keep(round_.pk, version, found, run)

    return keep_it


def found_for(gathered: Gathered, seconds: float, tick: Any, *, least_change: bool) -> dict[str, Any]:
    """Return what a proposal keeps. Raises Refused with a sentence for the organiser."""
    made = gathered.matcher_round(least_change=least_change)
    _refuse_empty(gathered)
    try:
        checked(made, gathered.scheme, [])
        if gathered.scheme.teams:
            return _teams(gathered, made, seconds, tick)
        return pairs_found(gathered, made, seconds, tick)
    except RoundProblem as problem:
        raise Refused(_said(problem.problems[0].sentence, gathered)) from problem
    except pairing.CannotPropose as error:
        raise Refused(_said(str(error), gathered)) from error


def _refuse_empty(gathered: Gathered) -> None:
    for seat in gathered.scheme.seats:
        if not gathered.seats[seat.id]:
            raise Refused(_("“%(seat)s”还没有人参加，没法排。请先加人。") % {"seat": seat.title})


def _said(sentence: str, gathered: Gathered) -> str:
    """Return a sentence of the matcher for people who know no files: names instead of keys and rows.

    The failure of a run is read by its organiser only; for sensitive rounds children stay without a name in it.
    """
    hidden = gathered.pairing.sensitive
    for one in gathered.people:
        title = "" if hidden and gathered.pairing.use.type_of(one.seat) == "student" else one.subject.name
        sentence = sentence.replace(f"“{one.pk}”", f"“{title}”" if title else _("一名学生"))
        sentence = sentence.replace(f"⟦{one.pk}⟧", title or _("一名学生"))
    return wording.plain(sentence)


def pairs_found(gathered: Gathered, made: MatcherRound, seconds: float, tick: Any) -> dict[str, Any]:
    """Return what a proposal of pairs keeps."""
    outcome = pairing.propose(gathered.scheme, made, seconds, tick)
    told = explaining.explain(outcome)
    rows, columns = outcome.table.scores.shape
    blocking = pairing.blocking(outcome) if rows * columns <= MOST_LOOKED_AT else None
    found = {
        "groups": [
            {"who": [int(pair.a), int(pair.b)], "score": pair.score, "terms": pair.terms, "fixed": pair.fixed}
            for pair in told.pairs
        ],
        "left": [
            {"who": int(one.id), "missing": one.missing, "reason": one.reason, "way": one.relaxation}
            for one in told.unmatched
        ],
        "others": {
            key: [[int(other.id), other.loss, other.why_not] for other in some]
            for key, some in told.alternatives.items()
        },
        "missing": outcome.missing,
        "missing_proved": outcome.missing_proved,
        "blocking": None if blocking is None else len(blocking),
        "short": [wording.plain(said).split("；没有着落")[0] + "。" for said in pairing.shortages(outcome)],
        "stopped": outcome.stopped,
    }
    return found | _worth(outcome.value, outcome.bound, outcome.gap)


def _teams(gathered: Gathered, made: MatcherRound, seconds: float, tick: Any) -> dict[str, Any]:
    outcome = propose_teams(gathered.scheme, made, seconds, tick)
    left = [
        {"who": int(one.id), "missing": int(one.must), "reason": one.reason, "way": one.relaxation}
        for one in outcome.unmatched
    ]
    found = {
        "groups": [
            {
                "who": [int(key) for seat in gathered.scheme.seats for key in team.seats.get(seat.id, ())],
                "score": team.score, "terms": team.terms, "fixed": team.fixed,
            }
            for team in outcome.teams
        ],
        "left": left,
        "others": {
            key: [[int(other.id), other.loss, other.why_not] for other in some]
            for key, some in outcome.alternatives.items()
        },
        "missing": sum(one["missing"] for one in left),
        "missing_proved": False,
        "blocking": None,
        "short": [],
        "stopped": outcome.found.stopped,
    }  # fmt: skip
    return found | _worth(outcome.value, outcome.bound, outcome.gap)


def _worth(value: int, bound: int, gap: float) -> dict[str, Any]:
    return {"value": int(value), "bound": int(bound), "gap": float(gap)}


def sets(found: dict[str, Any] | None) -> set[tuple[int, ...]]:
    """Return the groups of a proposal as sorted keys."""
    return {tuple(sorted(group["who"])) for group in found["groups"]} if found else set()


def keep(round_id: int, version: int, found: dict[str, Any], run: SolverRun) -> Proposal:
    """Make a result the round's proposal, in the transaction that ends the run. Raises Refused when it comes too late."""
    with transaction.atomic():
        round_ = Round.objects.select_for_update().get(pk=round_id)
        if round_.version != version or round_.state not in (Round.State.OPEN, Round.State.PROPOSED):
            raise Refused(_("计算的时候名单或要求改过了，这次的结果没有用上。请再算一次。"))
        before = round_.proposal
        old = sets(before.found if before else None)
        found["change"] = {"kept": len(old & sets(found)), "moved": len(sets(found) - old) if before else 0}
        proposal = Proposal.objects.create(
            round=round_, school=round_.school, number=round_.proposals.count() + 1, before=before,
            groups=len(found["groups"]), left=len(found["left"]), found=found,
        )  # fmt: skip
        if not run.options.get("step"):
            note_step(
                round_,
                "solve",
                {},
                run.asked_by.people.filter(school=round_.school).first() if run.asked_by else None,
            )
        round_.proposal = proposal
        round_.state = Round.State.PROPOSED
        round_.version += 1
        round_.save(update_fields=["proposal", "state", "version"])
        audit.write(
            run.asked_by, "rounds.proposed", round_, school_id=round_.school_id, run=run.pk, proposal=proposal.pk,
            groups=proposal.groups, left=proposal.left,
        )  # fmt: skip
    return proposal


def note_step(round_: Round, kind: str, undo: dict[str, Any], by: Any) -> Step:
    """Write down what the organiser did, with what takes it back."""
    last = round_.steps.order_by("-number").values_list("number", flat=True).first() or 0
    return Step.objects.create(
        round=round_, number=last + 1, kind=kind, undo=undo, proposal=round_.proposal, state=round_.state,
        by_id=getattr(by, "pk", None) and by.pk, at=timezone.now(),
    )  # fmt: skip

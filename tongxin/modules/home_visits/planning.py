"""A round is planned by the background worker: from scratch, or changed as little as can be.

The run computes outside any transaction; what it found is checked once more and kept in the transaction that ends the
run, and only if nobody has changed the round meanwhile. A worker that dies leaves the round as it was.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.solving import services as solving_runs
from tongxin.kernel.solving.models import SolverRun
from tongxin.methods.routing import checking, repairing, solving
from tongxin.methods.routing.model import Agreed, Plan, Unserved

from . import needs, problems, sessions, telling
from .models import RouteMember, Visit, VisitRound, VisitRoute
from .problems import Asked

KIND = "visit_plan"
NO_PLACE, NOBODY_JOINS = "no-place", "nobody-joins"
QUICK_S = 5
State = Visit.State


class Refused(ValueError):
    """It cannot be planned like this; the sentences say what to mend."""

    def __init__(self, *said: str) -> None:
        super().__init__(" ".join(said))
        self.said = said


def drawn_code() -> str:
    """Four digits that a parent says or shows when somebody came."""
    return f"{secrets.randbelow(10_000):04d}"


def refresh(viewer: Viewer, round: VisitRound) -> int:
    """Give a round a visit for each family that is owed one; those nobody owes any more and that are not planned go."""
    wanted = {one.student.pk: one for one in needs.families_for(viewer, round)}
    known = {one.student_id: one for one in round.visits.all()}
    for student, need in wanted.items():
        visit = known.get(student)
        if visit is None:
            Visit.objects.create(
                school_id=round.school_id, round=round, student_id=student, due=min(need.due, round.last_day),
                order=need.order, code=drawn_code(),
            )  # fmt: skip
        elif visit.state in problems.WANTED and (visit.order, visit.due) != (
            need.order,
            min(need.due, round.last_day),
        ):
            Visit.objects.filter(pk=visit.pk).update(order=need.order, due=min(need.due, round.last_day))
    gone = [one.pk for student, one in known.items() if student not in wanted and one.state == State.OPEN]
    Visit.objects.filter(pk__in=gone).delete()
    return len(wanted)


@transaction.atomic
def ask(viewer: Viewer, round: VisitRound, options: dict[str, Any] | None = None) -> SolverRun:
    """Queue the planning of a round. options: {} from scratch, {"repair": True} least change, {"move": visit key, "people",
    "session", "begin"} one visit elsewhere. Raises Refused with sentences."""
    round = VisitRound.objects.select_for_update().get(pk=round.pk)
    options = options or {}
    if round.state == VisitRound.State.CLOSED:
        raise Refused(_("这次安排已经结束了，请另建一次。"))
    if not options and round.state == VisitRound.State.PUBLISHED:
        raise Refused(_("已经发布的安排不能从头再排，请用“尽量少改地再排”。"))
    refresh(viewer, round)
    if said := problems.sentences(round, viewer.day):
        raise Refused(*said)
    audit.write(viewer, "home_visits.plan_asked", round, how=next(iter(options), "fresh"))
    seconds = QUICK_S if options else round.seconds
    wanted = options | {"changed_at": round.changed_at.isoformat()}
    run = solving_runs.ask(
        round.school, KIND, round.public_id, seconds=seconds, by=viewer.account, options=wanted
    )
    if run.options != wanted:  # another tab, or somebody else, asked for something else
        raise Refused(_("这次安排正在算别的改动，等算好再来。"))
    return run


def solve(run: SolverRun, tick: solving_runs.Ticker) -> solving_runs.Keep:
    """Compute a run of this room. Called by the worker, outside any transaction."""
    round = VisitRound.objects.get(school=run.school, public_id=run.about)
    _unchanged(round, run)
    today = timezone.localdate()
    moved = round.visits.filter(pk=run.options.get("move", 0)).first()
    asked = problems.build(round, today, moved=moved)
    if not set(asked.members) - asked.joining or not asked.problem.families:
        raise solving_runs.Refused(_("没有可以排的家庭，或没有人可以去。请检查以后再排。"))
    plan = (
        _changed(asked, moved, run.options)
        if run.options.keys() & {"move", "repair"}
        else _fresh(asked, run, tick)
    )

    def keep() -> None:
        row = VisitRound.objects.select_for_update().get(pk=round.pk)
        _unchanged(row, run)
        if checking.faults(asked.problem, plan):
            raise solving_runs.Refused(_("排出来的安排没有通过核对，没有采用。请再排一次。"))
        _put(row, asked, plan, today, locked=moved)
        audit.write(
            run.asked_by,
            "home_visits.planned",
            row,
            trips=plan.trips,
            served=len(plan.served),
            changed=len(plan.changed),
        )

    return keep


def _unchanged(round: VisitRound, run: SolverRun) -> None:
    if round.changed_at.isoformat() != run.options["changed_at"]:
        raise solving_runs.Refused(_("计算的时候有人改了这次安排，结果没有采用。请再排一次。"))


def _fresh(asked: Asked, run: SolverRun, tick: Callable[[int | None, int | None], bool]) -> Plan:
    return solving.plan(
        asked.problem,
        seconds=float(run.seconds),
        progress=lambda at: _say(tick, at),
        cancelled=lambda: not tick(None, None),
    )


def _say(tick: Callable[[int | None, int | None], bool], at: solving.Progress) -> None:
    tick(None, at.served)


def _changed(asked: Asked, moved: Visit | None, options: dict[str, Any]) -> Plan:
    """Everything planned stays but for what has to go elsewhere."""
    problem = asked.problem
    if moved is not None:
        problem = replace(problem, agreed=(*problem.agreed, _agreement(asked, moved, options)))
        asked.problem = problem
    try:
        plan = repairing.repair(problem, problems.old_plan(asked, without=moved))
    except ValueError as error:
        raise solving_runs.Refused(_("这样排，已经约好的时间就保不住了。请换一个场次或钟点。")) from error
    if lost := {one.family for one in asked.problem.agreed} - plan.served - {str(moved.pk) if moved else ""}:
        raise solving_runs.Refused(
            ngettext(
                "有%(n)d家约好或固定的时间保不住：一起去的老师那时没有空，或家数满了。请换一起去的人，或先不固定。",
                "有%(n)d家约好或固定的时间保不住：一起去的老师那时没有空，或家数满了。请换一起去的人，或先不固定。",
                len(lost),
            )
            % {"n": len(lost)}
        )
    if moved is not None and str(moved.pk) not in plan.served:
        raise solving_runs.Refused(_("这家排不进那个场次：时间、路程或家数不够。请换一个场次或钟点。"))
    return plan


def _agreement(asked: Asked, moved: Visit, options: dict[str, Any]) -> Agreed:
    name = "-".join(map(str, sorted(options["people"])))
    team = next((one for one in asked.problem.teams if one.id == name), None)
    session = next(
        (one for one in (team.sessions if team else ()) if problems.session_of(one) == options["session"]),
        None,
    )
    if team is None or session is None:
        raise solving_runs.Refused(_("这一组人在那个场次没有空。请换一组或换一个场次。"))
    return Agreed(str(moved.pk), team.id, session, options.get("begin"))


# ------------------------------------------------------------------ keeping what was found


def _put(round: VisitRound, asked: Asked, plan: Plan, today: date, *, locked: Visit | None) -> None:
    """Write the plan: routes of sessions that are over, and visits that are done, stay as they are."""
    was = dict(round.visits.values_list("pk", "begin"))
    went = telling.outings(round)
    start = sessions.moment(0, today)
    coming = round.routes.filter(leave__gte=start)
    coming.exclude(visits__state=State.DONE).exclude(joined_visits__state=State.DONE).delete()
    placed: dict[str, dict[int, tuple[VisitRoute, int, int]]] = {}
    for route in plan.routes:
        people = list(asked.members[route.team])
        row = VisitRoute.objects.create(
            school_id=round.school_id, round=round, session=problems.session_of(route.session), people=people,
            leave=sessions.moment(route.leave, asked.origin), back=sessions.moment(route.back, asked.origin),
            travel_min=-(-route.travel // 60),
        )  # fmt: skip
        RouteMember.objects.bulk_create([RouteMember(route=row, person_id=person) for person in people])
        for stop in route.stops:
            placed.setdefault(stop.family, {})[stop.part] = (row, stop.begin, stop.end)
    for name, stops in placed.items():
        _place(asked.visits[name], [stops[part][0] for part in sorted(stops)], asked, *stops[0][1:], locked)
    for one in plan.unserved:
        _leave_out(asked.visits[one.family], _facts(one, asked))
    for visit in asked.without_place:
        _leave_out(visit, {"code": NO_PLACE, "facts": {}, "way": None})
    round.travel_min = -(-plan.travel // 60)
    round.changed_at = timezone.now()
    if round.state == VisitRound.State.DRAFT:
        round.state = VisitRound.State.PLANNED
    round.save()
    if round.state == VisitRound.State.PUBLISHED:
        telling.changed(round, was, went)


def _place(
    visit: Visit, routes: list[VisitRoute], asked: Asked, begin: int, end: int, locked: Visit | None
) -> None:
    """Write down when a family is visited, and by whose routes: its own pair's and, of a joint visit, the other's."""
    at = sessions.moment(begin, asked.origin)
    same = visit.begin == at and visit.state != State.MOVING
    if visit.begin != at and visit.round.state == VisitRound.State.PUBLISHED:
        visit.before = visit.before or visit.begin
    visit.route, visit.joined = routes[0], routes[1] if len(routes) > 1 else None
    visit.begin, visit.end = at, sessions.moment(end, asked.origin)
    visit.state = visit.state if same and visit.state != State.OPEN else State.PLANNED
    visit.locked = visit.locked or visit == locked
    visit.left_out, visit.proposed = None, None
    visit.save()


def _leave_out(visit: Visit, why: dict[str, Any]) -> None:
    visit.route, visit.joined, visit.begin, visit.end, visit.locked = None, None, None, None, False
    visit.state = State.MOVING if visit.state == State.MOVING else State.OPEN
    visit.left_out = why
    visit.save()


def _facts(one: Unserved, asked: Asked) -> dict[str, Any]:
    way, code = None, one.code
    parts = asked.families[one.family].parts
    if code == "no-team" and any(part.teams == frozenset() for part in parts[1:]):
        code = NOBODY_JOINS
    if one.way_out is not None:
        way = {"code": one.way_out.code, "facts": _plain(dict(one.way_out.facts))}
    return {"code": code, "facts": _plain(dict(one.facts)), "way": way}


def _plain(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        name: [list(part) if isinstance(part, tuple) else part for part in value]
        if isinstance(value, tuple)
        else value
        for name, value in facts.items()
    }

"""Why a family is left out, and the cheapest way out.

Codes of reasons: `no-window` it offers no time before the deadline · `no-team` nobody has the skills, or the named team is not
there · `no-session` no session of somebody who may go falls into its times · `too-long` way and visit do not fit into any of
them · `no-partners` a joint visit needs teams that are never out on the same session · `full` it fits alone, but the trips it
could join are full · `stopped` the search ended before it was placed, although it fits.
Codes of ways out: `one-more-shift` a team on one more session · `one-more-team` one more team on a session · `longer-session`
so many ticks more · `other-time` the family at a session's other time · `new-session` a session in the family's times.
Each carries `serves`: how many of those left out it would bring in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .draft import Draft
from .layout import Layout
from .model import Family, Part, Plan, Problem, Session, Team, Unserved, WayOut

EXTRA = "+"


def explained(draft: Draft, plan: Plan) -> Plan:
    """The plan with reasons and ways out for those it leaves out."""
    if not plan.unserved:
        return plan
    layout = draft.layout
    numbers = {family.id: number for number, family in enumerate(layout.problem.families)}
    left = [numbers[one.family] for one in plan.unserved]
    codes = {number: reason(draft, number) for number in left}
    outs = _more_shifts(
        draft, [number for number in left if codes[number] in ("full", "no-session", "no-partners")]
    )
    found = []
    for number in left:
        way = outs.get(number) or _other_way(layout, number, codes[number])
        found.append(Unserved(layout.problem.families[number].id, codes[number], _facts(layout, number), way))
    return replace(plan, unserved=tuple(found))


def reason(draft: Draft, number: int) -> str:
    """The code of what binds."""
    layout = draft.layout
    family = layout.problem.families[number]
    units = layout.family_units[number]
    if not any(high - low >= (0 if family.begins_inside else min(part.length for part in family.parts))
               for low, high in family.windows):  # fmt: skip
        return "no-window"
    if any(not layout.may[unit] for unit in units):
        return "no-team"
    if any(not _meets(layout, unit) for unit in units):
        return "no-session"
    if any(not layout.options(unit) for unit in units):
        return "too-long"
    if len(units) > 1 and not Draft(layout).insert(number):
        return "no-partners"
    return "stopped" if draft.copy().insert(number) else "full"


def _facts(layout: Layout, number: int) -> dict[str, object]:
    family = layout.problem.families[number]
    return {
        "windows": family.windows,
        "skills": sorted(frozenset().union(*(part.skills for part in family.parts))),
        "teams": sorted(frozenset().union(*(part.teams or frozenset() for part in family.parts))),
        "length": max(part.length for part in family.parts),
    }


def _meets(layout: Layout, unit: int) -> bool:
    """Tell whether some session of a team that may go overlaps with the family's times at all."""
    windows = layout.problem.families[layout.units[unit].family].windows
    return any(
        max(low, shift.window[0]) < min(high, shift.window[1])
        for shift in layout.shifts
        if shift.team in layout.may[unit]
        for low, high in windows
    )


# ---------------------------------------------------------------- one more evening of a pair


def _more_shifts(draft: Draft, left: list[int]) -> dict[int, WayOut]:
    """Per family left out: the one more shift that brings in most of them, found again for those it does not."""
    found: dict[int, WayOut] = {}
    while left:
        best: tuple[int, list[int], WayOut] | None = None
        for session in range(len(draft.layout.problem.sessions)):
            for need in {_need(draft.layout, number) for number in left}:
                way, served = _with_one_more(draft, session, need, left)
                if served and (best is None or len(served) > best[0]):
                    best = len(served), served, way
        if best is None:
            break
        for number in best[1]:
            found[number] = WayOut(best[2].code, {**best[2].facts, "serves": best[0]})
        left = [number for number in left if number not in best[1]]
    return found


def _need(layout: Layout, number: int) -> frozenset[str]:
    """Skills one more team must have to help; of a visit of several parts those of the part with most."""
    return max(
        (part.skills for part in layout.problem.families[number].parts),
        key=lambda skills: (len(skills), sorted(skills)),
    )


def _with_one_more(
    draft: Draft, session: int, skills: frozenset[str], left: Iterable[int]
) -> tuple[WayOut, list[int]]:
    """(the way out, families it serves) of one more trip on a session by a team with these skills."""
    problem = draft.layout.problem
    place = problem.sessions[session]
    families = [problem.families[number] for number in left]
    lender = next(
        (
            team
            for team in problem.teams
            if _could_go(problem, team, place)
            and skills <= team.skills
            and any(part.teams is None or team.id in part.teams for one in families for part in one.parts)
        ),
        None,
    )
    model = lender or next((team for team in problem.teams if skills <= team.skills), problem.teams[0])
    extra = Team(EXTRA, (), {place.id: place.window}, model.skills | skills, model.start, model.end)
    wider = replace(
        problem,
        teams=(*problem.teams, extra),
        families=tuple(map(_free_of_team, problem.families)),
        agreed=(),
    )
    layout = Layout(wider)
    names = [(wider.teams[shift.team].id, shift.session) for shift in layout.shifts]
    shift = names.index((EXTRA, session))
    moved = {
        names.index((problem.teams[old.team].id, old.session)): number
        for number, old in enumerate(draft.layout.shifts)
    }
    trial = Draft(layout, {new: draft.routes[old] for new, old in moved.items() if old in draft.routes})
    served = []
    for number in sorted(left, key=lambda one: (-problem.families[one].priority, one)):
        bound = {team for part in problem.families[number].parts for team in part.teams or ()}
        if bound and (lender is None or lender.id not in bound):
            continue
        several = len(layout.family_units[number]) > 1
        if trial.insert(number, only=None if several else frozenset([shift])):
            served.append(number)
    code = "one-more-shift" if lender else "one-more-team"
    return WayOut(
        code, {"session": place.id, "team": lender.id if lender else "", "skills": sorted(skills)}
    ), served


def _could_go(problem: Problem, team: Team, session: Session) -> bool:
    """Tell whether a team is not out on a session yet, nor its people on anything at that time."""
    if session.id in team.sessions:
        return False
    people = set(team.members) or {team.id}
    return not any(
        people & (set(other.members) or {other.id}) and low < session.window[1] and session.window[0] < high
        for other in problem.teams
        for low, high in other.sessions.values()
    )


def _free_of_team(family: Family) -> Family:
    parts = tuple(Part(part.length, part.skills) for part in family.parts)
    return replace(family, parts=parts)


# ---------------------------------------------------------------- other ways


def _other_way(layout: Layout, number: int, code: str) -> WayOut | None:
    family = layout.problem.families[number]
    if code == "too-long":
        return _longer(layout, number)
    if code in ("no-session", "no-window", "full"):
        return _other_time(layout, family) or (
            WayOut("new-session", {"window": family.windows[0], "serves": 1}) if family.windows else None
        )
    return None


def _longer(layout: Layout, number: int) -> WayOut | None:
    """The session that has to be longer by least."""
    unit = layout.family_units[number][0]
    stop, family = layout.units[unit], layout.problem.families[layout.units[unit].family]
    travel = layout.travel
    best: tuple[int, str] | None = None
    for shift in layout.shifts:
        if shift.team not in layout.may[unit]:
            continue
        for low, high in family.windows:
            begin = max(low, shift.window[0] + travel[shift.start][stop.place])
            if begin + (0 if family.begins_inside else stop.length) > high:
                continue
            short = begin + stop.length + travel[stop.place][shift.end] - shift.window[1]
            name = layout.problem.sessions[shift.session].id
            if short > 0 and (best is None or (short, name) < best):
                best = short, name
    return WayOut("longer-session", {"session": best[1], "more": best[0], "serves": 1}) if best else None


def _other_time(layout: Layout, family: Family) -> WayOut | None:
    """The first session on which the family fits in as things are, if only it could then."""
    whole = replace(family, windows=tuple(sorted({session.window for session in layout.problem.sessions})))
    alone = Layout(layout.problem.with_families((whole,)))
    for shift in range(len(alone.shifts)):
        if all(alone.spans(unit, shift) for unit in range(len(alone.units))):
            name = alone.problem.sessions[alone.shifts[shift].session].id
            return WayOut("other-time", {"session": name, "serves": 1})
    return None

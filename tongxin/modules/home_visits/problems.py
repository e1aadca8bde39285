"""A round as a problem for the planner, and back: teams, sessions, families, the way between them, what is agreed.

A session is named by its id; a team whose members take fewer families than the session allows gets a session of its own,
"id/team". Families are named by the key of their visit, teams by their members' keys joined with "-".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject
from tongxin.methods.routing.model import (
    FEWEST,
    SHORTEST,
    Agreed,
    Family,
    Part,
    Plan,
    Problem,
    Route,
    Session,
    Stop,
    Team,
    Window,
)
from tongxin.methods.routing.pairing import in_pairs
from tongxin.methods.routing.places import Assumed, Place, travel_table
from tongxin.ui.formats import listed

from . import homes, sessions, together
from .models import Mode, RouteMember, Visit, VisitorCard, VisitRound, VisitRoute

ROOM_AFTER_S = 1800  # a family that names another time is content within half an hour of it
KM = 1000
FIXED = (Visit.State.CONFIRMED, Visit.State.DONE)
WANTED = (Visit.State.OPEN, Visit.State.PLANNED, Visit.State.CONFIRMED, Visit.State.MOVING)
# What is assumed of the way; said on the page of the round.
ASSUMED = Assumed()


@dataclass
class Asked:
    """A problem with what it was made from. without_place: visits that nobody could find the way to; alone: who has
    nobody to go with; joining: the teams that only join others at a family's."""

    problem: Problem
    origin: date
    visits: dict[str, Visit]
    members: dict[str, tuple[int, ...]]
    without_place: list[Visit] = field(default_factory=list)
    alone: list[int] = field(default_factory=list)
    joining: frozenset[str] = frozenset()

    @cached_property
    def families(self) -> dict[str, Family]:
        return {one.id: one for one in self.problem.families}

    def pairs(self, visit: Visit) -> list[str]:
        """Return the teams that may visit a family; every pair where it is not among those to be planned."""
        family = self.families.get(str(visit.pk))
        allowed = family.parts[0].teams if family else None
        return [
            name for name in self.members if name not in self.joining and (allowed is None or name in allowed)
        ]


def session_of(name: str) -> str:
    """Return a session's own id from the name the planner knows it by."""
    return name.partition("/")[0]


def build(round: VisitRound, today: date, *, moved: Visit | None = None) -> Asked:
    """Return the problem of a round as of today: sessions that are over, and visits that are done, stay out of it.

    moved: a visit that may leave its place though it was confirmed.
    """
    origin = round.first_day
    open_ones = [one for one in round.sessions if date.fromisoformat(one["day"]) >= today]
    visits = list(
        round.visits.filter(state__in=WANTED, student__present_to__gte=today)
        .select_related("student", "route", "joined")
        .order_by("pk")
    )
    visits = [one for one in visits if one.begin is None or timezone.localtime(one.begin).date() >= today]
    known = homes.homes(one.student_id for one in visits)
    wishes = [together.wish_of(known.get(one.student_id)) for one in visits]
    teams, members, alone, joining = _teams(round, open_ones, origin, [one for one in wishes if one])
    own_sessions, teams = _with_limits(open_ones, origin, teams, members)
    pairs = frozenset(members) - joining
    online = round.mode == Mode.ONLINE
    places, lost, families = [Place((0.0, 0.0))], [], []
    centres, teachers = homes.centres(round.school_id), _teachers(round, visits)
    for visit, wish in zip(visits, wishes, strict=True):
        home = known.get(visit.student_id)
        at = 0
        if not online:
            place = _place(home.spot if home else None, centres)
            if place is None:
                lost.append(visit)
                continue
            at = len(places)
            places.append(place)
        one = _family(visit, at, homes.wants_of(home), open_ones, origin, teachers, teams, pairs)
        parts = together.parts(one.parts[0], wish, teams, pairs)
        families.append(replace(one, parts=parts, together=len(parts) > 1))
    travel = np.zeros((1, 1), dtype=np.int64) if online else travel_table(places, ASSUMED)
    problem = Problem(
        tuple(teams),
        tuple(own_sessions),
        tuple(families),
        travel,
        FEWEST if round.aim == "fewest" else SHORTEST,
    )
    asked = Asked(
        problem,
        origin,
        {str(one.pk): one for one in visits if one not in lost},
        members,
        lost,
        alone,
        joining,
    )
    asked.problem = replace(problem, agreed=tuple(_agreed(asked, moved)))
    return asked


# ------------------------------------------------------------------ who goes when


def _teams(
    round: VisitRound, open_ones: Sequence[dict[str, Any]], origin: date, wishes: Sequence[together.Wish]
) -> tuple[list[Team], dict[str, tuple[int, ...]], list[int], frozenset[str]]:
    """Return (teams, who is in each, who has nobody to go with, the teams of one that only join others).

    Those who join are whoever a family wishes for and who goes on no visits of the round themselves.
    """
    named = {wish["person"] for wish in wishes if "person" in wish}
    there = Subject.objects.filter(pk__in=named | set(round.people), present_to__gte=timezone.localdate())
    everybody = sorted(there.values_list("pk", flat=True))
    people = [one for one in everybody if one in round.people]
    cards = {card.person_id: card for card in VisitorCard.objects.filter(person__in=everybody)}
    busy = _busy(round, everybody)
    free = {person: _free(cards.get(person), open_ones, origin, busy.get(person, [])) for person in everybody}
    skilled = _counsellors(everybody)
    skills = {person: _skills(cards.get(person), person in skilled) for person in everybody}
    groups, alone = _together(people, cards, free, round)
    teams, members = [], {}

    def add(group: tuple[int, ...]) -> bool:
        windows = _shared([free[person] for person in group])
        if windows:
            name = "-".join(map(str, group))
            has = frozenset(skill for person in group for skill in skills[person])
            teams.append(Team(name, tuple(map(str, group)), windows, has))
            members[name] = group
        return bool(windows)

    for group in groups:
        if not add(group):
            alone += group
    pairs = set(members)
    outside = [one for one in everybody if one not in people]
    for person in [*outside, *alone]:
        if any(together.wanted(wish, person, skills[person]) for wish in wishes) and add((person,)):
            alone = [one for one in alone if one != person]
    return teams, members, alone, frozenset(members) - pairs


def _together(
    people: list[int], cards: dict[int, VisitorCard], free: dict[int, dict[str, Window]], round: VisitRound
) -> tuple[list[tuple[int, ...]], list[int]]:
    """Fixed partners first, then whoever shares most sessions; alone on an online round, or where one is enough."""
    if round.mode == Mode.ONLINE or round.team_size == 1:
        return [(person,) for person in people], []
    left, groups = list(people), []
    for person in people:
        card = cards.get(person)
        partner = card.partner_id if card else None
        if person in left and partner in left and partner != person:
            groups.append(tuple(sorted((person, partner))))
            left = [one for one in left if one not in (person, partner)]
    teachers = [one for one in left if round.teacher_goes and one in _homeroom_teachers(round)]
    others = [one for one in left if one not in teachers]
    for (
        teacher
    ) in teachers:  # each class goes with its teacher, so teachers are not paired with each other first
        able = [one for one in others if set(free[one]) & set(free[teacher])]
        if able:
            best = max(able, key=lambda one: (len(set(free[one]) & set(free[teacher])), -one))
            groups.append(tuple(sorted((teacher, best))))
            others.remove(best)
            left.remove(teacher)
            left.remove(best)
    pairs, alone = in_pairs([set(free[person]) for person in left], 2)
    groups += [tuple(left[at] for at in pair) for pair in pairs]
    return sorted(groups), [left[at] for at in alone]


def _homeroom_teachers(round: VisitRound) -> set[int]:
    links = Link.objects.filter(
        school=round.school_id, kind="homeroom_teacher", superseded_at=FOREVER, valid_from__lte=round.last_day,
        valid_to__gte=timezone.localdate(),
    )  # fmt: skip
    if round.homeroom_id:
        links = links.filter(b=round.homeroom_id)
    return set(links.values_list("a_id", flat=True))


def _busy(round: VisitRound, people: list[int]) -> dict[int, list[tuple[datetime, datetime]]]:
    """When people are out on routes of other published rounds."""
    rows = RouteMember.objects.filter(
        person__in=people, route__round__state=VisitRound.State.PUBLISHED, route__back__gt=timezone.now()
    ).exclude(route__round=round)  # fmt: skip
    found: dict[int, list[tuple[datetime, datetime]]] = {}
    for person, leave, back in rows.values_list("person_id", "route__leave", "route__back"):
        found.setdefault(person, []).append((leave, back))
    return found


def _free(
    card: VisitorCard | None,
    open_ones: Sequence[dict[str, Any]],
    origin: date,
    busy: list[tuple[datetime, datetime]],
) -> dict[str, Window]:
    """Return {session: the part of it in which somebody can be out}; a session they are out on already is left out."""
    found: dict[str, Window] = {}
    taken = [(sessions.tick(low, origin), sessions.tick(high, origin)) for low, high in busy]
    for one in open_ones:
        parts = sessions.overlaps({"times": card.times if card else []}, one, origin)
        parts = [(low, high) for low, high in parts if not any(a < high and low < b for a, b in taken)]
        if parts:
            found[one["id"]] = max(parts, key=lambda part: part[1] - part[0])
    return found


def _shared(windows: Sequence[dict[str, Window]]) -> dict[str, Window]:
    found = {}
    for name in set.intersection(*(set(one) for one in windows)):
        low, high = max(one[name][0] for one in windows), min(one[name][1] for one in windows)
        if low < high:
            found[name] = (low, high)
    return dict(sorted(found.items()))


def _counsellors(people: list[int]) -> set[int]:
    links = Link.objects.filter(
        kind="counsellor", a__in=people, superseded_at=FOREVER, valid_to__gte=timezone.localdate()
    )
    return set(links.values_list("a_id", flat=True))


def _skills(card: VisitorCard | None, counsels: bool) -> list[str]:
    return [*(card.skills if card else []), *([homes.COUNSELLING] if counsels else [])]


def _with_limits(
    open_ones: Sequence[dict[str, Any]], origin: date, teams: list[Team], members: dict[str, tuple[int, ...]]
) -> tuple[list[Session], list[Team]]:
    """Sessions, and teams on sessions of their own where their members take fewer families than others do."""
    people = {person for group in members.values() for person in group}
    most = {card.person_id: card.most for card in VisitorCard.objects.filter(person__in=people) if card.most}
    made = {one["id"]: Session(one["id"], sessions.ticks(one, origin), one.get("most")) for one in open_ones}
    changed = []
    for team in teams:
        limits = [most[person] for person in members[team.id] if person in most]
        if limits:
            own: dict[str, Window] = {}
            for name, part in team.sessions.items():
                session = made[name]
                least = min([*limits, *([session.max_load] if session.max_load else [])])
                made[f"{name}/{team.id}"] = Session(f"{name}/{team.id}", session.window, least)
                own[f"{name}/{team.id}"] = part
            team = replace(team, sessions=own)
        changed.append(team)
    return list(made.values()), changed


# ------------------------------------------------------------------ families


def _place(spot: dict[str, Any] | None, centres: dict[str, tuple[int, int]]) -> Place | None:
    if not homes.located(spot):
        return None
    assert spot is not None
    code = spot.get("code", "")
    if "x" in spot:
        return Place((spot["x"] / KM, spot["y"] / KM), code)
    if code in centres:
        x, y = centres[code]
        return Place((x / KM, y / KM), code)
    return Place(None, code)


def _teachers(round: VisitRound, visits: Iterable[Visit]) -> dict[int, set[int]]:
    """Return {student: homeroom teachers} where each family is to be visited by its teacher."""
    if not (round.teacher_goes or round.mode == Mode.ONLINE):
        return {}
    day = timezone.localdate()
    in_force = {"superseded_at": FOREVER, "valid_from__lte": day, "valid_to__gte": day}
    rooms = dict(
        Link.objects.filter(kind="enrolled_in", a__in=[one.student_id for one in visits], **in_force).values_list("a_id", "b_id")
    )  # fmt: skip
    held: dict[int, set[int]] = {}
    links = Link.objects.filter(kind="homeroom_teacher", b__in=set(rooms.values()), **in_force)
    for room, teacher in links.values_list("b_id", "a_id"):
        held.setdefault(room, set()).add(teacher)
    return {student: held.get(room, set()) for student, room in rooms.items()}


def _family(
    visit: Visit,
    place: int,
    wants: dict[str, Any],
    open_ones: Sequence[dict[str, Any]],
    origin: date,
    teachers: dict[int, set[int]],
    teams: Sequence[Team],
    pairs: frozenset[str],
) -> Family:
    length = wants["minutes"] * 60
    if visit.proposed is not None and visit.state == Visit.State.MOVING:
        begin = sessions.tick(visit.proposed, origin)
        windows: tuple[Window, ...] = ((begin, begin + length + ROOM_AFTER_S),)
    else:
        until = (visit.due - origin).days * sessions.DAY_S + sessions.DAY_S if visit.due else None
        parts = sessions.suits(wants, open_ones, origin)
        windows = sessions.apart((low, high) for low, high in parts if until is None or high <= until)
    # Whoever only joins others visits nobody alone.
    bound = pairs if len(pairs) < len(teams) else None
    own = teachers.get(visit.student_id)
    if own:
        bound = pairs & {team.id for team in teams if own & {int(member) for member in team.members}}
    part = Part(length, frozenset(wants["skills"]), bound)
    return Family(str(visit.pk), place, (part,), windows, priority=visit.order)


def _agreed(asked: Asked, moved: Visit | None) -> Iterable[Agreed]:
    """What stays: visits that were locked or confirmed, as far as their team and session are still there."""
    for name, visit in asked.visits.items():
        if visit == moved or not (visit.locked or visit.state in FIXED) or visit.state == Visit.State.MOVING:
            continue
        for part, found in stops_of(asked, visit):
            assert visit.begin is not None
            yield Agreed(name, *found, sessions.tick(visit.begin, asked.origin), part)


def stops_of(asked: Asked, visit: Visit) -> list[tuple[int, tuple[str, str]]]:
    """Return (part, (team, session)) of what is planned of a visit, as far as the parts and teams are still there."""
    if visit.begin is None:
        return []
    routes = [visit.route, visit.joined][: len(asked.families[str(visit.pk)].parts)]
    found = ((part, _team_and_session(asked, route)) for part, route in enumerate(routes))
    return [(part, one) for part, one in found if one is not None]


def _team_and_session(asked: Asked, route: VisitRoute | None) -> tuple[str, str] | None:
    """Return the names of the team and session of a route; None when they are gone."""
    if route is None:
        return None
    name = "-".join(map(str, sorted(route.people)))
    team = next((one for one in asked.problem.teams if one.id == name), None)
    if team is None:
        return None
    session = next((one for one in team.sessions if session_of(one) == route.session), None)
    return (name, session) if session else None


def old_plan(asked: Asked, *, without: Visit | None = None) -> Plan:
    """Return what is planned now as the planner's own plan, as far as repairing needs it."""
    trips: dict[tuple[str, str], list[Stop]] = {}
    for name, visit in asked.visits.items():
        if visit == without or visit.begin is None or visit.end is None or visit.state == Visit.State.MOVING:
            continue
        begin, end = sessions.tick(visit.begin, asked.origin), sessions.tick(visit.end, asked.origin)
        for part, found in stops_of(asked, visit):
            trips.setdefault(found, []).append(Stop(name, part, begin, end))
    routes = []
    for (team, session), stops in sorted(trips.items()):
        stops.sort(key=lambda stop: stop.begin)
        routes.append(Route(team, session, tuple(stops), stops[0].begin, stops[-1].end, 0))
    return Plan(tuple(routes), (), 0, asked.problem.objective, "")


# ------------------------------------------------------------------ what would make no sense


def sentences(round: VisitRound, today: date) -> list[str]:
    """Return what has to be mended before a round can be planned, a sentence each; it names what is meant."""
    said = []
    open_ones = [one for one in round.sessions if date.fromisoformat(one["day"]) >= today]
    if not round.sessions:
        said.append(_("还没有场次，请先选哪些晚上和周末可以去。"))
    elif not open_ones:
        said.append(_("场次都已经过去了，请加今天以后的场次。"))
    if not round.visits.filter(state__in=WANTED).exists():
        said.append(_("现在没有要走访的家庭：这一段时间该访的都访了，或已经排在别的安排里。"))
    if said:
        return said
    asked = build(round, today)
    names = dict(Subject.objects.filter(pk__in=round.people).values_list("pk", "name"))
    if not names:
        said.append(_("没有人可以去，请选至少%(n)d位老师。") % {"n": round.team_size})
    elif not set(asked.members) - asked.joining:
        said.append(
            _(
                "选的老师（%(names)s）凑不成一组：没有两位在同一个场次都有空。请多选几位，或请他们改“我什么时候能去”。"
            )
            % {"names": listed(names[one] for one in sorted(names))}
        )
    shortest = min((family.parts[0].length for family in asked.problem.families), default=0)
    for one in open_ones:
        low, high = sessions.ticks(one, asked.origin)
        if shortest and high - low < shortest:
            said.append(
                _("场次“%(session)s”太短：只有%(has)d分钟，最短的一次家访要%(needs)d分钟。")
                % {"session": sessions.title(one, today), "has": (high - low) // 60, "needs": shortest // 60}
            )
    if asked.without_place and not asked.problem.families:
        said.append(_("这些家庭都还没有村、街道或坐标，找不到路。请先填地址。"))
    return said

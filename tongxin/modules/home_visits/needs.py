"""Who still owes which visit to which family by when, as the programmes in force say. Special families come first;
the order is all that is said of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from django.utils import timezone

from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Attribute, Subject
from tongxin.kernel.obligations.classes import owing_class
from tongxin.kernel.obligations.queries import (
    Asked,
    Figured,
    GroupCounts,
    ask,
    count,
    groups_of,
    hidden_groups,
    in_force,
    of_groups,
    sight,
)
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.cadence.counting import QualifierIs
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reads import nodes_of
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import GROUP_LINKS, Obligation, Requirement

from . import entered, reach, together
from .models import Mode, Visit, VisitRecord, VisitRound

VISIT, VISITED = "home_visit", "visited"
FIRST, USUAL = 50, 0
GUARDED = CLASSES.index("K3")


@dataclass(frozen=True)
class OtherWay:
    """A family reached in another way than the visit that is owed, or that is to be.

    visit: what it declined; None where somebody only met the family otherwise. record: what was written down then.
    accepted: the programme takes this way for the visit that is owed.
    """

    visit: Visit | None
    record: VisitRecord | None
    accepted: bool

    @property
    def holds(self) -> bool:
        return self.visit is not None and not self.visit.again

    @property
    def words(self) -> str:
        """How: as it was done, else as it was agreed on."""
        if self.record is not None:
            return str(self.record.get_mode_display())  # type: ignore[attr-defined]
        assert self.visit is not None
        return str(self.visit.get_instead_display())  # type: ignore[attr-defined]

    @property
    def day(self) -> date:
        if self.record is not None:
            return self.record.day
        assert self.visit is not None
        return declined_on(self.visit)

    @property
    def by(self) -> str:
        """Who did it, else who wrote down that the family would rather have it so."""
        if self.record is not None:
            return self.record.by.name
        assert self.visit is not None
        return self.visit.declined_by.name if self.visit.declined_by else ""


@dataclass(frozen=True)
class Need:
    """A family to visit. mode: "" when either will do. bearers: ids of those on whose list it stands.

    order: the higher, the earlier. planned: a visit that is on its way already. since: when it began to be owed.
    other: how the family was, or is to be, reached in another way. joined: who is to come along, in words.
    """

    student: Subject
    room: Subject | None
    mode: str
    due: date
    order: int
    bearers: tuple[int, ...]
    late: bool = False
    planned: Visit | None = None
    since: date = date.min
    other: OtherWay | None = None
    joined: str = ""

    @property
    def waits(self) -> bool:
        """Nobody plans it by itself: the family declined, and whoever plans has not asked for it again."""
        return self.other is not None and self.other.holds

    @property
    def first(self) -> bool:
        return self.order > USUAL

    @property
    def mode_words(self) -> str:
        return str(Mode(self.mode).label) if self.mode else ""


def visit_rules(pack: Pack, day: date) -> list[Obligation]:
    """Return the rules of a pack that are met by visiting a student's family."""
    return [rule for rule in in_force(pack, day) if rule.subject.name == "student" and _counts_visits(rule)]


def _counts_visits(rule: Obligation) -> bool:
    if not isinstance(rule.demand, Requirement):
        return False
    count = rule.demand.count
    return VISIT in count.kinds and VISITED in count.parts


def mode_of(rule: Obligation) -> str:
    """Return the mode a rule asks for, "" for any."""
    for node in nodes_of(rule.demand):
        if isinstance(node, QualifierIs) and node.qualifier == "mode":
            return next((value for value in node.values if value in Mode.values), "")
    return ""


def order_of(pack: Pack, rule: Obligation) -> int:
    """Families that a rule singles out by something sensitive are served first."""
    return FIRST if CLASSES.index(owing_class(pack, rule)) >= GUARDED else USUAL


def needs(viewer: Viewer, *, room: int | None = None, mode: str = "") -> list[Need]:
    """Return the families a viewer plans for to whom a visit is owed: special ones first, then by day and name.

    One line for each student and mode, with the earliest day; room: only this class.
    """
    if viewer.school is None:
        return []
    students = {one.pk: one for one in reach.planned_for(viewer)}
    rooms = reach.rooms_of(students, viewer)
    found: dict[tuple[int, str], Need] = {}
    for programme, pack in school_packs(viewer.school, viewer.day):
        rules = {rule.id: rule for rule in visit_rules(pack, viewer.day)}
        if not rules:
            continue
        for verdict in ask(programme, viewer.day).verdicts(list(rules)):
            student = students.get(int(verdict.subject)) if verdict.subject.isdecimal() else None
            if student is None or verdict.verdict != "open" or verdict.first > viewer.day:
                continue
            rule = rules[verdict.obligation]
            wanted = mode_of(rule)
            if (mode and wanted not in ("", mode)) or (
                room and getattr(rooms.get(student.pk), "pk", 0) != room
            ):
                continue
            _note(found, Need(
                student, rooms.get(student.pk), wanted, verdict.last, order_of(pack, rule),
                tuple(int(one) for one in verdict.bearer if one.isdecimal()), since=verdict.first,
            ))  # fmt: skip
    made = _reached(viewer, _planned(viewer, found))
    return sorted(made, key=lambda one: (-one.order, one.due, one.student.pinyin, one.student.pk))


def _note(found: dict[tuple[int, str], Need], need: Need) -> None:
    """Keep one line for a student and mode: the highest place in the order, the earliest day."""
    key = (need.student.pk, need.mode)
    known = found.get(key)
    if known is not None:
        need = replace(
            need, due=min(known.due, need.due), order=max(known.order, need.order), bearers=known.bearers or need.bearers,
            since=max(known.since, need.since),
        )  # fmt: skip
    found[key] = need


def _planned(viewer: Viewer, found: dict[tuple[int, str], Need]) -> list[Need]:
    """Say of each need whether a visit is planned already; one that suits any mode is left out where another covers it."""
    open_states = [Visit.State.OPEN, Visit.State.DONE, Visit.State.DROPPED]
    rows = Visit.objects.filter(
        school_id=viewer.school_id, student__in={key[0] for key in found}, begin__isnull=False
    ).exclude(state__in=open_states)  # fmt: skip
    on_the_way = {
        (row.student_id, row.round.mode): row for row in rows.select_related("round").order_by("begin")
    }
    made = []
    for (student, mode), need in found.items():
        others = [
            other for (pk, at), other in found.items() if pk == student and at and other.due <= need.due
        ]
        if not mode and others:
            _raise_order(found, others[0], need.order)
            continue
        visits = (on_the_way.get((student, at)) for at in ([mode] if mode else Mode.values))
        made.append((need, next(filter(None, visits), None)))
    return [replace(one, order=found[one.student.pk, one.mode].order, planned=visit) for one, visit in made]


def _raise_order(found: dict[tuple[int, str], Need], need: Need, order: int) -> None:
    if order > need.order:
        found[need.student.pk, need.mode] = replace(need, order=order)


# ------------------------------------------------------------------ families reached in another way


def _reached(viewer: Viewer, needs: list[Need]) -> list[Need]:
    """Say of each need how the family was reached otherwise since it began, and who is to come along."""
    assert viewer.school is not None
    students = {one.student.pk for one in needs}
    counted, joined = entered.counted_modes(viewer.school, viewer.day), together.said(students)
    declined = _declined(viewer, students)
    records = _records(viewer, students, min((one.since for one in needs), default=viewer.day))
    made = []
    for need in needs:
        ways = frozenset(mode for mode in counted if need.mode in ("", mode))
        other = _other_way(
            need, ways, counted, declined.get(need.student.pk, []), records.get(need.student.pk, [])
        )
        made.append(replace(need, other=other, joined=joined.get(need.student.pk, "")))
    return made


def takes(viewer: Viewer, round: VisitRound, how: Mapping[int, str]) -> dict[int, bool]:
    """Say of families that a round was to visit whether the programme takes another way for it.

    how: {student: the way}. Students to whom nothing is owed are left out.
    """
    if not how:
        return {}
    assert viewer.school is not None
    found: dict[int, bool] = {}
    counted = entered.counted_modes(viewer.school, viewer.day)
    for need in needs(viewer, room=round.homeroom_id, mode=round.mode):
        way = how.get(need.student.pk)
        if way is not None:
            ok = way in counted and need.mode in ("", way)
            found[need.student.pk] = found.get(need.student.pk, True) and ok
    return found


def _declined(viewer: Viewer, students: Iterable[int]) -> dict[int, list[Visit]]:
    """Return {student: visits their family declined, the newest last}."""
    rows = Visit.objects.filter(school_id=viewer.school_id, student__in=students).exclude(instead="")
    found: dict[int, list[Visit]] = {}
    for row in rows.select_related("round", "declined_by").order_by("pk"):
        found.setdefault(row.student_id, []).append(row)
    return found


def _records(viewer: Viewer, students: Iterable[int], since: date) -> dict[int, list[VisitRecord]]:
    rows = VisitRecord.objects.filter(school_id=viewer.school_id, student__in=students, day__gte=since)
    found: dict[int, list[VisitRecord]] = {}
    for row in rows.select_related("by").defer("said", "signature").order_by("day", "pk"):
        found.setdefault(row.student_id, []).append(row)
    return found


def declined_on(visit: Visit) -> date:
    """Return the day a family declined; of visits from before it was kept, a day of their round."""
    return timezone.localtime(visit.declined_at).date() if visit.declined_at else visit.round.first_day


def _other_way(
    need: Need,
    ways: frozenset[str],
    counted: frozenset[str],
    declined: list[Visit],
    records: list[VisitRecord],
) -> OtherWay | None:
    """Return how a family was reached, the newest that still says something about this need.

    ways: what the programme takes for this visit. What was done in one of them closed another need and says nothing here.
    """
    done = {row.visit_id: row for row in records if row.visit_id}
    asked = [
        one
        for one in declined
        if declined_on(one) >= need.since and need.mode in ("", one.round.mode)
        and not (one.state == Visit.State.DONE and (one.pk not in done or done[one.pk].mode in ways))
    ]  # fmt: skip
    visit = asked[-1] if asked else None
    told = [
        row
        for row in records
        if row.day >= need.since and row.mode not in ways
        and (row.mode not in counted or (visit is not None and row.visit_id == visit.pk))
        and (visit is None or visit.declined_at is None or row.recorded_at >= visit.declined_at)
    ]  # fmt: skip
    record = told[-1] if told else None
    if visit is None and record is None:
        return None
    how = record.mode if record is not None else visit.instead if visit is not None else ""
    return OtherWay(visit, record, how in ways)


@dataclass(frozen=True)
class Coverage:
    """How far one rule has come, class by class."""

    programme: str
    title: str
    due: date | None
    groups: list[GroupCounts]


def coverage(viewer: Viewer) -> list[Coverage]:
    """Return the coverage of every rule about visits by class, small counts hidden from whoever may not read names."""
    if viewer.school is None:
        return []
    found = []
    for programme, pack in school_packs(viewer.school, viewer.day):
        asked = ask(programme, viewer.day)
        for rule in visit_rules(pack, viewer.day):
            now = [v for v in asked.verdicts([rule.id]) if v.first <= viewer.day <= v.last]
            groups = _by_class(viewer, asked, rule, now)
            if groups:
                found.append(Coverage(pack.title, rule.title, max(v.last for v in now), groups))
    return found


def _by_class(viewer: Viewer, asked: Asked, rule: Obligation, verdicts: list[Verdict]) -> list[GroupCounts]:
    """Return the counts of the windows that run today by class; another term's would make a class look twice as big."""
    seen, figured = sight(viewer, asked.pack, rule), Figured(viewer)
    mine = [v for v in verdicts if figured(seen, v.subject)]
    totals = of_groups(mine, groups_of(asked, GROUP_LINKS["homeroom"]))
    hidden = hidden_groups(figured, seen, totals)
    groups = Subject.objects.filter(pk__in=totals, type="homeroom").order_by("pinyin", "pk")
    counted = [
        GroupCounts(one, None if one.pk in hidden else count(totals[one.pk]), one.pk in hidden)
        for one in groups
    ]
    return [one for one in counted if one.counts is None or one.counts.expected]


def families_for(viewer: Viewer, round: VisitRound) -> list[Need]:
    """Return the families a round has to serve, without those whose visit is on its way elsewhere or that declined."""
    room = round.homeroom_id
    found = needs(viewer, room=room, mode=round.mode)
    if round.grade is not None:
        rooms = Attribute.objects.current().filter(
            school_id=viewer.school_id, name="grade", value=str(round.grade), valid_from__lte=viewer.day,
            valid_to__gte=viewer.day,
        ).values_list("subject_id", flat=True)  # fmt: skip
        wanted = set(rooms)
        found = [one for one in found if one.room is not None and one.room.pk in wanted]
    seen: set[int] = set()
    kept = []
    for one in found:
        elsewhere = one.planned is not None and one.planned.round_id != round.pk
        # Who would rather not have anybody at home may still be asked online, and the other way round.
        declined = (
            one.waits
            and one.other is not None
            and one.other.visit is not None
            and one.other.visit.round.mode == round.mode
        )
        if one.student.pk not in seen and not elsewhere and not declined:
            seen.add(one.student.pk)
            kept.append(one)
    return kept

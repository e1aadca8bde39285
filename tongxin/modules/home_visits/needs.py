"""Who still owes which visit to which family by when, as the programmes in force say. Special families come first;
the order is all that is said of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

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

from . import reach
from .models import Mode, Visit, VisitRound

VISIT, VISITED = "home_visit", "visited"
FIRST, USUAL = 50, 0
GUARDED = CLASSES.index("K3")


@dataclass(frozen=True)
class Need:
    """A family to visit. mode: "" when either will do. bearers: ids of those on whose list it stands.

    order: the higher, the earlier. planned: a visit that is on its way already.
    """

    student: Subject
    room: Subject | None
    mode: str
    due: date
    order: int
    bearers: tuple[int, ...]
    late: bool = False
    planned: Visit | None = None

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
                tuple(int(one) for one in verdict.bearer if one.isdecimal()),
            ))  # fmt: skip
    return sorted(
        _planned(viewer, found), key=lambda one: (-one.order, one.due, one.student.pinyin, one.student.pk)
    )


def _note(found: dict[tuple[int, str], Need], need: Need) -> None:
    """Keep one line for a student and mode: the highest place in the order, the earliest day."""
    key = (need.student.pk, need.mode)
    known = found.get(key)
    if known is not None:
        need = Need(
            need.student, need.room, need.mode, min(known.due, need.due), max(known.order, need.order),
            known.bearers or need.bearers,
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
    return [
        Need(
            one.student,
            one.room,
            one.mode,
            one.due,
            found[one.student.pk, one.mode].order,
            one.bearers,
            planned=visit,
        )
        for one, visit in made
    ]


def _raise_order(found: dict[tuple[int, str], Need], need: Need, order: int) -> None:
    if order > need.order:
        found[need.student.pk, need.mode] = Need(
            need.student, need.room, need.mode, need.due, order, need.bearers
        )


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
    """Return the families a round has to serve, those whose visit is on its way elsewhere left out."""
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
        if one.student.pk not in seen and not elsewhere:
            seen.add(one.student.pk)
            kept.append(one)
    return kept

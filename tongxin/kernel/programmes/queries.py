"""Which programmes a school works with, and what their present text says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import School
from tongxin.methods.cadence.calendar import day_in_year
from tongxin.methods.cadence.declarations import AttributeDeclaration, EventDeclaration, Kind, Post
from tongxin.methods.cadence.pack import Pack
from tongxin.ui import prepared

from .models import PlanMark, Programme, ProgrammeVersion
from .packs import parse_in_words

# A school's own programmes go before those handed down to it: its words, kinds and headings are what its people know.
OWN_FIRST = ExpressionWrapper(Q(handed_down__isnull=False), output_field=BooleanField())


def visible_programmes(viewer: Viewer) -> QuerySet[Programme]:
    if viewer.school_id is None or not viewer.may("programme"):
        return Programme.objects.none()
    return Programme.objects.filter(school_id=viewer.school_id)


def active_programmes(school: School, day: date) -> QuerySet[Programme]:
    """Return the programmes in force on a day: the school's own before those handed down, newest first."""
    return _running(school.pk, day)


def _running(school_id: int, day: date) -> QuerySet[Programme]:
    running = Programme.objects.filter(
        Q(retired_on=None) | Q(retired_on__gt=day),
        school_id=school_id,
        first_day__lte=day,
        last_day__gte=day,
    )
    return running.order_by(OWN_FIRST, "-first_day", "title")


def current_version(programme: Programme) -> ProgrammeVersion:
    version = programme.versions.order_by("-number").first()
    if version is None:
        raise ProgrammeVersion.DoesNotExist(programme.pk)
    return version


def current_pack(programme: Programme) -> Pack:
    """Return the programme's present text, parsed, in the words of the page."""
    text = getattr(programme, "current_text", None)
    return parse_in_words(text if text is not None else current_version(programme).text)


def last_pack_with(programme: Programme, obligation: str) -> Pack | None:
    """Return the newest text of a programme that has a rule of this id, parsed; None when none ever had."""
    texts = (
        programme.versions.filter(text__contains=obligation)
        .order_by("-number")
        .values_list("text", flat=True)
    )
    packs = (parse_in_words(text) for text in texts.iterator())
    return next((pack for pack in packs if pack.versions(obligation)), None)


def with_text(programmes: QuerySet[Programme]) -> QuerySet[Programme]:
    """Load each programme's present text in the same query (for pages over several programmes)."""
    newest = ProgrammeVersion.objects.filter(programme=OuterRef("pk")).order_by("-number")
    return programmes.annotate(current_text=Subquery(newest.values("text")[:1]))


def school_packs(school: School, day: date) -> list[tuple[Programme, Pack]]:
    """Return the programmes in force with their packs; one query. Nearly every page asks it, so it is prepared."""
    found = prepared.instances(
        Programme,
        ("in force with text", day),
        lambda at: with_text(_running(at["school"], day)),
        {"school": school.pk},
        more=("current_text",),
    )
    for programme in found:
        programme.school = school
    return [(programme, current_pack(programme)) for programme in found]


def texts_around(school: School, day: date) -> tuple[str, ...]:
    """Return the present texts of the programmes a school and everybody above it work with; those of the top first."""
    line: list[School] = []
    at: School | None = school
    while at is not None and at not in line:
        line.append(at)
        at = at.parent
    texts: list[str] = []
    for one in reversed(line):
        texts += with_text(active_programmes(one, day)).values_list("current_text", flat=True)
    return tuple(texts)


def kinds(school: School, day: date) -> dict[str, Kind]:
    """Return the kinds of activity that can be logged, by name."""
    return _declared(school, day, "kinds")


def _declared(school: School, day: date, what: str) -> dict[str, Any]:
    """Return what the programmes in force declare, by name: the school's own words win, then the newest programme's."""
    found: dict[str, Any] = {}
    for _programme, pack in school_packs(school, day):
        for name, one in getattr(pack, what).items():
            found.setdefault(name, one)
    return found


def kind_named(school: School, name: str, day: date) -> Kind | None:
    """Return a kind's declaration, also when the programme that declares it has ended."""
    found = kinds(school, day).get(name)
    if found is not None:
        return found
    for programme in with_text(Programme.objects.filter(school=school)):
        kind = current_pack(programme).kinds.get(name)
        if kind is not None:
            return kind
    return None


def posts(school: School, day: date) -> dict[str, Post]:
    return _declared(school, day, "posts")


def events(school: School, day: date) -> dict[str, EventDeclaration]:
    return _declared(school, day, "events")


def attributes(school: School, day: date) -> dict[str, AttributeDeclaration]:
    return _declared(school, day, "attributes")


@dataclass(frozen=True)
class PhaseDays:
    number: int
    title: str
    first_day: date
    last_day: date
    deliverables: tuple[str, ...]


@dataclass(frozen=True)
class PlannedItem:
    """An item of the plan with its days in this programme year and what was noted about it last."""

    name: str
    title: str
    month: int
    owner: str
    phase: int
    first_day: date
    due: date
    heading: str
    kinds: tuple[str, ...]
    obligations: tuple[str, ...]
    mark: PlanMark | None


def phases(programme: Programme, pack: Pack) -> list[PhaseDays]:
    year = programme.first_day.year
    rows = []
    for phase in pack.phases.values():
        first, last = day_in_year(phase.first, year), day_in_year(phase.last, year)
        if first and last:
            rows.append(PhaseDays(phase.number, phase.title, first, last, phase.deliverables))
    return rows


def plan_items(programme: Programme, pack: Pack) -> list[PlannedItem]:
    """Return the plan's items in order of their days, each with its latest note; one query."""
    year = programme.first_day.year
    marks = {m.item: m for m in PlanMark.objects.current().filter(programme=programme)}
    items = []
    for item in pack.plan_items:
        due = day_in_year(item.due, year) or month_end(programme, item.month)
        first = day_in_year(item.first, year) or due.replace(day=1)
        items.append(
            PlannedItem(
                name=item.name,
                title=item.title,
                month=item.month,
                owner=item.owner,
                phase=item.phase,
                first_day=first,
                due=due,
                heading=item.heading,
                kinds=item.kinds,
                obligations=item.obligations,
                mark=marks.get(item.name),
            )
        )
    return sorted(items, key=lambda i: (i.first_day, i.due, i.name))


def month_end(programme: Programme, month: int) -> date:
    """Return the last day of a plan's month, in the calendar year the programme reaches it."""
    year = programme.first_day.year + (month < programme.first_day.month)
    following = date(year + month // 12, month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)

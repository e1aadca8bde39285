"""What families and whoever goes are told about visits: announced, at another time, off. No message names anybody.

Each message has a key of its own, so that telling it again adds nothing: one for a round that is published, and one for
each time that its plan was changed. It lies on its reader's page and leaves the house as the reader wishes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.utils import timezone

from tongxin.exchange.notices import topics
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link
from tongxin.kernel.obligations import outbox

from .models import RouteMember, Visit, VisitRound

OF_A_VISIT = (topics.VISIT_TO_CONFIRM, topics.VISIT_MOVED, topics.VISIT_BY_OTHERS, topics.VISIT_OFF)
# {person: (when, which visit)}
Outings = Mapping[int, set[tuple[datetime, int]]]


def announced(round: VisitRound) -> None:
    """Tell everybody of a round that was published: whoever goes, and the guardians."""
    people = set(RouteMember.objects.filter(route__round=round).values_list("person_id", flat=True))
    planned = round.visits.filter(begin__isnull=False).values_list("student_id", flat=True)
    told = {person for held in guardians(planned, timezone.localdate()).values() for person in held}
    for person in sorted(people):
        _put(round, topics.VISITS_YOURS, person)
    for person in sorted(told):
        _put(round, topics.VISIT_TO_CONFIRM, person)


def changed(round: VisitRound, before: Mapping[int, datetime | None], went: Outings) -> None:
    """Tell whom a published round changed for. before: {visit: when it was}; went: {person: where they were to go}."""
    stamp = round.changed_at.isoformat()
    now = outings(round)
    came, come = _company(went), _company(now)
    told = [
        (one, topic)
        for one in round.visits.all()
        if (topic := _news(before.get(one.pk), one, came.get(one.pk) != come.get(one.pk)))
    ]
    held = guardians([one.student_id for one, _topic in told], timezone.localdate())
    for one, topic in told:
        for person in held.get(one.student_id, ()):
            _take_back(one, person, (topic,) if topic == topics.VISIT_BY_OTHERS else OF_A_VISIT)
            _put(round, topic, person, f"{one.public_id}:{stamp}")
    for person in sorted({*now, *went}):
        if now.get(person, set()) != went.get(person, set()):
            _put(round, topics.VISITS_CHANGED, person, stamp)


def off(round: VisitRound, visits: Iterable[Visit]) -> None:
    """Tell the families of visits that were announced and will not take place."""
    rows = [one for one in visits if one.begin is not None and one.begin > timezone.now()]
    held = guardians([one.student_id for one in rows], timezone.localdate())
    for one in rows:
        for person in held.get(one.student_id, ()):
            _take_back(one, person)
            _put(round, topics.VISIT_OFF, person, f"{one.public_id}:{round.changed_at.isoformat()}")


def _company(outings: Outings) -> dict[int, set[int]]:
    """Return {visit: who comes}."""
    found: dict[int, set[int]] = {}
    for person, visits in outings.items():
        for _when, visit in visits:
            found.setdefault(visit, set()).add(person)
    return found


def outings(round: VisitRound) -> dict[int, set[tuple[datetime, int]]]:
    """Return {person: (when, which visit)} of everybody on the routes of a round."""
    found: dict[int, set[tuple[datetime, int]]] = {}
    rows = round.visits.filter(begin__isnull=False, route__isnull=False)
    on_route: dict[int, list[int]] = {}
    for route, person in RouteMember.objects.filter(route__round=round).values_list("route", "person"):
        on_route.setdefault(route, []).append(person)
    for visit, begin, *routes in rows.values_list("pk", "begin", "route", "joined"):
        assert begin is not None
        for person in (person for route in routes for person in on_route.get(route, ())):
            found.setdefault(person, set()).add((begin, visit))
    return found


def guardians(students: Iterable[int], day: date) -> dict[int, list[int]]:
    """Return {student: guardians on a day}."""
    links = Link.objects.filter(
        kind="guardian_of", b_id__in=list(students), superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
    )  # fmt: skip
    found: dict[int, list[int]] = {}
    for guardian, student in links.order_by("pk").values_list("a_id", "b_id"):
        found.setdefault(student, []).append(guardian)
    return found


def _news(was: datetime | None, now: Visit, others: bool) -> str:
    """Return what a family is told of its visit, "" where nothing changed. was: when it was; others: others come now."""
    if now.begin is None:
        return "" if was is None else topics.VISIT_OFF
    if was is None:
        return topics.VISIT_TO_CONFIRM
    if was != now.begin:
        return topics.VISIT_MOVED
    return topics.VISIT_BY_OTHERS if others else ""


def _take_back(visit: Visit, person: int, said: tuple[str, ...] = OF_A_VISIT) -> None:
    """What was said of an earlier time of this visit, or of who came, must not be read beside the new."""
    outbox.cancel_about(person, said, visit.public_id)


def _put(round: VisitRound, topic: str, person: int, about: str = "") -> None:
    outbox.put(
        f"{topic}:{round.public_id}:{person}" + (f":{about}" if about else ""),
        school_id=round.school_id,
        recipient_id=person,
        topic=topic,
        data={},
    )

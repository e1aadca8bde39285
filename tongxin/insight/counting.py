"""Counts of ledger entries for the figures of a report, as known at a moment; one query each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from tongxin.kernel.access.policy import higher
from tongxin.kernel.base.models import Subject
from tongxin.kernel.ledger.models import Entry, Participation
from tongxin.kernel.obligations.classes import known_class
from tongxin.kernel.programmes.models import Programme
from tongxin.methods.cadence.counting import (
    AmountWithin,
    Average,
    Count,
    Distinct,
    Max,
    Measure,
    People,
    PersonTimes,
    QualifierIs,
    Sum,
    Times,
)
from tongxin.methods.cadence.pack import Pack

COLUMNS = ("mode", "theme", "place")
PERSONS = ("student", "staff", "guardian", "outsider")
HUNDREDTHS = 100


class CannotCount(ValueError):
    """The figure's query asks for something that is counted by obligations only."""


@dataclass(frozen=True)
class Moment:
    """What a figure looks at: activities up to `as_of`, as they had been entered by `known_at` (None = now)."""

    as_of: date
    known_at: datetime | None = None


def class_of(pack: Pack, count: Count) -> str:
    """Return the most sensitive data class of the kinds counted."""
    return higher(*(known_class(pack.kinds[kind].data_class) for kind in count.kinds if kind in pack.kinds))


def counted_entries(
    programme: Programme, count: Count, moment: Moment, within: QuerySet[Subject] | None = None
) -> QuerySet[Entry]:
    """Return the entries a figure counts, in the programme's days up to `as_of`.

    within: only those in which one of these subjects took part.
    """
    entries = Entry.objects.as_known_at(moment.known_at).filter(
        _within(programme, moment), school_id=programme.school_id, kind__in=count.kinds
    )
    if within is not None:
        touched = Participation.objects.as_known_at(moment.known_at).filter(entry=OuterRef("pk"))
        entries = entries.filter(Exists(touched.filter(subject__in=within)))
    if count.parts:
        inside = _participations(programme, count, moment).filter(entry=OuterRef("pk"))
        return entries.filter(Exists(inside))
    return entries.filter(_filters(count))


def evaluate(
    programme: Programme,
    count: Count,
    measure: Measure,
    moment: Moment,
    within: QuerySet[Subject] | None = None,
) -> int | float:
    """Return a figure's number. within: of these subjects only.

    Raises CannotCount for companions (`by`, `with`) and measures that only obligations know.
    """
    if count.by is not None or count.with_ is not None:
        raise CannotCount("by, with")
    entries = counted_entries(programme, count, moment, within)
    people = _participations(programme, count, moment).filter(subject__type__in=PERSONS)
    if within is not None:
        people = people.filter(subject__in=within)
    match measure:
        case Times():
            return entries.count()
        case People():
            return people.values("subject_id").distinct().count()
        case PersonTimes():
            return people.values("entry_id", "subject_id").distinct().count()
        case Distinct():
            return _distinct(entries, people, measure)
        case Sum() | Max() | Average():
            return _amounts(entries, people, measure)
    raise CannotCount(type(measure).__name__)


def _within(programme: Programme, moment: Moment) -> Q:
    return Q(day__gte=programme.first_day, day__lte=min(programme.last_day, moment.as_of))


def _participations(programme: Programme, count: Count, moment: Moment) -> QuerySet[Participation]:
    rows = Participation.objects.as_known_at(moment.known_at).filter(
        _within(programme, moment),
        _filters(count),
        school_id=programme.school_id,
        kind__in=count.kinds,
        absent=False,
    )
    return rows.filter(part__in=count.parts) if count.parts else rows


def _filters(count: Count) -> Q:
    condition = Q()
    for only in count.only:
        condition &= _qualifier(only) if isinstance(only, QualifierIs) else _amount(only)
    return condition


def _qualifier(only: QualifierIs) -> Q:
    field = only.qualifier if only.qualifier in COLUMNS else f"extra__{only.qualifier}"
    return Q(**{f"{field}__in": list(only.values)})


def _amount(only: AmountWithin) -> Q:
    field = f"extra__{only.amount}"
    condition = Q(**{f"{field}__isnull": False})
    if only.low is not None:
        condition &= Q(**{f"{field}__gte": int(only.low * HUNDREDTHS)})
    if only.high is not None:
        condition &= Q(**{f"{field}__lte": int(only.high * HUNDREDTHS)})
    return condition


def _distinct(entries: QuerySet[Entry], people: QuerySet[Participation], measure: Distinct) -> int:
    if measure.of == "day":
        return len(set(_days(entries.values_list("start_day", "day").distinct())))
    if measure.of == "counterpart":
        return people.exclude(counterpart=None).values("counterpart_id").distinct().count()
    found = entries.values_list(measure.of, flat=True).distinct()
    return len(set(found) - {""})


def _days(spans: Iterable[tuple[date, date]]) -> Iterable[date]:
    for first, last in spans:
        for offset in range((last - first).days + 1):
            yield first + timedelta(days=offset)


def _amounts(
    entries: QuerySet[Entry], people: QuerySet[Participation], measure: Sum | Max | Average
) -> int | float:
    """Add up, average or find the largest of an amount kept in hundredths."""
    if measure.per == "entry":
        stored = entries.values_list("pk", "extra")
        values = [extra[measure.amount] for _pk, extra in stored if _is_number(extra.get(measure.amount))]
    else:
        values = list(_personal(people, measure.amount).values())
    if not values:
        return 0
    match measure:
        case Sum():
            exact = Fraction(sum(values), HUNDREDTHS)
        case Max():
            exact = Fraction(max(values), HUNDREDTHS)
        case _:
            exact = Fraction(sum(values), HUNDREDTHS * len(values))
    return int(exact) if exact.denominator == 1 else float(exact)


def _personal(people: QuerySet[Participation], amount: str) -> dict[tuple[int, int], int]:
    """Return hundredths by (entry, person); the larger where a person stands in two rows."""
    largest: dict[tuple[int, int], int] = {}
    rows = people.values_list("entry_id", "subject_id", "hours", "extra")
    for entry, person, hours, extra in rows.iterator(chunk_size=5000):
        value: Any = hours if amount == "hours" else extra.get(amount)
        if _is_number(value):
            largest[entry, person] = max(value, largest.get((entry, person), 0))
    return largest


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)

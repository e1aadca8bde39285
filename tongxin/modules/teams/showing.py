"""The page of results inside the school: staff by name, students only where they agreed to be named and may decide that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import ngettext

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.consent.rules import OWN_AGE, birthday
from tongxin.kernel.ledger.models import Entry, Participation
from tongxin.kernel.people.models import Person
from tongxin.kernel.programmes import queries as programmes
from tongxin.ui.formats import listed

from . import logs
from .models import Showing


@dataclass(frozen=True)
class Shown:
    """A result as everybody in the school may read it."""

    entry: Entry
    title: str
    facts: tuple[str, ...]
    names: str


def say(viewer: Viewer, team: Subject, shown: bool) -> None:
    """Note whether the viewer may be named with a team's results; the last word counts."""
    with transaction.atomic():
        row, _made = Showing.objects.update_or_create(
            team=team,
            person_id=viewer.person_id,
            defaults={"school_id": team.school_id, "shown": shown},
        )
        audit.write(viewer, "teams.showing", row, shown=shown)


def said(viewer: Viewer, team: Subject) -> bool | None:
    """Return what the viewer last said about being named; None when nothing was said."""
    row = Showing.objects.filter(team=team, person_id=viewer.person_id).first()
    return row.shown if row else None


def results(school: School, first: date, last: date, day: date) -> list[Shown]:
    """Return the school's results of some days, newest first, with the names that may be shown."""
    entries = logs.results(school, first, last)
    known = programmes.kinds(school, day)
    people = _people(entries)
    agreed = _agreed(school, day)
    return [
        Shown(
            one,
            known[one.kind].title if one.kind in known else one.title,
            logs.facts(one, known.get(one.kind)),
            _names(people.get(one.pk, {}), agreed),
        )
        for one in entries
    ]


def _people(entries: Iterable[Entry]) -> dict[int, dict[int, tuple[str, str]]]:
    found: dict[int, dict[int, tuple[str, str]]] = {}
    rows = Participation.objects.filter(
        entry__in=[one.pk for one in entries], superseded_at=FOREVER, absent=False
    )
    for entry, pk, name, type_ in rows.order_by("pk").values_list(
        "entry_id", "subject_id", "subject__name", "subject__type"
    ):
        if type_ in ("student", "staff"):
            found.setdefault(entry, {})[pk] = (name, type_)
    return found


def _agreed(school: School, day: date) -> set[int]:
    """Return the students who agreed and are old enough to; an unknown birth date counts as too young."""
    rows = dict(
        Person.objects.filter(
            pk__in=Showing.objects.filter(school=school, shown=True).values("person")
        ).values_list("pk", "birth_date")
    )
    return {pk for pk, birth in rows.items() if birth is not None and day > birthday(birth, OWN_AGE)}


def _names(people: dict[int, tuple[str, str]], agreed: set[int]) -> str:
    named = [name for pk, (name, type_) in people.items() if type_ == "staff" or pk in agreed]
    others = sum(type_ == "student" and pk not in agreed for pk, (_name, type_) in people.items())
    if others:
        named.append(ngettext("%(n)d名学生", "%(n)d名学生", others) % {"n": others})
    return listed(named)

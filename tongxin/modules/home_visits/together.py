"""Visits two parties make at once: a pair and whoever joins it at the family's, a colleague by name or by what they can do.

The wish stands with the family until its next visit was made. Whoever joins comes alone, for the pair is there, or with
their own pair where they go on visits themselves; where one pair brings everybody, one pair goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject
from tongxin.methods.routing.model import Part, Team
from tongxin.ui.formats import listed

from . import homes
from .models import HomePlace, Visit, VisitRound, VisitRoute

Wish = Mapping[str, Any]


def wish_of(home: HomePlace | None) -> Wish:
    """Return who is to join: {"person": id}, {"skills": [text]}, or {} for nobody."""
    return (home.together if home else None) or {}


@transaction.atomic
def save(viewer: Viewer, student: Subject, *, person: Subject | None, skills: list[str]) -> None:
    """Keep who joins the next visit to a family; nobody: both empty. A computation begun before is not kept. Raises Refused."""
    if person is not None and (person.school_id != student.school_id or person.type != "staff"):
        raise homes.Refused(_("一起去的人要选本校的老师。"), "person")
    if person is not None and skills:
        raise homes.Refused(_("选一位老师，或写要会什么，只要一样。"), "skills")
    home = HomePlace.objects.select_for_update().filter(student=student).first()
    home = home or HomePlace(school_id=student.school_id, student=student)
    wish: dict[str, Any] = {"person": person.pk} if person else {"skills": skills} if skills else {}
    if dict(wish_of(home)) == wish:
        return
    home.together, home.changed_at, home.changed_by_id = wish, timezone.now(), viewer.person_id
    home.save()
    _touch(student.pk)
    audit.write(
        viewer, "home_visits.together_saved", home, student=student.pk, what="person" if person else "skills" if skills else ""
    )  # fmt: skip


def made(student: int) -> None:
    """A visit was made: the wish was for this one. Called inside the transaction that records it."""
    home = HomePlace.objects.select_for_update().filter(student=student).first()
    if wish_of(home):
        assert home is not None
        home.together = {}
        home.save(update_fields=["together"])
        _touch(student)


def _touch(student: int) -> None:
    still = Visit.objects.filter(student=student).exclude(state__in=[Visit.State.DONE, Visit.State.DROPPED])
    rounds = VisitRound.objects.filter(pk__in=still.values("round")).exclude(state=VisitRound.State.CLOSED)
    rounds.update(changed_at=timezone.now())


# ------------------------------------------------------------------ in the planner's words


def wanted(wish: Wish, person: int, skills: Iterable[str]) -> bool:
    """Say whether somebody is who a wish asks for."""
    if "person" in wish:
        return wish["person"] == person
    return bool(wish) and set(wish["skills"]) <= set(skills)


def parts(part: Part, wish: Wish, teams: Iterable[Team], pairs: frozenset[str]) -> tuple[Part, ...]:
    """Return a visit's parts: as it is, by a pair that brings everybody, or by two parties at once.

    part: what the first party must be. pairs: the teams that visit families by themselves; the others only join.
    """
    if not wish:
        return (part,)
    able = [team for team in teams if _brings(team, wish)]
    first = pairs if part.teams is None else part.teams
    whole = frozenset(team.id for team in able if team.id in first and part.skills <= team.skills)
    if whole:
        return (Part(part.length, part.skills, whole),)
    skills = frozenset(wish.get("skills", ()))
    return part, Part(part.length, skills, frozenset(team.id for team in able))


def _brings(team: Team, wish: Wish) -> bool:
    if "person" in wish:
        return str(wish["person"]) in team.members
    return frozenset(wish["skills"]) <= team.skills


# ------------------------------------------------------------------ in words


def said(students: Iterable[int]) -> dict[int, str]:
    """Return {student: who is wished for, in words} of the families where somebody is."""
    wishes = {pk: wish for pk, home in homes.homes(students).items() if (wish := wish_of(home))}
    named = {wish["person"] for wish in wishes.values() if "person" in wish}
    names = dict(Subject.objects.filter(pk__in=named).values_list("pk", "name"))
    return {pk: _words(wish, names) for pk, wish in wishes.items()}


def _words(wish: Wish, names: Mapping[int, str]) -> str:
    if "person" in wish:
        return _("和%(name)s一起") % {"name": names.get(wish["person"], "")}
    return _("和会%(skills)s的老师一起") % {"skills": listed(wish["skills"])}


def people(visit: Visit) -> list[int]:
    """Return everybody who goes on a visit, the pair first, each once."""
    routes = [route for route in (visit.route, visit.joined) if route is not None]
    return list(dict.fromkeys(person for route in routes for person in route.people))


def others(visit: Visit, route: VisitRoute) -> list[int]:
    """Return who is at the family's beside those of one route."""
    return [person for person in people(visit) if person not in route.people]


def names_of(visits: Iterable[Visit], more: Iterable[int] = ()) -> dict[int, str]:
    """Return {person: name} of everybody who goes on some visits, and of others."""
    wished = {person for visit in visits for person in people(visit)} | set(more)
    return dict(Subject.objects.filter(pk__in=wished).values_list("pk", "name"))

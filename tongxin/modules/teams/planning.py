"""A team's plan: steps with whom and by when; done is said once, and can be taken back."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject

from .looking import Card
from .models import Step

DONE, UNDONE, REMOVE = "done", "undone", "remove"


def steps(team: Subject) -> QuerySet[Step]:
    """Return the steps in the order of their days."""
    return Step.objects.filter(team=team).select_related("bearer").order_by("due", "pk")


def state(step: Step, day: date) -> str:
    """Return met, missed (its day is over) or open."""
    if step.done_on is not None:
        return "met"
    return "missed" if step.due < day else "open"


def bearers(card: Card) -> list[Subject]:
    """Return the people of a team; an enterprise is none."""
    return [one for one in card.everybody if one.type in ("staff", "student")]


def add(viewer: Viewer, team: Subject, title: str, due: date, bearer: int | None, *, token: str) -> Step:
    known = Step.objects.filter(token=token).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            made = Step.objects.create(
                school_id=team.school_id, team=team, title=title, due=due, bearer_id=bearer,
                by_id=viewer.person_id, token=token,
            )  # fmt: skip
            audit.write(viewer, "teams.step_added", made)
    except IntegrityError:
        return Step.objects.get(token=token)
    return made


@transaction.atomic
def change(viewer: Viewer, step: Step, what: str) -> None:
    """Mark a step done, not done, or take it out; said twice it stays as it is."""
    if what == REMOVE:
        audit.write(viewer, "teams.step_removed", step)
        step.delete()
        return
    if what not in (DONE, UNDONE):
        return
    changed = (
        Step.objects.filter(pk=step.pk, done_on=None).update(done_on=viewer.day)
        if what == DONE
        else Step.objects.filter(pk=step.pk).exclude(done_on=None).update(done_on=None)
    )
    if changed:
        audit.write(viewer, f"teams.step_{what}", step)

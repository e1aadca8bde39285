"""What one signed-in person is to fill in: a child its own, a guardian about own children, a teacher about the class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.access.waiting import Waiting
from tongxin.kernel.base.models import Subject
from tongxin.kernel.consent.models import Purpose
from tongxin.kernel.consent.queries import may_process_each

from . import consents, population
from .models import Paper, Sitting, SittingForm
from .papers import Seat

DONE, BEGUN, WAITING, BARRED = "done", "begun", "waiting", "barred"
Form = SittingForm.Form


@dataclass(frozen=True)
class Line:
    """One paper that somebody is to fill in. state: done, begun, waiting, or barred (no consent)."""

    seat: Seat
    state: str
    again: bool = False

    @property
    def owed(self) -> bool:
        return self.state in (BEGUN, WAITING)


def lines(viewer: Viewer) -> list[Line]:
    """Return what a viewer is to fill in now and what of it is done, with the same few queries for any class size."""
    if viewer.school is None or viewer.person is None:
        return []
    running = Sitting.objects.filter(
        school=viewer.school, state=Sitting.State.OPEN, first_day__lte=viewer.day, last_day__gte=viewer.day
    )
    found = [
        seat
        for sitting in running.select_related("school").prefetch_related("forms").order_by("first_day", "pk")
        for seat in _seats(viewer, sitting)
    ]
    return _with_states(viewer, found)


def _seats(viewer: Viewer, sitting: Sitting) -> Iterator[Seat]:
    asked_forms = {form.form for form in sitting.forms.all()}
    me = viewer.person.subject  # type: ignore[union-attr]
    if Form.STUDENT in asked_forms and me.type == "student" and population.is_asked(sitting, me, viewer.day):
        yield Seat(sitting, me)
    if Form.PARENT in asked_forms and viewer.children:
        for child in Subject.objects.filter(pk__in=viewer.children).order_by("pinyin", "pk"):
            if population.is_asked(sitting, child, viewer.day):
                yield Seat(sitting, child, Form.PARENT, me)
    rooms = viewer.posts.get("homeroom_teacher", frozenset())
    if Form.TEACHER in asked_forms and rooms:
        asked = population.asked_by_room(sitting, viewer.day)
        ids = [pk for room in rooms for pk in asked.get(room, ())]
        for child in Subject.objects.filter(pk__in=ids).order_by("pinyin", "pk"):
            yield Seat(sitting, child, Form.TEACHER, me)


def _with_states(viewer: Viewer, found: list[Seat]) -> list[Line]:
    if not found:
        return []
    papers = Paper.objects.filter(
        sitting__in={seat.sitting.pk for seat in found}, student__in={seat.student.pk for seat in found},
        respondent_id=viewer.person_id,
    ).order_by("attempt")  # fmt: skip
    newest = {(one.sitting_id, one.student_id, one.form): one for one in papers}
    allowed = may_process_each(viewer.school_id or 0, {seat.student for seat in found}, Purpose.SCREENING)
    made = []
    for seat in found:
        paper = newest.get((seat.sitting.pk, seat.student.pk, seat.form))
        if paper is not None and paper.finished_at is not None:
            state = DONE
        elif not allowed[seat.student.pk] and seat.respondent is not None:
            state = BARRED
        else:
            # A child's own page says itself what is missing, and lets it decide.
            state = WAITING if paper is None else BEGUN
        made.append(Line(seat, state, paper is not None and paper.attempt > 1))
    return made


def asked_of(viewer: Viewer) -> list[consents.Asked]:
    """Return each child this viewer may say yes or no about: oneself, own children."""
    if viewer.school is None or viewer.person is None:
        return []
    children = list(Subject.objects.filter(pk__in=viewer.children).order_by("pinyin", "pk"))
    me = viewer.person.subject
    about = [me, *children] if me.type == "student" else children
    return [consents.asked_about(child, me) for child in about]


def waiting(viewer: Viewer) -> list[Waiting]:
    """Return what of a sitting waits for a viewer on the first page."""
    if not viewer.roles & {"student", "guardian", "homeroom_teacher"}:
        return []
    asked = asked_of(viewer) if viewer.roles & {"student", "guardian"} else []
    return [*_consents_waiting(asked), *_papers_waiting(lines(viewer))]


def _consents_waiting(asked: list[consents.Asked]) -> Iterator[Waiting]:
    url = reverse("screening:sit_consent")
    for one in asked:
        if one.open:
            title = (
                _("心理测评的说明") if one.itself else _("%(name)s的心理测评") % {"name": one.student.name}
            )
            yield Waiting(title, url, _("看说明"), (_("看一看说明，再决定同意不同意"),))
    if any(one.text is not None and not one.open for one in asked):
        yield Waiting(_("心理测评的说明和回答"), url, _("查看或更改"), quiet=True)


def _papers_waiting(found: list[Line]) -> Iterator[Waiting]:
    url = reverse("screening:sit_own")
    owed = [line for line in found if line.owed]
    for line in owed:
        if line.seat.form == Form.STUDENT:
            fact = _("老师请你再填一次") if line.again else _("填完再交，随时可以停")
            yield Waiting(line.seat.sitting.title, url, _("去填"), (fact,))
        elif line.seat.form == Form.PARENT:
            title = _("%(sitting)s：关于%(name)s的家长问卷") % {
                "sitting": line.seat.sitting.title,
                "name": line.seat.student.name,
            }
            yield Waiting(title, url, _("去填"))
    counts: dict[str, int] = {}
    for line in owed:
        if line.seat.form == Form.TEACHER:
            counts[line.seat.sitting.title] = counts.get(line.seat.sitting.title, 0) + 1
    for title, n in counts.items():
        left = ngettext("还有%(n)d名学生的没有填", "还有%(n)d名学生的没有填", n) % {"n": n}
        yield Waiting(_("%(sitting)s：教师问卷") % {"sitting": title}, url, _("去填"), (left,))

"""How far a sitting is: by class, with who has not begun. Never what anybody answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.kernel.consent.models import Purpose
from tongxin.kernel.consent.queries import may_process_each

from . import population
from .models import Paper, Sitting, SittingForm


@dataclass
class RoomProgress:
    """One class. Of each child one of: done, begun, waiting (may begin), barred (no consent)."""

    room: Subject
    done: list[Subject] = field(default_factory=list)
    begun: list[Subject] = field(default_factory=list)
    waiting: list[Subject] = field(default_factory=list)
    barred: list[Subject] = field(default_factory=list)

    @property
    def asked(self) -> int:
        return len(self.done) + len(self.begun) + len(self.waiting) + len(self.barred)

    @property
    def expected(self) -> int:
        """How many may take part."""
        return self.asked - len(self.barred)


def by_room(sitting: Sitting, day: date, form: str = SittingForm.Form.STUDENT) -> list[RoomProgress]:
    """Return each class's progress with the same few queries, however many children there are."""
    day = min(max(day, sitting.first_day), sitting.last_day)
    asked = population.asked_by_room(sitting, day)
    students = Subject.objects.in_bulk([pk for ids in asked.values() for pk in ids])
    rooms = population.rooms(sitting.school, day).filter(pk__in=asked)
    finished: dict[int, bool] = {}
    papers = Paper.objects.filter(sitting=sitting, form=form, attempt=1)
    for student, at in papers.values_list("student_id", "finished_at"):
        finished[student] = finished.get(student, False) or at is not None
    allowed = may_process_each(sitting.school_id, students.values(), Purpose.SCREENING)
    found = []
    for room in rooms:
        row = RoomProgress(room)
        for pk in asked[room.pk]:
            if finished.get(pk):
                row.done.append(students[pk])
            elif not allowed[pk]:
                row.barred.append(students[pk])
            elif pk in finished:
                row.begun.append(students[pk])
            else:
                row.waiting.append(students[pk])
        found.append(row)
    return found


def of_viewer(viewer: Viewer, rooms: list[RoomProgress]) -> list[RoomProgress]:
    """Return the classes whose names somebody may see: counsellors all, class teachers their own, others none."""
    if viewer.may("screening"):
        return rooms
    own = viewer.posts.get("homeroom_teacher", frozenset())
    return [room for room in rooms if room.room.pk in own]

"""The cast of the tests with all that a sitting needs: three administrators, a chain, consents, instruments.

hall.sitting  open, PHQ-9 for the students of both classes      hall.chain  陈老师 → 李老师's deputy → 王书记
七年级1班: everybody's guardian said yes, except of the last (said no); 七年级2班: nobody has answered yet
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from tongxin.kernel.base.models import Subject
from tongxin.kernel.consent import services as consent
from tongxin.kernel.consent.models import Consent, Purpose
from tongxin.kernel.obligations import outbox
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Person, Student

from .again import again
from .cast import TODAY, Cast, Player, player

if TYPE_CHECKING:
    from tongxin.modules.screening.models import Sitting

FIRST, LAST = TODAY - timedelta(days=2), TODAY + timedelta(days=5)
BIRTH = date(2013, 10, 1)


@dataclass
class Hall:
    """An open sitting and who is around it. guardians: {student id: guardian}."""

    cast: Cast
    sitting: Sitting
    deputy: Player
    admins: list[Player]
    guardians: dict[int, Subject]

    @property
    def form(self):
        return self.sitting.forms.get()

    def child(self, number: int = 0, room: int = 1) -> Subject:
        return self.cast.students[room][number]

    def seat(self, number: int = 0, room: int = 1):
        from tongxin.modules.screening.papers import Seat

        return Seat(self.sitting, self.child(number, room))

    def begun(self, number: int = 0, room: int = 1):
        from tongxin.modules.screening import papers

        return papers.begin(self.seat(number, room))

    def enter(self, answers: Mapping[str, str] | None = None, number: int = 0, room: int = 1):
        """Hand in a whole paper for a child: {item: code}; 0 for what is not named."""
        from tongxin.modules.screening import papers

        filled = {str(n): "0" for n in range(1, 10)} | dict(answers or {})
        return papers.enter(
            self.seat(number, room), {self.form.pk: filled}, source="paper", by=self.cast.chen.viewer()
        )


def prove(client, player: Player) -> None:
    """Let a signed-in counsellor's session stand as just after the second factor."""
    from tongxin.kernel.access.middleware import PROVED

    session = client.session
    session[PROVED] = [player.account.pk, int(timezone.now().timestamp())]
    session.save()


def prove_page(page, address: str, player: Player) -> None:
    """The same for a browser that was signed in by `browser.enter`."""
    from importlib import import_module

    from django.conf import settings

    from tongxin.kernel.access.middleware import PROVED

    (cookie,) = [one for one in page.context.cookies(address) if one["name"] == settings.SESSION_COOKIE_NAME]
    session = import_module(settings.SESSION_ENGINE).SessionStore(cookie["value"])
    session[PROVED] = [player.account.pk, int(timezone.now().timestamp())]
    session.save()


def make_hall(cast: Cast) -> Hall:
    from tongxin.kernel.signals import chain
    from tongxin.modules.screening import instruments, sittings

    whole = people.school_subject(cast.school)
    deputy = player(cast.school, "何敏", "he", deputy_secretary=whole)
    admins = [
        player(cast.school, "安全员", "anquan", security_admin=whole),
        player(cast.school, "审计员", "shenji", audit_admin=whole),
    ]
    guardians = _families(cast)
    consent.publish_text(
        cast.school, Purpose.SCREENING, "收集什么、谁能看、怎样撤回。", renews=True, by=cast.wang.account
    )
    said = [
        consent.Said(
            student, guardians[student.pk], "refused" if student == cast.students[1][-1] else "given"
        )
        for student in cast.students[1]
    ]
    consent.record(
        cast.school,
        Purpose.SCREENING,
        said,
        channel=Consent.Channel.PAPER,
        at=timezone.now(),
        by=cast.sun.account,
    )
    chain.set_chain(
        cast.school,
        [chain.Wanted(one.subject) for one in (cast.chen, deputy, cast.wang)],
        by=cast.wang.viewer(),
        day=TODAY,
    )
    outbox.beat()
    text = instruments.take(cast.school, "phq-9", by=cast.chen.account)
    plan = sittings.Plan(
        title="秋季测评", first_day=FIRST, last_day=LAST, forms=[(text, "student")],
        rooms=[cast.room_one.subject.pk, cast.room_two.subject.pk],
    )  # fmt: skip
    sitting = sittings.create(cast.school, plan, by=cast.chen.viewer())
    sittings.open_sitting(sitting, by=cast.chen.viewer(), day=TODAY)
    sitting.refresh_from_db()
    return Hall(cast, sitting, deputy, admins, guardians)


def _families(cast: Cast) -> dict[int, Subject]:
    """Give every student a birth date, a number and a guardian."""
    guardians = {}
    students = [student for room in (1, 2) for student in cast.students[room]]
    for number, student in enumerate(students, 1):
        Person.objects.filter(pk=student.pk).update(birth_date=BIRTH, sex="female" if number % 2 else "male")
        Student.objects.filter(pk=student.pk).update(local_number=f"2026{number:03}")
        guardian = people.make_guardian(cast.school, f"{student.name[0]}家长", children=[student])
        guardians[student.pk] = guardian.subject
    return guardians


def answered_sitting(student: Subject, day: date):
    """Return a finished paper of a closed sitting at a student's school, and no more of what a sitting needs."""
    from tongxin.modules.screening import instruments
    from tongxin.modules.screening.models import Page, Paper, Result, Sitting, SittingForm

    text = instruments.take(student.school, "phq-9", by=None)
    common = {"school": student.school, "first_day": day, "last_day": day}
    sitting = Sitting.objects.create(**common, title="测评", state=Sitting.State.CLOSED)
    form = SittingForm.objects.create(sitting=sitting, number=1, text=text)
    seat = {"student": student, "form": "student", "respondent": student}
    paper = Paper.objects.create(school=student.school, sitting=sitting, finished_at=timezone.now(), **seat)
    row = {
        "school": student.school,
        "paper": paper,
        "student": student,
        "day": day,
        "recorded_at": timezone.now(),
    }
    answers = {"form": form.pk, "items": {str(n): 0 for n in range(1, 10)}, "seconds": 60}
    Page.objects.create(**row, number=1, answers=answers)
    scores = {
        "scores": {"total": 0}, "missing": {}, "blanks": {}, "validity": "valid", "broken": [], "unsure": [],
        "bands": {"total": "minimal"}, "undetermined": [],
    }  # fmt: skip
    standing = {"rank": 0, "critical": [], "patterns": [], "texts": []}
    Result.objects.create(**row, form=form, scores=scores, standing=standing)
    return paper


@pytest.fixture
def hall(cast, keys) -> Hall:
    return again("hall", make_hall, cast)

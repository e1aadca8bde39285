"""What the page says can be done this week is right, for a school of 1,500 and one counsellor with four hours."""

import random
from datetime import timedelta

from django.utils import timezone

from tongxin.kernel.people import services as people
from tongxin.kernel.signals import services as signals
from tongxin.kernel.signals.models import Call, Signal
from tongxin.modules.cases import capacity, queue
from tongxin.testing.cast import TODAY
from tongxin.testing.screening import prove

# Of 1,500 in a junior high: positive for depression, with thoughts of it, with a plan (domain page 4.3).
WAITING, THOUGHTS, PLAN = 288, 204, 72
A_WEEK, EACH = 240, 20


def crowd(hall, waiting: int, urgent: int) -> None:
    """Let so many more children wait, the urgent ones among them in no order."""
    school, room = hall.cast.school, hall.cast.room_one
    kinds = [True] * urgent + [False] * (waiting - urgent)
    random.Random(15).shuffle(kinds)
    start = timezone.now() - timedelta(days=2)
    for n, is_urgent in enumerate(kinds):
        student = people.make_student(school, f"学生{n:03}", homeroom=room)
        signals.raise_signal(
            school_id=school.pk, student_id=student.pk, origin="person", source=f"crowd-{n}",
            rank=4 + n % 2 if is_urgent else 1 + n % 3, now=start + timedelta(minutes=n),
        )  # fmt: skip


def test_a_week_of_four_hours_sees_twelve_and_the_urgent_even_beyond(hall, client):
    cast = hall.cast
    capacity.set_hours(cast.school, cast.chen.subject, A_WEEK, EACH, by=cast.chen.viewer())
    monday = TODAY - timedelta(days=TODAY.weekday())
    found = capacity.outlook(cast.school, WAITING, 0, TODAY)
    assert (found.this_week, found.beyond) == (A_WEEK // EACH, 0)
    # Every later week holds its share, until all are seen; weeks without school hold none.
    assert found.this_week + sum(week.places for week in found.weeks) == WAITING
    assert all(week.places <= 12 for week in found.weeks)
    assert found.ends >= monday + timedelta(weeks=WAITING // 12 - 1)
    few = capacity.outlook(cast.school, WAITING, PLAN, TODAY)
    assert (few.this_week, few.beyond) == (PLAN, PLAN - 12)
    assert capacity.outlook(cast.school, 5, 0, TODAY).ends == monday


def test_the_page_of_a_big_school_puts_no_grave_child_below_a_light_one(hall, client):
    cast = hall.cast
    crowd(hall, 120, 30)
    capacity.set_hours(cast.school, cast.chen.subject, A_WEEK, EACH, by=cast.chen.viewer())
    children = queue.waiting(cast.chen.viewer())
    assert [child.urgent for child in children] == [True] * 30 + [False] * 90
    ranks = [child.rank for child in queue.open_reasons(cast.chen.viewer(proved=True), children)]
    assert ranks == sorted(ranks, reverse=True)
    cast.sign_in(client, cast.chen)
    prove(client, cast.chen)
    said = client.get("/care/signals/in-order/").content.decode()
    assert "已经看过 0 名，还能看 30 名" in said
    assert "仍有 18 名要马上看的" in said
    assert said.count('class="sheet queue__child') == 30
    for child in children[:5]:
        signals.take(child.first, cast.chen.viewer())
    later = capacity.outlook(cast.school, 115, 25, timezone.localdate())
    assert (later.done, later.this_week, later.beyond) == (5, 25, 25 - 7)


def test_a_signal_raised_twice_is_one_and_calls_once(hall):
    cast = hall.cast
    wanted = {
        "school_id": cast.school.pk,
        "student_id": cast.students[1][0].pk,
        "origin": "person",
        "source": "one",
    }
    assert signals.raise_signal(**wanted, rank=4) is not None
    assert signals.raise_signal(**wanted, rank=1) is None
    assert Signal.objects.get().urgent
    assert Call.objects.count() == 1

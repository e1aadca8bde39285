"""What deadlines run from is recorded where a child is cared for, and nowhere else."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Event
from tongxin.kernel.people import services as people
from tongxin.testing.cast import TODAY


def url(student, name="event"):
    return reverse(f"setup:{name}", args=[student.public_id])


def form(**changes):
    return {"kind": "absent", "day": TODAY.isoformat(), "clock": "08:10"} | changes


def test_a_class_teacher_records_what_happened_to_a_student_of_theirs(cast, client):
    student = cast.students[1][0]
    cast.sign_in(client, cast.liu)
    client.post(url(student), form())
    event = Event.objects.get(subject=student)
    assert (event.kind, event.day, event.at is not None, event.retracted) == ("absent", TODAY, True, False)
    assert "无故缺课" in client.get(reverse("setup:person", args=[student.public_id])).content.decode()
    assert AuditRow.objects.filter(action="people.event_recorded").count() == 1


def test_a_double_click_makes_one_event(cast, client):
    cast.sign_in(client, cast.liu)
    for _ in range(2):
        client.post(url(cast.students[1][0]), form())
    assert Event.objects.count() == 1


def test_what_has_not_happened_yet_is_refused_in_a_sentence(cast, client):
    cast.sign_in(client, cast.liu)
    page = client.post(
        url(cast.students[1][0]), form(day=(TODAY + timedelta(days=1)).isoformat())
    ).content.decode()
    assert "还没有发生的事不能登记" in page
    assert not Event.objects.exists()


def test_a_retracted_event_stays_on_record_and_is_taken_back_once(cast, client):
    student = cast.students[1][0]
    event = people.record_event(student, "absent", TODAY)
    cast.sign_in(client, cast.liu)
    for _ in range(2):
        client.post(reverse("setup:event_retract", args=[event.public_id]))
    assert [row.retracted for row in Event.objects.order_by("pk")] == [False, True]
    assert Event.objects.current().get().retracted
    assert "已撤回" in client.get(reverse("setup:person", args=[student.public_id])).content.decode()


@pytest.mark.parametrize("who", ["ma", "xu", "sun", "guo", "zhao"])
def test_nobody_else_may_record_or_read_what_happened_to_the_child(cast, client, who):
    student = cast.students[1][0]
    event = people.record_event(student, "absent", TODAY)
    cast.sign_in(client, getattr(cast, who))
    assert client.post(url(student), form()).status_code == 404
    assert client.post(reverse("setup:event_retract", args=[event.public_id])).status_code == 404
    assert "无故缺课" not in client.get(reverse("setup:person", args=[student.public_id])).content.decode()
    assert Event.objects.count() == 1

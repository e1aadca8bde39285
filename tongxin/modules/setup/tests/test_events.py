"""What deadlines run from is recorded where a child is cared for, and nowhere else."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Event
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.services import change
from tongxin.modules.setup import events
from tongxin.testing.cast import TODAY
from tongxin.testing.pack import PACK


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


def test_two_posts_of_one_form_at_once_make_one_event(cast, client, monkeypatch):
    """Both looked for the same event before either had saved one: only the form's own token tells them apart."""
    monkeypatch.setattr(events, "_same", lambda *_asked: False)
    cast.sign_in(client, cast.liu)
    page = client.get(url(cast.students[1][0])).content.decode()
    once = re.search(r'name="once" value="([0-9a-f]{32})"', page).group(1)
    for _ in range(2):
        assert client.post(url(cast.students[1][0]), form(once=once)).status_code == 302
    assert Event.objects.count() == 1
    assert AuditRow.objects.filter(action="people.event_recorded").count() == 1
    client.post(url(cast.students[1][0]), form(once="0" * 32))
    assert Event.objects.count() == 2, "another form is another event"


def test_a_token_is_of_one_account_alone(cast, client):
    cast.sign_in(client, cast.liu)
    client.post(url(cast.students[1][0]), form(once="a" * 32))
    cast.sign_in(client, cast.chen)
    client.post(url(cast.students[2][0]), form(once="a" * 32))
    assert Event.objects.count() == 2


def test_a_page_asks_once_whatever_kinds_of_events_there_are(cast, django_assert_num_queries):
    first = "  - {event: absent, title: 无故缺课, of: [student], class: K3}\n"
    more = "".join(
        f"  - {{event: happened-{at}, title: 事情{at}, of: [student], class: {of}}}\n"
        for at, of in enumerate(("K0", "K1", "K2", "K3", "K4b", "K4d", "K5"))
    )
    change(cast.programme, PACK.replace(first, first + more), "多几种", by=cast.wang.account, base=1)
    viewer, student = cast.chen.viewer(), cast.students[1][0]
    events.kinds_of(viewer, student)
    with django_assert_num_queries(2):  # the school's programmes, and what of them the viewer may know
        found = events.kinds_of(viewer, student)
    assert set(found) == {"absent", "happened-2", "happened-3"}


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

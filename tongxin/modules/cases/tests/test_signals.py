"""The queue: urgent first, nobody else finds it, who is called sees no reason, nothing is taken twice or lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.signals import services as signals
from tongxin.kernel.signals.models import Call, Signal
from tongxin.modules.cases import capacity
from tongxin.modules.cases.views import signals as views
from tongxin.testing.again import again
from tongxin.testing.cast import player
from tongxin.testing.screening import prove

QUEUE = reverse("cases:signals")
SAD = {"1": "2", "2": "2", "3": "2", "4": "2", "5": "1", "6": "1"}


def text(answer) -> str:
    return answer.content.decode()


@pytest.fixture
def worried(hall):
    """Two children: one answered the critical item, one reached a band only."""
    again("two worries", worry, hall)
    return hall


def worry(hall):
    hall.enter(SAD, 1)
    hall.enter({"9": "1"}, 0)


def test_urgent_children_come_first_and_the_first_of_the_chain_is_named(worried, client):
    worried.cast.sign_in(client, worried.cast.chen)
    said = text(client.get(QUEUE))
    assert said.index("安小禾") < said.index("白云飞")
    assert "请现在去" in said
    assert "陈晨 等回应" in said


def test_who_was_not_called_yet_sees_how_many_wait_and_nobody(worried, client):
    worried.cast.sign_in(client, worried.deputy)
    said = text(client.get(QUEUE))
    assert "另有 2 名学生" in said
    assert "安小禾" not in said


def test_who_is_called_sees_name_and_class_and_no_reason(worried, client, monkeypatch):
    later = timezone.now() + timedelta(minutes=16)
    signals.escalate(later)
    worried.cast.sign_in(client, worried.deputy)
    said = text(client.get(QUEUE))
    assert "安小禾" in said
    assert "七年级1班" in said
    assert "请当面看看这名学生现在好不好" in said
    assert "白云飞" not in said
    signal = Signal.objects.filter(urgent=True).first()
    for name in ("cases:signal", "cases:signals_in_order"):
        address = reverse(name, args=[signal.public_id] if name.endswith("signal") else [])
        assert client.get(address).status_code == 404


@pytest.mark.parametrize("who", ["liu", "xu", "sun", "guo", "zhou", "zhao"])
def test_the_queue_is_not_there_for_others(worried, client, who):
    signal = Signal.objects.first()
    worried.cast.sign_in(client, getattr(worried.cast, who))
    assert client.get(QUEUE).status_code == 404
    assert client.get(reverse("cases:signals_done")).status_code == 404
    assert client.post(reverse("cases:signal_take", args=[signal.public_id])).status_code == 404
    assert not Call.objects.filter(answer="taken").exists()


def test_a_leader_outside_the_chain_does_not_find_the_queue(worried, client):
    from tongxin.kernel.people import services as people

    other = player(
        worried.cast.school, "行政", "admin", administrator=people.school_subject(worried.cast.school)
    )
    worried.cast.sign_in(client, other)
    assert client.get(QUEUE).status_code == 404
    assert client.get(reverse("screening:home")).status_code == 200


def test_reasons_open_only_with_the_second_factor_and_leave_a_trace(worried, client):
    signal = Signal.objects.get(urgent=True)
    worried.cast.sign_in(client, worried.cast.chen)
    address = reverse("cases:signal", args=[signal.public_id])
    before = AuditRow.objects.filter(action="sealed.read").count()
    answer = client.get(address)
    assert answer.status_code == 302 or "第9题" not in text(answer)
    prove(client, worried.cast.chen)
    said = text(client.get(address))
    assert "PHQ-9：关键题目" in said
    assert "这只是提示，不是结论" in said
    assert AuditRow.objects.filter(action="sealed.read").count() == before + 1


def test_in_order_of_rank_as_many_as_the_hours_of_the_week_allow(worried, client):
    worried.enter(SAD | {"6": "3", "7": "3"}, 2)  # 15: the next band
    worried.cast.sign_in(client, worried.cast.chen)
    prove(client, worried.cast.chen)
    address = reverse("cases:signals_in_order")
    said = text(client.get(address))
    assert said.index("安小禾") < said.index("程一诺") < said.index("白云飞")
    assert "还没有填访谈时间" in said
    capacity.set_hours(worried.cast.school, worried.cast.chen.subject, 40, 20, by=worried.cast.chen.viewer())
    said = text(client.get(address))
    assert "还能看 2 名" in said
    assert "白云飞" not in said
    assert "白云飞" in text(client.get(address, {"all": "1"}))


def test_taking_a_child_takes_all_that_waits_and_tells_the_second_who_was_first(worried, client):
    worried.enter({"9": "1", "1": "3", "2": "3", "3": "3"}, 3)
    signals.escalate(timezone.now() + timedelta(minutes=16))
    child = worried.child(3)
    first = Signal.objects.filter(student=child).first()
    worried.cast.sign_in(client, worried.deputy)
    client.post(reverse("cases:signal_take", args=[first.public_id]))
    open_ = signals.open_signals(worried.cast.school.pk).filter(student=child)
    assert not open_.filter(calls__person=worried.deputy.subject).exists()
    worried.cast.sign_in(client, worried.cast.chen)
    answer = client.post(reverse("cases:signal_take", args=[first.public_id]), follow=True)
    taken = Call.objects.filter(signal=first, answer="taken")
    assert taken.get().person == worried.deputy.subject
    assert Call.objects.filter(signal__student=child, answer="taken").values(
        "signal"
    ).distinct().count() == len(Call.objects.filter(signal__student=child, answer="taken"))
    assert "何敏" in text(answer) or "接手" in text(answer)


def test_passing_on_calls_the_next_at_once_and_the_last_cannot(worried, client):
    signal = Signal.objects.get(urgent=True)
    address = reverse("cases:signal_pass", args=[signal.public_id])
    for who in (worried.cast.chen, worried.deputy):
        worried.cast.sign_in(client, who)
        client.post(address)
    assert Call.objects.filter(signal=signal, answer="passed").count() == 2
    worried.cast.sign_in(client, worried.cast.wang)
    assert f'action="{address}"' not in text(client.get(QUEUE))
    answer = client.post(address, follow=True)
    assert "不能再转" in text(answer)


def test_what_was_taken_is_found_by_name_and_by_page(worried, client):
    signal = Signal.objects.get(urgent=True)
    worried.cast.sign_in(client, worried.cast.chen)
    client.post(reverse("cases:signal_take", args=[signal.public_id]))
    address = reverse("cases:signals_done")
    assert "安小禾" in text(client.get(address))
    assert "安小禾" in text(client.post(address, {"q": "anxiaohe"}))
    assert "没有找到" in text(client.post(address, {"q": "没有"}))


def test_seeing_the_queue_is_on_record(worried, client):
    worried.cast.sign_in(client, worried.cast.chen)
    client.get(QUEUE)
    row = AuditRow.objects.filter(action="signal.queue_seen").last()
    assert set(row.data["subjects"]) == {worried.child(0).pk, worried.child(1).pk}
    assert "安小禾" not in str(row.data)


def test_a_long_queue_lists_all_who_cannot_wait_and_the_first_of_the_others(hall, client, monkeypatch):
    monkeypatch.setattr(views, "AT_FIRST", 2)
    students = [student for room in (1, 2) for student in hall.cast.students[room]]
    for number, student in enumerate(students):
        signals.raise_signal(
            school_id=student.school_id, student_id=student.pk, origin="person", source=student.public_id,
            rank=5 if number % 2 else 2,
        )  # fmt: skip
    urgent = len(students) // 2
    hall.cast.sign_in(client, hall.cast.chen)
    first, whole = (text(client.get(QUEUE, asked)) for asked in ({}, {"all": "1"}))
    assert first.count("queue__child--now") == urgent
    assert first.count('class="sheet queue__child') == urgent + 2
    assert whole.count('class="sheet queue__child') == len(students)
    assert 'hx-get="/care/signals/?all=1"' in whole

"""Nights and weekends: who is on duty is called first, then the chain."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.people import services as people
from tongxin.kernel.signals import duty
from tongxin.kernel.signals import services as signals
from tongxin.kernel.signals.models import Call
from tongxin.testing.cast import player


def at(text: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(text))


def raised(hall, now, source="a", rank=5):
    return signals.raise_signal(
        school_id=hall.cast.school.pk, student_id=hall.cast.students[1][0].pk, origin="person", source=source,
        rank=rank, now=now,
    )  # fmt: skip


def called(signal) -> list[str]:
    return list(
        Call.objects.filter(signal=signal).order_by("round", "step").values_list("person__name", flat=True)
    )


@pytest.fixture
def shift(hall):
    (made,) = duty.add_shifts(
        hall.cast.school, hall.cast.wang.subject, [(at("2027-01-09T18:00"), at("2027-01-10T07:00"))],
        by=hall.cast.chen.viewer(),
    )  # fmt: skip
    return made


def test_at_night_who_is_on_duty_is_called_first_and_then_the_chain_in_order(hall, shift):
    night = at("2027-01-09T23:30")
    signal = raised(hall, night)
    assert called(signal) == [hall.cast.wang.subject.name]
    for minutes in (16, 32, 48):
        signals.escalate(night + timedelta(minutes=minutes))
    # 王 is the firm last of the chain as well: called first for the duty, and last as the one who cannot decline.
    assert called(signal) == [
        hall.cast.wang.subject.name,
        hall.cast.chen.subject.name,
        hall.deputy.subject.name,
        hall.cast.wang.subject.name,
    ]
    assert called(raised(hall, at("2027-01-10T07:00"), "b")) == [hall.cast.chen.subject.name]


def test_nobody_waits_for_who_is_on_duty_and_cannot_sign_in_any_more(hall, shift):
    hall.cast.wang.account.is_active = False
    hall.cast.wang.account.save()
    assert called(raised(hall, at("2027-01-09T23:30"))) == [hall.cast.chen.subject.name]


def test_a_shift_taken_down_calls_the_chain_again(hall, shift):
    duty.take_down(shift, by=hall.cast.chen.viewer())
    assert called(raised(hall, at("2027-01-09T23:30"))) == [hall.cast.chen.subject.name]
    assert AuditRow.objects.filter(action__startswith="signal.duty_").count() == 2


def test_the_scheme_shortens_the_time_to_answer_and_never_lengthens_it(hall, monkeypatch):
    monkeypatch.setattr(signals, "_paces", [lambda school, rank: {5: 10, 4: 45, 2: 240}.get(rank)])
    now = timezone.now()
    due = {
        rank: Call.objects.get(signal=raised(hall, now, f"rank-{rank}", rank)).due_at - now
        for rank in (5, 4, 2, 1)
    }
    assert due == {
        5: timedelta(minutes=10), 4: timedelta(minutes=15), 2: timedelta(hours=4), 1: timedelta(hours=24)
    }  # fmt: skip


def test_nobody_waits_for_who_has_left_and_the_last_who_is_there_cannot_decline(hall):
    now = timezone.now()
    people.depart(
        hall.cast.wang.subject, timezone.localdate(now) - timedelta(days=1), by=hall.cast.chen.viewer()
    )
    hall.cast.chen.account.is_active = False
    hall.cast.chen.account.save()
    signal = raised(hall, now)
    assert called(signal) == [hall.deputy.subject.name]
    assert Call.objects.get(signal=signal).firm
    signals.escalate(now + timedelta(minutes=16))
    assert called(signal) == [hall.deputy.subject.name] * 2


def test_a_signal_nobody_was_there_for_is_called_once_somebody_holds_a_post(hall):
    other, now = hall.cast.other_school, timezone.now()
    child = people.make_student(other, "外校学生二")
    signal = signals.raise_signal(
        school_id=other.pk, student_id=child.pk, origin="person", source="far", rank=5, now=now
    )
    assert called(signal) == []
    assert signals.call_the_uncalled(now) == 0
    whole = people.school_subject(other)
    new = player(other, "周外", "zhouwai", counsellor=whole)
    assert signals.call_the_uncalled(now) == 1
    assert called(signal) == [new.subject.name]
    assert signals.call_the_uncalled(now) == 0

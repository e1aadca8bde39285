"""The roster of nights and weekends is written in one go, and refused whole."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.people import services as people
from tongxin.kernel.signals.models import DutyShift
from tongxin.testing.cast import player

ROSTER = reverse("cases:duty")


def form(who, **other):
    whole = {"person": who.public_id, "first": "2027-01-11", "last": "2027-01-17", "days": "every",
             "start": "18:00", "end": "07:00"}  # fmt: skip
    return whole | other


def test_a_week_of_nights_is_written_at_once_and_an_overlap_refused_whole(hall, client):
    cast = hall.cast
    cast.sign_in(client, cast.chen)
    client.post(ROSTER, form(cast.wang.subject))
    shifts = DutyShift.objects.order_by("from_at")
    assert [timezone.localtime(one.to_at).strftime("%d %H:%M") for one in shifts] == [
        f"{day} 07:00" for day in range(12, 19)
    ]
    answer = client.post(ROSTER, form(hall.deputy.subject, first="2027-01-17", last="2027-01-20"))
    assert answer.status_code == 422
    assert "已经排在2027-01-17" in answer.content.decode()
    assert DutyShift.objects.count() == 7
    client.post(reverse("cases:duty_remove", args=[shifts[0].public_id]))
    assert DutyShift.objects.current().count() == 6


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"person": "x"}, "请选一位值班的人"),
        ({"first": "昨天"}, "请填写日期"),
        ({"last": "2027-01-01"}, "最后一天早于第一天"),
        ({"last": "2029-01-01"}, "一次最多排一年"),
        ({"end": "7点"}, "请填写时间"),
        ({"days": "never"}, "请选哪些天值班"),
        ({"first": "2020-01-01", "last": ""}, "已经过去了"),
    ],
)
def test_a_roster_that_cannot_be_is_refused_with_a_sentence(hall, client, wrong, sentence):
    hall.cast.sign_in(client, hall.cast.chen)
    answer = client.post(ROSTER, form(hall.cast.wang.subject, **wrong))
    assert sentence in answer.content.decode()
    assert not DutyShift.objects.exists()


def test_hours_are_noted_by_who_may_and_nonsense_is_refused_whole(hall, client):
    cast = hall.cast
    chen = cast.chen.subject.public_id
    cast.sign_in(client, cast.chen)
    answer = client.post(reverse("cases:hours"), {f"hours-{chen}": "100", f"each-{chen}": "20"})
    assert "每周填 0 到 60 小时" in answer.content.decode()
    client.post(reverse("cases:hours"), {f"hours-{chen}": "4.5", f"each-{chen}": "20"})
    assert 'value="4.5"' in client.get(ROSTER).content.decode()
    stranger = player(
        cast.other_school, "周外", "zhouwai", counsellor=people.school_subject(cast.other_school)
    )
    cast.sign_in(client, stranger)
    assert chen not in client.get(ROSTER).content.decode()
    cast.sign_in(client, cast.liu)
    for address in (ROSTER, reverse("cases:hours")):
        assert client.post(address).status_code == 404

"""Whoever writes says who must not learn of it: that person is never called and finds nothing, however long nobody answers."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.access.reading import OutOfReach, opened
from tongxin.kernel.obligations.models import Message
from tongxin.kernel.people import services as people
from tongxin.kernel.signals import duty, services
from tongxin.kernel.signals.models import Call, LeftOut, Signal
from tongxin.modules.cases.models import Case, Outcome
from tongxin.modules.network.models import Concern
from tongxin.testing.cast import player
from tongxin.testing.screening import prove

ONCE = "b" * 32


@pytest.fixture
def second(net):
    """Another counsellor, who is on duty today."""
    made = player(net.cast.school, "方圆", "fang", counsellor=people.school_subject(net.cast.school))
    return made


def worry(client, net, who, *left_out, when="calm", once=ONCE):
    client.force_login(who.account)
    data = {"when": when, "where": "操场，电话 138", "words": "这位老师总把孩子单独留下", "once": once,
            "left_out": [one.subject.public_id for one in left_out]}  # fmt: skip
    if who is net.parent:
        return client.post(reverse("network:family_worry"), data | {"student": net.child.public_id})
    room = net.cast.room_one.subject.public_id
    return client.post(
        reverse("network:concern"), data | {"what": "worry", "name": net.child.name, "room": room}
    )


def called() -> list[str]:
    return list(Call.objects.order_by("pk").values_list("person__name", flat=True))


def text_of(client, player, name, *arguments) -> tuple[int, str]:
    client.force_login(player.account)
    prove(client, player)
    answer = client.get(reverse(name, args=arguments))
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("writer", ["parent", "liu"])
def test_the_person_a_worry_is_about_is_never_called_nor_shown_it(client, net, second, writer):
    chen, who = net.cast.chen, net.parent if writer == "parent" else net.cast.liu
    assert worry(client, net, who, chen, when="now").status_code == 200
    assert [row.person_id for row in LeftOut.objects.all()] == [chen.subject.pk]
    for _round in range(8):
        services.escalate(timezone.now() + timedelta(days=1))
    assert set(called()) == {"何敏", "王建国"}
    assert not Message.objects.filter(recipient=chen.subject).exists()
    signal, row = Signal.objects.get(), Concern.objects.get()
    # The last who is left cannot hand it on.
    assert Call.objects.filter(firm=True, round=0).get().person == net.cast.wang.subject
    name = net.child.name
    for address in (
        "cases:signals",
        "cases:signals_in_order",
        "cases:signals_done",
        "cases:taken",
        "network:concerns",
    ):
        status, text = text_of(client, chen, address)
        assert (address, status, name in text) == (address, 200, False)
    assert text_of(client, chen, "cases:signal", signal.public_id)[0] == 404
    assert text_of(client, chen, "network:concern_read", row.public_id)[0] == 404
    assert client.post(reverse("cases:signal_take", args=[signal.public_id])).status_code == 404
    with pytest.raises(services.Refused):
        services.take(signal, chen.viewer(proved=True))
    with pytest.raises(OutOfReach):
        opened(chen.viewer(proved=True), [Concern.objects.get()], "intake", "words")
    # The other counsellor reads it all.
    assert name in text_of(client, second, "cases:signals")[1]
    assert "总把孩子单独留下" in text_of(client, second, "network:concern_read", row.public_id)[1]


def test_whoever_is_on_duty_is_passed_over_too(client, net, second):
    now = timezone.now()
    span = (now - timedelta(hours=1), now + timedelta(hours=5))
    duty.add_shifts(net.cast.school, second.subject, [span], by=net.cast.wang.viewer())
    worry(client, net, net.parent, second, when="now")
    assert called() == ["陈晨"]
    worry(client, net, net.parent, when="now", once="c" * 32)
    assert called() == ["陈晨", "方圆"]


def test_it_does_not_join_a_case_that_this_person_keeps(client, net, second):
    from tongxin.modules.cases.casework import cases

    chen = net.cast.chen.viewer(proved=True)
    case = cases.open_case(net.child, chen, rank=3, why="最近总是一个人坐着", trigger="judgement")
    worry(client, net, net.parent, net.cast.chen)
    assert not Outcome.objects.filter(case=case).exists()
    services.take(Signal.objects.get(origin="family"), second.viewer(proved=True))
    assert not Outcome.objects.filter(case=case).exists()
    assert net.child.name in text_of(client, second, "cases:taken")[1]
    assert net.child.name not in text_of(client, net.cast.chen, "cases:taken")[1]
    # Without anybody left out it joins as ever.
    worry(client, net, net.parent, once="d" * 32)
    assert Outcome.objects.filter(case=case).count() == 1
    assert Case.objects.count() == 1


def test_somebody_has_to_be_left_and_only_those_who_may_learn_are_offered(client, net):
    every = [net.cast.chen, net.leader, net.cast.wang]
    answer = worry(client, net, net.parent, *every)
    assert (answer.status_code, "至少要有一个人知道" in answer.content.decode()) == (422, True)
    assert worry(client, net, net.parent, net.cast.zhao).status_code == 422
    assert not Concern.objects.exists()
    page = client.get(reverse("network:family_worry")).content.decode()
    assert all(one.subject.name in page for one in every)
    assert net.cast.guo.subject.name not in page


def test_what_several_reports_add_up_to_is_kept_from_them_as_well(client, net):
    for number in range(3):
        worry(client, net, net.cast.liu, *([net.cast.chen] if number == 1 else []), once=f"{number}" * 32)
    added = Signal.objects.get(origin="duration")
    assert list(added.left_out.values_list("person__name", flat=True)) == ["陈晨"]
    assert set(added.calls.values_list("person__name", flat=True)) == {"何敏"}

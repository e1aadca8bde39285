"""Lease, send, confirm: whatever dies when, each message leaves at least once and always under the same key."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.kernel.obligations import outbox
from tongxin.kernel.obligations.models import Delivery, Message
from tongxin.testing.cast import NOW


class Died(Exception):
    """The process was killed here."""


def message(cast, key: str) -> Message:
    return outbox.put(key, school_id=cast.school.pk, recipient_id=cast.liu.subject.pk, topic="t", data={})[0]


def bundle(cast, key: str, *messages: Message) -> Delivery | None:
    return outbox.bundle(
        key, "email", messages, school_id=cast.school.pk, recipient_id=cast.liu.subject.pk, now=NOW
    )


def test_a_message_leaves_by_each_channel_at_most_once(cast):
    one = message(cast, "one")
    assert bundle(cast, "monday", one) is not None
    assert bundle(cast, "monday", message(cast, "two")) is None
    assert bundle(cast, "tuesday", one) is None
    assert Delivery.objects.count() == 1


def test_what_was_put_away_or_taken_back_is_left_out_and_an_empty_delivery_is_dropped(cast):
    one, two = message(cast, "one"), message(cast, "two")
    bundle(cast, "monday", one, two)
    outbox.cancel(["one"])
    outbox.put_away(Message.objects.filter(pk=two.pk))
    sent: list[str] = []
    assert outbox.send_waiting(lambda d, _m: sent.append(d.key), now=NOW) == 0
    assert (sent, Delivery.objects.get().dropped_at is not None) == ([], True)


def test_a_refused_delivery_waits_longer_each_time_and_is_given_up_at_last(cast):
    bundle(cast, "monday", message(cast, "one"))

    def refuse(_delivery, _messages):
        raise outbox.NotSent("refused")

    now, waits = NOW, []
    for _try in range(outbox.MOST_TRIES + 3):
        outbox.send_waiting(refuse, now=now)
        delivery = Delivery.objects.get()
        waits.append(delivery.not_before - now)
        now = max(now, delivery.not_before)
    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert max(waits) == outbox.LONGEST_WAIT
    assert (delivery.tries, delivery.trouble) == (outbox.MOST_TRIES, "refused")
    assert outbox.try_again(Delivery.objects.all(), now) == 1
    assert outbox.send_waiting(lambda _d, _m: None, now=now) == 1


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    fates=st.lists(
        st.sampled_from(["works", "refused", "dies before", "dies after", "done meanwhile"]), max_size=12
    )
)
def test_nothing_is_lost_and_nothing_is_doubled_beyond_a_death_before_the_confirmation(cast, fates):
    """Each round something else happens to the sender; at the end a healthy one takes over."""
    with transaction.atomic():
        keys = ["a", "b", "c"]
        for key in keys:
            bundle(cast, key, message(cast, f"m-{key}"))
        sent: Counter[str] = Counter()
        deaths: Counter[str] = Counter()
        taken_back: set[str] = set()
        now = NOW
        for fate in [*fates, *["works"] * 6]:
            now += outbox.LEASE + outbox.LONGEST_WAIT

            def send(delivery, _messages, fate=fate):
                if fate == "refused":
                    raise outbox.NotSent("refused")
                if fate != "dies before":
                    sent[delivery.key] += 1
                if fate.startswith("dies"):
                    deaths[delivery.key] += fate == "dies after"
                    raise Died

            if fate == "done meanwhile":
                waiting = Delivery.objects.filter(sent_at=None, dropped_at=None).first()
                if waiting is not None:
                    outbox.cancel([f"m-{waiting.key}"])
                    taken_back.add(waiting.key)
            try:
                outbox.send_waiting(send, now=now, most=1)
            except Died:
                assert Delivery.objects.filter(leased_until__gt=now).count() == 1
        assert not Delivery.objects.filter(sent_at=None, dropped_at=None).exists()
        assert {key for key in keys if not sent[key]} <= taken_back, "lost"
        assert all(sent[key] <= 1 + deaths[key] for key in keys), "doubled without a death"
        transaction.set_rollback(True)

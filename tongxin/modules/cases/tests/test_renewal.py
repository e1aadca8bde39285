"""A rank that nobody said again in time is no longer said of the child; every deadline goes on; only a person lowers it."""

from dataclasses import replace

import pytest
from django.urls import reverse
from django.utils import timezone

from tongxin.modules.cases import schemes, waiting
from tongxin.modules.cases.casework import cases, ranks
from tongxin.modules.cases.models import Standing
from tongxin.testing.screening import prove


@pytest.fixture
def case(desk, clock):
    return desk.walk(desk.open(desk.child()), "follow")


def page(client, player, name, *arguments, query="") -> str:
    client.force_login(player.account)
    prove(client, player)
    answer = client.get(reverse(f"cases:{name}", args=arguments) + query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_rank_that_is_young_is_shown_in_its_colour(client, desk, case, clock):
    clock.move(days=90, hours=-1)
    text = page(client, desk.cast.chen, "case", case.public_id)
    assert "level--orange" in text
    assert "要重新定" not in text
    assert case.student.name not in page(client, desk.cast.chen, "mine", query="?show=renew")
    assert ranks.to_say_again(type(case).objects.all(), timezone.now()) == 0


def test_a_rank_nobody_said_again_is_no_colour_any_more_and_its_deadlines_stand(client, desk, case, clock):
    due, count = case.follow_due, Standing.objects.count()
    clock.move(days=90, hours=1)
    text = page(client, desk.cast.chen, "case", case.public_id)
    assert "level--orange" not in text
    assert "原橙色，要重新定" in text
    assert "各项期限照旧" in text
    assert case.student.name in page(client, desk.cast.chen, "mine", query="?show=renew")
    lines = [line.title for line in waiting.waiting(desk.cast.chen.viewer())]
    assert "您负责的1份个案要重新定级" in lines
    case.refresh_from_db()
    assert (case.follow_due, Standing.objects.count()) == (due, count)
    assert ranks.known_to_program([case]) == {case.pk: 4}


def test_whoever_sets_the_rank_again_begins_its_time_anew(client, desk, case, clock):
    clock.move(days=90, hours=1)
    cases.move(case, "study", desk.viewer(desk.cast.chen))
    case.refresh_from_db()
    desk.write(case, "meeting")
    desk.write(case, "finding", rank=4)
    case.refresh_from_db()
    text = page(client, desk.cast.chen, "case", case.public_id)
    assert "level--orange" in text
    assert "要重新定" not in text


def test_a_scheme_says_how_long_a_rank_stands_and_half_a_year_where_it_says_nothing(desk, case):
    scheme = schemes.scheme_of(schemes.current(desk.cast.school))
    assert [scheme.stands_for(rank) // (24 * 60) for rank in (5, 4, 2)] == [30, 90, 180]
    silent = replace(scheme, renew={})
    assert {silent.stands_for(rank) for rank in (5, 4, 2)} == {180 * 24 * 60}

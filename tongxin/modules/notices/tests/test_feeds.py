"""The calendar's address: no session, no child's name, gone with the post."""

from __future__ import annotations

from datetime import date, timedelta

import icalendar
import pytest
from django.core.cache import cache
from django.urls import reverse

from tongxin.exchange.notices import services
from tongxin.kernel.access import services as access
from tongxin.kernel.base.models import Link
from tongxin.kernel.people import services as people
from tongxin.modules.notices import feeds
from tongxin.testing.cast import TODAY


@pytest.fixture(autouse=True)
def _nobody_tried_before():
    cache.clear()


def address(player) -> str:
    made = services.new_feed(player.viewer())
    return reverse("notices:feed", args=[made.feed.public_id, made.secret])


def events(client, url: str) -> dict[str, icalendar.Event]:
    answer = client.get(url)
    assert answer.status_code == 200
    calendar = icalendar.Calendar.from_ical(answer.content)
    return {str(event["SUMMARY"]): event for event in calendar.walk("VEVENT")}


def test_a_calendar_needs_no_session_and_holds_what_is_still_owed_and_planned(world, client):
    found = events(client, address(world.wang))
    assert found["书面总结"].decoded("DTSTART") == date(2026, 12, 1)
    assert found["书面总结"].decoded("DTEND") == date(2026, 12, 16)
    assert found["实施阶段"].decoded("DTEND") == date(2026, 12, 1)
    assert "自查自评" not in found
    member = events(client, address(world.xu))
    assert member["党员每两周至少上一次公开课"].decoded("DTSTART") == date(2026, 11, 22)


def test_what_is_k3_says_only_that_something_is_due_and_no_child_is_named(world, client):
    url = address(world.liu)
    found = events(client, url)
    assert found["您有1件事到期"].decoded("DTSTART") == date(2027, 1, 15)
    body = client.get(url).content.decode()
    assert "家访" not in body
    assert not any(s.name in body for room in world.students.values() for s in room)


def test_what_is_guarded_in_chinese_is_guarded_in_an_english_calendar(world, client):
    programme = world.programme.versions.get()
    text = programme.text.replace("党员每两周至少上一次公开课", "建立四级预警网络，四级都有人")
    text = text.replace("书面总结", "国旗下心理专题讲话、教师压力调适")
    type(programme).objects.filter(pk=programme.pk).update(text=text)
    type(world.xu.account).objects.update(language="en")
    for player in (world.xu, world.wang):
        body = client.get(address(player)).content.decode()
        assert "calendar" in body.lower()
        assert not any(word in body.lower() for word in ("four-level", "stress", "预警", "心理"))


def test_what_is_done_leaves_the_calendar_and_the_rest_keeps_its_identity(world, client):
    url = address(world.xu)
    before = events(client, url)
    world.record(
        "wellbeing_lesson",
        date(2026, 11, 16),
        {"homeroom": [world.room_one.subject], "lecturer": [world.xu.subject]},
        by=world.xu,
    )
    after = events(client, url)
    assert set(before) - set(after) == {"党员每两周至少上一次公开课"}
    assert {name: str(e["UID"]) for name, e in after.items()} == {
        name: str(e["UID"]) for name, e in before.items() if name in after
    }


def test_an_unchanged_calendar_is_not_sent_twice(world, client):
    url = address(world.xu)
    first = client.get(url)
    assert first["Content-Type"].startswith("text/calendar; charset=utf-8")
    assert "Set-Cookie" not in first.headers
    again = client.get(url, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(url, headers={"if-none-match": '"other"'}).status_code == 200


def test_the_calendar_ends_with_the_person_and_its_duties_with_the_post(world, client):
    url = address(world.liu)
    Link.objects.filter(kind="homeroom_teacher", a=world.liu.subject).update(
        valid_to=TODAY - timedelta(days=1)
    )
    assert "您有1件事到期" not in events(client, url)
    people.depart(world.liu.subject, TODAY - timedelta(days=1), by=None)
    assert client.get(url).status_code == 404


def test_a_locked_account_has_no_calendar(world, client):
    url = address(world.xu)
    access.set_active(world.xu.person, False, by=world.guo.viewer())
    assert client.get(url).status_code == 404


def test_an_ended_or_wrong_address_looks_absent_and_too_many_have_to_wait(world, client):
    url = address(world.xu)
    services.revoke_feed(world.xu.viewer())
    assert client.get(url).status_code == 404
    good = address(world.ma)
    wrong = reverse("notices:feed", args=["x" * 22, "y" * 32])
    answers = [client.get(wrong).status_code for _try in range(feeds.MOST_UNKNOWN + 2)]
    assert answers[0] == 404
    assert answers[-1] == 429
    # The school shares one network address: a right calendar is answered all the same.
    assert client.get(good).status_code == 200


def test_the_address_is_shown_once_with_its_code_and_a_new_one_ends_the_old(world, client):
    world.sign_in(client, world.xu)
    made = client.post(reverse("notices:feed_new"))
    said = made.content.decode()
    url = "/feeds/" + said.split("/feeds/")[1].split("<")[0].split('"')[0]
    assert "<svg" in said
    assert made["Cache-Control"] == "no-store"
    assert client.get(url).status_code == 200
    assert "/feeds/" not in client.get(reverse("notices:feed_page")).content.decode()
    client.post(reverse("notices:feed_new"))
    assert client.get(url).status_code == 404
    client.post(reverse("notices:feed_end"))
    assert "生成日历地址" in client.get(reverse("notices:feed_page")).content.decode()

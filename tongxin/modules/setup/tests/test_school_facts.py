"""What a school is – stage, region … – is asked, kept with its days, and decides which rules concern it."""

from datetime import date

import pytest
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Attribute
from tongxin.kernel.obligations.queries import ask
from tongxin.kernel.obligations.unrecorded import unrecorded_of
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes import school_facts
from tongxin.kernel.programmes.services import adopt
from tongxin.testing.cast import TODAY

PAGE = reverse("setup:school_facts")
ALWAYS = {"when": "always"}


@pytest.fixture
def based(cast):
    """The bureau has handed the national base down; nothing about the school is recorded."""
    adopt(cast.bureau, "national-base", 2026, by=cast.zhou.account)
    return cast


def base_of(cast):
    return cast.school.programmes.get(pack="national-base")


def recorded(cast, day=TODAY):
    return {name: at.value for name, at in school_facts.known(cast.school, day).items()}


@pytest.mark.parametrize(
    ("who", "found"),
    [
        ("wang", 200), ("sun", 200), ("guo", 200),
        ("liu", 404), ("xu", 404), ("li", 404), ("chen", 404), ("zhou", 404),
    ],
)  # fmt: skip
def test_who_keeps_the_people_keeps_the_facts_of_the_school(cast, client, who, found):
    cast.sign_in(client, getattr(cast, who))
    assert client.get(PAGE).status_code == found
    client.post(PAGE, ALWAYS | {"stage": "junior"})
    assert ("stage" in recorded(cast)) == (found == 200)


def test_another_school_s_facts_are_its_own(cast, client):
    people.appoint(
        cast.zhao.subject, "office", people.school_subject(cast.other_school), since=TODAY, by=None
    )
    cast.sign_in(client, cast.zhao)
    client.post(PAGE, ALWAYS | {"stage": "senior"})
    assert recorded(cast) == {}
    assert school_facts.known(cast.other_school, TODAY)["stage"].value == "senior"


def test_the_page_speaks_the_words_of_the_packs_and_proposes_what_the_register_counts(cast, client):
    cast.sign_in(client, cast.wang)
    page = client.get(PAGE).content.decode()
    for said in ("学段", "初中", "中等职业学校", "所在地区", "重庆市", "先按名册填好"):
        assert said in page
    assert 'name="students_total" value="12"' in page
    assert 'name="institution"' not in page


def test_what_is_saved_is_dated_on_record_and_shown_in_the_settings(cast, client):
    cast.sign_in(client, cast.wang)
    answer = client.post(PAGE, ALWAYS | {"stage": "junior", "region": "other"})
    assert answer.url == reverse("setup:settings")
    assert recorded(cast) == {"stage": "junior", "region": "other", "institution": "school"}
    assert recorded(cast, date(2001, 1, 1)) == recorded(cast)
    assert AuditRow.objects.filter(action="people.attribute_set").count() == 3
    page = client.get(answer.url).content.decode()
    assert "初中" in page
    assert "其他地区" in page


def test_a_change_from_a_day_leaves_the_days_before_as_they_were(cast, client):
    cast.sign_in(client, cast.sun)
    client.post(PAGE, ALWAYS | {"stage": "junior", "region": "other"})
    client.post(PAGE, {"when": "from", "since": "2026-09-01", "stage": "senior", "region": "other"})
    assert recorded(cast, date(2026, 8, 31))["stage"] == "junior"
    assert recorded(cast)["stage"] == "senior"
    assert Attribute.objects.current().filter(name="region").count() == 1
    assert "9月1日起" in _settings(cast, client)


def _settings(cast, client):
    cast.sign_in(client, cast.wang)
    return client.get(reverse("setup:settings")).content.decode()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (ALWAYS, "还没有填"),
        ({"when": "from", "stage": "junior"}, "从哪天起变的"),
        (ALWAYS | {"stage": "moon"}, "moon"),
        (ALWAYS | {"students_total": "-3"}, "请填0或更大的数"),
        (ALWAYS | {"students_total": "很多"}, "整数"),
        ({"stage": "junior"}, "这次改动的"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_saved(cast, client, sent, said):
    cast.sign_in(client, cast.wang)
    page = client.post(PAGE, sent)
    assert page.status_code == 200
    assert said in page.content.decode()
    assert recorded(cast) == {}


def test_rules_wait_for_the_facts_of_the_school_and_say_so(based, client):
    based.sign_in(client, based.wang)
    listed = client.get(reverse("setup:facts")).content.decode()
    assert PAGE in listed
    for title in ("单位类别", "学段", "所在地区"):
        assert title in listed
    assert client.get(reverse("setup:facts_of", args=["stage"])).url == PAGE
    assert "登记学校情况" in client.get(reverse("setup:next_steps")).content.decode()


def test_once_they_are_known_nothing_of_another_stage_or_region_is_asked_or_owed(based, client):
    based.sign_in(client, based.wang)
    client.post(PAGE, ALWAYS | {"stage": "junior", "region": "other"})
    waiting = unrecorded_of(based.wang.viewer())
    assert (
        not {"stage", "region", "institution", "students_over_thousand", "boarders_over_200"} & waiting.keys()
    )
    verdicts = ask(base_of(based), TODAY).verdicts()
    expected = {v.obligation for v in verdicts if v.verdict in ("met", "open", "missed")}
    assert {"visit-yearly", "family-guidance-twice", "sport-two-hours"} <= expected
    elsewhere = {
        "parents-school-chongqing",
        "room-open-daily",
        "college-two-counsellors",
        "screening-organised",
    }
    assert not elsewhere & {v.obligation for v in verdicts}


def test_the_settings_page_says_how_many_rules_look_at_a_fact(based, client):
    assert "条要求要看" in _settings(based, client)

"""Visits that change after they were published: who is told, what the family sees; other ways to meet, and who may pick whom."""

from __future__ import annotations

import pytest

from tongxin.kernel.access.waiting import waiting_for
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.obligations.models import Message
from tongxin.modules.home_visits import answers, needs, planning
from tongxin.modules.home_visits.models import Visit, VisitRound

from .test_visiting import State, body, url, written

pytestmark = pytest.mark.django_db


# Long enough that every family fits into either, so that one can always go from one to the other.
DAYS = [
    {"id": "1121", "day": "2026-11-21", "from": "08:00", "to": "20:30", "most": None},
    {"id": "1122", "day": "2026-11-22", "from": "08:00", "to": "20:30", "most": None},
]


@pytest.fixture
def published(visits) -> VisitRound:
    return answers.publish(visits.cast.liu.viewer(), visits.planned(sessions=DAYS))


def test_a_call_and_a_talk_at_school_close_what_the_programme_says(client, visits):
    """Where the kind names them among its ways, they count as what they are."""
    visits.cast.add_rules(
        "",
        ("{in_person: 入户, online: 线上}", "{in_person: 入户, online: 线上, at_school: 到校, phone: 电话}"),
    )
    visits.cast.sign_in(client, visits.cast.liu)
    for mode, child in (("phone", visits.child), ("at_school", visits.children[1])):
        page = client.post(url("record_new", child.public_id), written(mode=mode, once=mode.ljust(32, "x")))
        assert page.status_code == 302
        assert Entry.objects.get(kind="home_visit", mode=mode)
        assert child not in [one.student for one in needs.needs(visits.cast.liu.viewer()) if not one.mode]


# ------------------------------------------------------------------ a time that changes


def _told(visits):
    rows = Message.objects.filter(recipient=visits.parent.subject, cancelled_at=None)
    return sorted(rows.values_list("topic", flat=True))


def _moved(visits, round, session, time=None):
    mine = Visit.objects.get(round=round, student=visits.child)
    other = next(one for one in round.sessions if one["id"] == session)
    people = mine.route.people if mine.route else [visits.cast.liu.subject.pk, visits.cast.xu.subject.pk]
    planning.ask(
        visits.cast.liu.viewer(), round, {"move": mine.pk, "people": people, "session": other["id"], "begin": time}
    )  # fmt: skip
    mine.refresh_from_db()
    return mine


def _other(round, mine):
    return next(one["id"] for one in round.sessions if one["id"] != mine.route.session)


def test_a_family_is_told_when_its_time_changes_and_sees_both_times(client, visits, published):
    mine = Visit.objects.get(round=published, student=visits.child)
    first = mine.begin
    assert _told(visits) == ["visit_to_confirm"]
    mine = _moved(visits, published, _other(published, mine))
    assert mine.begin != first
    assert (mine.state, mine.before) == (State.PLANNED, first)
    assert _told(visits) == ["visit_moved", "visit_to_confirm"]
    assert "visits_changed" in Message.objects.filter(recipient=visits.cast.xu.subject).values_list(
        "topic", flat=True
    )
    lines = [line.title for line in waiting_for(visits.parent.viewer())]
    assert lines[0] == f"家访的时间改了：{visits.child.name}"
    visits.cast.sign_in(client, visits.parent)
    page = body(client.get(url("family_visit", mine.public_id)))
    assert "时间改了，原来是" in page
    # Moved once more there is still one message about it; that another family stayed where it was is told to nobody.
    published.refresh_from_db()
    _moved(visits, published, _other(published, mine))
    assert _told(visits) == ["visit_moved", "visit_to_confirm"]
    client.post(url("family_visit", mine.public_id), {"what": "confirm"})
    mine.refresh_from_db()
    assert mine.before is None
    assert "时间改了" not in body(client.get(url("family_visit", mine.public_id)))
    assert all(message.data == {} for message in Message.objects.all())


def test_nobody_is_told_of_a_plan_that_is_not_published(visits):
    made = visits.planned(sessions=DAYS)
    mine = Visit.objects.get(round=made, student=visits.child)
    mine = _moved(visits, made, _other(made, mine))
    assert mine.before is None
    assert not Message.objects.exists()


def test_a_round_that_ends_tells_the_families_whose_time_it_takes_back(visits, published):
    answers.close(visits.cast.liu.viewer(), published)
    assert _told(visits) == ["visit_off", "visit_to_confirm"]
    answers.close(visits.cast.liu.viewer(), published)
    assert _told(visits) == ["visit_off", "visit_to_confirm"]


# ------------------------------------------------------------------ picking who goes


def test_whoever_plans_finds_people_by_post_and_by_name_without_a_script(client, visits):
    cast = visits.cast
    cast.sign_in(client, cast.liu)
    address = url("round_new")
    page = client.get(address)
    assert {"homeroom_teacher", "counsellor", "branch_member"} <= {
        one["id"] for one in page.context["groups"]
    }
    by_name = {one["name"]: one for one in page.context["people"]}
    assert by_name[cast.chen.subject.name]["groups"].split() == ["counsellor"]
    teacher = by_name[cast.liu.subject.name]
    assert "homeroom_teacher" in teacher["groups"].split()
    assert "班主任" in teacher["detail"]
    found = client.post(
        address, {"find": "people", "people_q": "xujing", "people": [cast.liu.subject.public_id]}
    )
    assert found.status_code == 200
    assert {one["name"] for one in found.context["people"]} == {cast.liu.subject.name, cast.xu.subject.name}
    assert not VisitRound.objects.exists()
    made = visits.round()
    change = url("round_people", made.public_id)
    found = client.post(
        change, {"find": "people", "people_q": "xujing", "people": [cast.liu.subject.public_id]}
    )
    assert found.status_code == 200
    made.refresh_from_db()
    assert made.people == [cast.liu.subject.pk, cast.xu.subject.pk]


@pytest.mark.parametrize(
    ("who", "status"), [("liu", 200), ("chen", 200), ("wang", 404), ("xu", 404), ("parent", 404)]
)
def test_the_list_leaves_with_whoever_plans_and_with_nobody_else(client, visits, who, status):
    player = visits.parent if who == "parent" else getattr(visits.cast, who)
    visits.cast.sign_in(client, player)
    assert client.get(url("needs_export")).status_code == status

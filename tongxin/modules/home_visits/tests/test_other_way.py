"""A family reached in another way: the list says how, when and by whom, and it is planned again only where somebody asks."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.ledger.models import Entry
from tongxin.modules.home_visits import answers, needs, planning
from tongxin.modules.home_visits.models import Visit, VisitRecord, VisitRound

from .test_changes import DAYS
from .test_visiting import State, body, url, written

pytestmark = pytest.mark.django_db
IN_PERSON = """
  - id: visit-at-home
    title: 每学期入户家访一次
    heading: "2.1"
    source: {document: 青山中学育人方案, at: 二(三), level: school, modality: must}
    since: 2026-01-10
    subject: student
    bearer: homeroom_teacher
    count: {kind: home_visit, part: visited, only: {mode: in_person}}
    measure: times
    at_least: 1
    window: term
    cases:
      - {name: 没有家访，算待完成, entries: [], as_of: 2026-11-18, verdict: open}
"""


@pytest.fixture
def declined(visits) -> Visit:
    """The parent of the first child would rather be called; a programme asks for a visit at home."""
    visits.cast.add_rules(IN_PERSON)
    made = answers.publish(visits.cast.liu.viewer(), visits.planned(sessions=DAYS))
    return answers.refuse(
        visits.parent.viewer(), made.visits.get(student=visits.child), "phone", "家里在装修"
    )


def need(visits, mode: str = "in_person") -> needs.Need:
    found = needs.needs(visits.cast.liu.viewer())
    return next(one for one in found if one.student == visits.child and one.mode == mode)


def owed(visits, round) -> set[int]:
    return {one.student.pk for one in needs.families_for(visits.cast.liu.viewer(), round)}


def test_the_list_says_how_when_by_whom_and_that_it_is_no_visit(client, visits, declined):
    cast = visits.cast
    one = need(visits)
    assert (one.other.words, one.other.by, one.other.accepted, one.waits) == ("打电话", "安家长", False, True)
    cast.sign_in(client, cast.liu)
    page = body(client.get(url("needs")))
    assert "换了办法" in page
    assert "方案不认这个办法，登记了也还欠着" in page
    assert "家里在装修" not in page  # what the family said stands on its own page, not in a list
    assert {
        row["need"].student for row in client.get(url("needs"), {"planned": "other"}).context["rows"]
    } == {visits.child}
    assert visits.child not in {
        row["need"].student for row in client.get(url("needs"), {"planned": "no"}).context["rows"]
    }
    sheet = zipfile.ZipFile(io.BytesIO(client.get(url("needs_export"), {"planned": "other"}).content))
    assert any(
        "打电话（2026-11-18）" in sheet.read(name).decode()
        for name in sheet.namelist()
        if name.endswith(".xml")
    )
    cast.sign_in(client, cast.ma)
    assert visits.child.name not in body(client.get(url("needs")))


def test_a_call_that_was_made_is_a_contact_and_the_visit_stays_owed(client, visits, declined):
    cast = visits.cast
    cast.sign_in(client, cast.liu)
    page = body(client.get(url("needs"), {"planned": "other"}))
    assert url("record_visit", declined.public_id) in page
    assert client.post(url("record_visit", declined.public_id), written(mode="phone")).status_code == 302
    one = need(visits)
    assert (one.other.record.mode, one.other.by, one.other.accepted, one.waits) == (
        "phone",
        "刘洋",
        False,
        True,
    )
    assert not Entry.objects.filter(kind="home_visit").exists()
    round = declined.round
    page = body(client.get(url("round", round.public_id)))
    assert (
        f"{len(visits.children)} 家，排上 {len(visits.children) - 1} 家，访完 0 家，换了办法 1 家。" in page
    )
    assert "方案不算家访，还欠着" in page
    assert "换了办法 1" in body(client.get(url("rounds")))


def test_it_is_not_planned_again_unless_somebody_asks(client, visits, declined):
    cast, round = visits.cast, declined.round
    assert visits.child.pk not in owed(visits, visits.round())
    answers.close(cast.liu.viewer(), round)
    assert visits.child.pk not in owed(visits, visits.round())
    assert visits.child.pk in owed(visits, visits.round(mode="online"))
    cast.sign_in(client, cast.liu)
    for _twice in range(2):
        assert client.post(url("visit_again", declined.public_id)).status_code == 302
    assert AuditRow.objects.filter(action="home_visits.asked_again").count() == 1
    assert visits.child.pk in owed(visits, visits.round())
    assert need(visits).other.words == "打电话"  # it is still known
    assert not need(visits).waits


def test_asked_again_while_the_round_runs_it_is_planned_there(client, visits, declined):
    round = declined.round
    visits.cast.sign_in(client, visits.cast.liu)
    page = client.post(url("visit_again", declined.public_id), follow=True)
    assert "尽量少改地再排" in body(page)
    round.refresh_from_db()
    planning.ask(visits.cast.liu.viewer(), round, {"repair": True})
    row = Visit.objects.get(pk=declined.pk)
    assert (row.state, row.instead, bool(row.begin)) == (State.PLANNED, "", True)
    assert need(visits).other is None


@pytest.mark.parametrize(("who", "status"), [("chen", 302), ("ma", 404), ("xu", 404), ("wang", 404)])
def test_only_whoever_plans_for_the_child_asks_again(client, visits, declined, who, status):
    visits.cast.sign_in(client, getattr(visits.cast, who))
    assert client.post(url("visit_again", declined.public_id)).status_code == status


def test_a_way_the_programme_takes_is_said_so_and_closes_what_is_owed(client, visits):
    cast = visits.cast
    made = answers.publish(cast.liu.viewer(), visits.planned(sessions=DAYS))
    row = answers.refuse(cast.liu.viewer(), made.visits.get(student=visits.child), "online", "在外地")
    found = next(
        one for one in needs.needs(cast.liu.viewer()) if one.student == visits.child and not one.mode
    )
    assert (found.other.words, found.other.by, found.other.accepted) == ("改为线上", "刘洋", True)
    cast.sign_in(client, cast.liu)
    assert "方案认这个办法，登记了就算" in body(client.get(url("needs"), {"planned": "other"}))
    assert client.post(url("record_visit", row.public_id), written(mode="online")).status_code == 302
    assert visits.child.pk not in {one.student.pk for one in needs.needs(cast.liu.viewer()) if not one.mode}


def test_a_talk_at_school_is_shown_and_hinders_nothing(client, visits):
    visits.cast.add_rules(IN_PERSON)
    visits.cast.sign_in(client, visits.cast.liu)
    client.post(url("record_new", visits.child.public_id), written(mode="at_school"))
    one = need(visits)
    assert (one.other.words, one.waits) == ("请家长到校", False)
    assert visits.child.pk in owed(visits, visits.round())
    VisitRecord.objects.update(day=date(2026, 8, 1))  # a year ago it says nothing of what is owed now
    assert need(visits).other is None


def test_another_time_after_all_takes_the_other_way_back(visits, declined):
    from datetime import timedelta

    from django.utils import timezone

    row = answers.propose(visits.parent.viewer(), declined, timezone.now() + timedelta(days=3), "装修好了")
    assert (row.instead, row.declined_by) == ("", None)


# ------------------------------------------------------------------ two tabs


def test_a_round_that_ended_in_another_tab_takes_no_changes(client, visits):
    made = visits.planned(sessions=DAYS)
    cast = visits.cast
    answers.close(cast.liu.viewer(), made)
    cast.sign_in(client, cast.liu)
    before = VisitRound.objects.get(pk=made.pk)
    page = client.post(
        url("round_people", made.public_id), {"people": [cast.li.subject.public_id]}, follow=True
    )
    assert "这次安排已经结束了，请另建一次" in body(page)
    page = client.post(url("round_sessions", made.public_id), {"keep": ["1121"]}, follow=True)
    assert "这次安排已经结束了，请另建一次" in body(page)
    client.post(url("round_plan", made.public_id))
    client.post(url("round_publish", made.public_id))
    after = VisitRound.objects.get(pk=made.pk)
    assert (after.people, after.sessions, after.state) == (before.people, before.sessions, before.state)

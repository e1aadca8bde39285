"""A visit by two parties at once: the pair and a colleague, or somebody who can do something, from the wish to the ledger."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from tongxin.kernel.access.waiting import waiting_for
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.obligations.models import Message
from tongxin.kernel.solving.models import SolverRun
from tongxin.modules.home_visits import answers, calendar, homes, planning, problems, recording, together
from tongxin.modules.home_visits.models import Visit, VisitRecord, VisitRound
from tongxin.testing.cast import TODAY

from .test_changes import DAYS
from .test_visiting import State, body, url, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def wished(visits):
    """The family of the first child is visited together with li, who goes on no visits of the round."""
    together.save(visits.cast.liu.viewer(), visits.child, person=visits.cast.li.subject, skills=[])
    return visits


@pytest.fixture
def published(wished) -> VisitRound:
    return answers.publish(wished.cast.liu.viewer(), wished.planned(sessions=DAYS))


def joint(round, visits) -> Visit:
    return Visit.objects.select_related("route", "joined").get(round=round, student=visits.child)


def pks(*players) -> set[int]:
    return {one.subject.pk for one in players}


def test_a_colleague_is_there_at_the_same_time_and_visits_nobody_alone(wished):
    cast = wished.cast
    made = wished.planned(sessions=DAYS)
    mine = joint(made, wished)
    assert set(mine.route.people) == pks(cast.liu, cast.xu)
    assert mine.joined.people == [cast.li.subject.pk]
    assert mine.joined.leave < mine.begin < mine.end < mine.joined.back
    others = made.visits.exclude(pk=mine.pk)
    assert all(
        one.begin and one.joined is None and set(one.route.people) == pks(cast.liu, cast.xu) for one in others
    )


def test_somebody_who_can_do_it_joins_and_where_the_pair_can_it_goes_alone(visits):
    cast, viewer = visits.cast, visits.cast.liu.viewer()
    together.save(viewer, visits.child, person=None, skills=[homes.COUNSELLING])
    people = [one.subject.pk for one in (cast.liu, cast.xu, cast.ma, cast.chen)]
    homes.save_card(cast.liu.viewer(), times=[], skills=[], most=None, partner=cast.xu.subject)
    made = visits.planned(sessions=DAYS, people=people)
    mine = joint(made, visits)
    assert set(mine.route.people) == pks(cast.liu, cast.xu)
    assert set(mine.joined.people) == pks(cast.ma, cast.chen)
    homes.save_card(cast.liu.viewer(), times=[], skills=[], most=None, partner=cast.chen.subject)
    made.delete()
    alone = joint(visits.planned(sessions=DAYS, people=people), visits)
    assert set(alone.route.people) == pks(cast.liu, cast.chen)
    assert alone.joined is None


def test_limits_of_their_own_do_not_keep_two_parties_apart(wished):
    """Somebody who takes few families is out on a session of an own name, at the same time all the same."""
    homes.save_card(wished.cast.li.viewer(), times=[], skills=[], most=1, partner=None)
    homes.save_card(wished.cast.xu.viewer(), times=[], skills=[], most=4, partner=None)
    assert joint(wished.planned(sessions=DAYS), wished).joined is not None


def test_who_can_come_at_no_time_is_said_with_what_helps(client, wished):
    li = wished.cast.li.viewer()
    homes.save_card(li, times=[homes.window([0], "18:00", "20:00")], skills=[], most=None, partner=None)
    made = wished.planned(sessions=DAYS)
    mine = joint(made, wished)
    assert (mine.begin, mine.left_out["code"]) == (None, planning.NOBODY_JOINS)
    assert made.visits.filter(begin__isnull=True).count() == 1
    wished.cast.sign_in(client, wished.cast.liu)
    page = body(client.get(url("round", made.public_id)))
    assert f"和{wished.cast.li.subject.name}一起" in page
    assert "要一起去的老师在这些场次都没有空" in page


def test_moving_locking_and_planning_anew_keep_both_together(client, wished, published):
    cast, viewer = wished.cast, wished.cast.liu.viewer()
    mine = joint(published, wished)
    other = next(one["id"] for one in DAYS if one["id"] != mine.route.session)
    cast.sign_in(client, cast.liu)
    page = client.get(url("visit", mine.public_id))
    assert [name for name, _words in page.context["move"].fields["team"].choices] == [
        "-".join(map(str, mine.route.people))
    ]
    client.post(
        url("visit_move", mine.public_id),
        {"team": "-".join(map(str, mine.route.people)), "session": other, "time": "10:00"},
    )
    mine = joint(published, wished)
    assert (mine.route.session, mine.joined.session, mine.locked) == (other, other, True)
    assert timezone.localtime(mine.begin).hour == 10
    at = mine.begin
    published.refresh_from_db()
    planning.ask(viewer, published, {"repair": True})
    mine = joint(published, wished)
    assert (mine.begin, mine.joined.people) == (at, [cast.li.subject.pk])
    assert mine.joined.leave < at
    assert "visits_changed" in Message.objects.filter(recipient=cast.li.subject).values_list(
        "topic", flat=True
    )


def test_whoever_joins_later_comes_at_the_time_the_family_was_told(visits):
    viewer = visits.cast.liu.viewer()
    made = answers.publish(viewer, visits.planned(sessions=DAYS))
    before = {one.pk: one.begin for one in made.visits.all()}
    answers.confirm(viewer, made.visits.get(student=visits.child))
    for child in visits.children[:2]:
        together.save(viewer, child, person=visits.cast.li.subject, skills=[])
    made.refresh_from_db()
    planning.ask(viewer, made, {"repair": True})
    assert {one.pk: one.begin for one in made.visits.all()} == before
    assert joint(made, visits).state == State.CONFIRMED
    assert made.visits.filter(joined__isnull=False).count() == 2
    told = Message.objects.filter(recipient=visits.parent.subject, cancelled_at=None)
    assert sorted(told.values_list("topic", flat=True)) == ["visit_by_others", "visit_to_confirm"]
    # Said once more of the same visit, the newest alone is left; who already knew is not told again.
    together.save(viewer, visits.child, person=None, skills=[])
    made.refresh_from_db()
    planning.ask(viewer, made, {"repair": True})
    assert joint(made, visits).joined is None
    known = set(told)
    assert sorted(one.topic for one in known) == ["visit_by_others", "visit_to_confirm"]
    made.refresh_from_db()
    planning.ask(viewer, made, {"repair": True})
    assert set(told.all()) == known


def test_a_time_a_family_confirmed_is_not_lost_because_somebody_cannot_join(visits):
    viewer = visits.cast.liu.viewer()
    made = answers.publish(viewer, visits.planned(sessions=DAYS))
    mine = answers.confirm(viewer, made.visits.get(student=visits.child))
    homes.save_card(
        visits.cast.li.viewer(),
        times=[homes.window([0], "18:00", "20:00")],
        skills=[],
        most=None,
        partner=None,
    )
    together.save(viewer, visits.child, person=visits.cast.li.subject, skills=[])
    made.refresh_from_db()
    planning.ask(viewer, made, {"repair": True})
    assert "有1家约好或固定的时间保不住" in SolverRun.objects.order_by("-pk").first().failure
    assert joint(made, visits).begin == mine.begin


def test_the_independent_checker_faults_two_who_come_apart(wished, monkeypatch):
    solve = planning.solving.plan

    def apart(problem, **more):
        made = solve(problem, **more)
        late = [
            replace(one, leave=one.leave + 60, back=one.back + 60, stops=tuple(replace(s, begin=s.begin + 60, end=s.end + 60) for s in one.stops))
            if one.team == str(wished.cast.li.subject.pk) else one
            for one in made.routes
        ]  # fmt: skip
        return replace(made, routes=tuple(late))

    monkeypatch.setattr(planning.solving, "plan", apart)
    made = wished.planned(sessions=DAYS)
    assert "没有通过核对" in SolverRun.objects.get().failure
    assert not made.visits.filter(begin__isnull=False).exists()


# ------------------------------------------------------------------ on the phones


def test_both_routes_the_papers_the_calendar_and_the_family_s_page_tell_of_it(client, wished, published):
    cast = wished.cast
    mine = joint(published, wished)
    names = {name: getattr(cast, name).subject.name for name in ("liu", "xu", "li")}
    pair = [name for pk in mine.route.people for name in names.values() if pk == _pk(cast, name)]
    cast.sign_in(client, cast.li)
    page = body(client.get(url("route", mine.joined.public_id)))
    assert wished.child.name in page
    assert all(one in page for one in pair)
    assert "同时到" in page
    assert (
        client.get(url("route", mine.route.public_id)).status_code == 404
    )  # the others' families are not hers
    assert [
        one.student
        for one in Visit.objects.all()
        if client.get(url("record_visit", one.public_id)).status_code == 200
    ] == [wished.child]
    cast.sign_in(client, cast.xu)
    assert f"和{names['li']}同时到" in body(client.get(url("route", mine.route.public_id)))
    sheet = client.get(url("route_sheet", mine.route.public_id, "docx"))
    assert (
        f"和{names['li']}同时到"
        in zipfile.ZipFile(io.BytesIO(sheet.content)).read("word/document.xml").decode()
    )
    assert [one.title for one in calendar.outings(cast.li.viewer())] == ["家访（1家）"]
    assert sum(int(one.title[3]) for one in calendar.outings(cast.xu.viewer())) == len(wished.children)
    assert any(one.title == "家访" and "1家" in one.facts for one in waiting_for(cast.li.viewer()))
    cast.sign_in(client, wished.parent)
    page = body(client.get(url("family_visit", mine.public_id)))
    assert all(one in page for one in names.values())


def _pk(cast, name: str) -> int:
    return next(one.subject.pk for one in (cast.liu, cast.xu, cast.li) if one.subject.name == name)


def test_one_record_counts_for_everybody_who_went_and_for_nobody_else(client, wished, published):
    cast, mine = wished.cast, joint(published, wished)
    cast.sign_in(client, cast.li)
    page = client.get(url("record_visit", mine.public_id))
    assert url("route", mine.joined.public_id) in body(page)
    everybody = pks(cast.liu, cast.xu, cast.li)
    assert (
        client.post(url("record_visit", mine.public_id), written(absent=list(everybody))).status_code == 422
    )
    answer = client.post(url("record_visit", mine.public_id), written(absent=[cast.xu.subject.pk]))
    assert answer.url == url("route", mine.joined.public_id)
    record = VisitRecord.objects.get()
    assert set(record.people) == pks(cast.liu, cast.li)
    entry = Entry.objects.get(kind="home_visit")
    parts = entry.participations.filter(part="visitor")
    assert {one.subject_id for one in parts} == pks(cast.liu, cast.li)
    again = client.post(url("record_visit", mine.public_id), written(once="f" * 32))
    assert again.status_code == 302
    assert VisitRecord.objects.count() == Entry.objects.filter(kind="home_visit").count() == 1
    assert together.said([wished.child.pk]) == {}
    for who, status in ((cast.li, 200), (cast.xu, 404), (cast.ma, 404)):
        cast.sign_in(client, who)
        assert client.get(url("record", record.public_id)).status_code == status


def test_a_family_that_declines_frees_both(wished, published):
    cast, mine = wished.cast, joint(published, wished)
    answers.refuse(wished.parent.viewer(), mine, "online", "家里装修")
    assert calendar.outings(cast.li.viewer()) == []
    mine = joint(published, wished)
    assert (mine.route, mine.joined, mine.begin) == (None, None, None)
    published.refresh_from_db()
    planning.ask(cast.liu.viewer(), published, {"repair": True})
    assert not published.routes.filter(people=[cast.li.subject.pk]).exists()


def test_whoever_joins_is_not_sent_elsewhere_at_that_time(wished, published):
    mine = joint(published, wished)
    asked = problems.build(
        wished.round(
            homeroom=None, teacher_goes=False, people=[wished.cast.li.subject.pk], team_size=1, sessions=DAYS
        ),
        TODAY,
    )
    assert all(mine.joined.session not in team.sessions for team in asked.problem.teams)


# ------------------------------------------------------------------ the wish


@pytest.mark.parametrize(
    ("who", "status"), [("liu", 200), ("chen", 200), ("ma", 404), ("xu", 404), ("wang", 404)]
)
def test_whoever_plans_for_the_family_says_who_comes_along(client, visits, who, status):
    visits.cast.sign_in(client, getattr(visits.cast, who))
    assert client.get(url("together", visits.child.public_id)).status_code == status


def test_a_wish_is_written_changed_and_taken_back_and_each_is_on_record(client, visits):
    cast, address = visits.cast, url("together", visits.child.public_id)
    cast.sign_in(client, cast.liu)
    assert client.post(address, {"skills": ""}).status_code == 422
    found = client.post(address, {"find": "person", "person_q": cast.li.subject.name})
    assert [one["name"] for one in found.context["people"]] == [cast.li.subject.name]
    assert client.post(address, {"person": cast.li.subject.public_id}).status_code == 302
    assert f"和{cast.li.subject.name}一起" in body(client.get(url("needs")))
    # The one that was chosen before stays marked; a skill typed beside it is what is meant now.
    assert client.post(address, {"person": cast.li.subject.public_id, "skills": "心理"}).status_code == 302
    assert together.said([visits.child.pk]) == {visits.child.pk: "和会心理的老师一起"}
    assert client.post(address, {"person": cast.li.subject.public_id, "skills": "手语"}).status_code == 422
    assert client.post(address, {"nobody": "1", "skills": "心理"}).status_code == 302
    assert together.said([visits.child.pk]) == {}
    assert AuditRow.objects.filter(action="home_visits.together_saved").count() == 3
    stranger = visits.parent.subject
    with pytest.raises(homes.Refused):
        together.save(cast.liu.viewer(), visits.child, person=stranger, skills=[])


def test_a_wish_survives_an_import_and_the_family_s_own_times(wished):
    viewer, li = wished.cast.liu.viewer(), wished.cast.li.subject
    homes.save_home(wished.child, spot=None, wants={"times": [], "minutes": 40, "skills": []}, by=viewer)
    assert together.said([wished.child.pk]) == {wished.child.pk: f"和{li.name}一起"}
    run = planning.ask(viewer, wished.round())
    assert run.options["changed_at"]
    recording.record(
        viewer, wished.child, None,
        recording.Told(token="t:1", day=TODAY - timedelta(days=1), mode="phone", reason="routine"),
    )  # fmt: skip
    assert together.said([wished.child.pk])  # a call is not the visit it was meant for

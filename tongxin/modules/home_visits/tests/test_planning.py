"""Needs come from the obligations, a round is planned by the worker and kept whole, changed as little as can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.solving import services as solving_runs
from tongxin.kernel.solving.models import SolverRun
from tongxin.modules.home_visits import answers, homes, needs, planning, problems
from tongxin.modules.home_visits.models import Visit, VisitorCard, VisitRound, VisitRoute
from tongxin.testing.cast import TODAY

from .conftest import SESSIONS

State = Visit.State


def test_needs_are_what_the_programme_still_asks_special_families_first(visits):
    viewer = visits.cast.liu.viewer()
    found = needs.needs(viewer)
    assert found[0].student == visits.special
    assert {one.student.pk for one in found} == {one.pk for one in visits.children}
    assert found[0].order > found[1].order
    assert found[0].due == date(2027, 1, 15)
    visits.cast.visit(visits.special, date(2026, 11, 10))
    assert visits.special not in [one.student for one in needs.needs(viewer)]


def test_a_homeroom_teacher_plans_the_own_class_a_counsellor_the_school_nobody_else(visits):
    cast = visits.cast
    assert {one.room.name for one in needs.needs(cast.ma.viewer())} == {"七年级2班"}
    assert {one.room.name for one in needs.needs(cast.chen.viewer())} == {"七年级1班", "七年级2班"}
    assert needs.needs(cast.xu.viewer()) == []
    assert needs.needs(cast.wang.viewer()) == []


def test_a_round_gives_every_family_a_time_inside_a_session_with_the_pair_on_one_way(visits):
    made = visits.planned()
    rows = list(made.visits.all())
    assert made.state == VisitRound.State.PLANNED
    assert len(rows) == len(visits.children)
    assert all(one.state == State.PLANNED and one.end - one.begin == timedelta(minutes=30) for one in rows)
    for route in made.routes.all():
        assert set(route.people) == {visits.cast.liu.subject.pk, visits.cast.xu.subject.pk}
        stops = list(route.visits.order_by("begin"))
        assert route.leave < stops[0].begin
        assert stops[-1].end < route.back
        assert all(one.end <= other.begin for one, other in pairwise(stops))
    run = SolverRun.objects.get()
    assert run.state == SolverRun.State.DONE
    assert AuditRow.objects.filter(action="home_visits.planned").count() == 1


def test_what_a_family_prefers_is_kept_and_what_cannot_be_says_why_and_the_way_out(client, visits):
    liu = visits.cast.liu
    only_friday = {"times": [homes.window([4], "18:00", "20:00")], "minutes": 30, "skills": []}
    saturday = {"times": [homes.window([5], "10:00", "12:00")], "minutes": 30, "skills": []}
    signing = {"times": [], "minutes": 30, "skills": ["手语"]}
    for child, wants in zip(visits.children, (only_friday, saturday, signing), strict=False):
        homes.save_home(child, spot=None, wants=wants, by=liu.viewer())
    homes.save_home(visits.children[3], spot={}, wants=None, by=liu.viewer())
    made = visits.planned()
    by_child = {one.student_id: one for one in made.visits.all()}
    friday, sat, sign, lost = (by_child[child.pk] for child in visits.children[:4])
    assert timezone.localtime(sat.begin).date() == date(2026, 11, 21)
    assert timezone.localtime(sat.begin).hour >= 10
    assert friday.left_out["code"] == "no-session"
    assert sign.left_out["code"] == "no-team"
    assert lost.left_out["code"] == planning.NO_PLACE
    visits.cast.sign_in(client, liu)
    page = client.get(reverse("home_visits:round", args=[made.public_id])).content.decode()
    assert "要会：手语" in page
    assert "还不知道住在哪里" in page
    assert "家长方便的时间里，可以去的人都没有场次" in page
    assert "请问问这家能不能改在" in page


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"people": []}, "没有人可以去"),
        ({"sessions": [SESSIONS[0] | {"to": "18:20"}]}, "太短：只有20分钟，最短的一次家访要30分钟"),
        ({"sessions": [SESSIONS[0] | {"day": "2026-11-10"}]}, "场次都已经过去了"),
        ({"sessions": []}, "还没有场次"),
    ],
)
def test_what_makes_no_sense_is_said_before_anything_is_computed(visits, change, sentence):
    with pytest.raises(planning.Refused, match=sentence):
        planning.ask(visits.cast.liu.viewer(), visits.round(**change))
    assert not SolverRun.objects.exists()


def test_people_who_share_no_evening_make_no_pair(visits):
    liu, xu = visits.cast.liu, visits.cast.xu
    homes.save_card(
        liu.viewer(), times=[homes.window([3], "18:00", "21:00")], skills=[], most=None, partner=None
    )
    homes.save_card(
        xu.viewer(), times=[homes.window([5], "09:00", "12:00")], skills=[], most=None, partner=None
    )
    with pytest.raises(planning.Refused, match="凑不成一组"):
        planning.ask(liu.viewer(), visits.round())


def test_nobody_takes_more_families_in_one_evening_than_they_said(visits):
    homes.save_card(visits.cast.xu.viewer(), times=[], skills=[], most=2, partner=None)
    made = visits.planned()
    assert sorted(route.visits.count() for route in made.routes.all()) == [2, 2]
    assert made.visits.filter(state=State.OPEN).count() == 2


def test_a_pair_is_not_sent_out_twice_on_one_evening_by_two_rounds(visits):
    first = visits.planned(sessions=SESSIONS[:1])
    answers.publish(visits.cast.liu.viewer(), first)
    busy = VisitRoute.objects.get()
    other = visits.round(homeroom=None, teacher_goes=False)
    asked = problems.build(other, TODAY)
    assert all("1119" not in team.sessions for team in asked.problem.teams)
    assert timezone.localtime(busy.leave).date() == date(2026, 11, 19)


def test_what_a_family_confirmed_stays_when_the_rest_is_planned_anew(visits):
    liu = visits.cast.liu.viewer()
    made = visits.planned()
    answers.publish(liu, made)
    kept = made.visits.order_by("begin").first()
    answers.confirm(liu, kept)
    asked_for = made.visits.exclude(pk=kept.pk).order_by("begin").first()
    others = {one.pk: one.begin for one in made.visits.exclude(pk__in=[kept.pk, asked_for.pk])}
    at = timezone.localtime(kept.begin).replace(year=2026, month=11, day=28, hour=10, minute=0)
    answers.propose(liu, asked_for, at, "下班晚")
    answers.change_sessions(liu, made, [*made.sessions, SESSIONS[1] | {"id": "1128", "day": "2026-11-28"}])
    made.refresh_from_db()
    planning.ask(liu, made, {"repair": True})
    kept.refresh_from_db()
    asked_for.refresh_from_db()
    assert kept.state == State.CONFIRMED
    assert at <= asked_for.begin <= at + timedelta(minutes=30)
    assert asked_for.state == State.PLANNED
    after = {one.pk: one.begin for one in made.visits.filter(pk__in=others)}
    assert after == others


def test_a_visit_is_moved_by_hand_and_stays_there(client, visits):
    made = visits.planned(sessions=[SESSIONS[1]])
    answers.change_sessions(visits.cast.liu.viewer(), made, SESSIONS)
    visits.cast.sign_in(client, visits.cast.liu)
    row = made.visits.filter(route__session="1121").order_by("begin")[2]
    session = "1119"
    team = "-".join(map(str, row.route.people))
    url = reverse("home_visits:visit_move", args=[row.public_id])
    answer = client.post(url, {"team": team, "session": session})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert SolverRun.objects.last().failure == ""
    assert row.route.session == session
    assert row.locked
    late = client.post(url, {"team": team, "session": session, "time": "23:00"})
    assert late.status_code == 302
    assert "排不进那个场次" in client.get(answer.url).content.decode()


def test_a_result_is_not_kept_when_somebody_changed_the_round_meanwhile(visits, monkeypatch):
    made = visits.round()
    solve = planning.solving.plan

    def meddled(*args, **kwargs):
        VisitRound.objects.filter(pk=made.pk).update(changed_at=timezone.now() + timedelta(seconds=5))
        return solve(*args, **kwargs)

    monkeypatch.setattr(planning.solving, "plan", meddled)
    planning.ask(visits.cast.liu.viewer(), made)
    run = SolverRun.objects.get()
    assert run.state == SolverRun.State.FAILED
    assert "有人改了这次安排" in run.failure
    assert not made.visits.filter(begin__isnull=False).exists()


def test_a_run_of_a_worker_that_died_is_taken_up_and_nothing_half_is_kept(visits, monkeypatch):
    made = visits.round()
    monkeypatch.setattr(solving_runs, "_enqueue", lambda run: None)
    run = planning.ask(visits.cast.liu.viewer(), made)
    assert planning.ask(visits.cast.liu.viewer(), made) == run  # two tabs, a double click: one run
    silent = timezone.now() - timedelta(seconds=90)
    SolverRun.objects.filter(pk=run.pk).update(state=SolverRun.State.RUNNING, attempt=1, beat_at=silent)
    assert not made.visits.filter(begin__isnull=False).exists()
    assert solving_runs.work(run.pk)
    assert made.visits.filter(begin__isnull=False).count() == len(visits.children)


def test_a_plan_that_its_checker_faults_is_not_kept(visits, monkeypatch):
    solve = planning.solving.plan
    monkeypatch.setattr(
        planning.solving, "plan", lambda *args, **more: replace(solve(*args, **more), travel=1)
    )
    made = visits.round()
    planning.ask(visits.cast.liu.viewer(), made)
    assert "没有通过核对" in SolverRun.objects.get().failure
    assert not made.visits.filter(begin__isnull=False).exists()


def test_online_visits_get_times_and_no_way(visits):
    made = visits.planned(mode="online")
    assert made.travel_min == 0
    assert all(len(route.people) == 1 for route in made.routes.all())
    assert made.visits.filter(begin__isnull=False).count() == len(visits.children)


def test_a_fixed_partner_goes_along(visits):
    cast = visits.cast
    homes.save_card(cast.liu.viewer(), times=[], skills=[], most=None, partner=cast.li.subject)
    people = [one.subject.pk for one in (cast.liu, cast.xu, cast.li)]
    asked = problems.build(visits.round(people=people), TODAY)
    assert set(asked.members.values()) == {tuple(sorted((cast.liu.subject.pk, cast.li.subject.pk)))}
    assert asked.alone == [cast.xu.subject.pk]
    assert VisitorCard.objects.count() == 1


def test_one_more_session_brings_in_whom_there_was_no_room_for(client, visits):
    made = visits.planned(sessions=[SESSIONS[0]])
    left = made.visits.filter(begin__isnull=True).count()
    assert left
    visits.cast.sign_in(client, visits.cast.liu)
    url = reverse("home_visits:round_sessions", args=[made.public_id])
    more = {"keep": ["1119"], "day": "2026-11-22", "start": "09:00", "until": "12:00"}
    assert client.post(url, more | {"day": "2026-11-02"}).status_code == 422
    assert client.post(url, more | {"until": "08:00"}).status_code == 422
    assert client.post(url, {"keep": []} | {"day": ""}).status_code == 422
    before = dict(made.visits.filter(begin__isnull=False).values_list("pk", "begin"))
    assert client.post(url, more).status_code == 302
    client.post(reverse("home_visits:round_plan", args=[made.public_id]), {"how": "repair"})
    assert not made.visits.filter(begin__isnull=True).exists()
    assert dict(made.visits.filter(pk__in=before).values_list("pk", "begin")) == before

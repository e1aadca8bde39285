"""Every school of the demo has sittings with realistic rates, a staffed chain, cases, and its four-level network at work."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from tongxin.kernel.access.viewer import viewer_for
from tongxin.kernel.base.models import Link, School, Subject
from tongxin.kernel.obligations.models import Heartbeat
from tongxin.kernel.signals import services as signals
from tongxin.kernel.signals.models import Call, Signal
from tongxin.modules.cases.casework import clocks, ranks
from tongxin.modules.cases.casework import signals as answered
from tongxin.modules.cases.models import Case, CaseTask, Outcome, Step
from tongxin.modules.network import harm, posts
from tongxin.modules.network.models import Concern, HarmReport, MoodReport, NetworkReport, NetworkTask, Talk
from tongxin.modules.screening import progress, sittings
from tongxin.modules.screening.models import Paper, Sitting
from tongxin.modules.screening.results import looks
from tongxin.modules.teams import looking, measuring
from tongxin.modules.teams.models import Invited, Topic
from tongxin.modules.teams.models import Step as PlanStep

from .conftest import TODAY, schools

pytestmark = pytest.mark.django_db


def test_each_school_has_a_closed_sitting_of_last_term_and_an_open_one_compared_with_it(demo):
    for school in schools():
        closed, running = Sitting.objects.filter(school=school).order_by("first_day")
        assert (closed.state, running.state) == ("closed", "open")
        assert running.before == closed
        assert closed.last_day < TODAY
        assert running.first_day <= TODAY <= running.last_day
        assert running.codes.count() == len(running.rooms)


def test_the_running_sitting_has_all_that_opening_it_asks_for(demo, monkeypatch):
    # A worker's sign of life holds for two minutes; the demo may have been built longer ago.
    begun = Heartbeat.objects.get(name="worker").at
    monkeypatch.setattr("django.utils.timezone.now", lambda: begun)
    for sitting in Sitting.objects.filter(state="open"):
        assert sittings.obstacles(sitting, TODAY) == []


def test_answers_signals_and_careless_papers_come_at_realistic_rates(demo):
    sitting = Sitting.objects.get(school__short_name="云麓中学", state="closed")
    found = looks(sitting)
    share = len([one for one in found if one.questionable]) / len(found)
    assert 0.03 <= share <= 0.15
    clean = [one for one in found if not one.questionable]
    over = [
        one for one in clean if one.parts[0].bands.get("total") in ("moderate", "moderately-severe", "severe")
    ]
    assert 0.12 <= len(over) / len(clean) <= 0.30
    urgent = [one for one in clean if one.parts[0].standing["critical"]]
    assert 0.05 <= len(urgent) / len(clean) <= 0.18


def test_nobody_without_consent_has_a_paper_and_some_have_not_begun(demo):
    for sitting in Sitting.objects.filter(state="open"):
        states = Counter()
        for room in progress.by_room(sitting, TODAY):
            states += Counter(done=len(room.done), waiting=len(room.waiting), barred=len(room.barred))
        assert all(states[each] for each in ("done", "waiting", "barred")), (sitting, states)


def test_last_terms_signals_are_all_taken_and_a_few_of_this_term_wait(demo):
    waiting = Signal.objects.exclude(calls__answer=Call.Answer.TAKEN)
    closed = [f"sitting:{pk}" for pk in Sitting.objects.filter(state="closed").values_list("pk", flat=True)]
    assert Signal.objects.filter(bundle__in=closed).exists()
    assert not waiting.filter(bundle__in=closed).exists()
    assert 0 < waiting.filter(urgent=True).count() <= schools().count()
    for signal in waiting:
        assert signal.calls.get().answer == Call.Answer.WAITING
    assert signals.open_signals(
        Sitting.objects.get(school__short_name="云麓中学", state="open").school_id
    ).exists()


def test_papers_bear_the_times_they_were_filled_in(demo):
    for paper in Paper.objects.select_related("sitting")[:200]:
        assert paper.started_at < paper.finished_at
        assert paper.sitting.first_day <= paper.started_at.date() <= min(paper.sitting.last_day, TODAY)


def test_every_school_has_a_case_in_every_state_and_few_signals_nobody_wrote_about(demo):
    for school in schools():
        cases = list(Case.objects.filter(school=school).select_related("scheme"))
        scheme = clocks.scheme_for(cases[0])
        assert {case.state for case in cases} == set(scheme.state_by_id)
        assert {case.phase for case in cases} == {state.phase for state in scheme.states}
        assert all(case.due_at or case.follow_due for case in cases if case.phase != "closed")
        assert set(ranks.known_to_program(cases)) == {case.pk for case in cases}
        closed = Step.objects.filter(case__school=school, kind="closed")
        assert [step.by_id != step.case.proposed_by_id for step in closed.select_related("case")] == [True]
        assert 1 <= answered.waiting(school.pk).values("student").distinct().count() <= 3
        assert CaseTask.objects.filter(school=school, done_at=None).exists()
        assert (
            Outcome.objects.filter(school=school, case=None).count()
            > Case.objects.filter(school=school).count()
        )


def test_each_school_has_people_on_all_levels_and_a_term_of_class_weeks(demo):
    for school in schools():
        for post in (*posts.UP, posts.HOMEROOM, posts.PEER):
            assert posts.held(school, [post], TODAY).exists(), (school.name, post)
        rooms = posts.rooms(school, TODAY).count()
        assert MoodReport.objects.filter(school=school).count() > 5 * rooms
        assert NetworkTask.objects.filter(school=school, done_at=None).exists()
        assert NetworkReport.objects.filter(school=school, level="school").count() == 1


def test_what_was_said_about_children_was_seen_to_but_for_what_came_today(demo):
    for school in schools():
        taken = Call.objects.filter(answer="taken").values("signal")
        open_ = Signal.objects.filter(school=school, bundle="network").exclude(pk__in=taken)
        assert {signal.urgent for signal in open_} == {False}
        assert Concern.objects.filter(school=school).count() == Signal.objects.filter(
            school=school, origin__in=Concern.Origin.values
        ).count()  # fmt: skip
        assert Talk.objects.filter(school=school, answers=None).count() == 1


def test_the_report_of_an_accident_agrees_with_the_audit_record(demo):
    report = HarmReport.objects.order_by("pk").first()
    link = Link.objects.get(
        kind="homeroom_teacher", a=report.by, b=posts.room_of(report.student, date(2026, 10, 21))
    )
    viewer = viewer_for(link.a.person.account, report.school, TODAY)
    assert [intact for _row, intact in harm.entries(viewer, report)] == [True, True]
    assert harm.missing(report) == []


def college() -> School:
    return School.objects.filter(pk__in=Topic.objects.values("school")).get()


def test_every_team_is_of_a_kind_and_has_its_leader(demo):
    found = Subject.objects.filter(school=college(), type="team")
    cards = looking.cards(found, TODAY)
    assert {card.kind.name for card in cards if card.kind} == {"project", "course", "service"}
    assert all(card.kind and card.leaders for card in cards)


def test_each_problem_taken_has_its_team_and_some_are_open(demo):
    states = set(Topic.objects.values_list("state", flat=True))
    assert states == {"open", "taken", "solved"}
    assert not Topic.objects.filter(state="taken", team__present_to__lt=TODAY).exists()
    assert not Topic.objects.filter(state="open").exclude(team=None).exists()


def test_abilities_are_compared_for_the_school_and_somebody_has_to_answer(demo):
    found = measuring.growth(college())
    assert len(found) == len(measuring.ABILITIES)
    assert all(one.n >= measuring.SMALLEST and one.after > one.before for one in found)
    assert PlanStep.objects.filter(done_on=None, due__lt=TODAY).exists()
    assert Invited.objects.filter(answer="").count() == 1

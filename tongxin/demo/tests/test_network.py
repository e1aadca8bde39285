"""Every school of the demo has its four-level network at work: posts, class weeks, words that were seen to."""

from __future__ import annotations

from datetime import date

import pytest

from tongxin.kernel.access.viewer import viewer_for
from tongxin.kernel.base.models import Link
from tongxin.kernel.signals.models import Call, Signal
from tongxin.modules.network import harm, posts
from tongxin.modules.network.models import Concern, HarmReport, MoodReport, NetworkReport, NetworkTask, Talk

from .test_screenings import TODAY, demo, schools  # noqa: F401

pytestmark = pytest.mark.django_db


def test_each_school_has_people_on_all_levels_and_a_term_of_class_weeks(demo):  # noqa: F811
    for school in schools():
        for post in (*posts.UP, posts.HOMEROOM, posts.PEER):
            assert posts.held(school, [post], TODAY).exists(), (school.name, post)
        rooms = posts.rooms(school, TODAY).count()
        assert MoodReport.objects.filter(school=school).count() > 5 * rooms
        assert NetworkTask.objects.filter(school=school, done_at=None).exists()
        assert NetworkReport.objects.filter(school=school, level="school").count() == 1


def test_what_was_said_about_children_was_seen_to_but_for_what_came_today(demo):  # noqa: F811
    for school in schools():
        taken = Call.objects.filter(answer="taken").values("signal")
        open_ = Signal.objects.filter(school=school, bundle="network").exclude(pk__in=taken)
        assert {signal.urgent for signal in open_} == {False}
        assert Concern.objects.filter(school=school).count() == Signal.objects.filter(
            school=school, origin__in=Concern.Origin.values
        ).count()  # fmt: skip
        assert Talk.objects.filter(school=school, answers=None).count() == 1


def test_the_report_of_an_accident_agrees_with_the_audit_record(demo):  # noqa: F811
    report = HarmReport.objects.order_by("pk").first()
    link = Link.objects.get(
        kind="homeroom_teacher", a=report.by, b=posts.room_of(report.student, date(2026, 10, 21))
    )
    viewer = viewer_for(link.a.person.account, report.school, TODAY)
    assert [intact for _row, intact in harm.entries(viewer, report)] == [True, True]
    assert harm.missing(report) == []

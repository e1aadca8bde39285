"""The demo's home visits: a map, homes of a class, a round half done whose plan the planner itself finds no fault with."""

from itertools import pairwise

import pytest

from tongxin.kernel.base.models import School
from tongxin.modules.home_visits import problems, reach
from tongxin.modules.home_visits.models import (
    DistrictPlace,
    FamilyRequest,
    HomePlace,
    Visit,
    VisitRecord,
    VisitRoute,
)

from .conftest import TODAY

pytestmark = pytest.mark.django_db
State = Visit.State


def test_each_school_has_a_round_that_is_half_done(demo):
    for school in School.objects.filter(kind=School.Kind.SCHOOL):
        visits = Visit.objects.filter(school=school)
        states = set(visits.values_list("state", flat=True))
        assert states == {State.DONE, State.PLANNED, State.CONFIRMED, State.MOVING, State.REFUSED}
        assert VisitRecord.objects.filter(school=school).count() == 3
        assert DistrictPlace.objects.filter(school=school).count() == 7
        assert HomePlace.objects.filter(school=school).count() > 10
        assert FamilyRequest.objects.filter(school=school, done_at__isnull=False).count() == 1


def test_routes_of_the_demo_hold_their_visits_in_order(demo):
    for route in VisitRoute.objects.all():
        stops = list(reach.stops(route).order_by("begin"))
        assert stops
        assert route.leave < stops[0].begin
        assert stops[-1].end < route.back
        assert all(one.end < other.begin for one, other in pairwise(stops))


def test_the_demo_s_round_can_be_planned_anew(demo):
    row = Visit.objects.first().round
    asked = problems.build(row, TODAY)
    assert len(set(asked.members) - asked.joining) == 1
    assert asked.problem.families
    # The counsellor comes along to one family, and the plan as it is says so.
    (joint,) = [one for one in asked.problem.families if one.together]
    assert asked.visits[joint.id].joined is not None
    assert {
        stop.part
        for route in problems.old_plan(asked).routes
        for stop in route.stops
        if stop.family == joint.id
    } == {0, 1}

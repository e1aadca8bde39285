"""The pairs of the demo have a life: agreements, wishes, marks, feedback that is told; young teachers are helped."""

from __future__ import annotations

import pytest

from tongxin.kernel.people import together
from tongxin.modules.mentoring.models import Agreement, Feedback, GrowthRequest, Mark, PairAsked, Shown, Wish

from .conftest import TODAY, schools

pytestmark = pytest.mark.django_db


def test_each_school_has_pairs_that_agreed_and_some_that_have_not_yet(demo):
    for school in schools():
        rows = Agreement.objects.filter(school=school)
        assert (
            rows.exclude(a_signed_at=None).exclude(b_signed_at=None).count()
            > rows.filter(b_signed_at=None).count()
        )
        assert Feedback.objects.filter(school=school).exists()
        assert set(together.told(school, "mentor_of", TODAY).values()) <= {
            together.AGAIN,
            together.RATHER_NOT,
        }
    assert Agreement.objects.filter(b_signed_at=None).exists()


def test_wishes_marks_and_requests_lie_within_their_days(demo):
    assert Mark.objects.exists()
    assert not Mark.objects.filter(day__gt=TODAY).exists()
    assert Wish.objects.exclude(fulfilled_on=None).exists()
    assert not Wish.objects.filter(fulfilled_on__gt=TODAY).exists()
    assert PairAsked.objects.filter(decided_at=None).exists()
    assert GrowthRequest.objects.exclude(answered_at=None).exists()
    assert GrowthRequest.objects.filter(helper=None).exists()
    assert Shown.objects.filter(a_said=True, b_said=True).exists()

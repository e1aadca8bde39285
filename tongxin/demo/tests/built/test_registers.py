"""Every school of the demo has thought its screening through and knows what left it; nothing is overdue on the first page."""

import pytest

from tongxin.modules.privacy.models import Assessment, Sharing

from .conftest import TODAY, schools

# Marked as the others of this folder are: tests without the mark run apart from them, with a demo of their own.
pytestmark = pytest.mark.django_db


def test_every_school_kept_its_registers(demo):
    for school in schools():
        made = Assessment.objects.filter(school=school)
        assert {one.title for one in made} == {"每学期的心理测评", "家访排路线"}
        assert sum(one.is_open(TODAY) for one in made) <= 1
        given = Sharing.objects.filter(school=school)
        assert {one.to for one in given} == {"市第二医院心理科", "区教育局"}
        assert not any(one.is_open(TODAY) for one in given)

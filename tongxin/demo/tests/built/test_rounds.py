"""The schools of the demo have rounds of pairs and teams in every state, and those in force agree with the register."""

from __future__ import annotations

import pytest

from tongxin.kernel.base.models import Link
from tongxin.modules.rounds.models import Member, Participant, Round

from .conftest import TODAY

pytestmark = pytest.mark.django_db
STATES = {
    "growth-mentors": "published", "class-contacts": "proposed", "masters": "open", "student-triads": "proposed",
    "student-helpers": "in_force",
}  # fmt: skip


def test_each_pack_has_its_round_and_what_is_in_force_stands_in_the_register(demo):
    there = dict(Round.objects.values_list("scheme", "state"))
    assert there
    assert all(STATES[name] == state for name, state in there.items())
    for round_ in Round.objects.exclude(state="open"):
        assert round_.proposal is not None
        assert round_.proposal.groups == len(round_.proposal.found["groups"]) > 0
    for round_ in Round.objects.filter(state="open"):
        assert Participant.objects.filter(round=round_, said_at=None).exists()
    for round_ in Round.objects.filter(state="in_force"):
        subjects = dict(Participant.objects.filter(round=round_).values_list("pk", "subject_id"))
        pairs = {tuple(subjects[key] for key in group["who"]) for group in round_.proposal.found["groups"]}
        links = Link.objects.current().filter(
            school=round_.school, kind="helps_student", valid_from__lte=TODAY, valid_to__gte=TODAY
        )
        assert pairs <= set(links.values_list("a_id", "b_id"))
    for round_ in Round.objects.filter(state="published"):
        answers = set(Member.objects.filter(group__round=round_).values_list("answer", flat=True))
        assert answers == {"", "yes", "no"}

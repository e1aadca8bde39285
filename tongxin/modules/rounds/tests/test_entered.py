"""What a round that takes effect enters in the ledger, so that the rule about the pairing itself is met."""

from __future__ import annotations

import pytest

from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.pairings import shipped
from tongxin.methods.matching.parse import parse_scheme
from tongxin.methods.matching.use import parse_use
from tongxin.modules.rounds import effect, services
from tongxin.modules.rounds.models import Round
from tongxin.testing.cast import SINCE, TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer(pairs):
    made = people.make_staff(pairs.cast.school, "秦新", since=SINCE).person.subject
    people.set_attribute(made, "newly_arrived", True, since=SINCE)
    people.set_attribute(pairs.cast.xu.subject, "teaching", True, since=SINCE)
    return made


def _in_force(pairs, scheme, by, **more):
    round_ = pairs.begin(scheme, by, **more)
    pairs.propose(round_, by)
    services.publish(by.viewer(), round_, round_.version)
    round_.refresh_from_db()
    effect.ask(by.viewer(), round_, round_.version)
    round_.refresh_from_db()
    assert round_.state == Round.State.IN_FORCE
    return round_


def test_a_master_chosen_in_a_round_is_entered_once_as_the_programme_counts_it(pairs, newcomer):
    wang = pairs.cast.wang
    round_ = _in_force(pairs, "masters", wang, starts_on=TODAY)
    entry = Entry.objects.get(kind="master_pairing")
    assert entry.day == TODAY
    ((master, _newcomer),) = pairs.groups(round_)
    assert {(one.part, one.subject.name) for one in entry.participations.all()} == {
        ("master", master), ("apprentice", newcomer.name),
    }  # fmt: skip
    effect.take_effect(round_.pk, round_.version, wang.account)
    # The same two in the next round are no new choice.
    _in_force(pairs, "masters", wang, token="again", starts_on=TODAY)
    assert Entry.objects.filter(kind="master_pairing").count() == 1


def test_a_round_whose_scheme_says_nothing_enters_nothing(pairs):
    _in_force(pairs, "class-contacts", pairs.cast.wang)
    assert not Entry.objects.filter(source="rounds").exists()


def test_the_scheme_of_a_team_cannot_name_an_entry():
    text = shipped()["student-triads"].replace("round:\n", "round:\n  enters: master_pairing\n", 1)
    scheme, _found = parse_scheme(text)
    _use, findings = parse_use(text, scheme)
    assert [one.sentence for one in findings] == ["只有配对可以写“enters”；组队的登记在团队的页面上。"]

"""The log form lets a person choose what an activity counts for, and what it makes up, only where that matters."""

import pytest
from django.urls import reverse

from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.obligations.queries import ask
from tongxin.testing.pack import AUTUMN_VISIT

ADDRESS = reverse("desk:record_kind", args=["home_visit"])


@pytest.fixture
def exclusive(cast):
    more = "    window: term\n    counts_for: one\n    makes_up: allowed\n    remind"
    cast.add_rules(AUTUMN_VISIT, ("    window: term\n    remind", more))
    return cast


def sent(cast, **more):
    student, visitor = cast.students[1][0].public_id, cast.liu.subject.public_id
    people = {"part_visited": [student], "part_visitor": [visitor]}
    return {"day": "2026-11-18", **people, "qualifier_mode": "in_person", "token": "t1", **more}


def test_nothing_is_asked_where_no_two_rules_compete(cast, client):
    cast.sign_in(client, cast.liu)
    page = client.get(ADDRESS).content.decode()
    assert "这次算作哪一条" not in page
    assert "这次补做哪一段" not in page


def test_the_choice_decides_which_rule_is_met(exclusive, client, today):
    exclusive.sign_in(client, exclusive.liu)
    assert "这次算作哪一条" in client.get(ADDRESS).content.decode()
    assert client.post(ADDRESS, sent(exclusive, counts_for="visit-once-a-term")).status_code == 302
    student = str(exclusive.students[1][0].pk)
    found = {
        v.obligation: v.verdict
        for v in ask(exclusive.programme, today).verdicts()
        if v.subject == student and v.last >= today
    }
    assert (found["visit-once-a-term"], found["autumn-visit"]) == ("met", "open")


def test_a_rule_that_is_not_offered_is_refused(exclusive, client):
    exclusive.sign_in(client, exclusive.liu)
    assert client.post(ADDRESS, sent(exclusive, counts_for="study-hours")).status_code == 200
    assert not Entry.objects.exists()


def test_a_visit_may_name_the_term_it_makes_up(exclusive, client, today):
    exclusive.sign_in(client, exclusive.liu)
    assert "2026春" in client.get(ADDRESS).content.decode()
    assert client.post(ADDRESS, sent(exclusive, makes_up="2026春")).status_code == 302
    student = str(exclusive.students[1][0].pk)
    found = {
        v.window: v.verdict
        for v in ask(exclusive.programme, today).verdicts(["visit-once-a-term"])
        if v.subject == student
    }
    assert found["2026春"] == "met"
    shown = client.get(reverse("desk:entry", args=[Entry.objects.get().public_id])).content.decode()
    assert "补做" in shown

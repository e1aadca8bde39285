from datetime import date
from itertools import pairwise

import pytest

from tongxin.kernel.base.models import Link
from tongxin.kernel.ledger import services as ledger
from tongxin.kernel.obligations import engine
from tongxin.kernel.obligations.engine import state_of
from tongxin.kernel.obligations.queries import ask, count
from tongxin.kernel.people import services as people
from tongxin.methods.cadence.sql.evaluate import SetEvaluator
from tongxin.methods.cadence.sql.kept import Kept
from tongxin.testing.cast import days_ago, picture


@pytest.fixture
def remembering(settings, monkeypatch):
    settings.REMEMBER_VERDICTS = True
    monkeypatch.setattr(engine, "_kept", Kept())


def visits(cast, today):
    return count(ask(cast.programme, today).verdicts(["visit-once-a-term"]))


def test_the_same_question_about_the_same_records_is_answered_from_memory(
    cast, today, remembering, django_assert_max_num_queries
):
    first = visits(cast, today)
    with django_assert_max_num_queries(8):
        assert visits(cast, today) == first


def test_every_kind_of_change_is_answered_anew(cast, today, remembering):
    seen = [visits(cast, today)]
    entry = cast.visit(cast.students[1][0], today)
    seen.append(visits(cast, today))
    ledger.withdraw(entry, "记错了", by=cast.liu.account)
    seen.append(visits(cast, today))
    people.make_student(cast.school, "新同学", homeroom=cast.room_one, since=date(2026, 9, 1))
    seen.append(visits(cast, today))
    assert [c.met for c in seen] == [0, 1, 0, 0]
    assert seen[3].expected == seen[2].expected + 1


def test_a_change_in_another_school_changes_nothing_here(cast, remembering):
    before = state_of(cast.school.pk)
    people.make_student(cast.other_school, "外校新同学")
    assert state_of(cast.school.pk) == before


def told(cast, today):
    """Every verdict, and the bearers of what is behind."""
    return [(v.key(), v.verdict, v.done, v.bearer) for v in ask(cast.programme, today).verdicts()]


def test_after_each_change_all_rules_say_what_they_say_when_asked_afresh(cast, today, remembering, settings):
    def both():
        kept = told(cast, today)
        settings.REMEMBER_VERDICTS = False
        fresh = told(cast, today)
        settings.REMEMBER_VERDICTS = True
        assert kept == fresh
        return fresh

    child, other = cast.students[1][:2]
    seen = [both()]
    entry = cast.visit(child, today)
    seen.append(both())
    study = cast.record("branch_study", today, {"attendee": [cast.branch.subject]}, by=cast.li, hours=2)
    cast.record(
        "wellbeing_lesson", today, {"homeroom": [cast.room_one.subject], "lecturer": [cast.liu.subject]}
    )
    seen.append(both())
    ledger.add_evidence(study, [ledger.Upload("photo", picture(), "照片.jpg")], by=cast.li.account)
    seen.append(both())
    ledger.withdraw(entry, "记错了", by=cast.liu.account)
    seen.append(both())
    entry.refresh_from_db()
    ledger.undo_withdrawal(entry, by=cast.liu.account)
    seen.append(both())
    people.end_post(Link.objects.get(kind="homeroom_teacher", a=cast.liu.subject), days_ago(1))
    seen.append(both())
    people.depart(other, days_ago(1))
    seen.append(both())
    assert all(one != another for one, another in pairwise(seen))


def test_after_an_entry_only_the_rules_of_its_kind_are_worked_out(cast, today, remembering, monkeypatch):
    asked = []
    run = SetEvaluator.run
    monkeypatch.setattr(
        SetEvaluator,
        "run",
        lambda self, *args, **more: asked.append(self.pack.obligation_ids()) or run(self, *args, **more),
    )
    told(cast, today)
    cast.visit(cast.students[1][0], today)
    told(cast, today)
    told(cast, today)
    assert len(asked[0]) > 1
    assert asked[1:] == [["visit-once-a-term"]]

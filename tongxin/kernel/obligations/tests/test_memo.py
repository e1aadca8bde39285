from datetime import date

import pytest

from tongxin.kernel.ledger import services as ledger
from tongxin.kernel.obligations import engine
from tongxin.kernel.obligations.memo import Memo, state_of
from tongxin.kernel.obligations.queries import ask, count
from tongxin.kernel.people import services as people


@pytest.fixture
def remembering(settings, monkeypatch):
    settings.REMEMBER_VERDICTS = True
    monkeypatch.setattr(engine, "_memo", Memo())


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


def test_the_oldest_answers_are_forgotten_first(settings, monkeypatch):
    settings.REMEMBER_VERDICTS = True
    monkeypatch.setattr("tongxin.kernel.obligations.memo.MOST_VERDICTS", 5)
    memo = Memo()
    for key in range(4):
        memo.get(key, lambda: [None, None])
    assert list(memo.kept) == [3]

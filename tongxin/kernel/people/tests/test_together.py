"""What rooms tell about pairs comes together as one answer for each pair."""

from datetime import date

import pytest

from tongxin.kernel.base.models import School
from tongxin.kernel.people import together

DAY = date(2023, 3, 15)


@pytest.fixture(autouse=True)
def no_tellers(monkeypatch):
    monkeypatch.setattr(together, "_tellers", [])


def test_without_rooms_nothing_is_told():
    assert together.told(School(), "mentor_of", DAY) == {}


def test_a_room_is_asked_once_for_the_school_kind_and_day_however_often_it_was_added():
    asked = []

    def teller(school, kind, day):
        asked.append((school, kind, day))
        return {(1, 2): together.AGAIN}

    school = School()
    together.add_teller(teller)
    together.add_teller(teller)

    assert together.told(school, "mentor_of", DAY) == {(1, 2): "again"}
    assert asked == [(school, "mentor_of", DAY)]


@pytest.mark.parametrize("order", [1, -1])
def test_rather_not_holds_whichever_room_said_so_first(order):
    words = [{(1, 2): together.AGAIN}, {(1, 2): together.RATHER_NOT, (3, 4): together.AGAIN}][::order]
    for word in words:
        together.add_teller(lambda *_asked, word=word: word)

    assert together.told(School(), "mentor_of", DAY) == {(1, 2): "rather_not", (3, 4): "again"}


def test_a_word_nobody_agreed_on_is_refused():
    together.add_teller(lambda *_asked: {(1, 2): "maybe"})

    with pytest.raises(ValueError, match="maybe"):
        together.told(School(), "mentor_of", DAY)

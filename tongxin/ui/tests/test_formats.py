"""Days, amounts and shares are said as people say them."""

from datetime import UTC, date, datetime

import pytest

from tongxin.ui import formats

WEDNESDAY = date(2023, 4, 19)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2023, 4, 19), "今天"),
        (date(2023, 4, 18), "昨天"),
        (date(2023, 4, 20), "明天"),
        (date(2023, 4, 21), "后天"),
        (date(2023, 4, 17), "周一"),
        (date(2023, 4, 26), "下周三"),
        (date(2023, 6, 30), "6月30日"),
        (date(2022, 11, 30), "2022年11月30日"),
        (None, ""),
        (date.max, ""),
    ],
)
def test_days_are_said_as_people_say_them(day, said):
    assert formats.day_words(day, WEDNESDAY) == said


def test_times_are_told_in_local_time():
    now = datetime(2023, 4, 19, 9, 0, tzinfo=UTC)
    assert formats.when_words(datetime(2023, 4, 19, 8, 30, tzinfo=UTC), now) == "今天 16:30"


@pytest.mark.parametrize(
    ("hundredths", "said"),
    [(150, "1.5"), (200, "2"), (5, "0.05"), (-150, "-1.5"), (123400, "1,234"), (None, "")],
)
def test_amounts_are_kept_in_hundredths_and_said_plainly(hundredths, said):
    assert formats.amount_words(hundredths) == said


@pytest.mark.parametrize(
    ("part", "whole", "said"),
    [(1, 3, "33%"), (0, 5, "0%"), (5, 5, "100%"), (999, 1000, "99%"), (1, 1000, "1%"), (0, 0, "—")],
)
def test_a_share_is_full_or_empty_only_when_it_is(part, whole, said):
    assert formats.percent_words(part, whole) == said


def test_a_period_of_one_day_is_said_once():
    assert formats.period_words(date(2023, 3, 1), date(2023, 3, 1), WEDNESDAY) == "3月1日"
    assert formats.period_words(date(2023, 3, 1), date(2023, 3, 14), WEDNESDAY) == "3月1日—3月14日"


@pytest.mark.parametrize(
    ("part", "said"),
    [(None, "—"), (0.0, "0%"), (0.0123, "1.2%"), (0.00004, "0.004%"), (1.0, "100%"), (0.5, "50%")],
)
def test_small_shares_are_said_with_two_digits(part, said):
    assert formats.share_words(part) == said

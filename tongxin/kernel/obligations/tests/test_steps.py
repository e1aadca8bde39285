"""Which steps have come on a day."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tongxin.kernel.obligations.steps import BEARER, STALE_DAYS, Step, reached

DUE = date(2026, 11, 30)
STEPS = [Step(-14, BEARER), Step(-3, BEARER), Step(0, BEARER), Step(7, "secretary")]


def on(days: int) -> set[tuple[int, str]]:
    return {(s.days, s.to) for s in reached(STEPS, DUE, DUE + timedelta(days=days))}


def test_each_addressee_has_come_to_the_latest_step_begun():
    assert on(-15) == set()
    assert on(-14) == {(-14, BEARER)}
    assert on(-2) == {(-3, BEARER)}
    assert on(0) == {(0, BEARER)}
    assert on(6) == {(0, BEARER)}
    assert on(7) == {(0, BEARER), (7, "secretary")}


def test_a_step_of_long_ago_is_told_to_nobody():
    assert on(STALE_DAYS) == {(0, BEARER), (7, "secretary")}
    assert on(STALE_DAYS + 1) == {(7, "secretary")}
    assert on(STALE_DAYS + 8) == set()


@given(
    steps=st.lists(st.builds(Step, st.integers(-60, 60), st.sampled_from([BEARER, "secretary"])), max_size=6),
    days=st.integers(-90, 90),
)
def test_nobody_is_told_before_the_day_and_each_addressee_at_most_once_a_day(steps, days):
    found = reached(steps, DUE, DUE + timedelta(days=days))
    assert all(step.days <= days <= step.days + STALE_DAYS for step in found)
    assert len({step.to for step in found}) == len(found)

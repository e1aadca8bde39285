"""Laws that hold for every rule and every ledger."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import fields, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tongxin.methods.cadence.facts import Facts
from tongxin.methods.cadence.occasions import at_once
from tongxin.methods.cadence.pack import Pack, pack_from_dict, pack_from_text
from tongxin.methods.cadence.periods import Rolling, Standing
from tongxin.methods.cadence.reference import MET, MISSED, OPEN, Verdict, evaluate
from tongxin.methods.cadence.words import sentences

from .strategies import CHINA, days, entries, facts, instants, packs, school_calendar
from .vocabulary import pack_of, rule

CALENDAR = school_calendar()
calm = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


def growing(pack: Pack) -> set[str]:
    """Obligations whose number can only grow, without a maximum."""
    return {
        item.id
        for item in pack.obligations
        if all(need.measure.grows and need.bound.high is None for need in item.requirements())
    }


def judged_at_once(pack: Pack) -> set[str]:
    """Obligations that are judged on the day they are asked about, or by the hour."""
    return {
        item.id
        for item in pack.obligations
        if any(isinstance(period, Standing | Rolling) or at_once(period) for period in item.periods)
    }


def by_key(verdicts: list[Verdict]) -> dict[tuple, Verdict]:
    """Verdicts by key; two events on one day give windows of one name, which are left out."""
    times = Counter(verdict.key() for verdict in verdicts)
    return {verdict.key(): verdict for verdict in verdicts if times[verdict.key()] == 1}


@calm
@given(packs())
def test_random_packs_have_no_findings(pack):
    assert [
        finding.sentence
        for finding in pack.findings
        if finding.level == "error" and finding.code != "contradiction"
    ] == []


@calm
@given(packs())
def test_reading_writing_and_reading_again_gives_the_same_pack(pack):
    assert pack_from_text(pack.to_text()) == pack
    assert pack_from_dict(pack.to_dict()) == pack


@calm
@given(packs())
def test_every_rule_reads_as_one_sentence_in_both_languages(pack):
    for _, chinese in sentences(pack, "zh"):
        assert chinese.endswith("。")
        assert "\n" not in chinese
    for _, english in sentences(pack, "en"):
        assert english.endswith(".")
        assert english[0].isupper()


@calm
@given(packs(), facts(), entries("extra"), days)
def test_one_more_entry_never_raises_what_is_owed_or_lowers_what_is_done(pack, known, extra, as_of):
    before = by_key(evaluate(pack, known, CALENDAR, as_of))
    more = replace(known, entries=[*known.entries, extra])
    after = by_key(evaluate(pack, more, CALENDAR, as_of))
    for key, verdict in before.items():
        if key not in after or after[key].last != verdict.last:
            continue  # the new entry is an event itself, and began or ended this window
        assert after[key].owed == verdict.owed
        if verdict.obligation in growing(pack):
            assert after[key].done >= verdict.done
            assert not (verdict.verdict == MET and after[key].verdict != MET)


@calm
@given(packs(), facts(), days, st.integers(1, 200))
def test_time_alone_adds_rows_and_settles_them_once(pack, known, as_of, later_by):
    settled = {
        v.key(): v for v in evaluate(pack, known, CALENDAR, as_of) if v.last < as_of and v.verdict != OPEN
    }
    later = {v.key(): v for v in evaluate(pack, known, CALENDAR, as_of + dt.timedelta(days=later_by))}
    for key, verdict in settled.items():
        assert later[key]._replace(late_by=None) == verdict._replace(late_by=None)


@calm
@given(packs(), facts(), days)
def test_a_window_that_is_over_is_never_open(pack, known, as_of):
    for verdict in evaluate(pack, known, CALENDAR, as_of):
        assert verdict.first <= as_of
        if verdict.last < as_of:
            assert verdict.verdict != OPEN
        if (
            verdict.verdict == MISSED
            and verdict.most is None
            and verdict.obligation not in judged_at_once(pack)
        ):
            assert verdict.last < as_of


@calm
@given(packs(), facts(), days, st.data())
def test_a_withdrawn_entry_is_as_if_it_had_never_been(pack, known, as_of, data):
    if not known.entries:
        return
    gone = data.draw(st.sampled_from(known.entries))
    when = dt.datetime(2024, 3, 1, tzinfo=CHINA)
    withdrawn = [replace(e, superseded_at=when) if e is gone else e for e in known.entries]
    without = [e for e in known.entries if e is not gone]
    one = evaluate(pack, replace(known, entries=withdrawn), CALENDAR, as_of)
    other = evaluate(pack, replace(known, entries=without), CALENDAR, as_of)
    assert one == other


@calm
@given(packs(), facts(), entries("late"), days, instants)
def test_what_is_entered_later_never_changes_a_frozen_figure(pack, known, late, as_of, known_at):
    if known_at is None:
        return
    entered = replace(late, recorded_at=known_at + dt.timedelta(days=1), superseded_at=None)
    more = replace(known, entries=[*known.entries, entered])
    assert evaluate(pack, more, CALENDAR, as_of, known_at) == evaluate(pack, known, CALENDAR, as_of, known_at)


@calm
@given(packs(), facts(), days)
def test_the_order_of_rows_does_not_matter(pack, known, as_of):
    turned = Facts(*(list(reversed(rows)) for rows in (getattr(known, item.name) for item in fields(known))))
    assert evaluate(pack, turned, CALENDAR, as_of) == evaluate(pack, known, CALENDAR, as_of)


def test_a_year_of_weeks_for_many_students_is_judged_in_reasonable_time():
    from tongxin.methods.cadence.facts import Subject

    many = Facts(
        [Subject("x", "school", "x", "x"), *(Subject(f"s{n}", "student", "", "x") for n in range(300))]
    )
    pack = pack_of(rule(window="teaching_week"))
    assert len(evaluate(pack, many, CALENDAR, dt.date(2023, 8, 31))) > 10_000

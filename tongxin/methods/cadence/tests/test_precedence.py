"""Tightening (Meaning 22): what is stricter, what is looser, and what cannot be compared."""

from __future__ import annotations

import pytest

from tongxin.methods.cadence.lint import lint
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.precedence import LOOSER, SAME, STRICTER, above, below, compare

from .vocabulary import pack_of, rule

BY_GRADE = {"by": "grade", "1": 1, "2..3": 2}
AFTER = {"within": 24, "unit": "hour", "of": "signal"}
CASES = [
    ({"at_least": 2}, {"at_least": 1}, STRICTER),
    ({"at_least": 1}, {"at_least": 2}, LOOSER),
    ({}, {}, SAME),
    ({"at_least": None, "at_most": 2}, {"at_least": None, "at_most": 3}, STRICTER),
    ({"at_least": None, "at_most": 3}, {"at_least": None, "at_most": 2}, LOOSER),
    ({"at_most": 5}, {}, STRICTER),
    ({}, {"at_most": 5}, LOOSER),
    ({"at_least": {**BY_GRADE, "else": 3}}, {"at_least": {**BY_GRADE, "else": 1}}, STRICTER),
    ({"at_least": {**BY_GRADE, "1": 0, "else": 1}}, {"at_least": {**BY_GRADE, "else": 1}}, LOOSER),
    ({"at_least": 2}, {"at_least": {**BY_GRADE, "else": 1}}, STRICTER),
    ({"at_least": {**BY_GRADE, "else": 1}}, {"at_least": 2}, None),
    ({"window": "month"}, {"window": "term"}, STRICTER),
    ({"window": "term"}, {"window": "month"}, LOOSER),
    ({"window": "term"}, {"window": "year"}, STRICTER),
    ({"window": "teaching_week"}, {"window": "month"}, None),
    ({"window": "teaching_week"}, {"window": {"every": 2, "unit": "teaching_week"}}, STRICTER),
    ({"window": "year", "at_least": None, "at_most": 3}, {"window": "term", "at_least": None, "at_most": 3}, STRICTER),
    ({"window": "month", "at_least": None, "at_most": 3}, {"window": "term", "at_least": None, "at_most": 3}, None),
    ({"window": "month", "at_least": None, "exactly": 1}, {"window": "term", "at_least": None, "exactly": 1}, None),
    ({"window": {"by": "2023-05-01"}}, {"window": {"by": "2023-06-01"}}, STRICTER),
    ({"window": {"by": "2023-07-01"}}, {"window": {"by": "2023-06-01"}}, LOOSER),
    ({"window": {**AFTER, "within": 12}}, {"window": AFTER}, STRICTER),
    ({"windows": ["month", "term"], "window": None}, {"window": "term"}, STRICTER),
    ({"measure": {"max": "hours"}, "window": "month"}, {"measure": {"max": "hours"}}, None),
    ({}, {"where": {"care": True}}, STRICTER),
    ({"where": {"care": True}}, {}, LOOSER),
    ({"where": {"grade": {"at_least": 1}}}, {"where": {"grade": 2}}, STRICTER),
    ({"where": {"any": [{"care": True}, {"grade": 1}]}}, {"where": {"care": True}}, STRICTER),
    ({"where": {"care": True}}, {"where": {"grade": 1}}, None),
    ({"evidence": ["photo"]}, {}, STRICTER),
    ({}, {"evidence": ["photo"]}, LOOSER),
    ({"exempt": {"care": True}}, {}, LOOSER),
    ({}, {"exempt": {"care": True}}, STRICTER),
    ({"arrivals": {"from": "30d"}}, {}, LOOSER),
    ({"count": {"kind": "lesson"}}, {}, None),
    ({"measure": {"sum": "hours"}}, {}, None),
    ({"source": {"document": "校", "modality": "encouraged"}}, {}, LOOSER),
    ({"at_least": 2, "where": {"care": True}}, {}, STRICTER),
    ({"at_least": 2, "window": "year", "where": {"care": True}}, {}, LOOSER),
    ({"window": {"every": 2, "unit": "teaching_week"}}, {"window": {"unit": "month", "teaching": True}}, STRICTER),
]  # fmt: skip


@pytest.mark.parametrize(("new", "old", "how"), CASES)
def test_one_rule_against_another(new, old, how):
    packs = [pack_of(rule(**changes)) for changes in (new, old)]
    assert [f.sentence for pack in packs for f in pack.findings if f.level == "error"] == []
    assert compare(packs[0].obligations[0], packs[1].obligations[0]).how == how


def upper(*rules) -> dict[str, Pack]:
    return {"bureau": pack_of(*rules, pack="bureau")}


def codes(pack: Pack, others=None, level="error") -> set[str]:
    return {finding.code for finding in lint(pack, cases=False, others=others) if finding.level == level}


def test_a_school_may_tighten_what_its_bureau_asks_and_never_loosen_it():
    asked = upper(rule(id="visit", at_least=2))
    assert codes(pack_of(rule(at_least=3, tightens="bureau:visit")), asked) == set()
    assert codes(pack_of(rule(at_least=1, tightens="bureau:visit")), asked) == {"loosening"}
    assert codes(pack_of(rule(window="month", at_least=1, tightens="bureau:visit")), asked) == {"loosening"}
    assert codes(pack_of(rule(measure="people", tightens="bureau:visit")), asked) == {"not-comparable"}
    assert "same" in codes(pack_of(rule(at_least=2, tightens="bureau:visit")), asked, "warning")


def test_a_rule_that_is_not_there_is_an_error_and_a_pack_not_at_hand_a_warning():
    assert codes(pack_of(rule(tightens="nothing"))) == {"unknown-obligation"}
    assert codes(pack_of(rule(tightens="bureau:gone")), upper(rule(id="visit"))) == {"unknown-obligation"}
    assert "tightens-unknown" in codes(pack_of(rule(tightens="bureau:visit")), level="warning")


def test_a_later_version_above_is_compared_too():
    asked = upper(rule(id="visit"), rule(id="visit", since="2024-02-01", at_least=4))
    assert codes(pack_of(rule(at_least=3, tightens="bureau:visit")), asked) == {"loosening"}


def test_circles_are_errors_within_a_pack_and_across_packs():
    one, two = rule(id="one", tightens="two"), rule(id="two", tightens="one")
    assert "cycle" in codes(pack_of(one, two))
    assert "cycle" in codes(pack_of(rule(tightens="rule")))
    asked = upper(rule(id="visit", tightens="invented:rule"))
    mine = pack_of(rule(at_least=2, tightens="bureau:visit"), pack="invented")
    assert "cycle" in codes(mine, asked)
    swap = [
        rule(id=a, overrides={"id": b, "when": {"care": True}}) for a, b in (("one", "two"), ("two", "one"))
    ]
    assert "cycle" in codes(pack_of(*swap))


def test_an_override_must_point_to_a_rule_of_the_same_subject_and_reach_a_version():
    over = {"overrides": {"id": "rule", "when": {"care": True}}}
    assert codes(pack_of(rule(), rule(id="other", at_least=2, **over))) == set()
    assert codes(pack_of(rule(), rule(id="other", since="2023-03-01", **over))) == {"overrides"}
    gone = {"overrides": {"id": "gone", "when": {"care": True}}}
    assert codes(pack_of(rule(id="other", **gone))) == {"unknown-obligation"}
    staff = rule(id="other", subject="staff", bearer="self", count={"kind": "lesson"}, overrides={"id": "rule", "when": {"young": True}})  # fmt: skip
    assert "overrides" in codes(pack_of(rule(), staff))


def test_the_chain_is_read_upwards_and_downwards():
    national = pack_of(rule(id="visit"), pack="national")
    bureau = pack_of(rule(id="visit", at_least=2, tightens="national:visit"), pack="bureau")
    school = pack_of(rule(id="visit", at_least=3, tightens="bureau:visit"), pack="school")
    others = {"national": national, "bureau": bureau, "school": school}
    up = [(one.pack.slug, one.rule.id) for one in above(school, school.obligations[0], others)]
    assert up == [("bureau", "visit"), ("national", "visit")]
    down = [one.pack.slug for one in below(bureau, bureau.obligations[0], others)]
    assert down == ["school"]


def test_a_gate_needs_a_way_past_it():
    gate = {"subject": "staff", "bearer": "self", "count": {"kind": "lesson"}, "blocks": "appoint(homeroom_teacher)"}  # fmt: skip
    assert codes(pack_of(rule(**gate))) == {"gate-without-waiver"}
    assert "waiver-without-end" in codes(pack_of(rule(**gate, waiver={"by": "secretary"})), level="warning")
    ended = {"by": "secretary", "expires": "90d"}
    assert codes(pack_of(rule(**gate, waiver=ended))) == set()
    assert codes(pack_of(rule(**{**gate, "subject": "student"}, waiver=ended))) == {"blocks"}


def test_an_exemption_that_spares_everybody_and_a_day_still_to_be_announced_are_said():
    assert codes(pack_of(rule(where={"care": True}, exempt={"care": True}))) == {"vacuous"}
    announced = rule(window={"by": {"announced": "report-day"}})
    assert "open-number" in codes(pack_of(announced), level="warning")
    asked = rule(at_least={"ask": "homeroom_teacher"})
    assert "open-number" in codes(pack_of(asked), level="warning")

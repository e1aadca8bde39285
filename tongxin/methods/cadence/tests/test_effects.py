"""Exemptions, overrides, gates and consequences: how they are read, said and judged."""

from __future__ import annotations

import pytest

from tongxin.methods.cadence.effects import Bars, Gate, Points, RuleName, Veto
from tongxin.methods.cadence.golden import run_case
from tongxin.methods.cadence.words import Speaker, sentence

from .vocabulary import pack_of, rule


def the_rule(**changes):
    pack = pack_of(rule(**changes))
    assert [f.sentence for f in pack.findings if f.level == "error"] == []
    return pack.obligations[0]


def agrees(spelled, *others, **case):
    pack = pack_of(spelled, *others)
    assert [finding.sentence for finding in pack.findings if finding.level == "error"] == []
    outcome = run_case(pack, pack.obligations[0], {"name": "用例", "as_of": "2023-07-10", **case})
    assert outcome.passed, outcome.sentence


def test_an_exempt_subject_is_not_expected_and_the_others_are():
    spelled = rule(exempt={"care": True})
    agrees(spelled, attributes={"care": True}, verdict="not_expected", reason="exempt")
    agrees(spelled, attributes={"care": False}, verdict="missed")
    agrees(spelled, verdict="missed")


def test_an_exempt_subject_who_did_it_has_met_it():
    visit = {"kind": "visit", "on": "2023-03-10"}
    agrees(rule(exempt={"care": True}), attributes={"care": True}, entries=[visit], verdict="met")


def test_an_exemption_over_an_unknown_value_says_so_and_leaves_met_alone():
    spelled = rule(exempt={"care": True})
    agrees(spelled, attributes={"care": None}, verdict="not_expected", reason="unknown: care")
    visit = {"kind": "visit", "on": "2023-03-10"}
    agrees(spelled, attributes={"care": None}, entries=[visit], verdict="met")


def test_an_override_holds_where_its_condition_does_and_spares_there_the_other():
    strict = rule(id="strict", at_least=3, overrides={"id": "rule", "when": {"care": True}})
    agrees(rule(), strict, attributes={"care": True}, verdict="not_expected", reason="overridden: strict")
    agrees(rule(), strict, attributes={"care": False}, verdict="missed")
    agrees(strict, rule(), attributes={"care": True}, verdict="missed", owed=3)
    agrees(strict, rule(), attributes={"care": False}, verdict="none")


def test_an_override_does_not_reach_into_the_past():
    later = rule(id="strict", since="2023-03-01", overrides={"id": "rule", "when": {"care": True}})
    agrees(rule(), later, attributes={"care": True}, verdict="missed")
    agrees(rule(since="2023-03-01"), later, attributes={"care": True}, verdict="not_expected")


def test_gates_consequences_and_precedence_are_read():
    read = the_rule(
        blocks=["appoint(homeroom_teacher)"],
        waiver={"by": "secretary", "expires": "180d"},
        consequence=[
            {"points": -1, "per": "missing_unit", "floor": -10},
            {"bars": "rating.excellent"},
            {"veto": "appraisal"},
        ],
        tightens=["national:visit-yearly", "own"],
        rows=["A12", "A13"],
    )
    assert read.blocks == (Gate("appoint", "homeroom_teacher"),)
    assert read.consequences == (Points(-1, "missing_unit", -10), Bars("rating.excellent"), Veto("appraisal"))
    assert read.tightens == (RuleName("national", "visit-yearly"), RuleName("", "own"))
    assert read.rows == ("A12", "A13")


@pytest.mark.parametrize(
    ("changes", "chinese", "english"),
    [
        ({"exempt": {"care": True}}, "重点关爱的不要求", "not asked of those for whom care"),
        (
            {"blocks": "appoint(homeroom_teacher)"},
            "没做到或没有免除以前，不能任命班主任",
            "nobody is appointed homeroom teacher until it is met or waived",
        ),
        (
            {"consequence": {"points": -1, "floor": -10}},
            "每少一个扣1分，最多10分",
            "1 points are taken off for each one missing, 10 at most",
        ),
        ({"tightens": "national:visit"}, "比上级的要求更严", "it is stricter than what is asked above"),
        ({"tightens": "rule"}, "比“规则”更严", "it is stricter than rule"),
    ],
)
def test_what_surrounds_a_rule_is_said_in_its_sentence(changes, chinese, english):
    pack = pack_of(rule(**changes))
    assert f"；{chinese}。" in sentence(pack, pack.obligations[0], "zh")
    assert f"; {english}." in sentence(pack, pack.obligations[0], "en")


def test_consequences_read_as_people_call_what_they_bear_on():
    pack = pack_of(rule())
    for lang, expected in (
        ("zh", "没做到的，考核一票否决"),
        ("en", "missing it decides the appraisal against them"),
    ):
        assert Veto("appraisal").words(Speaker(pack, lang)) == expected
    assert Bars("rating.excellent").words(Speaker(pack)) == "没做到的不能得“优秀”"
    assert Veto("师德考核").words(Speaker(pack)) == "没做到的，师德考核一票否决"

"""A rule taken apart into slots and put together again is the same rule."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tongxin.methods.cadence.conditions import All, AnyOf, Not
from tongxin.methods.cadence.located import located
from tongxin.methods.cadence.pack import load_pack, vocabulary
from tongxin.methods.cadence.parse import read_obligation
from tongxin.methods.cadence.reading import Context
from tongxin.methods.cadence.slot_choices import measures, problems, subjects
from tongxin.methods.cadence.slots import KEPT, Condition, Period, Slots, slots_of, written

from . import strategies
from .vocabulary import pack_of, rule

PACKS = sorted(Path(__file__).parents[4].joinpath("packs", "programmes").glob("*"))


def simplest(condition):
    """A joined condition of one part says what the part says."""
    if isinstance(condition, All | AnyOf):
        parts = tuple(simplest(part) for part in condition.parts)
        return parts[0] if len(parts) == 1 else replace(condition, parts=parts)
    return replace(condition, part=simplest(condition.part)) if isinstance(condition, Not) else condition


def tree(raw, names):
    found = read_obligation(located(raw, ""), Context(names))
    found = replace(found, where=simplest(found.where))
    return {
        item.name: getattr(found, item.name)
        for item in fields(found)
        if item.name not in ("file", "line", "cases")
    }


@pytest.mark.parametrize("folder", PACKS, ids=lambda path: path.name)
def test_every_rule_of_every_pack_comes_back_as_it_was(folder):
    pack = load_pack(folder)
    names = vocabulary(pack)
    for raw in pack.raw["obligations"]:
        assert tree(written(*slots_of(raw)), names) == tree(raw, names), raw["id"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(strategies.obligations())
def test_random_rules_come_back_as_they_were(raw):
    names = vocabulary(pack_of(rule()))
    assert tree(written(*slots_of(raw)), names) == tree(raw, names)


def test_most_rules_of_the_packs_fit_the_slots_whole():
    whole = [not slots_of(raw)[1].keys() - {"cases", "note", "title_en", "rows"} for folder in PACKS
             for raw in load_pack(folder).raw["obligations"] if "later" not in raw]  # fmt: skip
    assert sum(whole) > len(whole) * 0.85, f"{sum(whole)} of {len(whole)}"


def test_slots_say_what_a_person_chose():
    slots = Slots(
        "talks", "谈心谈话", "student", [Condition("attribute:care", "is", "true"), Condition("post:secretary", "has_not")],
        bearer=["homeroom_teacher"], kinds=["visit"], part="visited", only=[("mode", "in_person,online")],
        by_who="post:homeroom_teacher", by_part="visitor", measure="sum:hours", number="2.5",
        period=Period("within", "14", "day", "signal"), evidence=["photo"], remind="14、3", since="2023-02-20",
    )  # fmt: skip
    assert written(slots, {}) == {
        "id": "talks", "title": "谈心谈话", "since": "2023-02-20", "subject": "student",
        "where": {"all": [{"attribute": "care", "is": True}, {"not": {"post": "secretary"}}]},
        "bearer": "homeroom_teacher",
        "count": {"kind": "visit", "part": "visited", "only": {"mode": ["in_person", "online"]},
                  "by": {"part": "visitor", "post": "homeroom_teacher"}},
        "measure": {"sum": "hours"}, "at_least": "2.5", "window": {"within": 14, "unit": "day", "of": "signal"},
        "evidence": ["photo"], "remind": ["14d", "3d"],
    }  # fmt: skip
    assert problems(written(slots, {}), vocabulary(pack_of(rule()))) == []


def test_what_has_no_slot_is_kept_untouched():
    raw = rule(at_least=1, at_most={"by": "grade", "1": 4, "else": 3}, two_posts="larger", title_en="Visits")
    slots, kept = slots_of(raw)
    assert slots.bound == KEPT
    slots.title = "改了名"
    again = written(slots, kept)
    assert (again["at_least"], again["at_most"]) == (raw["at_least"], raw["at_most"])
    assert (again["two_posts"], again["title"]) == ("larger", "改了名")


def test_a_table_of_numbers_is_taken_apart_into_lines():
    slots, kept = slots_of(rule(at_least={"by": "grade", "1": 2, "2..3": 1, "else": 0}))
    assert [(band.value, band.number) for band in slots.bands] == [("1", "2"), ("2..3", "1")]
    assert (slots.by, slots.otherwise) == ("grade", "0")
    slots.bands[1].number = "3"
    assert written(slots, kept)["at_least"] == {"by": "grade", 1: 2, "2..3": 3, "else": 0}


def test_a_line_of_a_checklist_that_says_more_than_slots_can_is_kept_whole():
    plain = {"title": "家访", "count": {"kind": "visit"}, "at_least": 1}
    finer = {"title": "党员家访", "count": {"kind": "visit"}, "measure": "people", "at_least": 2}
    slots, _kept = slots_of({"id": "r", "title": "清单", "all_of": [plain, finer], "window": "term"})
    assert [item.kind for item in slots.items] == ["visit", "kept"]
    slots.items[1].title = "改了名"
    assert written(slots, {})["all_of"] == [plain, finer | {"title": "改了名"}]


def test_the_choices_are_those_the_parser_reads():
    names = vocabulary(pack_of(rule()))
    assert "sum:hours" in measures(names, ["visit"])
    assert "sum:cost" not in measures(names, ["lesson"])
    assert {"student", "member", "activity:visit"} <= set(subjects(names))
    for measure in measures(names, ["visit"]):
        raw = written(Slots("r", "规则", "student", kinds=["visit"], measure=measure, since="2023-01-01",
                            bearer=["homeroom_teacher"]), {})  # fmt: skip
        assert [finding.sentence for finding in problems(raw, names)] == [], measure

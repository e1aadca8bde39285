"""The examples of the documentation are re-computed, so that the pages never tell something else than the program."""

import csv
import datetime as dt

import pytest

from tongxin.methods.cadence import lint, reference
from tongxin.methods.cadence.datafolder import load_folder
from tongxin.methods.cadence.pack import load_pack
from tongxin.methods.cadence.sql import evaluate_sql

from .tree import ROOT

EXAMPLES = ROOT / "docs" / "examples"
WORKED = ["home-visits", "mentoring", "study-year"]
DAY = dt.date(2023, 7, 1)


def loaded(name):
    pack = load_pack(EXAMPLES / name / "pack")
    return pack, *load_folder(EXAMPLES / name / "data", pack)


def rows(verdicts):
    return [
        (v.obligation, v.subject, v.window, v.verdict, str(v.owed), str(v.done), " ".join(v.bearer))
        for v in verdicts
    ]


@pytest.mark.parametrize("name", [*WORKED, "forty-rules", "operators"])
def test_an_example_pack_has_no_errors_for_the_linter(name):
    found = lint.check_path(EXAMPLES / name / "pack")
    assert [finding.sentence for finding in found if finding.level == "error"] == []


@pytest.mark.parametrize("name", WORKED)
def test_an_example_gives_the_verdicts_that_the_page_shows(name):
    with (EXAMPLES / name / "expected.csv").open(encoding="utf-8", newline="") as file:
        expected = [tuple(row.values()) for row in csv.DictReader(file)]
    assert rows(reference.evaluate(*loaded(name), DAY)) == expected
    assert rows(evaluate_sql(*loaded(name), DAY, engine="sqlite")) == expected


def test_the_reasons_that_the_pages_name_are_the_ones_given():
    told = {
        (v.obligation, v.subject, v.window): v
        for name in WORKED
        for v in reference.evaluate(*loaded(name), DAY)
    }

    def rejected(*key):
        return dict(told[key].rejected)

    assert list(rejected("visit-priority", "s3", "2023春")) == ["e3"]
    assert rejected("visit-every", "s4", "2023春") == {}
    assert rejected("signal-within-24-hours", "s2", "signal_raised@2023-03-06") == {}
    assert told["signal-within-24-hours", "s2", "signal_raised@2023-05-08"].reason == "event retracted"
    assert (
        told["member-service-points", "t1", "2022-2023"].reason == "out of scope since 2023-06-01: membership"
    )


def test_forty_sentences_of_other_plans_are_rules_that_can_be_judged():
    pack = load_pack(EXAMPLES / "forty-rules" / "pack")
    assert len(pack.obligation_ids()) == 40
    assert all(rule.evaluable and rule.cases for rule in pack.obligations)

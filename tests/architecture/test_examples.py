"""The example of the documentation is re-computed, so that the page never tells something else than the program."""

import csv
import datetime as dt

from tongxin.methods.cadence import lint, reference
from tongxin.methods.cadence.datafolder import load_folder
from tongxin.methods.cadence.pack import load_pack

from .tree import ROOT

EXAMPLE = ROOT / "docs" / "examples" / "home-visits"


def verdicts():
    pack = load_pack(EXAMPLE / "pack")
    facts, calendar = load_folder(EXAMPLE / "data", pack)
    return reference.evaluate(pack, facts, calendar, dt.date(2023, 7, 1))


def test_the_example_pack_has_nothing_for_the_linter():
    assert [finding.sentence for finding in lint.check_path(EXAMPLE / "pack")] == []


def test_the_example_gives_the_verdicts_that_the_page_shows():
    with (EXAMPLE / "expected.csv").open(encoding="utf-8", newline="") as file:
        expected = [tuple(row.values()) for row in csv.DictReader(file)]
    found = [
        (v.obligation, v.subject, v.window, v.verdict, str(v.owed), str(v.done), " ".join(v.bearer))
        for v in verdicts()
    ]
    assert found == expected


def test_the_reasons_that_the_page_names_are_the_ones_given():
    rejected = {(v.obligation, v.subject): [entry for entry, _ in v.rejected] for v in verdicts()}
    assert rejected["visit-priority", "s3"] == ["e3"]
    assert rejected["visit-every", "s4"] == []

"""The pairing instances that lie outside the repository: proved optima, stable matchings, sign-up sheets."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from tongxin.config.command_line import main
from tongxin.methods.matching.instances import read_loads
from tongxin.methods.matching.loads import solve_loads

from .shared_data import expected, folder

# Proved within seconds on a busy machine; the rest of the 42 is for `bench match` and --long.
QUICK = [f"gap{kind}-{number}" for kind in range(1, 7) for number in range(5)]
QUICK += ["a05100", "a05200", "a10100", "a10200", "b10100", "c05100"]


def checked(name, seconds):
    """Solve an instance; whether it was proved, after re-counting its cost and loads by hand."""
    instance, known = read_loads(folder("gap-assignment") / name), expected("gap-assignment")[name]
    began = time.monotonic()
    found = solve_loads(-instance.costs.T, instance.loads.T, instance.capacity, seconds)
    assert time.monotonic() - began < seconds + 3
    jobs = np.arange(instance.costs.shape[1])
    assert (found.columns >= 0).all()
    assert -found.value == instance.costs[found.columns, jobs].sum() >= known["min_lower_bound"]
    used = np.bincount(
        found.columns, weights=instance.loads[found.columns, jobs], minlength=len(instance.capacity)
    )
    assert (used <= instance.capacity).all()
    if found.proved:
        assert -found.value == known["min_best_known"]
    else:
        assert -found.bound <= known["min_best_known"]
    return found.proved


def test_assignments_with_different_loads_are_proved_best():
    assert [name for name in QUICK if not checked(name, 30)] == []


@pytest.mark.long
def test_at_least_forty_of_forty_two_are_proved_in_ten_seconds_each():
    proved = [name for name in expected("gap-assignment") if checked(name, 10)]
    assert len(proved) >= 40


def test_the_textbook_instances_have_the_published_stable_matchings(capsys):
    assert (
        main(["match", "--format", "stable-matching", "--data", str(folder("stable-matching")), "--json"])
        == 0
    )
    told = {one["instance"]: one for one in map(json.loads, capsys.readouterr().out.splitlines())}
    known = expected("stable-matching")

    def by_first(pairs):
        return {str(pair["a"]): pair["b"] for pair in pairs}

    assert all(one["stable"] for one in told.values())
    assert by_first(told["sm1.txt"]["pairs"]) == known["sm1"]["suitor"]
    # The published answer names the partners of the first side for both.
    assert by_first(told["sm1.txt"]["pairs_best_for_second"]) == known["sm1"]["reviewer"]
    for side, name in (("pairs", "resident"), ("pairs_best_for_second", "hospital")):
        held = {}
        for pair in told["hr1.txt"][side]:
            held.setdefault(str(pair["b"]), []).append(pair["a"])
        assert held == known["hr1"][name]


def test_the_sign_up_sheets_are_matched_with_nobody_left_out_and_the_same_each_time(capsys, tmp_path):
    call = ["match", "--format", "mentor-matching", "--json", "--data"]
    assert main([*call, str(folder("mentor-matching"))]) == 0
    first = capsys.readouterr().out
    told = json.loads(first)
    assert (len(told["pairs"]), told["unmatched"], told["proved"]) == (50, [], True)
    assert len({pair["a"] for pair in told["pairs"]}) == len({pair["b"] for pair in told["pairs"]}) == 50
    grades = ["AA", "AO", "EO", "HEO", "SEO", "Grade 7", "Grade 6", "SCS1", "SCS2", "SCS3", "SCS4"]
    grade = {}
    for name, side in (("mentors.csv", "mentor"), ("mentees.csv", "mentee")):
        text = (folder("mentor-matching") / name).read_text(encoding="utf-8")
        for line in text.splitlines()[1:]:
            cells = line.split(",")
            grade[f"{side}:{cells[2]}"] = grades.index(cells[5])
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert all(grade[pair["a"]] >= grade[pair["b"]] for pair in told["pairs"])
    assert main([*call, str(folder("mentor-matching"))]) == 0
    assert capsys.readouterr().out == first
    # Half of the mentors gone: the rest are listed, each with its reason.
    lines = (tmp_path / "mentors.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "mentors.csv").write_text("".join(lines[:26]), encoding="utf-8")
    assert main([*call, str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["unmatched"]) == 50 - len(told["pairs"]) >= 25
    assert all(one["reason"] and one["relaxation"] for one in told["unmatched"])

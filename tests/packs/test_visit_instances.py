"""Home-visit plans on published instances: the published values where the search is short; long runs are in `bench visits`."""

from __future__ import annotations

import json
import shutil

import pytest

from tongxin.config import command_line
from tongxin.methods.routing.checking import faults
from tongxin.methods.routing.instances import HOME_CARE, SOLOMON, read_instance
from tongxin.methods.routing.solving import PLAIN, plan

from .shared_data import expected, folder


@pytest.mark.parametrize("name", [f"D{number}" for number in range(1, 8)])
def test_joint_visits_with_skills_come_to_the_published_way(name):
    problem, _ = read_instance(folder(HOME_CARE) / f"{name}.json", HOME_CARE)
    made = plan(problem, seconds=6, rounds=800, solver=PLAIN)
    assert faults(problem, made) == []
    assert (made.travel, made.unserved) == (expected(HOME_CARE)[name]["best_known_travel"], ())


def test_a_folder_of_home_care_instances_is_planned_one_line_each(capsys, tmp_path):
    for name in ("A1.json", "B1.json", "expected.json"):
        shutil.copy(folder(HOME_CARE) / name, tmp_path)
    called = [
        "plan-visits",
        "--data",
        str(tmp_path),
        "--format",
        HOME_CARE,
        "--seconds",
        "0.4",
        "--solver",
        "plain",
    ]
    assert command_line.main(called) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["instance"], one["served"]) for one in told] == [("A1", 10), ("B1", 25)]


def test_a_solomon_instance_is_served_whole_with_few_routes(capsys):
    file = folder(SOLOMON) / "c101.txt"
    assert command_line.main(["plan-visits", "--data", str(file), "--format", SOLOMON, "--seconds", "1"]) == 0
    told = json.loads(capsys.readouterr().out)
    best = expected(SOLOMON)["C101"]
    assert (told["served"], told["trips"]) == (100, best["best_known_routes"])
    assert told["travel"] == pytest.approx(best["best_known_distance"], rel=0.02)

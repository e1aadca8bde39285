"""`tongxin match`: the example of the documentation, and what a wrong call or broken input is told."""

import csv
import json
from pathlib import Path

import pytest

from tongxin.config.command_line import main

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "pairing"
TEAMS = EXAMPLE.parent / "teams"


def test_the_example_gives_the_pairs_that_the_page_shows(capsys):
    call = ["match", str(EXAMPLE / "scheme.yaml"), "--data", str(EXAMPLE / "data"), "--json"]
    assert main(["check", str(EXAMPLE / "scheme.yaml")]) == 0
    assert main(call) == 0
    told = json.loads(capsys.readouterr().out)
    with (EXAMPLE / "expected.csv").open(encoding="utf-8", newline="") as file:
        expected = [(row["mentor"], row["student"], int(row["score"])) for row in csv.DictReader(file)]
    assert [(pair["a"], pair["b"], pair["score"]) for pair in told["pairs"]] == expected
    assert (told["objective"], told["gap"], told["proved"]) == (told["bound"], 0, True)
    assert told["objective"] <= sum(score for _, _, score in expected)
    (left,) = told["unmatched"]
    assert (left["id"], left["among"]) == ("s9", ["t1", "t3"])
    assert "再多 1 个名额" in left["relaxation"]
    assert told["not_seated"] == ["t5"]
    assert main(call[:-1]) == 0
    assert "没有配上：乙五。" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "请写出配对方案文件"),
        (["{example}/scheme.yaml", "--data", "nowhere"], "没有这个文件夹"),
        (["{example}/scheme.yaml", "--data", "{example}"], "没有 people.csv"),
        (["nowhere.yaml", "--data", "{example}/data"], "nowhere.yaml"),
        (["{example}/data/people.csv", "--data", "{example}/data"], "people.csv:1: "),
        (["{example}/scheme.yaml", "--data", "{example}/data", "--seconds", "0"], "大于零的秒数"),
        (["{example}/scheme.yaml", "--data", "{example}/data", "--alternatives", "-1"], "0 到 100"),
        (["--format", "gap-assignment"], "实例"),
        (["--format", "mentor-matching", "--data", "{example}/data"], "没有 mentors.csv"),
        (["{example}/scheme.yaml", "--format", "stable-matching"], "第 1 行应当只有整数"),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(capsys, arguments, words):
    assert main(["match", *(part.format(example=EXAMPLE) for part in arguments)]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert "没有料到" not in said


def test_the_teams_of_the_example_are_those_that_the_page_shows(capsys):
    call = ["team", str(TEAMS / "scheme.yaml"), "--data", str(TEAMS / "data"), "--json"]
    assert main(["check", str(TEAMS / "scheme.yaml")]) == 0
    assert main(call) == 0
    told = json.loads(capsys.readouterr().out)
    with (TEAMS / "expected.csv").open(encoding="utf-8", newline="") as file:
        expected = [
            (row["leader"], row["member"], row["student"], int(row["score"])) for row in csv.DictReader(file)
        ]
    assert [
        (*(team["seats"][seat][0] for seat in told["seats"]), team["score"]) for team in told["teams"]
    ] == expected
    assert (told["objective"], told["proved"]) == (sum(row[3] for row in expected), True)
    assert [(one["id"], one["must"]) for one in told["unmatched"]] == [("m2", True)]
    assert told["not_seated"] == ["t4"]
    assert main(call[:-1]) == 0
    assert "没有进队：林二。" in capsys.readouterr().out
    for wrong in (
        [*call, "--seconds", "-1"],
        ["team", str(EXAMPLE / "scheme.yaml"), *call[2:]],
        [*call[:3], "nowhere"],
    ):
        assert main(wrong) == 1
        assert "没有料到" not in capsys.readouterr().err
    assert main(["match", *call[1:]]) == 1
    assert "tongxin team" in capsys.readouterr().err


def test_a_wrong_call_ends_with_2(capsys):
    assert main(["match", "scheme.yaml", "--format", "unknown"]) == 2
    assert main(["match", "scheme.yaml", "--seconds", "soon"]) == 2
    capsys.readouterr()

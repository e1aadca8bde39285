"""`tongxin plan-visits`: the documented example, sentences instead of tracebacks, and a plan that is changed a little."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tongxin.config.command_line import main
from tongxin.config.commands import plan_visits

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "visit-plan"


def call(capsys, *args) -> tuple[int, str, str]:
    code = main(["plan-visits", *(str(arg) for arg in args)])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


@pytest.fixture
def copied(tmp_path):
    return Path(shutil.copytree(EXAMPLE, tmp_path / "data"))


def planned(capsys, *args):
    code, out, _ = call(capsys, *args, "--seconds", "0.4", "--solver", "plain")
    assert code == 0
    return json.loads(out)


def test_the_example_of_the_guide_comes_out_as_the_page_says(capsys):
    told = planned(capsys, "--data", EXAMPLE)
    assert (told["trips"], told["served"], told["travel"]) == (4, 7, 128)
    assert told["objective"] == {"aim": "shortest", "value": 128}
    assert [(one["id"], one["code"], one["way_out_code"]) for one in told["unserved"]] == [
        ("f8", "no-session", "one-more-shift"),
        ("f9", "no-session", "other-time"),
    ]
    assert told["unserved"][0]["way_out"] == "让“陈老师、孙老师”在场次“周四晚”多去一次就可以。"
    begins = {
        (stop["family"], route["team"]): stop["begin"] for route in told["routes"] for stop in route["stops"]
    }
    assert begins["f1", "一组"] == "2023-04-04T18:30"
    assert len({begin for (family, _), begin in begins.items() if family == "f5"}) == 1


def test_the_same_plan_reads_as_sentences(capsys):
    code, out, _ = call(capsys, "--data", EXAMPLE, "--seconds", "0.4", "--solver", "plain", "--text")
    assert code == 0
    assert "  18:30 王小雨家" in out.splitlines()
    assert out.splitlines()[-1] == "共 4 次出门，7 家，路上 128 分钟。"


def test_who_refuses_is_left_out_and_nobody_else_is_told_anything_new(capsys, copied, tmp_path):
    old = tmp_path / "plan.json"
    old.write_text(json.dumps(planned(capsys, "--data", copied)), encoding="utf-8")
    families = copied / "families.csv"
    rows = families.read_text(encoding="utf-8").splitlines(keepends=True)
    families.write_text("".join(row for row in rows if not row.startswith("f6,")), encoding="utf-8")
    new = planned(capsys, "--data", copied, "--previous", old)
    assert new["changed"] == ["f6"]
    assert new["solver"] == "repair"


def test_wrong_input_is_refused_with_file_and_row(capsys, copied):
    (copied / "families.csv").write_text("id,minutes,times\nf1,30,2023-03-01\n", encoding="utf-8")
    code, out, err = call(capsys, "--data", copied)
    assert (code, out) == (1, "")
    assert [line.split("：")[0] for line in err.splitlines()] == ["families.csv 第 2 行"] * 2


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["--data", "nowhere"], 1, "没有这个文件夹：nowhere"),
        (["--data", EXAMPLE, "--seconds", "0"], 1, "--seconds"),
        (["--data", EXAMPLE, "--seconds", "soon"], 2, "--seconds"),
        (["--data", EXAMPLE, "--previous", EXAMPLE / "families.csv"], 1, "原来的计划读不懂"),
        (["--data", EXAMPLE, "--format", "vrptw-solomon"], 1, "没有“vrptw-solomon”格式的文件"),
        (["--data", EXAMPLE / "families.csv", "--format", "home-visit-routing"], 1, "families.csv 不是"),
        (["--data", EXAMPLE / "families.csv", "--format", "vrptw-solomon"], 1, "families.csv 不是"),
        ([], 2, "--data"),
    ],
)
def test_a_wrong_call_gets_a_sentence(capsys, args, code, words):
    found, _, err = call(capsys, *args)
    assert (found, words in err) == (code, True), err


def test_a_missing_library_is_said_and_the_plan_is_made_all_the_same(capsys, monkeypatch):
    monkeypatch.setattr(plan_visits, "libraries", lambda: (False, True))
    monkeypatch.setattr("tongxin.methods.routing.solving.libraries", lambda: (False, False))
    code, out, err = call(capsys, "--data", EXAMPLE, "--seconds", "0.4")
    assert (code, json.loads(out)["solver"]) == (0, "plain")
    assert "没有装 pyvroom" in err

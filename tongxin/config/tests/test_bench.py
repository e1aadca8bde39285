import argparse
import json
from types import ModuleType

import pytest

from tongxin.config import command_line
from tongxin.config.commands import bench
from tongxin.config.refusal import Refused

ROW = {
    "name": "台账页",
    "n": 50,
    "median_s": 0.0123456,
    "reference": "普通列表",
    "ratio": 4.2,
    "target": 3,
    "ok": True,
}


def test_a_table_lines_up_and_says_what_is_not_known(capsys):
    bench.print_rows([ROW | {"queries": 7}], as_json=False)
    head, line, more = capsys.readouterr().out.splitlines()
    assert line.startswith("台账页  50")
    assert "0.01235" in line
    assert line.endswith("是")
    assert bench.width(head[: head.index("对照")]) == bench.width(line[: line.index("普通列表")])
    assert more == "台账页：queries 7"


def test_rows_come_as_json_lines(capsys):
    bench.print_rows([ROW, ROW], as_json=True)
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [ROW, ROW]


def test_a_missed_target_ends_with_1(monkeypatch, capsys):
    fake = ModuleType("bench_fake")
    fake.add_arguments = lambda parser: None
    fake.run = lambda args: [ROW | {"ok": args.scale == "full"}]
    monkeypatch.setattr(bench, "names", lambda: ["fake"])
    monkeypatch.setattr(bench, "load", lambda name: fake)
    assert command_line.main(["bench", "fake", "--scale", "full"]) == 0
    assert command_line.main(["bench", "fake"]) == 1
    assert "没有达到目标：台账页" in capsys.readouterr().out


def test_a_bench_that_compares_with_what_is_not_installed_says_so(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError("no", name="polars")

    monkeypatch.setattr(bench.importlib, "import_module", missing)
    with pytest.raises(Refused, match="polars"):
        bench.load("fake")


def test_a_wrong_option_of_a_bench_ends_with_2(capsys):
    assert command_line.main(["bench", "pages", "--scale", "huge"]) == 2
    assert "用法不对" in capsys.readouterr().err


def test_the_school_of_the_compliance_bench_can_be_made_of_every_rule_of_its_pack():
    compliance = bench.load("compliance")
    options = argparse.Namespace(engines="sqlite", only="school", scale="ci", runs=1)
    row, live = compliance.run(options)
    pack = compliance.load_pack(compliance.PACK)
    assert any(
        not said.count.kinds for rule in pack.obligations if rule.evaluable for said in rule.requirements()
    )
    assert row["participations"] == 20_000
    assert row["checksum"][0] > 0 < row["checksum"][2]
    assert live["checksum"] == row["checksum"]


def test_a_small_score_bench_says_its_ratios_and_that_all_ways_agree(capsys):
    pytest.importorskip("pandas")
    assert command_line.main(["bench", "score", "--sheets", "3000", "--runs", "1", "--json"]) in (0, 1)
    rows = {row["name"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert set(rows) == {"score", "score-limit", "score-memory", "score-one"}
    assert rows["score"]["n"] == 3000
    assert len(rows["score"]["checksum"]) == 4
    assert rows["score"]["ratio"] > 0
    assert command_line.main(["bench", "score", "--items", "41"]) == 1
    assert "题数要是分量表数的倍数" in capsys.readouterr().err


def test_the_bench_of_the_audit_record_checks_every_row_and_holds_one_at_a_time():
    from tongxin.config.commands import bench_audit

    check, memory = bench_audit.run(argparse.Namespace(rows=2_001, scale="ci"))
    assert (check["n"], check["anchors"], check["schools"]) == (2_001, 0, 20)
    assert check["cpu_s_a_million"] > 0
    assert memory["ok"]


def test_a_small_visits_bench_compares_a_checked_plan_with_its_peers(capsys):
    pytest.importorskip("vroom")
    called = ["bench", "visits", "--pairs", "1", "--families", "20", "--seconds", "0.5", "--json"]
    assert command_line.main(called) in (0, 1)
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert row["served"] >= max(row["nearest_served"], row["vroom_served"])
    assert 0 < row["ratio"] == pytest.approx(row["hours"] / row["nearest_hours"], rel=0.01)
    assert command_line.main(["bench", "visits", "--seconds", "soon"]) == 1
    assert "要写秒数" in capsys.readouterr().err

"""`tongxin check`, `words` and `evaluate`: files in, lines out, sentences instead of tracebacks."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
import yaml

from tongxin.config.commands import check, evaluate, load, words
from tongxin.methods.cadence.tests.test_datafolder import FILES
from tongxin.methods.cadence.tests.vocabulary import CALENDAR, pack_of, rule


@pytest.fixture
def pack(tmp_path):
    file = tmp_path / "pack.yaml"
    file.write_text(pack_of(rule(since="2023-02-01")).to_text(), encoding="utf-8")
    return file


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "calendar.yaml").write_text(yaml.safe_dump(CALENDAR, allow_unicode=True), encoding="utf-8")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def call(command, *args) -> int:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    read = parser.parse_args([command.__name__.rsplit(".", 1)[-1], *map(str, args)])
    return read.run(read)


def test_check_answers_0_with_warnings_only_and_1_with_errors(pack, capsys):
    assert call(check, pack) == 0
    assert "warning: rule：没有用例" in capsys.readouterr().out
    pack.write_text(
        pack.read_text(encoding="utf-8").replace("kind: visit\n    part", "kind: party\n    part"),
        encoding="utf-8",
    )
    assert call(check, pack, "--json") == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"file", "line", "level", "code", "sentence"} <= set(lines[0])
    assert "unknown-kind" in {line["code"] for line in lines}


def test_words_prints_a_sentence_for_every_obligation(pack, capsys):
    assert call(words, pack, "--json", "--lang", "en") == 0
    line = json.loads(capsys.readouterr().out)
    assert line["obligation"] == "rule"
    assert line["sentence"].startswith("In each term, each student must")


def test_evaluate_prints_one_object_per_verdict(pack, data, capsys):
    assert call(evaluate, pack, "--data", data, "--as-of", "2023-07-10", "--json") == 0
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert (line["subject"], line["window"], line["verdict"]) == ("s", "2023春", "met")
    assert (line["from"], line["to"], line["due"]) == ("2023-02-13", "2023-06-30", "2023-06-30")
    assert (line["owed"], line["done"], line["over"]) == (1, 1, 0)
    assert (line["bearer"], line["counted"], line["rejected"]) == (["t"], ["e1"], [])


def test_evaluate_explains_one_subject_and_knows_only_what_was_known(pack, data, capsys):
    args = (pack, "--data", data, "--as-of", "2023-07-10", "--known-at", "2023-03-10T12:00", "--explain", "s")
    assert call(evaluate, *args) == 0
    assert capsys.readouterr().out == (
        "“规则”在2023春未完成：应1，已0。要求：每名学生每个学期应以“受访学生”身份参加家访至少1次；由班主任负责。"
        "怎样了结：再登记家访，还差1。依据：虚构方案 一（必须）。\n"
    )


def test_evaluate_gives_the_same_lines_by_sql(pack, data, capsys):
    args = (pack, "--data", data, "--as-of", "2023-07-10", "--json")
    assert call(evaluate, *args) == 0
    one_by_one = capsys.readouterr().out
    assert call(evaluate, *args, "--engine", "sqlite") == 0
    assert capsys.readouterr().out == one_by_one


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--as-of", "soon"], "--as-of"),
        (["--as-of", "2023-07-10", "--known-at", "later"], "--known-at"),
        (["--as-of", "2023-07-10", "--obligation", "nobody"], "nobody"),
        (["--as-of", "2023-07-10", "--explain", "nobody"], "nobody"),
        (["--as-of", "2023-07-10", "--engine", "spark"], "spark"),
        (["--as-of", "2023-07-10", "--data", "nowhere"], "nowhere"),
    ],
)
def test_refused_input_is_a_sentence_and_exit_1(pack, data, capsys, args, said):
    assert call(evaluate, pack, "--data", data, *args) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert captured.err.rstrip().endswith("。")


def test_a_pack_with_errors_is_not_evaluated(pack, data, capsys):
    pack.write_text("pack: p\nobligations: 3\n", encoding="utf-8")
    assert call(evaluate, pack, "--data", data, "--as-of", "2023-07-10") == 1
    assert "先改正" in capsys.readouterr().err
    assert call(words, pack.parent / "none.yaml") == 1


def test_load_says_who_needs_how_many_hours_a_week_and_what_takes_most_of_them(tmp_path, capsys):
    example = Path(__file__).parents[3] / "docs" / "examples" / "home-visits"
    args = (str(example / "pack"), "--data", str(example / "data"))
    assert call(load, *args, "--budget", "1/5", "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {"person", "hours_per_week", "budget", "bottleneck"} <= set(lines[0])
    assert lines[0]["hours_per_week"] > lines[-1]["hours_per_week"]
    assert (lines[0]["bottleneck"], lines[0]["over"], lines[-1]["over"]) == ("visit-every", True, False)
    assert call(load, *args, "--budget", "none") == 1
    assert "“--budget”要写大于零的小时数" in capsys.readouterr().err
    assert call(load, *args, "--from", "2023-09-01", "--to", "2023-01-01") == 1


def test_packs_checked_together_know_one_another(tmp_path, capsys):
    upper, lower = tmp_path / "upper.yaml", tmp_path / "lower.yaml"
    asked = rule(at_least=2, cases=[])
    upper.write_text(pack_of(asked, pack="upper").to_text(), encoding="utf-8")
    loose = rule(at_least=1, cases=[], tightens="upper:rule")
    lower.write_text(pack_of(loose, pack="lower").to_text(), encoding="utf-8")
    assert call(check, str(lower)) == 0
    assert call(check, str(lower), str(upper)) == 1
    assert "下级只能收紧" in capsys.readouterr().out

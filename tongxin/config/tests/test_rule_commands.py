"""`tongxin check`, `words` and `evaluate`: files in, lines out, sentences instead of tracebacks."""

from __future__ import annotations

import argparse
import json

import pytest
import yaml

from tongxin.config.commands import check, evaluate, words
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
    assert capsys.readouterr().out == "“规则”在2023春未完成：应1，已0。依据：虚构方案 一。\n"


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

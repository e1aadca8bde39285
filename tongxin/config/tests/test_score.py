"""`tongxin score` and `tongxin check` on instruments: lines out, cells refused by name, sentences instead of tracebacks."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from tongxin.config.command_line import main

PACKS = Path(__file__).parents[3] / "packs"
HEADING = "学号,Q1,Q2,第3题,4,5,6,7,8,q09,性别,年龄\n"


def call(capsys, *args) -> tuple[int, list[str], str]:
    code = main([str(arg) for arg in args])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out.splitlines(), err


def scored(capsys, tmp_path, text: str, *more, instrument="phq-9") -> tuple[int, list[dict], dict, str]:
    path = tmp_path / "answers.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    code, lines, err = call(capsys, "score", instrument, path, "--json", *more)
    rows = [json.loads(line) for line in lines]
    return code, rows[:-1], rows[-1]["summary"] if rows else {}, err


def test_each_paper_is_a_line_and_the_summary_is_the_last(capsys, tmp_path):
    text = HEADING + "a,2,2,1,1,1,1,1,1,0,女,13\nb,0,0,0,0,0,0,0,0,1,男,\n"
    code, rows, summary, _ = scored(capsys, tmp_path, text)
    assert code == 0
    assert rows[0] | {"norm": {}} == {
        "row": 1, "line": 2, "valid": True, "validity": "valid", "scores": {"total": 10}, "bands": {"total": "moderate"},
        "critical": [], "patterns": [], "blanks": {}, "missing": {}, "undetermined": [], "norm": {}, "to_read": [],
        "quality": {}, "problems": [],
    }  # fmt: skip
    assert rows[1]["critical"] == ["self-harm"]
    assert (summary["n"], summary["valid"], summary["ignored"]) == (2, 2, ["学号"])
    assert summary["bands"]["total"]["moderate"] == summary["bands"]["total"]["minimal"] == 1
    assert summary["scores"]["total"]["mean"] == 5.5


def test_an_impossible_value_is_refused_by_its_cell_and_a_blank_is_no_zero(capsys, tmp_path):
    text = HEADING + "a,2,7,1,1,1,1,1,1,2,女,13\nb,,1,1,1,1,1,1,1,0,人,500\nc,,,,,,,,,,,\n"
    code, rows, summary, _ = scored(capsys, tmp_path, text)
    assert code == 1
    refused, blank, nothing = rows
    assert refused["problems"] == [
        {"column": "Q2", "value": "7", "sentence": refused["problems"][0]["sentence"]}
    ]
    assert refused["problems"][0]["sentence"].startswith(
        "第2题写的是“7”，不在可选的答案里。请改成 0、1、2、3 中的一个"
    )
    assert (refused["valid"], refused["scores"], refused["missing"]) == (False, {}, {"total": "refused"})
    assert refused["critical"] == ["self-harm"]
    assert (blank["scores"], blank["blanks"]) == ({"total": 8}, {"total": 1})
    assert [problem["column"] for problem in blank["problems"]] == ["sex", "age"]
    assert (nothing["scores"], nothing["missing"]) == ({}, {"total": "blank"})
    assert (summary["n"], summary["problems"], summary["scores"]["total"]["n"]) == (3, 3, 0)


def test_a_row_in_which_nothing_stands_is_a_paper_without_answers(capsys, tmp_path):
    text = "1,2,3,4,5,6,7\n1,1,1,1,1,1,1\n,,,,,,\n\n2,2,2,2,2,2,2\n , ,,,,,\n\n\n"
    code, rows, summary, _ = scored(capsys, tmp_path, text, "--quality", instrument="gad-7")
    assert code == 0
    assert [(row["row"], row["line"], row["scores"], row.get("empty", False)) for row in rows] == [
        (1, 2, {"total": 7}, False), (2, 3, {}, True), (3, 4, {}, True), (4, 5, {"total": 14}, False), (5, 6, {}, True),
    ]  # fmt: skip
    assert all(row["missing"] == {"total": "blank"} for row in rows if "empty" in row)
    assert (summary["n"], summary["empty"], summary["scores"]["total"]["n"]) == (5, [2, 3, 5], 2)
    assert rows[3]["quality"]["longstring"] == 7
    code, lines, _ = call(capsys, "score", "gad-7", tmp_path / "answers.csv")
    assert lines[1].endswith("整行空白，总分 没有分数（缺答太多）")
    assert "整行空白：第 2、3、5 份。" in lines


def test_the_same_papers_in_another_coding_score_the_same(capsys, tmp_path):
    own = scored(capsys, tmp_path, "1,2,3,4,5,6,7\n0,1,2,3,0,1,2\n", instrument="gad-7")
    letters = scored(
        capsys, tmp_path, "1;2;3;4;5;6;7\nA;B;C;D;A;B;C\n", "--coding", "letters", instrument="gad-7"
    )
    assert own[:3] == letters[:3]


def test_bands_ask_who_answered_and_say_when_that_is_not_known(capsys, tmp_path):
    heading = "填写人," + ",".join(map(str, range(1, 26)))
    zeros = ",".join("2" if n in (3, 8, 13) else "0" for n in range(1, 26))
    text = f"{heading}\n教师,{zeros}\n学生,{zeros}\n,{zeros}\n"
    _, rows, _, _ = scored(capsys, tmp_path, text, instrument="sdq")
    assert [row["bands"].get("total") for row in rows] == ["abnormal", "borderline", None]
    assert "total" in rows[2]["undetermined"]


def test_a_norm_with_a_source_gives_the_standing(capsys, tmp_path):
    text = "年龄," + ",".join(map(str, range(1, 11))) + "\n14" + ",3" * 10 + "\n40" + ",3" * 10 + "\n"
    _, rows, _, _ = scored(capsys, tmp_path, text, instrument="k10")
    norm = rows[0]["norm"]["total"]
    assert round(norm["z"], 3) == round((30 - 21.5) / 9.2, 3) == 0.924
    assert round(norm["percentile"], 1) == 82.2
    assert rows[1]["norm"] == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "文件是空的。"),
        ("Q1,Q2\n1,1\n", "缺 7 列：3、4、5、6、7……"),
        ("1,Q1,2,3,4,5,6,7,8,9\n", "第1题有两列：“1”和“Q1”。"),
        (b"PK\x03\x04\x00", "这是 Excel 文件。"),
        (b"\xff\xfe\x00\xd8\xff", "这个文件不是文字表格。"),
    ],
)
def test_a_table_that_cannot_be_used_is_said_in_a_sentence(capsys, tmp_path, text, said):
    code, rows, _, err = scored(capsys, tmp_path, text)
    assert (code, rows) == (1, [])
    assert said in err


def test_an_unknown_coding_instrument_or_a_wrong_call_is_a_sentence(capsys, tmp_path):
    assert "这份量表没有“roman”这种记分方式。可用的有：own、1-4、letters、loinc。" in scored(
        capsys, tmp_path, HEADING, "--coding", "roman")[3]  # fmt: skip
    assert "找不到文件" in scored(capsys, tmp_path, HEADING, instrument="nothing")[3]
    assert call(capsys, "score", "phq-9")[0] == 2
    broken = tmp_path / "broken.yaml"
    broken.write_text("instrument: broken\ntitle: 坏\nitems: 3\n", encoding="utf-8")
    code, _, err = call(capsys, "score", broken, tmp_path / "answers.csv")
    assert code == 1
    assert "量表里有错误，先改正才能计分" in err


def test_without_json_the_lines_are_words(capsys, tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text("1,2,3,4,5,6,7,8,9\n0,0,0,0,0,0,0,0,1\n", encoding="gb18030")
    code, lines, _ = call(capsys, "score", "phq-9", path)
    assert code == 0
    assert lines[0] == "第 1 份（有效）：总分 1（没有或极轻），要看：想到去死或自残"
    assert lines[1] == "共 1 份，有效 1 份，不能用的格子 0 个。"


def test_check_takes_instruments_beside_packs(capsys, tmp_path):
    assert call(capsys, "check", PACKS / "instruments", PACKS / "instruments" / "mht.yaml")[:2] == (0, [])
    broken = tmp_path / "broken.yaml"
    broken.write_text("instrument: broken\ntitle: 坏\nitems: 3\n", encoding="utf-8")
    code, lines, _ = call(capsys, "check", broken, "--json")
    found = [json.loads(line) for line in lines]
    assert code == 1
    assert {"licence", "citation"} <= {finding["code"] for finding in found}
    assert set(found[0]) == {"file", "line", "level", "code", "sentence"}


def test_quality_is_told_per_paper_and_reliability_in_the_summary(capsys, tmp_path):
    random = Random(7)
    lines = [",".join(random.choice("0123") for _ in range(7)) for _ in range(40)]
    text = "1,2,3,4,5,6,7\n" + "\n".join([*lines, "2,2,2,2,2,2,2", "1,,1,1,1,1,1"]) + "\n"
    code, rows, summary, _ = scored(capsys, tmp_path, text, "--quality", "--reliability", instrument="gad-7")
    assert code == 0
    straight, incomplete = rows[-2:]
    assert (straight["quality"]["longstring"], straight["quality"]["irv"]) == (7, 0)
    assert straight["quality"]["mahalanobis"] > 0
    # One scale has no halves to compare over scales; a blank lets nothing be computed.
    assert straight["quality"]["even_odd"] is None
    assert incomplete["quality"].pop("reasons") == []
    # Synonyms are looked at over the pairs that are answered; here no items go together.
    assert set(incomplete["quality"].values()) == {None}
    found = summary["reliability"]["total"]
    assert (found["papers"], found["n"], len(found["items"])) == (42, 41, 7)
    assert 0 <= found["omega"] <= 1 or found["factor"] is None
    assert -1 <= found["alpha"] <= 1
    plain = scored(capsys, tmp_path, text, instrument="gad-7")
    assert (plain[1][0]["quality"], plain[2]["reliability"]) == ({}, {})
    assert [row["scores"] for row in plain[1]] == [row["scores"] for row in rows]
    few = scored(
        capsys, tmp_path, "1,2,3,4,5,6,7\n1,1,1,1,1,1,1\n", "--quality", "--reliability", instrument="gad-7"
    )
    assert few[1][0]["quality"]["mahalanobis"] is None
    assert few[2]["reliability"]["total"] is None
    assert (
        scored(capsys, tmp_path, "1,2,3,4,5,6,7\n", "--quality", "--reliability", instrument="gad-7")[2]["n"]
        == 0
    )

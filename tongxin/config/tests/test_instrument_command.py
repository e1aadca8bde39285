"""`tongxin instrument convert`: one format in, another out, and a sentence for what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tongxin.config.command_line import main

PHQ = Path(__file__).parents[3] / "packs" / "instruments" / "phq-9.yaml"
CHAIN = [
    ("fhir", "a.json"),
    ("reproschema", "a"),
    ("redcap", "a.csv"),
    ("lss", "a.lss"),
    ("xlsx", "a.xlsx"),
    ("yaml", "b.yaml"),
]


def call(capsys, *args) -> tuple[int, str, str]:
    code = main(["instrument", "convert", *map(str, args)])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


def test_through_every_format_and_back_the_file_scores_the_same(capsys, tmp_path):
    source = PHQ
    for kind, name in CHAIN:
        code, out, _ = call(capsys, source, tmp_path / name, "--to", kind, "--json")
        assert code == 0
        line = json.loads(out)
        assert (line["instrument"], line["items"], line["scored"], line["to"]) == ("phq-9", 10, 10, kind)
        assert line["warnings"] == []
        source = tmp_path / name
    code, _, _ = call(capsys, PHQ, tmp_path / "c.yaml", "--to", "yaml")
    assert code == 0
    assert (tmp_path / "b.yaml").read_text(encoding="utf-8") == (tmp_path / "c.yaml").read_text(
        encoding="utf-8"
    )
    assert main(["check", str(tmp_path / "b.yaml")]) == 0


def test_the_schema_file_of_a_folder_may_be_named(capsys, tmp_path):
    assert call(capsys, PHQ, tmp_path / "a", "--to", "reproschema")[0] == 0
    code, out, _ = call(capsys, tmp_path / "a" / "phq-9_schema", tmp_path / "b.json", "--to", "fhir")
    assert (code, out.startswith("“患者健康问卷抑郁量表”共 10 题，已写到")) == (0, True)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.json", "{}", "这不是 FHIR 问卷"),
        ("x.txt", "abc", "看不出“x.txt”是哪种格式"),
        ("x.lss", "<!DOCTYPE d><document/>", "DOCTYPE"),
        ("x.yaml", "instrument: [", "格式读不懂"),
    ],
)
def test_what_cannot_be_converted_is_a_sentence(capsys, tmp_path, name, content, said):
    (tmp_path / name).write_text(content, encoding="utf-8")
    code, _, err = call(capsys, tmp_path / name, tmp_path / "out.yaml", "--to", "yaml")
    assert code == 1
    assert said in err
    assert not (tmp_path / "out.yaml").exists()


def test_wrong_calls_and_missing_files_are_told(capsys, tmp_path):
    assert call(capsys, PHQ, tmp_path / "x", "--to", "pdf")[0] == 2
    code, _, err = call(capsys, tmp_path / "none.json", tmp_path / "x", "--to", "fhir")
    assert (code, "找不到文件" in err) == (1, True)
    copy = tmp_path / "copy.yaml"
    copy.write_bytes(PHQ.read_bytes())
    code, _, err = call(capsys, copy, copy, "--to", "fhir")
    assert (code, "就是原来的文件" in err, copy.read_bytes()) == (1, True, PHQ.read_bytes())

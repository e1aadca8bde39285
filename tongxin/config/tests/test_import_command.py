import json

import pytest

from tongxin.config.command_line import main


def answer_of(capsys):
    return json.loads(capsys.readouterr().out)


def test_a_roster_is_checked_without_a_database(tmp_path, capsys):
    file = tmp_path / "名单.csv"
    file.write_bytes("姓名,班级,身份证号\n吴军,七（3）班,130108201211234015\n林 燕,703,1\n".encode("gb18030"))
    assert main(["import", str(file), "--as", "students", "--dry-run"]) == 0
    answer = answer_of(capsys)
    assert (answer["rows"], answer["accepted"]) == (2, 1)
    assert answer["mapping"] == {"姓名": "name", "班级": "homeroom", "身份证号": "id_number"}
    assert {(p["row"], p["column"], p["value"]) for p in answer["problems"]} == {
        (3, "姓名", "林 燕"),
        (3, "身份证号", "1"),
    }


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"PK\x03\x04", b"\x00\x01\x02"])
def test_a_file_that_is_no_table_is_refused_in_a_sentence(tmp_path, capsys, content):
    file = tmp_path / "a.xlsx"
    file.write_bytes(content)
    assert main(["import", str(file), "--as", "staff", "--dry-run"]) == 1
    (problem,) = answer_of(capsys)["problems"]
    assert problem["sentence"].endswith("。")


def test_the_command_line_writes_nothing_and_says_where_to_import(tmp_path, capsys):
    file = tmp_path / "a.csv"
    file.write_text("姓名\n吴军\n")
    assert main(["import", str(file), "--as", "students"]) == 2
    assert "--dry-run" in capsys.readouterr().err

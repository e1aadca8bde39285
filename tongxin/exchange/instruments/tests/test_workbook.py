"""The Excel form: a school types its own words, gives it back, and the scores are the shipped ones."""

from __future__ import annotations

import copy
import io
from pathlib import Path

import openpyxl
import pytest

from tongxin.exchange.instruments.workbook import read_workbook, write_workbook
from tongxin.methods.psychometrics.formats.problem import FormatProblem
from tongxin.methods.psychometrics.lint import lint
from tongxin.methods.psychometrics.parse import instrument_from_dict, load_instrument
from tongxin.methods.psychometrics.tests.vocabulary import BASE

MHT = Path(__file__).parents[4] / "packs" / "instruments" / "mht.yaml"


def filled(instrument, tmp_path, change):
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(instrument)))
    change(book)
    path = tmp_path / "form.xlsx"
    book.save(path)
    return read_workbook(path)


def test_a_school_completes_a_scoring_key_in_excel(tmp_path):
    key = load_instrument(MHT)[0]

    def type_words(book):
        for row in book["题目"].iter_rows(min_row=2):
            row[1].value = f"本校题目{row[0].value}"
        for row in book["量表"].iter_rows():
            if row[0].value == "授权（谁在何时允许）":
                row[1].value = "出版社，2024 年合同"

    own, findings = filled(key, tmp_path, type_words)
    assert lint(own, findings) == []
    assert own.has_wording
    assert str(own.item_by_id["100"].text) == "本校题目100"
    assert (own.scales, own.golden, own.validity) == (key.scales, key.golden, key.validity)
    assert own.licence.granted == "出版社，2024 年合同"


def test_words_without_a_permission_are_told_by_the_linter(tmp_path):
    key = load_instrument(MHT)[0]
    own, findings = filled(key, tmp_path, lambda book: book["题目"].cell(2, 2, "从别处抄来的题目"))
    assert any("没有说明谁在什么时候允许学校使用" in finding.sentence for finding in lint(own, findings))


def test_the_form_shows_no_formula_and_hides_what_is_not_to_be_changed():
    raw = copy.deepcopy(BASE)
    raw["items"][0]["text"] = "=1+1"
    book = openpyxl.load_workbook(io.BytesIO(write_workbook(instrument_from_dict(raw)[0])))
    assert book["题目"].cell(2, 2).data_type == "s"
    assert book["附带"].sheet_state == "hidden"
    assert book.sheetnames[:3] == ["量表", "题目", "选项"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda book: book.remove(book["题目"]), "工作簿里没有“题目”这张表。"),
        (lambda book: book["题目"].cell(1, 2, "别的"), "“题目”表第 1 行缺这几列：题目。"),
        (lambda book: book["题目"].cell(4, 3, "颜色"), "第3题的类型“颜色”不认识。"),
        (lambda book: book["题目"].cell(4, 4, "never"), "第3题的选项“never”不在“选项”表里。"),
        (lambda book: book["题目"].cell(4, 5, "也许"), "第3题的“必答”只能写 是 或 否。"),
        (lambda book: book["题目"].cell(4, 1, ""), "“题目”表第 4 行没有题号。"),
        (lambda book: book["选项"].cell(3, 3, "一"), "“选项”表第 3 行的分值“一”不是整数。"),
        (lambda book: book["附带"].cell(1, 1, "坏了"), "文件里附带的计分方法损坏了。"),
    ],
)
def test_a_form_that_cannot_be_read_is_said_with_its_place(tmp_path, change, said):
    with pytest.raises(FormatProblem) as caught:
        filled(instrument_from_dict(copy.deepcopy(BASE))[0], tmp_path, change)
    assert said in str(caught.value)


def test_a_file_that_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_bytes(b"%PDF-1.7")
    with pytest.raises(FormatProblem, match="PDF"):
        read_workbook(path)

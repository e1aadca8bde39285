"""Workbooks of an import: the empty template to fill in, and the rows that stayed out with what is wrong."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter

from tongxin.exchange.rosters.checks import Problem
from tongxin.exchange.rosters.fields import FIELDS, STUDENTS
from tongxin.exchange.rosters.wire import Cell, show

TEMPLATE_FIELDS = {
    "students": (
        "name",
        "pupil_number",
        "local_number",
        "id_number",
        "sex",
        "birth_date",
        "ethnicity",
        "homeroom",
        "entry_date",
        "boarding",
        "guardian_name",
        "guardian_relation",
        "guardian_phone",
        "address",
    ),
    "staff": (
        "name",
        "staff_number",
        "id_number",
        "sex",
        "birth_date",
        "ethnicity",
        "teaching_subject",
        "department",
        "party_member",
        "branch",
        "duty",
        "job_title",
        "homeroom",
        "hired_on",
        "phone",
    ),
}
CHOICES = {"sex": ["男", "女"], "boarding": ["是", "否"], "party_member": ["是", "否"]}
SHEETS = {"students": "学生名单", "staff": "教职工名单"}
ADVICE = {
    "students": [
        "一行一名学生，从第 2 行开始填。第 1 行的表头请不要改。",
        "只有“姓名”必须填。有全国学籍号、学号或身份证件号的，第二次导入会认出是同一个人，不会多出来。",
        "号码的列已经设成文本格式，请直接填写或“选择性粘贴为数值”。变成 1.23E+17 的号码会丢掉后几位。",
        "日期写成 2012-09-01。班级写成 七年级3班、七（3）班 或 23机电1班 都可以。",
        "姓名中间不要加空格。少数民族姓名的间隔号用“·”。",
        "空着的格不会清除系统里已有的内容。",
    ],
    "staff": [
        "一行一名教职工，从第 2 行开始填。第 1 行的表头请不要改。",
        "只有“姓名”必须填。有工号或身份证件号的，第二次导入会认出是同一个人，不会多出来。",
        "“是否党员”填“是”的，请写上所在党支部；学校只有一个支部时可以不写。",
        "“担任班主任的班级”写班级名称，如 七年级3班；不当班主任的空着。",
        "职务只作说明，不会因此得到权限。权限请在“人员”页面上给。",
        "空着的格不会清除系统里已有的内容。",
    ],
}
ROW_TITLE, WHY_TITLE = "原来的行号", "没有导入的原因"


def template_workbook(kind: str) -> bytes:
    """Return an empty workbook with the headings this import knows, text columns and short advice."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _SAFE) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8E8E8", "border": 1, "num_format": "@"})
        text = book.add_format({"num_format": "@"})
        page = book.add_worksheet(SHEETS[kind])
        for column, name in enumerate(TEMPLATE_FIELDS[kind]):
            field = FIELDS[kind][name]
            page.write_string(0, column, field.title, head)
            page.set_column(column, column, 22 if field.unique or name == "address" else 14, text)
            if name in CHOICES:
                page.data_validation(1, column, 5_000, column, {"validate": "list", "source": CHOICES[name]})
        page.freeze_panes(1, 1)
        advice = book.add_worksheet("填写说明")
        advice.set_column(0, 0, 90)
        for row, sentence in enumerate(ADVICE[kind]):
            advice.write_string(row, 0, sentence)
    return buffer.getvalue()


def problem_workbook(
    labels: Sequence[str],
    rows: Iterable[tuple[int, Sequence[Cell]]],
    problems: Sequence[Problem],
    left_out: dict[int, str],
) -> bytes:
    """Return the rows that stayed out, under their own headings, ready to be corrected and uploaded again.

    rows: (row number, cells) of the rows in question. The bad cells are coloured and carry the sentence as a note.
    """
    by_row: dict[int, list[Problem]] = {}
    for problem in problems:
        by_row.setdefault(problem.row, []).append(problem)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _SAFE) as book:
        head = book.add_format({"bold": True, "bg_color": "#E8E8E8", "border": 1, "text_wrap": True})
        text = book.add_format({"num_format": "@"})
        bad = book.add_format({"num_format": "@", "bg_color": "#FBE3D6", "border": 1})
        page = book.add_worksheet("要改的行")
        for column, label in enumerate([ROW_TITLE, WHY_TITLE, *labels]):
            page.write_string(0, column, label, head)
        page.set_column(0, 0, 10, text)
        page.set_column(1, 1, 50, text)
        page.set_column(2, len(labels) + 1, 16, text)
        for at, (number, cells) in enumerate(rows, start=1):
            found = by_row.get(number, [])
            page.write_string(at, 0, str(number), text)
            page.write_string(at, 1, _why(found, left_out.get(number, "")), text)
            wrong = {problem.column: problem for problem in found}
            for column, cell in enumerate(cells[: len(labels)]):
                found_here = wrong.get(labels[column]) if labels[column] else None
                page.write_string(at, column + 2, show(cell)[:32_000], bad if found_here else text)
                if found_here:
                    page.write_comment(at, column + 2, found_here.sentence, {"author": "同心"})
        page.freeze_panes(1, 2)
    return buffer.getvalue()


def _why(problems: Sequence[Problem], otherwise: str) -> str:
    return "".join(dict.fromkeys(problem.sentence for problem in problems)) or otherwise


_SAFE: dict[str, Any] = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}

__all__ = ["STUDENTS", "problem_workbook", "template_workbook"]

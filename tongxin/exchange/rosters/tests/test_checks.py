from datetime import date

import pytest

from tongxin.exchange.rosters.checks import Check, letters
from tongxin.exchange.rosters.fields import field_of
from tongxin.exchange.rosters.headings import best_sheet, find_header, guess_kind, guess_mapping
from tongxin.exchange.rosters.homeroom_names import parse_grade, parse_homeroom

from .workbooks import HAN, HEADINGS, LIN, WU

TODAY = date(2026, 11, 22)


def checked(rows, kind="students", headings=None, **more):
    labels = headings or HEADINGS
    check = Check(kind, labels, guess_mapping(labels, kind), today=TODAY, **more)
    for number, cells in enumerate(rows, start=2):
        check.add(number, cells)
    return check.result()


def told(result):
    return [(p.row, p.column, p.severity) for p in result.problems]


@pytest.mark.parametrize(
    ("written", "grade", "number"),
    [
        ("七年级3班", 7, 3),
        ("七年级（3）班", 7, 3),
        ("七年级(3)班", 7, 3),
        ("七年级三班", 7, 3),
        ("7年级3班", 7, 3),
        ("七（3）班", 7, 3),
        ("七(3)", 7, 3),
        ("七3班", 7, 3),
        ("703", 7, 3),
        ("0703", 7, 3),
        ("703班", 7, 3),
        ("7.3", 7, 3),
        ("7-3班", 7, 3),
        ("7(3)班", 7, 3),
        ("初一3班", 7, 3),
        ("初一（3）班", 7, 3),
        ("初中一年级3班", 7, 3),
        ("高二12班", 11, 12),
        ("高二（十二）班", 11, 12),
        ("一年级一班", 1, 1),
        ("十年级2班", 10, 2),
        ("1201", 12, 1),
        ("小学六年级2班", 6, 2),
        (" 七 年级 3 班 ", 7, 3),
    ],
)
def test_class_names_are_understood_in_many_spellings(written, grade, number):
    name = parse_homeroom(written)
    assert (name.grade, name.number) == (grade, number)


@pytest.mark.parametrize(
    ("written", "entry", "track", "number"),
    [
        ("23机电1班", 2023, "机电", 1),
        ("23级机电1班", 2023, "机电", 1),
        ("2023级机电一体化（1）班", 2023, "机电一体化", 1),
        ("2023级机电一体化1班", 2023, "机电一体化", 1),
        ("机电2301", 2023, "机电", 1),
        ("机电2301班", 2023, "机电", 1),
        ("计算机应用23-2班", 2023, "计算机应用", 2),
        ("2023级3班", 2023, "", 3),
        ("初2023级3班", 2023, "", 3),
        ("23级12班", 2023, "", 12),
    ],
)
def test_class_names_with_a_year_of_entry(written, entry, track, number):
    name = parse_homeroom(written)
    assert (name.entry_year, name.track, name.number) == (entry, track, number)


def test_a_grade_column_completes_a_bare_class_number():
    assert parse_homeroom("3班", grade=7) == parse_homeroom("七年级3班")
    assert parse_homeroom("3", grade=7) == parse_homeroom("七年级3班")
    assert parse_homeroom("三班") is None or parse_homeroom("三班").grade is None
    assert [parse_grade(t) for t in ("七年级", "7", "初一", "高三", "大一", "火箭")] == [
        7,
        7,
        7,
        12,
        13,
        None,
    ]


def test_a_named_class_is_kept_as_it_is_written():
    assert parse_homeroom("钱学森班").written == "钱学森班"
    assert parse_homeroom("食堂") is None


def test_the_same_grade_entered_in_the_same_year():
    assert parse_homeroom("七年级3班").entry_in(2026) == 2026
    assert parse_homeroom("九年级3班").entry_in(2026) == 2024
    assert parse_homeroom("高二3班").entry_in(2026) == 2025
    assert parse_homeroom("二年级3班").entry_in(2026) == 2025
    assert parse_homeroom("23机电1班").grade_in(2024, 9) == 11


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("姓名", "name"),
        ("学生姓名", "name"),
        ("姓 名*", "name"),
        ("名字", "name"),
        ("姓名（必填）", "name"),
        ("学籍号", "pupil_number"),
        ("全国学籍号", "pupil_number"),
        ("学生身份证号码", "id_number"),
        ("身份证件号(18位)", "id_number"),
        ("班级", "homeroom"),
        ("所在班级：", "homeroom"),
        ("出生日期(YYYY-MM-DD)", "birth_date"),
        ("家长", "guardian_name"),
        ("监护人1姓名", "guardian_name"),
        ("家长联系电话", "guardian_phone"),
        ("父亲/姓名", "father_name"),
        ("母亲信息/联系电话", "mother_phone"),
        ("基本信息/性别", "sex"),
        ("序号", ""),
        ("备注", ""),
    ],
)
def test_headings_of_students_are_guessed(heading, field):
    assert field_of(heading, "students") == field


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("工号", "staff_number"),
        ("教师姓名", "name"),
        ("任教学科", "teaching_subject"),
        ("部门", "department"),
        ("政治面貌", "party_member"),
        ("是否党员", "party_member"),
        ("所在党支部", "branch"),
        ("行政职务", "duty"),
        ("职称", "job_title"),
        ("班主任", "homeroom"),
        ("入职日期", "hired_on"),
        ("手机号码", "phone"),
    ],
)
def test_headings_of_staff_are_guessed(heading, field):
    assert field_of(heading, "staff") == field


def test_title_rows_and_two_line_headings_are_found():
    head = [
        ["某校学生花名册"] * 5,
        ["班主任：刘老师", "", "", "", ""],
        ["序号", "姓名", "班级", "父亲", "父亲"],
        ["序号", "姓名", "班级", "姓名", "电话"],
        [1.0, "吴军", "703", "吴大山", "13800000001"],
    ]
    header = find_header(head, "students")
    assert (header.first, header.last) == (2, 3)
    assert header.labels == ("序号", "姓名", "班级", "父亲/姓名", "父亲/电话")
    assert guess_mapping(header.labels, "students")["父亲/电话"] == "father_phone"


def test_a_group_heading_reaches_to_the_right_without_merged_cells():
    head = [
        ["姓名", "父亲", "", "母亲", ""],
        ["", "姓名", "电话", "姓名", "电话"],
        ["吴军", "吴大山", "1", "", ""],
    ]
    assert find_header(head, "students").labels == (
        "姓名",
        "父亲/姓名",
        "父亲/电话",
        "母亲/姓名",
        "母亲/电话",
    )


def test_equal_headings_are_told_apart():
    header = find_header([["姓名", "联系电话", "联系电话"]], "students")
    assert header.labels == ("姓名", "联系电话", "联系电话（2）")


def test_a_bare_phone_column_belongs_to_the_guardian_only_where_one_is_named():
    assert guess_mapping(["姓名", "联系电话"], "students")["联系电话"] == "phone"
    assert guess_mapping(["姓名", "监护人", "联系电话"], "students")["联系电话"] == "guardian_phone"


def test_what_was_remembered_wins_over_the_guess():
    assert guess_mapping(["甲", "班级"], "students", {"甲": "name", "班级": ""}) == {"甲": "name"}


def test_the_kind_of_list_is_guessed():
    assert guess_kind(["工号", "姓名", "任教学科"]) == "staff"
    assert guess_kind(["学籍号", "姓名", "班级"]) == "students"


def test_the_sheet_that_looks_like_a_roster_is_chosen():
    cover, empty, roster = [["说明"]], [], [["姓名", "班级"]]
    assert best_sheet([(cover, False), (empty, False), (roster, False), (roster, True)]) == 2
    assert best_sheet([(empty, False), (roster, True)]) == 1
    assert best_sheet([(empty, False)]) is None


def test_good_rows_have_no_problems():
    result = checked([WU, LIN, HAN])
    assert not result.problems
    assert [r.values["name"] for r in result.records] == ["吴军", "林燕", "韩玉英"]


def test_rows_of_notes_totals_and_repeated_headings_are_left_out_with_a_reason():
    result = checked([WU, HEADINGS, ["", "合计", "1人"], ["合计：1人"], ["", "", ""], LIN])
    assert result.rows == 5
    assert list(result.left_out) == [3, 4, 5]
    assert "表头" in result.left_out[3]
    assert not result.problems


def test_a_row_without_a_name_is_a_problem_where_a_pupil_stands_in_it():
    result = checked([["", *LIN[1:]]])
    assert told(result) == [(2, "姓名", "error")]


def test_no_row_is_lost():
    rows = [WU, WU, ["", *LIN[1:]], ["合计"], HEADINGS, ["张 三", *HAN[1:]]]
    result = checked(rows)
    assert result.rows == len(rows) == len(result.records) + len(result.left_out)


def test_equal_rows_are_imported_once_and_different_rows_with_one_number_not_at_all():
    assert checked([WU, WU]).left_out == {3: "与第 2 行完全相同，只导入一次。"}
    other = ["吴钧", *WU[1:]]
    result = checked([WU, other])
    assert not result.records
    assert {p.row for p in result.problems} == {2, 3}


def test_sex_and_birth_date_that_differ_from_the_number_are_warnings():
    row = [*WU]
    row[4], row[5] = "女", "2012-11-22"
    result = checked([row])
    assert told(result) == [(2, "出生日期", "warning"), (2, "性别", "warning")]
    assert len(result.records) == 1


def test_sex_and_birth_date_come_from_the_number_where_they_are_missing():
    values = checked([[*WU[:4], "", "", "", ""]]).records[0].values
    assert (values["sex"], values["birth_date"]) == ("male", date(2012, 11, 23))


def test_a_birth_month_is_enough_where_the_number_knows_the_day():
    assert not checked([[*WU[:5], "2012-11", *WU[6:]]]).problems
    assert told(checked([[*WU[:5], "2012-10", *WU[6:]]])) == [(2, "出生日期", "warning")]


def test_a_staff_list_with_months_of_birth_and_of_arrival_is_imported():
    headings = ["姓 名", "出生年月", "到校时间", "所在教研组"]
    result = checked([["吴军", "1970.1", "2021年8月", "语文组"]], headings=headings, kind="staff")
    assert told(result) == [(2, "出生年月", "warning")]
    assert result.records[0].values == {
        "name": "吴军",
        "hired_on": date(2021, 8, 1),
        "department": "语文组",
    }


def test_a_passport_is_accepted_where_its_type_is_written():
    headings = ["姓名", "证件类型", "证件号码"]
    assert not checked([["李约翰", "护照", "E12345678"]], headings=headings).problems
    assert told(checked([["李约翰", "身份证", "E12345678"]], headings=headings)) == [(2, "证件号码", "error")]


def test_a_cell_too_many_is_told_because_columns_may_have_slipped():
    assert "多出 1 格" in checked([[*WU, "x"]]).problems[0].sentence


def test_the_class_of_a_sheet_can_be_given_once_for_all():
    result = checked([["吴军"]], headings=["姓名"], constants={"homeroom": "七年级3班"})
    assert result.records[0].homeroom.written == "七年级3班"


def test_grade_and_class_that_disagree_are_told():
    result = checked([["吴军", "八年级", "七年级3班"]], headings=["姓名", "年级", "班级"])
    assert "对不上" in result.problems[0].sentence


def test_problems_carry_the_place_in_the_sheet():
    problem = checked([[*WU[:1], "1", *WU[2:]]]).problems[0]
    assert problem.as_json()["cell"] == "B2"
    assert [letters(n) for n in (0, 25, 26, 701)] == ["A", "Z", "AA", "ZZ"]


def test_staff_who_head_no_class_may_say_so():
    headings = ["姓名", "班主任"]
    assert not checked([["刘敏", "否"], ["陈晓", "七年级3班"]], "staff", headings).problems
    assert "请写出" in checked([["刘敏", "是"]], "staff", headings).problems[0].sentence

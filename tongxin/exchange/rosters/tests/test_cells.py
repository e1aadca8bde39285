import csv
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongxin.exchange.rosters import days, numbers
from tongxin.exchange.rosters.cells import CLEANERS, LOST_DIGITS, About, BadCell
from tongxin.exchange.rosters.search_keys import search_keys
from tongxin.exchange.rosters.wire import Broken, Formula, decode, encode
from tongxin.kernel.base.pinyin import name_keys

from .reference import reference_folder

TODAY = date(2026, 11, 22)
ABOUT = About(TODAY)


def cleaned(kind, cell, about=ABOUT):
    return CLEANERS[kind](cell, about)


def refused(kind, cell, about=ABOUT):
    with pytest.raises(BadCell) as bad:
        CLEANERS[kind](cell, about)
    return str(bad.value)


@pytest.mark.parametrize(
    "typed",
    [
        "2012-09-01",
        "20120901",
        "2012/9/1",
        "2012年9月1日",
        "2012.9.1",
        "２０１２年９月１日",
        " 2012-9-1 ",
        "2012-09-01 00:00:00",
        "2012年09月01号",
        20120901.0,
        41153.0,
        "41153",
        date(2012, 9, 1),
        datetime(2012, 9, 1, 8, 30),
    ],
)
def test_a_day_is_read_in_every_spelling(typed):
    assert cleaned("date", typed) == date(2012, 9, 1)


def test_day_numbers_count_from_1904_where_the_workbook_says_so():
    assert cleaned("date", 39691.0, About(TODAY, dates_1904=True)) == date(2012, 9, 1)


@pytest.mark.parametrize(
    ("number", "day"), [(1, date(1900, 1, 1)), (59, date(1900, 2, 28)), (61, date(1900, 3, 1))]
)
def test_day_numbers_around_the_day_that_never_was(number, day):
    assert days.from_serial(number) == day


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("2012-02-30", "日历上没有这一天"),
        ("2012-13-01", "日历上没有这一天"),
        ("1012-09-01", "1900"),
        ("去年", "看不出这是哪一天"),
        ("12-09-01", "看不出这是哪一天"),
        ("2012-09", "只有年和月"),
        ("2030-09-01", "还没有到"),
        (9e9, "看不出这是哪一天"),
        (Formula("2012-09-01"), "公式"),
        (Broken(), "#REF!"),
    ],
)
def test_what_is_no_day_is_refused_in_words(typed, words):
    assert words in refused("date", typed)


@settings(deadline=None)  # the machine may be busy
@given(st.dates(date(1900, 3, 1), date(2026, 11, 22)))
def test_every_spelling_of_a_day_means_the_same_day(day):
    serial = (day - date(1899, 12, 30)).days
    for typed in (
        day.isoformat(),
        f"{day:%Y%m%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day.year}年{day.month}月{day.day}日",
        float(serial),
    ):
        assert cleaned("date", typed) == day


def test_every_synthetic_identity_number_is_accepted_with_its_sex_and_birth_date():
    file = reference_folder("cn-names") / "synthetic_pupils_3000.csv"
    with file.open(encoding="utf-8") as rows:
        pupils = list(csv.DictReader(rows))
    for pupil in pupils:
        number = pupil["id_number"]
        assert numbers.id_number_problem(number, TODAY) == ""
        assert numbers.birth_date_of(number).isoformat() == pupil["birth_date"]
        assert numbers.sex_of(number) == {"男": "male", "女": "female"}[pupil["sex"]]
        assert cleaned("name", pupil["name"]) == pupil["name"]
        assert cleaned("pupil_number", f"G{number}") == f"G{number}"
    assert len(pupils) == 3000


@settings(deadline=None)  # the machine may be busy
@given(
    county=st.sampled_from(["130108", "431129", "422128", "510223"]),  # some were abolished long ago
    born=st.dates(date(1950, 1, 1), date(2022, 1, 1)),
    sequence=st.integers(0, 999),
    place=st.integers(0, 16),
    shift=st.integers(1, 9),
)
def test_one_wrong_digit_never_passes(county, born, sequence, place, shift):
    body = f"{county}{born:%Y%m%d}{sequence:03d}"
    number = body + numbers.check_digit(body)
    assert numbers.id_number_problem(number, TODAY) == ""
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert numbers.id_number_problem(wrong, TODAY) != ""


def test_check_digits_agree_with_an_independent_implementation():
    from stdnum.cn import ric

    for number in ("130108201211234015", "43112920121130104X", "640205201208115345"):
        assert ric.calc_check_digit(number) == numbers.check_digit(number)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("130108201211234016", "最后一位校验不对"),
        ("130108201213234015", "出生日期不存在"),
        ("990108201211234015", "省份代码"),
        ("13010820121123401", "这里是 17 位"),
        ("130108121123401", "15 位"),
        ("13010820121123401*", "别的字符"),
        ("130108209911234015", "出生日期不存在"),
    ],
)
def test_what_is_wrong_with_an_identity_number_is_said(number, words):
    assert words in numbers.id_number_problem(number, TODAY)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("G130108201211234015", ""),
        ("J130108201211230017", ""),
        ("L130108201211231234", ""),
        ("130108201211234015", "少了开头的字母"),
        ("X130108201211234015", "G、J、L"),
        ("G13010820121123401", "19 位"),
        ("G130108201211234016", "校验不对"),
        ("J130108201313230017", "出生日期"),
        ("J990108201211230017", "地区代码"),
    ],
)
def test_pupil_numbers_of_all_three_forms(number, words):
    problem = numbers.pupil_number_problem(number, TODAY)
    assert (words in problem) if words else not problem


@pytest.mark.parametrize(
    "cell", [1.3010820121123402e17, "1.30108E+17", "1.23E+17", "1.23e17", "1.30108E17", 1.38e15]
)
@pytest.mark.parametrize("kind", ["id_number", "pupil_number", "code", "phone"])
def test_numbers_that_excel_turned_into_science_are_refused(kind, cell):
    assert refused(kind, cell) == LOST_DIGITS


def test_a_number_without_loss_is_taken_as_text():
    assert cleaned("code", 20230305.0) == "20230305"
    assert cleaned("phone", 13800000001.0) == "13800000001"


@pytest.mark.parametrize(
    "kind", ["name", "text", "id_number", "sex", "phone", "homeroom", "party_member", "month"]
)
def test_formulas_and_errors_are_refused_whatever_the_column(kind):
    assert "公式" in refused(kind, Formula("张三"))
    assert "错误" in refused(kind, Broken())


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("吴军", "吴军"),
        (" 吴军 ", "吴军"),
        ("　吴军", "吴军"),
        ("买买提·艾力", "买买提·艾力"),
        ("买买提•艾力", "买买提·艾力"),
        ("买买提.艾力", "买买提·艾力"),
        ("John  Smith", "John Smith"),
        ("㛃", "㛃"),
        ("", ""),
    ],
)
def test_names_are_taken_as_they_are_meant(typed, name):
    assert cleaned("name", typed) == name


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("张 三", "空格"),
        ("张　三", "空格"),
        ("张三1", "数字"),
        ("张三(转)", "符号"),
        ("12", "不像是姓名"),
        (5.0, "不像是姓名"),
    ],
)
def test_what_is_no_name_is_refused_in_words(typed, words):
    assert words in refused("name", typed)


def test_spaces_in_chinese_names_go_when_asked():
    assert cleaned("name", "张　三", About(TODAY, join_names=True)) == "张三"


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        ("sex", "男", "male"),
        ("sex", "女性", "female"),
        ("sex", 2.0, "female"),
        ("ethnicity", "汉", "汉族"),
        ("ethnicity", "维吾尔族", "维吾尔族"),
        ("boarding", "走读", "false"),
        ("boarding", "是", "true"),
        ("boarding", True, "true"),
        ("party_member", "中共党员", "true"),
        ("party_member", "群众", "false"),
        ("party_member", "是", "true"),
        ("relation", "爸爸", "father"),
        ("relation", "外婆", "grandmother"),
        ("relation", "邻居", "other"),
        ("phone", "138 0000 0001", "13800000001"),
        ("phone", "138-0000-0001", "13800000001"),
        ("phone", "029-85550000", "029-85550000"),
        ("phone", "+8613800000001", "13800000001"),
        ("phone", "无", ""),
        ("month", "2024-09", date(2024, 9, 1)),
        ("month", "2024级", date(2024, 9, 1)),
        ("month", 202409.0, date(2024, 9, 1)),
        ("homeroom", 703.0, "703"),
        ("email", "a@example.org", "a@example.org"),
    ],
)
def test_enumerations_and_numbers_are_understood(kind, typed, value):
    assert cleaned(kind, typed) == value


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        ("sex", "未知"),
        ("ethnicity", "火星族"),
        ("boarding", "也许"),
        ("party_member", "不知道"),
        ("phone", "1380000000"),
        ("phone", "13800000001/13800000002"),
        ("phone", "12345"),
        ("email", "a@b"),
        ("code", "a b;c"),
        ("text", "字" * 121),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(kind, typed):
    assert refused(kind, typed).endswith("。")


@settings(deadline=None)  # the machine may be busy
@given(st.one_of(st.text(), st.floats(), st.booleans(), st.dates(), st.datetimes()))
def test_no_cell_ever_breaks_a_cleaner(cell):
    for clean in CLEANERS.values():
        try:
            clean(cell, ABOUT)
        except BadCell as bad:
            if not str(bad).endswith("。"):
                raise


@settings(deadline=None)  # the machine may be busy
@given(
    st.one_of(
        st.text(st.characters(exclude_categories=["Cs", "Cc"])),
        st.floats(allow_nan=False),
        st.booleans(),
        st.dates(date(1000, 1, 1)),
    )
)
def test_a_cell_survives_the_wire(cell):
    assert decode(encode(cell)) == cell


@settings(deadline=None)  # the machine may be busy
@given(
    st.sampled_from("王李单曾仇解查覃区任欧重行"),
    st.text(st.sampled_from("伟芳娜行长重明文博宇轩梓涵乐都好"), min_size=0, max_size=3),
)
def test_quick_search_keys_are_those_of_the_people_room(family, given_name):
    name = family + given_name
    assert search_keys(name) == name_keys(name)


def test_midnight_is_a_day_and_other_times_keep_the_day():
    assert cleaned("date", datetime(2012, 9, 1)) == date(2012, 9, 1)
    assert decode(encode(datetime(2012, 9, 1))) == date(2012, 9, 1)
    assert encode(timedelta(hours=1)) == "1:00:00"

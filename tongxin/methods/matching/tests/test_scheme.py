import pytest

from tongxin.methods.cadence.findings import PackUnreadable
from tongxin.methods.matching.lint import check_file, is_pairing, lint
from tongxin.methods.matching.parse import parse_scheme

GOOD = """
pairing: mentors
title: 导师
seats:
  - {id: mentor, title: 导师, who: {any: [{party: true}, {not: {attribute: years, at_most: 3}}]}, capacity: [1, 3]}
  - {id: student, title: 学生, capacity: 1}
require:
  - {id: grade, title: 年级, kind: same, of: grade}
terms:
  - {id: subject, title: 学科, kind: same, of: {mentor: teaches, student: weak}, weight: 100}
decides: organiser
"""


def sentences(text):
    return [f"{f.line}: {f.sentence}" for f in lint(*parse_scheme(text))]


def test_a_good_scheme_has_no_findings_and_is_read_whole():
    scheme, findings = parse_scheme(GOOD)
    assert lint(scheme, findings) == []
    assert scheme.seat("mentor").low == 1
    assert scheme.attributes_of("student") == {"grade", "weak"}
    assert scheme.attributes_of("mentor") == {"grade", "teaches", "party", "years"}


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("capacity: [1, 3]", "capacity: [3, 1]", 5, "最少 3 大于最多 1"),
        ("kind: same, of: grade", "kind: equal, of: grade", 8, "不能写“equal”"),
        ("student: weak}", "pupil: weak}", 10, "“pupil”不是席位"),
        ("weight: 100", "weight: much", 10, "权重（weight）要写不小于 0 的整数"),
        ("weight: 100", "weight: 0", 10, "权重是 0"),
        ("decides: organiser", "decides: nobody", 11, "谁决定（decides）不能写“nobody”"),
        ("decides: organiser", "decide: organiser", 11, "没有“decide”这一项"),
        ("kind: same, of: {mentor", "kind: cover, of: {mentor", 10, "只在组队时能用"),
        ("id: subject", "id: grade", 10, "“grade”写了两次"),
        ("at_most: 3", "at_most: many", 5, "at_most要写数字"),
        ("id: student,", "id: mentor,", 6, "“mentor”写了两次"),
        (", of: grade}", "}", 8, "还缺“of”"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_the_mend(old, new, line, words):
    found = sentences(GOOD.replace(old, new))
    assert any(said.startswith(f"{line}: ") and words in said for said in found), found


def test_what_is_no_scheme_is_refused_in_words(tmp_path):
    with pytest.raises(PackUnreadable):
        parse_scheme("a: [")
    for text in ("", "[]", "pairing: 1", "pairing: 1\nteam: 2", "seats: 3"):
        assert sentences(text)
    file = tmp_path / "scheme.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert is_pairing(file)
    assert check_file(file) == []
    file.write_bytes(b"\xff\xfe")
    assert not is_pairing(file)
    assert check_file(file)[0].level == "error"

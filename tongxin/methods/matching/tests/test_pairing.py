"""Rounds from files: what is proposed, why, and what is said of input that contradicts itself."""

import numpy as np
import pytest

from tongxin.methods.matching.checker import faults
from tongxin.methods.matching.explaining import explain
from tongxin.methods.matching.folder import RoundProblem, load_round
from tongxin.methods.matching.pairing import CannotPropose, blocking, not_seated, propose, shortages
from tongxin.methods.matching.parse import parse_scheme

SCHEME = """
pairing: mentors
title: 导师
seats:
  - {id: mentor, title: 导师, who: {party: true}, capacity: [0, 2]}
  - {id: student, title: 学生, capacity: 1}
require:
  - {id: grade, title: 同年级, kind: same, of: grade}
terms:
  - {id: subject, title: 学科, kind: same, of: subject, weight: 100}
  - {id: wishes, title: 意愿, kind: wishes, weight: 40}
  - {id: years, title: 年龄差, kind: distance, of: {mentor: age, student: age}, between: [10, 30], weight: 3, most: 9}
"""
PEOPLE = """id,side,name,capacity_low,capacity_high,party,grade,subject,age
t1,mentor,周敏,,,true,7；8,数学,40
t2,mentor,吴强,,,true,7,语文,60
t3,mentor,郑洁,,,false,8,数学,30
s1,student,甲一,,,,7,数学,15
s2,student,甲二,,,,7,语文,15
s3,student,甲三,,,,8,,15
s4,student,甲四,,,,7,数学,
"""


@pytest.fixture
def folder(tmp_path):
    def written(people=PEOPLE, **files):
        (tmp_path / "people.csv").write_text(people, encoding="utf-8")
        for name, text in files.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        return tmp_path

    return written


def proposed(folder, text=SCHEME):
    scheme, findings = parse_scheme(text)
    assert findings == []
    outcome = propose(scheme, load_round(folder, scheme))
    if outcome.solution is not None:
        assert faults(outcome.problem, outcome.solution) == []
    return outcome


def pairs(outcome):
    return {student: mentor for mentor, student in outcome.named()}


def test_the_best_pairs_are_found_with_their_reasons_and_the_best_others(folder):
    outcome = proposed(folder(wishes="person,wants\ns4,t2\n"))
    assert pairs(outcome) == {"s1": "t1", "s2": "t2", "s3": "t1", "s4": "t2"}
    assert (outcome.value, outcome.bound, outcome.missing) == (100 + 73 + 0 + 40, 213, 0)
    told = explain(outcome)
    assert next(pair for pair in told.pairs if pair.b == "s2").terms == {"subject": 100, "years": -27}
    # s4 has the subject of t1, whose places are taken by s1, who has it too, and by s3, who can go nowhere else.
    other = told.alternatives["s4"][0]
    assert (other.id, other.score) == ("t1", 100)
    assert "周敏 已有 2 人" in other.why_not
    assert not_seated(outcome.table.scheme, outcome.table.round) == ["t3"]


def test_somebody_left_over_is_told_who_competes_and_what_would_do(folder):
    people = PEOPLE.replace("t2,mentor,吴强,,", "t2,mentor,吴强,,3")
    people += "s5,student,甲五,,,,8,,15\ns6,student,甲六,,,,8,,15\n"
    outcome = proposed(folder(people))
    (left,) = explain(outcome, 0).unmatched
    assert left.seat == "student"
    assert set(left.competing) == {"s3", "s5", "s6"}
    assert left.among == ("t1",)
    assert "只有 2 个" in left.reason
    assert left.relaxation.startswith("grade 是 8 的导师再多 1 个名额就行，例如周敏")
    # One more place, as it says, and nobody is left over.
    assert proposed(folder(people.replace("t1,mentor,周敏,,", "t1,mentor,周敏,,3"))).missing == 0
    outcome = proposed(folder(PEOPLE + "s5,student,甲五,,,,9,,15\n"))
    (left,) = explain(outcome, 0).unmatched
    assert "“同年级” 2 人" in left.reason
    assert "不要求“同年级”" in left.relaxation


def test_a_side_with_too_few_places_is_said_with_the_rows(folder):
    people = PEOPLE.replace("true,7,语文", "false,7,语文")
    assert shortages(proposed(folder(people)))[0].startswith(
        "people.csv：导师一共 2 个名额，学生至少要 4 个，差 2 个；没有着落的在第 "
    )
    few = PEOPLE.replace("t2,mentor,吴强,,", "t2,mentor,吴强,5,5")
    left = [one for one in explain(proposed(folder(few)), 0).unmatched if one.id == "t2"]
    assert "合条件的学生只有 3 人" in left[0].reason


def test_fixed_pairs_stay_and_the_rest_changes_as_little_as_can_be(folder):
    before = proposed(folder(wishes="person,wants\ns4,t2\n"))
    current = "a,b\n" + "".join(f"{mentor},{student}\n" for student, mentor in pairs(before).items())
    # s1 is moved by hand to t2: one of t2's two has to go, and only one can.
    moved = proposed(folder(fixed="a,b,reason\nt2,s1,家长提出\n", current=current))
    changed = {name for name, mentor in pairs(moved).items() if pairs(before)[name] != mentor}
    assert changed == {"s1", "s4"}
    told = next(pair for pair in explain(moved).pairs if pair.b == "s1")
    assert told.fixed
    assert "家长提出" in told.why
    assert moved.value <= moved.bound
    assert pairs(proposed(folder(fixed="a,b\n", current=current))) == pairs(before)


def test_a_stable_scheme_leaves_no_two_who_would_rather_have_each_other(folder):
    # s3 can only go to t1 and must not be left over, though t1 and s1 would rather have each other.
    free = proposed(folder(wishes="person,wants\nt1,s4\ns4,t1\n"))
    assert blocking(free) == [("s1", "t1")]
    assert pairs(free)["s3"] == "t1"
    stable = proposed(folder(), SCHEME + "stable: true\nproposes: student\n")
    assert blocking(stable) == []
    assert pairs(stable) == {"s1": "t1", "s4": "t1", "s2": "t2"}
    (left,) = explain(stable, 0).unmatched
    assert (left.id, stable.missing) == ("s3", 1)
    assert "更愿意" in left.reason


def test_loads_of_different_size_fill_places_and_say_what_room_is_missing(folder):
    people = """id,side,name,capacity_low,capacity_high,hours,subject
t1,mentor,周敏,,5,,数学
t2,mentor,吴强,,4,,语文
s1,student,甲一,,,3,数学
s2,student,甲二,,,2,数学
s3,student,甲三,,,2,数学
s4,student,甲四,,,4,语文
"""
    text = """
pairing: hours
title: 辅导
seats: [{id: mentor, title: 教师, capacity: [0, 9]}, {id: student, title: 学生, capacity: 1}]
terms: [{id: subject, title: 学科, kind: same, of: subject, weight: 10}]
load: {student: hours}
"""
    outcome = proposed(folder(people), text)
    assert outcome.missing == 1
    assert outcome.missing_proved
    assert outcome.value == outcome.bound == 30
    (left,) = explain(outcome, 0).unmatched
    # Any two of the three with the subject of t1 fill its five places, or nearly.
    assert left.id in {"s1", "s2", "s3"}
    assert left.relaxation.startswith("周敏再多 ")
    with pytest.raises(CannotPropose, match=r"第 4 行.*hours"):
        proposed(folder(people.replace(",3,数学", ",三,数学")), text)


def test_balance_gives_up_a_little_score_for_even_loads(folder):
    rows = "".join(f"s{n},student,,,,,7,数学,\n" for n in range(6))
    people = "id,side,name,capacity_low,capacity_high,party,grade,subject,age\n" + rows
    people += "t1,mentor,,,6,true,7,数学,\nt2,mentor,,,6,true,7,语文,\n"
    even = "  - {id: even, title: 均衡, kind: balance, of: mentor, weight: 60}\n"
    loads = np.bincount(proposed(folder(people)).columns, minlength=2).tolist()
    evened = proposed(folder(people), SCHEME + even)
    assert (loads, np.bincount(evened.columns).tolist()) == ([6, 0], [4, 2])
    assert evened.value == evened.bound == 400 - 60 * (1 + 2)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("people", PEOPLE.replace("周敏,,", "周敏,3,2"), ["people.csv 第 2 行：t1 最少 3 人，最多 2 人"]),
        ("people", PEOPLE.replace("s2,student", "s1,student"), ["people.csv 第 6 行：编号“s1”和第 5 行重复"]),
        ("people", PEOPLE.replace("t2,mentor", "t2,master"), ["people.csv 第 3 行：席位“master”不在方案里"]),
        ("people", PEOPLE.replace(",grade,", ",class,"), ["people.csv 第 1 行：方案要看“导师”的“grade”", "补上"]),
        ("people", PEOPLE.replace("周敏,,", "周敏,-1,"), ["people.csv 第 2 行：“capacity_low”要写不小于零的整数"]),
        ("wishes", "person,wants\ns1,t9\n", ["wishes.csv 第 2 行：“t9”不在 people.csv 里"]),
        ("wishes", "person,wants\ns1,s2\n", ["wishes.csv 第 2 行", "同一个席位"]),
        ("wishes", "person,wants,rank\ns1,t1,first\n", ["wishes.csv 第 2 行：第几志愿"]),
        ("wishes", "person,want\ns1,t1\n", ["wishes.csv 第 1 行：缺少“wants”"]),
        ("fixed", "a,b\nt1,s1\nt1,s2\nt1,s4\n", ["fixed.csv 第 4 行：“t1”已定的对象超过最多 2 人（people.csv 第 2 行）"]),
        ("fixed", "a,b\nt3,s1\n", ["fixed.csv 第 2 行：“t3”不符合“导师”的条件"]),
        ("forbidden", "a,b,why\nt1,s1,\n", ["forbidden.csv 第 1 行：有不认识的列“why”"]),
        ("fixed", "a,b\nt1,s1,x,y\n", ["fixed.csv 第 2 行：比表头多出几格"]),
    ],
)  # fmt: skip
def test_input_that_cannot_be_used_is_named_by_file_and_row(folder, name, text, words):
    at = folder(text) if name == "people" else folder(**{name: text})
    with pytest.raises(RoundProblem) as refused:
        load_round(at, parse_scheme(SCHEME)[0])
    for word in words:
        assert word in str(refused.value)


def test_weights_too_large_to_be_summed_are_refused_in_a_sentence(folder):
    far = SCHEME.replace("weight: 3, most: 9", "weight: 100000")
    with pytest.raises(CannotPropose, match="权重"):
        proposed(folder(PEOPLE.replace(",40\n", ",999999\n")), far)


def test_fixed_and_forbidden_contradict_each_other_in_both_files_named(folder):
    at = folder(fixed="a,b\nt1,s1\n", forbidden="a,b\ns1,t1\n")
    with pytest.raises(RoundProblem, match=r"fixed\.csv 第 2 行.*forbidden.csv 第 2 行"):
        load_round(at, parse_scheme(SCHEME)[0])
    (at / "people.csv").write_bytes("id,side\n甲,x".encode("gb18030"))
    with pytest.raises(RoundProblem, match="UTF-8"):
        load_round(at, parse_scheme(SCHEME)[0])

import pytest

from tongxin.methods.matching.folder import RoundProblem, load_round
from tongxin.methods.matching.lint import lint
from tongxin.methods.matching.pairing import CannotPropose
from tongxin.methods.matching.parse import parse_scheme
from tongxin.methods.teams.checker import faults
from tongxin.methods.teams.proposing import propose_teams

SCHEME = """
team: triads
title: 三人队
seats:
  - {id: leader, title: 教师, capacity: [0, 2]}
  - {id: student, title: 学生, count: 2, capacity: 1}
require:
  - {id: major, title: 同专业, kind: same, of: {leader: major, student: major}}
terms:
  - {id: skills, title: 本领, kind: cover, of: skills, weight: 10}
  - {id: topic, title: 方向, kind: same, of: {leader: topic, student: topic}, weight: 5}
"""
PEOPLE = """id,side,name,major,skills,topic
t1,leader,韩梅,软件,编程,云
t2,leader,孙立,软件,写作,端
s1,student,林一,软件,编程,云
s2,student,林二,软件,设计,云
s3,student,林三,软件,写作,端
s4,student,林四,软件,路演,端
s5,student,林五,机械,制造,端
"""


@pytest.fixture
def proposed(tmp_path):
    def propose(people=PEOPLE, text=SCHEME, **files):
        (tmp_path / "people.csv").write_text(people, encoding="utf-8")
        for name, lines in files.items():
            (tmp_path / f"{name}.csv").write_text(lines, encoding="utf-8")
        scheme, findings = parse_scheme(text)
        assert [found for found in lint(scheme, findings) if found.level == "error"] == []
        outcome = propose_teams(scheme, load_round(tmp_path, scheme))
        assert faults(outcome.layout.problem, outcome.found) == []
        return outcome

    return propose


def teams(outcome):
    return {team.seats["leader"][0]: set(team.seats["student"]) for team in outcome.teams}


def test_two_students_a_team_are_chosen_for_what_all_have_together(proposed):
    people = PEOPLE.replace(",capacity_high", "").replace("s5,student,林五,机械", "s5,student,林五,软件")
    outcome = proposed(people.replace("t1,leader", "t0,leader,,软件,,\nt1,leader"))
    assert sum(len(team.seats["student"]) for team in outcome.teams) == 4
    assert (len(outcome.teams), outcome.value) == (2, outcome.bound)
    for team in outcome.teams:
        assert team.score == sum(team.terms.values())
        assert team.terms["skills"] == 30
        assert "本领 +30" in team.why
    left = {one.id for one in outcome.unmatched if one.seat == "student"}
    assert len(left) == 1
    (told,) = (one for one in outcome.unmatched if one.seat == "student")
    assert "够组 2 队，“学生”每队 2 人，多出 1 人" in told.reason
    assert told.relaxation == "再有 1 名学生，就能多组一队。"


def test_choices_of_people_stay_and_the_cheapest_exchanges_are_named(proposed):
    outcome = proposed(fixed="a,b,reason\nt2,s1,自己选的\ns1,s2,自己选的\n")
    assert teams(outcome)["t2"] == {"s1", "s2"}
    assert next(team for team in outcome.teams if team.seats["leader"] == ("t2",)).fixed
    assert outcome.value <= outcome.bound
    if len(outcome.teams) > 1:
        assert any("拆开" in swap.why_not for swap in outcome.alternatives["s1"])
    with pytest.raises(CannotPropose, match=r"fixed\.csv 第 4 行.*只有 2 人"):
        proposed(fixed="a,b\nt2,s1\nt2,s2\nt2,s3\n")


def test_present_teams_change_as_little_as_can_be(proposed):
    people = PEOPLE.replace("s5,student,林五,机械,制造,端\n", "")
    current = "a,b\nt1,s3\nt1,s4\ns3,s4\nt2,s1\nt2,s2\ns1,s2\n"
    kept = proposed(people, current=current)
    assert teams(kept) == {"t1": {"s3", "s4"}, "t2": {"s1", "s2"}}
    assert (kept.kept, kept.moved) == (6, 0)
    moved = proposed(people, current=current, fixed="a,b\nt1,s1\n")
    # t1 may lead both teams, so only the leader of s1 and s2 changes.
    assert sorted(sorted(team.seats["student"]) for team in moved.teams) == [["s1", "s2"], ["s3", "s4"]]
    assert {team.seats["leader"] for team in moved.teams} == {("t1",)}
    assert (moved.kept, moved.moved) == (4, 2)


def test_who_can_be_in_no_team_is_told_which_requirement_is_in_the_way(proposed):
    outcome = proposed(PEOPLE.replace("s4,student,林四,软件", "s4,student,林四,机械"))
    assert all(set(team.seats["student"]) <= {"s1", "s2", "s3"} for team in outcome.teams)
    assert len(outcome.teams) == 1
    told = {one.id: one for one in outcome.unmatched}
    assert {"s4", "s5"} <= set(told)
    assert told["s4"].must
    assert "同专业" in told["s4"].relaxation + told["s5"].relaxation


def test_what_cannot_be_formed_is_refused_in_a_sentence(proposed):
    with pytest.raises(CannotPropose, match="一队要 2 人"):
        proposed("id,side,major,skills,topic\nt1,leader,软件,,\ns1,student,软件,,\n")
    many = PEOPLE.replace("编程,云", "；".join(f"本领{n}" for n in range(70)) + ",云")
    with pytest.raises(CannotPropose, match="一共最多 63 种"):
        proposed(many)
    with pytest.raises(RoundProblem, match=r"wishes\.csv 第 2 行"):
        proposed(wishes="person,wants\ns1,x9\n")

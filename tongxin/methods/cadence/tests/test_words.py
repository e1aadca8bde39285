"""Rules, reasons and verdicts in words."""

from __future__ import annotations

import datetime as dt

import pytest

from tongxin.methods.cadence.calendar import calendar_from_dict
from tongxin.methods.cadence.explaining import explain, reason_words
from tongxin.methods.cadence.facts import Entry, Facts, Participation, Subject
from tongxin.methods.cadence.reference import evaluate
from tongxin.methods.cadence.words import sentence

from .vocabulary import CALENDAR, pack_of, rule


def both(**changes):
    pack = pack_of(rule(**changes))
    return sentence(pack, pack.obligations[0], "zh"), sentence(pack, pack.obligations[0], "en")


@pytest.mark.parametrize(
    ("changes", "chinese", "english"),
    [
        (
            {"where": {"care": True}, "evidence": ["photo", "sheet"]},
            "每名学生（重点关爱）每个学期应以“受访学生”身份参加家访至少1次，须有照片和记录表；由班主任负责。",
            "In each term, each student (if care) must take part in visit as visited at least once, with photo and sheet as evidence; homeroom teacher is responsible.",
        ),
        (
            {"count": {"kind": "visit", "part": "visited", "only": {"mode": "online"}}, "at_least": 2, "window": "month"},
            "每名学生每个月应以“受访学生”身份参加家访（方式为线上）至少2次；由班主任负责。",
            "In each month, each student must take part in visit (mode online) as visited at least 2 times; homeroom teacher is responsible.",
        ),
        (
            {"subject": "staff", "where": {"all": [{"not": {"post": "homeroom_teacher"}}, {"not": {"link": "mentor_of"}}]},
             "count": {"kind": "meeting", "part": "attendee"}, "bearer": "self"},
            "每名教职工（不担任班主任且没有导师）每个学期应以“参加人”身份参加会议至少1次。",
            "In each term, each member of staff (if is not homeroom teacher and has no mentor of) must take part in meeting as attendee at least once.",
        ),
        (
            {"subject": "activity:lesson", "count": {"part": "observer"}, "at_least": 5, "window": None, "bearer": "teacher"},
            "每次心理课应有至少5人担任“听课教师”；由执教教师负责。",
            "Each lesson must have at least 5 people as observer; teacher is responsible.",
        ),
        (
            {"subject": "staff", "count": {"kind": "meeting", "part": "attendee"}, "measure": {"sum": "hours"}, "at_least": 1.5, "bearer": "self", "window": "year"},
            "每名教职工每学年应以“参加人”身份参加会议，学时合计至少1.5学时。",
            "In each school year, each member of staff must take part in meeting as attendee, total hours at least 1.5.",
        ),
        (
            {"subject": "school", "count": {"kind": "meeting"}, "at_least": None, "between": [1, 3], "window": {"phase": 1}, "bearer": "secretary"},
            "学校在第1阶段（准备）应开展会议1到3次；由书记负责。",
            "In phase 1 of the plan, the school must hold meeting 1 to 3 times; secretary is responsible.",
        ),
    ],
)  # fmt: skip
def test_a_rule_reads_as_a_sentence(changes, chinese, english):
    assert both(**changes) == (chinese, english)


def test_escalation_is_said_in_order_of_days():
    steps = [{"at": "+7d", "to": "secretary"}, {"at": "due", "to": "bearer"}, {"at": "-14d", "to": "bearer"}]
    chinese, english = both(escalate=steps)
    assert chinese.endswith("；没做到时到期前14天告诉承担人，到期当天告诉承担人，逾期7天告诉书记。")
    assert "the bearer is told 14 days before it is due, the bearer is told on the due day" in english


def test_modality_is_heard():
    encouraged = {"source": {"document": "虚构方案", "modality": "encouraged"}}
    assert both(**encouraged)[0].startswith("鼓励每名学生每个学期以")
    assert "is encouraged to take part" in both(**encouraged)[1]
    assert "原则上应" in both(source={"document": "虚构方案", "modality": "in_principle"})[0]


def test_why_a_verdict_is_red_is_one_sentence():
    day = dt.date(2023, 3, 10)
    entry = Entry("e1", "visit", day, day, rows=(Participation("visited", "s"),))
    pack = pack_of(rule(title="每学期家访一次", since="2023-03-01", evidence=["photo"]))
    facts = Facts([Subject("s", "student")], entries=[entry])
    (verdict,) = evaluate(pack, facts, calendar_from_dict(CALENDAR), dt.date(2023, 7, 10))
    expected = (
        "“每学期家访一次”在2023春未完成：应1，已0；e1没有计入，缺佐证材料：照片。"
        "要求：每名学生每个学期应以“受访学生”身份参加家访至少1次，须有照片；由班主任负责。"
        "怎样了结：再登记家访，还差1，或给e1补上佐证材料就能计入。依据：虚构方案 一（必须）。"
    )
    assert explain(pack, verdict) == expected


@pytest.mark.parametrize(
    ("reason", "chinese"),
    [
        ("unknown: care, grade", "“重点关爱、年级”没有登记"),
        ("filtered: mode", "方式不符合要求"),
        ("absent", "登记为缺席"),
        ("out of scope since 2023-05-01: presence", "从2023-05-01起已不在校"),
        ("present 12 of 30 days", "在校12天，不满30天"),
        ("no school day", "这一时段没有教学日"),
        ("waived: 家长谢绝", "已批准免除：家长谢绝"),
        ("not set: ask:rule", "“规则”的数量还没有填写"),
        ("not set", "要用到的数或日期还没有公布或填写"),
    ],
)
def test_reasons_have_words(reason, chinese):
    assert reason_words(pack_of(rule()), reason) == chinese
    assert reason_words(pack_of(), reason, "en")


def test_an_explanation_says_who_asks_above_and_who_tightened_it():
    national = pack_of(rule(id="visit", since="2023-03-01", title="国家的家访", source={"document": "通知", "at": "三", "level": "state"}), pack="national")  # fmt: skip
    school = pack_of(
        rule(
            id="visit",
            since="2023-03-01",
            title="本校的家访",
            at_least=2,
            tightens="national:visit",
            consequence={"points": -1},
        ),
        pack="school",
    )
    others = {"national": national, "school": school}
    facts = Facts([Subject("s", "student")])
    day = dt.date(2023, 7, 10)
    (mine,) = evaluate(school, facts, calendar_from_dict(CALENDAR), day)
    said = explain(school, mine, others=others)
    assert "收紧了“国家的家访”，通知 三（国家，必须）" in said
    assert "每少一个扣1分" in said
    (theirs,) = evaluate(national, facts, calendar_from_dict(CALENDAR), day)
    assert "被“本校的家访”收紧" in explain(national, theirs, others=others)
    assert "stricter than visit, 通知 三 (the state, must)" in explain(school, mine, "en", others)

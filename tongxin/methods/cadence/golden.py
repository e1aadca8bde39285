"""Golden cases: a small world per case, the verdict its author expects, and whether the evaluator agrees.

A case is read liberally: what it leaves out is invented so that the rule applies and the entry would count.

    cases:
      - name: 只在暑假家访过，春季学期算未完成      # one sentence, required
        as_of: 2023-08-01                       # required; the day the verdict is asked for
        verdict: missed                         # met | open | missed | waived | not_expected | none (no row at all;
                                                #   a subject known to be out of scope has none, not_expected will do)
        entries:
          - kind: home_visit                    # default: the first kind the rule counts
            on: 2023-07-20                      # the day; a span is {from: 2023-07-20, to: 2023-07-22}
            at: "15:30"                         # time of day, optional
            times: 2                            # that many alike entries; default 1
            part: visited                       # part of the subject; default: the part the rule counts
            who: subject                        # who plays it: subject (default) | other | nobody
            people: 5                           # how many invented people play the part (for groups and activities)
            mode: online                        # any qualifier or amount of the kind by name (hours: 1.5, theme: …)
            with: {visitor: liu, observer: 3}   # further parts: a name, a list of names, or how many people
            by: other                           # the one the rule's `by` asks for is somebody else; `with: other` alike
            evidence: [photo]                   # default: all the rule needs; [] or none: nothing
            makes_up: 2023春                     # the window it makes up for, where the rule lets missed work be made up
            about: first                        # the event or entry it answers
            absent: true                        # the subject is recorded absent
            recorded: 2023-08-02                # when it was entered (day or time); default: at once
            evidence_recorded: 2023-09-01       # when the evidence was added; default: with the entry
            withdrawn: 2023-08-10               # when it was taken back
        events:                                 # what happened to the subject
          - {event: signal_raised, on: 2023-04-03, at: "10:00", id: first, retracted: true, recorded: 2023-04-04}
          #  an entry with `about: first` answers that event; `about: 1` the first entry of the case
        attributes: {priority_care: true, class_size: 40, need_type: null}    # null = unknown
        # or dated: [{attribute: priority_care, value: true, from: 2023-03-01, to: 2023-04-30, recorded: 2023-03-05}]
        links: [homeroom_liaison, {link: secretary, from: 2023-03-01, to: 2023-06-30}]   # of the subject
        #  {link: master_of, end: b}: at which end the subject stands, where both are of its type; default a
        # of a pair: {attribute: young, value: true, end: a}; present is when the link holds; `with: other` is no partner
        #  {link: mentor_of, who: liu, with: other}: who is at the other end; `with: other`: not whom the rule asks for
        set: 10                                 # how many a share is of, called set-1 …; those who take part are the first
        # or dated: [{people: 8}, {people: 2, to: 2023-05-01}]
        holding: 7                              # how many of the set meet the share's condition
        asked: 30                               # the number that somebody is to set; or [{value: 30, from: 2023-03-01}]
        posts: [homeroom_teacher]               # the subject holds them; the same as links
        not_links: [branch_member]              # links the rule would invent, left out
        people: {li: {links: [branch_member], attributes: {student_member: true}}}    # of others, by their name in `with`
        present: {from: 2023-03-01, to: 2023-05-31}      # default: always
        waiver: {reason: 家长书面谢绝, by: secretary, from: 2023-03-01, to: 2023-06-30}   # or true
        known_at: 2023-08-05                    # only what was entered by then; default: everything
        window: 2023春                          # name of the window, or a day in it; default: the latest begun
        calendar: {…}                           # another calendar than the pack's test_calendar
        done: 0 · owed: 1 · over: 0 · late_by: 3 · reason: 特殊 · bearer: [homeroom_teacher]     # checked when given

A student lives in a homeroom (with a homeroom teacher), a member of staff in a department, a member in a branch (with a
secretary), all in one school with a secretary; every post of the pack is held by an invented person called after it.
Names in `with:` are invented staff; a name equal to a post is that post's holder. An activity rule judges the first
entry of the case.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .calendar import CalendarUnreadable, SchoolCalendar, calendar_from_dict
from .facts import Facts
from .invented import CaseProblem, World, instant_of, required_day
from .pack import Pack
from .reading import day_of, number_of, text_of, texts
from .reference import VERDICTS, Verdict, evaluate, plain_number
from .tree import Obligation

KEYS = (
    "name", "entries", "events", "attributes", "links", "posts", "not_links", "present", "waiver", "as_of", "known_at", "window",
    "calendar", "people", "verdict", "done", "owed", "over", "late_by", "reason", "bearer", "counted", "rejected", "note",
    "set", "holding", "asked",
)  # fmt: skip
NAMES = {
    "met": "完成",
    "open": "进行中",
    "missed": "未完成",
    "waived": "已免除",
    "not_expected": "不要求",
    "none": "没有这一行",
}


@dataclass(frozen=True)
class Outcome:
    """Whether a case passes, and if not, a sentence that says what was expected and what came out."""

    obligation: str
    name: str
    passed: bool
    sentence: str = ""


def run_cases(pack: Pack) -> Iterator[tuple[Obligation, dict[str, Any], Outcome]]:
    """Every golden case of every obligation that can be evaluated."""
    for rule in pack.obligations:
        for case in rule.cases if rule.evaluable else ():
            yield rule, case, run_case(pack, rule, case)


def run_case(pack: Pack, rule: Obligation, case: dict[str, Any]) -> Outcome:
    """One case through the reference evaluator."""
    name = text_of(case.get("name"))
    try:
        facts, calendar, as_of, known_at, subject = case_facts(pack, rule, case)
        check_case(case)
    except CaseProblem as problem:
        return Outcome(rule.id, name, False, str(problem))
    verdicts = evaluate(pack, facts, calendar, as_of, known_at, [rule.id], [subject])
    return compare(rule, case, subject, verdicts)


def case_facts(
    pack: Pack, rule: Obligation, case: dict[str, Any]
) -> tuple[Facts, SchoolCalendar, dt.date, dt.datetime | None, str]:
    """(facts, calendar, as_of, known_at, id of the judged subject) of a case. Raises CaseProblem with a sentence."""
    as_of = required_day(case, "as_of")
    known_at = instant_of(case.get("known_at"), end_of_day=True)
    raw = case.get("calendar") or pack.test_calendar
    if not raw:
        raise CaseProblem("包里没有校验用的校历，用例算不出来。请写“test_calendar”。")
    try:
        calendar = calendar_from_dict(raw)
    except CalendarUnreadable as error:
        raise CaseProblem(f"校验用的校历读不懂：{error}") from error
    world = World(pack, rule, case)
    return world.facts, calendar, as_of, known_at, world.judged


def check_case(case: dict[str, Any]) -> None:
    """Raises CaseProblem when the case has an unknown key or expects no known verdict."""
    for key in case:
        if key not in KEYS:
            raise CaseProblem(f"用例里没有“{key}”这一项。可用的有：{'、'.join(KEYS)}。")
    if text_of(case.get("verdict")) not in NAMES:
        raise CaseProblem(f"用例要写明结论“verdict”：{'、'.join([*VERDICTS, 'none'])}。")


def compare(rule: Obligation, case: dict[str, Any], subject: str, verdicts: list[Verdict]) -> Outcome:
    """Does what an evaluator says of the case's subject agree with what its author expects."""
    name = text_of(case.get("name"))
    rows = [
        v for v in verdicts if v.obligation == rule.id and v.version == rule.version and v.subject == subject
    ]
    found = _chosen(rows, case.get("window"))
    expected = text_of(case.get("verdict"))
    if found is None:
        # Nothing is expected of a subject that is known to be out of scope, and it gets no row.
        passed = expected in ("none", "not_expected")
        return Outcome(
            rule.id,
            name,
            passed,
            "" if passed else f"应为“{NAMES[expected]}”，但这一天没有要判断的时间范围。请检查日期和校历。",
        )
    if found.verdict != expected:
        detail = (
            f"（{found.window}：应 {plain_number(found.owed)}，已 {plain_number(found.done)}{_why(found)}）"
        )
        return Outcome(
            rule.id,
            name,
            False,
            f"应为“{NAMES[expected]}”，算出来是“{NAMES[found.verdict]}”{detail}。请改正规则或用例。",
        )
    for key, value in _facts_of(found).items():
        if key in case and not _same(case[key], value):
            return Outcome(
                rule.id, name, False, f"“{key}”应为 {case[key]}，算出来是 {value}。请改正规则或用例。"
            )
    return Outcome(rule.id, name, True)


def _why(found: Verdict) -> str:
    reasons = [found.reason, *(reason for _, reason in found.rejected)]
    said = "；".join(reason for reason in reasons if reason)
    return f"，{said}" if said else ""


def _chosen(rows: list[Verdict], window: Any) -> Verdict | None:
    """The row of the named window, or of the day's, or of the window that began last."""
    if window is not None:
        day = day_of(window)
        rows = [
            v for v in rows if v.window == text_of(window) or (day is not None and v.first <= day <= v.last)
        ]
    return max(rows, key=lambda v: (v.first, v.last), default=None)


def _facts_of(found: Verdict) -> dict[str, Any]:
    return {
        "done": found.done,
        "owed": found.owed,
        "over": found.over,
        "late_by": found.late_by,
        "reason": found.reason,
        "bearer": list(found.bearer),
        "counted": len(found.counted),
        "rejected": len(found.rejected),
    }


def _same(expected: Any, value: Any) -> bool:
    if isinstance(value, list):
        return sorted(texts(expected)) == sorted(value)
    if isinstance(value, str):
        return text_of(expected) in value
    return expected == value or (number_of(expected) is not None and number_of(expected) == value)

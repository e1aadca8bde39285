"""A small programme of one calendar year, as one text: enough of everything for tests of pages and queries."""

from __future__ import annotations

PACK = """
pack: green-hill
version: 1
title: 青山育人
source: {document: 青山中学育人方案, published: 2026-01-10}
programme_year: calendar
problems: [学生发展信心不足]
goals: [每名学生都有人关心]
posts:
  - {post: secretary, title: 书记, of: school, superior: null}
  - {post: branch_secretary, title: 支部书记, of: branch, superior: secretary}
  - {post: homeroom_teacher, title: 班主任, of: homeroom, superior: secretary}
  - {post: office, title: 办公室, of: school, superior: secretary}
attributes:
  - {attribute: grade, title: 年级, of: [homeroom, student], type: integer, class: K2}
  - {attribute: priority_care, title: 重点关爱, of: [student], type: boolean, class: K3}
events:
  - {event: absent, title: 无故缺课, of: [student], class: K3}
kinds:
  - kind: home_visit
    title: 家访
    class: K3
    heading: "2.1"
    parts:
      - {part: visited, title: 受访学生, of: [student], at_least: 1}
      - {part: visitor, title: 家访人, of: [staff], at_least: 1}
    qualifiers:
      - {qualifier: mode, title: 方式, values: {in_person: 入户, online: 线上}, required: true}
    evidence: [{type: photo, title: 照片}, {type: record_sheet, title: 记录表}]
    effort_min: {visitor: 60}
  - kind: wellbeing_lesson
    title: 心理课
    class: K1
    heading: "2.2"
    parts:
      - {part: homeroom, title: 班级, of: [homeroom], at_least: 1}
      - {part: lecturer, title: 授课人, of: [staff], at_least: 1}
    amounts: [{amount: hours, title: 学时, unit: 小时, per: person}]
    qualifiers: [{qualifier: theme, title: 主题}]
    evidence: [{type: photo, title: 照片}]
    effort_min: {lecturer: 45}
  - kind: branch_study
    title: 支部学习
    class: K1
    heading: "1.2"
    parts:
      - {part: attendee, title: 参加人, of: [branch, staff], at_least: 1}
      - {part: host, title: 主持人, of: [staff]}
    amounts: [{amount: hours, title: 学时, unit: 小时, per: person}]
    qualifiers: [{qualifier: place, title: 地点}]
    evidence: [{type: photo, title: 照片}, {type: sign_in, title: 签到表}]
    effort_min: {attendee: 60}
  - kind: leading_group_meeting
    title: 领导小组会议
    class: K1
    heading: "1.1"
    parts: [{part: attendee, title: 参加人, of: [staff], at_least: 1}]
    evidence: [{type: minutes, title: 会议记录}]
    effort_min: {attendee: 60}
headings:
  - heading: "1"
    title: 组织保障
    children: [{heading: "1.1", title: 领导小组}, {heading: "1.2", title: 支部学习}]
  - heading: "2"
    title: 主要措施
    children: [{heading: "2.1", title: 家访}, {heading: "2.2", title: 育人课程}]
plan:
  phases:
    - {phase: 1, title: 准备阶段, from: 02-01, to: 03-31, deliverables: [制定方案]}
    - {phase: 2, title: 实施阶段, from: 03-01, to: 11-30, deliverables: [开展活动]}
    - {phase: 3, title: 考核阶段, from: 12-01, to: 12-31, deliverables: [书面总结]}
  months:
    - month: 2
      items:
        - {item: fix-project, title: 确定年度项目, owner: secretary, phase: 1, from: 02-01, due: 02-28, heading: "1.1", kinds: [leading_group_meeting]}
    - month: 11
      items:
        - {item: self-review, title: 自查自评, owner: office, phase: 2, from: 11-10, due: 11-20, heading: "1.1", kinds: [leading_group_meeting]}
    - month: 12
      items:
        - {item: summary, title: 书面总结, owner: secretary, phase: 3, from: 12-01, due: 12-15, heading: "1.1"}
obligations:
  - id: visit-once-a-term
    title: 每名学生每学期至少家访一次
    heading: "2.1"
    source: {document: 青山中学育人方案, at: 二(一), level: school, modality: must}
    since: 2026-01-10
    subject: student
    bearer: homeroom_teacher
    count: {kind: home_visit, part: visited}
    measure: times
    at_least: 1
    window: term
    remind: [14d, 3d]
    cases:
      - {name: 没有家访，学期中算待完成, entries: [], as_of: 2026-11-18, verdict: open}
  - id: lesson-each-fortnight
    title: 党员每两周至少上一次心理课
    heading: "2.2"
    source: {document: 青山中学育人方案, at: 二(二), level: school, modality: must}
    since: 2026-01-10
    subject: member
    bearer: self
    count: {kind: wellbeing_lesson, part: lecturer}
    measure: times
    at_least: 1
    window: teaching_fortnight
    cases:
      - {name: 这两周还没有上课，算待完成, entries: [], as_of: 2026-11-18, verdict: open}
  - id: study-hours
    title: 党员每学期学习不少于4学时
    heading: "1.2"
    source: {document: 青山中学育人方案, at: 一(二), level: school, modality: in_principle}
    since: 2026-01-10
    subject: member
    bearer: self
    count: {kind: branch_study, part: attendee}
    measure: {sum: hours}
    at_least: 4
    window: term
    cases:
      - {name: 一次两学时，还差一半, entries: [{kind: branch_study, on: 2026-10-12, hours: 2}], as_of: 2026-11-18, verdict: open}
  - id: branch-study-monthly
    title: 支部每月学习一次，有照片
    heading: "1.2"
    source: {document: 青山中学育人方案, at: 一(二), level: school, modality: must}
    since: 2026-01-10
    subject: branch
    bearer: branch_secretary
    count: {kind: branch_study, part: attendee}
    measure: times
    at_least: 1
    window: month
    evidence: [photo]
    cases:
      - {name: 没有照片不算, entries: [{kind: branch_study, on: 2026-11-10, evidence: []}], as_of: 2026-11-18, verdict: open}
figures:
  - {figure: visits, title: 家访人次, query: {entries: {kind: home_visit, part: visited}, measure: person_times}}
  - {figure: visit-coverage, title: 家访覆盖率, query: {obligation: visit-once-a-term, show: coverage}}
reports:
  - report: outcome
    title: "{school}{year}年度青山育人成效报告"
    outline:
      - {heading: 一、家访, text: "全年家访{figure:visits}人次。", figures: [visits]}
test_calendar:
  school_years: [{name: 2026-2027, from: 2026-09-01, to: 2027-08-31}]
  terms:
    - {name: 2026秋, school_year: 2026-2027, from: 2026-09-01, to: 2027-01-15, first_teaching_week: 2026-08-31}
  holidays: [{from: 2026-10-01, to: 2026-10-07}]
  phases: [{phase: 1, from: 2026-02-01, to: 2026-03-31}, {phase: 2, from: 2026-03-01, to: 2026-11-30}, {phase: 3, from: 2026-12-01, to: 2026-12-31}]
"""


def with_rules(text: str, rules: str) -> str:
    """Return the text of a pack with more rules at the end of its list."""
    assert "\nfigures:" in text
    return text.replace("\nfigures:", f"\n{rules.strip(chr(10))}\nfigures:", 1)


# Counts only once, so that a visit in autumn serves this rule or the one of the term.
AUTUMN_VISIT = """
  - id: autumn-visit
    title: 秋季家访
    heading: "2.1"
    source: {document: 青山中学育人方案, at: 二(三), level: school, modality: must}
    since: 2026-01-10
    subject: student
    bearer: homeroom_teacher
    count: {kind: home_visit, part: visited}
    at_least: 1
    window: {from: 2026-10-01, to: 2026-11-30}
    counts_for: one
"""

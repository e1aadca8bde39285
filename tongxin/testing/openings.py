"""A rule whose number the class teacher sets, and one due on a day that is announced, added to the cast's programme."""

from __future__ import annotations

from .cast import Cast

OPENINGS = """
  - id: visits-as-set
    title: 学生家访的次数由班主任定
    heading: "1.2"
    source: {document: 青山中学育人方案, at: 一(三), level: school, modality: must}
    since: 2026-01-10
    subject: student
    bearer: homeroom_teacher
    count: {kind: home_visit, part: visited}
    at_least: {ask: homeroom_teacher}
    window: {year: calendar}
  - id: study-by-the-day
    title: 在公布的日子以前学习
    heading: "1.2"
    source: {document: 青山中学育人方案, at: 一(三), level: school, modality: must}
    since: 2026-01-10
    subject: member
    bearer: self
    count: {kind: branch_study, part: attendee}
    at_least: 1
    window: {by: {announced: second-report-day}}
"""


def add_openings(cast: Cast) -> None:
    """Leave a number and a day open."""
    cast.add_rules(OPENINGS, note="留下待定的数")

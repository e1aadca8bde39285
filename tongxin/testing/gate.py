"""A rule that bars the way to the post of class teacher, added to the small programme of the cast."""

from __future__ import annotations

from .cast import Cast
from .pack import PACK, with_rules

GATE = """
  - id: study-before-class
    title: 当班主任以前先学习
    heading: "1.2"
    source: {document: 青山中学育人方案, at: 一(三), level: school, modality: must}
    since: 2026-01-10
    subject: staff
    bearer: self
    count: {kind: branch_study, part: attendee}
    at_least: 1
    window: {before: appointed.homeroom_teacher, lookback: [1, year]}
    blocks: appoint(homeroom_teacher)
    waiver: {by: secretary, expires: 90d}
"""


def gated_pack() -> str:
    """The small programme with the gate."""
    return with_rules(PACK, GATE)


def add_gate(cast: Cast) -> None:
    """Ask that whoever becomes class teacher has studied once in the year before; the secretary may waive it."""
    cast.add_rules(GATE, note="加一道门槛")

"""A small invented pack's vocabulary and calendar, for table tests and for random packs."""

from __future__ import annotations

import copy
from typing import Any

from tongxin.methods.cadence.pack import Pack, pack_from_dict

CALENDAR: dict[str, Any] = {
    "school_years": [
        {"name": "2022-2023", "from": "2022-09-01", "to": "2023-08-31"},
        {"name": "2023-2024", "from": "2023-09-01", "to": "2024-08-31"},
    ],
    "terms": [
        {"name": "2022秋", "from": "2022-09-05", "to": "2023-01-13", "first_teaching_week": "2022-09-05"},
        {"name": "2023春", "from": "2023-02-13", "to": "2023-06-30", "first_teaching_week": "2023-02-13"},
        {"name": "2023秋", "from": "2023-09-04", "to": "2024-01-19", "first_teaching_week": "2023-09-04"},
    ],
    "holidays": [
        {"from": "2022-10-01", "to": "2022-10-07"},
        "2023-01-02",
        "2023-04-05",
        {"from": "2023-04-29", "to": "2023-05-03"},
        {"from": "2023-06-22", "to": "2023-06-24"},
        {"from": "2023-09-29", "to": "2023-10-06"},
    ],
    "make_up_days": [
        "2022-10-08",
        "2022-10-09",
        "2023-04-23",
        "2023-05-06",
        "2023-06-25",
        "2023-10-07",
        "2023-10-08",
    ],
}

KINDS: list[dict[str, Any]] = [
    {
        "kind": "visit",
        "title": "家访",
        "class": "K3",
        "heading": "1.1",
        "parts": [
            {"part": "visited", "title": "受访学生", "of": ["student"]},
            {"part": "visitor", "title": "家访人", "of": ["staff"]},
        ],
        "amounts": [
            {"amount": "hours", "title": "时长", "unit": "小时", "per": "person"},
            {"amount": "cost", "title": "费用", "unit": "元", "per": "entry"},
            {"amount": "distance", "title": "里程", "unit": "里", "per": "person", "split": "daily"},
        ],
        "qualifiers": [
            {"qualifier": "mode", "title": "方式", "values": {"in_person": "入户", "online": "线上"}},
            {"qualifier": "outcome", "title": "结果", "values": {"good": "好", "fair": "一般"}},
        ],
        "evidence": [{"type": "photo", "title": "照片"}, {"type": "sheet", "title": "记录表"}],
    },
    {
        "kind": "lesson",
        "title": "心理课",
        "class": "K1",
        "heading": "1.1",
        "parts": [
            {"part": "homeroom", "title": "上课班级", "of": ["homeroom"]},
            {"part": "teacher", "title": "执教教师", "of": ["staff"]},
            {"part": "observer", "title": "听课教师", "of": ["staff"]},
        ],
        "amounts": [{"amount": "hours", "title": "学时", "unit": "学时", "per": "person"}],
        "evidence": [{"type": "photo", "title": "照片"}, {"type": "sheet", "title": "听课表"}],
    },
    {
        "kind": "meeting",
        "title": "会议",
        "class": "K1",
        "heading": "1.2",
        "parts": [
            {"part": "attendee", "title": "参加人", "of": ["staff", "student", "homeroom", "branch"]},
            {"part": "invited", "title": "应到", "of": ["staff", "student", "homeroom", "branch"]},
            {"part": "teacher", "title": "主讲教师", "of": ["staff"]},
        ],
        "amounts": [{"amount": "hours", "title": "学时", "unit": "学时", "per": "person"}],
        "evidence": [{"type": "photo", "title": "照片"}, {"type": "sheet", "title": "签到表"}],
    },
]

BASE: dict[str, Any] = {
    "pack": "invented",
    "version": 1,
    "title": "虚构方案",
    "source": {"document": "虚构方案", "published": "2022-09-01"},
    "programme_year": "calendar",
    "posts": [
        {"post": "secretary", "title": "书记", "of": "school"},
        {"post": "homeroom_teacher", "title": "班主任", "of": "homeroom", "superior": "secretary"},
        {"post": "branch_secretary", "title": "支部书记", "of": "branch", "superior": "secretary"},
    ],
    "attributes": [
        {"attribute": "care", "title": "重点关爱", "of": ["student"], "type": "boolean", "class": "K3"},
        {
            "attribute": "grade",
            "title": "年级",
            "of": ["student", "homeroom"],
            "type": "integer",
            "class": "K2",
        },
        {"attribute": "size", "title": "班额", "of": ["homeroom"], "type": "integer", "class": "K1"},
        {
            "attribute": "need",
            "title": "类型",
            "of": ["student"],
            "type": "choice",
            "values": {"a": "甲", "b": "乙"},
            "class": "K3",
        },
        {"attribute": "young", "title": "青年教师", "of": ["staff"], "type": "boolean", "class": "K1"},
        {
            "attribute": "rank",
            "title": "支部等次",
            "of": ["branch"],
            "type": "choice",
            "values": {"one": "一", "two": "二"},
            "class": "K1",
        },
        {
            "attribute": "membership",
            "title": "入党进程",
            "of": ["staff"],
            "type": "state",
            "values": {"activist": "积极分子", "probationary": "预备党员", "full": "正式党员"},
            "class": "K2",
        },
        {"attribute": "boarding", "title": "寄宿制", "of": ["school"], "type": "boolean", "class": "K1"},
    ],
    "links": [
        {"link": "liaison", "title": "第二班主任", "a": "staff", "b": "homeroom", "class": "K1"},
        {"link": "mentor_of", "title": "导师", "a": "staff", "b": "student", "class": "K3"},
    ],
    "events": [
        {"event": "signal", "title": "信号发出", "of": ["student"], "class": "K2"},
        {"event": "leave", "title": "请假", "of": ["student", "staff"], "class": "K2"},
        {"event": "back", "title": "返校", "of": ["student", "staff"], "class": "K2"},
    ],
    "kinds": KINDS,
    "headings": [
        {
            "heading": "1",
            "title": "主要措施",
            "children": [{"heading": "1.1", "title": "关爱"}, {"heading": "1.2", "title": "学习"}],
        }
    ],
    "plan": {
        "phases": [
            {"phase": 1, "title": "准备", "from": "02-01", "to": "03-31"},
            {"phase": 2, "title": "实施", "from": "03-01", "to": "11-30"},
        ],
        "months": [
            {
                "month": 3,
                "items": [
                    {"item": "start", "title": "启动", "owner": "secretary", "from": "03-01", "due": "03-31"}
                ],
            },
            {
                "month": 7,
                "items": [
                    {
                        "item": "summer",
                        "title": "暑期家访",
                        "owner": "secretary",
                        "from": "07-01",
                        "due": "07-31",
                    }
                ],
            },
        ],
    },
    "test_calendar": CALENDAR,
}

RULE: dict[str, Any] = {
    "id": "rule",
    "title": "规则",
    "source": {"document": "虚构方案", "at": "一"},
    "since": "2022-09-01",
    "subject": "student",
    "count": {"kind": "visit", "part": "visited"},
    "at_least": 1,
    "window": "term",
    "bearer": "homeroom_teacher",
}


def rule(**changes: Any) -> dict[str, Any]:
    """The plain rule (each student, one visit a term) with these keys changed; None takes a key away."""
    whole = {**copy.deepcopy(RULE), **changes}
    return {key: value for key, value in whole.items() if value is not None}


def pack_of(*rules: dict[str, Any], **changes: Any) -> Pack:
    """The invented pack with these obligations and top-level changes."""
    return pack_from_dict({**copy.deepcopy(BASE), **changes, "obligations": list(rules)}, "pack.yaml")

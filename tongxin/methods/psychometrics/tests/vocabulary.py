"""A small sound instrument that the tests spoil."""

from __future__ import annotations

import copy
from typing import Any

BASE: dict[str, Any] = {
    "instrument": "mood-6",
    "title": "情绪六题",
    "version": "1",
    "forms": ["student", "parent"],
    "ages": "12-18",
    "licence": {"name": "测试用", "wording": "shipped", "holder": "无"},
    "citation": "测试，2024",
    "sources": [{"what": "计分", "document": "测试手册", "year": 2024}],
    "answers": {
        "often": {
            "options": [
                {"value": 0, "text": "没有"},
                {"value": 1, "text": "有时"},
                {"value": 2, "text": "经常"},
                {"value": 3, "text": "总是"},
            ],
            "codings": {"one-to-four": {"codes": [1, 2, 3, 4], "blank": [0]}, "letters": ["A", "B", "C", "D"]},
        }
    },
    "items": [
        *({"id": n, "text": f"第{n}个问题"} for n in range(1, 7)),
        {"id": "7", "text": "还想说什么", "kind": "text", "flag": True, "show_if": {"item": 6, "at_least": 1}},
    ],
    "reverse": [2],
    "partition": ["low-mood", "worry"],
    "scales": [
        {"id": "low-mood", "title": "低落", "items": ["1-3"], "missing": {"rule": "prorate", "at_most": 1}, "digits": 0},
        {"id": "worry", "title": "担心", "items": [4, 5, 6]},
        {
            "id": "total",
            "title": "总分",
            "of": ["low-mood", "worry"],
            "bands": [
                {"for": {"sex": "female"}, "cuts": [
                    {"id": "fine", "title": "一般", "rank": 0, "from": 0, "to": 8},
                    {"id": "high", "title": "偏高", "rank": 1, "from": 9, "to": 18, "signal": True}]},
                {"cuts": [
                    {"id": "fine", "title": "一般", "rank": 0, "from": 0, "to": 9},
                    {"id": "high", "title": "偏高", "rank": 1, "from": 10, "to": 18, "signal": True}]},
            ],
        },
    ],
    "validity": [{"id": "blank", "title": "空白太多", "level": "invalid", "when": {"blanks": {"at_least": 4}}}],
    "critical": [{"id": "hurt", "title": "想伤害自己", "rank": 3, "when": {"item": 6, "at_least": 1}}],
    "patterns": [{"id": "both", "title": "又低落又担心", "rank": 1, "when": {"all": [
        {"scale": "low-mood", "at_least": 5}, {"scale": "worry", "at_least": 5}]}}],
    "norms": [{"id": "town", "source": "测试手册", "year": 2024, "n": 100, "scales": {
        "worry": {"mean": 3, "sd": 1.5}, "total": {"points": [[0, 1], [9, 50], [18, 99]]}}}],
    "golden": [
        {"name": "全选总是", "answers": {"all": 3, "7": "想说的话"}, "person": {"sex": "female"},
         "scores": {"low-mood": 6, "worry": 9, "total": 15}, "bands": {"total": "high"}, "critical": ["hurt"],
         "patterns": ["both"], "valid": True},
        {"name": "缺一题", "answers": [2, "", 1, 1, 1, 1], "coding": "one-to-four", "scores": {"low-mood": 2}, "valid": True},
        {"name": "缺五题", "answers": [3], "scores": {"low-mood": None, "total": None}, "valid": False},
    ],
}  # fmt: skip


def spoiled(path: str, value: Any) -> dict[str, Any]:
    """BASE with the value at a path ("scales.0.items") changed; a value of ... takes it away."""
    raw = copy.deepcopy(BASE)
    at: Any = raw
    *way, last = path.split(".")
    for step in way:
        at = at[int(step)] if isinstance(at, list) else at[step]
    key: Any = int(last) if isinstance(at, list) else last
    if value is ...:
        del at[key]
    else:
        at[key] = value
    return raw

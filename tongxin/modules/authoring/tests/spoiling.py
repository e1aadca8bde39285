"""Packs that are well-formed YAML and wrong all the same: by hand, one fault each, and at random."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import date
from random import Random
from typing import Any

import yaml

from tongxin.kernel.programmes.packs import offered, parse
from tongxin.methods.cadence.located import plain, read_yaml
from tongxin.testing.pack import PACK

Path = tuple[str | int, ...]
GONE = object()

# What is wrong: where it stands in the small pack, what stands there now, and a part of the sentence that says so.
FAULTS: dict[str, tuple[Path, Any, str]] = {
    "a list where the source is a mapping": (("source",), ["学校方案"], "“source”后面只能写一个词"),
    "a mapping as the name of the pack": (("pack",), {"name": "own"}, "“pack”后面只能写一个词"),
    "a path as the name of the pack": (("pack",), "../../etc", "不能作“pack”的名称"),
    "a list as the title": (("title",), ["青山", "育人"], "“title”后面只能写一个词"),
    "a title of a thousand characters": (("title",), "长" * 1000, "“title”太长"),
    "a control character in the title": (("title",), "青山\x07育人", "控制字符"),
    "a control character in a rule": (("obligations", 0, "title"), "家\x00访", "控制字符"),
    "a control character in a name": (("school_kind",), {"a\x08": 1}, "控制字符"),
    "problems in a mapping": (("problems",), {"信心": "不足"}, "“problems”后面要列出"),
    "an empty goal": (("goals",), [None], "“goals”的每一项只能写一个词"),
    "posts in a mapping": (("posts",), {"secretary": "书记"}, "“posts”后面要列出"),
    "an empty post": (("posts", 0), None, "“posts”的每一项都要有“post”"),
    "a post in a list": (("posts", 0), ["secretary"], "“posts”的每一项都要有“post”"),
    "a post that is a list": (("posts", 0, "post"), ["a", "b"], "“posts”的每一项都要有“post”"),
    "a post with a slash": (("posts", 0, "post"), "书记/副书记", "不能作“post”的名称"),
    "a post of three hundred characters": (("posts", 0, "post"), "s" * 300, "至多 40 个字"),
    "a class that is a mapping": (("attributes", 0, "class"), {"is": "K2"}, "“class”后面只能写一个词"),
    "an attribute called in Chinese": (("attributes", 0, "attribute"), "年级", "不能作“attribute”的名称"),
    "values of values": (("attributes", 0, "values"), {"a": {"b": "c"}}, "“values”的每一项只能写一个词"),
    "people in a mapping": (("events", 0, "of"), {"student": 1}, "“of”后面只能写一个词"),
    "a kind called in Chinese": (("kinds", 0, "kind"), "家访", "不能作“kind”的名称"),
    "a kind with a slash": (("kinds", 0, "kind"), "home/visit", "不能作“kind”的名称"),
    "a kind that is called nothing": (("kinds", 0, "kind"), "  ", "“kinds”的每一项都要有“kind”"),
    "a kind that is a number": (("kinds", 0), 7, "“kinds”的每一项都要有“kind”"),
    "parts in a mapping": (("kinds", 0, "parts"), {"visited": "学生"}, "“parts”后面要列出"),
    "an empty part": (("kinds", 0, "parts", 0), None, "“parts”的每一项都要有“part”"),
    "an empty person of a part": (("kinds", 0, "parts", 0, "of"), [None], "“of”的每一项只能写一个词"),
    "minutes in a list": (("kinds", 0, "effort_min"), [60], "“effort_min”后面要写成几行"),
    "proof without a type": (("kinds", 0, "evidence", 0), {"title": "照片"}, "“evidence”的每一项都要有“type”"),
    "headings in a word": (("headings",), "1 主要措施", "“headings”后面要列出"),
    "a heading without its number": (("headings", 0, "heading"), GONE, "“headings”的每一项都要有“heading”"),
    "headings below a heading in a mapping": (("headings", 0, "children"), {"a": "b"}, "“children”后面要列出"),
    "a plan in a list": (("plan",), ["一月"], "“plan”后面要写成几行"),
    "a phase called by a word": (("plan", "phases", 0, "phase"), "启动", "“phase”要写 1 到 99 的数字"),
    "the end of a phase in a list": (("plan", "phases", 0, "to"), ["12-31"], "“to”后面只能写一个词"),
    "a month called by its name": (("plan", "months"), [{"month": "三月", "items": []}], "“month”要写 1 到 12"),
    "a thirteenth month": (("plan", "months"), [{"month": 13, "items": []}], "“month”要写 1 到 12"),
    "work of a month in a word": (("plan", "months"), [{"month": 3, "items": "开会"}], "“items”后面要列出"),
    "work of a month without a name": (("plan", "months"), [{"month": 3, "items": [{"title": "开会"}]}], "都要有“item”"),
    "rules in a mapping": (("obligations",), {"visits": {"title": "家访"}}, "“obligations”后面要列出"),
    "an empty rule": (("obligations", 0), None, "“obligations”的每一项都要有“id”"),
    "a rule with a question mark": (("obligations", 0, "id"), "visit?", "不能作“id”的名称"),
    "the day of a rule in a mapping": (("obligations", 0, "since"), {"day": 1}, "“since”后面只能写一个词"),
    "a report without a list": (("reports",), [{"report": "term", "outline": {"a": 1}}], "“outline”后面要列出"),
    "figures in a number": (("figures",), 12, "“figures”后面要列出"),
    "a school calendar in a word": (("test_calendar",), "2026", "“test_calendar”后面要写成几行"),
}  # fmt: skip

# Unusual and allowed: what the parser takes, the pages have to show.
ODDITIES: dict[str, tuple[Path, Any]] = {
    "one word where most write a list": (("kinds", 0, "parts", 0, "of"), "student"),
    "a number where most write a list": (("kinds", 0, "parts", 0, "of"), 7),
    "values that are codes alone": (("kinds", 0, "qualifiers", 0, "values"), ["in_person", "online"]),
    "values that are numbers": (("attributes", 0, "values"), {"a": 1, "b": True}),
    "an attribute of nobody": (("attributes", 0, "of"), None),
    "a title that is a date": (("kinds", 0, "title"), date(2026, 1, 1)),
    "no kinds at all": (("kinds",), None),
    "no outline": (("headings",), GONE),
    "no plan": (("plan",), None),
    "no rules": (("obligations",), GONE),
    "a rule of nothing but a name": (("obligations", 0), {"id": "visits"}),
    "the source in one word": (("source",), "青山中学育人方案"),
    "the same rule twice": (("obligations", 1, "id"), "visit-once-a-term"),
    "a rule with everything wrong": (("obligations", 0), {
        "id": 7, "title": None, "subject": ["student"], "where": [1], "count": "x", "at_least": {"a": {"b": []}}, "window": [[]],
        "bearer": {"of": 1}, "remind": {"x": 1}, "source": 5, "waiver": [], "cases": {"a": 1}, "since": "gestern",
    }),
}  # fmt: skip

THINGS: tuple[Any, ...] = (
    None, 7, -1, 10**17, "家访", "a/b", "x\ny", "", True, [], {}, ["a"], [None], [[1]], [{}], {"a": 1}, {"a": {"b": [1]}}, 1.5,
    date(2026, 1, 1), {"kind": "home_visit"}, "\x07",
)  # fmt: skip


# The C library writes the same several times as fast where it is there.
FAST: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def own_pack() -> dict[str, Any]:
    """The small pack under a name that nobody adopted."""
    raw: dict[str, Any] = plain(read_yaml(PACK.replace("pack: green-hill", "pack: own-plan")))
    return raw


def written(raw: Any) -> str:
    return yaml.dump(raw, Dumper=FAST, allow_unicode=True, sort_keys=False)


def with_fault(path: Path, value: Any) -> str:
    raw = own_pack()
    _put(raw, path, value)
    return written(raw)


def _put(raw: Any, path: Path, value: Any) -> None:
    at = raw
    for step in path[:-1]:
        at = at[step]
    if value is GONE:
        del at[path[-1]]
    else:
        at[path[-1]] = value


def spoiled(rng: Random) -> str:
    """A piece of one of the packs on offer, with one to three nodes replaced, dropped, doubled or wrapped."""
    raw = _piece(parse(rng.choice(list(offered().values())).text).raw, rng)
    for _time in range(rng.choice((1, 1, 1, 2, 3))):
        places = list(_places(raw))
        path = rng.choice(places)
        found = _get(raw, path)
        how = rng.randrange(6)
        if how == 0:
            _put(raw, path, GONE)
        elif how == 1 and isinstance(path[-1], int):
            _get(raw, path[:-1]).append(copy.deepcopy(found))
        elif how in (1, 2):
            _put(raw, path, copy.deepcopy(_get(raw, rng.choice(places))))
        elif how == 3:
            _put(raw, path, rng.choice(([found], {"x": found})))
        else:
            _put(raw, path, copy.deepcopy(rng.choice(THINGS)))
    return written(raw)


def _piece(raw: dict[str, Any], rng: Random) -> dict[str, Any]:
    """A pack with one rule, the words it needs and a little of the rest, so that its pages are quick."""
    raw, rule = dict(raw), dict(rng.choice(raw["obligations"]))
    rule["cases"] = (rule.get("cases") or [])[:1]
    spoken = written(rule)

    def few(key: str, name: str) -> list[Any]:
        found = raw.get(key) or []
        return [item for item in found if item[name] in spoken] or found[:1]

    raw |= {f"{name}s": few(f"{name}s", name) for name in ("kind", "post", "attribute", "link", "event")}
    months = (raw["plan"].get("months") or [])[:2]
    raw["plan"] = raw["plan"] | {"months": [month | {"items": month["items"][:1]} for month in months]}
    for key in ("headings", "figures", "reports"):
        raw[key] = (raw.get(key) or [])[:1]
    return copy.deepcopy(raw | {"obligations": [rule], "pack": "own-plan"})


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*path, step)
        yield from _places(inner, (*path, step))


def _get(raw: Any, path: Path) -> Any:
    for step in path:
        raw = raw[step]
    return raw

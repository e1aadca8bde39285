"""One worked example per operator of the rule language, found in packs whose golden cases the tests run.

`docs/reference/rule-examples.md` is the page made here; a test compares the two and another that no operator lacks one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import yaml

from .counting import DISTINCT
from .golden import NAMES
from .pack import Pack
from .parse_periods import SIMPLE
from .periods import BREAKS
from .reading import is_share
from .tree import SUBJECTS
from .words import sentence

Raw = dict[str, Any]
Uses = Callable[[Raw], bool]
BOUNDS = ("at_least", "at_most", "exactly", "between", "one_of")
SHOWN = (
    "subject", "where", "exempt", "count", "measure", "on", *BOUNDS, "two_posts", "all_of", "any_of", "within", "window",
    "windows", "arrivals", "applies", "bearer", "jointly", "evidence", "counts_for", "not_with", "makes_up", "blocks", "waiver",
    "consequence", "escalate", "tightens", "overrides",
)  # fmt: skip


def _within(value: Any) -> Iterator[tuple[str, Any]]:
    """Every (key, value) at any depth."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key), item
            yield from _within(item)
    elif isinstance(value, list):
        for item in value:
            yield from _within(item)


def _items(raw: Raw) -> list[Raw]:
    return [raw, *(raw.get("all_of") or []), *(raw.get("any_of") or [])]


def _measure(name: str) -> Uses:
    def uses(raw: Raw) -> bool:
        said = [item.get("measure") for item in _items(raw)]
        return any(one == name or (isinstance(one, dict) and name in one) for one in said)

    return uses


def _distinct(of: str) -> Uses:
    return lambda raw: any(item.get("measure") == {"distinct": of} for item in _items(raw))


def _window(key: str, value: str = "") -> Uses:
    def uses(raw: Raw) -> bool:
        said = [raw.get("window"), *(raw.get("windows") or [])]
        return any(
            one == key
            or (
                isinstance(one, dict)
                and key in one
                and (not value or value in (str(one[key]), str(one.get("unit", ""))))
            )
            for one in said
        )

    return uses


def _where(key: str) -> Uses:
    return lambda raw: any(
        name == key for part in ("where", "exempt") for name, _ in _within({"": raw.get(part)})
    )


def _short(raw: Raw) -> bool:
    """A condition spelled as `{attribute: value}`."""
    where = raw.get("where")
    words = {"all", "any", "not", "link", "post", "attribute", "a", "b", "state", "machine", "has", "event"}
    return isinstance(where, dict) and len(where) == 1 and not words & {*where}


def _count(key: str) -> Uses:
    return lambda raw: any(
        isinstance(item.get("count"), dict) and key in item["count"] for item in _items(raw)
    )


def _bound(key: str) -> Uses:
    return lambda raw: any(key in item for item in _items(raw))


def _table(by_post: bool) -> Uses:
    def uses(raw: Raw) -> bool:
        said = [item[key] for item in _items(raw) for key in BOUNDS if isinstance(item.get(key), dict)]
        return any(
            "by" in one and not isinstance(one["by"], dict) and (one["by"] == "post") == by_post
            for one in said
        )

    return uses


def _asks(raw: Raw) -> bool:
    return any(
        isinstance(item.get(key), dict) and "ask" in item[key] for item in _items(raw) for key in BOUNDS
    )


def _share(raw: Raw) -> bool:
    return any(
        is_share(item.get(key))
        for item in _items(raw)
        for key in BOUNDS
        if not isinstance(item.get(key), dict | list)
    )


def _subject(name: str) -> Uses:
    return lambda raw: str(raw.get("subject", "")).partition(":")[0] == name


def _has(key: str) -> Uses:
    return lambda raw: key in raw


def _modality(name: str) -> Uses:
    return lambda raw: isinstance(raw.get("source"), dict) and raw["source"].get("modality") == name


def _announced(raw: Raw) -> bool:
    return isinstance(raw.get("window"), dict) and isinstance(raw["window"].get("by"), dict)


OPERATORS: dict[str, dict[str, Uses]] = {
    "对象": {name: _subject(name) for name in (*SUBJECTS, "activity", "pair")},
    "条件": {
        "{属性: 值}": _short,
        **{name: _where(name) for name in ("at_least", "at_most", "between", "compare", "post", "link", "has", "state", "all",
                                           "any", "not", "a")},
        "exempt": _has("exempt"),
    },
    "数什么": {name: _count(name) for name in ("part", "only", "by", "with", "about")},
    "怎么数": {
        **{name: _measure(name) for name in ("times", "people", "person_times", "sum", "max", "average", "run", "gap", "links",
                                             "state", "days_in", "share", "fraction_of")},
        **{f"distinct: {of}": _distinct(of) for of in DISTINCT},
        "on": _has("on"),
    },
    "多少": {
        **{name: _bound(name) for name in BOUNDS},
        "几分之几、百分之几": _share, "按属性定数": _table(False), "按岗位定数": _table(True), "ask": _asks,
        "two_posts": _has("two_posts"),
    },
    "时间范围": {
        **{name: _window(name) for name in (*SIMPLE, "standing", "once", "phase", "plan_month", "from", "every", "nth", "first",
                                            "last", "rolling", "before", "between_events")},
        "{year: calendar}": _window("year", "calendar"),
        "{by: 日期}": lambda raw: _window("by")(raw) and not _announced(raw),
        "{by: {announced: …}}": _announced,
        "{break: …}": lambda raw: any(_window("break", season)(raw) for season in BREAKS),
        **{f"within …{unit}": _window("within", unit) for unit in ("hour", "school_day", "month")},
        "windows": _has("windows"),
        "arrivals": _has("arrivals"),
        "applies": _has("applies"),
    },
    "清单、佐证和承担": {
        name: _has(name)
        for name in ("all_of", "any_of", "evidence", "jointly", "counts_for", "not_with", "makes_up", "waiver")
    },
    "后果和先后": {
        **{name: _has(name) for name in ("blocks", "consequence", "escalate", "tightens", "overrides")},
        "encouraged": _modality("encouraged"),
        "in_principle": _modality("in_principle"),
    },
}  # fmt: skip


def found(packs: Iterable[Pack]) -> dict[tuple[str, str], tuple[Pack, Raw]]:
    """The shortest rule with a case that uses each operator, of the first pack that has one."""
    rules = [
        [(pack, raw) for raw in pack.raw.get("obligations") or [] if raw.get("cases") and "later" not in raw]
        for pack in packs
    ]
    known = {}
    for family, operators in OPERATORS.items():
        for name, uses in operators.items():
            using = next((mine for listed in rules if (mine := [one for one in listed if uses(one[1])])), [])
            if using:
                known[family, name] = min(using, key=lambda one: len(str(_shown(one[1]))))
    return known


def _shown(raw: Raw) -> Raw:
    """What an example shows of a rule."""
    return {key: raw[key] for key in SHOWN if key in raw}


def missing(packs: Iterable[Pack]) -> list[str]:
    """Operators that no rule of the packs uses."""
    known = found(packs)
    return [
        f"{family}：{name}"
        for family, names in OPERATORS.items()
        for name in names
        if (family, name) not in known
    ]


def examples_page(packs: Iterable[Pack]) -> str:
    """The page as Markdown: each operator with a rule that uses it, how it reads, and one of its cases."""
    lines = [
        "# 规则语言：每种写法一个例子",
        "下面每一种写法都有一条真的要求用到它：怎么写、读作什么、一个用例和它的结论。用例在测试里逐个重算。"
        "全部写法的说明见[规则语言](rule-language.md)。",
    ]
    shown: dict[str, str] = {}
    known = found(packs)
    for family, operators in OPERATORS.items():
        lines.append(f"## {family}")
        for name in operators:
            if (family, name) in known:
                pack, raw = known[family, name]
                lines.append(f"### `{name}`")
                key = f"{pack.slug}:{raw['id']}"
                lines += [f"同上面的“{raw['title']}”。"] if key in shown else _example(pack, raw)
                shown[key] = name
    lines.append(
        "**In English:** one rule per operator, as written, as read, with a golden case; made from the packs and examples."
    )
    return "\n\n".join(lines) + "\n"


def _example(pack: Pack, raw: Raw) -> Iterator[str]:
    rule = next(rule for rule in pack.obligations if rule.id == str(raw["id"]))
    case = raw["cases"][0]
    yield f"{raw['title']}（{pack.title}）"
    yield f"```yaml\n{yaml.safe_dump(_shown(raw), allow_unicode=True, sort_keys=False, width=110, default_flow_style=None)}```"
    yield f"读作：{sentence(pack, rule)}"
    yield f"用例：{case['name']} → {NAMES[str(case['verdict'])]}"

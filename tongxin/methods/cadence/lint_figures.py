"""Figures that point at nothing or ask for what cannot be said, and reports that use figures nobody declared."""

from __future__ import annotations

from collections.abc import Iterator

from .declarations import MEASURE_SHOWN, Figure
from .findings import Findings
from .located import Place
from .pack import Pack
from .reading import texts
from .tree import Checklist, Obligation


def check_figures(pack: Pack, found: Findings) -> None:
    """Each figure's obligation and `show`, and each report's figures."""
    ids = set(pack.obligation_ids())
    for figure in pack.figures.values():
        where = pack.places.get(f"figure:{figure.name}", Place("", 1))
        rules = pack.versions(figure.obligation) if figure.obligation in ids else []
        if figure.later:
            found.warn(where, "later", f"指标“{figure.name}”留待以后：{figure.later}")
        elif figure.obligation and not rules:
            found.error(
                where,
                "unknown-obligation",
                f"指标“{figure.name}”指向的要求“{figure.obligation}”不存在。请改正编号。",
            )
        elif rules and not rules[-1].evaluable:
            found.warn(
                where,
                "figure-later",
                f"指标“{figure.name}”指向的要求“{figure.obligation}”还不能计算，这个数会空着。",
            )
        elif wrong := next((said for rule in rules if (said := _not_shown(figure, rule))), ""):
            found.error(where, "figure-show", f"指标“{figure.name}”：{wrong}")
    for report in pack.reports.values():
        where = pack.places.get(f"report:{report.name}", Place("", 1))
        for name in _figures_in(report.outline):
            if name not in pack.figures:
                found.error(
                    where,
                    "unknown-figure",
                    f"报告“{report.name}”用了没有声明的指标“{name}”。请在“figures”里声明，或改正名称。",
                )


def _not_shown(figure: Figure, rule: Obligation) -> str:
    """Say why a rule's measure cannot be shown so and what to write instead; empty where it can."""
    if figure.show not in MEASURE_SHOWN or not rule.evaluable:
        return ""
    items = rule.requirements()
    if figure.show == "latest_day":
        if any(item.measure.needs_count for item in items):
            return ""
        return f"要求“{rule.id}”看的是关系或状态，没有哪一天做到的记录。“show”请写 latest。"
    if any(item.measure.is_share for item in items) and not isinstance(rule.demand, Checklist):
        return (
            f"要求“{rule.id}”看的是占比，做到的数离了总数没有意义。“show”请写 coverage，或写 entries 数台账。"
        )
    if figure.show == "done" and not rule.adds_up:
        return f"要求“{rule.id}”做到的数不能相加（最大值、平均值、不同的人、现有几个……）。“show”请写 average 或 latest。"
    if figure.show in ("done", "average") and rule.adds_up and len(rule.periods) > 1:
        return (
            f"要求“{rule.id}”同时看几种时间范围，同一次活动会加几遍。“show”请写 latest，或写 entries 数台账。"
        )
    return ""


def _figures_in(value: object) -> Iterator[str]:
    """Names of the figures an outline uses, in texts as {figure:name} and in lists."""
    if isinstance(value, str):
        for piece in value.split("{figure:")[1:]:
            yield piece.split("}")[0].strip()
    elif isinstance(value, dict):
        listed = value.get("figures")
        yield from texts(listed)
        yield from (name for key, item in value.items() if key != "figures" for name in _figures_in(item))
    elif isinstance(value, list | tuple):
        yield from (name for item in value for name in _figures_in(item))

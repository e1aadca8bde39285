"""The reference page of the packs that come with the product: what each holds, and which rules answer which row.

`docs/reference/packs.md` is this page; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable

from .pack import Pack
from .tree import Obligation

LEVELS = {"state": "国家", "province": "省", "city": "市", "district": "区县", "school": "学校"}
MODALITIES = {"must": "必须", "in_principle": "原则上", "encouraged": "提倡"}

HEAD = """# 随附的方案包

每个方案包都是数据：`packs/programmes/` 下一个文件夹一个包。学校采用时可以改名称、改数、停用个别要求。
下面的表按各方案内容的编号列出对应的应做事项；同一件事登记一次，几个方案都计数。

一条要求若收紧了上级的要求（`tightens`），页面上看得到是谁要求的、收紧了什么，两条都判断。

**In English:** the packs that come with the product, how much each holds, and which of its rules answer which row of
the plan it was made from. Made from the packs themselves; a test compares this page with them.
"""


def packs_page(packs: Iterable[Pack]) -> str:
    """The whole page as Markdown."""
    return "\n\n".join([HEAD.strip(), *(_section(pack) for pack in packs)]) + "\n"


def _section(pack: Pack) -> str:
    rules = [pack.versions(name)[-1] for name in pack.obligation_ids()]
    cases = sum(len(rule.cases) for rule in rules)
    counts = (
        f"活动种类 {len(pack.kinds)} 种，应做事项 {len(rules)} 条（{_by_modality(rules)}），用例 {cases} 个，"
        f"安排 {len(pack.plan_items)} 项，指标 {len(pack.figures)} 个。"
    )
    lines = [f"## {pack.title}", f"`{pack.slug}`：{counts}", _table(rules)]
    tied = [f"- {rule.title} → {_named(rule)}" for rule in rules if rule.tightens]
    return "\n\n".join(lines + (["收紧的上级要求：\n\n" + "\n".join(tied)] if tied else []))


def _by_modality(rules: list[Obligation]) -> str:
    counts = {word: sum(rule.source.modality == code for rule in rules) for code, word in MODALITIES.items()}
    return "、".join(f"{word} {number}" for word, number in counts.items() if number)


def _named(rule: Obligation) -> str:
    return "、".join(f"`{name.spelled()}`" for name in rule.tightens)


def _table(rules: list[Obligation]) -> str:
    rows: dict[str, list[Obligation]] = {}
    for rule in rules:
        for row in rule.rows or ("",):
            rows.setdefault(row, []).append(rule)
    ordered = sorted(rows, key=_place)
    lines = ["| 编号 | 应做事项 |", "| --- | --- |"]
    return "\n".join([*lines, *(f"| {row or '其他'} | {_titles(rows[row])} |" for row in ordered)])


def _place(row: str) -> tuple[bool, str, int]:
    """Rows in the order of their numbers, rules without a row last."""
    letters = row.rstrip("0123456789")
    return not row, letters, int(row[len(letters) :] or 0)


def _titles(rules: list[Obligation]) -> str:
    return "；".join(f"{rule.title}（{_level(rule)}）" for rule in rules)


def _level(rule: Obligation) -> str:
    level = "" if rule.source.level == "school" else LEVELS[rule.source.level] + "，"
    return level + MODALITIES[rule.source.modality]

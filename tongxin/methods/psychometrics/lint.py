"""The linter: everything about an instrument that would mislead or cannot be scored, each with its place and its mend."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tongxin.methods.cadence.findings import ERROR, Finding, Findings, PackUnreadable
from tongxin.methods.cadence.located import LMap, Place

from .golden import run_golden
from .instrument import Instrument
from .lint_bands import check_bands, check_norms
from .lint_bank import check_bank
from .lint_conditions import check_conditions
from .parse import load_instrument


def check_file(path: str | Path) -> list[Finding]:
    """All findings about the instrument in a file, one that cannot be read included."""
    try:
        instrument, found = load_instrument(path)
    except PackUnreadable as problem:
        return [problem.finding()]
    return lint(instrument, found)


def lint(instrument: Instrument, found: list[Finding] | None = None) -> list[Finding]:
    """All findings about an instrument, those of its reader (`found`) included, by file and line."""
    findings = Findings(found or [])
    at = _At(instrument)
    _check_heads(instrument, at, findings)
    _check_answers(instrument, at, findings)
    _check_scales(instrument, at, findings)
    _check_membership(instrument, at, findings)
    check_bands(instrument, findings)
    check_norms(instrument, findings)
    check_bank(instrument, findings)
    check_conditions(instrument, findings)
    if not any(finding.level == ERROR for finding in findings):
        # Only what can be scored is scored.
        _check_golden(instrument, at, findings)
    return sorted(set(findings))


class _At:
    """Where things of the file stand."""

    def __init__(self, instrument: Instrument) -> None:
        self.file = instrument.file
        self.raw = instrument.raw if isinstance(instrument.raw, LMap) else LMap()

    def key(self, name: str) -> Place:
        place = self.raw.at(name)
        return Place(self.file, place.line)

    def line(self, line: int) -> Place:
        return Place(self.file, line)


def _check_heads(instrument: Instrument, at: _At, found: Findings) -> None:
    if not instrument.title:
        found.error(at.key("instrument"), "title", "量表没有名称。请写 title。")
    licence = instrument.licence
    if not licence.name:
        found.error(
            at.key("licence"),
            "licence",
            "量表没有许可。请在 licence 写明按什么许可使用（name）；不知道能不能用的，先不要用。",
        )
    if licence.wording not in ("shipped", "school"):
        found.error(
            at.key("licence"),
            "licence",
            "请在 licence 的 wording 写明题目是随附（shipped）还是学校自己填（school）。",
        )
    worded = [item.id for item in instrument.items if item.text]
    if licence.wording == "school" and worded and not licence.granted:
        sentence = f"第{worded[0]}题等 {len(worded)} 题写了题目，但没有说明谁在什么时候允许学校使用。请在 licence 的 granted 写明，或删去题目。"
        found.error(at.key("licence"), "licence", sentence)
    if licence.wording == "shipped":
        for item in instrument.items:
            if not item.text and item.kind != "computed":
                found.error(
                    at.line(item.line),
                    "wording",
                    f"第{item.id}题没有题目。请写 text，或把 licence 的 wording 改成 school。",
                )
                break
    if not instrument.citation:
        found.error(
            at.key("citation"), "citation", "没有写这份量表出自哪里。请在 citation 写作者、年份和题名。"
        )
    if not instrument.sources:
        found.warn(at.key("sources"), "source", "没有写计分方法和分界的来源。请在 sources 写明。")


def _check_answers(instrument: Instrument, at: _At, found: Findings) -> None:
    used = {item.answers for item in instrument.items}
    scored = {item.answers for item in instrument.scored_items}
    for known in instrument.answers:
        where = at.raw.get("answers")
        place = Place(at.file, where.at(known.id).line) if isinstance(where, LMap) else at.key("answers")
        if known.id not in used:
            found.warn(place, "unused-answers", f"答案“{known.id}”没有题目用到。")
        if len(known.options) < 2:
            found.error(place, "answers", f"答案“{known.id}”至少要有两个选项。")
        if known.values and len(known.values) < len(known.options):
            found.error(place, "answers", f"答案“{known.id}”有的选项没有分值（value）。请都写上，或都不写。")
        if len(known.options) > 250:
            found.error(place, "answers", f"答案“{known.id}”的选项太多。最多 250 个。")
        for name in instrument.codings[1:]:
            if known.id in scored and name not in {coding.id for coding in known.codings}:
                found.warn(place, "coding", f"答案“{known.id}”没有写记分方式“{name}”，会按选项自己的记号读。")
    twice = [item for item, n in Counter(instrument.reverse).items() if n > 1]
    if twice:
        found.error(at.key("reverse"), "reverse", f"第{twice[0]}题在反向计分里写了两次。请只留一次。")
    for name in instrument.reverse:
        item = instrument.item_by_id[name]
        if not instrument.is_scored(item):
            found.error(
                at.key("reverse"),
                "reverse",
                f"第{name}题写了反向计分，但它的答案没有分值。请补上分值，或从 reverse 里去掉。",
            )


def _check_scales(instrument: Instrument, at: _At, found: Findings) -> None:
    ordered = {scale.id for scale in instrument.scales_in_order()}
    for scale in instrument.scales:
        place, what = at.line(scale.line), f"分量表“{scale.id}”"
        if bool(scale.components) == bool(scale.of):
            found.error(place, "scale", f"{what}要写由哪些题（items）或哪些分量表（of）组成，写一种。")
        if scale.id not in ordered and all(name in instrument.scale_by_id for name in scale.of):
            found.error(place, "circle", f"{what}绕了一圈又用到自己。请检查 of。")
        for name, n in Counter(scale.items).items():
            if n > 1:
                found.error(place, "twice", f"{what}里第{name}题算了 {n} 次。请只留一次。")
            if not instrument.is_scored(instrument.item_by_id[name]):
                found.error(
                    place,
                    "unscored-item",
                    f"{what}里第{name}题的答案没有分值，不能计分。请补上分值，或去掉这一题。",
                )
        _check_missing(scale, place, what, found)
        if scale.multiply == 0:
            found.error(place, "scale", f"{what}乘以 0，分数都会是一样的。请改 multiply。")
        if not scale.title:
            found.warn(place, "title", f"{what}没有名称。请写 title。")


def _check_missing(scale, place: Place, what: str, found: Findings) -> None:  # type: ignore[no-untyped-def]
    rule, n = scale.missing, len(scale.components)
    if rule.rule != "refuse" and rule.at_most == 0:
        found.error(place, "missing", f"{what}的缺答规则要写最多能缺几题（at_most）。")
    if rule.rule == "refuse" and rule.at_most:
        found.error(place, "missing", f"{what}缺一题就不计分（refuse），不能再写 at_most。")
    if scale.of and rule.rule != "refuse":
        found.error(place, "missing", f"{what}由分量表合成，缺答规则请写在各个分量表上。")
    elif rule.at_most >= n > 0:
        found.error(
            place, "missing", f"{what}只有 {n} 题，不能缺 {rule.at_most} 题还计分。请把 at_most 改小。"
        )
    if rule.rule == "count" and scale.method not in ("sum", "count"):
        found.error(place, "missing", f"{what}不是求和，缺答不能按 count 处理。请改成 prorate 或 refuse。")


def _check_membership(instrument: Instrument, at: _At, found: Findings) -> None:
    places: dict[str, list[str]] = {item.id: [] for item in instrument.scored_items}
    listed = (
        [s for s in instrument.scales if s.id in instrument.partition]
        if instrument.partition
        else instrument.scales
    )
    banked = {one.item for one in instrument.bank.items} if instrument.bank else set()
    held = {name for scale in instrument.scales for name in scale.items} | banked
    for scale in listed:
        for name in set(scale.items):
            places.setdefault(name, []).append(scale.id)
    for name in instrument.unscored:
        item = instrument.item_by_id[name]
        if name in held:
            found.error(
                at.line(item.line),
                "membership",
                f"第{name}题写着不计分（unscored），却在“{places.get(name, ['分量表'])[:1] or ['分量表']}”里。请改一处。".replace(
                    "['", ""
                ).replace("']", ""),
            )
    for name, scales in places.items():
        item = instrument.item_by_id[name]
        if not scales and name not in instrument.unscored and name not in banked:
            kind = "partition 所列的分量表" if instrument.partition else "分量表"
            found.error(
                at.line(item.line),
                "membership",
                f"第{name}题不在任何{kind}里。请放进一个分量表，或写进 unscored（不计分）。",
            )
        elif len(scales) > 1:
            mend = (
                "每题只能在其中一个里"
                if instrument.partition
                else "若本来就该这样，请用 partition 写明哪些分量表合起来每题正好一次"
            )
            found.error(
                at.line(item.line), "membership", f"第{name}题同时在“{'”“'.join(scales)}”里。{mend}。"
            )


def _check_golden(instrument: Instrument, at: _At, found: Findings) -> None:
    if not instrument.golden and (instrument.scales or instrument.bank):
        found.warn(
            at.key("golden"), "golden", "没有算例，算得对不对无从核对。请在 golden 至少写一份手算过的答卷。"
        )
    for outcome in run_golden(instrument):
        for sentence in outcome.wrong:
            place = at.line(outcome.golden.line)
            found.error(
                place,
                "golden",
                f"算例“{outcome.golden.name}”对不上：{sentence.rstrip('。')}。请核对算例和计分方法。",
            )
    for golden in instrument.golden:
        compared = [name for name, _ in (*golden.scores, *golden.bands)]
        for name in compared:
            if name not in instrument.scale_by_id and not (instrument.bank and name == instrument.bank.id):
                found.error(at.line(golden.line), "golden", f"算例“{golden.name}”里的“{name}”不是分量表。")
        if not compared and golden.critical is None and golden.patterns is None and not golden.valid:
            found.error(
                at.line(golden.line), "golden", f"算例“{golden.name}”没有写应得的分数，核对不了什么。"
            )

"""The linter: everything about a pack that would mislead or cannot be kept, each with its place and its mend."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from .bounds import Asked, Band, Constant, Table
from .calendar import CalendarUnreadable, calendar_from_dict, day_in_year
from .conditions import NUMERIC, AttributeTest, Not
from .conditions import All as AllOf
from .findings import Finding, Findings, PackUnreadable
from .golden import run_case
from .lint_figures import check_figures
from .lint_load import check_load
from .lint_precedence import check_precedence
from .located import Place
from .occasions import ByAnnounced
from .pack import Pack, load_pack
from .periods import Once
from .precedence import implies
from .reading import text_of
from .tree import Obligation, Requirement
from .words import Speaker

_SLUG = re.compile("[a-z][a-z0-9-]{0,59}")

DATA_CLASSES = ("K0", "K1", "K2", "K3", "K4", "K4a", "K4b", "K4c", "K4d", "K4e", "K5", "KT", "KA")


def check_path(path: str | Path, others: Mapping[str, Pack] | None = None) -> list[Finding]:
    """All findings about the pack at a path, one that cannot be read included, by file and line.

    others: packs by slug that its rules may tighten; those in folders beside it are found without being named.
    """
    try:
        pack = load_pack(path)
        return lint(pack, others=packs_beside(Path(path), pack) | dict(others or {}))
    except PackUnreadable as problem:
        return [problem.finding()]


def packs_beside(path: Path, pack: Pack) -> dict[str, Pack]:
    """Packs that rules of this one tighten and that stand in a folder of their name beside it, and so on upwards."""
    found: dict[str, Pack] = {}
    waiting = [pack]
    while waiting:
        at = waiting.pop()
        for slug in {name.pack for rule in at.obligations for name in rule.tightens} - {
            "",
            pack.slug,
            *found,
        }:
            folder = path.resolve().parent / slug
            if slug.replace("-", "").replace("_", "").isalnum() and folder.is_dir():
                try:
                    found[slug] = load_pack(folder)
                except PackUnreadable:
                    continue  # said where that pack itself is checked
                waiting.append(found[slug])
    return found


def lint(pack: Pack, cases: bool = True, others: Mapping[str, Pack] | None = None) -> list[Finding]:
    """All findings about a pack, those of its reader included, by file and line.

    cases: run the golden cases too. others: packs by slug that rules of this one may tighten.
    """
    found = Findings(pack.findings)
    _check_pack(pack, found)
    _check_classes(pack, found)
    _check_plan(pack, found)
    check_figures(pack, found)
    _check_duplicates(pack, found)
    _check_sharing(pack, found)
    _check_posts(pack, found)
    check_precedence(pack, others or {}, found)
    has_errors = {finding.line for finding in pack.findings if finding.level == "error"}
    for rule in pack.obligations:
        _check_rule(pack, rule, found)
        if cases and rule.evaluable and pack.test_calendar:
            _check_cases(pack, rule, found, bool(has_errors))
    if not has_errors:
        check_load(pack, found)
    return sorted(
        set(found), key=lambda finding: (finding.file, finding.line, finding.code, finding.sentence)
    )


# the pack as a whole


def _check_pack(pack: Pack, found: Findings) -> None:
    where = pack.places.get("pack", Place("", 1))
    if not pack.title:
        found.error(where, "missing-title", "包没有标题。请写“title”。")
    if not pack.source.document:
        found.warn(where, "missing-source", "包没有写依据的文件。请写“source”里的“document”和“published”。")
    if pack.case_scheme and not _SLUG.fullmatch(pack.case_scheme):
        found.error(
            pack.places.get("case_scheme", where),
            "case-scheme",
            "“case_scheme”要写分级方案的名称，用英文小写和连字符，例如 red-orange-yellow。",
        )
    if not pack.test_calendar:
        found.error(where, "missing-calendar", "包里没有校验用的校历，用例无法运行。请写“test_calendar”。")
        return
    try:
        calendar_from_dict(pack.test_calendar)
    except CalendarUnreadable as problem:
        found.error(pack.places.get("test_calendar", where), "calendar", f"校验用的校历：{problem}")


def _check_classes(pack: Pack, found: Findings) -> None:
    declared = [
        *(("kind", "活动", kind.name, kind.data_class) for kind in pack.kinds.values()),
        *(("attribute", "属性", item.name, item.data_class) for item in pack.attributes.values()),
        *(("link", "关系", item.name, item.data_class) for item in pack.links.values()),
        *(("event", "事件", item.name, item.data_class) for item in pack.events.values()),
    ]
    for key, what, name, data_class in declared:
        where = pack.places.get(f"{key}:{name}", Place("", 1))
        if not data_class:
            found.error(where, "missing-class", f"{what}“{name}”没有写密级。请写“class”，例如 K1。")
        elif data_class not in DATA_CLASSES:
            found.error(
                where,
                "unknown-class",
                f"{what}“{name}”的密级“{data_class}”不存在。可用的有：{'、'.join(DATA_CLASSES)}。",
            )


def _check_plan(pack: Pack, found: Findings) -> None:
    headings = {heading.number for heading in pack.all_headings()}
    seen: set[str] = set()
    for kind in pack.kinds.values():
        if kind.heading and kind.heading not in headings:
            found.error(
                kind,
                "unknown-heading",
                f"活动“{kind.name}”归入的“{kind.heading}”不在提纲里。请在“headings”里补上，或改正编号。",
            )
    for number in _repeated([heading.number for heading in pack.all_headings()]):
        found.error(pack.places.get("headings"), "duplicate", f"提纲编号“{number}”出现了两次。请改正编号。")
    for item in pack.plan_items:
        where = pack.places.get(f"item:{item.name}", Place("", 1))
        if item.name in seen:
            found.error(where, "duplicate", f"安排项目“{item.name}”出现了两次。请改名。")
        seen.add(item.name)
        for sentence in _plan_problems(pack, item, headings):
            found.error(where, "plan", f"安排项目“{item.name}”：{sentence}")
        if item.later:
            found.warn(where, "later", f"安排项目“{item.name}”留待以后：{item.later}")
    for phase in pack.phases.values():
        ends = [day_in_year(text, 2023) for text in (phase.first, phase.last)]
        where = pack.places.get(f"phase:{phase.number}", pack.places.get("plan", Place("", 1)))
        if ends[0] is None or ends[1] is None:
            found.error(where, "date", f"第 {phase.number} 阶段的起止要写“月-日”，例如 02-01。")
        elif ends[0] > ends[1]:
            found.error(where, "date", f"第 {phase.number} 阶段的开始晚于结束。跨年的日子前面写“+1”。")


def _plan_problems(pack: Pack, item: object, headings: set[str]) -> Iterator[str]:
    kinds, obligations = getattr(item, "kinds", ()), getattr(item, "obligations", ())
    heading, owner = getattr(item, "heading", ""), getattr(item, "owner", "")
    ids = set(pack.obligation_ids())
    yield from (f"没有“{kind}”这种活动。请改正名称。" for kind in kinds if kind not in pack.kinds)
    yield from (f"没有“{name}”这条要求。请改正编号。" for name in obligations if name not in ids)
    if heading and heading not in headings:
        yield f"提纲里没有“{heading}”这一条。请改正编号。"
    if owner and owner not in pack.posts:
        yield f"没有“{owner}”这个岗位。请改正名称。"
    if getattr(item, "phase", 0) and pack.phases and getattr(item, "phase", 0) not in pack.phases:
        yield f"没有第 {getattr(item, 'phase', 0)} 阶段。请改正数字。"
    days = [
        (text, day_in_year(text, 2023))
        for text in (getattr(item, "first", ""), getattr(item, "due", ""))
        if text
    ]
    yield from (f"“{text}”不是“月-日”。请写成 02-28 这样的形式。" for text, day in days if day is None)
    read = [day for _, day in days if day is not None]
    if len(read) == 2 and read[0] > read[1]:
        yield "开始晚于期限。请改正其中一个日期。"


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def _check_sharing(pack: Pack, found: Findings) -> None:
    """Rules that must not share entries: with whom, and whether there is anybody to share with."""
    ids = set(pack.obligation_ids())
    for rule in pack.obligations:
        for name in rule.not_with:
            if name not in ids or name == rule.id:
                found.error(
                    rule,
                    "unknown-obligation",
                    f"{rule.id}：“not_with”里的要求“{name}”不存在或就是自己。请改正编号。",
                )
        if rule.counts_once and not rule.rivals:
            found.warn(
                rule,
                "counts-for",
                f"{rule.id}：只有这一条写了“counts_for: one”，没有别的要求和它分。请在另一条也写上，或删去。",
            )


def _check_duplicates(pack: Pack, found: Findings) -> None:
    seen: dict[tuple[str, object], Obligation] = {}
    for rule in pack.obligations:
        key = (rule.id, rule.since)
        if key in seen:
            found.error(
                rule, "duplicate", f"{rule.id}：同一编号、同一天实行的要求写了两次。请改编号，或改“since”。"
            )
        seen[key] = rule


def _check_posts(pack: Pack, found: Findings) -> None:
    for post in pack.posts.values():
        where = pack.places.get(f"post:{post.name}", Place("", 1))
        if post.superior and post.superior not in pack.posts:
            found.error(
                where,
                "unknown-post",
                f"岗位“{post.name}”的上级“{post.superior}”没有声明。请在“posts”里补上。",
            )
        above, at = [post.name], post
        while at.superior in pack.posts and at.superior not in above:
            above.append(at.superior)
            at = pack.posts[at.superior]
        if at.superior in above:
            found.error(where, "post-circle", f"岗位“{post.name}”的上级绕成了圈。请改正“superior”。")


# one obligation


def _check_rule(pack: Pack, rule: Obligation, found: Findings) -> None:
    if rule.later:
        found.warn(rule, "later", f"{rule.id}：留待以后：{rule.later}")
        return
    if not rule.source.document:
        found.error(rule, "missing-source", f"{rule.id}：没有写出处。请写“source”里的“document”和“at”。")
    if not rule.cases:
        found.warn(rule, "missing-case", f"{rule.id}：没有用例。请至少写一个完成和一个未完成的例子。")
    if rule.bearer.names == ("self",) and rule.subject.name not in ("student", "staff", "guardian", "member"):
        found.warn(rule, "nobody-sees", f"{rule.id}：没有写由谁承担，谁的清单上都看不到。请写“bearer”。")
    if rule.waiver is None and any(isinstance(period, Once) for period in rule.periods):
        found.warn(
            rule, "no-deadline", f"{rule.id}：“once”没有期限，永远不会算未完成。需要期限时请写 {{by: 日期}}。"
        )
    _check_gates(rule, found)
    for period in rule.periods:
        if isinstance(period, ByAnnounced):
            found.warn(
                rule,
                "open-number",
                f"{rule.id}：期限“{Speaker(pack, 'zh').announced(period.announced)}”还没有写，公布以前谁都不要求。请记得由学校公布这一天。",
            )
    for item in rule.requirements():
        _check_bounds(pack, rule, item, found)
    for text in _vacuous(rule):
        found.error(rule, "vacuous", f"{rule.id}：{text}")


def _check_gates(rule: Obligation, found: Findings) -> None:
    """A gate without a way past it stops everything the day the rule is wrong for somebody."""
    for gate in rule.blocks:
        if rule.waiver is None:
            found.error(
                rule,
                "gate-without-waiver",
                f"{rule.id}：拦住了任命“{gate.post}”，却没有写谁可以批准豁免。请写“waiver”，例如 {{by: secretary, expires: 180d}}。",
            )
        elif not rule.waiver.expires_days:
            found.warn(
                rule, "waiver-without-end", f"{rule.id}：门槛的豁免没有写多久到期。请写“expires”，例如 180d。"
            )
        if rule.subject.name not in ("staff", "member", "school", "homeroom", "branch", "department"):
            found.error(
                rule,
                "blocks",
                f"{rule.id}：对象不是任职的人，拦不住任命。请把“subject”写成 staff 或 member。",
            )
        if rule.source.modality == "encouraged":
            found.error(rule, "contradiction", f"{rule.id}：鼓励性的要求不能拦人。请改力度，或删去“blocks”。")


def _check_bounds(pack: Pack, rule: Obligation, item: Requirement, found: Findings) -> None:
    low, high = item.bound.low, item.bound.high
    if isinstance(low, Constant) and isinstance(high, Constant) and low.number > high.number:
        found.error(
            rule,
            "contradiction",
            f"{rule.id}：下限 {low.number} 大于上限 {high.number}，做不到。请改正其中一个。",
        )
    if isinstance(low, Constant) and low.number == 0 and high is None:
        found.error(rule, "vacuous", f"{rule.id}：下限是零，等于没有要求。请改成大于零的数，或删去这一条。")
    for quantity in dict.fromkeys((low, high)):
        if isinstance(quantity, Asked):
            whose = pack.posts[quantity.post].title if quantity.post in pack.posts else "学校"
            found.warn(
                rule,
                "open-number",
                f"{rule.id}：数还没有写，{whose}填写以前谁都不要求。请记得请{whose}填写。",
            )
        if isinstance(quantity, Table):
            for sentence in _band_problems(pack, quantity):
                found.error(rule, "bands", f"{rule.id}：{sentence}")


def _band_problems(pack: Pack, table: Table) -> Iterator[str]:
    """Gaps and overlaps of a table."""
    named = [value for band in table.bands for value in band.values]
    yield from (f"表里“{value}”写了两档。请只留一档。" for value in _repeated(named))
    ranged = sorted(
        (band for band in table.bands if not band.values),
        key=lambda b: b.low if b.low is not None else Decimal("-Infinity"),
    )
    if ranged and named and table.value_type not in NUMERIC:
        yield "表里既有范围又有单个值，而这个属性不是数。请改成单个值。"
    for before, after in itertools.pairwise(ranged):
        yield from _between(before, after, table)
    if table.otherwise is not None:
        return
    declared = pack.attributes.get(table.by)
    wanted = ["true", "false"] if table.value_type == "boolean" else list(declared.values) if declared else []
    lacking = [value for value in wanted if value not in named]
    if lacking and not ranged:
        yield f"表里缺“{'、'.join(lacking)}”这几档。请补上，或写“else”。"
    if ranged and (ranged[0].low is not None or ranged[-1].high is not None):
        yield "表没有盖住所有的数，两头之外不知道应多少。请写“<=数”“>=数”，或写“else”。"


def _between(before: Band, after: Band, table: Table) -> Iterator[str]:
    if before.high is None or after.low is None or after.low <= before.high:
        yield f"表里有两档重叠（{_span(before)} 与 {_span(after)}）。请改正两档的边。"
        return
    step = Decimal(1) if table.value_type == "integer" else Decimal(0)
    if after.low - before.high > step and table.otherwise is None:
        yield f"表里 {before.high} 与 {after.low} 之间空着。请接上两档，或写“else”。"


def _span(band: Band) -> str:
    low = "" if band.low is None else str(band.low)
    high = "" if band.high is None else str(band.high)
    return f"{low}..{high}"


def _vacuous(rule: Obligation) -> Iterator[str]:
    """Conditions that nobody, or only those with unknown values, can meet; exemptions that spare everybody."""
    if any(implies(rule.where, exemption.where) for exemption in rule.exempt):
        yield "不要求的情形盖住了所有的对象，谁也不用做。请改窄“exempt”，或删去这一条。"
    for node in rule.conditions():
        if not isinstance(node, AllOf):
            continue
        tests = [part for part in node.parts if isinstance(part, AttributeTest)]
        for at, one in enumerate(tests):
            for other in tests[at + 1 :]:
                if one.attribute == other.attribute and not _overlap(one, other):
                    yield f"条件里属性“{one.attribute}”的两个要求不能同时成立，谁也不满足。请改正其中一个。"
        for part in node.parts:
            if isinstance(part, Not) and part.part in node.parts:
                yield "条件里同一件事既要成立又要不成立，谁也不满足。请删去一个。"


def _overlap(one: AttributeTest, other: AttributeTest) -> bool:
    if one.values and other.values:
        return bool(set(one.values) & set(other.values))
    if one.values or other.values:
        named, ranged = (one, other) if one.values else (other, one)
        return any(ranged.accepts(value) for value in named.values)
    lows: list[Any] = [end for end in (one.low, other.low) if end is not None]
    highs: list[Any] = [end for end in (one.high, other.high) if end is not None]
    return not lows or not highs or bool(max(lows) <= min(highs))


def _check_cases(pack: Pack, rule: Obligation, found: Findings, broken: bool) -> None:
    """Run the golden cases; not while the pack has other errors, which would only repeat themselves."""
    for case in () if broken else rule.cases:
        name = text_of(case.get("name"))
        if not name:
            found.error(rule, "case", f"{rule.id}：有一个用例没有名字。请用一句话写“name”。")
        outcome = run_case(pack, rule, case)
        if not outcome.passed:
            found.error(rule, "case", f"{rule.id}：用例“{name}”不通过：{outcome.sentence}")

"""One obligation as spelled in a pack → an Obligation tree and findings; nothing is silently dropped."""

from __future__ import annotations

import datetime as dt
from typing import Any

from .counting import Count, Measure, People, Times
from .located import LMap, plain
from .measures_days import Gap, Run
from .measures_shares import Share
from .occasions import OwnWindows
from .parse_conditions import read_condition
from .parse_counts import BOUNDS, read_bound, read_count, read_evidence, read_measure, read_two_posts
from .parse_effects import (
    read_consequences,
    read_exemptions,
    read_gates,
    read_overrides,
    read_rows,
    read_tightens,
)
from .parse_escalation import read_escalation
from .parse_measures import needs_count, read_on
from .parse_periods import read_periods
from .parse_sharing import read_sharing, with_make_up
from .periods import Period
from .reading import Context, day_of, days_of, text_of, texts
from .tree import (
    MODALITIES,
    SUBJECTS,
    Arrivals,
    Bearer,
    Checklist,
    Demand,
    EvidenceNeed,
    Obligation,
    Requirement,
    Source,
    SubjectKind,
    WaiverRule,
)

KEYS = (
    "id", "title", "title_en", "source", "since", "until", "subject", "where", "bearer", "jointly", "count", "measure",
    *BOUNDS, "window", "windows", "evidence", "remind", "cases", "heading", "later", "arrivals", "all_of", "any_of",
    "within", "counts_for", "on", "waiver", "applies", "note", "at", "escalate",
    "two_posts", "not_with", "makes_up",
    "exempt", "blocks", "consequence", "tightens", "overrides", "rows",
)  # fmt: skip
ITEM_KEYS = ("id", "title", "where", "count", "measure", *BOUNDS, "evidence", "at")


def read_obligation(value: Any, context: Context) -> Obligation | None:
    """The tree of one obligation, or None when it has not even a name; problems are in context.findings."""
    if not isinstance(value, LMap):
        context.error(value, "obligation", "每条要求应写成“id:、title:、subject:”等几项。")
        return None
    name = text_of(value.get("id"))
    context.rule = name or text_of(value.get("title"))
    if not name:
        context.error(value, "missing-id", "没有编号。请写“id”，用英文小写和连字符。")
        return None
    context.since = _since(value, context)
    if text_of(value.get("later")):
        return _later(value, name, context)
    return _now(value, name, context)


def _later(mapping: LMap, name: str, context: Context) -> Obligation:
    """Kept loosely: what is plainly readable, nothing checked, nothing evaluated."""
    subject, _, kind = text_of(mapping.get("subject")).partition(":")
    return Obligation(
        id=name,
        title=text_of(mapping.get("title")),
        since=context.since,
        subject=SubjectKind(subject or "school", kind),
        demand=None,
        periods=(),
        bearer=Bearer(texts(mapping.get("bearer")) or ("self",)),
        source=_source(mapping, context),
        heading=_heading(mapping, context),
        later=text_of(mapping["later"]),
        cases=_cases(mapping),
        file=mapping.file,
        line=mapping.line,
    )


def _now(mapping: LMap, name: str, context: Context) -> Obligation:
    context.unknown_keys(mapping, KEYS, "要求")
    if not text_of(mapping.get("title")):
        context.error(mapping, "missing-title", "没有标题。请写“title”。")
    subject = _subject(mapping, context)
    demand = with_make_up(_demand(mapping, subject, context), mapping)
    return Obligation(
        id=name,
        title=text_of(mapping.get("title")),
        since=context.since,
        until=_until(mapping, context),
        subject=subject,
        demand=demand,
        periods=_windows(mapping, demand, subject, context),
        where=read_condition(mapping.get("where"), context, mapping.at("where"), subject.is_pair),
        bearer=_bearer(mapping, subject, context),
        arrivals=_arrivals(mapping, subject, context),
        source=_source(mapping, context),
        next_window=_applies(mapping, context),
        remind_days=_remind(mapping, context),
        escalate=read_escalation(mapping, context),
        waiver=_waiver(mapping, context),
        exempt=read_exemptions(mapping, context, subject.is_pair),
        blocks=read_gates(mapping, context),
        consequences=read_consequences(mapping, context),
        tightens=read_tightens(mapping, context),
        overrides=read_overrides(mapping, context, subject.is_pair),
        rows=read_rows(mapping, context),
        **read_sharing(mapping, subject, context),
        heading=_heading(mapping, context),
        cases=_cases(mapping),
        title_en=text_of(mapping.get("title_en")),
        file=mapping.file,
        line=mapping.line,
    )


def _windows(
    mapping: LMap, demand: Demand | None, subject: SubjectKind, context: Context
) -> tuple[Period, ...]:
    """The periods, which must be those of the calendar where each member of a set or school days in a row are looked at."""
    periods = read_periods(mapping, context, subject.is_activity)
    items = demand.items if isinstance(demand, Checklist) else (demand,) if demand is not None else ()
    prorated = mapping.get("arrivals") == "prorate" or any(
        getattr(period, "stub", "") == "prorate" for period in periods
    )
    if prorated and any(item.bound.one_of for item in items):
        context.error(mapping, "bound", "“one_of”的数不能折算。请删去 prorate，或改用 between。")
    by_calendar = any(
        (isinstance(item.measure, Share) and item.measure.needs_count and not subject.is_activity)
        or (isinstance(item.measure, Run | Gap) and item.measure.unit == "school_day")
        for item in items
    )
    if by_calendar and any(isinstance(period, OwnWindows) for period in periods):
        context.error(
            mapping.at("window"),
            "window",
            "占比和连续的教学日只能用校历上的时间范围，例如 term 或 month。请改“window”。",
        )
    return periods


def _since(mapping: LMap, context: Context) -> dt.date:
    day = day_of(mapping.get("since"))
    if day is not None:
        return day
    if "since" in mapping:
        context.error(mapping.at("since"), "date", "“since”要写日期，例如 2023-02-20。")
    if context.names.published is not None:
        return context.names.published
    if "since" not in mapping:
        context.error(mapping, "missing-since", "没有写从哪天起实行。请写“since”，例如 2023-02-20。")
    return dt.date(1970, 1, 1)


def _until(mapping: LMap, context: Context) -> dt.date | None:
    if mapping.get("until") is None:
        return None
    day = day_of(mapping["until"])
    if day is None:
        context.error(mapping.at("until"), "date", "“until”要写日期，例如 2024-06-30。")
    elif day < context.since:
        context.error(mapping.at("until"), "date", "结束日期早于开始日期。请改正其中一个。")
    return day


def _subject(mapping: LMap, context: Context) -> SubjectKind:
    said = text_of(mapping.get("subject"))
    name, _, kind = said.partition(":")
    if name == "activity":
        if kind not in context.names.kinds:
            context.error(
                mapping.at("subject"), "unknown-kind", f"没有“{kind}”这种活动。请写成 activity:活动名称。"
            )
        return SubjectKind("activity", kind)
    if name == "pair":
        if not context.names.is_link(kind):
            context.error(
                mapping.at("subject"), "unknown-link", f"没有“{kind}”这种关系。请写成 pair:关系名称。"
            )
        return SubjectKind("pair", kind)
    if kind and name in SUBJECTS:
        context.unsupported(mapping.at("subject"), f"subject: {said}")
    elif not said:
        context.error(
            mapping, "missing-subject", "没有写对谁的要求。请写“subject”，例如 student 或 homeroom。"
        )
    elif name not in SUBJECTS:
        context.error(
            mapping.at("subject"),
            "unknown-subject",
            f"没有“{said}”这类对象。可用的有：{'、'.join(SUBJECTS)}。",
        )
    return SubjectKind(name or "school")


def _demand(mapping: LMap, subject: SubjectKind, context: Context) -> Demand | None:
    lists = [key for key in ("all_of", "any_of") if key in mapping]
    if len(lists) > 1 or (lists and ("count" in mapping or any(key in mapping for key in BOUNDS))):
        context.error(
            mapping.at(lists[-1]), "contradiction", "“all_of”、“any_of”和“count”只能写一种。请分成几条要求。"
        )
    within = ("window", "entry") if subject.is_activity else ("window",)
    if text_of(mapping.get("within") or "window") not in within:
        context.unsupported(mapping.at("within"), f"within: {text_of(mapping.get('within'))}")
    if not lists:
        return _requirement(mapping, subject, context)
    if not isinstance(mapping[lists[0]], list) or not mapping[lists[0]]:
        context.error(mapping.at(lists[0]), "vacuous", "清单是空的。请至少写一项。")
        return None
    items = (_item(item, mapping, subject, context) for item in mapping[lists[0]])
    return Checklist(tuple(item for item in items if item is not None), lists[0] == "all_of")


def _item(value: Any, parent: LMap, subject: SubjectKind, context: Context) -> Requirement | None:
    if not isinstance(value, LMap):
        context.error(value, "item", "清单的每一项应写成 {count: …, at_least: 1}。")
        return None
    for key in ("window", "windows"):
        if key in value:
            context.unsupported(value.at(key), key)
    context.unknown_keys(value, (*ITEM_KEYS, "window", "windows"), "清单项目")
    whole = LMap({**value, "evidence": value.get("evidence", parent.get("evidence"))})
    if not any(key in value for key in BOUNDS):
        whole["at_least"] = 1
    whole.file, whole.line, whole.lines = value.file, value.line, {**parent.lines, **value.lines}
    return _requirement(whole, subject, context, is_item=True)


def _requirement(mapping: LMap, subject: SubjectKind, context: Context, is_item: bool = False) -> Requirement:
    counts = needs_count(mapping.get("measure"))
    if "count" not in mapping and not subject.is_activity and counts:
        context.error(
            mapping, "missing-count", "没有写数什么。请写“count”，例如 {kind: home_visit, part: visited}。"
        )
    own = subject.kind if subject.is_activity else ""
    count = Count(())
    if counts or "count" in mapping:
        count = read_count(mapping.get("count"), context, mapping.at("count"), own)
    by_default: Measure = People() if subject.is_activity and count.parts else Times()
    measure = read_measure(mapping.get("measure"), context, mapping.at("measure"), count, by_default, subject)
    bound = read_bound(mapping, context, measure)
    if bound.low is None and bound.high is None:
        context.error(mapping, "missing-bound", "没有写多少。请写 at_least、at_most、exactly 或 between。")
    if subject.is_pair and not measure.of_pairs:
        context.unsupported(mapping.at("measure"), "measure")
    where = None
    if is_item:
        where = read_condition(mapping.get("where"), context, mapping.at("where"), subject.is_pair)
    evidence = EvidenceNeed()
    if mapping.get("evidence"):
        evidence = read_evidence(mapping["evidence"], mapping, count, context)
    title = text_of(mapping.get("title")) if is_item else ""
    if "two_posts" in mapping and not is_item:
        bound = read_two_posts(mapping, bound, context)
    if "on" in mapping:
        measure = read_on(mapping, measure, bound, context)
    requirement = Requirement(count, measure, bound, evidence, title=title)
    return requirement if where is None else Requirement(count, measure, bound, evidence, where, title)


def _bearer(mapping: LMap, subject: SubjectKind, context: Context) -> Bearer:
    names = texts(mapping.get("bearer")) or ("self",)
    kind = context.names.kinds.get(subject.kind) if subject.is_activity else None
    for name in names:
        is_part = kind is not None and kind.part(name) is not None
        if subject.is_pair and name in ("a", "b"):
            continue
        if name != "self" and not context.names.is_link(name) and not is_part:
            context.error(
                mapping.at("bearer"), "unknown-post", f"没有“{name}”这个岗位。请在“posts”里声明，或改正名称。"
            )
    jointly = mapping.get("jointly")
    if jointly not in (None, "total", True, False):
        context.unsupported(mapping.at("jointly"), f"jointly: {text_of(jointly)}")
    return Bearer(names, bool(jointly))


def _arrivals(mapping: LMap, subject: SubjectKind, context: Context) -> Arrivals:
    said = mapping.get("arrivals")
    if subject.is_activity and said not in (None, "full"):
        context.error(
            mapping.at("arrivals"), "arrivals", "针对每次活动的要求没有中途到校一说。请删去“arrivals”。"
        )
        return Arrivals()
    if said is None or said in ("full", "prorate"):
        return Arrivals(said or "full")
    days = days_of(said["from"]) if isinstance(said, LMap) and list(said) == ["from"] else None
    if days is None:
        context.error(mapping.at("arrivals"), "arrivals", "“arrivals”只能写 full、prorate 或 {from: 30d}。")
        return Arrivals()
    return Arrivals("from", days)


def _source(mapping: LMap, context: Context) -> Source:
    said = mapping.get("source")
    if isinstance(said, str):
        return Source(said)
    if not isinstance(said, LMap):
        return Source()
    keys = ("document", "at", "level", "modality", "published", "note")
    context.unknown_keys(said, keys, "“source”")
    modality = text_of(said.get("modality")) or "must"
    if modality not in MODALITIES:
        context.error(said.at("modality"), "modality", f"“modality”只能写：{'、'.join(MODALITIES)}。")
        modality = "must"
    document, at, level = (text_of(said.get(key)) for key in ("document", "at", "level"))
    return Source(document, at, level, modality, text_of(said.get("published")))


def _applies(mapping: LMap, context: Context) -> bool:
    said = text_of(mapping.get("applies"))
    if said not in ("", "next_window", "at_once"):
        context.error(mapping.at("applies"), "applies", "“applies”只能写 next_window。")
    return said == "next_window"


def _remind(mapping: LMap, context: Context) -> tuple[int, ...]:
    said = mapping.get("remind")
    values = [days_of(value) for value in said] if isinstance(said, list) else [days_of(said)] if said else []
    if None in values:
        context.error(mapping.at("remind"), "remind", "“remind”要写提前几天，例如 [14d, 3d]。")
    return tuple(sorted((value for value in values if value is not None), reverse=True))


def _waiver(mapping: LMap, context: Context) -> WaiverRule | None:
    said = mapping.get("waiver")
    if said is None:
        return None
    if not isinstance(said, LMap):
        context.error(
            mapping.at("waiver"), "waiver", "“waiver”要写由谁批准，例如 {by: secretary, expires: 180d}。"
        )
        return None
    context.unknown_keys(said, ("by", "expires"), "“waiver”")
    post = text_of(said.get("by"))
    if post not in context.names.posts:
        context.error(said.at("by"), "unknown-post", f"没有“{post}”这个岗位。请在“posts”里声明，或改正名称。")
    days = days_of(said["expires"]) if "expires" in said else 0
    if days is None:
        context.error(said.at("expires"), "waiver", "“expires”要写天数，例如 180d。")
    return WaiverRule(post, days or 0)


def _heading(mapping: LMap, context: Context) -> str:
    heading = text_of(mapping.get("heading"))
    if heading and heading not in context.names.headings:
        context.error(
            mapping.at("heading"),
            "unknown-heading",
            f"提纲里没有“{heading}”这一条。请在“headings”里补上，或改正编号。",
        )
    return heading


def _cases(mapping: LMap) -> tuple[dict[str, Any], ...]:
    said = mapping.get("cases")
    return tuple(case for case in plain(said) if isinstance(case, dict)) if isinstance(said, list) else ()

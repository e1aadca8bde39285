"""Spelling of everything in a pack besides its obligations → declarations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from .counting import Times
from .declarations import (
    SHOWS,
    VALUE_TYPES,
    Amount,
    AnnouncedDeclaration,
    AttributeDeclaration,
    EventDeclaration,
    EvidenceType,
    Figure,
    Heading,
    Kind,
    LinkDeclaration,
    Part,
    Phase,
    PlanItem,
    Post,
    Qualifier,
    Report,
)
from .located import LList, LMap, plain
from .parse_counts import read_count, read_measure
from .reading import Context, text_of, texts
from .tree import SUBJECTS

T = TypeVar("T")
TARGETS = (*SUBJECTS, "person", "expert", "volunteer", "community", "case")


MOST_MINUTES = 7 * 24 * 60


def items(mapping: LMap, key: str, name_key: str, context: Context) -> Iterator[LMap]:
    """The mappings of a list that carry a name; the others become findings."""
    listed = mapping.get(key)
    if listed is None:
        return
    if not isinstance(listed, list):
        context.error(mapping.at(key), "shape", f"“{key}”后面要列出一项或几项，每项前加连字符。")
        return
    for index, item in enumerate(listed):
        if isinstance(item, LMap) and text_of(item.get(name_key)):
            yield item
        else:
            place = listed.at(index) if isinstance(listed, LList) else mapping.at(key)
            context.error(place, "shape", f"“{key}”的每一项都要有“{name_key}”。")


def by_name[T](found: list[tuple[str, T, LMap]], what: str, context: Context) -> dict[str, T]:
    """{name: declaration}; a name that is declared twice is a finding, the first stays."""
    named: dict[str, T] = {}
    for name, declaration, where in found:
        if name in named:
            context.error(where, "duplicate", f"{what}“{name}”声明了两次。请删去或改名。")
        else:
            named[name] = declaration
    return named


def named[T](
    document: LMap, key: str, name_key: str, read: Callable[[LMap, Context], T], context: Context
) -> dict[str, T]:
    """Every declaration of a top-level list by its name."""
    found = [
        (text_of(item[name_key]), read(item, context), item)
        for item in items(document, key, name_key, context)
    ]
    return by_name(found, f"“{key}”里的", context)


def _titles(value: Any) -> dict[str, str]:
    if isinstance(value, LMap):
        return {code: text_of(title) for code, title in value.items()}
    return {code: code for code in texts(value)}


def _title(mapping: LMap, name_key: str, context: Context) -> str:
    title = text_of(mapping.get("title"))
    if not title:
        context.warn(mapping, "missing-title", f"“{text_of(mapping[name_key])}”没有中文名称。请写“title”。")
    return title or text_of(mapping[name_key])


def _types(mapping: LMap, context: Context) -> tuple[str, ...]:
    types = texts(mapping.get("of"))
    for name in types:
        if name not in TARGETS:
            context.error(
                mapping.at("of"), "unknown-subject", f"没有“{name}”这类对象。可用的有：{'、'.join(TARGETS)}。"
            )
    return types


def _least(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def read_kind(mapping: LMap, context: Context) -> Kind:
    keys = (
        "kind",
        "title",
        "title_en",
        "class",
        "heading",
        "parts",
        "amounts",
        "qualifiers",
        "evidence",
        "effort_min",
        "at",
        "note",
    )
    context.unknown_keys(mapping, keys, "活动种类")
    return Kind(
        name=text_of(mapping["kind"]),
        title=_title(mapping, "kind", context),
        data_class=text_of(mapping.get("class")),
        heading=text_of(mapping.get("heading")),
        parts=tuple(_part(item, context) for item in items(mapping, "parts", "part", context)),
        amounts=tuple(_amount(item, context) for item in items(mapping, "amounts", "amount", context)),
        qualifiers=tuple(
            _qualifier(item, context) for item in items(mapping, "qualifiers", "qualifier", context)
        ),
        evidence=tuple(
            EvidenceType(text_of(item["type"]), _title(item, "type", context))
            for item in items(mapping, "evidence", "type", context)
        ),
        effort_min=_efforts(mapping, context),
        title_en=text_of(mapping.get("title_en")),
        file=mapping.file,
        line=mapping.line,
    )


def _efforts(mapping: LMap, context: Context) -> dict[str, int]:
    """Usual minutes by part."""
    said = mapping.get("effort_min")
    if said is None:
        return {}
    parts = {text_of(item["part"]) for item in items(mapping, "parts", "part", Context(context.names))}
    if not isinstance(said, LMap):
        context.error(
            mapping.at("effort_min"), "effort", "“effort_min”要写每个角色通常几分钟，例如 {visitor: 120}。"
        )
        return {}
    efforts = {}
    for part, minutes in said.items():
        if part not in parts:
            context.error(
                said.at(part), "unknown-part", f"“effort_min”里的“{part}”不是这种活动的角色。请改正名称。"
            )
        elif not isinstance(minutes, int) or isinstance(minutes, bool) or not 0 <= minutes <= MOST_MINUTES:
            context.error(said.at(part), "effort", f"“{part}”的用时要写整数分钟，至多 {MOST_MINUTES}。")
        else:
            efforts[part] = minutes
    return efforts


def _part(mapping: LMap, context: Context) -> Part:
    context.unknown_keys(mapping, ("part", "title", "title_en", "of", "at_least", "note", "at"), "角色")
    name, title = text_of(mapping["part"]), _title(mapping, "part", context)
    return Part(
        name,
        title,
        _types(mapping, context),
        _least(mapping.get("at_least")),
        text_of(mapping.get("title_en")),
    )


def _amount(mapping: LMap, context: Context) -> Amount:
    context.unknown_keys(
        mapping, ("amount", "title", "title_en", "unit", "per", "split", "note", "at"), "数量"
    )
    per = text_of(mapping.get("per")) or "person"
    if per not in ("entry", "person"):
        context.error(mapping.at("per"), "amount", "“per”只能写 entry（每次计一回）或 person（每人计）。")
        per = "person"
    name, title = text_of(mapping["amount"]), _title(mapping, "amount", context)
    split = text_of(mapping.get("split"))
    if split not in ("", "daily"):
        context.error(mapping.at("split"), "amount", "“split”只能写 daily（跨几天的活动，每天各计一份）。")
    unit, english = text_of(mapping.get("unit")), text_of(mapping.get("title_en"))
    return Amount(name, title, unit, per, english, split == "daily")


def _qualifier(mapping: LMap, context: Context) -> Qualifier:
    context.unknown_keys(mapping, ("qualifier", "title", "values", "required", "note", "at"), "限定")
    name, title = text_of(mapping["qualifier"]), _title(mapping, "qualifier", context)
    return Qualifier(name, title, _titles(mapping.get("values")), mapping.get("required") is True)


def read_post(mapping: LMap, context: Context) -> Post:
    context.unknown_keys(
        mapping, ("post", "title", "title_en", "of", "superior", "class", "at", "note"), "岗位"
    )
    name, of, superior = (
        text_of(mapping["post"]),
        text_of(mapping.get("of")) or "school",
        text_of(mapping.get("superior")),
    )
    return Post(name, _title(mapping, "post", context), of, superior, text_of(mapping.get("title_en")))


def read_attribute(mapping: LMap, context: Context) -> AttributeDeclaration:
    keys = ("attribute", "title", "title_en", "of", "type", "values", "class", "at", "note", "unit")
    context.unknown_keys(mapping, keys, "属性")
    kind = text_of(mapping.get("type")) or "text"
    kind = {"number": "decimal", "string": "text"}.get(kind, kind)
    if kind not in VALUE_TYPES:
        context.error(mapping.at("type"), "attribute", f"属性的“type”只能写：{'、'.join(VALUE_TYPES)}。")
        kind = "text"
    return AttributeDeclaration(
        text_of(mapping["attribute"]),
        _title(mapping, "attribute", context),
        _types(mapping, context),
        kind,
        _titles(mapping.get("values")),
        text_of(mapping.get("class")),
        text_of(mapping.get("title_en")),
    )


def read_link(mapping: LMap, context: Context) -> LinkDeclaration:
    context.unknown_keys(mapping, ("link", "title", "title_en", "a", "b", "class", "at", "note"), "关系")
    ends = (text_of(mapping.get("a")), text_of(mapping.get("b")))
    for key, end in zip(("a", "b"), ends, strict=True):
        if end and end not in TARGETS:
            context.error(
                mapping.at(key), "unknown-subject", f"没有“{end}”这类对象。可用的有：{'、'.join(TARGETS)}。"
            )
    name, title = text_of(mapping["link"]), _title(mapping, "link", context)
    return LinkDeclaration(
        name, title, *ends, text_of(mapping.get("class")), text_of(mapping.get("title_en"))
    )


def read_event(mapping: LMap, context: Context) -> EventDeclaration:
    context.unknown_keys(mapping, ("event", "title", "title_en", "of", "class", "at", "note"), "事件")
    name, title = text_of(mapping["event"]), _title(mapping, "event", context)
    return EventDeclaration(
        name, title, _types(mapping, context), text_of(mapping.get("class")), text_of(mapping.get("title_en"))
    )


def read_announced(mapping: LMap, context: Context) -> AnnouncedDeclaration:
    """The name that people read for a number or a day the school announces."""
    context.unknown_keys(mapping, ("announced", "title", "title_en", "at", "note"), "待公布的数或日期")
    name, title = text_of(mapping["announced"]), _title(mapping, "announced", context)
    return AnnouncedDeclaration(name, title, text_of(mapping.get("title_en")))


def read_heading(mapping: LMap, context: Context) -> Heading:
    context.unknown_keys(mapping, ("heading", "title", "children", "at", "note"), "提纲")
    below = tuple(read_heading(item, context) for item in items(mapping, "children", "heading", context))
    return Heading(text_of(mapping["heading"]), _title(mapping, "heading", context), below)


def read_phases(plan: LMap, context: Context) -> dict[int, Phase]:
    found: list[tuple[str, Phase, LMap]] = []
    for item in items(plan, "phases", "phase", context):
        number = item["phase"] if isinstance(item["phase"], int) else 0
        first, last = text_of(item.get("from")), text_of(item.get("to"))
        if not number or not first or not last:
            context.error(item, "shape", "每个阶段都要有数字“phase”和起止“from”、“to”。")
            continue
        phase = Phase(number, _title(item, "phase", context), first, last, texts(item.get("deliverables")))
        found.append((str(number), phase, item))
    return {phase.number: phase for phase in by_name(found, "阶段", context).values()}


def read_plan_items(plan: LMap, context: Context) -> Iterator[tuple[PlanItem, LMap]]:
    for month in items(plan, "months", "month", context):
        number = month["month"]
        if not isinstance(number, int) or not 1 <= number <= 12:
            context.error(month.at("month"), "shape", "“month”要写 1 到 12 的数字。")
            continue
        for item in items(month, "items", "item", context):
            yield _plan_item(item, number, context), item


def _plan_item(mapping: LMap, month: int, context: Context) -> PlanItem:
    keys = (
        "item",
        "title",
        "owner",
        "phase",
        "from",
        "due",
        "heading",
        "kinds",
        "obligations",
        "at",
        "note",
        "later",
        "deliverables",
    )
    context.unknown_keys(mapping, keys, "安排项目")
    return PlanItem(
        name=text_of(mapping["item"]),
        title=_title(mapping, "item", context),
        month=month,
        owner=text_of(mapping.get("owner")),
        phase=_least(mapping.get("phase")),
        first=text_of(mapping.get("from")),
        due=text_of(mapping.get("due")),
        heading=text_of(mapping.get("heading")),
        kinds=texts(mapping.get("kinds")),
        obligations=texts(mapping.get("obligations")),
        at=text_of(mapping.get("at")),
        later=text_of(mapping.get("later")),
    )


def read_figure(mapping: LMap, context: Context) -> Figure:
    context.unknown_keys(mapping, ("figure", "title", "query", "unit", "later", "at", "note"), "指标")
    name, title, query = text_of(mapping["figure"]), _title(mapping, "figure", context), mapping.get("query")
    context.rule = f"指标“{name}”"
    figure = Figure(name, title, later=text_of(mapping.get("later")))
    if not figure.later:
        figure = _queried(name, title, query, mapping, context)
    context.rule = ""
    return figure


def _queried(name: str, title: str, query: Any, mapping: LMap, context: Context) -> Figure:
    if isinstance(query, LMap) and "entries" in query:
        context.unknown_keys(query, ("entries", "measure"), "“query”")
        count = read_count(query["entries"], context, query.at("entries"))
        measure = read_measure(query.get("measure"), context, query.at("measure"), count, Times())
        return Figure(name, title, count, measure)
    if isinstance(query, LMap) and "obligation" in query:
        context.unknown_keys(query, ("obligation", "show"), "“query”")
        show = text_of(query.get("show")) or "coverage"
        if show not in SHOWS:
            context.error(query.at("show"), "figure", f"“show”只能写：{'、'.join(SHOWS)}。")
        return Figure(name, title, obligation=text_of(query["obligation"]), show=show)
    context.error(mapping, "figure", "没有写这个数从哪里来。请写“query”，里面是 entries 或 obligation。")
    return Figure(name, title)


def read_report(mapping: LMap, context: Context) -> Report:
    context.unknown_keys(mapping, ("report", "title", "outline", "at", "note"), "报告")
    outline = plain(mapping.get("outline") or [])
    blocks = tuple(block for block in outline if isinstance(block, dict)) if isinstance(outline, list) else ()
    return Report(text_of(mapping["report"]), _title(mapping, "report", context), blocks)

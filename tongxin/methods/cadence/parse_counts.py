"""Spelling of counts, measures, bounds and evidence → nodes."""

from __future__ import annotations

import re
from decimal import Decimal as Exact
from fractions import Fraction
from typing import Any

from .bounds import Asked, Band, Bound, Constant, PartOf, Quantity, Table
from .conditions import NUMERIC
from .counting import (
    DISTINCT,
    AmountWithin,
    Average,
    Companion,
    Count,
    Distinct,
    Max,
    Measure,
    People,
    PersonTimes,
    QualifierIs,
    Sum,
    Times,
)
from .declarations import Amount, Kind
from .located import LMap
from .measures_standing import Reached
from .parse_conditions import read_condition
from .parse_measures import read_wider_measure
from .reading import Context, is_share, number_of, place, text_of, texts
from .tree import GROUP_LINKS, SUBJECTS, EvidenceNeed, SubjectKind

COLUMNS = ("mode", "theme", "place", "counterpart")
_RANGE = re.compile(r"^(-?[0-9.]+)\s*(?:\.\.|-|~|—|–|到|至)\s*(-?[0-9.]+)$")
_FROM = re.compile(r"^(?:>=|≥|at_least)\s*(-?[0-9.]+)$|^(-?[0-9.]+)\s*(?:\+|\.\.)$")
_UP_TO = re.compile(r"^(?:<=|≤|at_most|\.\.)\s*(-?[0-9.]+)$")


def read_count(value: Any, context: Context, where: object, own_kind: str = "") -> Count:
    """own_kind: the kind of an activity rule, which need not be repeated."""
    if not isinstance(value, LMap):
        value = LMap({"kind": value} if value is not None else {})
        value.file, value.line = getattr(where, "file", ""), getattr(where, "line", 1)
    context.unknown_keys(value, ("kind", "part", "only", "by", "with", "about"), "“count”")
    kinds = texts(value.get("kind")) or ((own_kind,) if own_kind else ())
    if not kinds:
        context.error(value, "missing-kind", "没有写数哪一种活动。请在“count”里写“kind”。")
    for kind in kinds:
        if kind not in context.names.kinds:
            context.error(
                value.at("kind"), "unknown-kind", f"没有“{kind}”这种活动。请在“kinds”里声明，或改正名称。"
            )
    known = [context.names.kinds[kind] for kind in kinds if kind in context.names.kinds]
    parts = texts(value.get("part"))
    for part in parts:
        _check_part(part, known, value, context)
    return Count(
        kinds,
        parts,
        _read_only(value.get("only"), known, value, context),
        _read_companion(value, "by", known, context),
        _read_companion(value, "with", known, context),
        _about(value, context),
    )


def _about(mapping: LMap, context: Context) -> bool:
    """`about: event` (what the window runs from) or `about: self` (the activity that is judged)."""
    said = text_of(mapping.get("about"))
    if said not in ("", "event", "self"):
        context.error(
            mapping.at("about"), "about", "“about”只能写 event（所答复的事件）或 self（这次活动）。"
        )
    return said in ("event", "self")


def _check_part(part: str, kinds: list[Kind], mapping: LMap, context: Context, key: str = "part") -> None:
    for kind in kinds:
        if kind.part(part) is None:
            sentence = f"活动“{kind.name}”没有“{part}”这个角色。请在它的“parts”里声明，或改正名称。"
            context.error(mapping.at(key), "unknown-part", sentence)


def _read_only(
    value: Any, kinds: list[Kind], mapping: LMap, context: Context
) -> tuple[QualifierIs | AmountWithin, ...]:
    if value is None:
        return ()
    if not isinstance(value, LMap):
        context.error(mapping.at("only"), "condition", "“only”要写成“限定: 值”，例如 {mode: in_person}。")
        return ()
    return tuple(_read_filter(name, value, kinds, context) for name in value)


def _read_filter(name: str, mapping: LMap, kinds: list[Kind], context: Context) -> QualifierIs | AmountWithin:
    value = mapping[name]
    if name == "hours" or any(kind.amount(name) for kind in kinds):
        if not isinstance(value, LMap):
            exact = _number(value, mapping.at(name), context)
            return AmountWithin(name, exact, exact)
        context.unknown_keys(value, ("at_least", "at_most"), f"“only”里的“{name}”")
        ends = [
            _number(value.get(k), value, context) if k in value else None for k in ("at_least", "at_most")
        ]
        return AmountWithin(name, ends[0], ends[1])
    for kind in kinds:
        found = kind.qualifier(name)
        if found is None and name not in COLUMNS:
            sentence = (
                f"活动“{kind.name}”没有“{name}”这个限定或数量。请在它的“qualifiers”里声明，或改正名称。"
            )
            context.error(mapping.at(name), "unknown-qualifier", sentence)
        for code in texts(value):
            if found is not None and found.values and code not in found.values:
                allowed = "、".join(found.values)
                sentence = f"限定“{name}”没有“{code}”这个值。可用的有：{allowed}。"
                context.error(mapping.at(name), "unknown-value", sentence)
    if isinstance(value, LMap) or not texts(value):
        context.error(mapping.at(name), "condition", f"限定“{name}”要写一个值或几个值。")
    return QualifierIs(name, texts(value))


def _number(value: Any, where: object, context: Context) -> Fraction | None:
    number = number_of(value)
    if number is None:
        context.error(where, "number", f"“{text_of(value)}”不是数。请改成数字。")
        return None
    return Fraction(number)


def _read_companion(mapping: LMap, key: str, kinds: list[Kind], context: Context) -> Companion | None:
    value = mapping.get(key)
    if value is None:
        return None
    if not isinstance(value, LMap):
        context.error(
            mapping.at(key),
            "condition",
            f"“{key}”要写成“part: 角色”等，例如 {{part: visitor, post: homeroom_teacher}}。",
        )
        return None
    context.unknown_keys(
        value, ("part", "post", "subject", "where", "link", "end", "same", "self"), f"“{key}”"
    )
    part, post = text_of(value.get("part")), text_of(value.get("post"))
    subject, link = text_of(value.get("subject")), text_of(value.get("link"))
    if part and part != "counterpart":
        _check_part(part, kinds, value, context)
    if post and post not in context.names.posts:
        context.error(
            value.at("post"), "unknown-post", f"没有“{post}”这个岗位。请在“posts”里声明，或改正名称。"
        )
    if link and not context.names.is_link(link):
        context.error(
            value.at("link"), "unknown-link", f"没有“{link}”这种关系。请在“links”里声明，或改正名称。"
        )
    if subject and subject not in SUBJECTS:
        context.error(value.at("subject"), "unknown-subject", f"没有“{subject}”这类对象。请改正名称。")
    declared = context.names.posts.get(post)
    where = read_condition(value.get("where"), context, value.at("where"))
    post_of = declared.of if declared else ""
    end, same = _relation(value, key, link, context)
    return Companion(part, post, post_of, subject, where, link, value.get("self") is True, end, same)


def _relation(value: LMap, key: str, link: str, context: Context) -> tuple[str, str]:
    """How a companion stands to the subject: at which end of the link, in the same group."""
    end, same = text_of(value.get("end")), text_of(value.get("same"))
    if end not in ("", "a", "b") or (end and not link):
        context.error(value.at("end"), "condition", f"“{key}”里的“end”只能写 a 或 b，并要和“link”一起写。")
        end = ""
    if same and same not in GROUP_LINKS:
        sentence = f"“{key}”里的“same”只能写：{'、'.join(GROUP_LINKS)}。"
        context.error(value.at("same"), "unknown-subject", sentence)
        same = ""
    return end, same


_SIMPLE: dict[str, type[Measure]] = {"times": Times, "people": People, "person_times": PersonTimes}
_AMOUNTS: dict[str, type[Sum] | type[Max] | type[Average]] = {"sum": Sum, "max": Max, "average": Average}


def read_measure(
    value: Any,
    context: Context,
    where: object,
    count: Count,
    default: Measure,
    subject: SubjectKind | None = None,
) -> Measure:
    """A measure node; `default` for nothing. subject: of the rule; without one only entries can be measured."""
    if value is None:
        return default
    if isinstance(value, str) and value in _SIMPLE:
        return _SIMPLE[value]()
    if isinstance(value, LMap) and len(value) == 1:
        name, of = next(iter(value.items()))
        if name in _AMOUNTS:
            amount = _amount(text_of(of), count, context, value.at(name))
            if amount.daily and name == "sum":
                return Sum(text_of(of), amount.per, True)
            return _AMOUNTS[name](text_of(of), amount.per)
        if name == "distinct":
            if text_of(of) not in DISTINCT:
                context.error(value.at(name), "measure", f"“distinct”只能写：{'、'.join(DISTINCT)}。")
                return Times()
            return Distinct(text_of(of))
    if isinstance(value, LMap) and value and subject is not None:
        wider = read_wider_measure(next(iter(value)), value, context, subject, count)
        if wider is not None:
            return wider
    context.unsupported(
        where, f"measure: {next(iter(value), '') if isinstance(value, dict) else text_of(value)}"
    )
    return default


def _amount(name: str, count: Count, context: Context, where: object) -> Amount:
    found = None
    for kind in (context.names.kinds[name] for name in count.kinds if name in context.names.kinds):
        amount = kind.amount(name)
        if amount is None:
            sentence = f"活动“{kind.name}”没有“{name}”这个数量。请在它的“amounts”里声明，或改正名称。"
            context.error(where, "unknown-amount", sentence)
        elif found is not None and (found.per, found.daily) != (amount.per, amount.daily):
            context.error(where, "amount", f"数量“{name}”在几种活动里计法不同。请统一为每人计或每次计。")
        found = found or amount
    return found or Amount(name, name)


BOUNDS = ("at_least", "at_most", "exactly", "between", "one_of")


def read_bound(mapping: LMap, context: Context, measure: Measure | None = None) -> Bound:
    """The bound on a mapping (an obligation or an item); nothing said is an empty Bound. A share's is a part of a set."""
    share = measure is not None and measure.is_share
    low = high = None
    if "one_of" in mapping:
        return _one_of(mapping, share, context)
    if "between" in mapping:
        ends = mapping["between"]
        if isinstance(ends, list) and len(ends) == 2:
            low, high = (_quantity(end, mapping, "between", context, share) for end in ends)
        else:
            context.error(mapping.at("between"), "bound", "“between”要写两个数，例如 [3, 12]。")
    if "exactly" in mapping:
        low = high = _quantity(mapping["exactly"], mapping, "exactly", context, share)
    if "at_least" in mapping:
        said = _quantity(mapping["at_least"], mapping, "at_least", context, share)
        low = _stricter(low, said, context, mapping)
    if "at_most" in mapping:
        said = _quantity(mapping["at_most"], mapping, "at_most", context, share)
        high = _stricter(high, said, context, mapping)
    if isinstance(measure, Reached) and low is None and high is None:
        low = Constant(1)
    return Bound(low, high)


def _part_of(value: LMap, where: object, key: str, context: Context) -> Quantity | None:
    """`{part: 1/4000, of: students_total}`: a part of a numeric attribute."""
    name, part = text_of(value["of"]), number_of(value["part"])
    declared = context.names.attributes.get(name)
    if declared is None or declared.type not in NUMERIC:
        context.error(
            where, "unknown-attribute", f"“{name}”不是数字属性，不能取它的几分之几。请在“attributes”里声明。"
        )
        return None
    if part is None or part <= 0 or key in ("exactly", "between"):
        context.error(where, "bound", "几分之几要写成 at_least 或 at_most 的 {part: 1/4000, of: 属性}。")
        return None
    return PartOf(name, part, key == "at_least", declared.of)


MOST_POSTS = 10
MOST_LETTERS = 36  # a stored attribute's name has 40


def read_two_posts(mapping: LMap, bound: Bound, context: Context) -> Bound:
    """`two_posts: union | larger | both`: what somebody owes who holds several posts of a table by post."""
    how = text_of(mapping["two_posts"])
    tables = [end for end in (bound.low, bound.high) if isinstance(end, Table) and end.by == "post"]
    if how not in ("union", "larger", "both"):
        context.error(
            mapping.at("two_posts"),
            "two-posts",
            "“two_posts”只能写 union（各岗位分别判断）、larger（取较大的）或 both（相加）。",
        )
        return bound
    if not tables or any(len(table.bands) > MOST_POSTS for table in tables):
        context.error(
            mapping.at("two_posts"),
            "two-posts",
            f"“two_posts”要和按岗位定数一起写，例如 at_least: {{by: post, head: 5, deputy: 3}}，岗位不超过{MOST_POSTS}个。",
        )
        return bound
    return bound.with_two_posts(how)


def _one_of(mapping: LMap, share: bool, context: Context) -> Bound:
    """`one_of: [3, 5, 7]`: only these numbers are right."""
    where, said = mapping.at("one_of"), mapping["one_of"]
    numbers = [number_of(value) for value in said] if isinstance(said, list) else []
    right = [number for number in numbers if number is not None and number >= 0]
    if share or len(right) < 2 or len(right) < len(numbers) or any(is_share(value) for value in said):
        context.error(where, "bound", "“one_of”要列出两个以上的数，例如 [3, 5, 7]，不能与占比一起用。")
        return Bound(Constant(0), None)
    if any(key in mapping for key in BOUNDS if key != "one_of"):
        context.error(where, "contradiction", "写了“one_of”就不要再写别的界限。请只留一处。")
    ordered = tuple(sorted(set(right)))
    return Bound(Constant(ordered[0]), Constant(ordered[-1]), ordered)


def _stricter(
    said: Quantity | None, new: Quantity | None, context: Context, mapping: LMap
) -> Quantity | None:
    if said is not None and new is not None:
        context.error(mapping, "contradiction", "同一个数量写了两次界限。请只留一处。")
    return new if new is not None else said


def _quantity(value: Any, mapping: LMap, key: str, context: Context, share: bool = False) -> Quantity | None:
    where = mapping.at(key)
    if isinstance(value, LMap):
        if "by" in value:
            return _table(value, context, share)
        if share:
            context.error(where, "bound", "占比的界限要写成 3/4 或 60 %，或按属性定。")
            return None
        return _asked(value, key, where, context)
    number = _share_number(value, where, context) if share else _plain_number(value, where, context)
    return None if number is None else Constant(number)


def _plain_number(value: Any, where: object, context: Context) -> int | Fraction | None:
    if is_share(value):
        said = text_of(value)
        context.error(
            where, "bound", f"“{said}”要说明占谁的比例。请用 measure: {{share: {{of: …}}}}，或把数写成小数。"
        )
        return None
    number = number_of(value)
    if number is None or number < 0:
        context.error(where, "number", f"“{text_of(value)}”不能作数量。请写不小于零的数。")
        return None
    return number


def _share_number(value: Any, where: object, context: Context) -> int | Fraction | None:
    number = number_of(value) if is_share(value) else None
    if number is None or number > 1:
        context.error(where, "bound", f"占比“{text_of(value)}”要写成 3/4 或 60 % 的样子，不超过 100 %。")
        return None
    return number


def _asked(value: LMap, key: str, where: object, context: Context) -> Quantity | None:
    """`{ask: league_organiser}` (set for the obligation) or `{announced: name}` (set for the school)."""
    if list(value) == ["ask"]:
        post = text_of(value["ask"])
        if post not in context.names.posts:
            context.error(where, "unknown-post", f"没有“{post}”这个岗位。请在“posts”里声明，或改正名称。")
        return Asked(f"ask:{context.rule}", post)
    if set(value) == {"part", "of"}:
        return _part_of(value, where, key, context)
    if list(value) == ["announced"] and text_of(value["announced"]):
        return Asked(f"announced:{text_of(value['announced'])}", "", ("school",))
    context.error(
        where,
        "bound",
        "这个数不认得。请写数、{by: 属性, 值: 数}、{ask: 岗位}、{announced: 名称} 或 {part: 1/4000, of: 属性}。",
    )
    return None


def _table(mapping: LMap, context: Context, share: bool = False) -> Table | None:
    by = text_of(mapping["by"])
    declared = context.names.attributes.get(by)
    if by != "post" and declared is None:
        context.error(
            mapping.at("by"), "unknown-attribute", f"没有“{by}”这个属性。请在“attributes”里声明，或改正名称。"
        )
        return None
    bands, otherwise = [], None
    for key, value in mapping.items():
        if key == "by":
            continue
        read = _share_number if share else _plain_number
        number = read(value, mapping.at(key), context)
        if number is None:
            continue
        if key == "else":
            otherwise = number
        else:
            bands.append(_band(key, number, by, mapping, context))
    if not bands:
        context.error(mapping, "bands", "表里没有一档。请至少写一档“值: 数量”。")
        return None
    of, value_type = (declared.of, declared.type) if declared else ((), "text")
    return Table(by, tuple(bands), otherwise, of, value_type)


def _band(key: str, number: int | Fraction, by: str, mapping: LMap, context: Context) -> Band:
    if by == "post":
        if key not in context.names.posts:
            context.error(
                mapping.at(key), "unknown-post", f"没有“{key}”这个岗位。请在“posts”里声明，或改正名称。"
            )
        return Band(number, (key,))
    if found := _RANGE.match(key):
        return Band(number, (), Exact(found[1]), Exact(found[2]))
    if found := _FROM.match(key):
        return Band(number, (), Exact(found[1] or found[2]), None)
    if found := _UP_TO.match(key):
        return Band(number, (), None, Exact(found[1]))
    return Band(number, tuple(part.strip() for part in key.split(",")))


def read_evidence(value: Any, mapping: LMap, count: Count, context: Context) -> EvidenceNeed:
    """`[photo, record_sheet]` (all) or `{any: [photo, record_sheet]}`."""
    any_one = isinstance(value, LMap) and "any" in value
    types = texts(value["any"] if any_one else value)
    if isinstance(value, LMap) and not any_one:
        context.unsupported(place(mapping, "evidence"), "evidence")
    for kind in (context.names.kinds[name] for name in count.kinds if name in context.names.kinds):
        for name in types:
            if name not in {declared.name for declared in kind.evidence}:
                sentence = (
                    f"活动“{kind.name}”没有“{name}”这种佐证材料。请在它的“evidence”里声明，或改正名称。"
                )
                context.error(place(mapping, "evidence"), "unknown-evidence", sentence)
    return EvidenceNeed(types, any_one)

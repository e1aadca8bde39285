"""Spelling of conditions (`where`) → condition nodes."""

from __future__ import annotations

from decimal import Decimal as Number
from decimal import InvalidOperation
from typing import Any

from .conditions import (
    NUMERIC,
    All,
    Always,
    AnyOf,
    AttributeCompare,
    AttributeTest,
    Condition,
    HasLink,
    HoldsPost,
    Not,
    OfEnd,
)
from .conditions_events import Happened
from .declarations import AttributeDeclaration
from .located import LMap
from .parse_occasions import read_happening
from .parse_states import machine_of
from .reading import Context, days_of, text_of, texts

_TESTS = ("is", "in", "at_least", "at_most", "between", "compare", "to")
_RELATIONS = ("at_least", "at_most", "more_than", "less_than", "is")
_WORDS = ("all", "any", "not", "attribute", "link", "post")


def read_condition(value: Any, context: Context, where: object, of_pair: bool = False) -> Condition:
    """A condition node; Always for nothing. Problems become findings and the part is left out.

    of_pair: the subject is a link, and `a` and `b` say of which end a condition is.
    """
    if value is None:
        return Always()
    if isinstance(value, list):
        return _joined(All, value, context, where, of_pair)
    if not isinstance(value, LMap):
        context.error(where, "condition", "条件应写成“属性: 值”的形式，例如 {priority_care: true}。")
        return Always()
    if not value:
        context.error(value, "vacuous", "条件是空的，对谁都成立。请写出条件，或删去“where”。")
        return Always()
    parts = _parts(value, context, of_pair)
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _parts(mapping: LMap, context: Context, of_pair: bool) -> list[Condition]:
    if "attribute" in mapping:
        return [_attribute(mapping, context)]
    if "link" in mapping:
        return [_link(mapping, context)]
    if "event" in mapping and "event" not in context.names.attributes:
        return [_happened(mapping, context)]
    if "machine" in mapping and "machine" not in context.names.attributes:
        return [_state(mapping, mapping, context)]
    return [_part(key, mapping[key], mapping, context, of_pair) for key in mapping]


def _part(key: str, value: Any, mapping: LMap, context: Context, of_pair: bool) -> Condition:
    if of_pair and key in ("a", "b"):
        return OfEnd(key, read_condition(value, context, mapping.at(key)))
    if key in ("all", "any"):
        return _joined(All if key == "all" else AnyOf, value, context, mapping.at(key), of_pair)
    if key == "not":
        return Not(read_condition(value, context, mapping.at(key), of_pair))
    if key == "post":
        return _posts(value, mapping, context)
    if key in context.names.attributes:
        return _short(key, value, mapping, context)
    if key == "state":
        return _state(value, mapping, context)
    if key == "has":
        return _link(value if isinstance(value, LMap) else _only("link", value, mapping), context)
    if key == "days":
        context.unsupported(mapping.at(key), key)
        return Always()
    return _short(key, value, mapping, context)


def _happened(mapping: LMap, context: Context) -> Condition:
    """`{event: signal, within: 30d}`: it happened on the day or in so many days before it."""
    context.unknown_keys(mapping, ("event", "within"), "条件“event”")
    days = days_of(mapping.get("within"))
    happening = read_happening(mapping["event"], mapping, "event", context, False)
    if days is None:
        context.error(
            mapping, "condition", "“event”后面要写“within”和天数，例如 {event: signal, within: 30d}。"
        )
    return Happened(happening, days or 0) if happening is not None else Always()


def _only(key: str, value: Any, mapping: LMap) -> LMap:
    """A mapping of one key at the same place."""
    found = LMap({key: value})
    found.file, found.line = mapping.file, mapping.line
    return found


def _state(value: Any, mapping: LMap, context: Context) -> Condition:
    """`{state: probationary}` or `{machine: membership, is: probationary}`: in this state on the day."""
    found = machine_of(value, context, mapping)
    if found is None:
        return Always()
    declared, state = found
    return AttributeTest(declared.name, declared.of, declared.type, (state,))


def _joined(
    node: type[All] | type[AnyOf], value: Any, context: Context, where: object, of_pair: bool
) -> Condition:
    if not isinstance(value, list) or not value:
        context.error(where, "vacuous", "“all”和“any”后面要有至少一个条件。请补上条件，或删去这一项。")
        return Always()
    return node(tuple(read_condition(part, context, where, of_pair) for part in value))


def _posts(value: Any, mapping: LMap, context: Context) -> Condition:
    held = []
    for post in texts(value):
        if post not in context.names.posts:
            context.error(
                mapping.at("post"), "unknown-post", f"没有“{post}”这个岗位。请在“posts”里声明，或改正名称。"
            )
        held.append(HoldsPost(post))
    if not held:
        context.error(mapping.at("post"), "condition", "“post”后面要写岗位名称。")
        return Always()
    return held[0] if len(held) == 1 else AnyOf(tuple(held))


def _link(mapping: LMap, context: Context) -> Condition:
    context.unknown_keys(mapping, ("link", "end"), "条件“link”")
    name, end = text_of(mapping.get("link")), text_of(mapping.get("end")) or "either"
    if not context.names.is_link(name):
        context.error(
            mapping.at("link"), "unknown-link", f"没有“{name}”这种关系。请在“links”里声明，或改正名称。"
        )
    if end not in ("a", "b", "either"):
        context.error(mapping.at("end"), "condition", "“end”只能写 a、b 或 either。")
        end = "either"
    return HasLink(name, end)


def _declared(name: str, mapping: LMap, key: str, context: Context) -> AttributeDeclaration:
    found = context.names.attributes.get(name)
    if found is None:
        sentence = f"没有“{name}”这个属性。请在“attributes”里声明，或改正名称。"
        context.error(mapping.at(key), "unknown-attribute", sentence)
        return AttributeDeclaration(name, name)
    return found


def _short(name: str, value: Any, mapping: LMap, context: Context) -> Condition:
    """`{priority_care: true}`, `{grade: [1, 2]}` or `{class_size: {at_most: 45}}`."""
    declared = _declared(name, mapping, name, context)
    if isinstance(value, LMap):
        context.unknown_keys(value, _TESTS, f"属性“{name}”的条件")
        return _test(declared, value, context)
    return _one_of(declared, texts(value), context, mapping.at(name))


def _attribute(mapping: LMap, context: Context) -> Condition:
    context.unknown_keys(mapping, ("attribute", *_TESTS), "条件“attribute”")
    declared = _declared(text_of(mapping["attribute"]), mapping, "attribute", context)
    return _test(declared, mapping, context)


def _test(declared: AttributeDeclaration, mapping: LMap, context: Context) -> Condition:
    if "compare" in mapping:
        return _compare(declared, mapping, context)
    if "is" in mapping or "in" in mapping:
        key = "is" if "is" in mapping else "in"
        return _one_of(declared, texts(mapping[key]), context, mapping.at(key))
    low, high = mapping.get("at_least"), mapping.get("at_most")
    if "between" in mapping:
        ends = mapping["between"]
        if not isinstance(ends, list) or len(ends) != 2:
            context.error(mapping.at("between"), "condition", "“between”要写两个数，例如 [3, 12]。")
            return Always()
        low, high = ends
    if low is None and high is None:
        if declared.type == "boolean":
            return AttributeTest(declared.name, declared.of, "boolean", ("true",))
        context.error(
            mapping,
            "condition",
            f"属性“{declared.name}”没有写要怎样比较。请写 is、in、at_least、at_most 或 between。",
        )
        return Always()
    ends_read = [_end(declared, end, mapping, context) for end in (low, high)]
    test = AttributeTest(declared.name, declared.of, declared.type, (), ends_read[0], ends_read[1])
    if test.low is not None and test.high is not None and test.low > test.high:  # type: ignore[operator]
        context.error(
            mapping, "contradiction", f"属性“{declared.name}”的下限大于上限，谁也不满足。请改正两个数。"
        )
    return test


def _end(declared: AttributeDeclaration, value: Any, mapping: LMap, context: Context) -> Number | str | None:
    if value is None:
        return None
    text = text_of(value)
    if declared.type == "date":
        return text
    if declared.type not in NUMERIC:
        context.error(mapping, "condition", f"属性“{declared.name}”不是数，不能比较大小。请改用 is 或 in。")
        return None
    try:
        return Number(text)
    except InvalidOperation:
        context.error(mapping, "condition", f"“{text}”不是数。请改成数字。")
        return None


def _one_of(
    declared: AttributeDeclaration, values: tuple[str, ...], context: Context, where: object
) -> Condition:
    if not values:
        context.error(where, "vacuous", f"属性“{declared.name}”没有写值，谁也不满足。请补上值。")
        return Always()
    allowed = ("true", "false") if declared.type == "boolean" else tuple(declared.values)
    for value in values:
        if declared.type in ("boolean", "choice", "state") and allowed and value not in allowed:
            context.error(
                where,
                "unknown-value",
                f"属性“{declared.name}”没有“{value}”这个值。可用的有：{'、'.join(allowed)}。",
            )
    return AttributeTest(declared.name, declared.of, declared.type, values)


def _compare(declared: AttributeDeclaration, mapping: LMap, context: Context) -> Condition:
    relation, other = text_of(mapping["compare"]), text_of(mapping.get("to"))
    if relation not in _RELATIONS or not other:
        context.error(
            mapping.at("compare"),
            "condition",
            f"“compare”要写 {'、'.join(_RELATIONS)} 之一，“to”写另一个属性。",
        )
        return Always()
    second = _declared(other, mapping, "to", context)
    return AttributeCompare(declared.name, relation, other, declared.of, second.of)

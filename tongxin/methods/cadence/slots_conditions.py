"""The conditions of a rule as rows: one test each, joined all alike or in groups.

The first row stands alone; each later row says how it hangs on the rows above it (`tie`): "" by the word that joins
all of them, TIED as an alternative within a group, BOUND as a smaller group inside that. With "all" as the joining
word `A, B, C TIED, D BOUND` says A and (B or (C and D)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .reading import number_of, text_of

Raw = dict[str, Any]
HOLDS, FAILS = "has", "has_not"
TIED, BOUND = "tied", "bound"
TIES = ("", TIED, BOUND)
OTHER = {"all": "any", "any": "all"}


@dataclass
class Condition:
    """One condition. what: "attribute:NAME", "post:NAME" or "link:NAME:END"; op: is | not | at_least | at_most for
    attributes, has | has_not for the others. value: as stored; several values of `is` are joined by a comma.
    tie: one of TIES, how it hangs on the one above."""

    what: str = ""
    op: str = "is"
    value: str = ""
    tie: str = ""


# A leaf, or how several nodes are joined; loose: the joining was not written out, as in {grade: 1, boarding: true}.
@dataclass
class _Group:
    joined: str
    parts: list[Any]
    loose: bool = False


def rows_of(where: Any) -> tuple[str, list[Condition]] | None:
    """How a condition joins its rows and the rows; None when it says more than rows can."""
    found = _node(where)
    if found is None:
        return None
    if isinstance(found, Condition):
        return "all", [found]
    rows: list[Condition] = []
    for part in found.parts:
        more = _within(part, found.joined)
        if more is None:
            return None
        rows += more
    return found.joined, rows


def _within(part: Any, outer: str) -> list[Condition] | None:
    """The rows of a part of the whole: one row, or a group in the other way of joining that may hold smaller groups."""
    if isinstance(part, Condition):
        return [part]
    if part.joined == outer:
        return None
    rows: list[Condition] = []
    for at, inner in enumerate(part.parts):
        tie = TIED if at else ""
        if isinstance(inner, Condition):
            rows.append(replace(inner, tie=tie))
        elif inner.joined == outer and all(isinstance(leaf, Condition) for leaf in inner.parts):
            rows += [replace(leaf, tie=BOUND if n else tie) for n, leaf in enumerate(inner.parts)]
        else:
            return None
    return rows


def _node(part: Any) -> Condition | _Group | None:
    if isinstance(part, list):
        return _group("all", part)
    if isinstance(part, dict) and len(part) == 1 and next(iter(part)) in OTHER:
        joined = next(iter(part))
        return _group(joined, part[joined]) if isinstance(part[joined], list) else None
    if isinstance(part, dict) and len(part) == 1 and isinstance(part.get("post"), list):
        return _group("any", [{"post": one} for one in part["post"]])
    tests = conditions_of(part)
    if not tests:
        return None
    return tests[0] if len(tests) == 1 else _Group("all", list(tests), loose=True)


def _group(joined: str, parts: list[Any]) -> Condition | _Group | None:
    nodes: list[Any] = []
    for part in parts:
        node = _node(part)
        if node is None:
            return None
        if isinstance(node, _Group) and node.loose and joined == "all":
            nodes += node.parts
        else:
            nodes.append(node)
    if not nodes:
        return None
    return nodes[0] if len(nodes) == 1 else _Group(joined, nodes)


def conditions_of(part: Any, negated: bool = False) -> list[Condition] | None:
    """The tests that a condition consists of, all of which must hold; None when it says more than slots can."""
    if not isinstance(part, dict) or not part:
        return None
    if "attribute" in part:
        rest = {key: value for key, value in part.items() if key != "attribute"}
        return _attribute_test(text_of(part["attribute"]), rest or {"is": True}, negated)
    if "link" in part and set(part) <= {"link", "end"}:
        end = text_of(part.get("end")) or "either"
        return [Condition(f"link:{text_of(part['link'])}:{end}", FAILS if negated else HOLDS)]
    if "not" in part and len(part) == 1 and not negated:
        return conditions_of(part["not"], True)
    if "post" in part and len(part) == 1 and not isinstance(part["post"], list):
        return [Condition(f"post:{text_of(part['post'])}", FAILS if negated else HOLDS)]
    if {"all", "any", "not", "post", "link", "has", "event", "state", "machine", "a", "b"} & set(part):
        return None
    if negated and len(part) > 1:
        return None
    found = [_attribute_test(name, value if isinstance(value, dict) else {"in": value}, negated)
             for name, value in part.items()]  # fmt: skip
    return None if any(one is None for one in found) else [test for one in found for test in one or []]


def condition_of(part: Any) -> Condition | None:
    """A condition of a single test; None for any other."""
    found = conditions_of(part)
    return found[0] if found is not None and len(found) == 1 else None


def _attribute_test(name: str, said: Raw, negated: bool) -> list[Condition] | None:
    if len(said) != 1:
        return None
    (op, value), what = next(iter(said.items())), f"attribute:{name}"
    if op in ("is", "in"):
        values = value if isinstance(value, list) else [value]
        if any(isinstance(one, dict | list) for one in values):
            return None
        return [Condition(what, "not" if negated else "is", ",".join(text_of(one) for one in values))]
    if op in ("at_least", "at_most") and not negated and not isinstance(value, dict | list):
        return [Condition(what, op, text_of(value))]
    return None


def where_of(tests: list[Condition], joined: str) -> Any:
    """The condition as a pack writes it, None where there is none."""
    parts: list[Any] = []
    for group in _split([test for test in tests if test.what], ("",)):
        smaller = [[written_condition(test) for test in one] for one in _split(group, ("", TIED))]
        if len(smaller) == 1:
            parts += smaller[0]  # joined by the outer word anyhow
        else:
            parts.append({OTHER[joined]: [_joined(joined, one) for one in smaller]})
    return _joined(joined, parts) if parts else None


def _joined(joined: str, parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else {joined: parts}


def _split(tests: list[Condition], starts: tuple[str, ...]) -> list[list[Condition]]:
    """Runs of rows; each row whose tie is among `starts` begins a new one."""
    found: list[list[Condition]] = []
    for test in tests:
        if not found or test.tie in starts:
            found.append([test])
        else:
            found[-1].append(test)
    return found


def written_condition(test: Condition) -> Raw:
    """One test as a pack writes it."""
    kind, _, rest = test.what.partition(":")
    if kind == "post":
        return _perhaps_not({"post": rest}, test.op == FAILS)
    if kind == "link":
        name, _, end = rest.partition(":")
        return _perhaps_not({"link": name} | ({"end": end} if end in ("a", "b") else {}), test.op == FAILS)
    if test.op in ("at_least", "at_most"):
        return {"attribute": rest, test.op: typed(test.value)}
    values = [typed(value.strip()) for value in test.value.split(",") if value.strip()]
    said = {"attribute": rest, "is": values[0] if len(values) == 1 else values}
    return _perhaps_not(said, test.op == "not")


def _perhaps_not(said: Raw, negated: bool) -> Raw:
    return {"not": said} if negated else said


def typed(text: str) -> Any:
    """A text as YAML would read it: booleans and whole numbers, else the text."""
    if text in ("true", "false"):
        return text == "true"
    number = number_of(text)
    return number if isinstance(number, int) and str(number) == text else text

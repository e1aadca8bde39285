"""What a rule looks at besides entries: the attributes, links, posts and events any node of its tree names.

A verdict carries the data class of everything its rule read, so no node may be forgotten: the walk goes through every
field of every node, and a node says what it reads itself with `reads`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from .occasions import ENTRY_KIND, Happening

if TYPE_CHECKING:
    from .tree import Obligation

Read = tuple[str, str]  # ("attribute" | "link" | "event" | "obligation", name)


def names_read(node: Any) -> set[Read]:
    """Return (what, name) for everything a node and all nodes below it look at."""
    return set(_walk(node))


def entry_kinds_read(rule: Obligation) -> set[str]:
    """Return the kinds of entries a rule looks at: those it counts, those its windows run from, and what it is about."""
    found = rule.kinds() | started_by(rule)
    return found | ({rule.subject.kind} if rule.subject.is_activity else set())


def started_by(rule: Obligation) -> set[str]:
    """Return the kinds of entries that a rule's windows run from."""
    return {one.event for one in nodes_of(rule) if isinstance(one, Happening) and one.source == ENTRY_KIND}


def nodes_of(node: Any) -> Iterator[Any]:
    """A node and every node below it."""
    if isinstance(node, tuple | list):
        for part in node:
            yield from nodes_of(part)
    elif is_dataclass(node) and not isinstance(node, type):
        yield node
        for item in fields(node):
            yield from nodes_of(getattr(node, item.name))


def _walk(node: Any) -> Iterator[Read]:
    if isinstance(node, tuple | list):
        for part in node:
            yield from _walk(part)
    elif is_dataclass(node) and not isinstance(node, type):
        if hasattr(node, "reads"):
            yield from node.reads()
        for item in fields(node):
            yield from _walk(getattr(node, item.name))

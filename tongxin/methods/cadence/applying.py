"""Does a rule concern a school at all: what its condition asks of the school itself, the rest left open."""

from __future__ import annotations

from collections.abc import Mapping

from .conditions import All, AnyOf, AttributeTest, Condition, Not
from .tree import Obligation


def concerns(rule: Obligation, known: Mapping[str, str]) -> bool:
    """Return False where the rule can hold of nobody in a school with these facts: another stage, region or institution.

    known: facts of the school by name, as stored. What is unknown, or is no fact of schools, rules nothing out.
    """
    return _holds(rule.where, known) is not False


def _holds(node: Condition, known: Mapping[str, str]) -> bool | None:
    """True, False, or None for what cannot be told from the school alone."""
    if isinstance(node, AttributeTest):
        text = known.get(node.attribute) if node.of == ("school",) else None
        return None if text is None else node.accepts(text)
    if isinstance(node, Not):
        answer = _holds(node.part, known)
        return None if answer is None else not answer
    if isinstance(node, All | AnyOf):
        answers = [_holds(part, known) for part in node.parts]
        decisive = isinstance(node, AnyOf)
        return decisive if decisive in answers else None if None in answers else not decisive
    return None

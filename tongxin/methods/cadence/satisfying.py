"""How to make a condition hold: which attributes and links an invented subject needs."""

from __future__ import annotations

from decimal import Decimal

from .bounds import PartOf
from .conditions import (
    All,
    AnyOf,
    AttributeCompare,
    AttributeTest,
    Condition,
    HasLink,
    HoldsPost,
    Not,
    OfEnd,
)
from .declarations import AttributeDeclaration
from .tree import Obligation, Table


class Wishes:
    """Attributes {name: value} to have, and links to stand in, each with the end (a | b | either).

    ends: of a pair, the end that a condition gives an attribute to.
    """

    def __init__(self, declared: dict[str, AttributeDeclaration]) -> None:
        self.declared = declared
        self.attributes: dict[str, str] = {}
        self.links: list[tuple[str, str]] = []
        self.ends: dict[str, str] = {}

    def want(self, condition: Condition, holds: bool = True) -> None:
        """Note what makes the condition hold (or not hold, but known)."""
        if isinstance(condition, Not):
            self.want(condition.part, not holds)
        elif isinstance(condition, All | AnyOf):
            everything = isinstance(condition, All) == holds
            for part in condition.parts if everything else condition.parts[:1]:
                self.want(part, holds)
        elif isinstance(condition, OfEnd):
            before = set(self.attributes)
            self.want(condition.part, holds)
            self.ends |= dict.fromkeys(set(self.attributes) - before, condition.end)
        elif isinstance(condition, AttributeTest):
            self.attributes.setdefault(condition.attribute, self._value(condition, holds))
        elif isinstance(condition, AttributeCompare):
            self._compare(condition, holds)
        elif isinstance(condition, HasLink) and holds:
            self.links.append((condition.link, condition.end))
        elif isinstance(condition, HoldsPost) and holds:
            self.links.append((condition.post, "a"))

    def want_scope(self, rule: Obligation) -> None:
        """Everything that puts a subject in scope of a rule and not exempt, and makes the numbers in its tables known."""
        self.want(rule.where)
        for item in rule.requirements():
            self.want(item.where)
            for quantity in (item.bound.low, item.bound.high):
                if isinstance(quantity, Table):
                    self._band(quantity)
                elif isinstance(quantity, PartOf):
                    self.attributes.setdefault(quantity.attribute, "1")
        for exemption in rule.exempt:
            self.want(exemption.where, holds=False)

    def _band(self, table: Table) -> None:
        band = table.bands[0]
        if table.by == "post":
            if table.otherwise is None:
                self.links.append((band.values[0], "a"))
            return
        end = band.low if band.low is not None else band.high
        self.attributes.setdefault(table.by, band.values[0] if band.values else str(end))

    def _compare(self, condition: AttributeCompare, holds: bool) -> None:
        larger, smaller = ("2", "1") if condition.relation in ("at_least", "more_than") else ("1", "2")
        if condition.relation == "is":
            larger, smaller = "1", "1" if holds else "2"
        elif not holds:
            larger, smaller = smaller, larger
        self.attributes.setdefault(condition.attribute, larger)
        self.attributes.setdefault(condition.other, smaller)

    def _value(self, test: AttributeTest, holds: bool) -> str:
        if test.values:
            return test.values[0] if holds else self._another(test)
        low, high = test.low, test.high
        if holds:
            return str(low if low is not None else high)
        if isinstance(low, Decimal):
            return str(low - 1)
        if isinstance(high, Decimal):
            return str(high + 1)
        return "0001-01-01" if low is not None else "9999-12-31"

    def _another(self, test: AttributeTest) -> str:
        declared = self.declared.get(test.attribute)
        if test.value_type == "boolean":
            return "false" if test.values[0] == "true" else "true"
        if test.value_type in ("integer", "decimal", "number"):
            return str(max(int(Decimal(value)) for value in test.values) + 1)
        choices = [code for code in (declared.values if declared else {}) if code not in test.values]
        return choices[0] if choices else "another"

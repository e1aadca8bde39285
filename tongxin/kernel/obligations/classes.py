"""Which data class a verdict carries: the highest of everything its rule reads."""

from __future__ import annotations

from tongxin.kernel.access.policy import CLASSES, higher
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.tree import AttributeCompare, AttributeTest, HasLink, Obligation, Table

# Packs may say K4 for "any of K4"; the strictest reading of it counts.
_WIDE = {"K4": "K4d", "": "K3"}
_NOT_ATTRIBUTES = {"post", ""}
_NAME_CLASS = {"student": "K2", "guardian": "K2", "family": "K3", "case": "K4e"}


def known_class(name: str) -> str:
    """Return a class of the policy table for what a pack wrote; an unknown one counts as K5."""
    name = _WIDE.get(name, name)
    return name if name in CLASSES else "K5"


def obligation_class(pack: Pack, obligation: Obligation) -> str:
    """Return the data class of an obligation's verdicts."""
    classes = [_NAME_CLASS.get(obligation.subject.name, "K1")]
    for name in obligation.kinds():
        kind = pack.kinds.get(name)
        classes.append(known_class(kind.data_class) if kind else "K3")
    for name in _attributes_read(obligation):
        declared = pack.attributes.get(name)
        classes.append(known_class(declared.data_class) if declared else "K3")
    for name in _links_read(obligation):
        link = pack.links.get(name)
        if link is not None:
            classes.append(known_class(link.data_class or "K1"))
    return higher(*classes)


def _attributes_read(obligation: Obligation) -> set[str]:
    read: set[str] = set()
    for condition in obligation.conditions():
        if isinstance(condition, AttributeTest):
            read.add(condition.attribute)
        elif isinstance(condition, AttributeCompare):
            read |= {condition.attribute, condition.other}
    for item in obligation.requirements():
        if isinstance(item.bound, Table) and item.bound.by not in _NOT_ATTRIBUTES:
            read.add(item.bound.by)
    return read


def _links_read(obligation: Obligation) -> set[str]:
    return {c.link for c in obligation.conditions() if isinstance(c, HasLink)}

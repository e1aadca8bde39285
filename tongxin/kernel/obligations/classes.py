"""Which data class a verdict carries: the highest of everything its rule reads."""

from __future__ import annotations

from tongxin.kernel.access.policy import CLASSES, higher
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reads import names_read
from tongxin.methods.cadence.tree import Obligation

# Packs may say K4 for "any of K4"; the strictest reading of it counts.
_WIDE = {"K4": "K4d", "": "K3"}
_NAME_CLASS = {"student": "K2", "guardian": "K2", "family": "K3", "case": "K4e", "pair": "K2"}


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
    classes += [_class_read(pack, what, name) for what, name in names_read(obligation)]
    return higher(*classes)


def _class_read(pack: Pack, what: str, name: str) -> str:
    """The class of an attribute, link, event or other rule; what nobody declared counts as K3, links every school has as K1."""
    if what == "obligation":
        return higher(*(obligation_class(pack, other) for other in pack.versions(name)), "K1")
    if what == "link":
        link = pack.links.get(name)
        return known_class(link.data_class or "K1") if link else "K1"
    declared = (pack.attributes if what == "attribute" else pack.events).get(name)
    return known_class(declared.data_class) if declared else "K3"

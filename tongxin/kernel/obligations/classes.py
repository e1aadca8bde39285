"""Which data class a verdict carries: the highest of everything its rule reads."""

from __future__ import annotations

from tongxin.kernel.access.policy import higher
from tongxin.kernel.programmes.classes import known_class
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reads import entry_kinds_read, names_read, started_by
from tongxin.methods.cadence.tree import Obligation

_NAME_CLASS = {"student": "K2", "guardian": "K2", "family": "K3", "case": "K4e", "pair": "K2"}


def obligation_class(pack: Pack, obligation: Obligation) -> str:
    """Return the data class of an obligation's verdicts."""
    classes = [_NAME_CLASS.get(obligation.subject.name, "K1")]
    # Also those its windows run from: "within three days of a talk" tells with whom there was one.
    for name in entry_kinds_read(obligation):
        kind = pack.kinds.get(name)
        classes.append(known_class(kind.data_class) if kind else "K3")
    classes += [_class_read(pack, what, name) for what, name in names_read(obligation)]
    return higher(*classes)


def owing_class(pack: Pack, obligation: Obligation) -> str:
    """Return the data class of who owes what under a rule, whether it was done or not."""
    happened = started_by(obligation)
    if obligation.subject.is_activity:
        happened = happened | {obligation.subject.kind}
    classes = [_NAME_CLASS.get(obligation.subject.name, "K1")]
    classes += [known_class(pack.kinds[name].data_class) if name in pack.kinds else "K3" for name in happened]
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


__all__ = ["known_class", "obligation_class", "owing_class"]

"""Facts that leave rules waiting: nobody has recorded them, so the rules expect nothing of those people (Meaning 2).

A school that has just imported its lists would see no duties and not learn why; the pages say so from here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.cadence.declarations import AttributeDeclaration
from tongxin.methods.cadence.reads import names_read

from .queries import Asked, ask


@dataclass
class Unrecorded:
    """A fact that rules wait for. waiting: subjects whose verdict is unknown; rules: titles of those rules."""

    declared: AttributeDeclaration
    waiting: set[int] = field(default_factory=set)
    rules: list[str] = field(default_factory=list)


def unrecorded_of(viewer: Viewer) -> dict[str, Unrecorded]:
    """Return the facts that leave verdicts of the programmes of the viewer's school unknown today, by name."""
    if viewer.school is None:
        return {}
    return unrecorded(
        ask(programme, viewer.day) for programme, _pack in school_packs(viewer.school, viewer.day)
    )


def unrecorded(programmes: Iterable[Asked]) -> dict[str, Unrecorded]:
    """Return the facts that leave verdicts of these programmes unknown, by name."""
    found: dict[str, Unrecorded] = {}
    for asked in programmes:
        waiting: dict[str, set[int]] = defaultdict(set)
        for verdict in asked.verdicts():
            if verdict.reason.startswith("unknown") and verdict.subject.isdigit():
                waiting[verdict.obligation].add(int(verdict.subject))
        for rule in asked.rules:
            if rule.id not in waiting:
                continue
            for what, name in sorted(names_read(rule)):
                if what == "attribute" and name in asked.pack.attributes:
                    one = found.setdefault(name, Unrecorded(asked.pack.attributes[name]))
                    one.waiting |= waiting[rule.id]
                    one.rules.append(rule.title)
    return found

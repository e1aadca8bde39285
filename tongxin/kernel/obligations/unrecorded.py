"""Facts that leave rules waiting: nobody has recorded them, so the rules expect nothing of those people (Meaning 2).

A school that has just imported its lists would see no duties and not learn why; the pages say so from here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet

from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.models import Attribute, Subject
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.cadence.declarations import AttributeDeclaration, EventDeclaration
from tongxin.methods.cadence.reads import names_read

from .queries import Asked, ask


def within_reach(viewer: Viewer, declared: EventDeclaration | AttributeDeclaration) -> QuerySet[Subject]:
    """The subjects of whom this may be so, or to whom it may happen, and about whom this viewer may state it."""
    data_class = declared.data_class or "K3"
    if data_class in ("K0", "K1") and not viewer.may("people_edit"):
        return Subject.objects.none()
    return visible_subjects(viewer, data_class).filter(type__in=declared.of)


@dataclass
class Unrecorded:
    """A fact that rules wait for. waiting: subjects whose verdict is unknown; rules: titles of those rules."""

    declared: AttributeDeclaration
    waiting: set[int] = field(default_factory=set)
    rules: list[str] = field(default_factory=list)

    def subjects(self, viewer: Viewer) -> QuerySet[Subject]:
        """Return those of whom the fact has no value today and this viewer may state it, in order of names.

        A fact of classes is asked of the class, and one of the school of the school, not of each of their students.
        """
        known = Attribute.objects.current().filter(
            subject=OuterRef("pk"),
            name=self.declared.name,
            valid_from__lte=viewer.day,
            valid_to__gte=viewer.day,
        )
        reach = within_reach(viewer, self.declared).filter(~Exists(known))
        if "homeroom" in self.declared.of and self.waiting:
            reach = reach.filter(type="homeroom", present_from__lte=viewer.day, present_to__gte=viewer.day)
        elif "school" in self.declared.of and self.waiting:
            reach = reach.filter(type="school")
        else:
            reach = reach.filter(pk__in=self.waiting)
        return reach.order_by("pinyin", "pk")


def unrecorded_of(viewer: Viewer) -> dict[str, Unrecorded]:
    """Return the facts that the programmes of the viewer's school wait for and this viewer may state, by name."""
    if viewer.school is None:
        return {}
    programmes = school_packs(viewer.school, viewer.day)
    return unrecorded(viewer, (ask(programme, viewer.day) for programme, _pack in programmes))


def unrecorded(viewer: Viewer, programmes: Iterable[Asked]) -> dict[str, Unrecorded]:
    """Return the facts that leave verdicts of these programmes unknown today and this viewer may state, by name."""
    found: dict[str, Unrecorded] = {}
    for asked in programmes:
        waiting: dict[str, set[int]] = defaultdict(set)
        for verdict in asked.verdicts():
            if verdict.reason.startswith("unknown") and verdict.subject.isdecimal():
                waiting[verdict.obligation].add(int(verdict.subject))
        for rule in asked.rules:
            if rule.id not in waiting:
                continue
            for what, name in sorted(names_read(rule)):
                if what == "attribute" and name in asked.pack.attributes:
                    one = found.setdefault(name, Unrecorded(asked.pack.attributes[name]))
                    one.waiting |= waiting[rule.id]
                    one.rules.append(rule.title)
    return {name: one for name, one in found.items() if one.subjects(viewer).exists()}

"""Whom and what verdicts are about, as pages name it: subjects, pairs (a link, shown as 甲 → 乙) and activities.

A pair is seen by those who may see both its ends: a child at the data class of the rule, everybody else by name.
An activity is seen by those who may read its entry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.ledger.queries import visible_entries
from tongxin.methods.cadence.facts import ENTRY, PAIR
from tongxin.methods.cadence.tree import Obligation
from tongxin.ui.formats import full_day
from tongxin.ui.worded import titled

CHILDREN = ("student", "guardian", "family", "case")


@dataclass(frozen=True)
class Pair:
    """Stands where a page expects a subject."""

    link: Link

    type = "pair"

    @property
    def pk(self) -> str:
        return f"{PAIR}{self.link.pk}"

    @property
    def public_id(self) -> str:
        return self.link.public_id

    @property
    def name(self) -> str:
        return f"{self.link.a.name} → {self.link.b.name}"

    @property
    def school_id(self) -> int:
        return self.link.school_id

    @property
    def pinyin(self) -> str:
        return self.link.b.pinyin

    @property
    def ends(self) -> tuple[Subject, Subject]:
        return self.link.a, self.link.b


@dataclass(frozen=True)
class Activity:
    """Stands where a page expects a subject: one entry that a rule judges."""

    entry: Entry

    type = "activity"

    @property
    def pk(self) -> str:
        return f"{ENTRY}{self.entry.pk}"

    @property
    def public_id(self) -> str:
        return self.entry.public_id

    @property
    def name(self) -> str:
        return _("%(title)s（%(day)s）") % {
            "title": titled(self.entry.title),
            "day": full_day(self.entry.day),
        }

    @property
    def school_id(self) -> int:
        return self.entry.school_id

    @property
    def pinyin(self) -> str:
        return self.entry.day.isoformat()


Named = Subject | Pair | Activity


def fits(rule: Obligation, who: Named) -> bool:
    """Say whether a rule is about such: a pair of its kind of link, an activity of its kind, or a subject."""
    if isinstance(who, Pair):
        return rule.subject.is_pair and who.link.kind == rule.subject.kind
    if isinstance(who, Activity):
        return rule.subject.is_activity and who.entry.kind == rule.subject.kind
    return not (rule.subject.is_pair or rule.subject.is_activity)


def named(ids: Iterable[str]) -> dict[str, Named]:
    """Return the subjects, pairs and activities that verdicts are about, by the id the verdicts have."""
    wanted = set(ids)
    found: dict[str, Named] = {
        str(pk): subject
        for pk, subject in Subject.objects.in_bulk({int(one) for one in wanted if one.isdecimal()}).items()
    }
    links = {int(one.removeprefix(PAIR)) for one in wanted if one.startswith(PAIR)}
    if links:
        for link in Link.objects.filter(pk__in=links).select_related("a", "b"):
            found[f"{PAIR}{link.pk}"] = Pair(link)
    entries = {int(one.removeprefix(ENTRY)) for one in wanted if one.startswith(ENTRY)}
    if entries:
        found |= {f"{ENTRY}{pk}": Activity(entry) for pk, entry in Entry.objects.in_bulk(entries).items()}
    return found


def named_in_address(school_id: int | None, public_id: str) -> Named | None:
    """Return what an address names: a subject of the school, one of its links or one of its entries."""
    subject = Subject.objects.filter(school_id=school_id, public_id=public_id).first()
    if subject is not None:
        return subject
    link = Link.objects.filter(school_id=school_id, public_id=public_id).select_related("a", "b").first()
    if link is not None:
        return Pair(link)
    entry = Entry.objects.filter(school_id=school_id, public_id=public_id).first()
    return Activity(entry) if entry else None


class Inside:
    """Whether a subject, pair or activity (id as text) lies within a viewer's reach of a class; one query per class."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self._known: dict[str, set[int]] = {}

    def __call__(self, data_class: str, subject: str) -> bool:
        if subject.startswith(PAIR):
            return self._sees_both(data_class, subject)
        if subject.startswith(ENTRY):
            return int(subject.removeprefix(ENTRY)) in self._entries
        return subject.isdecimal() and int(subject) in self._of(data_class)

    def _of(self, data_class: str) -> set[int]:
        if data_class not in self._known:
            found = visible_subjects(self.viewer, data_class or None)
            self._known[data_class] = set(found.values_list("pk", flat=True))
        return self._known[data_class]

    def _sees_both(self, data_class: str, pair: str) -> bool:
        ends = self._links.get(int(pair.removeprefix(PAIR)))
        if ends is None:
            return False
        with_child = any(type_ in CHILDREN for _pk, type_ in ends)
        return all(
            end == self.viewer.person_id
            or end in self._of(data_class if type_ in CHILDREN or not with_child else "")
            for end, type_ in ends
        )

    @cached_property
    def _entries(self) -> set[int]:
        return set(visible_entries(self.viewer).values_list("pk", flat=True))

    @cached_property
    def _links(self) -> dict[int, tuple[tuple[int, str], tuple[int, str]]]:
        rows = Link.objects.filter(school_id=self.viewer.school_id)
        return {
            pk: ((a, a_type), (b, b_type))
            for pk, a, a_type, b, b_type in rows.values_list("pk", "a_id", "a__type", "b_id", "b__type")
        }


def ends_of(ids: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return the subjects that verdicts touch: whom it is for first; itself where it is no pair."""
    wanted = set(ids)
    found: dict[str, tuple[int, ...]] = {one: (int(one),) for one in wanted if one.isdecimal()}
    links = {int(one.removeprefix(PAIR)) for one in wanted if one.startswith(PAIR)}
    if links:
        for pk, a, b in Link.objects.filter(pk__in=links).values_list("pk", "a_id", "b_id"):
            found[f"{PAIR}{pk}"] = (b, a)
    return found

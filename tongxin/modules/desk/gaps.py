"""What one activity changes: the gaps it closes when it is logged, and the obligations it counts for afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.ledger.services import GROUP_LINK, Draft, members
from tongxin.kernel.obligations import queries
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.cadence.explaining import reason_words
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import Obligation

from .numbers import language

# An assembly of the whole school closes too many gaps to name; the toast then stays short and quick.
MOST_PEOPLE = 400
MOST_EXPLAINED = 60
Cell = tuple[int, str, str, str]


def unmet_for(viewer: Viewer, kind: str, draft: Draft) -> set[Cell]:
    """Return the cells (programme, obligation, subject, window) open or missed now that an activity may close."""
    people = _people(draft)
    if not people or len(people) > MOST_PEOPLE:
        return set()
    return {
        _cell(programme, v)
        for programme, _rules, verdicts in _touched(viewer, kind, people)
        for v in verdicts
        if v.verdict in ("open", "missed")
    }


def closed(viewer: Viewer, kind: str, draft: Draft, before: set[Cell]) -> list[str]:
    """Return the titles of obligations in which somebody is met now and was not before."""
    if not before:
        return []
    found: dict[str, int] = defaultdict(int)
    for programme, rules, verdicts in _touched(viewer, kind, _people(draft)):
        for v in verdicts:
            if v.verdict == "met" and _cell(programme, v) in before:
                found[rules[v.obligation].title] += 1
    return [
        title if n == 1 else _("%(title)s（%(n)d个）") % {"title": title, "n": n}
        for title, n in found.items()
    ]


def _people(draft: Draft) -> set[int]:
    """Return everybody an activity names, with the members of the groups in it."""
    named = {pk for ids in draft.parts.values() for pk in ids}
    groups = Subject.objects.filter(pk__in=named, type__in=GROUP_LINK).values_list("type", "pk")
    for type_, pk in groups:
        named |= set(members(type_, pk, draft.day))
    return named - draft.absent


def _touched(
    viewer: Viewer, kind: str, people: set[int]
) -> Iterator[tuple[Programme, dict[str, Obligation], list[Verdict]]]:
    """Yield for each programme the rules that look at a kind and may be told to this viewer, with their verdicts."""
    for programme, pack in school_packs(viewer.school, viewer.day) if viewer.school else ():
        asked = queries.ask(programme, viewer.day)
        rules = {
            rule.id: rule
            for rule in asked.rules
            if rule.evaluable and kind in rule.kinds() and not queries.sight(viewer, pack, rule).nothing
        }
        if rules:
            yield programme, rules, asked.verdicts(set(rules), people)


def _cell(programme: Programme, v: Verdict) -> Cell:
    return programme.pk, v.obligation, v.subject, v.window


@dataclass(frozen=True)
class CountedFor:
    """An obligation an entry counts for, or does not and why."""

    title: str
    words: str
    url: str


def counted_for(viewer: Viewer, entry: Entry) -> list[CountedFor]:
    """Return which obligations an entry counts for, with those that reject it and their reason."""
    if not entry.is_current or entry.school_id != viewer.school_id:
        return []
    people = list(
        entry.participations.filter(superseded_at=entry.superseded_at, absent=False)
        .order_by("pk")
        .values_list("subject", flat=True)[:MOST_EXPLAINED]
    )
    found: list[CountedFor] = []
    for programme, pack in school_packs(viewer.school, entry.day) if viewer.school else ():
        asked = queries.ask(programme, viewer.day)
        rules = {
            rule.id: rule
            for rule in asked.rules
            if rule.evaluable and entry.kind in rule.kinds() and not queries.sight(viewer, pack, rule).nothing
        }
        verdicts = asked.verdicts(set(rules), people, entries=True) if rules else []
        found += _lines(programme, pack, rules, verdicts, str(entry.pk))
    return found


def _lines(
    programme: Programme, pack: Pack, rules: dict[str, Obligation], verdicts: list[Verdict], entry: str
) -> Iterator[CountedFor]:
    counted: dict[str, int] = defaultdict(int)
    refused: dict[str, str] = {}
    for v in verdicts:
        if entry in v.counted:
            counted[v.obligation] += 1
        for other, reason in v.rejected:
            if other == entry:
                refused.setdefault(v.obligation, reason)
    for name, rule in rules.items():
        url = reverse("desk:duty", args=[programme.public_id, name])
        if counted[name]:
            yield CountedFor(rule.title, _("计入%(n)d个对象") % {"n": counted[name]}, url)
        elif name in refused:
            yield CountedFor(
                rule.title,
                _("没有计入：%(why)s") % {"why": reason_words(pack, refused[name], language())},
                url,
            )

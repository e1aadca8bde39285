"""The work of a pair: what is owed, what was done together, and the forms that log the next, prefilled with both."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.ledger.models import Entry, Participation
from tongxin.kernel.ledger.queries import visible_entries
from tongxin.kernel.obligations import pairs as named
from tongxin.kernel.obligations.queries import Due, todo
from tongxin.kernel.programmes.queries import kinds
from tongxin.methods.cadence.counting import QualifierIs
from tongxin.methods.cadence.declarations import Kind
from tongxin.methods.cadence.periods import Between, By, MonthOfPlan, PhaseOfPlan
from tongxin.ui.formats import amount_words, listed

from .pairs import A, Pair, side_of

THEME = "theme"
SHOWN = 30


@dataclass(frozen=True)
class Button:
    """One tap to the log form. times: how often this was logged in the term."""

    label: str
    url: str
    times: int = 0


@dataclass(frozen=True)
class Buttons:
    """The forms of one kind of activity: one for each theme it has, else one."""

    title: str
    buttons: list[Button] = field(default_factory=list)


@dataclass(frozen=True)
class Owed:
    """Something a pair owes. url: the form that settles it, "" where nothing can be logged here."""

    title: str
    until: date | None
    done: str
    due: str
    state: str
    url: str


@dataclass(frozen=True)
class Done:
    """An entry of the ledger that both take part in."""

    day: date
    title: str
    what: str
    url: str


def together(pair: Pair, entries: QuerySet[Entry]) -> QuerySet[Entry]:
    """Narrow entries to those that both sides of a pair were present in."""
    present = Participation.objects.filter(entry=OuterRef("pk"), superseded_at=FOREVER, absent=False)
    return entries.filter(
        Exists(present.filter(subject=pair.a)),
        Exists(present.filter(subject=pair.b)),
        superseded_at=FOREVER,
        day__gte=pair.links[0].valid_from,
    )


def done(viewer: Viewer, pair: Pair) -> list[Done]:
    """Return what was done together, the newest first, as far as this viewer may read it."""
    assert viewer.school is not None
    declared = kinds(viewer.school, viewer.day)
    rows = together(pair, visible_entries(viewer)).order_by("-day", "-pk")[:SHOWN]
    return [
        Done(
            row.day,
            declared[row.kind].title if row.kind in declared else row.title,
            _theme(declared.get(row.kind), row),
            reverse("desk:entry", args=[row.public_id]) if viewer.may("ledger") else "",
        )
        for row in rows
    ]


def _theme(kind: Kind | None, row: Entry) -> str:
    said = kind.qualifier(THEME) if kind else None
    word = said.values.get(row.theme, row.theme) if said else ""
    if kind is None:
        return word
    money = [
        _("%(what)s %(n)s %(unit)s")
        % {"what": one.title, "n": amount_words(row.extra[one.name]), "unit": one.unit}
        for one in kind.amounts
        if row.extra.get(one.name)
    ]
    return listed([word, *money] if word else money, "；")


def buttons(viewer: Viewer, pair: Pair, since: date) -> list[Buttons]:
    """Return the forms in which the first side logs its work, with how often each was done since a day."""
    if side_of(viewer, pair) != A or not viewer.may("record") or viewer.school is None:
        return []
    declared = kinds(viewer.school, viewer.day)
    counts = Counter(
        together(pair, Entry.objects.filter(school=viewer.school, day__gte=since)).values_list("kind", THEME)
    )
    found = []
    for log in pair.kind.logs:
        kind = declared.get(log.kind)
        if kind is None or not (kind.part(log.a) and kind.part(log.b)):
            continue
        ways = kind.qualifier(THEME)
        themes = list(ways.values.items()) if ways else []
        made = [
            Button(title, form(viewer, pair, log.kind, log.a, log.b, {THEME: code}), counts[log.kind, code])
            for code, title in themes
        ]
        whole = sum(n for (name, _code), n in counts.items() if name == log.kind)
        found.append(
            Buttons(
                kind.title,
                made or [Button(_("登记"), form(viewer, pair, log.kind, log.a, log.b, {}), whole)],
            )
        )
    return found


def form(viewer: Viewer, pair: Pair, kind: str, a: str, b: str, more: dict[str, Any]) -> str:
    """Return the log form of a kind, prefilled with both and more, that comes back to the pair's page."""
    back = reverse("mentoring:pair", args=[pair.public_id])
    query = {a: pair.a.public_id, b: pair.b.public_id, **more, "next": back}
    return f"{reverse('desk:record_kind', args=[kind])}?{urlencode(query)}"


def owed(viewer: Viewer, pair: Pair, dues: list[Due] | None = None) -> list[Owed]:
    """Return what this viewer owes in a pair by the rules, soonest first. dues: todo(viewer), where it is at hand."""
    mine = todo(viewer) if dues is None else dues
    return [_line(viewer, pair, due) for due in mine if _about(pair, due)]


def _about(pair: Pair, due: Due) -> bool:
    """A rule about the pair, about its second side, or about the first side's work of a kind this pair logs."""
    once = any(isinstance(period, Between | By | PhaseOfPlan | MonthOfPlan) for period in due.rule.periods)
    # Of a window that comes again, only the one that is open can still be kept.
    if due.verdict.late_by is not None or (due.verdict.verdict == "missed" and not once):
        return False
    link_ids = {f"{named.PAIR}{link.pk}" for link in pair.links}
    logged = {log.kind for log in pair.kind.logs}
    read = {name for item in due.rule.requirements() for name in item.count.kinds}
    if not read & logged:
        return False
    return any(str(one.pk) in link_ids or one.pk in (pair.a.pk, pair.b.pk) for one in due.subjects)


def _line(viewer: Viewer, pair: Pair, due: Due) -> Owed:
    url = ""
    for log in pair.kind.logs:
        item = next((one for one in due.rule.requirements() if log.kind in one.count.kinds), None)
        if item is not None and side_of(viewer, pair) == A:
            only = [one for one in item.count.only if isinstance(one, QualifierIs) and len(one.values) == 1]
            url = form(viewer, pair, log.kind, log.a, log.b, {one.qualifier: one.values[0] for one in only})
            break
    verdict = due.verdict
    return Owed(
        due.rule.title,
        verdict.due,
        f"{float(verdict.done):g}",
        f"{max(float(verdict.owed), 1):g}",
        verdict.verdict,
        url,
    )

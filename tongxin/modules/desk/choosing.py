"""What the log form asks only when it matters: which of several rivals an activity is for, which window it makes up."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.obligations.queries import in_force
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.cadence.facts import MADE_UP
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.sharing import CHOSEN
from tongxin.methods.cadence.tree import Obligation

Choices = list[tuple[str, str]]
MOST_WINDOWS = 12
BACK = timedelta(days=366)


def rivals(viewer: Viewer, kind: str) -> Choices:
    """Return the rules among which somebody may choose what an activity of a kind counts for; none when no two compete."""
    found: dict[str, str] = {}
    for pack in _packs(viewer):
        rules = {rule.id: rule for rule in _counting(viewer, pack, kind)}
        found |= {name: rule.title for name, rule in rules.items() if rules.keys() & set(rule.rivals)}
    return [("", _("按期限先后")), *found.items()] if found else []


def windows_to_make_up(viewer: Viewer, kind: str) -> Choices:
    """Return the windows of the last year that are over and that an activity of a kind may make up for."""
    assert viewer.school is not None
    ended: dict[str, object] = {}
    calendar = None
    for pack in _packs(viewer):
        rules = [rule for rule in _counting(viewer, pack, kind) if rule.makes_up]
        if not rules:
            continue
        calendar = school_calendar(viewer.school).for_programme(pack.programme_year, pack.phases.values())
        for rule in rules:
            for period in rule.periods:
                for window in period.windows(calendar, rule.since, viewer.day):
                    if viewer.day - BACK <= window.last < viewer.day:
                        ended[window.name] = window.last
    names = sorted(ended, key=lambda name: str(ended[name]), reverse=True)[:MOST_WINDOWS]
    return [("", _("不是补做")), *((name, name) for name in names)] if names else []


def chosen_words(entry: Entry) -> list[tuple[str, str]]:
    """Return what the person said an entry is for, with the words of the form."""
    found = []
    if name := entry.extra.get(CHOSEN):
        packs = school_packs(entry.school, entry.day)
        titles = {rule.id: rule.title for _programme, pack in packs for rule in pack.obligations}
        found.append((_("算作"), titles.get(name, name)))
    if window := entry.extra.get(MADE_UP):
        found.append((_("补做"), window))
    return found


def _packs(viewer: Viewer) -> list[Pack]:
    return [pack for _programme, pack in school_packs(viewer.school, viewer.day)] if viewer.school else []


def _counting(viewer: Viewer, pack: Pack, kind: str) -> list[Obligation]:
    return [rule for rule in in_force(pack, viewer.day) if rule.evaluable and kind in rule.kinds()]

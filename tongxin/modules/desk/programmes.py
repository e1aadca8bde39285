"""Programmes as cards and figures: how far each has come, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import School
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.obligations.queries import Asked, BoardRow, Counts, ask, board
from tongxin.kernel.programmes.models import PlanMark, Programme
from tongxin.kernel.programmes.queries import PlannedItem, plan_items, school_packs
from tongxin.methods.cadence.pack import Pack
from tongxin.ui.formats import percent_words
from tongxin.ui.worded import said

# Above a school figures under ten could point at somebody.
SMALL_FOR_BUREAU = 10


def total(rows: Sequence[BoardRow]) -> Counts:
    """Return the sum of what may be shown; encouraged rules have no place in coverage."""
    counts = Counts()
    for row in rows:
        if row.counts is not None and row.rule.source.modality != "encouraged":
            counts += row.counts
    return counts


def coverage_words(counts: Counts) -> str:
    if not counts.expected:
        return _("现在还没有要完成的事项")
    values = {
        "percent": percent_words(counts.met, counts.expected),
        "met": counts.met,
        "all": counts.expected,
    }
    return _("完成%(percent)s（%(met)d/%(all)d）") % values


@dataclass(frozen=True)
class Card:
    """A programme in short. title, facts and address for the card list."""

    title: str
    url: str
    facts: list[str]
    text: str


def card(viewer: Viewer, asked: Asked, rows: Sequence[BoardRow]) -> Card:
    programme, counts = asked.programme, total(rows)
    behind = sum(1 for row in rows if row.counts is not None and row.counts.missed)
    late = [item for item in progress(programme, asked.pack, viewer.day) if item.slipped]
    text = _("各项都按时。") if not behind else _("%(n)d项有人没按时完成。") % {"n": behind}
    facts = [coverage_words(counts)]
    if late:
        facts.append(_("计划中有%(n)d件推后") % {"n": len(late)})
    return Card(said(programme.title), reverse("desk:programme", args=[programme.public_id]), facts, text)


def cards(viewer: Viewer) -> list[Card]:
    """Return the school's running programmes as cards."""
    made = []
    for programme, _pack in school_packs(viewer.school, viewer.day) if viewer.school else ():
        asked = ask(programme, viewer.day)
        made.append(card(viewer, asked, board(viewer, asked)))
    return made


@dataclass(frozen=True)
class SchoolLine:
    """A school as its bureau sees it: figures only. counts None: too few to say."""

    name: str
    programme: str
    counts: Counts | None


def schools_of(viewer: Viewer) -> list[SchoolLine]:
    """Return the bureau's schools with the coverage of their programmes; nothing that points at a person."""
    lines = []
    for school in School.objects.filter(parent_id=viewer.school_id).order_by("name"):
        for programme, _pack in school_packs(school, viewer.day):
            asked = ask(programme, viewer.day)
            counts = total(board(viewer, asked))
            lines.append(SchoolLine(school.name, said(programme.title), for_bureau(counts)))
        if not lines or lines[-1].name != school.name:
            lines.append(SchoolLine(school.name, "", None))
    return lines


def for_bureau(counts: Counts) -> Counts | None:
    """Return figures a bureau may see, None when one of them would point at few people."""
    few = any(0 < n < SMALL_FOR_BUREAU for n in (counts.met, counts.missed, counts.open))
    return None if few or counts.expected < SMALL_FOR_BUREAU else counts


@dataclass(frozen=True)
class Progress:
    """An item of the plan with how far it has come.

    state: met | open | missed | not_expected (not begun yet). entries: activities of its kinds in its days; kinds_done: how many of its kinds were done.
    """

    item: PlannedItem
    owner: str
    state: str
    entries: int
    kinds_done: int
    finished_on: date | None
    slipped: int

    @property
    def done(self) -> bool:
        return self.state == "met"

    @property
    def word(self) -> str:
        """The state of an item of the plan, in words of its own: a plan is never "not expected"."""
        words = {
            "met": _("已完成"),
            "open": _("进行中"),
            "missed": _("推后"),
            "not_expected": _("还没开始"),
        }
        return words[self.state]


def progress(programme: Programme, pack: Pack, today: date) -> list[Progress]:
    """Return the plan's items with their state, from what was noted and from the ledger.

    An item is finished when somebody says so, or when the ledger has an activity of each of its kinds in its days.
    Slippage in days: until finished, else until today. Two queries.
    """
    items = plan_items(programme, pack)
    kinds = {kind for item in items for kind in item.kinds}
    days: dict[str, list[date]] = {}
    rows = Entry.objects.current().filter(
        school_id=programme.school_id,
        kind__in=kinds,
        day__gte=programme.first_day - timedelta(days=31),
        day__lte=programme.last_day,
    )
    for kind, day in rows.order_by("day").values_list("kind", "day"):
        days.setdefault(kind, []).append(day)
    owners = {name: post.title for name, post in pack.posts.items()}
    return [_progress(item, owners.get(item.owner, item.owner), days, today) for item in items]


def _progress(item: PlannedItem, owner: str, days: dict[str, list[date]], today: date) -> Progress:
    inside = {kind: [d for d in days.get(kind, []) if d >= item.first_day] for kind in item.kinds}
    entries = sum(1 for found in inside.values() for d in found if d <= item.due)
    kinds_done = sum(1 for found in inside.values() if found)
    finished: date | None = None
    if item.mark is not None and item.mark.state == PlanMark.State.DONE:
        finished = item.mark.day
    elif item.kinds and all(inside.values()):
        finished = max(found[0] for found in inside.values())
    if finished is not None:
        return Progress(item, owner, "met", entries, kinds_done, finished, max((finished - item.due).days, 0))
    if today > item.due:
        return Progress(item, owner, "missed", entries, kinds_done, None, (today - item.due).days)
    begun = kinds_done or entries or item.mark is not None or item.first_day <= today
    return Progress(item, owner, "open" if begun else "not_expected", entries, kinds_done, None, 0)

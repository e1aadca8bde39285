"""What an activity answers: asked where some rule counts only what is about the very entry or event it waits on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Event
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.ledger.queries import visible_entries
from tongxin.kernel.obligations.queries import in_force
from tongxin.kernel.obligations.unrecorded import within_reach
from tongxin.kernel.programmes import queries as programmes
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.cadence.declarations import Kind
from tongxin.methods.cadence.occasions import ENTRY_KIND, EVENT, OwnWindows
from tongxin.methods.cadence.tree import Obligation
from tongxin.ui.formats import plain_day
from tongxin.ui.worded import as_written, titled

from . import kinds, ledger

BACK = timedelta(days=366)
MOST = 30
ON_ENTRY, ON_EVENT = "entry-", "event-"


@dataclass(frozen=True)
class Answerable:
    """An entry or event that an activity may answer. answered: something of the same kind answers it already."""

    value: str
    label: str
    pk: int
    event: bool = False
    answered: bool = False


def awaited(viewer: Viewer, kind: str) -> tuple[set[str], set[str]]:
    """Return (kinds of entries, kinds of events) that an activity of a kind may answer under today's rules."""
    entries: set[str] = set()
    events: set[str] = set()
    for _programme, pack in school_packs(viewer.school, viewer.day) if viewer.school else ():
        for rule in in_force(pack, viewer.day):
            if not rule.evaluable or not _asks_about(rule, kind):
                continue
            if rule.subject.is_activity:
                entries.add(rule.subject.kind)
                continue
            for happening in _happenings(rule):
                if happening.source == ENTRY_KIND:
                    entries.add(happening.event)
                elif happening.source == EVENT:
                    events.add(happening.event)
    return entries, events


def _asks_about(rule: Obligation, kind: str) -> bool:
    return any(item.count.about and kind in item.count.kinds for item in rule.requirements())


def _happenings(rule: Obligation) -> Iterable:
    return (one for period in rule.periods if isinstance(period, OwnWindows) for one in period.happenings())


def answerable(viewer: Viewer, kind: Kind, said: str = "", entry: Entry | None = None) -> list[Answerable]:
    """Return what an activity of a kind may answer and this viewer may see: unanswered ones first, newest first.

    said: what the form or the address names already, offered even if it is old. entry: the one being corrected; what it
    answers now may stay.
    """
    of_entries, of_events = awaited(viewer, kind.name)
    found = _entries(viewer, kind, of_entries, said) if of_entries else []
    found += _events(viewer, kind, of_events, said) if of_events else []
    found.sort(key=lambda pair: pair[0], reverse=True)
    rows = [one for _day, one in found]
    if entry is not None:
        rows = [one for one in rows if one.event or one.pk != entry.pk]
        kept = value_of(entry)
        if kept and kept not in {one.value for one in rows}:
            pk = entry.about_event_id or entry.about_id or 0
            rows.append(Answerable(kept, _("原来针对的那一件"), pk, bool(entry.about_event_id)))
    return sorted(rows, key=lambda one: one.answered)


def _entries(viewer: Viewer, kind: Kind, of: set[str], said: str) -> list[tuple]:
    answers = Entry.objects.filter(about=OuterRef("pk"), kind=kind.name, superseded_at=FOREVER)
    recent = Q(day__gte=viewer.day - BACK) | Q(public_id=said.removeprefix(ON_ENTRY))
    rows = list(
        visible_entries(viewer)
        .filter(recent, superseded_at=FOREVER, kind__in=of)
        .annotate(answered=Exists(answers))
        .order_by("answered", "-day", "-pk")[:MOST]
    )
    words = ledger.words_of(viewer)
    names, sizes = ledger.who_was_there([row.pk for row in rows])
    return [
        (
            (row.day, row.pk),
            Answerable(
                ON_ENTRY + row.public_id,
                _label(
                    viewer, row, words.kind_title(row.kind), ledger.people_words(names[row.pk], sizes[row.pk])
                ),
                row.pk,
                answered=row.answered,
            ),
        )
        for row in rows
    ]


def _label(viewer: Viewer, row: Entry, kind: str, people: str) -> str:
    """A day, a kind and whose it was; of a compartment only the day and the kind, for reading it is put on record."""
    words = [plain_day(row.day, viewer.day), kind]
    if CLASSES.index(row.data_class or "K1") < ledger.COMPARTMENT:
        words += [titled(row.title) if row.title != as_written(kind) else "", people]
    return _said(" ".join(word for word in words if word), row.answered)  # type: ignore[attr-defined]


def _events(viewer: Viewer, kind: Kind, of: set[str], said: str) -> list[tuple]:
    declared = programmes.events(viewer.school, viewer.day) if viewer.school else {}
    found: list[tuple] = []
    for name in sorted(of & declared.keys()):
        answers = Entry.objects.filter(about_event=OuterRef("pk"), kind=kind.name, superseded_at=FOREVER)
        recent = Q(day__gte=viewer.day - BACK) | Q(public_id=said.removeprefix(ON_EVENT))
        rows = (
            Event.objects.current()
            .filter(recent, school=viewer.school, kind=name, retracted=False)
            .filter(subject__in=within_reach(viewer, declared[name]))
            .select_related("subject")
            .annotate(answered=Exists(answers))
            .order_by("answered", "-day", "-pk")[:MOST]
        )
        for row in rows:
            label = f"{plain_day(row.day, viewer.day)} {declared[name].title} {row.subject.name}"
            one = Answerable(ON_EVENT + row.public_id, _said(label, row.answered), row.pk, True, row.answered)
            found.append(((row.day, row.pk), one))
    return found


def _said(label: str, answered: bool) -> str:
    return _("%(what)s（已有答复）") % {"what": label} if answered else label


def value_of(entry: Entry) -> str:
    """Return what an entry answers as the form names it."""
    if entry.about_event is not None:
        return ON_EVENT + entry.about_event.public_id
    return ON_ENTRY + entry.about.public_id if entry.about is not None else ""


@dataclass(frozen=True)
class Tie:
    """One end of an answer as the page of an entry shows it. url: "" where this viewer may not open it."""

    words: str
    url: str = ""


def to_answer(viewer: Viewer, entry: Entry) -> list[Tie]:
    """Return the log forms of whatever some rule awaits about an entry."""
    if not viewer.may("record") or not entry.is_current or entry.school_id != viewer.school_id:
        return []
    awaited_of = {name: awaited(viewer, name)[0] for name in _about_kinds(viewer)}
    found = kinds.loggable(viewer) if awaited_of else {}
    return [
        Tie(
            _("登记%(kind)s") % {"kind": kind.title},
            f"{reverse('desk:record_kind', args=[name])}?{urlencode({'about': ON_ENTRY + entry.public_id})}",
        )
        for name, kind in found.items()
        if entry.kind in awaited_of.get(name, ())
    ]


def _about_kinds(viewer: Viewer) -> set[str]:
    packs = [pack for _programme, pack in school_packs(viewer.school, viewer.day)] if viewer.school else []
    items = (item for pack in packs for rule in in_force(pack, viewer.day) for item in rule.requirements())
    return {kind for item in items if item.count.about for kind in item.count.kinds}


def answered_by(viewer: Viewer, entry: Entry) -> Tie | None:
    """Return what an entry answers, None where it answers nothing; what this viewer may not read is named by its kind."""
    words = ledger.words_of(viewer)
    if entry.about_event is not None:
        event = entry.about_event
        declared = programmes.events(entry.school, viewer.day).get(event.kind)
        if declared is None:
            return Tie(_("一件事"))
        may = within_reach(viewer, declared).filter(pk=event.subject_id).exists()
        return Tie(
            f"{plain_day(event.day, viewer.day)} {declared.title} {event.subject.name}"
            if may
            else declared.title
        )
    if entry.about is None:
        return None
    return _tie(viewer, entry.about, words)


def answers_to(viewer: Viewer, entry: Entry) -> list[Tie]:
    """Return what answers an entry now, newest first."""
    words = ledger.words_of(viewer)
    rows = Entry.objects.filter(about=entry, superseded_at=FOREVER).order_by("-day", "-pk")[:MOST]
    return [_tie(viewer, row, words) for row in rows]


def _tie(viewer: Viewer, entry: Entry, words: ledger.Words) -> Tie:
    kind = words.kind_title(entry.kind)
    if not visible_entries(viewer).filter(pk=entry.pk).exists():
        return Tie(kind)
    return Tie(f"{plain_day(entry.day, viewer.day)} {kind}", reverse("desk:entry", args=[entry.public_id]))

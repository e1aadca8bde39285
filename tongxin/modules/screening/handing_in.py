"""Handing a whole paper in: everything that comes in at the same moment is read, scored and written together.

A class that hands in costs a few queries and a few inserts, not each of its papers; one commit acknowledges them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base import group_commit, rows
from tongxin.ui import prepared

from . import papers, seats, signals
from .instruments import ready
from .layout import Sheet, sheets
from .models import Page, Paper, Result, SittingForm
from .papers import Answers, Refused, Seat
from .seats import Ticket

Whole = Mapping[int, Answers]  # {SittingForm id: {item: code or words}}


@dataclass(frozen=True)
class HandedIn:
    """A paper that is handed in. called: an answer asks for somebody at once; the next page then shows help."""

    paper: Paper
    called: bool


@dataclass(frozen=True)
class Given:
    """A paper as it comes in. find: given the paper's pages, its answers, or None where they are not all there."""

    ticket: Ticket
    find: Callable[[Sequence[Sheet]], Whole | None]
    seconds: int


def hand_in(
    ticket: Ticket, find: Callable[[Sequence[Sheet]], Whole | None], *, seconds: int = 0
) -> HandedIn | None:
    """Take a whole paper at once: begun, kept, scored and handed in together or not at all. Raises Refused.

    Returns None, and does nothing, where `find` does. What was kept before and is not named stays. A paper handed in twice
    is one paper: the second time changes nothing.
    """
    return group_commit.together(_hand_in_each, Given(ticket, find, seconds))


@dataclass(frozen=True)
class _Taken:
    """A paper as it will be written. at: its place among those that came together."""

    at: int
    paper: Paper
    pages: list[Page]
    results: list[Result]
    found: list[signals.Found]


def _hand_in_each(given: Sequence[Given]) -> list[HandedIn | Refused | None]:
    now = timezone.now()
    told: list[HandedIn | Refused | None] = [None] * len(given)
    first: dict[Ticket, int] = {}
    for at, one in enumerate(given):
        first.setdefault(one.ticket, at)
    begun = _begun(list(first))
    open_: dict[int, Seat] = {}
    for ticket, at in first.items():
        paper = begun.get(ticket)
        if paper is not None and paper.finished_at is not None:
            told[at] = HandedIn(paper, signals.called_for(paper))
            continue
        try:
            open_[at] = seats.at(ticket) if paper is None else seats.seat_at(paper)
        except Refused as refused:
            told[at] = refused
    kept_before = _with_pages([paper for paper in begun.values() if paper.finished_at is None])
    taken, laid, day = [], {}, timezone.localtime(now).date()
    for (at, seat), asked in zip(open_.items(), papers.may_sit_each(list(open_.values()), now), strict=True):
        one = given[at]
        paper_kind = (seat.sitting.pk, seat.form)
        if paper_kind not in laid:
            laid[paper_kind] = sheets(seat.sitting, seat.form)
        whole = one.find(laid[paper_kind])
        if whole is None:
            continue
        try:
            if isinstance(asked, Refused):
                raise asked
            taken.append(_taken(at, one, seat, begun.get(one.ticket), asked, whole, now, day, kept_before))
        except Refused as refused:
            told[at] = refused
    _write(taken, now)
    for made in taken:
        told[made.at] = HandedIn(made.paper, any(each.urgent for each in made.found))
    # Sent twice at the same moment: the second time finds what the first has just written.
    again = [at for at, one in enumerate(given) if first[one.ticket] != at]
    if again:
        for at, outcome in zip(again, _hand_in_each([given[at] for at in again]), strict=True):
            told[at] = outcome
    return told


def _begun(tickets: list[Ticket]) -> dict[Ticket, Paper]:
    """Return the newest papers of tickets as they are now; nobody else writes to them until this transaction ends."""
    found = seats.papers_at(tickets)
    # On SQLite whoever is inside a transaction is the only one who writes.
    if found and connection.features.has_select_for_update:
        keys = [paper.pk for paper in found.values()]
        list(Paper.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
        found = seats.papers_at(tickets)
    return found


def _with_pages(begun: Sequence[Paper]) -> set[int]:
    """Return which papers have pages kept before, by ids."""
    keys = [paper.pk for paper in begun]
    return {pk for (pk,) in prepared.rows("have pages", _have_pages, {"papers": keys})} if keys else set()


def _have_pages(at):
    return Page.objects.current().filter(paper_id__in=at["papers"]).values_list("paper_id")


def _taken(
    at: int, given: Given, seat: Seat, begun: Paper | None, asked: Sequence[SittingForm], whole: Whole, now: datetime,
    day: date, kept_before: set[int],
) -> _Taken:  # fmt: skip
    """Return a paper ready to be written. Raises Refused before anything of it is."""
    forms = {form.pk: form for form in asked}
    if whole.keys() - forms.keys():
        raise Refused("foreign", _("这一页不是这份问卷的。请刷新页面。"))
    read = {}
    for pk, answers in whole.items():
        made = ready(forms[pk].text)
        read[pk] = papers.read_answers(made, made.instrument.items, answers)
    before: dict[int, dict[str, Any]] = {}
    if begun is not None and begun.pk in kept_before:
        for page in papers.pages_of(begun):
            before.setdefault(page.answers["form"], {}).update(page.answers["items"])
    items = {pk: papers.merged(before.get(pk, {}), read.get(pk, {})) for pk in forms}
    if not any(items.values()):
        raise Refused("empty", _("一题都还没有填。想停下来，可以直接离开。"))
    paper = begun or _begin(seat, given.seconds, now)
    if before:
        papers.supersede_pages(paper, now)
    seconds = min(max(given.seconds, 0), papers.MOST_SECONDS)
    pages = [
        papers.new_page(paper, number, now, {"form": pk, "items": said, "seconds": seconds}, day)
        for number, (pk, said) in enumerate(items.items(), 1)
        if said
    ]
    return _Taken(at, paper, pages, *papers.scored(paper, pages, asked, now, day))


def _begin(seat: Seat, seconds: int, now: datetime) -> Paper:
    """Begin a paper as long ago as it was looked at."""
    paper = rows.new(
        Paper, school_id=seat.sitting.school_id, sitting_id=seat.sitting.pk, student_id=seat.student.pk,
        form=str(seat.form), respondent_id=seat.who.pk, started_at=now - timedelta(seconds=seconds),
    )  # fmt: skip
    rows.insert(paper)
    prepared.tie(paper, sitting=seat.sitting, student=seat.student, respondent=seat.who)
    return paper


def _write(taken: Sequence[_Taken], now: datetime) -> None:
    """Write papers that are taken: each table at once, then their signals and audit rows."""
    for one in taken:
        one.paper.finished_at = now
    rows.insert_each([page for one in taken for page in one.pages])
    rows.update_each([one.paper for one in taken], "finished_at")
    rows.insert_each([result for one in taken for result in one.results])
    for one in taken:
        signals.raise_from(one.paper, one.found, now)
    schools: dict[int, list[tuple[str, str, dict]]] = {}
    for one in taken:
        about = ("paper", str(one.paper.pk), {"form": one.paper.form, "whole": True})
        schools.setdefault(one.paper.school_id, []).append(about)
    for school, about_each in schools.items():
        audit.write_each(None, "screening.paper_finished", about_each, school_id=school)

"""Where somebody is in a paper: which questions are asked, which are blank, which page comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tongxin.kernel.access.reading import opened_at_seat
from tongxin.methods.psychometrics.instrument import Item
from tongxin.ui import prepared

from .layout import SHOWN_ONLY, Sheet, path_of, sheets, shown
from .models import Page, Paper
from .papers import Seat

Given = Mapping[int, Mapping[str, int | str]]


@dataclass(frozen=True)
class Walk:
    """A paper with what was answered so far. given: {SittingForm id: {item: place | words}}; kept: pages looked at;
    shown: {SittingForm id: items of a bank that were asked}."""

    laid: Sequence[Sheet]
    given: Given
    kept: frozenset[int]
    shown: Mapping[int, frozenset[str]] = field(default_factory=dict)

    @cached_property
    def _paths(self) -> dict[int, list[str]]:
        """The items of each bank in the order in which they are asked."""
        banks = {sheet.form.pk: sheet for sheet in self.laid if sheet.step is not None}
        return {
            pk: path_of(sheet, self.answered(sheet), self.shown.get(pk, frozenset()))
            for pk, sheet in banks.items()
        }

    def answered(self, sheet: Sheet) -> Mapping[str, int | str]:
        return self.given.get(sheet.form.pk, {})

    def asked(self, sheet: Sheet) -> list[Item]:
        """Return what is asked on a page as things stand."""
        path = self._paths.get(sheet.form.pk, ())
        return [item for item in shown(sheet, self.answered(sheet), path) if item.kind != "computed"]

    def blank(self, sheet: Sheet) -> list[Item]:
        """Return what is asked there, wants an answer and has none."""
        answered = self.answered(sheet)
        return [
            item
            for item in self.asked(sheet)
            if item.id not in answered and item.kind not in SHOWN_ONLY and _wants(sheet, item)
        ]

    def blanks(self) -> list[Sheet]:
        return [sheet for sheet in self.laid if self.blank(sheet)]

    def after(self, number: int) -> Sheet | None:
        """Return the next page on which something is asked."""
        return next((sheet for sheet in self.laid if sheet.number > number and self.asked(sheet)), None)

    def before(self, number: int) -> Sheet | None:
        return next(
            (sheet for sheet in reversed(self.laid) if sheet.number < number and self.asked(sheet)), None
        )

    def first_open(self) -> Sheet | None:
        """Return the first page that was not looked at yet or has blanks; None when all is filled in."""
        return next(
            (
                sheet
                for sheet in self.laid
                if self.asked(sheet) and (self.blank(sheet) or sheet.number not in self.kept)
            ),
            None,
        )


def _wants(sheet: Sheet, item: Item) -> bool:
    """Say whether an answer is missed when it is not there: required, or counted in a scale."""
    instrument = sheet.instrument
    return item.required or (instrument.is_scored(item) and item.id not in instrument.unscored)


def walk(seat: Seat, paper: Paper) -> Walk:
    """Return how far a paper is; what was written on it is opened for whoever sits there, with the audit row."""
    rows = prepared.instances(Page, "of a paper", _pages_of, {"paper": paper.pk})
    given: dict[int, dict[str, int | str]] = {}
    asked: dict[int, frozenset[str]] = {}
    kept = set()
    for row in opened_at_seat(seat.who, seat.student, rows):
        given.setdefault(row.answers["form"], {}).update(row.answers["items"])
        form = row.answers["form"]
        asked[form] = asked.get(form, frozenset()) | set(row.answers.get("asked", ()))
        kept.add(row.number)
    return Walk(sheets(paper.sitting, paper.form), given, frozenset(kept), asked)


def _pages_of(at):
    return Page.objects.current().filter(paper_id=at["paper"]).order_by("number")

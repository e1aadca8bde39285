"""The condition that something happened to the subject not long ago."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .conditions import Condition
from .facts import ENTRY, View
from .occasions import Happening

if TYPE_CHECKING:
    from .words import Speaker

FAR = dt.date.max - dt.timedelta(days=20_000)


@dataclass(frozen=True)
class Happened(Condition):
    """Something happened to the subject itself on the day or in the `days` days before it, and was not taken back."""

    happening: Happening
    days: int

    def holds(self, view: View, subject: str, day: dt.date) -> bool | None:
        first = day.toordinal() - self.days
        return any(first <= one.toordinal() <= day.toordinal() for one in self._days(view, subject))

    def change_days(self, view: View, subject: str) -> Iterator[dt.date]:
        for day in self._days(view, subject):
            yield day
            yield day + dt.timedelta(days=self.days + 1)

    def _days(self, view: View, subject: str) -> list[dt.date]:
        if subject.startswith(ENTRY):
            return []
        found = self.happening.occasions(view, subject, FAR)
        return [one.day for one in found if not one.retracted]

    def words(self, say: Speaker) -> str:
        what = self.happening.words(say)
        return say(f"{self.days}天内有过{what}", f"{what} was in the last {self.days} days")

    def sql(self, builder: Any) -> Any:
        return builder.happened(self)

"""A year of the vocational school under 三平台五融通: what was done, by whom, and what was left undone."""

from __future__ import annotations

from .platforms_autumn import Autumn
from .platforms_spring import Spring
from .platforms_terms import Terms
from .population import Populated


class YearOfPlatforms(Spring, Autumn, Terms):
    def tell(self) -> None:
        for year in self.calendar_years:
            self._preparation(year)
            self._march(year)
            self._april(year)
            self._may(year)
            self._bases(year)
            self._summer(year)
            self._autumn(year)
            self._running(year)
        for term in self.days.terms():
            if term.last >= self.started:
                self._term(term)
        for year in range(self.started.year, self.out.year + 1):
            self._school_year(year)


def tell(out: Populated, **known) -> YearOfPlatforms:
    story = YearOfPlatforms(out, known["ledger"], known["days"], known["started"])
    story.calendar_years = known["calendar_years"]
    story.tell()
    return story

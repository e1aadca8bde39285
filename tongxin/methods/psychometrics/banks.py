"""An instrument's item bank at work: what to ask next, and the score of what was answered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from .adaptive import Stop, next_item
from .conditions import items_in
from .instrument import Instrument, ItemBank
from .response_models import Bank, ItemParameters


@dataclass(frozen=True)
class BankScore:
    """What the answered items of a bank come to. score: mean + sd × θ as the bank tells it; error: θ's standard error;
    asked: how many items it rests on."""

    theta: float
    error: float
    score: float
    asked: int


class BankScorer:
    """Works with the bank of one instrument. Answers are places in the answer sets, as papers hold them."""

    def __init__(self, instrument: Instrument) -> None:
        if instrument.bank is None:
            raise ValueError(f"{instrument.id} has no bank")
        self.definition: ItemBank = instrument.bank
        self.bank = Bank(
            self.definition.model,
            tuple(
                ItemParameters(one.item, float(one.discrimination), tuple(map(float, one.thresholds)))
                for one in self.definition.items
            ),
        )
        self._ranks = {one.item: _ranks(instrument, one.item) for one in self.definition.items}
        critical = {name for rule in instrument.critical for name in items_in(rule.when)}
        self.always = tuple(
            name for name in self._ranks if name in critical or name in self.definition.always
        )
        self.stop = Stop(float(self.definition.error), self.definition.least, self.definition.most)

    def answers(self, places: Mapping[str, int]) -> dict[str, int]:
        """Answers of the bank's items as its model counts them: 0 for the one that scores least."""
        return {name: self._ranks[name][place] for name, place in places.items() if name in self._ranks}

    def next(self, places: Mapping[str, int], sitting: str = "", skipped: Collection[str] = ()) -> str | None:
        """The item to ask now, None when it is exact enough or long enough."""
        return next_item(self.bank, self.answers(places), self.stop, sitting, skipped, self.always)

    def path(self, places: Mapping[str, int], sitting: str = "", skipped: Collection[str] = ()) -> list[str]:
        """The items in the order in which they were and will be asked, the one to ask now at the end."""
        walked: list[str] = []
        known: dict[str, int] = {}
        passed: set[str] = set()
        while (name := self.next(known, sitting, passed)) is not None:
            walked.append(name)
            if name in places:
                known[name] = places[name]
            elif name in skipped:
                passed.add(name)
            else:
                break
        return walked

    def score(self, places: Mapping[str, int]) -> BankScore | None:
        """None where no item of the bank was answered."""
        answers = self.answers(places)
        if not answers:
            return None
        found = self.bank.estimate(answers)
        told = float(self.definition.mean) + float(self.definition.sd) * found.theta
        return BankScore(found.theta, found.error, round(told, self.definition.digits), len(answers))


def _ranks(instrument: Instrument, name: str) -> list[int]:
    """The rank of each option by what it scores, reversal done."""
    item = instrument.item_by_id[name]
    values = list(instrument.answers_by_id[item.answers].values)
    order = sorted(set(values), reverse=name in instrument.reverse)
    return [order.index(value) for value in values]

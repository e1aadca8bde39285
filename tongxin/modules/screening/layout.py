"""How the instruments of a sitting are laid out on pages for one kind of respondent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import batched

from tongxin.methods.psychometrics.conditions import Seen
from tongxin.methods.psychometrics.instrument import Instrument, Item

from .instruments import Ready, ready
from .models import Sitting, SittingForm

SHOWN_ONLY = ("display", "computed")


@dataclass(frozen=True)
class Sheet:
    """One page. number: counted from 1 over all instruments; of: how many there are; first: the instrument begins here."""

    number: int
    of: int
    form: SittingForm
    ready: Ready
    items: tuple[Item, ...]
    first: bool

    @property
    def instrument(self) -> Instrument:
        return self.ready.instrument

    @property
    def asked(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.kind not in SHOWN_ONLY)


def forms(sitting: Sitting, form: str) -> list[SittingForm]:
    """Return the instruments one kind of respondent fills in, in order; their texts are read when first needed."""
    found = (
        sitting.forms.filter(form=form).select_related("text").defer("text__text").order_by("number", "pk")
    )
    return list(found)


def sheets(sitting: Sitting, form: str) -> list[Sheet]:
    """Return the pages of a respondent's paper."""
    parts = [
        (one, ready(one.text), page, at == 0)
        for one in forms(sitting, form)
        for at, page in _pages(one, sitting)
    ]
    return [
        Sheet(number, len(parts), one, made, page, first)
        for number, (one, made, page, first) in enumerate(parts, 1)
    ]


def _pages(form: SittingForm, sitting: Sitting) -> Iterator[tuple[int, tuple[Item, ...]]]:
    return enumerate(batched(ready(form.text).instrument.items, max(sitting.per_page, 1)))


def shown(sheet: Sheet, answered: Mapping[str, int | str]) -> list[Item]:
    """Return the items of a page that are asked, given what was answered so far ({item: place | words})."""
    instrument = sheet.instrument
    values = values_of(instrument, answered)
    written = {item: said for item, said in answered.items() if isinstance(said, str)}
    seen = Seen(values, {}, 0, written)
    return [item for item in sheet.items if item.show_if is None or item.show_if.holds(seen)]


def values_of(instrument: Instrument, answered: Mapping[str, int | str]) -> dict[str, int]:
    """Return the values of the chosen options, by item, before reversal."""
    found = {}
    for name, place in answered.items():
        item = instrument.item_by_id.get(name)
        if item is not None and isinstance(place, int) and instrument.is_scored(item):
            found[name] = instrument.answers_by_id[item.answers].values[place]
    return found

"""How the instruments of a sitting are laid out on pages for one kind of respondent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import batched

from django.db import connection

from tongxin.methods.psychometrics.conditions import Seen
from tongxin.methods.psychometrics.instrument import Instrument, Item
from tongxin.ui import prepared

from .instruments import Ready, ready
from .models import InstrumentText, Sitting, SittingForm

SHOWN_ONLY = ("display", "computed")


@dataclass(frozen=True)
class Sheet:
    """One page. number: counted from 1 over all instruments; of: how many there are; first: the instrument begins here.

    step: on a page of an item bank, which of the chosen items it asks, counted from 0; `items` are then all it may choose
    from, and the paper may end before `of`.
    """

    number: int
    of: int
    form: SittingForm
    ready: Ready
    items: tuple[Item, ...]
    first: bool
    step: int | None = None

    @property
    def instrument(self) -> Instrument:
        return self.ready.instrument

    @property
    def asked(self) -> tuple[Item, ...]:
        return tuple(item for item in self.items if item.kind not in SHOWN_ONLY)

    @cached_property
    def asked_ids(self) -> tuple[str, ...]:
        return tuple(item.id for item in self.asked)


# What a sitting asks, by its rows as they lie in the database: another row is another entry. Only to be read.
_forms: dict[Hashable, list[SittingForm]] = {}
_sheets: dict[Hashable, list[Sheet]] = {}
MOST_KEPT = 200
OF_FORM = [f.attname for f in SittingForm._meta.concrete_fields]  # in their own order: `from_db` goes by it
OF_TEXT = [f"text__{f.attname}" for f in InstrumentText._meta.concrete_fields if f.attname != "text"]


def forms(sitting: Sitting, form: str) -> list[SittingForm]:
    """Return the instruments one kind of respondent fills in, in order; their texts are read when first needed."""
    rows = _rows(sitting, form)
    return list(_remembered(_forms, rows, lambda: [_made(row) for row in rows]))


def sheets(sitting: Sitting, form: str) -> list[Sheet]:
    """Return the pages of a respondent's paper."""
    rows, per_page = _rows(sitting, form), max(sitting.per_page, 1)
    found = _remembered(_forms, rows, lambda: [_made(row) for row in rows])
    return list(_remembered(_sheets, (rows, per_page), lambda: _laid(found, per_page)))


def _rows(sitting: Sitting, form: str) -> tuple[tuple, ...]:
    values: dict[str, prepared.Value] = {"sitting": sitting.pk, "form": str(form)}
    return tuple(prepared.rows("forms of a sitting", _forms_of, values))


def _forms_of(at):
    found = SittingForm.objects.filter(sitting_id=at["sitting"], form=at["form"])
    return found.order_by("number", "pk").values_list(*OF_FORM, *OF_TEXT)


def _made(row: Sequence) -> SittingForm:
    form = SittingForm.from_db(connection.alias, OF_FORM, row[: len(OF_FORM)])
    names = [name.removeprefix("text__") for name in OF_TEXT]
    form.text = InstrumentText.from_db(connection.alias, names, row[len(OF_FORM) :])
    return form


def _remembered[Kept](
    store: dict[Hashable, list[Kept]], key: Hashable, make: Callable[[], list[Kept]]
) -> list[Kept]:
    found = store.get(key)
    if found is None:
        found = make()
        if len(store) >= MOST_KEPT:
            store.clear()
        store[key] = found
    return found


def _laid(found: Sequence[SittingForm], per_page: int) -> list[Sheet]:
    parts = [
        (one, made, page, at == 0, step)
        for one in found
        for made in (ready(one.text),)
        for at, (page, step) in enumerate(_pages(made, per_page))
    ]
    return [
        Sheet(number, len(parts), one, made, page, first, step)
        for number, (one, made, page, first, step) in enumerate(parts, 1)
    ]


def _pages(made: Ready, per_page: int) -> Iterator[tuple[tuple[Item, ...], int | None]]:
    """Yield (items, step) of the pages of an instrument: the ordinary ones, then one for each item a bank may ask."""
    bank = made.scorer.bank
    banked = {one.item for one in bank.definition.items} if bank else set()
    for page in batched([item for item in made.instrument.items if item.id not in banked], per_page):
        yield page, None
    if bank is not None:
        of_bank = tuple(item for item in made.instrument.items if item.id in banked)
        for step in range(min(bank.stop.most, len(of_bank))):
            yield of_bank, step


def shown(sheet: Sheet, answered: Mapping[str, int | str], path: Sequence[str] = ()) -> list[Item]:
    """Return the items of a page that are asked, given what was answered so far ({item: place | words}).

    path: of a page of an item bank, what is asked there in which order (`path_of`).
    """
    instrument = sheet.instrument
    if sheet.step is not None:
        return [instrument.item_by_id[name] for name in path[sheet.step : sheet.step + 1]]
    values = values_of(instrument, answered)
    written = {item: said for item, said in answered.items() if isinstance(said, str)}
    seen = Seen(values, {}, 0, written)
    return [item for item in sheet.items if item.show_if is None or item.show_if.holds(seen)]


def path_of(sheet: Sheet, answered: Mapping[str, int | str], asked: Collection[str]) -> list[str]:
    """Return the items of a bank in the order in which they are asked, the next one last. asked: those that were shown."""
    bank = sheet.ready.scorer.bank
    if bank is None:
        return []
    places = {name: said for name, said in answered.items() if isinstance(said, int)}
    return bank.path(places, skipped=set(asked) - set(places))


def values_of(instrument: Instrument, answered: Mapping[str, int | str]) -> dict[str, int]:
    """Return the values of the chosen options, by item, before reversal."""
    found = {}
    for name, place in answered.items():
        item = instrument.item_by_id.get(name)
        if item is not None and isinstance(place, int) and instrument.is_scored(item):
            found[name] = instrument.answers_by_id[item.answers].values[place]
    return found

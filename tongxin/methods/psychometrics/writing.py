"""Write an instrument as the mapping its file holds: reading that again gives the same instrument."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import yaml

from .instrument import (
    CHOICE,
    AnswerSet,
    Band,
    BandTable,
    Component,
    Golden,
    Group,
    Instrument,
    Item,
    ItemBank,
    Licence,
    MissingRule,
    Norm,
    Option,
    Person,
    Rule,
    Scale,
    Text,
)
from .reading import Span

Plain = dict[str, Any]


def as_yaml(instrument: Instrument) -> str:
    """The whole file."""
    return yaml.safe_dump(as_dict(instrument), allow_unicode=True, sort_keys=False, width=110)


def as_dict(instrument: Instrument, short_items: bool = True) -> Plain:
    """Plain lists, mappings, texts and numbers. short_items: numbered items without words are told by their number."""
    words = _Words(instrument.language)
    ids = [item.id for item in instrument.items]
    whole: Plain = {
        "instrument": instrument.id,
        "title": words(instrument.title),
        "version": instrument.version,
        "language": instrument.language,
        "short": instrument.short,
        "about": words(instrument.about),
        "instructions": words(instrument.instructions),
        "minutes": instrument.minutes,
        "forms": list(instrument.forms),
        "ages": _span(instrument.ages),
        "grades": _span(instrument.grades),
        "licence": _licence(instrument.licence),
        "citation": instrument.citation,
        "sources": [_some(vars(source)) for source in instrument.sources],
        "sections": [
            _some(
                {"id": s.id, "text": words(s.text), "parent": s.parent, "note": words(s.note), "many": s.many}
            )
            for s in instrument.sections
        ],
        "answers": {known.id: _answers(known, words) for known in instrument.answers},
        "items": _items(instrument, words, short_items),
        "reverse": item_list(instrument.reverse, ids),
        "unscored": item_list(instrument.unscored, ids),
        "partition": list(instrument.partition),
        "scales": [_scale(scale, ids, words) for scale in instrument.scales],
        "validity": [_rule(rule, words) for rule in instrument.validity],
        "critical": [_rule(rule, words) for rule in instrument.critical],
        "patterns": [_rule(rule, words) for rule in instrument.patterns],
        "norms": [_norm(norm, words) for norm in instrument.norms],
        "bank": _bank(instrument.bank, ids, words),
        "golden": [_golden(golden) for golden in instrument.golden],
    }
    return _some(whole) | {"items": whole["items"]}


class _Words:
    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, text: Text) -> str | Plain:
        if not text.said:
            return ""
        return text.said[0][1] if text.said == ((self.language, str(text)),) else dict(text.said)


def _some(row: Any) -> Plain:
    """Without what is empty, false or nothing; 0 stays."""
    return {
        key: value
        for key, value in row.items()
        if value is not None and value is not False and value not in ("", [], {})
    }


def number(value: Fraction | int) -> int | float | str:
    """As the file writes a number; thirds as "1/3"."""
    value = Fraction(value)
    if value.denominator == 1:
        return value.numerator
    decimal = f"{float(value):.6f}".rstrip("0")
    return float(decimal) if Fraction(decimal) == value else f"{value.numerator}/{value.denominator}"


def _span(span: Span) -> str | int | None:
    low, high = span
    if low is None and high is None:
        return None
    return low if low == high else f"{'' if low is None else low}-{'' if high is None else high}"


def item_list(items: Iterable[str], order: Sequence[str]) -> list[str | int]:
    """Ids with runs of numbers as "4-8"."""
    place = {name: index for index, name in enumerate(order)}
    runs: list[list[str]] = []
    for name in items:
        last = runs[-1][-1] if runs else ""
        if _counts(name) and _counts(last) and place.get(name, -9) == place.get(last, -7) + 1:
            runs[-1].append(name)
        else:
            runs.append([name])
    found: list[str | int] = []
    for run in runs:
        if len(run) > 2:
            found.append(f"{run[0]}-{run[-1]}")
        else:
            found += [int(name) if _counts(name) else name for name in run]
    return found


def _counts(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) < 5 and str(int(name)) == name


def _id(name: str) -> str | int:
    return int(name) if _counts(name) else name


def _licence(licence: Licence) -> Plain:
    return _some(vars(licence))


def _answers(known: AnswerSet, words: _Words) -> Plain:
    codings = {
        coding.id: {"codes": list(coding.codes), "blank": list(coding.blank)}
        if coding.blank
        else list(coding.codes)
        for coding in known.codings
    }
    return _some({"options": [_option(option, words) for option in known.options], "codings": codings,
                  "blank": list(known.blank)})  # fmt: skip


def _option(option: Option, words: _Words) -> Plain:
    code = "" if option.value is not None and option.code == str(option.value) else option.code
    return _some({"code": code, "value": option.value, "text": words(option.text), "system": option.system})


def _items(instrument: Instrument, words: _Words, short: bool) -> int | list[Plain]:
    first = instrument.answers[0].id if instrument.answers else ""
    keyed = [Item(str(n), answers=first, required=True) for n in range(1, len(instrument.items) + 1)]
    if short and list(instrument.items) == keyed and keyed:
        return len(keyed)
    return [_item(item, first, words) for item in instrument.items]


def _item(item: Item, first: str, words: _Words) -> Plain:
    asks = item.kind in (CHOICE, "open_choice")
    row = _some(
        {
            "id": _id(item.id),
            "text": words(item.text),
            "kind": "" if item.kind == CHOICE else item.kind,
            "answers": "" if asks and item.answers == first else item.answers,
            "required": item.required if not asks else False,
            "section": item.section,
            "show_if": item.show_if.as_dict() if item.show_if else None,
            "note": words(item.note),
            "many": item.many,
            "flag": item.flag,
            "format": item.format,
            "low": item.low,
            "high": item.high,
            "labels": list(item.labels),
            "formula": {"language": item.formula[0], "text": item.formula[1]} if item.formula else None,
            "codes": [{"system": system, "code": code} for system, code in item.codes],
        }
    )
    if asks and not item.required:
        row["required"] = False
    return row


def _component(component: Component, ids: Sequence[str]) -> Any:
    return {component.how: item_list(component.items, ids)}


def _scale(scale: Scale, ids: Sequence[str], words: _Words) -> Plain:
    items: list[Any] = []
    single: list[str] = []
    for component in (*scale.components, None):
        if component is not None and component.how == "item":
            single += component.items
            continue
        items += item_list(single, ids)
        single = []
        if component is not None:
            items.append(_component(component, ids))
    row = {
        "id": scale.id,
        "title": words(scale.title),
        "items": items,
        "of": list(scale.of),
        "method": "" if scale.method == "sum" else scale.method,
        "counted_from": None if scale.counted_from == 1 else scale.counted_from,
        "multiply": None if scale.multiply == 1 else number(scale.multiply),
        "plus": None if scale.plus == 0 else number(scale.plus),
        "digits": scale.digits,
        "missing": _missing(scale.missing),
        "bands": _tables(scale.tables, words),
    }
    return _some(row)


def _missing(missing: MissingRule) -> Any:
    if missing == MissingRule():
        return None
    return {"rule": missing.rule, "at_most": missing.at_most}


def _tables(tables: tuple[BandTable, ...], words: _Words) -> list[Any]:
    if len(tables) == 1 and tables[0].group.everyone:
        return [_band(band, words) for band in tables[0].bands]
    return [
        _some({"for": _group(table.group), "cuts": [_band(band, words) for band in table.bands]})
        for table in tables
    ]


def _band(band: Band, words: _Words) -> Plain:
    row = {"id": band.id, "title": words(band.title), "rank": band.rank,
           "from": None if band.low is None else number(band.low)}  # fmt: skip
    if band.high is not None:
        row["below" if band.below else "to"] = number(band.high)
    return _some(row | {"signal": band.signal})


def _group(group: Group) -> Plain:
    return _some({"form": list(group.forms), "sex": list(group.sexes), "ages": _span(group.ages),
                  "grades": _span(group.grades)})  # fmt: skip


def _rule(rule: Rule, words: _Words) -> Plain:
    return _some({"id": rule.id, "title": words(rule.title), "level": rule.level, "rank": rule.rank or None,
                  "when": rule.when.as_dict()})  # fmt: skip


def _norm(norm: Norm, words: _Words) -> Plain:
    scales = {
        row.scale: {
            key: number(value) for key, value in (("mean", row.mean), ("sd", row.sd)) if value is not None
        }
        | ({"points": [[number(score), number(rank)] for score, rank in row.points]} if row.points else {})
        for row in norm.rows
    }
    return _some({"id": norm.id, "title": words(norm.title), "source": norm.source, "year": norm.year, "n": norm.n,
                  "for": _group(norm.group)}) | {"scales": scales}  # fmt: skip


def _bank(bank: ItemBank | None, ids: Sequence[str], words: _Words) -> Plain | None:
    if bank is None:
        return None
    told = {
        "id": bank.id, "title": words(bank.title), "model": bank.model, "source": bank.source, "year": bank.year,
        "always": item_list(bank.always, ids), "bands": _tables(bank.tables, words),
    }  # fmt: skip
    return _some(told) | {
        "score": {"mean": number(bank.mean), "sd": number(bank.sd), "digits": bank.digits},
        "stop": {"error": number(bank.error), "least": bank.least, "most": bank.most},
        "parameters": {
            one.item: {"a": number(one.discrimination), "b": [number(edge) for edge in one.thresholds]}
            for one in bank.items
        },
    }


def _golden(golden: Golden) -> Plain:
    person: Person = golden.person
    row = _some(
        {
            "name": golden.name,
            "coding": "" if golden.coding == "own" else golden.coding,
            "person": _some(vars(person)),
            "answers": dict(golden.answers),
            "scores": {key: None if value is None else number(value) for key, value in golden.scores},
            "bands": dict(golden.bands),
            "valid": golden.valid,
            "source": golden.source,
        }
    )
    for key in ("critical", "patterns"):
        value = getattr(golden, key)
        if value is not None:
            row[key] = list(value)
    return row

"""An obligation as a sentence with slots: what a person fills in without seeing YAML, and what the pack then says.

`slots_of` takes the plain written form of an obligation apart into flat texts and lists; whatever is written in a way
that has no slot stays in `kept` and comes back untouched. `written` puts both together again: reading the result gives
the same rule. What each slot may hold is in `slot_choices`.
"""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from typing import Any

from .reading import number_of, text_of
from .slots_conditions import FAILS, HOLDS, Condition, rows_of, typed, where_of
from .slots_effects import Effect, effects, read_effects
from .slots_further import Band, Item, Step, further, read_further, read_table, table
from .slots_periods import KEPT, PARTS, TEACHING_MONTH, WINDOW_WORDS, Period, read_windows, windows

SIMPLE_BOUNDS = ("at_least", "at_most", "exactly")
OPERATORS = ("is", "not", "at_least", "at_most")
ONE_OF, PART_OF = "one_of", "part_of"  # only these numbers are right; at least a part of a figure
FRACTION, ON_DAYS = "fraction_of", ("every_day", "any_day")
ASKED = "asked"  # the bound whose number a post of the school fills in
BANDED = "banded"  # the bound whose number follows from a post or an attribute
# What is measured without counting activities, and what is a share of a set.
STANDING_MEASURES, SHARE = ("links", "state", "days_in"), "share"


@dataclass
class Slots:
    """Everything a person may fill in. subject: as spelled ("student", "activity:visit", "pair:mentor_of").

    measure: "times", "sum:hours", "distinct:theme" …, "" = what the rule would take anyhow; bound: at_least | at_most |
    exactly | between | one_of | part_of | KEPT. number: as typed, several under one_of; of: the figure whose part it is.
    fraction_of: the rule whose minimum is taken, links_too: what is held counts together with the measure's link, on: one
    of ON_DAYS. period, more_periods: the windows, all of which hold.
    joined: all | any. by_who: "post:NAME", "member", "self" or "". remind: days, as typed. asked: the post that fills in
    the number, where bound is ASKED. listed: all_of | any_of, items: a checklist in place of what is counted.
    by, bands, otherwise: the table of numbers, where bound is BANDED. about: event | self, what the activity answers.
    tightens: names of the rules above. exempt: who owes nothing. blocks: the post nobody gets before it is met.
    """

    id: str = ""
    title: str = ""
    subject: str = "student"
    tests: list[Condition] = field(default_factory=list)
    joined: str = "all"
    bearer: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    part: str = ""
    only: list[tuple[str, str]] = field(default_factory=list)
    by_part: str = ""
    by_who: str = ""
    measure: str = "times"
    bound: str = "at_least"
    number: str = "1"
    number_to: str = ""
    period: Period = field(default_factory=Period)
    evidence: list[str] = field(default_factory=list)
    evidence_any: bool = False
    remind: str = ""
    modality: str = "must"
    document: str = ""
    at: str = ""
    level: str = ""
    heading: str = ""
    since: str = ""
    until: str = ""
    waiver_by: str = ""
    waiver_days: str = ""
    asked: str = ""
    by: str = ""
    bands: list[Band] = field(default_factory=list)
    otherwise: str = ""
    about: str = ""
    listed: str = ""
    items: list[Item] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    blocks: str = ""
    tightens: list[str] = field(default_factory=list)
    exempt: list[Condition] = field(default_factory=list)
    title_en: str = ""
    arrivals: str = ""
    arrivals_days: str = ""
    jointly: bool = False
    once_only: bool = False
    make_up: bool = False
    more_periods: list[Period] = field(default_factory=list)
    of: str = ""
    fraction_of: str = ""
    links_too: str = ""
    on: str = ""
    two_posts: str = ""
    not_with: list[str] = field(default_factory=list)
    overrides: str = ""
    overrides_when: list[Condition] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    next_window: bool = False


Raw = dict[str, Any]
_RANGE = re.compile(
    r"^(?:>=\s*(?P<only_low>[0-9.]+)|<=\s*(?P<only_high>[0-9.]+)|(?P<low>[0-9.]+)\.\.(?P<high>[0-9.]+))$"
)


def slots_of(raw: Raw) -> tuple[Slots, Raw]:
    """Take the written form of an obligation apart: (slots, what has no slot)."""
    left = copy.deepcopy(raw)
    slots = Slots(
        id=text_of(left.pop("id", "")),
        title=text_of(left.pop("title", "")),
        subject=text_of(left.pop("subject", "")) or "student",
        heading=text_of(left.pop("heading", "")),
        since=text_of(left.pop("since", "")),
        until=text_of(left.pop("until", "")),
    )
    for read in (_read_where, _read_bearer, _read_count, _read_measure, _read_bound, _read_window, _read_evidence,
                 _read_remind, _read_source, _read_waiver):  # fmt: skip
        read(slots, left)
    read_further(slots, left)
    read_effects(slots, left)
    if slots.items:
        slots.measure, slots.bound = "", KEPT
    return slots, left


def written(slots: Slots, kept: Raw) -> Raw:
    """The obligation as a pack writes it."""
    raw: Raw = {"id": slots.id, "title": slots.title}
    for key, value in (("source", _source(slots, kept)), ("since", slots.since), ("until", slots.until),
                       ("subject", slots.subject), ("where", where_of(slots.tests, slots.joined)), ("bearer", _one_or_list(slots.bearer))):  # fmt: skip
        if value:
            raw[key] = value
    if not slots.listed:
        if count := _count(slots, kept):
            raw["count"] = count
        raw |= _measure(slots) | _bound(slots)
    raw |= (
        windows([slots.period, *slots.more_periods])
        | further(slots, where_of(slots.exempt, "all"))
        | effects(slots)
    )
    for key, value in (("evidence", _evidence(slots)), ("remind", _remind(slots)), ("heading", slots.heading),
                       ("waiver", _waiver(slots))):  # fmt: skip
        if value:
            raw[key] = value
    return raw | {key: value for key, value in kept.items() if key not in raw}


def _one_or_list(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


# conditions


def _read_where(slots: Slots, left: Raw) -> None:
    found = rows_of(left["where"]) if left.get("where") is not None else None
    if found is not None:
        slots.joined, slots.tests = found
        del left["where"]


# who owes, what counts


def _read_bearer(slots: Slots, left: Raw) -> None:
    bearer = left.pop("bearer", None)
    slots.bearer = (
        [text_of(one) for one in (bearer if isinstance(bearer, list) else [bearer])] if bearer else []
    )


def _read_count(slots: Slots, left: Raw) -> None:
    """Kinds, one part, plain qualifiers and one companion; the rest of the count stays where it is."""
    count = left.get("count")
    if isinstance(count, str | list):
        count = {"kind": count}
    if not isinstance(count, dict):
        return
    kinds = count.pop("kind", [])
    slots.kinds = [text_of(kind) for kind in (kinds if isinstance(kinds, list) else [kinds])]
    if not isinstance(count.get("part"), list):
        slots.part = text_of(count.pop("part", ""))
    only = count.get("only")
    if isinstance(only, dict):
        said = [(name, _said(value)) for name, value in only.items()]
        if all(value for _name, value in said):
            slots.only = said
            del count["only"]
    _read_companion(slots, count)
    if not isinstance(count.get("about"), dict | list):
        slots.about = text_of(count.pop("about", ""))
    if count:
        left["count"] = count
    else:
        left.pop("count", None)


def _read_companion(slots: Slots, count: Raw) -> None:
    by = count.get("by")
    if not isinstance(by, dict) or not set(by) <= {"part", "post", "subject", "self"}:
        return
    who = (
        f"post:{text_of(by['post'])}" if set(by) <= {"part", "post"} and "post" in by
        else "member" if set(by) <= {"part", "subject"} and by.get("subject") == "member"
        else "self" if set(by) <= {"part", "self"} and by.get("self") is True else ""
    )  # fmt: skip
    if who:
        slots.by_who, slots.by_part = who, text_of(by.get("part"))
        del count["by"]


def _count(slots: Slots, kept: Raw) -> Raw:
    if counts_nothing(slots.measure):
        return {}
    count: Raw = {"kind": _one_or_list(slots.kinds)} if slots.kinds else {}
    if slots.part:
        count["part"] = slots.part
    only = {name: _values(value) for name, value in slots.only if name and value}
    if only:
        count["only"] = only
    if slots.by_who:
        kind, _, name = slots.by_who.partition(":")
        said: dict[str, Raw] = {
            "post": {"post": name},
            "member": {"subject": "member"},
            "self": {"self": True},
        }
        count["by"] = ({"part": slots.by_part} if slots.by_part else {}) | said[kind]
    if slots.about:
        count["about"] = slots.about
    rest = kept.get("count")
    return count | (rest if isinstance(rest, dict) else {})


def _said(value: Any) -> str:
    """A filter as one types it: values with commas, or a range of an amount; empty where it says something else."""
    if not isinstance(value, dict):
        return ",".join(text_of(v) for v in (value if isinstance(value, list) else [value]))
    if not value or not set(value) <= {"at_least", "at_most"}:
        return ""
    low, high = text_of(value.get("at_least")), text_of(value.get("at_most"))
    return f"{low}..{high}" if low and high else f">={low}" if low else f"<={high}"


def _values(text: str) -> Any:
    if found := _RANGE.match(text):
        low, high = found["only_low"] or found["low"], found["only_high"] or found["high"]
        return {key: _amount(end) for key, end in (("at_least", low), ("at_most", high)) if end}
    values = [typed(value.strip()) for value in text.split(",") if value.strip()]
    return values[0] if len(values) == 1 else values


def _read_measure(slots: Slots, left: Raw) -> None:
    measure = left.get("measure")
    slots.measure = ""
    if text_of(left.get("on")) in ON_DAYS and isinstance(measure, dict) and "links" in measure:
        slots.on = text_of(left["on"])
    if measure is None:
        return
    if isinstance(measure, str):
        slots.measure = measure
    elif (
        isinstance(measure, dict)
        and len(measure) == 1
        and FRACTION not in measure
        and isinstance(next(iter(measure.values())), str)
    ):
        name, of = next(iter(measure.items()))
        slots.measure = f"{name}:{of}"
    elif (of := _plain_share(measure)) or (of := _plain_links(measure)) or (of := _state_named(measure)):
        slots.measure = of
    elif other := _other_rule(measure):
        slots.measure, slots.fraction_of = FRACTION, other
    elif two := _two_links(measure):
        slots.measure, slots.links_too = f"links:{two[0]}", two[1]
    else:
        slots.measure, slots.on = KEPT, ""
        return
    del left["measure"]
    if slots.on:
        del left["on"]


def _plain_share(measure: Any) -> str:
    """ "share:students" for a share of a whole set, of whoever plays a part; empty for any other measure."""
    share = measure.get(SHARE) if isinstance(measure, dict) and len(measure) == 1 else None
    of = share.get("of") if isinstance(share, dict) and len(share) == 1 else None
    return f"{SHARE}:{of}" if isinstance(of, str) else ""


def _plain_links(measure: Any) -> str:
    """ "links:mentor_of:b" for the links of one kind at one end; empty for any other measure."""
    if not isinstance(measure, dict) or set(measure) != {"links", "end"}:
        return ""
    name, end = measure["links"], measure["end"]
    return f"links:{name}:{end}" if isinstance(name, str) and end in ("a", "b") else ""


def _state_named(measure: Any) -> str:
    """ "days_in:membership=activist" for a state whose machine is named; empty for any other measure."""
    word = next(
        (one for one in ("state", "days_in") if isinstance(measure, dict) and list(measure) == [one]), ""
    )
    said = measure[word] if word else None
    if not isinstance(said, dict) or len(said) != 2 or "is" not in said:
        return ""
    name = said.get("attribute") or said.get("machine")
    return f"{word}:{name}={text_of(said['is'])}" if isinstance(name, str) else ""


def _other_rule(measure: Any) -> str:
    """The rule of whose minimum a fraction is asked; empty for any other measure."""
    said = measure.get(FRACTION) if isinstance(measure, dict) and len(measure) == 1 else None
    if isinstance(said, dict):
        said = said.get("obligation") if len(said) == 1 else None
    return said if isinstance(said, str) else ""


def _two_links(measure: Any) -> list[str]:
    """Two kinds of links or posts that are held counts of together; empty for any other measure."""
    names = measure.get("links") if isinstance(measure, dict) and len(measure) == 1 else None
    plain = isinstance(names, list) and len(names) == 2 and all(isinstance(name, str) for name in names)
    return list(names) if plain and isinstance(names, list) else []


def _measure(slots: Slots) -> Raw:
    found = _plain_measure(slots)
    return found | ({"on": slots.on} if slots.on and found else {})


def _plain_measure(slots: Slots) -> Raw:
    if slots.measure in ("", KEPT):
        return {}
    name, _, of = slots.measure.partition(":")
    if name == FRACTION:
        return {"measure": {FRACTION: {"obligation": slots.fraction_of}}}
    if name in ("state", "days_in") and "=" in of:
        attribute, _, state = of.partition("=")
        return {"measure": {name: {"attribute": attribute, "is": state}}}
    if name == "links" and slots.links_too and slots.links_too != of:
        return {"measure": {"links": [of, slots.links_too]}}
    if name == SHARE:
        return {"measure": {SHARE: {"of": of}}}
    if name == "links":
        of, _, end = of.partition(":")
        return {"measure": {"links": of} | ({"end": end} if end else {})}
    return {"measure": {name: of} if of else name}


def counts_nothing(measure: str) -> bool:
    """Is a measure, as slots name it, one of what holds: no activity is counted then."""
    return measure.partition(":")[0] in STANDING_MEASURES


# how much, how often


def _read_bound(slots: Slots, left: Raw) -> None:
    said = [key for key in (*SIMPLE_BOUNDS, "between", ONE_OF) if key in left]
    slots.bound, slots.number = KEPT, ""
    if len(said) != 1:
        return
    value = left[said[0]]
    if said[0] == "between" and isinstance(value, list) and len(value) == 2:
        slots.number, slots.number_to = text_of(value[0]), text_of(value[1])
    elif said[0] in SIMPLE_BOUNDS and not isinstance(value, dict | list):
        slots.number = text_of(value)
    elif said[0] == "at_least" and isinstance(value, dict) and list(value) == ["ask"]:
        slots.asked = text_of(value["ask"])
    elif said[0] == "at_least" and isinstance(value, dict) and set(value) == {"part", "of"}:
        slots.number, slots.of = text_of(value["part"]), text_of(value["of"])
    elif said[0] == ONE_OF and isinstance(value, list) and not any(isinstance(v, dict | list) for v in value):
        slots.number = "、".join(text_of(one) for one in value)
    elif said[0] == "at_least" and (found := read_table(value)):
        slots.by, slots.bands, slots.otherwise = found
    else:
        return
    slots.bound = ASKED if slots.asked else BANDED if slots.by else PART_OF if slots.of else said[0]
    del left[said[0]]


def _bound(slots: Slots) -> Raw:
    if slots.bound == ASKED:
        return {"at_least": {"ask": slots.asked}}
    if slots.bound == BANDED:
        return {"at_least": table(slots.by, slots.bands, slots.otherwise, _amount)}
    if slots.bound == KEPT or not slots.number:
        return {}
    if slots.bound == PART_OF:
        return {"at_least": {"part": _amount(slots.number), "of": slots.of}}
    if slots.bound == ONE_OF:
        return {ONE_OF: [_amount(one) for one in listed(slots.number)]}
    if slots.bound == "between":
        return {"between": [_amount(slots.number), _amount(slots.number_to)]}
    return {slots.bound: _amount(slots.number)}


def _amount(text: str) -> Any:
    number = number_of(text)
    if isinstance(number, int) and str(number) == text.strip():
        return number
    return text.strip()


def _read_window(slots: Slots, left: Raw) -> None:
    slots.period, *slots.more_periods = read_windows(left)


def listed(text: str) -> list[str]:
    """The pieces of a text in which several are typed with commas or blanks between."""
    for mark in ("，", ",", " "):
        text = text.replace(mark, "、")
    return [one for one in text.split("、") if one]


# the rest


def _read_evidence(slots: Slots, left: Raw) -> None:
    said = left.get("evidence")
    slots.evidence_any = isinstance(said, dict) and set(said) == {"any"}
    listed = said["any"] if slots.evidence_any and isinstance(said, dict) else said
    if isinstance(listed, str):
        listed = [listed]
    if isinstance(listed, list):
        slots.evidence = [text_of(one) for one in listed]
        del left["evidence"]


def _evidence(slots: Slots) -> Any:
    return {"any": slots.evidence} if slots.evidence_any and slots.evidence else slots.evidence


def _read_remind(slots: Slots, left: Raw) -> None:
    said = left.pop("remind", None)
    listed = said if isinstance(said, list) else [said] if said else []
    slots.remind = "、".join(text_of(one).rstrip("d") for one in listed)


def _remind(slots: Slots) -> list[str]:
    return [f"{day}d" for day in listed(slots.remind)]


def _read_source(slots: Slots, left: Raw) -> None:
    said = left.get("source")
    if isinstance(said, str):
        slots.document = said
        del left["source"]
    elif isinstance(said, dict):
        slots.document, slots.at = text_of(said.pop("document", "")), text_of(said.pop("at", ""))
        slots.level, slots.modality = (
            text_of(said.pop("level", "")),
            text_of(said.pop("modality", "")) or "must",
        )
        if not said:
            del left["source"]


def _source(slots: Slots, kept: Raw) -> Raw:
    rest = kept.get("source")
    said = {
        "document": slots.document,
        "at": slots.at,
        "level": slots.level,
        "modality": slots.modality if slots.modality != "must" else "",
    }
    return {key: value for key, value in said.items() if value} | (rest if isinstance(rest, dict) else {})


def _read_waiver(slots: Slots, left: Raw) -> None:
    said = left.get("waiver")
    if isinstance(said, dict) and set(said) <= {"by", "expires"}:
        slots.waiver_by, slots.waiver_days = text_of(said.get("by")), text_of(said.get("expires")).rstrip("d")
        del left["waiver"]


def _waiver(slots: Slots) -> Raw:
    if not slots.waiver_by:
        return {}
    return {"by": slots.waiver_by} | ({"expires": f"{slots.waiver_days}d"} if slots.waiver_days else {})


__all__ = [
    "FAILS",
    "HOLDS",
    "KEPT",
    "PARTS",
    "TEACHING_MONTH",
    "WINDOW_WORDS",
    "Condition",
    "Period",
    "Slots",
    "slots_of",
    "written",
]

"""An obligation as a sentence with slots: what a person fills in without seeing YAML, and what the pack then says.

`slots_of` takes the plain written form of an obligation apart into flat texts and lists; whatever is written in a way
that has no slot stays in `kept` and comes back untouched. `written` puts both together again: reading the result gives
the same rule. What each slot may hold is in `slot_choices`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .parse_periods import SIMPLE
from .reading import number_of, text_of
from .slots_further import Band, Item, Step, further, read_further, read_table, table

SIMPLE_BOUNDS = ("at_least", "at_most", "exactly")
OPERATORS = ("is", "not", "at_least", "at_most")
HOLDS, FAILS = "has", "has_not"
WINDOW_WORDS = (*SIMPLE, "once", "standing")
TEACHING_MONTH = "teaching_month"
PARTS = ("first", "last", "nth")  # of a longer unit
KEPT = "kept"  # the choice that says: as it is written now
ASKED = "asked"  # the bound whose number a post of the school fills in
BANDED = "banded"  # the bound whose number follows from a post or an attribute
# What is measured without counting activities, and what is a share of a set.
STANDING_MEASURES, SHARE = ("links", "state", "days_in"), "share"


@dataclass
class Condition:
    """One condition. what: "attribute:NAME", "post:NAME" or "link:NAME:END"; op: is | not | at_least | at_most for
    attributes, has | has_not for the others. value: as stored; several values of `is` are joined by a comma."""

    what: str = ""
    op: str = "is"
    value: str = ""


@dataclass
class Period:
    """A window. word: one of WINDOW_WORDS, calendar_year, every, within, before, by, between, phase, plan_month, break,
    rolling, announced, or KEPT. n, unit: a length or number; of: the event; first, last: days."""

    word: str = "term"
    n: str = ""
    unit: str = ""
    of: str = ""
    first: str = ""
    last: str = ""


@dataclass
class Slots:
    """Everything a person may fill in. subject: as spelled ("student", "activity:visit", "pair:mentor_of").

    measure: "times", "sum:hours", "distinct:theme" …, "" = what the rule would take anyhow; bound: at_least | at_most | exactly | between | KEPT.
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


Raw = dict[str, Any]


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
    read_further(slots, left, _tests)
    if slots.items:
        slots.measure, slots.bound = "", KEPT
    return slots, left


def written(slots: Slots, kept: Raw) -> Raw:
    """The obligation as a pack writes it."""
    raw: Raw = {"id": slots.id, "title": slots.title}
    for key, value in (("source", _source(slots, kept)), ("since", slots.since), ("until", slots.until),
                       ("subject", slots.subject), ("where", _where(slots)), ("bearer", _one_or_list(slots.bearer))):  # fmt: skip
        if value:
            raw[key] = value
    if not slots.listed:
        if count := _count(slots, kept):
            raw["count"] = count
        raw |= _measure(slots) | _bound(slots)
    raw |= _window(slots, kept) | further(slots, typed, _where_of(slots.exempt, "all"))
    for key, value in (("evidence", _evidence(slots)), ("remind", _remind(slots)), ("heading", slots.heading),
                       ("waiver", _waiver(slots))):  # fmt: skip
        if value:
            raw[key] = value
    return raw | {key: value for key, value in kept.items() if key not in raw}


def _one_or_list(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


# conditions


def _read_where(slots: Slots, left: Raw) -> None:
    where = left.get("where")
    if where is None:
        return
    joined, parts = "all", where if isinstance(where, list) else [where]
    if isinstance(where, dict) and len(where) == 1 and next(iter(where)) in ("all", "any"):
        joined = next(iter(where))
        parts = where[joined]
    tests = [_tests(part) for part in parts] if isinstance(parts, list) else [None]
    if all(found is not None for found in tests) and (
        joined == "all" or all(len(t or []) == 1 for t in tests)
    ):
        slots.joined, slots.tests = joined, [test for found in tests for test in found or []]
        del left["where"]


def _tests(part: Any, negated: bool = False) -> list[Condition] | None:
    """The tests that a condition consists of, all of which must hold; None when it says more than slots can."""
    if not isinstance(part, dict) or not part:
        return None
    if "attribute" in part:
        rest = {key: value for key, value in part.items() if key != "attribute"}
        return _attribute_test(text_of(part["attribute"]), rest or {"is": True}, negated)
    if "link" in part and set(part) <= {"link", "end"}:
        end = text_of(part.get("end")) or "either"
        return [Condition(f"link:{text_of(part['link'])}:{end}", FAILS if negated else HOLDS)]
    if "not" in part and len(part) == 1 and not negated:
        return _tests(part["not"], True)
    if "post" in part and len(part) == 1 and not isinstance(part["post"], list):
        return [Condition(f"post:{text_of(part['post'])}", FAILS if negated else HOLDS)]
    if {"all", "any", "not", "post", "link", "has", "event", "state", "machine", "a", "b"} & set(part):
        return None
    if negated and len(part) > 1:
        return None
    found = [_attribute_test(name, value if isinstance(value, dict) else {"in": value}, negated)
             for name, value in part.items()]  # fmt: skip
    return None if any(one is None for one in found) else [test for one in found for test in one or []]


def _attribute_test(name: str, said: Raw, negated: bool) -> list[Condition] | None:
    if len(said) != 1:
        return None
    (op, value), what = next(iter(said.items())), f"attribute:{name}"
    if op in ("is", "in"):
        values = value if isinstance(value, list) else [value]
        if any(isinstance(one, dict | list) for one in values):
            return None
        return [Condition(what, "not" if negated else "is", ",".join(text_of(one) for one in values))]
    if op in ("at_least", "at_most") and not negated and not isinstance(value, dict | list):
        return [Condition(what, op, text_of(value))]
    return None


def _where(slots: Slots) -> Any:
    return _where_of(slots.tests, slots.joined)


def _where_of(tests: list[Condition], joined: str) -> Any:
    parts = [_condition(test) for test in tests if test.what]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {joined: parts}


def _condition(test: Condition) -> Raw:
    kind, _, rest = test.what.partition(":")
    if kind == "post":
        return _perhaps_not({"post": rest}, test.op == FAILS)
    if kind == "link":
        name, _, end = rest.partition(":")
        return _perhaps_not({"link": name} | ({"end": end} if end in ("a", "b") else {}), test.op == FAILS)
    if test.op in ("at_least", "at_most"):
        return {"attribute": rest, test.op: typed(test.value)}
    values = [typed(value.strip()) for value in test.value.split(",") if value.strip()]
    said = {"attribute": rest, "is": values[0] if len(values) == 1 else values}
    return _perhaps_not(said, test.op == "not")


def _perhaps_not(condition: Raw, negated: bool) -> Raw:
    return {"not": condition} if negated else condition


def typed(text: str) -> Any:
    """A text as YAML would read it: booleans and whole numbers, else the text."""
    if text in ("true", "false"):
        return text == "true"
    number = number_of(text)
    return number if isinstance(number, int) and str(number) == text else text


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
    if isinstance(only, dict) and not any(isinstance(value, dict) for value in only.values()):
        slots.only = [
            (name, ",".join(text_of(v) for v in (value if isinstance(value, list) else [value])))
            for name, value in only.items()
        ]
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


def _values(text: str) -> Any:
    values = [typed(value.strip()) for value in text.split(",") if value.strip()]
    return values[0] if len(values) == 1 else values


def _read_measure(slots: Slots, left: Raw) -> None:
    measure = left.get("measure")
    slots.measure = ""
    if measure is None:
        return
    if isinstance(measure, str):
        slots.measure = measure
    elif isinstance(measure, dict) and len(measure) == 1 and isinstance(next(iter(measure.values())), str):
        name, of = next(iter(measure.items()))
        slots.measure = f"{name}:{of}"
    elif (of := _plain_share(measure)) or (of := _plain_links(measure)):
        slots.measure = of
    else:
        slots.measure = KEPT
        return
    del left["measure"]


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


def _measure(slots: Slots) -> Raw:
    if slots.measure in ("", KEPT):
        return {}
    name, _, of = slots.measure.partition(":")
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
    said = [key for key in (*SIMPLE_BOUNDS, "between", "one_of") if key in left]
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
    elif said[0] == "at_least" and (found := read_table(value)):
        slots.by, slots.bands, slots.otherwise = found
    else:
        return
    slots.bound = ASKED if slots.asked else BANDED if slots.by else said[0]
    del left[said[0]]


def _bound(slots: Slots) -> Raw:
    if slots.bound == ASKED:
        return {"at_least": {"ask": slots.asked}}
    if slots.bound == BANDED:
        return {"at_least": table(slots.by, slots.bands, slots.otherwise, typed, _amount)}
    if slots.bound == KEPT or not slots.number:
        return {}
    if slots.bound == "between":
        return {"between": [_amount(slots.number), _amount(slots.number_to)]}
    return {slots.bound: _amount(slots.number)}


def _amount(text: str) -> Any:
    number = number_of(text)
    if isinstance(number, int) and str(number) == text.strip():
        return number
    return text.strip()


def _read_window(slots: Slots, left: Raw) -> None:
    window = left.get("window")
    if "windows" in left or window is None:
        slots.period = Period(KEPT)
        return
    found = _period(window)
    slots.period = found or Period(KEPT)
    if found is not None:
        del left["window"]


def _period(window: Any) -> Period | None:
    if isinstance(window, str):
        return Period(window) if window in WINDOW_WORDS else None
    if not isinstance(window, dict):
        return None
    keys = set(window)
    if keys == {"year"} and window["year"] == "calendar":
        return Period("calendar_year")
    if keys in ({"unit", "teaching"}, {"every", "unit", "teaching"}) and _is_teaching_month(window):
        return Period(TEACHING_MONTH)
    if keys == {"every", "unit"}:
        return Period("every", text_of(window["every"]), text_of(window["unit"]))
    for word in PARTS:
        if keys == {word, "unit", "of"} and not isinstance(window["of"], dict):
            return Period(word, text_of(window[word]), text_of(window["unit"]), text_of(window["of"]))
    if keys == {"from", "to"}:
        return Period("between", first=text_of(window["from"]), last=text_of(window["to"]))
    if keys == {"by"}:
        announced = window["by"].get("announced") if isinstance(window["by"], dict) else None
        return (
            Period("announced", of=text_of(announced))
            if announced
            else Period("by", last=text_of(window["by"]))
        )
    for word in ("phase", "plan_month"):
        if keys == {word}:
            return Period(word, text_of(window[word]))
    if keys == {"break"}:
        return Period("break", unit=text_of(window["break"]))
    return _long_period(window, keys)


def _is_teaching_month(window: Raw) -> bool:
    return window["unit"] == "month" and window["teaching"] is True and window.get("every", 1) == 1


def _long_period(window: Raw, keys: set[str]) -> Period | None:
    """within, rolling and before, however their length is spelled."""
    for word in ("within", "rolling"):
        if word in keys and keys <= {word, "unit", "of"} and not isinstance(window.get("of"), dict):
            n, unit = _length(window[word], text_of(window.get("unit")))
            return Period(word, n, unit, text_of(window.get("of"))) if n else None
    if "before" in keys and keys <= {"before", "lookback"} and not isinstance(window["before"], dict):
        n, unit = _length(window["lookback"], "") if "lookback" in keys else ("", "")
        return Period("before", n, unit, text_of(window["before"]))
    return None


def _length(said: Any, unit: str) -> tuple[str, str]:
    parts = [text_of(one) for one in said] if isinstance(said, list | dict) else [text_of(said)]
    if len(parts) == 2:
        return parts[0], parts[1]
    text = parts[0]
    if text.isdecimal():
        return text, unit or "day"
    return (
        (text[:-1], {"d": "day", "h": "hour"}[text[-1]])
        if text[:-1].isdecimal() and text[-1] in "dh"
        else ("", "")
    )


def _window(slots: Slots, kept: Raw) -> Raw:
    period = slots.period
    if period.word == KEPT:
        return {}
    return {"window": _spelled(period)}


def _spelled(period: Period) -> Any:
    n = typed(period.n)
    if period.word in WINDOW_WORDS:
        return period.word
    spelled: dict[str, Callable[[], Raw]] = {
        "calendar_year": lambda: {"year": "calendar"},
        TEACHING_MONTH: lambda: {"unit": "month", "teaching": True},
        "every": lambda: {"every": n, "unit": period.unit},
        **dict.fromkeys(PARTS, lambda: {period.word: n, "unit": period.unit, "of": period.of}),
        "between": lambda: {"from": period.first, "to": period.last},
        "by": lambda: {"by": period.last},
        "announced": lambda: {"by": {"announced": period.of}},
        "phase": lambda: {"phase": n},
        "plan_month": lambda: {"plan_month": n},
        "break": lambda: {"break": period.unit},
        "rolling": lambda: {"rolling": n, "unit": period.unit},
        "within": lambda: {"within": n, "unit": period.unit, "of": period.of},
        "before": lambda: {"before": period.of} | ({"lookback": [n, period.unit]} if period.n else {}),
    }
    return spelled[period.word]()


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
    return [
        f"{day}d"
        for day in slots.remind.replace("，", "、").replace(",", "、").replace(" ", "、").split("、")
        if day
    ]


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

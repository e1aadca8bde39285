"""What each slot of a rule may hold, from the names the parser itself reads and the pack's own; and what it says of one."""

from __future__ import annotations

from collections.abc import Iterator

from .conditions import NUMERIC
from .counting import DISTINCT
from .declarations import AttributeDeclaration, Vocabulary
from .findings import Findings
from .located import located
from .parse import read_obligation
from .parse_measures import SETS, SHARED
from .parse_periods import WEEKDAYS
from .periods import BREAKS
from .reading import Context
from .slots import FAILS, HOLDS, OPERATORS, PARTS, SHARE, Period, Raw, Slots, written
from .tree import SUBJECTS


def is_readable(raw: Raw, names: Vocabulary) -> bool:
    """Can the parser read an obligation that is written so, with these names."""
    context = Context(names)
    read_obligation(located(raw, ""), context)
    return not any(finding.level == "error" for finding in context.findings)


def measures(names: Vocabulary, kinds: list[str], subject: str = "student") -> list[str]:
    """Every measure that can be asked of these kinds and of such a subject."""
    known = [names.kinds[kind] for kind in kinds if kind in names.kinds]
    amounts = dict.fromkeys(amount.name for kind in known for amount in kind.amounts)
    shared = [name for name in amounts if all(kind.amount(name) for kind in known)]
    found = ["times", "people", "person_times"]
    found += [f"{word}:{name}" for name in shared for word in ("sum", "max", "average")]
    found += [f"distinct:{of}" for of in DISTINCT]
    further = [f"{word}:{unit}" for word in ("run", "gap") for unit in ("day", "school_day")]
    kind = kinds[0] if kinds else next(iter(names.kinds), "")
    further += [f"{SHARE}:{of}" for of in _sets(names, subject)]
    further += _standing(names)
    return found + [one for one in further if kind and is_readable(_example(kind, one, subject), names)]


def _sets(names: Vocabulary, subject: str) -> Iterator[str]:
    """What a share may be of: the sets of a group, or whoever plays a part in the activity a rule is about."""
    word, _colon, kind = subject.partition(":")
    if word == "activity" and kind in names.kinds:
        yield from (part.name for part in names.kinds[kind].parts)
    elif word in SHARED:
        yield from SETS


def _standing(names: Vocabulary) -> list[str]:
    """What holds of a subject, without an activity: links and posts, states reached, days in a state."""
    states = dict.fromkeys(
        code for one in names.attributes.values() if one.type == "state" for code in one.values
    )
    return [
        *(f"links:{name}" for name in (*names.links, *names.posts)),
        *(f"{word}:{code}" for code in states for word in ("state", "days_in")),
    ]


def _example(kind: str, measure: str, subject: str) -> Raw:
    number = "1/2" if measure.startswith(SHARE) else "1"
    period = Period("term" if not subject.startswith("activity:") else "once")
    slots = Slots("example", "example", subject, kinds=[kind], measure=measure, number=number, period=period,
                  since="2000-01-01")  # fmt: skip
    return written(slots, {})


def conditions(names: Vocabulary) -> Iterator[str]:
    """What a condition may be about, in the pack's order."""
    yield from (f"attribute:{name}" for name in names.attributes)
    yield from (f"post:{name}" for name in names.posts)
    yield from (f"link:{name}:either" for name in names.links)


def values_of(declared: AttributeDeclaration) -> dict[str, str] | None:
    """The values of an attribute by code, or None where anything may be typed."""
    if declared.type == "boolean":
        return {"true": "true", "false": "false"}
    return dict(declared.values) or None


def operators(declared: AttributeDeclaration | None) -> tuple[str, ...]:
    """The tests an attribute allows; for posts and links, whether they hold."""
    if declared is None:
        return (HOLDS, FAILS)
    return OPERATORS if declared.type in (*NUMERIC, "date") else OPERATORS[:2]


def subjects(names: Vocabulary) -> list[str]:
    """Every kind of subject the language knows with these names."""
    plain = [name for name in SUBJECTS if ":" not in name]
    return [*plain, *(f"activity:{kind}" for kind in names.kinds), *(f"pair:{link}" for link in names.links)]


def problems(raw: Raw, names: Vocabulary) -> Findings:
    """What the parser says of an obligation written so."""
    context = Context(names)
    read_obligation(located(raw, ""), context)
    return context.findings


LENGTH_UNITS = {"within": ("hour", "day", "school_day", "month"), "rolling": ("day", "month", "year"),
                "before": ("day", "month", "year"), "every": ("month", "teaching_week", "school_day"), "break": BREAKS,
                **dict.fromkeys(PARTS, ("half_year", "term", "quarter", "month", "teaching_week", "school_day", *WEEKDAYS))}  # fmt: skip

# What a part of may be: of which longer time.
WHOLES = ("year", "calendar_year", "half_year", "term", "quarter", "month")

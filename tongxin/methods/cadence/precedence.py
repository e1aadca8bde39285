"""Precedence between rules (Meaning 22): is one stricter than another, and who asks what above whom.

A rule that `tightens` another keeps what is counted and how, and changes only the bound, the window or the scope. It must
imply the other: of those it speaks of, whoever meets it has met the other. What cannot be told is "not comparable", never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .bounds import Bound, Constant, Quantity, Table
from .conditions import All, Always, AnyOf, AttributeTest, Condition, Not
from .effects import RuleName
from .occasions import Before, Within
from .periods import Between, By, Every, Once, Period, Rolling, Standing
from .tree import MODALITIES, Checklist, Obligation, Requirement

if TYPE_CHECKING:
    from .pack import Pack

LOOSER, SAME, STRICTER = -1, 0, 1


@dataclass(frozen=True)
class Comparison:
    """How a rule stands to another: STRICTER, SAME, LOOSER or None = not comparable; why, in Chinese, for the last two."""

    how: int | None
    why: str = ""


def compare(new: Obligation, old: Obligation) -> Comparison:
    """Does `new` imply `old`, and is it stricter."""
    if new.subject != old.subject:
        return Comparison(None, "对象不同")
    parts = [
        (_demands(new, old), "数什么、怎么数或佐证不同", "要求的数更低"),
        (_windows(new, old), "时间范围没法比", "时间范围更宽"),
        (_scope(new.where, old.where), "条件没法比", "对象更少"),
        (_exemptions(new, old), "", "不要求的情形更多"),
        (_arrivals(new, old), "中途到校的算法不同", "中途到校的要求更松"),
        (MODALITIES.index(old.source.modality) - MODALITIES.index(new.source.modality), "", "力度更弱"),
    ]
    for how, unlike, _looser in parts:
        if how is None:
            return Comparison(None, unlike)
    if parts[2][0] == LOOSER and STRICTER in (parts[0][0], parts[1][0]):
        # Of fewer people more may be asked: both rules are judged, so nobody is let off the one above.
        parts[2] = (STRICTER, "", "")
    for how, _unlike, looser in parts:
        if how is not None and how < 0:
            return Comparison(LOOSER, looser)
    return Comparison(STRICTER if any(how for how, _a, _b in parts) else SAME)


# what is counted


def _demands(new: Obligation, old: Obligation) -> int | None:
    if isinstance(new.demand, Checklist) != isinstance(old.demand, Checklist):
        return None
    if isinstance(new.demand, Checklist) and isinstance(old.demand, Checklist):
        return _checklists(new.demand, old.demand)
    items = [*new.requirements(), *old.requirements()]
    return _requirement(items[0], items[1]) if len(items) == 2 else None


def _checklists(new: Checklist, old: Checklist) -> int | None:
    """Of a list of which all must be done, more items are stricter; of which one must be done, fewer."""
    if new.every != old.every:
        return None
    longer, shorter = (new, old) if new.every else (old, new)
    found = [_least(_requirement(mine, other) for mine in new.items) for other in old.items]
    if new.every:
        more = len(longer.items) > len(shorter.items)
        return _all([*found, STRICTER if more else SAME])
    back = [_least(_requirement(mine, other) for other in old.items) for mine in new.items]
    return _all([*back, STRICTER if len(longer.items) > len(shorter.items) else SAME])


def _least(answers: Iterable[int | None]) -> int | None:
    known = [answer for answer in answers if answer is not None]
    return max(known) if known else None


def _all(answers: list[int | None]) -> int | None:
    """All dimensions together: unknown if one is, looser if one is, else stricter if one is."""
    known = [answer for answer in answers if answer is not None]
    if len(known) < len(answers):
        return None
    return LOOSER if LOOSER in known else max(known, default=SAME)


def _requirement(new: Requirement, old: Requirement) -> int | None:
    if (new.count, new.measure, new.where) != (old.count, old.measure, old.where):
        return None
    evidence = _evidence(new, old)
    return None if evidence is None else _all([_bounds(new.bound, old.bound), evidence])


def _evidence(new: Requirement, old: Requirement) -> int | None:
    mine, theirs = set(new.evidence.types), set(old.evidence.types)
    if new.evidence.any_one or old.evidence.any_one:
        return SAME if new.evidence == old.evidence else STRICTER if not theirs else None
    return SAME if mine == theirs else STRICTER if mine > theirs else LOOSER if mine < theirs else None


def _bounds(new: Bound, old: Bound) -> int | None:
    return _all([_limit(new.low, old.low, 1), _limit(new.high, old.high, -1)])


def _limit(new: Quantity | None, old: Quantity | None, sign: int) -> int | None:
    """sign 1: a minimum, more is stricter; -1: a maximum, less is."""
    if new is None or old is None:
        return SAME if new is old else STRICTER if old is None else LOOSER
    if isinstance(new, Constant) and isinstance(old, Constant):
        return _ordered(new.number, old.number, sign)
    if isinstance(new, Table) and isinstance(old, Table):
        return _tables(new, old, sign)
    if isinstance(new, Constant) and isinstance(old, Table):
        return _all([_ordered(new.number, number, sign) for number in _numbers(old)])
    return SAME if new == old else None


def _numbers(table: Table) -> list:
    return [
        *(band.number for band in table.bands),
        *([] if table.otherwise is None else [table.otherwise]),
    ]


def _tables(new: Table, old: Table, sign: int) -> int | None:
    """Tables over the same attribute with the same bands are compared band by band."""
    if (new.by, new.of) != (old.by, old.of) or len(new.bands) != len(old.bands):
        return None
    pairs = list(zip(new.bands, old.bands, strict=True))
    if any((a.values, a.low, a.high) != (b.values, b.low, b.high) for a, b in pairs):
        return None
    if (new.otherwise is None) != (old.otherwise is None):
        return None
    found = [_ordered(a.number, b.number, sign) for a, b in pairs]
    if new.otherwise is not None and old.otherwise is not None:
        found.append(_ordered(new.otherwise, old.otherwise, sign))
    return _all([*found])


def _ordered(new, old, sign: int) -> int:
    difference = (new > old) - (new < old)
    return difference * sign


# when


def _windows(new: Obligation, old: Obligation) -> int | None:
    """Each window of the old rule must be implied by one of the new."""
    if set(new.periods) == set(old.periods):
        return SAME
    low, high = _has(new, "low") or _has(old, "low"), _has(new, "high") or _has(old, "high")
    if (low and high) or not all(item.measure.grows for item in new.requirements()):
        return STRICTER if set(new.periods) > set(old.periods) else None
    stricter = all(any(_implies(mine, theirs, high) for mine in new.periods) for theirs in old.periods)
    if stricter:
        return STRICTER
    looser = all(any(_implies(theirs, mine, high) for theirs in old.periods) for mine in new.periods)
    return LOOSER if looser else None


def _has(rule: Obligation, end: str) -> bool:
    return any(getattr(item.bound, end) is not None for item in rule.requirements())


def _implies(new: Period, old: Period, maximum: bool) -> bool:
    """Does a minimum met in each window of `new` mean that it is met in each of `old`; of a maximum, the other way round."""
    return _holds_one(new, old, _LIE_IN) if maximum else _holds_one(old, new, _HOLDS)


# Every window of the unit on the left holds a whole one of each unit on the right.
_HOLDS = {
    "year": {"half_year", "term", "quarter", "month", "teaching_week", "school_day"},
    "calendar_year": {"half_year", "term", "quarter", "month", "teaching_week", "school_day"},
    "half_year": {"term", "month", "teaching_week", "school_day"},
    "term": {"month", "teaching_week", "school_day"},
    "quarter": {"month"},
    "teaching_week": {"school_day"},
}
# Every window of a unit on the right lies within one of the unit on the left.
_LIE_IN = {
    "year": {"half_year", "term", "teaching_week", "school_day"},
    "calendar_year": {"quarter", "month"},
    "half_year": {"term", "teaching_week", "school_day"},
    "term": {"teaching_week", "school_day"},
    "quarter": {"month"},
    "teaching_week": {"school_day"},
}


def _holds_one(outer: Period, inner: Period, units: Mapping[str, set[str]]) -> bool:
    """Does each window of `outer` hold a whole window of `inner`; units: what is known of units of the calendar."""
    if outer == inner:
        return True
    if isinstance(outer, Every) and isinstance(inner, Every):
        if outer.unit == inner.unit:
            return outer.n % inner.n == 0 and outer.teaching == inner.teaching
        if outer.teaching:
            # A month that lies whole within a term is longer than any two weeks begun before it.
            return inner.unit == "teaching_week" and inner.n <= 2 and outer.stub == "drop" and units is _HOLDS
        single = inner.n == 1 or (inner.unit == "teaching_week" and inner.n == 2 and units is _HOLDS)
        return single and inner.unit in units.get(outer.unit, ())
    if isinstance(outer, Once):
        return isinstance(inner, By | Between | Every)
    if isinstance(outer, By) and isinstance(inner, By):
        return inner.due <= outer.due
    if isinstance(outer, Between) and isinstance(inner, Between):
        return outer.first <= inner.first and inner.last <= outer.last
    if isinstance(outer, Within) and isinstance(inner, Within):
        return (inner.happening, inner.unit) == (outer.happening, outer.unit) and inner.n <= outer.n
    if isinstance(outer, Before) and isinstance(inner, Before):
        same = inner.happening == outer.happening and (inner.unit == outer.unit or not outer.n)
        return same and (not outer.n or 0 < inner.n <= outer.n)
    if isinstance(outer, Rolling) and isinstance(inner, Rolling):
        return inner.unit == outer.unit and inner.n <= outer.n
    return isinstance(outer, Standing) and isinstance(inner, Standing) and inner.grace <= outer.grace


# for whom


def _scope(new: Condition, old: Condition) -> int | None:
    """More subjects are stricter."""
    if new == old:
        return SAME
    if implies(old, new):
        return STRICTER
    return LOOSER if implies(new, old) else None


def implies(one: Condition, other: Condition) -> bool:
    """Is it plain that whenever `one` holds, `other` does."""
    if one == other or isinstance(other, Always):
        return True
    if isinstance(other, All):
        return all(implies(one, part) for part in other.parts)
    if isinstance(one, AnyOf):
        return all(implies(part, other) for part in one.parts)
    if isinstance(one, All) and any(implies(part, other) for part in one.parts):
        return True
    if isinstance(other, AnyOf):
        return any(implies(one, part) for part in other.parts)
    if isinstance(one, Not) and isinstance(other, Not):
        return implies(other.part, one.part)
    return isinstance(one, AttributeTest) and isinstance(other, AttributeTest) and _narrower(one, other)


def _narrower(one: AttributeTest, other: AttributeTest) -> bool:
    if (one.attribute, one.of) != (other.attribute, other.of):
        return False
    if one.values:
        return all(other.accepts(value) is True for value in one.values)
    if other.values:
        return False
    low = other.low is None or (one.low is not None and one.low >= other.low)  # type: ignore[operator]
    high = other.high is None or (one.high is not None and one.high <= other.high)  # type: ignore[operator]
    return low and high


def _exemptions(new: Obligation, old: Obligation) -> int:
    mine, theirs = [one.where for one in new.exempt], [one.where for one in old.exempt]
    if not all(any(implies(where, other) for other in theirs) for where in mine):
        return LOOSER
    return SAME if mine == theirs else STRICTER


def _arrivals(new: Obligation, old: Obligation) -> int | None:
    """`full` asks of everybody who was there at all; `from` of fewer the longer it is."""
    if new.arrivals == old.arrivals:
        return SAME
    if new.arrivals.how == "full":
        return STRICTER
    if old.arrivals.how == "full":
        return LOOSER
    if new.arrivals.how == old.arrivals.how == "from":
        return STRICTER if new.arrivals.days < old.arrivals.days else LOOSER
    return None


# who asks what


@dataclass(frozen=True)
class Asker:
    """A rule in the chain with its pack; the first of a chain is the rule that was asked about."""

    pack: Pack
    rule: Obligation


def named(name: RuleName, pack: Pack, others: Mapping[str, Pack]) -> tuple[Pack | None, list[Obligation]]:
    """Return the pack a rule name points into (None = not at hand) and the rule's versions there."""
    home = pack if name.pack in ("", pack.slug) else others.get(name.pack)
    return home, home.versions(name.id) if home is not None else []


def versions_met(versions: list[Obligation], since) -> list[Obligation]:
    """Return the versions of a tightened rule that were in force with or after the one that tightens it."""
    begun = [rule for rule in versions if rule.since <= since]
    later = [rule for rule in versions if rule.since > since]
    found = [*begun[-1:], *later] if begun else later
    return [rule for rule in found if rule.until is None or rule.until >= since]


def above(pack: Pack, rule: Obligation, others: Mapping[str, Pack]) -> Iterator[Asker]:
    """Yield the rules that this one tightens, those they tighten, and so on; each once."""
    seen = {(pack.slug, rule.id)}
    waiting = [(pack, name) for name in rule.tightens]
    while waiting:
        home, name = waiting.pop(0)
        found, versions = named(name, home, others)
        if found is None or not versions or (found.slug, name.id) in seen:
            continue
        seen.add((found.slug, name.id))
        theirs = (versions_met(versions, rule.since) or versions)[0]
        yield Asker(found, theirs)
        waiting += [(found, next_name) for next_name in theirs.tightens]


def below(pack: Pack, rule: Obligation, others: Mapping[str, Pack]) -> Iterator[Asker]:
    """Yield the rules that tighten this one, in any pack at hand; the newest version of each."""
    for home in {pack.slug: pack, **others}.values():
        for name in home.obligation_ids():
            newest = home.versions(name)[-1]
            for tightened in newest.tightens:
                slug = tightened.pack or home.slug
                if (slug, tightened.id) == (pack.slug, rule.id) and (home.slug, name) != (pack.slug, rule.id):
                    yield Asker(home, newest)

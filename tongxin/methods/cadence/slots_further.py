"""The further slots of a rule: a checklist, steps when it is late, gate, tightening, exemption, arrivals and sharing.

Each reader takes what it can say out of the written form and leaves the rest; each writer gives it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from .parse_escalation import days_from_due
from .reading import number_of, text_of
from .slots_conditions import Condition, condition_of, typed, written_condition

Raw = dict[str, Any]
ALL_OF, ANY_OF = "all_of", "any_of"
PRORATE, FROM = "prorate", "from"
AS_WRITTEN, ITSELF, LINKS = "kept", "itself", "links:"
ITEM_BOUNDS = ("at_least", "exactly", "at_most")


@dataclass
class Item:
    """A line of a checklist. kind: of activity, ITSELF for the one the rule is about, or "links:NAME" for what is held.

    only, only_too: a qualifier and its values as "theme=oath,talk", or empty. how: "" for times, "people", "sum:hours";
    bound: one of ITEM_BOUNDS, number: as typed. evidence: proofs of this line. tests: for whom the line is, at most one.
    with_part, with_tests: who must have played which part. finer: its further fields are asked for, though empty.
    raw: the line as it is written, where it says more than slots can; it is kept whole, kind says AS_WRITTEN.
    """

    title: str = ""
    kind: str = ""
    part: str = ""
    only: str = ""
    number: str = "1"
    raw: Raw | None = None
    only_too: str = ""
    how: str = ""
    bound: str = "at_least"
    evidence: list[str] = field(default_factory=list)
    tests: list[Condition] = field(default_factory=list)
    with_part: str = ""
    with_tests: list[Condition] = field(default_factory=list)
    finer: bool = field(default=False, compare=False)

    @property
    def is_finer(self) -> bool:
        """Does it say, or is it about to say, more than a kind, a part, one qualifier and a least number."""
        said = self.only_too or self.how or self.evidence or self.tests or self.with_part or self.with_tests
        return self.finer or bool(said) or self.bound != "at_least"


@dataclass
class Band:
    """A line of a table of numbers. value: a value, a post or a range, as typed; number: what it gives."""

    value: str = ""
    number: str = ""


@dataclass
class Step:
    """Who is told when. days: after the due day, negative before it, as typed; to: "bearer" or a post."""

    days: str = ""
    to: str = ""


class Further(Protocol):
    """What these readers and writers fill in; `Slots` has it."""

    listed: str
    items: list[Item]
    steps: list[Step]
    blocks: str
    tightens: list[str]
    exempt: list[Any]
    title_en: str
    arrivals: str
    arrivals_days: str
    jointly: bool
    once_only: bool
    make_up: bool


def read_table(said: Any) -> tuple[str, list[Band], str] | None:
    """Take `{by: post, head: 5, else: 1}` apart: (by, lines, number of all others); None for any other bound."""
    if not isinstance(said, dict) or "by" not in said:
        return None
    if any(isinstance(value, dict | list) for value in said.values()):
        return None
    bands = [Band(text_of(key), text_of(value)) for key, value in said.items() if key not in ("by", "else")]
    return text_of(said["by"]), bands, text_of(said.get("else", ""))


def table(by: str, bands: list[Band], otherwise: str, amount: Callable[[str], Any]) -> Raw:
    """A table of numbers as a pack writes it."""
    found: Raw = {"by": by} | {typed(band.value): amount(band.number) for band in bands if band.value}
    return found | ({"else": amount(otherwise)} if otherwise else {})


def read_further(slots: Further, left: Raw) -> None:
    slots.title_en = text_of(left.pop("title_en", ""))
    _read_items(slots, left)
    _read_steps(slots, left)
    gate = text_of(left.get("blocks"))
    if gate.startswith("appoint(") and gate.endswith(")"):
        slots.blocks = gate[len("appoint(") : -1].strip()
        del left["blocks"]
    said = left.get("tightens")
    listed = said if isinstance(said, list) else [said] if said else []
    if listed and not any(isinstance(one, dict | list) for one in listed):
        slots.tightens = [text_of(one) for one in listed]
        del left["tightens"]
    found = condition_of(left.get("exempt"))
    if found is not None:
        slots.exempt = [found]
        del left["exempt"]
    _read_arrivals(slots, left)
    if left.get("jointly") in ("total", True):
        slots.jointly = True
        del left["jointly"]
    if text_of(left.get("counts_for")) == "one":
        slots.once_only = True
        del left["counts_for"]
    if text_of(left.get("makes_up")) == "allowed":
        slots.make_up = True
        del left["makes_up"]


def _read_items(slots: Further, left: Raw) -> None:
    said = [key for key in (ALL_OF, ANY_OF) if key in left]
    if len(said) != 1 or not isinstance(left[said[0]], list):
        return
    lines = left[said[0]]
    if lines and all(isinstance(one, dict) for one in lines):
        slots.listed, slots.items = said[0], [_item(one) or _whole(one) for one in lines]
        del left[said[0]]


def _whole(said: Raw) -> Item:
    return Item(text_of(said.get("title")), AS_WRITTEN, raw=said)


def _item(said: Raw) -> Item | None:
    """A line whose parts all have slots; None for any other."""
    bounds = [key for key in ITEM_BOUNDS if key in said]
    if len(bounds) > 1 or not set(said) <= {"title", "where", "count", "measure", "evidence", *bounds}:
        return None
    bound = bounds[0] if bounds else "at_least"
    number, evidence = number_of(said.get(bound, 1)), said.get("evidence", [])
    test = condition_of(said["where"]) if "where" in said else None
    if not isinstance(number, int) or not _plain_list(evidence) or ("where" in said and test is None):
        return None
    if "evidence" in said and not evidence:  # none, whatever the other lines ask
        return None
    item = Item(text_of(said.get("title")), number=str(number), bound=bound,
                evidence=[text_of(one) for one in evidence], tests=[test] if test else [])  # fmt: skip
    return item if _counted(item, said) else None


def _counted(item: Item, said: Raw) -> bool:
    """Fill in what is counted and how; False where that has no slots."""
    measure, count = said.get("measure"), said.get("count")
    if isinstance(measure, dict) and list(measure) == ["links"] and isinstance(measure["links"], str):
        item.kind = LINKS + measure["links"]
        return count is None
    if measure in ("times", "people"):
        item.how = "people" if measure == "people" else "times"
    elif isinstance(measure, dict) and list(measure) == ["sum"] and isinstance(measure["sum"], str):
        item.how = f"sum:{measure['sum']}"
    elif measure is not None:
        return False
    count = {"kind": count} if isinstance(count, str) else count
    if not isinstance(count, dict) or not set(count) <= {"kind", "part", "only", "with"}:
        return False
    if any(isinstance(count.get(key), dict | list) for key in ("kind", "part")):
        return False
    item.kind, item.part = text_of(count.get("kind")) or ITSELF, text_of(count.get("part"))
    return _only(item, count.get("only", {})) and _with(item, count.get("with"))


def _only(item: Item, only: Any) -> bool:
    if not isinstance(only, dict) or len(only) > 2 or any(isinstance(value, dict) for value in only.values()):
        return False
    said = [f"{name}={','.join(text_of(one) for one in (value if isinstance(value, list) else [value]))}"
            for name, value in only.items()]  # fmt: skip
    item.only, item.only_too = [*said, "", ""][:2]
    return True


def _with(item: Item, said: Any) -> bool:
    if said is None:
        return True
    if not isinstance(said, dict) or not set(said) <= {"part", "where"} or "part" not in said:
        return False
    test = condition_of(said["where"]) if "where" in said else None
    item.with_part, item.with_tests = text_of(said["part"]), [test] if test else []
    return test is not None or "where" not in said


def _plain_list(said: Any) -> bool:
    return isinstance(said, list) and not any(isinstance(one, dict | list) for one in said)


def _read_steps(slots: Further, left: Raw) -> None:
    said = left.get("escalate")
    if not isinstance(said, list) or not said:
        return
    steps = []
    for one in said:
        days = days_from_due(one.get("at")) if isinstance(one, dict) and set(one) <= {"at", "to"} else None
        if days is None:
            return
        steps.append(Step(str(days), text_of(one.get("to"))))
    slots.steps = steps
    del left["escalate"]


def _read_arrivals(slots: Further, left: Raw) -> None:
    said = left.get("arrivals")
    if said in ("full", PRORATE):
        slots.arrivals = PRORATE if said == PRORATE else ""
        del left["arrivals"]
    elif isinstance(said, dict) and list(said) == [FROM]:
        slots.arrivals, slots.arrivals_days = FROM, text_of(said[FROM]).rstrip("d")
        del left["arrivals"]


def further(slots: Further, exempt: Any) -> Raw:
    """Everything of these slots as a pack writes it. exempt: the condition, written."""
    found: Raw = {}
    if slots.title_en:
        found["title_en"] = slots.title_en
    if items := [_written(item) for item in slots.items if item.title or item.kind]:
        found[slots.listed or ALL_OF] = items
    if steps := [{"at": _at(step.days), "to": step.to} for step in slots.steps if step.to]:
        found["escalate"] = steps
    if slots.blocks:
        found["blocks"] = f"appoint({slots.blocks})"
    if slots.tightens:
        found["tightens"] = slots.tightens[0] if len(slots.tightens) == 1 else list(slots.tightens)
    if exempt is not None:
        found["exempt"] = exempt
    if slots.arrivals == PRORATE:
        found["arrivals"] = PRORATE
    elif slots.arrivals == FROM:
        found["arrivals"] = {FROM: f"{slots.arrivals_days}d"}
    if slots.jointly:
        found["jointly"] = "total"
    if slots.once_only:
        found["counts_for"] = "one"
    if slots.make_up:
        found["makes_up"] = "allowed"
    return found


def _written(item: Item) -> Raw:
    if item.raw is not None:
        return item.raw | ({"title": item.title} if item.title else {})
    said: Raw = {"title": item.title} if item.title else {}
    if item.tests:
        said["where"] = written_condition(item.tests[0])
    if item.kind.startswith(LINKS):
        said["measure"] = {"links": item.kind.removeprefix(LINKS)}
    else:
        said["count"] = _count(item)
        word, _colon, of = item.how.partition(":")
        if word:
            said["measure"] = {word: of} if of else word
    said[item.bound] = typed(item.number or "1")
    return said | ({"evidence": list(item.evidence)} if item.evidence else {})


def _count(item: Item) -> Raw:
    count: Raw = {} if item.kind == ITSELF else {"kind": item.kind}
    if item.part:
        count["part"] = item.part
    only: Raw = {}
    for said in (item.only, item.only_too):
        name, equals, value = said.partition("=")
        if equals:
            values = [typed(one) for one in value.split(",")]
            only[name] = values[0] if len(values) == 1 else values
    if only:
        count["only"] = only
    if item.with_part:
        count["with"] = {"part": item.with_part} | (
            {"where": written_condition(item.with_tests[0])} if item.with_tests else {}
        )
    return count


def _at(days: str) -> str:
    """How the language says a number of days from the due day; what is no number stays and is refused with a sentence."""
    number = number_of(days or "0")
    if not isinstance(number, int):
        return days
    return "due" if number == 0 else f"{number:+d}d"

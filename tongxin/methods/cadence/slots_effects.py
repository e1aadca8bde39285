"""The slots of how a rule stands to others and what follows from it: consequences, what it stands in for, shared counts.

Each reader takes what it can say out of the written form and leaves the rest; the writer gives it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from .effects import PER
from .reading import number_of, text_of
from .slots_conditions import Condition, condition_of, where_of

Raw = dict[str, Any]
POINTS, BARS, VETO = "points", "bars", "veto"
TWO_POSTS = ("union", "larger", "both")


@dataclass
class Effect:
    """One consequence. kind: POINTS, BARS or VETO; what: what is lost, for the last two; number, floor: points, as
    typed; per: of what each, one of effects.PER."""

    kind: str = ""
    what: str = ""
    number: str = ""
    per: str = PER[0]
    floor: str = ""


class Sharing(Protocol):
    """What the reader and the writer fill in; `Slots` has it."""

    two_posts: str
    not_with: list[str]
    overrides: str
    overrides_when: list[Condition]
    effects: list[Effect]
    next_window: bool


def read_effects(slots: Sharing, left: Raw) -> None:
    if text_of(left.get("two_posts")) in TWO_POSTS:
        slots.two_posts = text_of(left.pop("two_posts"))
    said = left.get("not_with")
    listed = said if isinstance(said, list) else [said] if said else []
    if listed and not any(isinstance(one, dict | list) for one in listed):
        slots.not_with = [text_of(one) for one in listed]
        del left["not_with"]
    _read_override(slots, left)
    _read_consequences(slots, left)
    if text_of(left.get("applies")) == "next_window":
        slots.next_window = True
        del left["applies"]


def _read_override(slots: Sharing, left: Raw) -> None:
    said = left.get("overrides")
    if isinstance(said, list) and len(said) == 1:
        said = said[0]
    if not isinstance(said, dict) or set(said) != {"id", "when"}:
        return
    test, name = condition_of(said["when"]), said["id"]
    if test is not None and isinstance(name, str):
        slots.overrides, slots.overrides_when = name.strip(), [test]
        del left["overrides"]


def _read_consequences(slots: Sharing, left: Raw) -> None:
    said = left.get("consequence")
    listed = said if isinstance(said, list) else [said] if said is not None else []
    found = [_effect(one) for one in listed]
    if found and all(one is not None for one in found):
        slots.effects = [one for one in found if one is not None]
        del left["consequence"]


def _effect(said: Any) -> Effect | None:
    if not isinstance(said, dict) or any(isinstance(value, dict | list) for value in said.values()):
        return None
    if POINTS in said and set(said) <= {POINTS, "per", "floor"}:
        number, per = text_of(said[POINTS]), text_of(said.get("per")) or PER[0]
        return Effect(POINTS, number=number, per=per, floor=text_of(said.get("floor")))
    kind = next(iter(said), "")
    return Effect(kind, text_of(said[kind])) if len(said) == 1 and kind in (BARS, VETO) else None


def effects(slots: Sharing) -> Raw:
    """Everything of these slots as a pack writes it."""
    found: Raw = {}
    if slots.two_posts:
        found["two_posts"] = slots.two_posts
    if slots.not_with:
        found["not_with"] = list(slots.not_with)
    if slots.overrides:
        when = where_of(slots.overrides_when, "all")
        found["overrides"] = {"id": slots.overrides} | ({"when": when} if when is not None else {})
    if said := [_written(one) for one in slots.effects if one.kind]:
        found["consequence"] = said[0] if len(said) == 1 else said
    if slots.next_window:
        found["applies"] = "next_window"
    return found


def _written(one: Effect) -> Raw:
    if one.kind != POINTS:
        return {one.kind: one.what}
    said: Raw = {POINTS: _number(one.number)}
    if one.per and one.per != PER[0]:
        said["per"] = one.per
    return said | ({"floor": _number(one.floor)} if one.floor else {})


def _number(text: str) -> Any:
    """A number as YAML would read it; what is none stays and is refused with a sentence."""
    number = number_of(text)
    return number if isinstance(number, int) else text.strip()

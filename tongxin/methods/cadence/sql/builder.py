"""What the `sql` methods of the tree's nodes call: conditions, filters and companions as SQL about a subject on a day.

Every text is in the default dialect (SQLite) and becomes a SQLGlot tree with the statement it stands in. A condition is
a boolean that is NULL when unknown: SQL's AND, OR and NOT then say just what the language says (Meaning 2).
Values of attributes are judged in Python, once per distinct value, and joined as small codes (table tx_accept), so a
number in a text column means the same in every engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ..bounds import Asked, PartOf, Table, asked_number
from ..conditions import (
    All,
    Always,
    AnyOf,
    AttributeCompare,
    AttributeTest,
    HasLink,
    HoldsPost,
    Not,
    OfEnd,
    as_number,
)
from ..conditions_events import Happened
from ..counting import HUNDREDTHS, AmountWithin, Companion, QualifierIs
from ..occasions import ARRIVED, BEGINS, ENTRY_KIND, EVENT
from ..tree import GROUP_LINKS
from .engine import NO_END_DAY, NO_END_INSTANT, listed, quoted

UNKNOWN_BAND = -1
ACTIVITY = ("activity",)
GROUP_KINDS = tuple(GROUP_LINKS.values())
COLUMNS = ("mode", "theme", "place")


@dataclass(frozen=True)
class At:
    """SQL texts of a subject's id, type and school, and of the day. `types`: the only types it can have, () = any.

    ends: both ends of a pair, whom it is for (b) first. other: the end that a head of an entry is not. link: what kind of
    link the pair is, where its own beginning is asked for.
    """

    subject: str
    type: str
    school: str
    day: str
    types: tuple[str, ...] = ()
    ends: tuple[At, ...] = ()
    other: At | None = None
    link: str = ""


@dataclass
class Needs:
    """What a condition looks at, so that a change of it cuts the days of a subject."""

    attributes: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    happened: set[Happened] = field(default_factory=set)

    @property
    def nothing(self) -> bool:
        return not self.attributes and not self.links and not self.happened


Judge = Callable[[str], int | None]


@dataclass
class Tests:
    """Attribute tests by number: (attribute, judge) where judge turns a stored value into a code, None = unknown.

    ranked: attributes that are compared with one another; their code is the rank of the number.
    """

    judges: list[tuple[str, Judge]] = field(default_factory=list)
    ranked: list[tuple[int, tuple[str, str]]] = field(default_factory=list)

    def add(self, attribute: str, judge: Judge) -> int:
        self.judges.append((attribute, judge))
        return len(self.judges) - 1

    def add_ranked(self, one: str, other: str) -> int:
        number = self.add("", lambda value: None)
        self.ranked.append((number, (one, other)))
        return number

    def attributes(self) -> set[str]:
        named = {name for name, _ in self.judges if name}
        return named | {name for _, pair in self.ranked for name in pair}

    def codes(self, values: dict[str, list[str]]) -> Iterable[tuple[int, str, int]]:
        """Yield (test, value, code) for the distinct values that each attribute has in the database."""
        for number, (name, judge) in enumerate(self.judges):
            for value in values.get(name, ()):
                code = judge(value)
                if code is not None:
                    yield number, value, code
        for number, pair in self.ranked:
            both = {value for name in pair for value in values.get(name, ())}
            numbers = {value: found for value in both if (found := as_number(value)) is not None}
            order = {found: rank for rank, found in enumerate(sorted(set(numbers.values())))}
            yield from ((number, value, order[found]) for value, found in sorted(numbers.items()))


def live(alias: str, known: bool) -> str:
    """Return the condition that a row is known at the instant asked for, or live now."""
    if known:
        return f"{alias}.recorded_at <= hole_known AND {alias}.superseded_at > hole_known"
    return f"{alias}.superseded_at = {NO_END_INSTANT}"


def holding(alias: str, day: str, known: bool) -> str:
    """Return the condition that a dated row holds on a day."""
    return f"{alias}.valid_from <= {day} AND {alias}.valid_to >= {day} AND {live(alias, known)}"


def days_of(node: Happened, known: bool) -> str:
    """Return the query of (subject, day) of what happened, that was not taken back."""
    one = node.happening
    if one.source == EVENT:
        return (
            f"SELECT ev.subject_id AS subject, ev.day AS day FROM event AS ev WHERE ev.kind = {quoted(one.event)}"
            f" AND NOT ev.retracted AND {live('ev', known)}"
        )
    if one.source == BEGINS:
        return (
            f"SELECT lb.a_id AS subject, lb.valid_from AS day FROM link AS lb WHERE lb.kind = {quoted(one.event)}"
            f" AND lb.valid_from > 1 AND {live('lb', known)}"
        )
    if one.source == ENTRY_KIND:
        part = f" AND pe.part = {quoted(one.part)}" if one.part else ""
        return (
            f"SELECT pe.subject_id AS subject, pe.day AS day FROM participation AS pe JOIN subject AS sp"
            f" ON sp.id = pe.subject_id AND sp.type <> 'school' WHERE pe.kind = {quoted(one.event)} AND NOT pe.absent{part}"
            f" AND {live('pe', known)} UNION ALL SELECT sc.id AS subject, en.day AS day FROM entry AS en JOIN subject AS sc"
            f" ON sc.type = 'school' AND sc.school_id = en.school_id WHERE en.kind = {quoted(one.event)}"
            f" AND {live('en', known)}"
        )
    column = "present_from" if one.source == ARRIVED else "present_to"
    return (
        f"SELECT sb.id AS subject, sb.{column} AS day FROM subject AS sb"
        f" WHERE sb.{column} > 1 AND sb.{column} < {NO_END_DAY}"
    )


@dataclass(frozen=True)
class Builder:
    """SQL about one subject on one day (`at`).

    row: alias of the participation whose filters are asked. zero_hours: hours of 0 are recorded hours (as in `Facts`)
    and not a column's default (as in the school's own tables).
    """

    at: At
    tests: Tests
    needs: Needs
    known: bool = False
    row: str = "p"
    zero_hours: bool = True

    def about(self, at: At) -> Builder:
        return replace(self, at=at)

    # conditions

    def always(self, node: Always) -> str:
        return "TRUE"

    def all_of(self, node: All) -> str:
        return self._joined(node.parts, " AND ", "TRUE")

    def any_of(self, node: AnyOf) -> str:
        return self._joined(node.parts, " OR ", "FALSE")

    def _joined(self, parts: tuple[Any, ...], word: str, empty: str) -> str:
        return "(" + (word.join(f"({part.sql(self)})" for part in parts) or empty) + ")"

    def negation(self, node: Not) -> str:
        return f"(NOT ({node.part.sql(self)}))"

    def attribute(self, node: AttributeTest) -> str:
        test = self.tests.add(node.attribute, lambda value: _truth(node.accepts(value)))
        return f"({self.code(test, node.attribute, node.of)} = 1)"

    def compare(self, node: AttributeCompare) -> str:
        sign = {"at_least": ">=", "at_most": "<=", "is": "=", "more_than": ">", "less_than": "<"}[
            node.relation
        ]
        test = self.tests.add_ranked(node.attribute, node.other)
        mine, theirs = (
            self.code(test, node.attribute, node.of),
            self.code(test, node.other, node.other_of),
        )
        return f"({mine} {sign} {theirs})"

    def of_end(self, node: OfEnd) -> str:
        if not self.at.ends:
            return "FALSE"
        return f"({node.part.sql(self.about(self.at.ends[1 if node.end == 'a' else 0]))})"

    def has_link(self, node: HasLink) -> str:
        ends = ("a", "b") if node.end == "either" else (node.end,)
        return "(" + " OR ".join(self._linked(node.link, end) for end in ends) + ")"

    def holds_post(self, node: HoldsPost) -> str:
        return self._linked(node.post, "a")

    def _linked(self, kind: str, end: str) -> str:
        if self.at.ends:
            return "(" + " OR ".join(self.about(one)._linked(kind, end) for one in self.at.ends) + ")"
        if self.at.types == ACTIVITY:
            return "FALSE"  # an entry has no links, and its number may be that of a subject
        self.needs.links.add(kind)
        return (
            f"EXISTS (SELECT 1 FROM link AS lx WHERE lx.kind = {quoted(kind)} AND lx.{end}_id = {self.at.subject}"
            f" AND {holding('lx', self.at.day, self.known)})"
        )

    def happened(self, node: Happened) -> str:
        """Return whether something happened to the subject on the day or so many days before.

        What happened to one of two happened to the pair; but it began itself only when its own link did.
        """
        if self.at.types == ACTIVITY:
            return "FALSE"
        self.needs.happened.add(node)
        days = days_of(node, self.known)
        if self.at.ends and (node.happening.source, node.happening.event) == (BEGINS, self.at.link):
            days = "SELECT lo.id AS subject, lo.valid_from AS day FROM link AS lo WHERE lo.valid_from > 1"
        elif self.at.ends:
            return "(" + " OR ".join(self.about(one).happened(node) for one in self.at.ends) + ")"
        return (
            f"EXISTS (SELECT 1 FROM ({days}) AS hx WHERE hx.subject = {self.at.subject}"
            f" AND hx.day BETWEEN {self.at.day} - {node.days} AND {self.at.day})"
        )

    # attributes

    def code(self, test: int, attribute: str, of: tuple[str, ...]) -> str:
        """Return the code of a test for the value that holds, NULL = unknown."""
        found = f"SELECT x.code FROM tx_accept AS x WHERE x.test = {test} AND x.value = {self.value(attribute, of)}"
        # Where no value of the attribute says anything (a number nobody has set), nobody need be looked at.
        return f"CASE WHEN EXISTS (SELECT 1 FROM tx_accept AS xe WHERE xe.test = {test}) THEN ({found}) END"

    def value(self, attribute: str, of: tuple[str, ...]) -> str:
        """Return the value of the subject or of its nearest container of a type in `of`."""
        self.needs.attributes.add(attribute)
        if self.at.ends:
            return f"COALESCE({', '.join(self.about(one).value(attribute, of) for one in self.at.ends)})"
        found = [text for text in (self._own(attribute, of), self._of_group(attribute, of)) if text]
        if (not of or "school" in of) and self.at.types != ("school",):
            found.append(self._of_school(attribute))
        if not found:
            return "NULL"
        return found[0] if len(found) == 1 else f"COALESCE({', '.join(found)})"

    def _own(self, attribute: str, of: tuple[str, ...]) -> str:
        own = f"(SELECT a.value FROM attribute AS a WHERE {self._row(attribute, self.at.subject)} {self._latest()})"
        if self.at.types == ACTIVITY:
            return ""
        if not of or "member" in of or (self.at.types and set(self.at.types) <= set(of)):
            return own
        if self.at.types and not set(self.at.types) & set(of):
            return ""
        return f"CASE WHEN {self.at.type} IN ({listed(of)}) THEN {own} END"

    def _of_group(self, attribute: str, of: tuple[str, ...]) -> str:
        types = [name for name in GROUP_LINKS if not of or name in of]
        if not types or self.at.types == ACTIVITY:
            return ""
        self.needs.links |= set(GROUP_KINDS)
        order = " ".join(f"WHEN {quoted(kind)} THEN {at}" for at, kind in enumerate(GROUP_KINDS))
        typed = f" AND gx.type IN ({listed(of)})" if of else ""
        return (
            f"(SELECT a.value FROM link AS lx JOIN subject AS gx ON gx.id = lx.b_id{typed}"
            f" JOIN attribute AS a ON {self._row(attribute, 'lx.b_id')}"
            f" WHERE lx.kind IN ({listed(GROUP_KINDS)}) AND lx.a_id = {self.at.subject}"
            f" AND {holding('lx', self.at.day, self.known)}"
            f" ORDER BY CASE lx.kind {order} END, lx.b_id, a.valid_from DESC, a.value DESC LIMIT 1)"
        )

    def _of_school(self, attribute: str) -> str:
        return (
            "(SELECT a.value FROM subject AS scx JOIN attribute AS a ON "
            f"{self._row(attribute, 'scx.id')} WHERE scx.type = 'school' AND scx.school_id = {self.at.school}"
            f" {self._latest()})"
        )

    def _row(self, attribute: str, subject: str) -> str:
        holds = holding("a", self.at.day, self.known)
        return f"a.name = {quoted(attribute)} AND a.subject_id = {subject} AND {holds}"

    def _latest(self) -> str:
        return "ORDER BY a.valid_from DESC, a.value DESC LIMIT 1"

    # bounds: the number of the band that holds, UNKNOWN_BAND = unknown

    def table(self, node: Table) -> str:
        otherwise = len(node.bands) if node.otherwise is not None else UNKNOWN_BAND
        if node.by == "post" and node.combine != "first":
            held = " + ".join(
                f"CASE WHEN {self._linked(band.values[0], 'a')} THEN {1 << at} ELSE 0 END"
                for at, band in enumerate(node.bands)
            )
            none = 0 if node.otherwise is not None else UNKNOWN_BAND
            return f"COALESCE(NULLIF({held}, 0), {none})"
        if node.by == "post":
            cases = " ".join(
                f"WHEN {self._linked(band.values[0], 'a')} THEN {at}" for at, band in enumerate(node.bands)
            )
            return f"CASE {cases} ELSE {otherwise} END"

        def band_of(value: str) -> int:
            return next((at for at, band in enumerate(node.bands) if band.holds(value)), otherwise)

        test = self.tests.add(node.by, band_of)
        return f"COALESCE({self.code(test, node.by, node.of)}, {UNKNOWN_BAND})"

    def asked(self, node: Asked) -> str:
        """A number that is set: its band is the number itself in hundredths."""

        def hundredths(value: str) -> int | None:
            number = asked_number(value)
            return None if number is None else int(number * HUNDREDTHS)

        test = self.tests.add(node.attribute, hundredths)
        return f"COALESCE({self.code(test, node.attribute, node.of)}, {UNKNOWN_BAND})"

    def part_of(self, node: PartOf) -> str:
        """A part of a figure: its band is the number in hundredths, as of a number that is set."""

        def hundredths(value: str) -> int | None:
            number = node.number(value)
            return None if number is None else number * HUNDREDTHS

        test = self.tests.add(node.attribute, hundredths)
        return f"COALESCE({self.code(test, node.attribute, node.of)}, {UNKNOWN_BAND})"

    # filters of a participation

    def qualifier_is(self, node: QualifierIs) -> str:
        if node.qualifier in COLUMNS:
            return f"{self.row}.{node.qualifier} IN ({listed(node.values)})"
        if node.qualifier == "counterpart":
            return (
                f"EXISTS (SELECT 1 FROM subject AS c WHERE c.id = {self.row}.counterpart_id"
                f" AND c.public_id IN ({listed(node.values)}))"
            )
        return f"COALESCE({further(self.row, node.qualifier)}, '') IN ({listed(node.values)})"

    def amount_within(self, node: AmountWithin) -> str:
        found = amount(self.row, node.amount, self.zero_hours)
        parts = [f"{found} IS NOT NULL"]
        for end, sign in ((node.low, ">="), (node.high, "<=")):
            if end is not None:
                exact = Fraction(end) * HUNDREDTHS
                parts.append(f"{found} * {exact.denominator} {sign} {exact.numerator}")
        return "(" + " AND ".join(parts) + ")"

    def companion(self, node: Companion) -> str:
        """Return whether somebody the companion asks for was in the entry (or is the row's counterpart)."""
        if node.part == "counterpart":
            return (
                f"EXISTS (SELECT 1 FROM subject AS q WHERE q.id = {self.row}.counterpart_id AND"
                f" {self._accepted(node, 'q.id', 'q.type', 'q.school_id')})"
            )
        part = f" AND o.part = {quoted(node.part)}" if node.part else ""
        return (
            f"EXISTS (SELECT 1 FROM participation AS o JOIN subject AS q ON q.id = o.subject_id WHERE"
            f" o.entry_id = {self.row}.entry_id{part} AND NOT o.absent AND {live('o', self.known)} AND"
            f" {self._accepted(node, 'q.id', 'q.type', 'q.school_id')})"
        )

    def other_end(self, node: Companion) -> str:
        """Return whether the other end of a pair, who is found already, is as the companion asks."""
        assert self.at.other is not None
        return self._accepted(node, self.at.other.subject, self.at.other.type, self.at.other.school)

    def _accepted(self, node: Companion, who: str, type_of: str, school: str) -> str:
        parts = []
        if node.themself:
            mine = ", ".join(one.subject for one in self.at.ends) or self.at.subject
            parts.append("FALSE" if self.at.types == ACTIVITY else f"{who} IN ({mine})")
        them = self.about(At(who, type_of, school, self.at.day))
        if node.subject_type == "member":
            parts.append(them._linked("branch_member", "a"))
        elif node.subject_type:
            parts.append(f"{type_of} = {quoted(node.subject_type)}")
        if node.post:
            parts.append(self._post_held(node, who))
        if node.link:
            parts.append(self._linked_with(node.link, who, node.end))
        if node.same:
            parts.append(self._in_same(node.same, who, type_of))
        if not isinstance(node.where, Always):
            parts.append(f"COALESCE({node.where.sql(them)}, FALSE)")
        return "(" + (" AND ".join(parts) or "TRUE") + ")"

    def _post_held(self, node: Companion, who: str) -> str:
        """Held for the subject or its container of the post's own type; where there is none, for any."""
        place = self._place_of_type("hl.b_id", node.post_of)
        held = (
            f"EXISTS (SELECT 1 FROM link AS hl WHERE hl.kind = {quoted(node.post)} AND hl.a_id = {who}"
            f" AND {holding('hl', self.at.day, self.known)}"
        )
        return f"CASE WHEN {self._has_place(node.post_of)} THEN {held} AND {place}) ELSE {held}) END"

    def _place_of_type(self, place: str, type_name: str) -> str:
        return (
            f"EXISTS (SELECT 1 FROM subject AS pl WHERE pl.id = {place} AND pl.type = {quoted(type_name)}"
            f" AND {self._in_chain('pl.id')})"
        )

    def _has_place(self, type_name: str) -> str:
        if self.at.ends:
            return "(" + " OR ".join(self.about(one)._has_place(type_name) for one in self.at.ends) + ")"
        parts = [] if self.at.types == ACTIVITY else [f"{self.at.type} = {quoted(type_name)}"]
        if type_name == "school":
            parts.append(
                f"EXISTS (SELECT 1 FROM subject AS scx WHERE scx.type = 'school' AND scx.school_id = {self.at.school})"
            )
        if self.at.types != ACTIVITY:
            parts.append(
                f"EXISTS (SELECT 1 FROM link AS gl JOIN subject AS gx ON gx.id = gl.b_id AND gx.type = {quoted(type_name)}"
                f" WHERE gl.kind IN ({listed(GROUP_KINDS)}) AND gl.a_id = {self.at.subject}"
                f" AND {holding('gl', self.at.day, self.known)})"
            )
        return "(" + (" OR ".join(parts) or "FALSE") + ")"

    def _in_chain(self, place: str) -> str:
        """Return whether a place is the subject, one of its groups on the day, or its school."""
        if self.at.ends:
            return "(" + " OR ".join(self.about(one)._in_chain(place) for one in self.at.ends) + ")"
        school = (
            f"EXISTS (SELECT 1 FROM subject AS scx WHERE scx.id = {place} AND scx.type = 'school'"
            f" AND scx.school_id = {self.at.school})"
        )
        if self.at.types == ACTIVITY:
            return school
        return (
            f"({place} = {self.at.subject} OR {school} OR EXISTS (SELECT 1 FROM link AS gl WHERE"
            f" gl.kind IN ({listed(GROUP_KINDS)}) AND gl.a_id = {self.at.subject} AND gl.b_id = {place}"
            f" AND {holding('gl', self.at.day, self.known)}))"
        )

    def _linked_with(self, kind: str, who: str, end: str = "") -> str:
        """Linked with the subject or one of its containers, in either direction."""
        one = (
            f"EXISTS (SELECT 1 FROM link AS hl WHERE hl.kind = {quoted(kind)} AND hl.{{mine}}_id = {who}"
            f" AND {holding('hl', self.at.day, self.known)} AND {{chain}})"
        )
        ends = [pair for pair in (("a", "b"), ("b", "a")) if end in ("", pair[0])]
        texts = (one.format(mine=mine, chain=self._in_chain(f"hl.{theirs}_id")) for mine, theirs in ends)
        return "(" + " OR ".join(texts) + ")"

    def _in_same(self, type_name: str, who: str, type_of: str) -> str:
        """Return whether they and the subject belong to the same group of a type, or are it."""
        return (
            f"(({type_of} = {quoted(type_name)} AND {self._in_chain(who)}) OR EXISTS (SELECT 1 FROM link AS sl"
            f" WHERE sl.kind = {quoted(GROUP_LINKS[type_name])} AND sl.a_id = {who}"
            f" AND {holding('sl', self.at.day, self.known)} AND {self._in_chain('sl.b_id')}))"
        )


def further(row: str, name: str) -> str:
    """Return a further qualifier or amount of a participation as text."""
    return f"{row}.extra ->> {quoted(f'$."{name}"')}"


def amount(row: str, name: str, zero_hours: bool = True) -> str:
    """Return an amount of a participation in hundredths, NULL = not recorded."""
    if name != "hours":
        return f"CAST({further(row, name)} AS BIGINT)"
    return f"{row}.hours" if zero_hours else f"NULLIF({row}.hours, 0)"


def _truth(answer: bool | None) -> int | None:
    return None if answer is None else int(answer)


def pair(number: int | Fraction | Decimal | None) -> tuple[int, int]:
    """Return a number as numerator and denominator; (0, 0) for none."""
    if number is None:
        return 0, 0
    exact = Fraction(number)
    return exact.numerator, exact.denominator

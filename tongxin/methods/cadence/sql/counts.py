"""What was done: entries become numbers per (unit, window, subject) in table tx_done.

Three ways, all grouped over the ledger and none per obligation or subject. FAST: a unit whose subject plays one part
itself, straight from the covering index. ENTRIES: times at a school or in an entry, from the entry table. HEADS: everything
else, from the heads of the entries (rows, and the members a group stands for), gathered once in tx_head.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..facts import MADE_UP
from ..tree import GROUP_LINKS, PERSON_TYPES, SubjectKind
from . import exclusive, pairs
from .builder import At, Builder, Needs, Tests, amount, further, live
from .engine import listed, quoted
from .own_windows import end_of_day
from .plan import (
    AVERAGE,
    DISTINCT,
    ENTRIES,
    ENTRY,
    FAST,
    GROUP,
    HEADS,
    MAX,
    OWN_WINDOWS,
    PAIR,
    PEOPLE,
    PERSON,
    PERSON_TIMES,
    SCHOOL,
    SUM,
    TIMES,
    Filter,
    Plan,
)
from .settle import SUBJECTS, WINDOWS

GROUPS = tuple(GROUP_LINKS)
NO_HEAD = 0
ONCE, OFTEN, SEVERAL = 1, 2, 3  # one row is enough; rows add up; different words are told apart
_HEAD = (
    "part_row, entry, kind, part, unit, type, person, standing, via, via_type, home, place, start_day, day"
)
_WORDS = {
    "kind": "p.kind",
    "theme": "p.theme",
    "place": "p.place",
    "counterpart": "CAST(p.counterpart_id AS TEXT)",
}


class Counting:
    """Builds the counting statements of a plan; `known`: as known at an instant; `school`: of one school only."""

    def __init__(self, plan: Plan, tests: Tests, known: bool, school: bool) -> None:
        self.plan, self.tests, self.known, self.school = plan, tests, known, school
        units = list(plan.counted())
        self.filters = {u.filter for u in units}
        self.used = {
            key: sorted({u.filter for u in units if key in ((u.path, u.universe), u.universe)} - {0})
            for key in (
                *((FAST, PERSON), (ENTRIES, SCHOOL), (ENTRIES, ENTRY)),
                PERSON,
                GROUP,
                SCHOOL,
                ENTRY,
                PAIR,
            )
        }

    # the three ways

    def fast(self) -> list[str]:
        """A pass over the covering index for all units that add up the subject's own rows in one part, and one for
        those that tell words apart.

        The holes say which: those of swift slots, the others, or all.
        """
        key = "m.unit AS unit, p.subject_id AS subject, d.win AS win"
        value = f"CASE WHEN m.measure = {TIMES} THEN 1 ELSE COALESCE({self._amount()}, 0) END"
        asked = " AND m.swift BETWEEN hole_slow AND hole_swift"
        into = "INSERT INTO tx_done (unit, subject, win, num, den)"
        statements = [
            f"{into} SELECT {key}, SUM({value}), CASE WHEN MAX(m.measure) = {TIMES} THEN 1 ELSE 100 END"
            f" {self._fast_rows()} AND m.measure <> {DISTINCT}{asked} GROUP BY m.unit, p.subject_id, d.win"
        ]
        if self._fast_words():
            each = f"SELECT DISTINCT {key}, {self._token()} AS token {self._fast_rows()} AND m.measure = {DISTINCT}{asked}"
            statements.append(
                f"{into} SELECT t.unit, t.subject, t.win, COUNT(*), 1 FROM ({each}) AS t"
                " WHERE t.token <> '' GROUP BY t.unit, t.subject, t.win"
            )
        return statements

    def reached(self) -> str:
        """Return the query of (cell, span, n): how many have reached their minimum, swift slots, nothing stored.

        cell: slot and window in one number; span: days in scope, as in tx_steady, that all n of them share.
        """
        mark = f"m.scope * {SUBJECTS} + p.subject_id"
        key, by = f"m.slot * {WINDOWS} + d.win AS cell, {mark} AS mark", f"m.slot * {WINDOWS} + d.win, {mark}"
        value = f"CASE WHEN m.measure = {TIMES} THEN 100 ELSE COALESCE({self._amount()}, 0) END"
        # Once is enough nearly everywhere, and telling people apart costs far less than adding up their rows.
        once = (
            f"SELECT m.slot * {WINDOWS} + d.win AS cell, s.span AS span, COUNT(DISTINCT p.subject_id) AS n"
            f" {self._fast_rows(' CROSS JOIN tx_steady AS s')} AND m.swift = {ONCE} AND s.mark = {mark}"
            f" GROUP BY m.slot * {WINDOWS} + d.win, s.span"
        )
        more = (
            f"SELECT {key} {self._fast_rows()} AND m.swift = {OFTEN} GROUP BY {by},"
            f" m.low_num, m.low_den HAVING SUM({value}) * m.low_den >= m.low_num * 100"
        )
        if self._fast_words():
            limit = "m.low_num AS low_num, m.low_den AS low_den"
            each = f"SELECT DISTINCT {key}, {limit}, {self._token()} AS token {self._fast_rows()} AND m.swift = {SEVERAL}"
            more += (
                f" UNION ALL SELECT t.cell, t.mark FROM ({each}) AS t WHERE t.token <> ''"
                " GROUP BY t.cell, t.mark, t.low_num, t.low_den"
                " HAVING COUNT(*) * t.low_den >= t.low_num"
            )
        return (
            f"{once} UNION ALL SELECT r.cell, s.span, COUNT(*) FROM ({more}) AS r CROSS JOIN tx_steady AS s"
            " WHERE s.mark = r.mark GROUP BY r.cell, s.span"
        )

    def _fast_words(self) -> list[str]:
        """What the fast units that tell words apart look at."""
        units = self.plan.counted()
        return sorted({unit.token for unit in units if unit.path == FAST and unit.measure == DISTINCT})

    def _token(self) -> str:
        """Return the word of a row: only what some unit asks for is looked up, for the index holds not all of it."""
        cases = " ".join(f"WHEN {quoted(name)} THEN {_WORDS[name]}" for name in self._fast_words())
        return f"COALESCE(CASE m.token {cases} END, '')"

    def _fast_rows(self, joined: str = "") -> str:
        at = At("p.subject_id", _of_subject("type"), _of_subject("school_id"), "p.day")
        return (
            f"FROM tx_match AS m CROSS JOIN participation AS p CROSS JOIN tx_day AS d{joined}"
            f" WHERE {self._at_school('p')}p.kind = m.kind AND p.part = m.part AND {live('p', self.known)}"
            f" AND NOT p.absent AND d.mark = m.base + p.day AND m.path = {FAST}{self._filtered(at, (FAST, PERSON))}{self._evidenced('p.entry_id', (FAST, PERSON))}"
        )

    def entries(self, universe: int) -> list[str]:
        """Times at a school or in an entry: how many entries have a head that passes."""
        key = (ENTRIES, universe)
        subject, join = ("e.id", "") if universe == ENTRY else ("sc.id", self._school_of("e.school_id"))
        types = ("activity",) if universe == ENTRY else ("school",)
        at = At(subject, f"'{types[0]}'", "e.school_id", "e.day", types)
        row = f"p.entry_id = e.id AND {live('p', self.known)}"
        passes = (
            f"(EXISTS (SELECT 1 FROM participation AS p WHERE {row} AND (m.part = '' OR p.part = m.part)"
            f" AND NOT p.absent{self._filtered(at, key)})"
            f" OR (m.bare = 1 AND NOT EXISTS (SELECT 1 FROM participation AS p WHERE {row})))"
        )
        return [
            "INSERT INTO tx_done (unit, subject, win, num, den)"
            f" SELECT m.unit, {subject}, {win}, COUNT(DISTINCT e.id), 1 FROM tx_match AS m"
            f" JOIN entry AS e ON e.kind = m.kind AND {live('e', self.known)}{self._and_school('e')}{join} CROSS JOIN {day}"
            f" WHERE {on_day} AND m.path = {ENTRIES} AND m.universe = {universe} AND m.own = {own} AND e.day <= hole_as_of"
            f" AND {passes}{self._evidenced('e.id', key)} GROUP BY m.unit, {subject}, {win}"
            for own, win, day, on_day, _ in self._days("e.day", "e.day", universe, subject)
            if own != OWN_WINDOWS
        ]

    def heads(self) -> list[str]:
        """Gather the heads of the entries that the HEADS units look at: one scan of the ledger."""
        return [*self._own_heads(), self._members(), self._bare_heads()]

    def hits(self) -> list[str]:
        """Match heads to subjects and windows, filters applied; then add up."""
        matched = [*self._person_hits(), *self._group_hits(), *self._school_hits(), *self._entry_hits()]
        if pairs.has_pairs(self.plan):
            matched += self._pair_hits()
        return [*matched, *self._distinct_counts(), self._sums()]

    # heads

    def _own_heads(self) -> list[str]:
        """Those that stand in the ledger; where nobody asks for more, without the many who were written down through
        their group: it stands there itself."""
        through = "COALESCE((SELECT vs.type FROM subject AS vs WHERE vs.id = p.via_id), '')"
        return [
            f"INSERT INTO tx_head ({_HEAD})"
            f" SELECT p.id, p.entry_id, p.kind, p.part, p.subject_id, s.type, {_is_person('s')},"
            f" CASE WHEN s.type IN ({listed((*GROUPS, 'school'))}) THEN 1 ELSE 0 END, {via}, {via_type},"
            " s.school_id, p.school_id, p.start_day, p.day"
            " FROM tx_need AS n CROSS JOIN participation AS p CROSS JOIN subject AS s"
            f" WHERE {self._at_school('p')}p.kind = n.kind AND (n.part = '' OR p.part = n.part) AND n.everybody = {everybody}"
            f"{itself} AND {live('p', self.known)} AND NOT p.absent AND p.day <= hole_as_of AND s.id = p.subject_id"
            for everybody, via, via_type, itself in (
                (1, "COALESCE(p.via_id, 0)", through, ""),
                (0, "0", "''", " AND p.via_id IS NULL"),
            )
        ]

    def _members(self) -> str:
        link = " ".join(f"WHEN {quoted(of)} THEN {quoted(kind)}" for of, kind in GROUP_LINKS.items())
        return (
            f"INSERT INTO tx_head ({_HEAD})"
            f" SELECT DISTINCT h.part_row, h.entry, h.kind, h.part, l.a_id, s.type, {_is_person('s')}, 0, 0, '',"
            " s.school_id, h.place, h.start_day, h.day"
            " FROM tx_head AS h JOIN tx_need AS n ON n.kind = h.kind AND (n.part = '' OR n.part = h.part) AND n.expand = 1"
            f" JOIN link AS l ON l.b_id = h.unit AND l.kind = CASE h.type {link} END"
            f" AND l.valid_from <= h.day AND l.valid_to >= h.day AND {live('l', self.known)}"
            " JOIN subject AS s ON s.id = l.a_id"
            f" WHERE h.type IN ({listed(GROUPS)}) AND NOT EXISTS (SELECT 1 FROM participation AS o"
            " WHERE o.entry_id = h.entry AND o.part = h.part AND o.subject_id = l.a_id AND (o.absent OR o.via_id = h.unit)"
            f" AND {live('o', self.known)})"
        )

    def _bare_heads(self) -> str:
        """An entry in which nobody is written down still counts for its school, and for itself."""
        return (
            f"INSERT INTO tx_head ({_HEAD})"
            f" SELECT DISTINCT CAST(NULL AS BIGINT), e.id, e.kind, '', {NO_HEAD}, '', 0, 1, 0, '', e.school_id, e.school_id, e.start_day, e.day"
            f" FROM tx_need AS n JOIN entry AS e ON e.kind = n.kind AND {live('e', self.known)}{self._and_school('e')}"
            " WHERE n.bare = 1 AND e.day <= hole_as_of AND NOT EXISTS (SELECT 1 FROM participation AS p"
            f" WHERE p.entry_id = e.id AND {live('p', self.known)})"
        )

    # hits

    def _hit(
        self,
        universe: int,
        subject: str,
        at: At,
        joins: str = "",
        where: str = "",
        head: str = "h.unit, h.person, h.standing",
    ) -> list[str]:
        token = (
            "CASE m.token WHEN 'kind' THEN h.kind WHEN 'theme' THEN p.theme WHEN 'place' THEN p.place"
            " WHEN 'counterpart' THEN CAST(p.counterpart_id AS TEXT) WHEN 'day' THEN CAST({} AS TEXT) END"
        )
        chosen = "NULL"
        if exclusive.shared_slots(self.plan):
            chosen = exclusive.chosen()
        span = "CASE WHEN m.per_day = 1 THEN h.start_day ELSE h.day END"
        return [
            "INSERT INTO tx_hit (unit, subject, win, entry, head, person, standing, amount, token, chosen)"
            f" SELECT m.unit, {subject}, {win}, h.entry, {head}, {self._share(on)}, {token.format(on)}, {chosen}"
            " FROM tx_match AS m CROSS JOIN tx_head AS h LEFT JOIN participation AS p ON p.id = h.part_row"
            f"{joins} CROSS JOIN {day}"
            f" WHERE h.kind = m.kind AND (m.part = '' OR m.part = h.part) AND {on_day}"
            f" AND m.path = {HEADS} AND m.universe = {universe} AND m.own = {own}{where}{self._about(own, subject, universe)}"
            f" AND (h.part_row IS NOT NULL OR m.bare = 1){self._filtered(at, universe)}"
            f"{self._evidenced('h.entry', universe)}"
            for own, win, day, on_day, on in self._days(span, "h.day", universe, subject)
        ]

    def _about(self, own: int, subject: str, universe: int) -> str:
        """Return the rest of a WHERE for units that count only what answers the window's event, or the entry itself."""
        if not any(unit.requirement.count.about for unit in self.plan.units()):
            return ""
        answers = "ea.about_id = d.about_entry AND d.about_entry > 0 OR ea.about_event_id = d.about_event AND d.about_event > 0"
        if own != OWN_WINDOWS:
            answers = f"ea.about_id = {subject}" if universe == ENTRY else "FALSE"
        return (
            f" AND (m.about = 0 OR EXISTS (SELECT 1 FROM entry AS ea WHERE ea.id = h.entry AND ({answers})))"
        )

    def _days(
        self, first: str, last: str, universe: int, subject: str
    ) -> Iterable[tuple[int, str, str, str, str]]:
        """(own, window, table, its condition, day): windows are found by day; an entry's own days are its window 0.

        The table is joined last and says so (CROSS JOIN): no engine should start from the days.
        """
        found = (
            f"d.mark = m.base + {last}"
            if first == last
            else f"d.mark BETWEEN m.base + {first} AND m.base + {last}"
        )
        made_up = self._made_up() if first != "e.day" else ""  # heads only
        if made_up:
            named = f"d.grain = m.grain AND d.first <= h.day AND d.name = {made_up}"
            yield 0, "d.win", "tx_named AS d", f"m.makes_up = 1 AND {named}", "h.day"
            found = f"(m.makes_up = 0 OR COALESCE({made_up}, '') = '') AND {found}"
        yield 0, "d.win", "tx_day AS d", found, "d.mark - m.base"
        if universe == ENTRY:
            yield 1, "(m.own - 1)", "tx_calendar AS d", f"d.day BETWEEN {first} AND {last}", "d.day"
        if any(unit.own_windows for unit in self.plan.units()):
            at = f"(SELECT COALESCE(ei.at, {end_of_day('ei.day')}) FROM entry AS ei WHERE ei.id = h.entry)"
            mine = f"d.slot = m.slot AND d.subject = {subject} AND (d.last_at = 0 OR {at} BETWEEN d.first_at AND d.last_at)"
            days = f"k.day BETWEEN MAX({first}, d.first) AND MIN({last}, d.last)"
            yield (
                OWN_WINDOWS,
                "d.win",
                "tx_mine AS d CROSS JOIN tx_calendar AS k",
                f"{mine} AND {days}",
                "k.day",
            )

    def _made_up(self) -> str:
        """Return the name of the window an entry makes up for; "" where no unit asks."""
        if not any(unit.requirement.count.makes_up for unit in self.plan.units()):
            return ""
        return (
            f"(SELECT MAX({further('pm', MADE_UP)}) FROM participation AS pm WHERE pm.entry_id = h.entry"
            f" AND {live('pm', self.known)})"
        )

    def _person_hits(self) -> list[str]:
        return self._hit(PERSON, "h.unit", At("h.unit", "h.type", "h.home", "h.day"))

    def _group_hits(self) -> list[str]:
        itself = self._hit(
            GROUP, "h.unit", At("h.unit", "h.type", "h.home", "h.day"), where=" AND h.type = m.type"
        )
        joins = (
            f" JOIN link AS l ON l.a_id = h.unit AND l.kind = m.link AND l.valid_from <= h.day AND l.valid_to >= h.day"
            f" AND {live('l', self.known)} JOIN subject AS g ON g.id = l.b_id AND g.type = m.type"
            " AND (h.via IN (0, g.id) OR h.via_type <> m.type OR EXISTS (SELECT 1 FROM participation AS gp WHERE"
            f" gp.entry_id = h.entry AND gp.part = h.part AND gp.subject_id = g.id AND {live('gp', self.known)} AND NOT gp.absent))"
        )
        return itself + self._hit(GROUP, "g.id", At("g.id", "g.type", "g.school_id", "h.day"), joins)

    def _school_hits(self) -> list[str]:
        at = At("sc.id", "'school'", "sc.school_id", "h.day", ("school",))
        return self._hit(SCHOOL, "sc.id", at, self._school_of("h.place"))

    def _pair_hits(self) -> list[str]:
        found = []
        for mine in ("a", "b"):
            joins, at, there = pairs.joined(mine, self.known)
            found += self._hit(PAIR, "pl.id", at, joins, there, "pl.id, 0, 0")
        return found

    def _entry_hits(self) -> list[str]:
        at = At("h.entry", "'activity'", "h.place", "h.day", ("activity",))
        itself = self._hit(ENTRY, "h.entry", at, where=" AND m.about = 0")
        if not any(unit.requirement.count.about for unit in self.plan.units()):
            return itself
        join = " JOIN entry AS ew ON ew.id = h.entry AND ew.about_id IS NOT NULL"
        answered = At("ew.about_id", "'activity'", "h.place", "h.day", ("activity",))
        return itself + self._hit(ENTRY, "ew.about_id", answered, join, " AND m.about = 1")

    # adding up

    def _distinct_counts(self) -> list[str]:
        counted = {
            TIMES: "t.entry",
            PEOPLE: "CASE WHEN t.person = 1 THEN t.head END",
            PERSON_TIMES: "CASE WHEN t.person = 1 THEN t.entry * 4294967296 + t.head END",
            DISTINCT: "NULLIF(t.token, '')",
        }
        return [
            "INSERT INTO tx_done (unit, subject, win, num, den)"
            f" SELECT t.unit, t.subject, t.win, COUNT(DISTINCT {what}), 1 FROM tx_hit AS t"
            f" JOIN tx_unit AS u ON u.unit = t.unit AND u.measure = {measure} GROUP BY t.unit, t.subject, t.win"
            for measure, what in counted.items()
        ]

    def _sums(self) -> str:
        """The largest amount of each head (or entry) once, then their sum, maximum or mean."""
        each = (
            "SELECT t.unit AS unit, t.subject AS subject, t.win AS win, u.measure AS measure, MAX(t.amount) AS best"
            f" FROM tx_hit AS t JOIN tx_unit AS u ON u.unit = t.unit AND u.measure IN ({SUM}, {MAX}, {AVERAGE})"
            " WHERE t.amount IS NOT NULL AND (u.per_entry = 1 OR t.standing = 0)"
            " GROUP BY t.unit, t.subject, t.win, u.measure, t.entry, t.token,"
            " CASE WHEN u.per_entry = 1 THEN 0 ELSE t.head END"
        )
        return (
            "INSERT INTO tx_done (unit, subject, win, num, den)"
            f" SELECT b.unit, b.subject, b.win, CASE WHEN b.measure = {MAX} THEN MAX(b.best) ELSE SUM(b.best) END,"
            f" CASE WHEN b.measure = {AVERAGE} THEN 100 * COUNT(*) ELSE 100 END"
            f" FROM ({each}) AS b GROUP BY b.unit, b.subject, b.win, b.measure"
        )

    # small pieces

    def _share(self, day: str) -> str:
        """Return a head's amount, or what falls on a day where the amount is split: whole hundredths, early days first."""
        if not any(unit.daily for unit in self.plan.units()):
            return self._amount()
        days, at, whole = "(h.day - h.start_day + 1)", f"({day} - h.start_day)", self._amount()
        share = (
            f"(({whole} - {whole} % {days}) / {days} + CASE WHEN {at} < {whole} % {days} THEN 1 ELSE 0 END)"
        )
        return f"CASE WHEN m.measure = {SUM} AND m.token = 'day' THEN {share} ELSE {whole} END"

    def _amount(self) -> str:
        cases = " ".join(
            f"WHEN {at} THEN {amount('p', name, not self.school)}"
            for at, name in enumerate(self.plan.amounts, start=1)
        )
        return f"CASE m.amount {cases} END" if cases else "CAST(NULL AS BIGINT)"

    def _filtered(self, at: At, key: object) -> str:
        """Return the rest of a WHERE: the row filters and companions of the units counted this way."""
        cases = []
        for number in self.used[key]:  # type: ignore[index]
            text = self._row_filter(self.plan.filters[number - 1], at)
            if text:
                cases.append(f"WHEN {number} THEN {text}")
        return f" AND CASE m.filter {' '.join(cases)} ELSE TRUE END" if cases else ""

    def _row_filter(self, found: Filter, at: At) -> str:
        own = at if found.universe == SubjectKind("") else _typed(at, found.universe)
        builder = Builder(own, self.tests, Needs(), self.known, zero_hours=not self.school)
        parts = [test.sql(builder) for test in found.count.only]
        of_pair = found.universe.is_pair
        parts += [
            builder.other_end(companion) if of_pair and name == "with" else companion.sql(builder)
            for name, companion in found.count.companions()
        ]
        return "(" + " AND ".join(parts) + ")" if parts else ""

    def _evidenced(self, entry: str, key: object) -> str:
        cases = []
        for number in self.used[key]:  # type: ignore[index]
            need = self.plan.filters[number - 1].evidence
            each = [
                f"EXISTS (SELECT 1 FROM evidence AS v WHERE v.entry_id = {entry} AND v.type = {quoted(name)}"
                f" AND {live('v', self.known)})"
                for name in need.types
            ]
            if each:
                cases.append(f"WHEN {number} THEN ({(' OR ' if need.any_one else ' AND ').join(each)})")
        return f" AND CASE m.filter {' '.join(cases)} ELSE TRUE END" if cases else ""

    def _at_school(self, alias: str) -> str:
        return f"{alias}.school_id = hole_school AND " if self.school else ""

    def _and_school(self, alias: str) -> str:
        return f" AND {alias}.school_id = hole_school" if self.school else ""

    def _school_of(self, place: str) -> str:
        return f" JOIN subject AS sc ON sc.type = 'school' AND sc.school_id = {place}"


def _typed(at: At, universe: SubjectKind) -> At:
    """Knowing the kind of subject saves asking for it row by row."""
    if universe.name in ("member", "activity", "pair"):
        return at
    return At(at.subject, quoted(universe.name), at.school, at.day, (universe.name,))


def _of_subject(column: str) -> str:
    return f"(SELECT t.{column} FROM subject AS t WHERE t.id = p.subject_id)"


def _is_person(alias: str) -> str:
    return f"CASE WHEN {alias}.type IN ({listed(PERSON_TYPES)}) THEN 1 ELSE 0 END"

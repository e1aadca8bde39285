"""Verdicts as pages need them: who owes what, how far it has come, who is behind, and why.

Everything here is computed from the ledger at the moment of asking; `as_of` and `known_at` ask for the past.
What a viewer may see of a verdict follows the data class of its rule (see `classes`): names within their reach,
figures (small ones suppressed) beyond it, nothing where the policy gives nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property

from tongxin.kernel.access.viewer import Reach, Viewer, within_reach
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.packs import parse_in_words
from tongxin.kernel.programmes.queries import current_pack, school_packs
from tongxin.methods.cadence.calendar import SchoolCalendar
from tongxin.methods.cadence.facts import ENTRY
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import GROUP_LINKS, Obligation

from . import engine
from .classes import obligation_class
from .pairs import Inside, Named, ends_of, named

SMALLEST_COUNT = 5
EXPECTED = ("met", "missed", "open")
SHORT_DAYS = 45


@dataclass(frozen=True)
class Counts:
    """How many (subject × window) cells have each verdict."""

    met: int = 0
    missed: int = 0
    open: int = 0
    waived: int = 0
    not_expected: int = 0

    @property
    def expected(self) -> int:
        """The denominator of coverage: waived and not expected stay out of it."""
        return self.met + self.missed + self.open

    @property
    def behind(self) -> int:
        return self.missed + self.open

    @property
    def coverage(self) -> tuple[int, int]:
        return self.met, self.expected

    @property
    def percent(self) -> int | None:
        """Whole percent, rounded down so that 100 means all; None when nobody is expected."""
        return self.met * 100 // self.expected if self.expected else None

    @property
    def small(self) -> bool:
        """Say whether some figure here would point at few people."""
        return any(0 < n < SMALLEST_COUNT for n in (self.met, self.missed, self.open))

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.met + other.met,
            self.missed + other.missed,
            self.open + other.open,
            self.waived + other.waived,
            self.not_expected + other.not_expected,
        )


def count(verdicts: Iterable[Verdict]) -> Counts:
    totals: dict[str, int] = defaultdict(int)
    for verdict in verdicts:
        totals[verdict.verdict] += 1
    return Counts(**totals)


@dataclass(frozen=True)
class Sight:
    """What a viewer may see of an obligation's verdicts.

    whole: every name of the school; part: names within a reach; counts: figures of the school, small ones hidden;
    counted: branches of which they get such figures.
    """

    data_class: str
    whole: bool
    part: bool
    counts: bool
    counted: frozenset[int] = frozenset()

    @property
    def nothing(self) -> bool:
        return not (self.whole or self.part or self.counts or self.counted)

    @property
    def own_part(self) -> bool:
        """Whether the figures shown are those of the viewer's own reach and not of the school."""
        return not (self.whole or self.counts)


def sight(viewer: Viewer, pack: Pack, obligation: Obligation) -> Sight:
    data_class = obligation_class(pack, obligation)
    reach = viewer.reach(data_class)
    return Sight(data_class, reach.school, not reach.nothing, reach.counts or reach.school, reach.counted)


class Figured:
    """What the figures of a viewer are made of: the school's verdicts, or those of their branches and their reach."""

    def __init__(self, viewer: Viewer):
        self.viewer = viewer
        self.inside = Inside(viewer)
        self.members: dict[frozenset[int], set[int]] = {}

    def __call__(self, seen: Sight, subject: str) -> bool:
        """Say whether a subject (id as text) counts."""
        if seen.whole or seen.counts or self.inside(seen.data_class, subject):
            return True
        if not seen.counted or not subject.isdecimal():
            return False
        if seen.counted not in self.members:
            rows = Subject.objects.filter(within_reach(self.viewer, Reach(branches=seen.counted)))
            self.members[seen.counted] = set(rows.values_list("pk", flat=True))
        return int(subject) in self.members[seen.counted]

    def names(self, seen: Sight, subject: str) -> bool:
        """Say whether this viewer reads the name of a subject, pair or activity (id as text)."""
        return (seen.whole and not subject.startswith(ENTRY)) or self.inside(seen.data_class, subject)

    def counts(self, seen: Sight, verdicts: Iterable[Verdict]) -> tuple[Counts, bool]:
        """Return the figures of some verdicts, and whether they must be hidden: those this viewer cannot name anyhow
        would be so few in one of them that it pointed at somebody."""
        mine = [v for v in verdicts if self(seen, v.subject)]
        if seen.whole:
            return count(mine), False
        beyond: dict[str, set[str]] = defaultdict(
            set
        )  # people, not windows: ten weeks of one child are one child
        for v in mine:
            if v.verdict in EXPECTED and not self.inside(seen.data_class, v.subject):
                beyond[v.verdict].add(v.subject)
        return count(mine), any(len(subjects) < SMALLEST_COUNT for subjects in beyond.values())


def in_force(pack: Pack, day: date) -> list[Obligation]:
    """Return the version of each obligation in force on a day (the newest begun), in the pack's order."""
    rules = []
    for name in pack.obligation_ids():
        versions = pack.versions(name)
        begun = [v for v in versions if v.since <= day]
        rules.append((begun or versions[:1])[-1])
    return rules


def obligation_named(pack: Pack, name: str, day: date) -> Obligation | None:
    return next((rule for rule in in_force(pack, day) if rule.id == name), None)


@dataclass
class Asked:
    """One programme asked on one day; verdicts are computed once per set of obligations and kept for the page.

    as_of: facts up to this day count. known_at: only what had been written down by then (frozen figures).
    """

    programme: Programme
    as_of: date
    known_at: datetime | None = None
    _kept: dict = field(default_factory=dict, repr=False)

    @cached_property
    def pack(self) -> Pack:
        if self.known_at is None:
            return current_pack(self.programme)
        version = self.programme.versions.filter(recorded_at__lte=self.known_at).order_by("-number").first()
        return parse_in_words(version.text) if version else current_pack(self.programme)

    @cached_property
    def school_calendar(self) -> SchoolCalendar:
        return school_calendar(self.programme.school)

    @cached_property
    def calendar(self) -> SchoolCalendar:
        """The school's calendar with the pack's programme year and phases."""
        return self.school_calendar.for_programme(self.pack.programme_year, self.pack.phases.values())

    @cached_property
    def rules(self) -> list[Obligation]:
        return in_force(self.pack, self.as_of)

    def verdicts(
        self,
        obligations: Collection[str] | None = None,
        subjects: Collection[int | str] | None = None,
        *,
        entries: bool = False,
        bearers: bool = True,
    ) -> list[Verdict]:
        """Return verdicts of windows that touch the programme's year.

        subjects: only these (for activity rules: entry ids are not filtered). entries: with the entries counted and
        rejected; dearer, for few subjects. bearers: whether to say who bears what is behind; dearer, too.
        """
        key = (
            None if obligations is None else frozenset(obligations),
            None if subjects is None else frozenset(subjects),
            entries,
            bearers,
        )
        whole = self._kept.get((None, None, False, True))
        if whole is not None and obligations is not None and subjects is None and not entries:
            return [v for v in whole if v.obligation in obligations]
        if key not in self._kept:
            found = engine.evaluate(
                self.programme,
                self.pack,
                self.school_calendar,
                self.as_of,
                known_at=self.known_at,
                obligations=obligations,
                subjects=subjects,
                entries=entries,
                bearers=bearers,
            )
            self._kept[key] = [
                v for v in found if v.first <= self.programme.last_day and v.last >= self.programme.first_day
            ]
        return self._kept[key]


def ask(programme: Programme, as_of: date, known_at: datetime | None = None) -> Asked:
    return Asked(programme, as_of, known_at)


@dataclass(frozen=True)
class BoardRow:
    """One obligation on the board. counts: None when this viewer may see no figure; hidden: too few to show."""

    rule: Obligation
    sight: Sight
    counts: Counts | None
    hidden: bool = False
    partial: bool = False


def board(viewer: Viewer, asked: Asked) -> list[BoardRow]:
    """Return how far each obligation of a programme has come, in the pack's order, as this viewer may see it."""
    by_rule: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in asked.verdicts():
        by_rule[verdict.obligation].append(verdict)
    figured = Figured(viewer)
    rows = []
    for rule in asked.rules:
        seen = sight(viewer, asked.pack, rule)
        if seen.nothing:
            rows.append(BoardRow(rule, seen, None))
            continue
        counts, hidden = figured.counts(seen, by_rule[rule.id])
        rows.append(BoardRow(rule, seen, None if hidden else counts, hidden, seen.own_part))
    return rows


@dataclass(frozen=True)
class Gap:
    """Somebody or something behind: what is owed until when."""

    verdict: Verdict
    subject: Named
    bearers: tuple[str, ...]


@dataclass(frozen=True)
class Gaps:
    """The gap list of one obligation: names within reach; beyond it only how many, None when too few to say."""

    rule: Obligation
    sight: Sight
    counts: Counts | None
    rows: list[Gap]
    beyond: int | None


def gaps(viewer: Viewer, asked: Asked, obligation: str, *, group: int | None = None) -> Gaps | None:
    """Return who is behind in an obligation, missed before open, then by due day and name.

    group: only members of this homeroom, branch or department. None when there is no such obligation.
    """
    rule = obligation_named(asked.pack, obligation, asked.as_of)
    if rule is None:
        return None
    seen = sight(viewer, asked.pack, rule)
    verdicts = asked.verdicts([obligation])
    if group is not None:
        verdicts = within_group(verdicts, group, asked.as_of)
    behind = [v for v in verdicts if v.verdict in ("missed", "open")]
    figured = Figured(viewer)
    shown = [v for v in behind if figured.names(seen, v.subject)]
    if seen.nothing:
        shown = []
    subjects = named(v.subject for v in shown)
    names = _names({int(b) for v in shown for b in v.bearer if b.isdecimal()})
    rows = [
        Gap(
            v,
            subjects[v.subject],
            tuple(names[int(b)] for b in v.bearer if b.isdecimal() and int(b) in names),
        )
        for v in shown
        if v.subject in subjects
    ]
    rows.sort(
        key=lambda g: (g.verdict.verdict != "missed", g.verdict.last, g.subject.pinyin, str(g.subject.pk))
    )
    counts, hidden = figured.counts(seen, verdicts)
    told = None if hidden or seen.nothing else counts
    beyond = sum(1 for v in behind if figured(seen, v.subject)) - len(shown)
    untold = seen.nothing or (hidden and beyond > 0)
    return Gaps(rule, seen, told, rows, None if untold else max(beyond, 0))


def within_group(verdicts: Iterable[Verdict], group: int, day: date) -> list[Verdict]:
    """Return those about a group, its members on a day, or a pair with one of them."""
    verdicts = list(verdicts)
    inside = {*members_of(group, day), group}
    touched = ends_of(v.subject for v in verdicts)
    return [v for v in verdicts if inside & {*touched.get(v.subject, ())}]


def members_of(group: int, day: date) -> list[int]:
    """Return the people a homeroom, branch, department, team or family has on a day."""
    links = Link.objects.filter(
        b_id=group,
        kind__in=GROUP_LINKS.values(),
        superseded_at=FOREVER,
        valid_from__lte=day,
        valid_to__gte=day,
    )
    return list(links.values_list("a_id", flat=True))


def _names(ids: set[int]) -> dict[int, str]:
    return dict(Subject.objects.filter(pk__in=ids).values_list("pk", "name"))


@dataclass(frozen=True)
class Due:
    """A line of somebody's own list: a rule, a window, and whom it is about."""

    programme: Programme
    pack: Pack
    rule: Obligation
    verdict: Verdict
    subjects: tuple[Named, ...]

    @property
    def due(self) -> date | None:
        return self.verdict.due

    @property
    def owed(self):
        return self.verdict.owed

    @property
    def done(self):
        return self.verdict.done


def todo(viewer: Viewer, *, horizon: int | None = None) -> list[Due]:
    """Return what this person still owes today, soonest first: their own duties and those their posts bear.

    Duties towards several students in the same window make one line with all their names. Names are shown only within
    the viewer's reach. What a stricter rule on the same list covers is not listed again. horizon: only windows that end within so many days (missed ones always show).
    """
    if viewer.school is None or viewer.person_id is None:
        return []
    me = str(viewer.person_id)
    lines: list[Due] = []
    for programme, pack in school_packs(viewer.school, viewer.day):
        asked = ask(programme, viewer.day)
        mine = [
            v
            for v in asked.verdicts()  # of everybody: the answer serves the next person too
            if v.verdict in ("open", "missed") and me in v.bearer and not _begun_too_late(v, viewer.day)
        ]
        lines += _lines(viewer, programme, pack, asked, mine)
    lines = _without_implied(lines)
    if horizon is not None:
        last = viewer.day + timedelta(days=horizon)
        lines = [line for line in lines if line.verdict.last <= last]
    return sorted(lines, key=lambda d: (d.verdict.last, d.rule.id))


def _without_implied(lines: list[Due]) -> list[Due]:
    """Leave out whom a rule names that another line, of a rule which tightens it, names too: doing that does this."""
    covered: dict[tuple[str, str], set[int | str]] = defaultdict(set)
    for line in lines:
        for name in line.rule.tightens:
            covered[name.pack or line.pack.slug, name.id] |= {one.pk for one in line.subjects}
    kept = []
    for line in lines:
        implied = covered.get((line.pack.slug, line.rule.id))
        if not implied:
            kept.append(line)
        elif left := tuple(one for one in line.subjects if one.pk not in implied):
            kept.append(replace(line, subjects=left))
    return kept


def _begun_too_late(verdict: Verdict, day: date) -> bool:
    """A window that closed more than a term ago is history, not a thing to do."""
    return verdict.verdict == "missed" and (day - verdict.last).days > 60


def _lines(viewer: Viewer, programme: Programme, pack: Pack, asked: Asked, mine: list[Verdict]) -> list[Due]:
    rules = {rule.id: rule for rule in asked.rules}
    inside = Inside(viewer)
    together: dict[tuple, list[Verdict]] = defaultdict(list)
    for verdict in mine:
        together[verdict.obligation, verdict.window, verdict.first].append(verdict)
    known = named(v.subject for v in mine)
    lines = []
    for (name, _window, _first), verdicts in together.items():
        rule = rules.get(name)
        if rule is None or rule.source.modality == "encouraged":
            continue
        data_class = obligation_class(pack, rule)
        subjects = [
            known[v.subject]
            for v in verdicts
            if v.subject in known and (v.subject == str(viewer.person_id) or inside(data_class, v.subject))
        ]
        subjects.sort(key=lambda s: (s.pinyin, str(s.pk)))
        lines.append(Due(programme, pack, rule, verdicts[0], tuple(subjects)))
    return lines


@dataclass(frozen=True)
class HeatCell:
    """Coverage of a row in one week; counts None: nothing to show (no window, or too few people to say)."""

    counts: Counts | None
    hidden: bool = False


@dataclass(frozen=True)
class Heat:
    """Rows (label, id) × weeks (Monday, teaching week number or None)."""

    weeks: list[tuple[date, int | None]]
    rows: list[tuple[str, str, list[HeatCell]]]


def weeks_of(asked: Asked) -> list[tuple[date, int | None]]:
    """Return the Mondays from the programme's first day to `as_of`, with their teaching week number."""
    first = asked.programme.first_day
    last = min(asked.as_of, asked.programme.last_day)
    monday = first - timedelta(days=first.weekday())
    weeks = []
    while monday <= last:
        term = next(
            (t for t in asked.calendar.terms if t.first <= monday + timedelta(days=6) and monday <= t.last),
            None,
        )
        weeks.append((monday, (monday - term.first_week).days // 7 + 1 if term else None))
        monday += timedelta(days=7)
    return weeks


def heat(viewer: Viewer, asked: Asked) -> Heat:
    """Return coverage by obligation and week.

    A short window (up to 45 days) colours the weeks it covers with its own coverage; a long one shows how far it had
    come by the end of the week's month.
    """
    weeks = weeks_of(asked)
    rules = [r for r in asked.rules if r.evaluable]
    seen = {r.id: sight(viewer, asked.pack, r) for r in rules}
    shown = [r for r in rules if not seen[r.id].nothing]
    figured = Figured(viewer)

    def visible(v: Verdict) -> bool:
        return figured(seen[v.obligation], v.subject)

    verdicts: dict[str, list[Verdict]] = defaultdict(list)
    for v in asked.verdicts():
        if v.obligation in seen and visible(v):
            verdicts[v.obligation].append(v)
    long = {r.id for r in shown if any((v.last - v.first).days > SHORT_DAYS for v in verdicts[r.id])}
    history = _history(asked, weeks, long) if long else {}
    rows = []
    for rule in shown:
        cells: dict[date, HeatCell] = {}
        pictures: dict[date, HeatCell] = {}  # the weeks of a month share one
        for monday, _number in weeks:
            sunday = monday + timedelta(days=6)
            if rule.id in long:
                day = _looked_at(sunday, asked.as_of)
                if day not in pictures:
                    pictures[day] = _cell(*figured.counts(seen[rule.id], history[day].get(rule.id, [])))
                cells[monday] = pictures[day]
            else:
                inside = [v for v in verdicts[rule.id] if v.first <= sunday and v.last >= monday]
                cells[monday] = _cell(*figured.counts(seen[rule.id], inside))
        rows.append((rule.title, rule.id, list(cells.values())))
    return Heat(weeks, rows)


def _cell(counts: Counts, hidden: bool) -> HeatCell:
    if not counts.expected:
        return HeatCell(None)
    return HeatCell(None, hidden=True) if hidden else HeatCell(counts)


def _history(asked: Asked, weeks, obligations: set[str]) -> dict[date, dict[str, list[Verdict]]]:
    """Return the verdicts of long windows as they stood at the end of each month, by day and obligation."""
    days = {_looked_at(monday + timedelta(days=6), asked.as_of) for monday, _number in weeks}
    return {day: _as_it_stood(asked, day, obligations) for day in days}


def _looked_at(day: date, as_of: date) -> date:
    """Return the day whose picture stands for a week's end: its month's last day, so that a year is twelve pictures."""
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return min(following - timedelta(days=1), as_of)


def _as_it_stood(asked: Asked, day: date, obligations: set[str]) -> dict[str, list[Verdict]]:
    then = Asked(asked.programme, day, asked.known_at)
    by_rule: dict[str, list[Verdict]] = defaultdict(list)
    for v in then.verdicts(obligations, bearers=False):
        # Some windows have no end; those that are long over have left the picture.
        if v.first <= day and (day - v.last).days <= 31:
            by_rule[v.obligation].append(v)
    return by_rule


@dataclass(frozen=True)
class GroupCounts:
    """Coverage of one obligation in one group (homeroom, branch, department)."""

    group: Subject
    counts: Counts | None
    hidden: bool = False


def by_group(viewer: Viewer, asked: Asked, obligation: str, group_type: str) -> list[GroupCounts]:
    """Return an obligation's coverage by homeroom, branch or department, as this viewer may see it."""
    rule = obligation_named(asked.pack, obligation, asked.as_of)
    if rule is None:
        return []
    seen = sight(viewer, asked.pack, rule)
    figured = Figured(viewer)
    totals = of_groups(
        [v for v in asked.verdicts([obligation]) if figured(seen, v.subject)],
        groups_of(asked, GROUP_LINKS[group_type]),
    )
    hidden = hidden_groups(figured, seen, totals)
    groups = Subject.objects.filter(pk__in=totals, type=group_type).order_by("pinyin", "id")
    return [
        GroupCounts(group, None if group.pk in hidden else count(totals[group.pk]), group.pk in hidden)
        for group in groups
    ]


def groups_of(asked: Asked, kind: str) -> dict[int, int]:
    """Return {person: their homeroom, branch or department} on the day asked for, by the kind of link."""
    links = Link.objects.filter(
        school_id=asked.programme.school_id,
        kind=kind,
        superseded_at=FOREVER,
        valid_from__lte=asked.as_of,
        valid_to__gte=asked.as_of,
    )
    return dict(links.values_list("a_id", "b_id"))


def of_groups(
    verdicts: Sequence[Verdict], groups: dict[int, int], *, loose: int | None = None
) -> dict[int, list[Verdict]]:
    """Return verdicts by the group of their subject; whoever is in none stands alone, or under `loose`."""
    totals: dict[int, list[Verdict]] = defaultdict(list)
    touched = ends_of(v.subject for v in verdicts)
    for v in verdicts:
        for subject in touched.get(v.subject, ())[:1]:
            totals[groups.get(subject, subject if loose is None else loose)].append(v)
    return totals


def hidden_groups(figured: Figured, seen: Sight, totals: dict[int, list[Verdict]]) -> set[int]:
    """Return the groups whose figures must be hidden.

    One hidden group alone could be worked out from the total, so the smallest other whose people this viewer cannot
    name goes with it.
    """
    hidden = {group for group, verdicts in totals.items() if figured.counts(seen, verdicts)[1]}
    if len(hidden) == 1:
        others = [
            (len(verdicts), group)
            for group, verdicts in totals.items()
            if group not in hidden
            and any(not figured.inside(seen.data_class, v.subject) for v in verdicts)
            and count(verdicts).expected
        ]
        hidden |= {group for _size, group in sorted(others)[:1]}
    return hidden


def may_read(viewer: Viewer, pack: Pack, rule: Obligation, subject: Named) -> bool:
    """Say whether a viewer may read what a rule says of a subject."""
    seen = sight(viewer, pack, rule)
    own = subject.pk == viewer.person_id
    return own or Figured(viewer).names(seen, str(subject.pk))


def explain(viewer: Viewer, asked: Asked, obligation: str, subject: Named, first: date) -> Verdict | None:
    """Return the verdict of one subject in the window that begins on a day, with entries; None out of reach.

    Of several windows that begin on that day, the one that ends first.
    """
    rule = obligation_named(asked.pack, obligation, asked.as_of)
    if rule is None or not may_read(viewer, asked.pack, rule, subject):
        return None
    found = asked.verdicts([obligation], [subject.pk], entries=True)
    mine = (v for v in found if v.subject == str(subject.pk) and v.first == first)
    return min(mine, key=lambda v: v.last, default=None)

"""The one place that asks an evaluator: the set-based one on the school's own tables; the one-by-one evaluator only
to name the entries behind the verdicts of a few subjects. Both mean the same; tests hold them to it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby
from operator import attrgetter

from django.conf import settings
from django.db import connection
from django.utils import timezone

from tongxin.kernel.base.fields import ALWAYS, NO_END
from tongxin.kernel.base.models import Attribute, Link, Subject
from tongxin.kernel.programmes.models import Programme
from tongxin.methods.cadence import facts as cadence
from tongxin.methods.cadence import reference
from tongxin.methods.cadence.applying import concerns
from tongxin.methods.cadence.calendar import SchoolCalendar
from tongxin.methods.cadence.dependencies import with_needed
from tongxin.methods.cadence.occasions import at_once
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reads import entry_kinds_read
from tongxin.methods.cadence.reference import Bearers, Verdict
from tongxin.methods.cadence.sql.engine import Engine
from tongxin.methods.cadence.sql.evaluate import Cell, SetEvaluator
from tongxin.methods.cadence.sql.kept import Kept, Same, State, read_state
from tongxin.methods.cadence.tree import GROUP_LINKS, Obligation

from .facts import school_facts

DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}
_STRUCTURE = tuple(GROUP_LINKS.values())


def evaluate(
    programme: Programme,
    pack: Pack,
    calendar: SchoolCalendar,
    as_of: date,
    *,
    known_at: datetime | None = None,
    obligations: Collection[str] | None = None,
    subjects: Collection[int | str] | None = None,
    entries: bool = False,
    bearers: bool = True,
) -> list[Verdict]:
    """Return the verdicts of a programme on a day. entries: with those counted and rejected, one by one.

    bearers: whether to say who bears what is behind; figures do not need it.

    Today is judged as it stands this minute where a rule has a deadline in hours.
    """
    pack = pack.as_written  # verdicts are the same in every language, and so are those remembered
    now = _this_minute(pack, as_of)
    if entries:
        needed = None if obligations is None else with_needed(pack.obligations, obligations)
        kinds = {
            k
            for rule in pack.obligations
            if needed is None or rule.id in needed
            for k in entry_kinds_read(rule)
        }
        facts = school_facts(programme.school_id, programme, kinds)
        wanted = None if subjects is None else {str(pk) for pk in subjects}
        found = reference.evaluate(pack, facts, calendar, as_of, known_at, obligations, wanted, now)
        before = {rule.id: _before(rule) for rule in pack.obligations}
        return [v._replace(subject=before[v.obligation] + v.subject) for v in found]

    def work_out(names: Collection[str] | None, state: State | None) -> list[Verdict]:
        """Return the verdicts of some rules that were asked for; names: None = all of them."""
        wanted = obligations if names is None else names if obligations is None else {*names} & {*obligations}
        needed = None if wanted is None else with_needed(pack.obligations, wanted)
        asked = pack if needed is None else _only(Same(pack), frozenset(needed))
        connection.ensure_connection()
        mine = _concerned(programme.school_id, asked, known_at)
        run = _evaluator(Same(mine), Same(calendar), DIALECTS[connection.vendor]).run(
            connection.connection,
            as_of=as_of,
            known_at=known_at,
            school=programme.school_id,
            # A programme that is only tried out has no key, and no waivers.
            programme=programme.pk or 0,
            unique_rows=True,
            expanded=True,
            now=now,
        )
        return _verdicts(
            run.cells(None if subjects is None else {int(one) for one in subjects}, wanted),
            lambda: _bearers_of(programme.school_id, pack, known_at, state) if bearers else None,
            as_of,
        )

    if not settings.REMEMBER_VERDICTS:
        return list(work_out(obligations, None))
    question = (
        programme.pk,
        Same(calendar),
        as_of,
        known_at,
        bearers,
        None if subjects is None else frozenset(subjects),
        None if obligations is None else frozenset(obligations),
    )
    state = state_of(programme.school_id, _kept.state_of(question, pack), now)
    return _kept.get(question, pack, state, lambda names: ((v.obligation, v) for v in work_out(names, state)))


_kept = Kept()


def state_of(school_id: int, before: State | None = None, minute: datetime | None = None) -> State:
    """Return what a school's records are now; before: a state read earlier, which spares some counting."""
    connection.ensure_connection()
    return read_state(Engine(connection.connection, DIALECTS[connection.vendor]), school_id, before, minute)


def _concerned(school_id: int, pack: Pack, known_at: datetime | None) -> Pack:
    """Leave out the rules that never concerned this school: they hold of nobody on any day, so they have no verdicts.

    Only by what always was so of the school: a rule of the stage it once had is still judged.
    """
    rows = Attribute.objects.as_known_at(known_at).filter(
        school_id=school_id, subject__type="school", valid_from=ALWAYS, valid_to=NO_END
    )
    facts = dict(rows.values_list("name", "value"))
    mine = {rule.id for rule in pack.obligations if concerns(rule, facts)} if facts else set()
    if not mine or len(mine) == len(pack.obligation_ids()):
        return pack
    return _only(Same(pack), frozenset(with_needed(pack.obligations, mine)))


def _this_minute(pack: Pack, as_of: date) -> datetime | None:
    """The instant to judge deadlines in hours at, to the minute so that answers can be remembered; else None."""
    by_the_hour = any(at_once(period) for rule in pack.obligations for period in rule.periods)
    if not by_the_hour or as_of != timezone.localdate():
        return None
    return timezone.now().replace(second=0, microsecond=0)


@lru_cache(maxsize=256)
def _only(pack: Same, obligations: frozenset[str]) -> Pack:
    """Return a pack with some of its obligations: a question about one rule then reads only what that rule counts."""
    whole: Pack = pack.thing
    return replace(whole, obligations=tuple(rule for rule in whole.obligations if rule.id in obligations))


@lru_cache(maxsize=256)
def _evaluator(pack: Same, calendar: Same, dialect: str) -> SetEvaluator:
    return SetEvaluator(pack.thing, calendar.thing, dialect)


def _verdicts(cells: list[Cell], who: Callable[[], Bearers | None], as_of: date) -> list[Verdict]:
    """Name the bearers of what is behind, and put cells in the words of the one-by-one evaluator."""
    behind = any(cell.verdict in ("open", "missed") for cell in cells)
    bearers = who() if behind else None
    known: dict[tuple[str, str, date], tuple[str, ...]] = {}
    found = []
    for slot, group in groupby(cells, key=attrgetter("slot")):
        rule = slot.rule
        before, name, version, modality = _before(rule), rule.id, rule.version, rule.source.modality
        borne = bearers is not None and not rule.subject.is_activity
        for _slot, window, number, verdict, owed, done, over, most, reason, _judged in group:
            subject = f"{before}{number}"
            bearer: tuple[str, ...] = ()
            if borne and verdict in ("open", "missed"):
                day = min(as_of, window.last)
                key = (name, subject, day)
                if key not in known:
                    known[key] = bearers.of(rule, subject, day)  # type: ignore[union-attr]
                bearer = known[key]
            found.append(
                Verdict(name, version, subject, window.name, window.first, window.last, owed, done, verdict, over, most, None,
                        bearer, (), (), reason, modality)
            )  # fmt: skip
    return found


def _before(rule: Obligation) -> str:
    """Return what stands before the id of whom or what a rule's verdicts are about."""
    return cadence.ENTRY if rule.subject.is_activity else cadence.PAIR if rule.subject.is_pair else ""


def posts_of(school_id: int, pack: Pack) -> Bearers:
    """Return who holds which post of a school now."""
    return _bearers(school_id, pack, None)


def _bearers_of(school_id: int, pack: Pack, known_at: datetime | None, state: State | None) -> Bearers:
    if state is None:
        return _bearers(school_id, pack, known_at)
    return _bearers_while(school_id, Same(pack), known_at, state.people)


@lru_cache(maxsize=32)
def _bearers_while(school_id: int, pack: Same, known_at: datetime | None, _people: Hashable) -> Bearers:
    """Return who bears what while nothing about people changes."""
    return _bearers(school_id, pack.thing, known_at)


def _bearers(school_id: int, pack: Pack, known_at: datetime | None) -> Bearers:
    """Return who bears what at a school, from its posts and groups (no entries are read)."""
    posts = (
        {name for rule in pack.obligations for name in rule.bearer.names} | set(pack.posts) | {"secretary"}
    )
    posts |= {rule.subject.kind for rule in pack.obligations if rule.subject.is_pair}
    links = Link.objects.as_known_at(known_at).filter(school_id=school_id, kind__in=[*_STRUCTURE, *posts])
    subjects = Subject.objects.filter(school_id=school_id).values_list(
        "pk", "type", "name", "present_from", "present_to"
    )
    rows = list(subjects)
    home = next((str(pk) for pk, type_, *_rest in rows if type_ == "school"), "")
    facts = cadence.Facts(
        subjects=[
            cadence.Subject(str(pk), type_, name, home, first, last) for pk, type_, name, first, last in rows
        ],
        links=[
            cadence.LinkRow(str(pk), kind, str(a), str(b), first, last)
            for pk, kind, a, b, first, last in links.values_list(
                "pk", "kind", "a_id", "b_id", "valid_from", "valid_to"
            )
        ],
    )
    return Bearers(pack, cadence.View(facts))

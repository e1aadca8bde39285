"""How many hours a week a programme asks of each person of a school, before it is adopted.

Whom a rule means may be a secret that the hours would tell: those of one class say how many of its children are under
care. Of such a rule, no fact about anybody is looked at: it is taken to mean one in ten of all the children.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from django.db import transaction

from tongxin.kernel.access.policy import higher
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Attribute, Link, School, Subject
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.people.services import school_subject, set_attribute
from tongxin.kernel.programmes.classes import guarded
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.packs import programme_days
from tongxin.methods.cadence.load import Load, Owed, budget_for, least_of, loads, owed_in
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reading import number_of
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import Always, Bound, Constant, Count, Obligation, Requirement

from .classes import owing_class
from .engine import evaluate, posts_of

BUDGET = "load_budget"
# Of a rule whose children are not for the reader to know: how many of all it is taken to mean.
ASSUMED_SHARE = Fraction(1, 10)


@dataclass(frozen=True)
class PersonLoad:
    """A person with their load; rule: the title of the rule that takes most of their time."""

    person: Subject
    load: Load
    rule: str


@dataclass(frozen=True)
class SchoolLoad:
    """first, last: the programme year looked at. budget: the school's own hours a week, None = what the pack states.

    assumed: whether some rules are reckoned with ASSUMED_SHARE of the children instead of those they mean.
    """

    first: date
    last: date
    budget: Fraction | None
    rows: list[PersonLoad]
    assumed: bool = False

    @property
    def over(self) -> list[PersonLoad]:
        return [row for row in self.rows if row.load.over]


def own_budget(school: School, day: date) -> Fraction | None:
    """Return the hours a week that a school gives its people for programmes, if it has said so."""
    row = (
        Attribute.objects.current()
        .filter(school=school, name=BUDGET, subject__type="school", valid_from__lte=day, valid_to__gte=day)
        .first()
    )
    hours = number_of(row.value) if row else None
    return None if hours is None else Fraction(hours)


@transaction.atomic
def set_budget(school: School, hours: Fraction, *, by: Viewer) -> None:
    """Say how many hours a week people have, from today on."""
    text = f"{float(hours):g}"
    row = set_attribute(school_subject(school), BUDGET, text, since=by.day, by=by.account)
    audit.write(by, "obligations.budget_set", row, hours=text)


def school_load(viewer: Viewer, school: School, pack: Pack, year: int, today: date) -> SchoolLoad:
    """Work out a programme year under a pack that need not be adopted; people as they are today."""
    first, last = programme_days(pack, year)
    pretended = Programme(school=school, pack=pack.slug, title=pack.title, first_day=first, last_day=last)
    calendar = school_calendar(school)
    secret = _secret_rules(viewer, school, pack)
    assumed = replace(pack, obligations=tuple(_for_all(rule) for rule in secret if _foreseeable(rule)))
    known = replace(pack, obligations=tuple(rule for rule in pack.obligations if rule not in secret))
    holders = posts_of(school.pk, pack)
    borne: dict[tuple[str, str], tuple[str, ...]] = {}

    def bearers(duty: Owed) -> tuple[str, ...]:
        if duty.bearers or duty.rule.subject.is_activity:
            return duty.bearers
        key = (duty.rule.id, duty.subject)
        if key not in borne:
            borne[key] = holders.of(duty.rule, duty.subject, min(max(today, duty.first), duty.last))
        return borne[key]

    duties = list(owed_in(known, evaluate(pretended, known, calendar, last)))
    if assumed.obligations:
        duties += _assumed(pack, evaluate(pretended, assumed, calendar, last))
    duties = [replace(duty, bearers=bearers(duty)) for duty in duties]
    own = own_budget(school, today)
    posts = _posts(school, {name for duty in duties for name in duty.bearers}, today)

    def budget(person: str) -> Fraction | None:
        return own if own is not None else budget_for(pack, posts[person])

    on_calendar = calendar.for_programme(pack.programme_year, pack.phases.values())
    found = loads(pack, duties, on_calendar, first, last, budget)
    return SchoolLoad(first, last, own, _named(pack, found), bool(secret))


def _secret_rules(viewer: Viewer, school: School, pack: Pack) -> list[Obligation]:
    """Return the rules whose "who owes what" tells more of children than this viewer may know of all of them."""
    guarding = guarded(school, pack)
    classes = ((rule, owing_class(guarding, rule)) for rule in pack.obligations)
    return [rule for rule, of in classes if higher(of, "K2") != "K2" and not viewer.reach(of).school]


def _foreseeable(rule: Obligation) -> bool:
    """Whether a rule can be laid on everybody of its kind: not where it runs from events, or is about secret things."""
    told = any(hasattr(period, "windows_of") for period in rule.periods)
    return rule.evaluable and rule.subject.name in ("student", "staff", "member", "homeroom") and not told


def _for_all(rule: Obligation) -> Obligation:
    """Return a rule that means everybody of its kind, once in each window; nothing secret is left in it."""
    item = rule.requirements()[0]
    once = Requirement(Count(item.count.kinds, item.count.parts), bound=Bound(Constant(1)))
    return replace(rule, demand=once, where=Always(), exempt=(), overrides=(), waiver=None)


def _assumed(pack: Pack, verdicts: Iterable[Verdict]) -> Iterable[Owed]:
    rules = {(rule.id, rule.version): rule for rule in pack.obligations}
    for verdict in verdicts:
        if verdict.verdict != "not_expected":
            rule = rules[verdict.obligation, verdict.version]
            yield Owed(rule, verdict.subject, verdict.first, verdict.last, least_of(rule), (), ASSUMED_SHARE)


def _posts(school: School, people: Collection[str], day: date) -> dict[str, set[str]]:
    ids = [int(person) for person in people if person.isdecimal()]
    held: dict[str, set[str]] = defaultdict(set)
    links = Link.objects.current().filter(school=school, a__in=ids, valid_from__lte=day, valid_to__gte=day)
    for person, kind in links.values_list("a_id", "kind"):
        held[str(person)].add(kind)
    return held


def _named(pack: Pack, found: list[Load]) -> list[PersonLoad]:
    people = Subject.objects.filter(type="staff").in_bulk(
        [int(load.person) for load in found if load.person.isdecimal()]
    )
    titles = {rule.id: rule.title for rule in pack.obligations}
    return [
        PersonLoad(people[int(load.person)], load, titles.get(load.bottleneck, ""))
        for load in found
        if load.person.isdecimal() and int(load.person) in people
    ]

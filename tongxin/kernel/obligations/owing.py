"""Who would owe something under a programme that the school has not adopted, told before it does.

The programme is laid over the school's last term, with people and posts as they were then. Listed is whoever would bear
a rule, by rule, with the number of those it is about, never whether it was done. Whom the reader may not name under a
rule is left out, and that some may be left out is said.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.programmes.classes import guarded
from tongxin.kernel.programmes.models import Programme
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.tree import Obligation

from .changes import as_if_in_force, last_term
from .classes import owing_class
from .engine import posts_of
from .queries import EXPECTED, Asked, Figured, Sight


@dataclass(frozen=True)
class Owing:
    """A person who would owe something under a rule. about: how many people, classes … it is about; windows: in how many
    of them each, at most."""

    person: Subject
    rule: Obligation
    about: int
    windows: int


@dataclass(frozen=True)
class WouldOwe:
    """first, last: the days looked at. untold: whether there are rules of which this viewer is not told everything."""

    first: date
    last: date
    rows: list[Owing]
    untold: bool

    @property
    def people(self) -> int:
        return len({row.person.pk for row in self.rows})


def would_owe(viewer: Viewer, school: School, pack: Pack, today: date) -> WouldOwe | None:
    """Return who would owe what under a pack, by person and rule; None where the school has no term yet."""
    term = last_term(school, today)
    if term is None:
        return None
    laid = guarded(school, as_if_in_force(pack, term.first, today))
    asked_of_all = [r for r in laid.obligations if r.evaluable and r.source.modality != "encouraged"]
    laid = replace(laid, obligations=tuple(asked_of_all))
    rules = {rule.id: rule for rule in asked_of_all}
    seen = {name: _sight(viewer, laid, rule) for name, rule in rules.items()}
    day = min(today, date.fromordinal(term.last.toordinal() + 1))
    pretended = Programme(
        school=school, pack=laid.slug, title=laid.title, first_day=term.first, last_day=term.last
    )
    asked = Asked(pretended, day)
    asked.pack = laid
    figured, holders = Figured(viewer), posts_of(school.pk, laid)
    borne: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for verdict in asked.verdicts() if rules else []:
        if verdict.verdict not in EXPECTED or seen[verdict.obligation].nothing:
            continue
        if not figured.names(seen[verdict.obligation], verdict.subject):
            continue
        bearers = verdict.bearer
        if not bearers and not rules[verdict.obligation].subject.is_activity:
            bearers = holders.of(rules[verdict.obligation], verdict.subject, min(verdict.last, day))
        for person in bearers:
            borne[person, verdict.obligation][verdict.subject] += 1
    people = _staff(school, {int(person) for person, _rule in borne if person.isdecimal()})
    rows = [
        Owing(people[int(person)], rules[rule], len(about), max(about.values()))
        for (person, rule), about in borne.items()
        if person.isdecimal() and int(person) in people
    ]
    order = {rule.id: place for place, rule in enumerate(asked_of_all)}
    rows.sort(key=lambda row: (row.person.pinyin, row.person.pk, order[row.rule.id]))
    return WouldOwe(term.first, min(term.last, today), rows, any(not one.whole for one in seen.values()))


def _sight(viewer: Viewer, pack: Pack, rule: Obligation) -> Sight:
    """What a viewer may see of who owes what; nothing here says whether it was done."""
    data_class = owing_class(pack, rule)
    reach = viewer.reach(data_class)
    return Sight(data_class, reach.school, not reach.nothing, reach.counts or reach.school, reach.counted)


def _staff(school: School, ids: set[int]) -> dict[int, Subject]:
    """Those of some people who are staff; students and families are asked through the staff who bear a rule."""
    return {one.pk: one for one in Subject.objects.filter(pk__in=ids, school=school, type="staff")}


__all__ = ["Owing", "WouldOwe", "would_owe"]

"""What a team did, written once: each thing is one entry of the ledger, and rules count it wherever they ask for it.

A session with a Party-building part is entered as the woven activity, which the programme's rules count as training of
the project and as Party-building alike. Nothing is entered twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.ledger import services as ledger
from tongxin.kernel.ledger.models import Entry, Evidence, Participation
from tongxin.kernel.ledger.queries import visible_entries
from tongxin.kernel.people import teams
from tongxin.kernel.programmes import queries as programmes
from tongxin.methods.cadence.conditions import All, AttributeTest, Condition
from tongxin.methods.cadence.declarations import Kind as Activity
from tongxin.ui.worded import as_written

from .kinds import Log, TeamKind, of_links
from .looking import names_in
from .rules import Refused

TEAM = "team"
MOST = 200


@dataclass(frozen=True)
class Written:
    """A thing a team did, as its page shows it. present: who was there, by name; note "" for who may not read it."""

    entry: Entry
    what: str
    facts: tuple[str, ...]
    present: tuple[str, ...]
    note: str
    photos: tuple[str, ...]
    url: bool


@dataclass(frozen=True)
class Draft:
    """What somebody wrote down. present: subject ids; said: qualifiers; amounts in hundredths."""

    day: date
    title: str
    present: frozenset[int]
    said: Mapping[str, str]
    amounts: Mapping[str, int]
    note: str = ""
    uploads: Sequence[ledger.Upload] = ()


def logs_of(school: School, kind: TeamKind, day: date) -> list[tuple[Log, Activity]]:
    """Return what a kind of team can write down under the school's programmes."""
    known = programmes.kinds(school, day)
    return [(log, known[log.name]) for log in kind.logs if log.name in known]


def unformed(team: Subject, kind: TeamKind) -> bool:
    """Say whether the ledger does not know yet that a team was formed."""
    return not any(one.kind == kind.formed for one in entries(team))


def _formed_before(team: Subject, kind: str, token: str) -> bool:
    return any(one.kind == kind and one.token != f"team:{token}"[:64] for one in entries(team))


def seated(team: Subject, day: date) -> dict[str, list[Subject]]:
    """Return who sat where on a day."""
    found: dict[str, list[Subject]] = {}
    for link in teams.seats_of([team.pk], day):
        found.setdefault(link.kind, []).append(link.a)
    return found


def write(viewer: Viewer, team: Subject, log: Log, activity: Activity, given: Draft, *, token: str) -> Entry:
    """Enter one thing the team did; equal token → the entry on file. Raises Refused or evidence.BadFile."""
    if not team.present_from <= given.day <= team.present_to:
        raise Refused(_("这一天团队还没有成立，或者已经结束。请改日期。"), "day")
    formation = of_links(set(seated(team, given.day)))
    if formation and activity.name == formation.formed and _formed_before(team, activity.name, token):
        raise Refused(_("组队已经登记过了，不用再登记。"))
    seats = seated(team, given.day)
    everybody = {one.pk for people in seats.values() for one in people}
    known = {part.name for part in activity.parts}
    parts: dict[str, list[int]] = {TEAM: [team.pk]} if TEAM in known else {}
    for part, names in log.parts.items():
        ids = [one.pk for name in names for one in seats.get(name, []) if _was_there(one, given.present)]
        if part in known and ids:
            parts[part] = ids
    draft = ledger.Draft(
        day=given.day,
        title=given.title or f"{as_written(activity.title)}：{team.name}",
        note=given.note,
        parts=parts,
        qualifiers={name: word for name, word in given.said.items() if word and activity.qualifier(name)},
        amounts={name: n for name, n in given.amounts.items() if activity.amount(name)},
        absent=frozenset(everybody - given.present),
        uploads=given.uploads,
        token=f"team:{token}"[:64],
        source="teams",
    )
    try:
        return ledger.record_activity(team.school, activity, draft, by=viewer.account, today=viewer.day)
    except ledger.Refused as refused:
        raise Refused(str(refused), refused.field) from refused


def _was_there(one: Subject, present: frozenset[int]) -> bool:
    return one.pk in present or one.type == "enterprise"


def counted_in(school: School, kind: TeamKind, activity: Activity, day: date) -> list[str]:
    """Return the titles of the requirements of such teams that count this activity: where one entry tells everywhere."""
    found: list[str] = []
    for _programme, pack in programmes.school_packs(school, day):
        for rule in pack.obligations:
            if rule.until is None and _asks(rule.where, kind):
                found += [
                    rule.title
                    for item in rule.requirements()
                    if activity.name in item.count.kinds and item.count.parts == (TEAM,)
                ]
    return list(dict.fromkeys(found))


def _asks(where: Condition, kind: TeamKind) -> bool:
    """Say whether a rule is about teams of this kind, by the attribute that states it."""
    parts = where.parts if isinstance(where, All) else (where,)
    tests = [one for one in parts if isinstance(one, AttributeTest) and one.attribute == teams.KIND]
    return all(kind.name in one.values for one in tests)


# ------------------------------------------------------------------ reading


def entries(team: Subject, first: date | None = None, last: date | None = None) -> list[Entry]:
    """Return what was entered for a team, newest first."""
    inside = Participation.objects.filter(subject=team, part=TEAM, superseded_at=FOREVER)
    rows = Entry.objects.current().filter(Q(pk__in=inside.values("entry")), school_id=team.school_id)
    if first and last:
        rows = rows.filter(day__gte=first, day__lte=last)
    return list(rows.order_by("-day", "-pk")[:MOST])


def written(
    viewer: Viewer, team: Subject, *, first: date | None = None, last: date | None = None
) -> list[Written]:
    """Return what a team did with who was there; notes and photos only for who may read the entry."""
    rows = entries(team, first, last)
    ids = [one.pk for one in rows]
    readable = set(visible_entries(viewer).filter(pk__in=ids).values_list("pk", flat=True))
    there = _there(viewer, team, ids)
    photos: dict[int, list[str]] = {}
    for entry, public_id in Evidence.objects.filter(
        entry__in=readable, superseded_at=FOREVER, content_type__startswith="image/"
    ).values_list("entry_id", "public_id"):
        photos.setdefault(entry, []).append(public_id)
    known = programmes.kinds(team.school, viewer.day)
    return [
        Written(
            one,
            known[one.kind].title if one.kind in known else one.title,
            facts(one, known.get(one.kind)),
            tuple(there.get(one.pk, {}).values()),
            (one.note or "") if one.pk in readable else "",
            tuple(photos.get(one.pk, ())),
            one.pk in readable,
        )
        for one in rows
    ]


def _there(viewer: Viewer, team: Subject, ids: Sequence[int]) -> dict[int, dict[int, str]]:
    """Return {entry: {subject: name}} of the people who were there, students by name only for who may know it."""
    joined = Participation.objects.filter(
        entry__in=ids, superseded_at=FOREVER, absent=False, subject__type__in=("student", "staff")
    ).select_related("subject")
    rows = list(joined.order_by("pk"))
    names = names_in(viewer, team, {row.subject_id for row in rows if row.subject.type == "student"})
    found: dict[int, dict[int, str]] = {}
    for row in rows:
        found.setdefault(row.entry_id, {})[row.subject_id] = names.seen(row.subject).name
    return found


def facts(entry: Entry, activity: Activity | None) -> tuple[str, ...]:
    """Return the words and amounts of an entry as its activity names them."""
    if activity is None:
        return ()
    said = {"mode": entry.mode, "theme": entry.theme, "place": entry.place} | dict(entry.extra)
    words = [
        qualifier.values.get(str(said[qualifier.name]), str(said[qualifier.name]))
        for qualifier in activity.qualifiers
        if said.get(qualifier.name)
    ]
    for amount in activity.amounts:
        if said.get(amount.name):
            words.append(f"{amount.title} {int(said[amount.name]) / 100:g} {amount.unit}".strip())
    return tuple(words)


AWARDED = ("first", "second", "third", "approved")


def results(school: School, first: date, last: date, team: Subject | None = None) -> list[Entry]:
    """Return the results entered in some days: awards and approvals of contests, and outcomes."""
    rows = Entry.objects.current().filter(
        school=school, kind__in=("project_contest", "contest", "outcome"), day__gte=first, day__lte=last
    )
    if team is not None:
        inside = Participation.objects.filter(subject=team, part=TEAM, superseded_at=FOREVER)
        rows = rows.filter(pk__in=inside.values("entry"))
    return [
        one
        for one in rows.order_by("-day", "-pk")[:500]
        if one.kind == "outcome" or one.extra.get("award") in AWARDED
    ]


def by_level(found: Sequence[Entry]) -> list[tuple[str, int]]:
    """Return (level code, results) from the highest level to the lowest."""
    counted = Counter(str(one.extra.get("level", "")) for one in found)
    return [(level, counted[level]) for level in ("nation", "province", "city", "school") if counted[level]]

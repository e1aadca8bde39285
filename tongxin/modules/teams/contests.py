"""Contests: every student enters at least one of the school's, the best go on, results are entered in the ledger once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, School, Subject
from tongxin.kernel.ledger import services as ledger
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.obligations.queries import ask, in_force
from tongxin.kernel.programmes import queries as programmes
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.cadence.counting import QualifierIs
from tongxin.methods.cadence.declarations import Kind as Activity
from tongxin.methods.cadence.reads import nodes_of
from tongxin.methods.cadence.tree import Obligation, Requirement

from .models import Contest, Entrant
from .rules import Refused

ACTIVITY = "contest"
SCHOOL_LEVEL = "school"
CONTESTANT = "contestant"
# How far around a day seasons are looked for.
AROUND = timedelta(days=400)
MANAGE = "contests"
ABOVE = {"school": "city", "city": "province", "province": "nation"}


def activity_of(school: School, day: date) -> Activity | None:
    """Return the activity "contest" as the school's programmes declare it; None where none does."""
    return programmes.kinds(school, day).get(ACTIVITY)


def contests(viewer: Viewer) -> QuerySet[Contest]:
    rows = Contest.objects.filter(school_id=viewer.school_id).annotate(
        entered=Count("entrants", distinct=True),
        awarded=Count("entrants", filter=~Q(entrants__award__in=("", "none", "taken_part")), distinct=True),
    )
    return rows.order_by("-first_day", "-pk")


def add(viewer: Viewer, given: Mapping[str, object], *, token: str) -> Contest:
    """Announce a contest; equal token → the one on file."""
    known = Contest.objects.filter(token=token).first()
    if known is not None:
        return known
    assert viewer.person is not None
    try:
        with transaction.atomic():
            made = Contest.objects.create(
                school=viewer.school, by=viewer.person.subject, token=token, **given
            )
            audit.write(viewer, "teams.contest_added", made)
    except IntegrityError:
        return Contest.objects.get(token=token)
    return made


# ------------------------------------------------------------------ who enters


def enterable(viewer: Viewer) -> QuerySet[Subject]:
    """Return the students a viewer may enter: those of the school, of the own class, in the own teams, or oneself."""
    students = Subject.objects.filter(
        school_id=viewer.school_id, type="student", present_from__lte=viewer.day, present_to__gte=viewer.day
    )
    if viewer.may(MANAGE):
        return students
    held = {"superseded_at": FOREVER, "valid_from__lte": viewer.day, "valid_to__gte": viewer.day}
    rooms = viewer.posts.get("homeroom_teacher", frozenset())
    led = viewer.posts.get("team_leader", frozenset())
    near = Link.objects.filter(Q(kind="enrolled_in", b__in=rooms) | Q(kind="in_team", b__in=led), **held)
    own = Q(pk=viewer.person_id) if "student" in viewer.roles else Q(pk__in=[])
    return students.filter(own | Q(pk__in=near.values("a")))


def visible_entrants(viewer: Viewer, contest: Contest) -> QuerySet[Entrant]:
    """Return the entrants whose names a viewer may read."""
    rows = contest.entrants.select_related("student", "team", "coach")
    return rows.filter(student__in=enterable(viewer)).order_by("student__pinyin", "student_id")


@transaction.atomic
def enter(
    viewer: Viewer,
    contest: Contest,
    students: Iterable[Subject],
    *,
    team: Subject | None = None,
    coach: int | None = None,
) -> int:
    """Enter students; who is in it stays as he is. Returns how many are new. Raises Refused."""
    one = _open(contest)
    if viewer.day > one.last_day:
        raise Refused(_("比赛已经结束，不能再报名。"))
    allowed = set(enterable(viewer).values_list("pk", flat=True))
    wanted = [student for student in students if student.pk in allowed]
    inside = set(one.entrants.filter(student__in=wanted).values_list("student_id", flat=True))
    new = [
        Entrant(contest=one, school_id=one.school_id, student=student, team=team, coach_id=coach)
        for student in wanted
        if student.pk not in inside
    ]
    Entrant.objects.bulk_create(new)
    if new:
        audit.write(viewer, "teams.contest_entered", one, entered=len(new))
    return len(new)


@transaction.atomic
def take_out(viewer: Viewer, contest: Contest, entrant: Entrant) -> None:
    """Take somebody out again before the results. Raises Refused."""
    one = _open(contest)
    if entrant.student_id not in set(enterable(viewer).values_list("pk", flat=True)):
        raise Refused(_("这名学生不归您报名。"))
    entrant.delete()
    audit.write(viewer, "teams.contest_entered", one, entered=-1)


def _open(contest: Contest) -> Contest:
    one = Contest.objects.select_for_update().get(pk=contest.pk)
    if one.results_on is not None:
        raise Refused(_("成绩已经公布，名单不能再改。"))
    return one


# ------------------------------------------------------------------ results


@transaction.atomic
def publish(viewer: Viewer, contest: Contest, awards: Mapping[int, str], going_on: frozenset[int]) -> Contest:
    """Give out the awards and enter them in the ledger: one entry for each award. Raises Refused.

    awards: {entrant id: award code}, those left out took part. going_on: entrant ids that go on to the level above.
    """
    one = _open(contest)
    activity = activity_of(one.school, viewer.day)
    if activity is None:
        raise Refused(_("学校现在的方案没有“学生竞赛”这类活动，不能登记成绩。"))
    if viewer.day < one.first_day:
        raise Refused(_("比赛还没有开始，不能登记成绩。"))
    qualifier = activity.qualifier("award")
    known = qualifier.values if qualifier else {}
    rows = list(one.entrants.select_for_update())
    if not rows:
        raise Refused(_("还没有人参赛，先登记参赛学生。"))
    for row in rows:
        award = awards.get(row.pk, "")
        row.award = award if award in known else ("none" if "none" in known else "")
        row.goes_on = row.pk in going_on
    Entrant.objects.bulk_update(rows, ["award", "goes_on"], batch_size=500)
    one.results_on, one.round = viewer.day, one.round + 1
    one.save(update_fields=["results_on", "round"])
    try:
        _enter(viewer, one, activity, rows)
    except ledger.Refused as refused:
        raise Refused(str(refused)) from refused
    audit.write(viewer, "teams.contest_results", one, entrants=len(rows))
    return one


def _enter(viewer: Viewer, contest: Contest, activity: Activity, rows: Iterable[Entrant]) -> None:
    groups: dict[str, list[Entrant]] = defaultdict(list)
    for row in rows:
        groups[row.award].append(row)
    day = min(contest.last_day, viewer.day)
    for award, group in sorted(groups.items()):
        coaches = sorted({row.coach_id for row in group if row.coach_id})
        parts = {"contestant": [row.student_id for row in group], "coach": coaches}
        said = {"level": contest.level, "theme": contest.theme, "award": award}
        draft = ledger.Draft(
            day=day,
            start_day=min(contest.first_day, day),
            title=contest.name,
            parts={part: ids for part, ids in parts.items() if ids and activity.part(part)},
            qualifiers={name: word for name, word in said.items() if word and activity.qualifier(name)},
            token=f"contest:{contest.pk}:{contest.round}:{award}",
            source="teams",
        )
        ledger.record_activity(contest.school, activity, draft, by=viewer.account, today=viewer.day)


@transaction.atomic
def take_back(viewer: Viewer, contest: Contest, reason: str) -> Contest:
    """Take the results back for a reason, so that they can be mended and published anew. Raises Refused."""
    one = Contest.objects.select_for_update().get(pk=contest.pk)
    if one.results_on is None:
        raise Refused(_("成绩还没有公布。"))
    entries = Entry.objects.current().filter(
        school_id=one.school_id, token__startswith=f"contest:{one.pk}:{one.round}:"
    )
    for entry in entries:
        try:
            ledger.withdraw(entry, reason, by=viewer.account)
        except ledger.Refused as refused:
            raise Refused(str(refused), "reason") from refused
    one.results_on = None
    one.save(update_fields=["results_on"])
    audit.write(viewer, "teams.contest_taken_back", one)
    return one


@transaction.atomic
def send_on(
    viewer: Viewer, contest: Contest, *, name: str, first_day: date, last_day: date, token: str
) -> Contest:
    """Announce the contest of the level above with those who go on. Raises Refused."""
    chosen = list(contest.entrants.filter(goes_on=True))
    if contest.results_on is None or not chosen:
        raise Refused(_("还没有人晋级。请先在成绩里勾选晋级的学生。"))
    level = ABOVE.get(contest.level, contest.level)
    made = add(
        viewer,
        {"name": name, "level": level, "theme": contest.theme, "first_day": first_day, "last_day": last_day},
        token=token,
    )
    inside = set(made.entrants.values_list("student_id", flat=True))
    Entrant.objects.bulk_create(
        Entrant(
            contest=made,
            school_id=made.school_id,
            student_id=row.student_id,
            team_id=row.team_id,
            coach_id=row.coach_id,
        )
        for row in chosen
        if row.student_id not in inside
    )
    audit.write(viewer, "teams.contest_entered", made, entered=len(chosen))
    return made


# ------------------------------------------------------------------ who has none yet


@dataclass(frozen=True, order=True)
class Season:
    """Days in which every student is to enter a school contest. title: of the rule that says so, "" where none does."""

    first: date
    last: date
    title: str = ""


def seasons(school: School, day: date) -> list[Season]:
    """Return the seasons around a day as the school's programmes set them, oldest first; without a rule the calendar year."""
    found = {
        Season(window.first, window.last, rule.title)
        for programme, pack in school_packs(school, day)
        for rule in in_force(pack, day)
        if _asks_every_student(rule)
        for period in rule.periods
        for window in period.windows(ask(programme, day).calendar, day - AROUND, day + AROUND)
    }
    return sorted(found) or [Season(date(day.year, 1, 1), date(day.year, 12, 31))]


def season_of(found: Sequence[Season], day: date) -> Season:
    """Return the season that runs; else the last that began; else the first to come."""
    running = [one for one in found if one.first <= day <= one.last]
    begun = [one for one in found if one.first <= day]
    return (running or begun or [found[0]])[-1]


def _asks_every_student(rule: Obligation) -> bool:
    """Does a rule ask each student to take part in a contest of the school?"""
    if rule.subject.name != "student" or not isinstance(rule.demand, Requirement):
        return False
    count = rule.demand.count
    if ACTIVITY not in count.kinds or CONTESTANT not in count.parts:
        return False
    levels = [
        node.values
        for node in nodes_of(rule.demand)
        if isinstance(node, QualifierIs) and node.qualifier == "level"
    ]
    return all(SCHOOL_LEVEL in values for values in levels)

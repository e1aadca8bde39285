"""Teams with fixed seats: a subject of type team, and one dated link per seat from whoever sits there to the team.

Every person who sits in a team also has the link in_team, by which a team stands for its people. Which seats a kind of
team has and who may sit there is data (packs/teams); here only what holds for every team is checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import NO_END
from tongxin.kernel.base.models import Account, Event, Link, School, Subject, SubjectType

from . import services as people

LEADER, IN_TEAM, KIND = "team_leader", "in_team", "team_kind"
FORMED = "team_formed"
PEOPLE = frozenset({SubjectType.STUDENT, SubjectType.STAFF, SubjectType.GUARDIAN, SubjectType.OUTSIDER})


class TeamRefused(ValueError):
    """The team cannot be made or changed like this; the message is a sentence for the reader."""


def form_team(
    school: School,
    name: str,
    members: Mapping[str, Sequence[int]],
    *,
    since: date,
    by: Account | None,
    token: str,
    kind: str = "",
    until: date = NO_END,
) -> Subject:
    """Make a team with its seats filled; equal token → the team that is on file already.

    members: {link kind: subject ids}, e.g. {"team_leader": [7], "student_seat": [9]}. since, until: first and last day.
    kind: stated as the attribute team_kind where given. Written in the caller's transaction, or in one of its own.
    Raises TeamRefused when somebody is not of this school on that day, nobody sits there, or one person sits twice.
    """
    known = formed_by(school, token)
    if known is not None:
        return known
    seated = _checked(school, members, since, until)
    try:
        with transaction.atomic():
            team = people.make_subject(
                school, SubjectType.TEAM, name.strip(), present_from=since, present_to=until
            )
            event = people.record_event(team, FORMED, since, by=by, token=_key(school, token))
            if event.subject_id != team.pk:
                raise IntegrityError(token)  # somebody else was first: this team is undone, theirs returned
            if kind:
                people.set_attribute(team, KIND, kind, since=since, until=until, by=by)
            for link, ids in members.items():
                for pk in ids:
                    _seat(link, seated[pk], team, since, until, by)
            audit.write(
                by, "people.team_formed", team, kind=kind, seats={k: len(v) for k, v in members.items()}
            )
    except IntegrityError:
        known = formed_by(school, token)
        if known is None:
            raise
        return known
    return team


def formed_by(school: School, token: str) -> Subject | None:
    """Return the team that was made with this token, None when there is none."""
    event = Event.objects.filter(token=_key(school, token), school=school).select_related("subject").first()
    return event.subject if event else None


@transaction.atomic
def replace_in_team(
    team: Subject, link: str, leaving: int | None, coming: int | None, *, since: date, by: Account | None
) -> None:
    """Let a seat change hands on a day: whoever leaves sits there until the day before. Either may be None.

    Raises TeamRefused when the one who leaves does not sit there, or the one who comes already sits in the team.
    """
    Subject.objects.select_for_update().get(pk=team.pk)
    if not team.present_from <= since <= team.present_to:
        raise TeamRefused(_("这一天团队还没有成立，或者已经结束。请改日期。"))
    if leaving is not None:
        _leave(team, link, leaving, since - timedelta(days=1), by)
    if coming is not None:
        if _seats(team).filter(a=coming, valid_to__gte=since).exists():
            raise TeamRefused(_("这个人已经在团队里了，请换一个人。"))
        newcomer = _checked(team.school, {link: [coming]}, since, since)[coming]
        _seat(link, newcomer, team, since, team.present_to, by)
    audit.write(by, "people.team_changed", team, seat=link, leaving=leaving, coming=coming)


@transaction.atomic
def disband(team: Subject, last_day: date, *, by: Account | None) -> bool:
    """Let a team end with a day: its seats end, and nothing is owed for it afterwards. False when it had ended by then."""
    current = Subject.objects.select_for_update().get(pk=team.pk)
    if current.present_to <= last_day:
        return False
    if last_day < current.present_from:
        raise TeamRefused(_("团队不能在成立之前结束，请改日期。"))
    team.present_to = last_day
    team.save(update_fields=["present_to"])
    for seat in _seats(team).filter(valid_to__gt=last_day):
        people.end_link(seat, last_day, by=by)
    audit.write(by, "people.team_disbanded", team)
    return True


def seats_of(teams: Iterable[int], day: date | None = None) -> list[Link]:
    """Return the seats of teams (in_team itself left out) with whoever sits there; on a day, or all there ever were."""
    found = Link.objects.current().filter(b__in=list(teams), b__type=SubjectType.TEAM).exclude(kind=IN_TEAM)
    if day is not None:
        found = found.filter(valid_from__lte=day, valid_to__gte=day)
    return list(found.select_related("a").order_by("b_id", "valid_from", "pk"))


def _seats(team: Subject):
    return Link.objects.current().filter(b=team)


def _seat(link: str, who: Subject, team: Subject, since: date, until: date, by: Account | None) -> None:
    people.set_link(link, who, team, since=since, until=until, by=by)
    if who.type in PEOPLE:
        people.set_link(IN_TEAM, who, team, since=since, until=until, by=by)


def _leave(team: Subject, link: str, leaving: int, last_day: date, by: Account | None) -> None:
    held = list(_seats(team).filter(a=leaving, kind__in=(link, IN_TEAM), valid_to__gt=last_day))
    if not any(seat.kind == link for seat in held):
        raise TeamRefused(_("这个人这一天已经不在这个席位上了，请刷新页面再看。"))
    for seat in held:
        people.end_link(seat, last_day, by=by)


def _checked(
    school: School, members: Mapping[str, Sequence[int]], since: date, until: date
) -> dict[int, Subject]:
    wanted = [pk for ids in members.values() for pk in ids]
    if not wanted:
        raise TeamRefused(_("团队里还没有人，请先选人。"))
    if len(set(wanted)) != len(wanted):
        raise TeamRefused(_("同一个人不能坐两个席位，请换一个人。"))
    if until < since:
        raise TeamRefused(_("结束日期早于开始日期，请改正其中一个。"))
    there = Subject.objects.filter(
        school=school, pk__in=wanted, present_from__lte=since, present_to__gte=since
    ).in_bulk()
    if len(there) != len(wanted):
        raise TeamRefused(_("有的人这一天不在本校，请重新选择。"))
    return there


def _key(school: School, token: str) -> str:
    return f"team:{school.pk}:{token}"[:64]

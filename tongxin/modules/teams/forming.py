"""How a team comes to be: by own choice with a yes from everybody, or formed by whoever leads the branch or the school.

What the computer proposes is formed by the room that asks it; all three end in kernel.people.teams.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.ledger import services as ledger
from tongxin.kernel.people import teams
from tongxin.kernel.programmes import queries as programmes
from tongxin.ui.worded import as_written

from . import pool
from .kinds import LEADER, TeamKind, all_kinds
from .models import Change, Invited, Proposal, Topic
from .rules import Members, Refused, check

OWN, LED = "own", "led"


@dataclass(frozen=True)
class Plan:
    """A team to be: its kind, name, what it works on. aim, place: how its people go together, where the kind asks."""

    kind: TeamKind
    name: str
    theme: str = ""
    aim: str = ""
    place: str = ""
    topic: Topic | None = None

    @property
    def qualifiers(self) -> dict[str, str]:
        return {"theme": self.theme, "aim": self.aim, "place": self.place}


def propose(viewer: Viewer, plan: Plan, members: Members, *, token: str) -> Proposal:
    """Ask people to form a team that the viewer leads; equal token → the proposal on file. Raises Refused."""
    school, me = _me(viewer)
    known = Proposal.objects.filter(token=token).first()
    if known is not None:
        return known
    members = {LEADER: [me.pk], **{seat: ids for seat, ids in members.items() if seat != LEADER and ids}}
    _check(plan, school, members, viewer.day)
    try:
        with transaction.atomic():
            made = Proposal.objects.create(
                school=school, kind=plan.kind.name, name=plan.name, theme=plan.theme, aim=plan.aim,
                place=plan.place, topic=plan.topic, by=me, token=token,
            )  # fmt: skip
            asked = [
                Invited(
                    proposal=made,
                    school=school,
                    seat=seat,
                    person_id=pk,
                    answer=Invited.Answer.YES if _says_nothing(plan.kind, seat) else Invited.Answer.NONE,
                )
                for seat, ids in members.items()
                for pk in ids
            ]
            Invited.objects.bulk_create(asked)
            audit.write(viewer, "teams.proposed", made, kind=made.kind, asked=len(asked) - 1)
            _form_if_all_agree(viewer, made)
    except IntegrityError:
        return Proposal.objects.get(token=token)
    return made


def _says_nothing(kind: TeamKind, seat: str) -> bool:
    """The proposer has said yes by proposing, and an enterprise is not asked here."""
    found = kind.seat(seat)
    return seat == LEADER or (found is not None and found.of == "enterprise")


def _check(plan: Plan, school: School, members: Members, day: date, *, team: Subject | None = None) -> None:
    if plan.kind.needs_topic and plan.topic is None:
        raise Refused(_("请选一个企业难题。还没有的，先在“难题与选题”里登记。"), "topic")
    check(plan.kind, school, members, day, team=team)
    activity = programmes.kinds(school, day).get(plan.kind.formed)
    if activity is None:
        raise Refused(_("学校现在的方案不组建这类团队。"))
    for qualifier in activity.qualifiers:
        if qualifier.required and qualifier.name != "mode" and not plan.qualifiers.get(qualifier.name):
            raise Refused(_("请选择%(name)s。") % {"name": qualifier.title}, qualifier.name)


@transaction.atomic
def answer(viewer: Viewer, proposal: Proposal, yes: bool) -> Proposal:
    """Say yes or no to an invitation; the last yes forms the team. Raises Refused."""
    one = Proposal.objects.select_for_update().get(pk=proposal.pk)
    mine = one.invited.filter(person_id=viewer.person_id).exclude(seat=LEADER).first()
    if mine is None:
        raise Refused(_("这不是发给您的邀请。"))
    if one.state != Proposal.State.WAITING:
        raise Refused(_("这个团队已经组成或者撤回了，不用再答复。"))
    said = Invited.Answer.YES if yes else Invited.Answer.NO
    if mine.answer == said:
        return one
    mine.answer, mine.answered_at = said, timezone.now()
    mine.save(update_fields=["answer", "answered_at"])
    audit.write(viewer, "teams.answered", one, school_id=one.school_id, yes=yes)
    _form_if_all_agree(viewer, one)
    return one


@transaction.atomic
def ask_instead(viewer: Viewer, proposal: Proposal, seat: str, old: int, new: int) -> None:
    """Ask somebody else for a seat whose person said no, or has not answered. Raises Refused."""
    one = _mine(viewer, proposal)
    row = one.invited.filter(seat=seat, person_id=old).exclude(seat=LEADER).first()
    if row is None or row.answer == Invited.Answer.YES:
        raise Refused(_("这个席位已经有人答应了，请刷新页面再看。"))
    members = _members(one)
    members[seat] = [new if pk == old else pk for pk in members[seat]]
    _check(plan_of(one), one.school, members, viewer.day)
    row.person_id, row.answer, row.answered_at = new, Invited.Answer.NONE, None
    row.save(update_fields=["person", "answer", "answered_at"])
    audit.write(viewer, "teams.proposed", one, kind=one.kind, asked=1)


@transaction.atomic
def withdraw(viewer: Viewer, proposal: Proposal) -> None:
    """Take a proposal back; nobody has to answer any more. Raises Refused."""
    one = _mine(viewer, proposal)
    one.state = Proposal.State.WITHDRAWN
    one.save(update_fields=["state"])
    audit.write(viewer, "teams.proposal_withdrawn", one)


def _mine(viewer: Viewer, proposal: Proposal) -> Proposal:
    one = Proposal.objects.select_for_update().select_related("school", "topic").get(pk=proposal.pk)
    if one.by_id != viewer.person_id:
        raise Refused(_("只有发出邀请的人可以改。"))
    if one.state != Proposal.State.WAITING:
        raise Refused(_("这个团队已经组成或者撤回了，请刷新页面再看。"))
    return one


def plan_of(proposal: Proposal) -> Plan:
    return Plan(
        all_kinds()[proposal.kind],
        proposal.name,
        proposal.theme,
        proposal.aim,
        proposal.place,
        proposal.topic,
    )


def _members(proposal: Proposal) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for seat, person in proposal.invited.order_by("pk").values_list("seat", "person_id"):
        found.setdefault(seat, []).append(person)
    return found


def _form_if_all_agree(viewer: Viewer, proposal: Proposal) -> None:
    if proposal.invited.exclude(answer=Invited.Answer.YES).exists():
        return
    team = form(
        viewer,
        plan_of(proposal),
        _members(proposal),
        since=viewer.day,
        mode=OWN,
        token=f"proposal:{proposal.pk}",
    )
    proposal.state, proposal.team = Proposal.State.FORMED, team
    proposal.save(update_fields=["state", "team"])


def form(viewer: Viewer, plan: Plan, members: Members, *, since: date, mode: str, token: str) -> Subject:
    """Form a team now, enter it in the ledger and let it take its topic; equal token → the same team. Raises Refused."""
    school, _person = _me(viewer)
    known = teams.formed_by(school, token)
    if known is not None:
        return known
    if since > viewer.day:
        raise Refused(_("成立日期不能晚于今天。"), "since")
    members = {seat: ids for seat, ids in members.items() if ids}
    _check(plan, school, members, since)
    try:
        with transaction.atomic():
            team = teams.form_team(
                school, plan.name, members, since=since, by=viewer.account, token=token, kind=plan.kind.name
            )
            if plan.topic is not None:
                pool.take(viewer, plan.topic, team)
            _enter(viewer, school, plan, team, members, since, mode)
    except (teams.TeamRefused, ledger.Refused) as refused:
        raise Refused(str(refused)) from refused
    return team


def _enter(
    viewer: Viewer, school: School, plan: Plan, team: Subject, members: Members, since: date, mode: str
) -> None:
    activity = programmes.kinds(school, since)[plan.kind.formed]
    parts = {seat.part: list(members.get(seat.name, ())) for seat in plan.kind.seats} | {"team": [team.pk]}
    known = {part.name for part in activity.parts}
    said = plan.qualifiers | {"mode": mode}
    draft = ledger.Draft(
        day=since,
        title=f"{as_written(activity.title)}：{team.name}",
        parts={part: ids for part, ids in parts.items() if part in known and ids},
        qualifiers={
            q.name: said[q.name]
            for q in activity.qualifiers
            if said.get(q.name) and (not q.values or said[q.name] in q.values)
        },
        amounts={name: n * 100 for name, n in plan.kind.amounts.items() if activity.amount(name)},
        token=f"team:{team.pk}",
        source="teams",
    )
    ledger.record_activity(school, activity, draft, by=viewer.account, today=viewer.day)


# ------------------------------------------------------------------ changes


@transaction.atomic
def replace(
    viewer: Viewer,
    team: Subject,
    kind: TeamKind,
    seat: str,
    leaving: int | None,
    coming: int | None,
    *,
    since: date,
    reason: str,
    token: str,
) -> Change:
    """Let a seat change hands on a day, for a reason; the seat rules hold for the team as it then is. Raises Refused."""
    known = Change.objects.filter(token=token).first()
    if known is not None:
        return known
    if since > viewer.day:
        raise Refused(_("更换日期不能晚于今天。"), "since")
    if leaving is None and coming is None:
        raise Refused(_("请选谁离开，或者谁加入。"), "leaving")
    members: dict[str, list[int]] = {}
    for link in teams.seats_of([team.pk], since):
        members.setdefault(link.kind, []).append(link.a_id)
    seated = [pk for pk in members.get(seat, []) if pk != leaving]
    members[seat] = [*seated, coming] if coming is not None else seated
    check(kind, team.school, members, since, team=team)
    try:
        teams.replace_in_team(team, seat, leaving, coming, since=since, by=viewer.account)
    except teams.TeamRefused as refused:
        raise Refused(str(refused)) from refused
    return _note(viewer, team, since, reason, token, seat=seat, leaving_id=leaving, coming_id=coming)


@transaction.atomic
def disband(viewer: Viewer, team: Subject, last_day: date, reason: str, *, token: str) -> Change:
    """End a team with a day, for a reason; its topic is open again unless it was solved. Raises Refused."""
    known = Change.objects.filter(token=token).first()
    if known is not None:
        return known
    if last_day > viewer.day:
        raise Refused(_("结束日期不能晚于今天。"), "since")
    try:
        if not teams.disband(team, last_day, by=viewer.account):
            raise Refused(_("这个团队已经结束了。"))
    except teams.TeamRefused as refused:
        raise Refused(str(refused)) from refused
    pool.let_go(viewer, team)
    return _note(viewer, team, last_day, reason, token)


def _note(viewer: Viewer, team: Subject, day: date, reason: str, token: str, **who) -> Change:
    return Change.objects.create(
        school_id=team.school_id,
        team=team,
        day=day,
        reason=reason,
        by_id=viewer.person_id,
        token=token,
        **who,
    )


def _me(viewer: Viewer) -> tuple[School, Subject]:
    assert viewer.school is not None
    assert viewer.person is not None
    return viewer.school, viewer.person.subject


def waiting_for(viewer: Viewer) -> Sequence[Invited]:
    """Return the invitations somebody has not answered, oldest first."""
    rows = Invited.objects.filter(
        school_id=viewer.school_id,
        person_id=viewer.person_id,
        answer="",
        proposal__state=Proposal.State.WAITING,
    )
    return list(rows.select_related("proposal__by").order_by("pk")[:20])


def refused_of(viewer: Viewer) -> Mapping[int, Proposal]:
    """Return the viewer's own waiting proposals in which somebody said no, by key."""
    rows = Proposal.objects.filter(
        school_id=viewer.school_id, by_id=viewer.person_id, state=Proposal.State.WAITING, invited__answer="no"
    )
    return {one.pk: one for one in rows.distinct()}

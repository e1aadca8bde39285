"""What the organiser does with a round. Every step is checked against the version its page was made from, and audited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject
from tongxin.kernel.obligations import outbox
from tongxin.kernel.programmes.pairings import Pairing
from tongxin.kernel.solving import services as solving
from tongxin.kernel.solving.models import SolverRun

from . import proposing, schemes, standing, taking_part
from .models import Bond, Group, Member, Participant, Proposal, Round, Step

SECONDS = (10, 30, 60, 120)
LONGEST = timedelta(days=3 * 366)
FURTHEST = timedelta(days=400)
MOST_PLACES = 200
State = Round.State


class Refused(ValueError):
    """The step cannot be taken; the sentence says what to do."""


class Stale(Refused):
    """Somebody else changed the round in between."""

    def __init__(self) -> None:
        super().__init__(
            _("别人刚改过这一轮。您这一步没有做，别人改的都在。请看看现在的样子，再决定要不要做。")
        )


@dataclass(frozen=True)
class Plan:
    """What a round is opened with."""

    title: str
    starts_on: date
    ends_on: date
    wishes_by: date
    answers_by: date
    fill: bool = False
    branch: Subject | None = None
    seconds: int = 30


# ------------------------------------------------------------------ opening


def open_round(viewer: Viewer, pairing: Pairing, plan: Plan, *, token: str) -> Round:
    """Begin a round with everybody on whom the scheme's conditions hold; sent twice it begins once. Raises Refused."""
    known = Round.objects.filter(token=token[:64], school_id=viewer.school_id).first()
    if known is not None:
        return known
    assert viewer.school is not None
    assert viewer.person is not None
    _check_plan(viewer, pairing, plan)
    seats = taking_part.seated(viewer.school, pairing, viewer.day, branch=plan.branch, fill=plan.fill)
    for seat in seats:
        if not seat.people:
            raise Refused(
                _("现在没有人能坐“%(seat)s”这一边。请先登记符合条件的人，或改方案。") % {"seat": seat.title}
            )
    try:
        with transaction.atomic():
            round_ = Round.objects.create(
                school=viewer.school, scheme=pairing.name, text=pairing.text, title=plan.title,
                data_class=pairing.data_class, branch=plan.branch, starts_on=plan.starts_on, ends_on=plan.ends_on,
                wishes_by=plan.wishes_by, answers_by=plan.answers_by, fill=plan.fill, stable=pairing.scheme.stable,
                seconds=plan.seconds, opened_by=viewer.person.subject, token=token[:64],
            )  # fmt: skip
            for seat in seats:
                Participant.objects.bulk_create(
                    Participant(
                        round=round_,
                        school=viewer.school,
                        subject=one,
                        seat=seat.seat,
                        low=seat.low,
                        high=seat.high,
                    )
                    for one in seat.people
                )
            audit.write(
                viewer,
                "rounds.opened",
                round_,
                scheme=pairing.name,
                people={s.seat: len(s.people) for s in seats},
            )
            _ask_for_wishes(round_, pairing)
    except IntegrityError:
        return Round.objects.get(token=token[:64])
    return round_


def _check_plan(viewer: Viewer, pairing: Pairing, plan: Plan) -> None:
    if not standing.may_open(viewer, pairing):
        raise Refused(_("这一类结对不由您组织。"))
    own = standing.branch_for(viewer, pairing)
    if own and (plan.branch is None or plan.branch.pk not in own):
        raise Refused(_("请选您所在的支部。"))
    if plan.seconds not in SECONDS:
        raise Refused(_("请选最多算多久。"))
    if not viewer.day <= plan.wishes_by <= plan.answers_by:
        raise Refused(_("志愿从今天起填，填完才公布：回答的日期要在志愿的日期之后。"))
    if plan.answers_by > viewer.day + FURTHEST:
        raise Refused(_("回答的日期请定在一年以内。"))
    if not plan.starts_on <= plan.ends_on <= plan.starts_on + LONGEST:
        raise Refused(_("结束的日期要在开始之后，最长三年。"))
    if abs(plan.starts_on - viewer.day) > FURTHEST:
        raise Refused(_("开始的日期请定在前后一年以内。"))


def _ask_for_wishes(round_: Round, pairing: Pairing) -> None:
    """Put a line on the page of everybody with an account who is asked something."""
    for seat, _ask in pairing.use.asks:
        rows = Participant.objects.filter(round=round_, seat=seat, left_at=None)
        people = rows.filter(subject__person__account__isnull=False).values_list("subject_id", flat=True)
        for person in people:
            tell(round_, topics.ROUND_WISHES, person, due=round_.wishes_by)


def tell(round_: Round, topic: str, person: int, *, due: date | None = None, about: object = "") -> None:
    key = f"round:{round_.pk}:{topic}:{person}" + (f":{about}" if about else "")
    outbox.put(key, school_id=round_.school_id, recipient_id=person, topic=topic, data={}, due=due)


# ------------------------------------------------------------------ the organiser's steps


def locked(viewer: Viewer, round_: Round, version: int | None, *states: str) -> Round:
    """Return the round, locked, if it is still as the page showed it. Raises Stale, or Refused while it is computed."""
    row = Round.objects.select_for_update().select_related("school").get(pk=round_.pk)
    if version is not None and row.version != version:
        raise Stale
    if states and row.state not in states:
        raise Refused(_("这一轮现在是“%(state)s”，不能这样做。") % {"state": row.get_state_display()})
    if running(row) is not None:
        raise Refused(_("正在计算，等算完，或先点“停下”，再改。"))
    return row


def running(round_: Round) -> SolverRun | None:
    """Return the run that is under way for a round."""
    about = proposing.about(round_)
    rows = SolverRun.objects.filter(school_id=round_.school_id, about=about, state__in=SolverRun.ACTIVE)
    return rows.order_by("-pk").first()


def last_run(round_: Round) -> SolverRun | None:
    rows = SolverRun.objects.filter(school_id=round_.school_id, about=proposing.about(round_))
    return rows.order_by("-pk").first()


def _changed(row: Round, *fields: str) -> None:
    row.version += 1
    row.save(update_fields=["version", *fields])


@transaction.atomic
def propose(
    viewer: Viewer, round_: Round, version: int, *, seconds: int, stable: bool, fresh: bool
) -> SolverRun:
    """Ask for a proposal. fresh: from nothing; else with the least change to the present one."""
    row = locked(viewer, round_, version, State.OPEN, State.PROPOSED)
    if seconds not in SECONDS:
        raise Refused(_("请选最多算多久。"))
    row.seconds, row.stable = seconds, stable
    _changed(row, "seconds", "stable")
    audit.write(viewer, "rounds.asked", row, seconds=seconds, stable=stable, fresh=fresh)
    return _run(viewer, row, least_change=not fresh)


def _run(viewer: Viewer, row: Round, *, least_change: bool, step: bool = False) -> SolverRun:
    options = {"round": row.pk, "day": viewer.day.toordinal(), "least_change": least_change, "step": step}
    return solving.ask(
        row.school,
        proposing.RUN,
        proposing.about(row),
        seconds=row.seconds,
        by=viewer.account,
        options=options,
    )


def _in_round(row: Round, *people: Participant) -> None:
    """Read people again under the lock, and refuse whoever is not in the round any more."""
    for one in people:
        one.refresh_from_db()
        if one.round_id != row.pk or one.left_at is not None:
            raise Refused(_("这个人不在这一轮里了，请刷新页面。"))


def _bonds(row: Round, a: Participant, b: Participant) -> list[Bond]:
    pair = {a.pk, b.pk}
    rows = Bond.objects.filter(round=row, ended_at=None, a__in=pair, b__in=pair)
    return [bond for bond in rows if {bond.a_id, bond.b_id} == pair]


def _bind(
    viewer: Viewer, row: Round, kind: str, a: Participant, b: Participant, reason: str
) -> dict[str, list[int]]:
    """Write the organiser's word on two people down and end what it contradicts; return what takes it back."""
    if a.seat == b.seat and (not schemes_teams(row) or a.pk == b.pk):
        raise Refused(_("这两个人坐的是同一边，不能配在一起。请换一个人。"))
    ended = _bonds(row, a, b)
    Bond.objects.filter(pk__in=[bond.pk for bond in ended]).update(ended_at=timezone.now())
    made = Bond.objects.create(
        round=row, school=row.school, kind=kind, a=a, b=b, reason=reason, by_id=viewer.person_id
    )
    return {"made": [made.pk], "ended": [bond.pk for bond in ended]}


def schemes_teams(row: Round) -> bool:
    return schemes.of_text(row.school, row.text, row.starts_on).teams


@transaction.atomic
def move(
    viewer: Viewer,
    round_: Round,
    version: int,
    person: Participant,
    old: Participant | None,
    new: Participant,
    reason: str,
) -> SolverRun | None:
    """Put a person with another partner, for good; the rest is worked out again with the least change.

    old: whom the person leaves, who will not be put together with them again. Raises Refused.
    """
    row = locked(viewer, round_, version, State.OPEN, State.PROPOSED)
    _in_round(row, person, new, *([old] if old else []))
    _room_for(row, person, new, leaving=old)
    undo = _bind(viewer, row, Bond.Kind.TOGETHER, person, new, reason)
    if old is not None and old.pk != new.pk:
        more = _bind(viewer, row, Bond.Kind.APART, person, old, reason)
        undo = {key: undo[key] + more[key] for key in undo}
    return _step(viewer, row, "move", undo, person=person.pk, to=new.pk)


def _room_for(row: Round, person: Participant, new: Participant, *, leaving: Participant | None) -> None:
    """Refuse what is settled for more partners than somebody takes: the limit would have to be raised first."""
    if schemes_teams(row):
        return
    for one, other in ((person, new), (new, person)):
        if one.none or one.high == 0:
            raise Refused(
                _("%(name)s 这一轮不带人。先在“%(name)s”的页面把上限改大。") % {"name": one.subject.name}
            )
        rows = Bond.objects.filter(round=row, ended_at=None, kind=Bond.Kind.TOGETHER)
        settled = {
            key
            for a, b in rows.values_list("a_id", "b_id")
            if one.pk in (a, b)
            for key in (a, b)
            if key != one.pk
        } - ({leaving.pk} if leaving and one is person else set())
        if len(settled | {other.pk}) > one.high:
            raise Refused(
                _("%(name)s 最多 %(n)d 人，已经定满了。先把上限改大，或让出一个。")
                % {"name": one.subject.name, "n": one.high}
            )


@transaction.atomic
def keep_apart(
    viewer: Viewer, round_: Round, version: int, a: Participant, b: Participant, reason: str
) -> SolverRun | None:
    """Never put two people together in this round."""
    row = locked(viewer, round_, version, State.OPEN, State.PROPOSED)
    _in_round(row, a, b)
    return _step(viewer, row, "apart", _bind(viewer, row, Bond.Kind.APART, a, b, reason), a=a.pk, b=b.pk)


@transaction.atomic
def keep_together(
    viewer: Viewer, round_: Round, version: int, a: Participant, b: Participant, reason: str
) -> SolverRun | None:
    """Settle two people for each other, beside whom else they have. Raises Refused."""
    return move(viewer, round_, version, a, None, b, reason)


@transaction.atomic
def release(viewer: Viewer, round_: Round, version: int, bond: Bond) -> SolverRun | None:
    """Take the organiser's word on two people back; whether they come together is then worked out. Raises Refused."""
    row = locked(viewer, round_, version, State.OPEN, State.PROPOSED)
    if not Bond.objects.filter(pk=bond.pk, round=row, ended_at=None).update(ended_at=timezone.now()):
        raise Refused(_("这一条已经取消了。"))
    return _step(viewer, row, "release", {"made": [], "ended": [bond.pk]}, bond=bond.pk)


@transaction.atomic
def let(
    viewer: Viewer, round_: Round, version: int, a: Participant, b: Participant, reason: str
) -> SolverRun | None:
    """Let two people be put together again, whatever was said against it."""
    row = locked(viewer, round_, version, State.OPEN, State.PROPOSED)
    _in_round(row, a, b)
    return _step(viewer, row, "let", _bind(viewer, row, Bond.Kind.LET, a, b, reason), a=a.pk, b=b.pk)


@transaction.atomic
def set_limits(
    viewer: Viewer, round_: Round, version: int, person: Participant, low: int, high: int
) -> SolverRun | None:
    """Change how many somebody takes. Raises Refused when the two numbers contradict each other."""
    row = locked(viewer, round_, version, State.OPEN, State.PROPOSED)
    _in_round(row, person)
    if not 0 <= low <= high <= MOST_PLACES:
        raise Refused(_("最少不能大于最多，最多 %(n)d。请改正。") % {"n": MOST_PLACES})
    undo = {"limit": [person.pk, person.low, person.high, person.none]}
    Participant.objects.filter(pk=person.pk).update(low=low, high=high, none=False)
    return _step(viewer, row, "limit", undo, person=person.pk, low=low, high=high)


def _step(viewer: Viewer, row: Round, kind: str, undo: dict[str, Any], **told: Any) -> SolverRun | None:
    """Note a step; once there is a proposal the rest is worked out again with the least change."""
    proposing.note_step(row, kind, undo, viewer.person)
    _changed(row)
    audit.write(viewer, f"rounds.{kind}", row, **told)
    return _run(viewer, row, least_change=True, step=True) if row.proposal_id else None


@transaction.atomic
def undo(viewer: Viewer, round_: Round, version: int) -> Step:
    """Take the organiser's last step back, with the proposal that stood before it. Raises Refused."""
    row = locked(viewer, round_, version, State.OPEN, State.PROPOSED)
    step = Step.objects.filter(round=row, undone_at=None).order_by("-number").first()
    if step is None:
        raise Refused(_("没有可以撤销的。"))
    Bond.objects.filter(round=row, pk__in=step.undo.get("made", [])).update(ended_at=timezone.now())
    Bond.objects.filter(round=row, pk__in=step.undo.get("ended", [])).update(ended_at=None)
    if "back" in step.undo:
        Participant.objects.filter(pk=step.undo["back"], round=row).update(left_at=None)
    if "limit" in step.undo:
        pk, low, high, none = step.undo["limit"]
        Participant.objects.filter(pk=pk, round=row).update(low=low, high=high, none=none)
    step.undone_at = timezone.now()
    step.save(update_fields=["undone_at"])
    row.proposal, row.state = step.proposal, State.PROPOSED if step.proposal_id else State.OPEN
    _changed(row, "proposal", "state")
    audit.write(viewer, "rounds.undone", row, step=step.number, kind=step.kind)
    return step


@transaction.atomic
def leave_out(viewer: Viewer, round_: Round, version: int, person: Participant) -> SolverRun | None:
    """Take somebody off the list: they left, or the organiser knows why."""
    row = locked(viewer, round_, version, State.OPEN, State.PROPOSED)
    _in_round(row, person)
    person.left_at = timezone.now()
    person.save(update_fields=["left_at"])
    outbox.cancel([f"round:{row.pk}:{topics.ROUND_WISHES}:{person.subject_id}"])
    return _step(viewer, row, "leave", {"back": person.pk}, person=person.pk)


@transaction.atomic
def cancel(viewer: Viewer, round_: Round, version: int) -> None:
    """End a round without any result; what was said in it is kept."""
    row = locked(viewer, round_, version, *Round.ACTIVE)
    row.state, row.cancelled_at = State.CANCELLED, timezone.now()
    _changed(row, "state", "cancelled_at")
    audit.write(viewer, "rounds.cancelled", row)
    people = Participant.objects.filter(round=row).values_list("subject_id", flat=True)
    keys = [f"round:{row.pk}:{t}:{pk}" for pk in people for t in (topics.ROUND_WISHES, topics.ROUND_ANSWER)]
    for at in range(0, len(keys), 500):
        outbox.cancel(keys[at : at + 500])


# ------------------------------------------------------------------ publishing


@transaction.atomic
def publish(viewer: Viewer, round_: Round, version: int) -> list[Group]:
    """Show everybody their own pair or team; groups that stood before keep their answers. Return the new ones."""
    row = locked(viewer, round_, version, State.PROPOSED)
    proposal = Proposal.objects.get(pk=row.proposal_id)
    people = Participant.objects.filter(round=row).select_related("subject").in_bulk()
    wanted = {tuple(sorted(group["who"])): group for group in proposal.found["groups"]}
    if not wanted:
        raise Refused(_("一对也没有配上，没有可以公布的。"))
    standing_groups: dict[tuple[int, ...], Group] = {}
    for group in Group.objects.filter(round=row, withdrawn_at=None).prefetch_related("members"):
        standing_groups[tuple(sorted(member.person_id for member in group.members.all()))] = group
    gone = [group.pk for key, group in standing_groups.items() if key not in wanted]
    Group.objects.filter(pk__in=gone).update(withdrawn_at=timezone.now())
    made = _publish(row, [group for key, group in wanted.items() if key not in standing_groups], people)
    row.state, row.published_at = State.PUBLISHED, timezone.now()
    _changed(row, "state", "published_at")
    audit.write(viewer, "rounds.published", row, groups=len(wanted), fresh=len(made), withdrawn=len(gone))
    return made


def _publish(row: Round, groups: list[dict[str, Any]], people: dict[int, Participant]) -> list[Group]:
    pairing = schemes.of_text(row.school, row.text, row.starts_on)
    first = Group.objects.filter(round=row).count() + 1
    made = Group.objects.bulk_create(
        Group(round=row, number=first + at, name=_team_name(row, group, people) if pairing.teams else "")
        for at, group in enumerate(groups)
    )
    saved = {group.number: group for group in Group.objects.filter(round=row, number__gte=first)}
    members = [
        Member(
            group=saved[first + at], school=row.school, person=people[key],
            asked=pairing.use.type_of(people[key].seat) in ("staff", "student"),
        )
        for at, group in enumerate(groups)
        for key in group["who"]
    ]  # fmt: skip
    Member.objects.bulk_create(members)
    accounts = set(
        Participant.objects.filter(round=row, subject__person__account__isnull=False).values_list(
            "pk", flat=True
        )
    )
    for member in members:
        if member.asked and member.person_id in accounts:
            person = member.person.subject_id
            tell(row, topics.ROUND_ANSWER, person, due=row.answers_by, about=member.group.number)
    return made


def _team_name(row: Round, group: dict[str, Any], people: dict[int, Participant]) -> str:
    return _("%(title)s·%(name)s组") % {"title": row.title, "name": people[group["who"][0]].subject.name}


# ------------------------------------------------------------------ objections


def objections(round_: Round) -> list[Member]:
    """Return what still has to be answered by the organiser."""
    rows = Member.objects.filter(
        group__round=round_, group__withdrawn_at=None, answer=Member.Answer.NO, settled_at=None
    )
    return list(rows.select_related("group", "person", "person__subject").order_by("answered_at", "pk"))


@transaction.atomic
def settle(viewer: Viewer, round_: Round, version: int, member: Member, words: str) -> None:
    """Let a pair stand after talking it over with whoever objected."""
    row = locked(viewer, round_, version, State.PUBLISHED)
    fresh = _open_objection(row, member)
    fresh.settled, fresh.settled_at = words, timezone.now()
    fresh.save(update_fields=["settled", "settled_at"])
    _changed(row)
    audit.write(viewer, "rounds.objection_settled", row, member=fresh.pk)


@transaction.atomic
def rework(viewer: Viewer, round_: Round, version: int, member: Member) -> SolverRun | None:
    """Put a pair apart after an objection and work the rest out again with the least change; then it is published anew."""
    row = locked(viewer, round_, version, State.PUBLISHED)
    fresh = _open_objection(row, member)
    others = [one for one in fresh.group.members.select_related("person") if one.pk != fresh.pk]
    undo: dict[str, list[int]] = {"made": [], "ended": []}
    for one in others:
        if one.person.seat == fresh.person.seat:
            continue
        more = _bind(viewer, row, Bond.Kind.APART, fresh.person, one.person, fresh.reason)
        undo = {key: undo[key] + more[key] for key in undo}
    row.state = State.PROPOSED
    row.save(update_fields=["state"])
    return _step(viewer, row, "objection", undo, member=fresh.pk)


def _open_objection(row: Round, member: Member) -> Member:
    fresh = Member.objects.select_related("person", "group").select_for_update(of=("self",)).get(pk=member.pk)
    if fresh.group.round_id != row.pk or fresh.answer != Member.Answer.NO or fresh.settled_at is not None:
        raise Refused(_("这条意见已经处理过了。"))
    return fresh

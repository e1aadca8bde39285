"""A published round takes effect: links from its first day, teams are formed, what it replaces ends the day before."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Account, Link, Subject
from tongxin.kernel.ledger.services import Draft, record_activity
from tongxin.kernel.ledger.services import Refused as LedgerRefused
from tongxin.kernel.obligations import outbox
from tongxin.kernel.people import services as people
from tongxin.kernel.people.guards import PostRefused
from tongxin.kernel.people.teams import TeamRefused, form_team
from tongxin.kernel.programmes.pairings import Pairing
from tongxin.kernel.programmes.queries import kinds
from tongxin.kernel.solving import services as solving
from tongxin.kernel.solving.models import SolverRun
from tongxin.kernel.solving.services import Keep, Ticker
from tongxin.kernel.solving.services import Refused as RunRefused

from . import schemes, services
from .models import Group, Member, Round
from .services import Refused

RUN = "rounds-effect"
SOURCE = "rounds"
# The notes for everybody and the links take a while in a big school; the page does not wait for them.
SECONDS = 300


@transaction.atomic
def ask(viewer: Viewer, round_: Round, version: int) -> SolverRun:
    """Let a round take effect, in the background. Raises Refused while an objection has no answer."""
    row = services.locked(viewer, round_, version, Round.State.PUBLISHED)
    waiting = len(services.objections(row))
    if waiting:
        raise Refused(_("还有 %(n)d 条意见没有处理。处理完再生效。") % {"n": waiting})
    row.version += 1
    row.save(update_fields=["version"])
    audit.write(viewer, "rounds.effect_asked", row)
    options = {"round": row.pk, "version": row.version, "by": viewer.person_id}
    from .proposing import about

    return solving.ask(row.school, RUN, about(row), seconds=SECONDS, by=viewer.account, options=options)


def solve(run: SolverRun, ticker: Ticker) -> Keep:
    """Nothing is looked for: all of it is written with the end of the run, or none."""
    return lambda: take_effect(run.options["round"], run.options["version"], run.asked_by)


@transaction.atomic
def take_effect(round_id: int, version: int, by: Account | None) -> None:
    """Write links or teams, end what they replace, tell everybody. Raises solving.Refused with nothing written."""
    row = Round.objects.select_for_update().select_related("school").get(pk=round_id)
    if row.state == Round.State.IN_FORCE:
        return
    if row.version != version or row.state != Round.State.PUBLISHED:
        raise RunRefused(_("公布的名单在这之间变了，没有生效。请看过再点“生效”。"))
    pairing = schemes.of_text(row.school, row.text, row.starts_on)
    groups = list(Group.objects.filter(round=row, withdrawn_at=None).order_by("number"))
    members: dict[int, list[Member]] = defaultdict(list)
    for member in (
        Member.objects.filter(group__in=groups).select_related("person", "person__subject").order_by("pk")
    ):
        members[member.group_id].append(member)
    try:
        if pairing.teams:
            _teams(row, pairing, groups, members, by)
        else:
            _pairs(row, pairing, groups, members, by)
    except PostRefused as refused:
        raise RunRefused(_("有一对不能生效：%(why)s") % {"why": refused}) from refused
    except TeamRefused as refused:
        raise RunRefused(_("有一队不能成立：%(why)s") % {"why": refused}) from refused
    row.state, row.in_force_at = Round.State.IN_FORCE, timezone.now()
    row.version += 1
    row.save(update_fields=["state", "in_force_at", "version"])
    audit.write(by, "rounds.in_force", row, school_id=row.school_id, groups=len(groups))
    _tell_all(row, members)


def _pairs(
    row: Round, pairing: Pairing, groups: list[Group], members: dict[int, list[Member]], by: Account | None
) -> None:
    first = pairing.scheme.seats[0].id
    wanted = set()
    pairs = []
    for group in groups:
        a, b = sorted(members[group.pk], key=lambda member: member.person.seat != first)
        pairs.append((a.person.subject, b.person.subject))
        wanted.add((a.person.subject_id, b.person.subject_id))
    if not row.fill:
        _end_replaced(row, pairing, wanted, by)
    known = _before(row, pairing)
    for a_subject, b_subject in pairs:
        people.set_link(pairing.link, a_subject, b_subject, since=row.starts_on, until=row.ends_on, by=by)

    if pairing.use.enters:
        _enter(row, pairing, [pair for pair in pairs if (pair[0].pk, pair[1].pk) not in known], by)


def _before(row: Round, pairing: Pairing) -> set[tuple[int, int]]:
    """Return the pairs that stood already when the round begins."""
    rows = Link.objects.filter(
        school=row.school, kind=pairing.link, superseded_at=FOREVER, valid_from__lte=row.starts_on,
        valid_to__gte=row.starts_on - timedelta(days=1),
    )  # fmt: skip
    return set(rows.values_list("a_id", "b_id"))


def _enter(row: Round, pairing: Pairing, pairs: list[tuple[Subject, Subject]], by: Account | None) -> None:
    """Enter each new pair in the ledger as the scheme says, on its first day or today if that is still to come.

    Only where a programme in force declares the activity; one that asks for more than a round knows is left to people.
    """
    today = timezone.localdate()
    day = min(row.starts_on, today)
    declared = kinds(row.school, day).get(pairing.use.enters)
    if declared is None:
        return
    seats = [seat.id for seat in pairing.scheme.seats]
    for pair in pairs:
        parts = {seat: [one.pk] for seat, one in zip(seats, pair, strict=True) if declared.part(seat)}
        token = f"round:{row.public_id}:{pair[0].pk}:{pair[1].pk}"[:64]
        draft = Draft(day=day, parts=parts, token=token, source=SOURCE)
        try:
            with transaction.atomic():
                record_activity(row.school, declared, draft, by=by, today=today)
        except LedgerRefused:
            return


def _end_replaced(row: Round, pairing: Pairing, wanted: set[tuple[int, int]], by: Account | None) -> None:
    """End present links to people of the second seat that the round does not go on with."""
    last = pairing.scheme.seats[-1].id
    served = set(row.people.filter(seat=last, left_at=None).values_list("subject_id", flat=True))
    rows = Link.objects.filter(
        school=row.school, kind=pairing.link, superseded_at=FOREVER, valid_to__gte=row.starts_on
    )
    for link in rows:
        if link.b_id in served and (link.a_id, link.b_id) not in wanted:
            people.end_link(link, row.starts_on - timedelta(days=1), by=by)


def _teams(
    row: Round, pairing: Pairing, groups: list[Group], members: dict[int, list[Member]], by: Account | None
) -> None:
    links = dict(pairing.use.links)
    for group in groups:
        seats: dict[str, list[int]] = defaultdict(list)
        for member in members[group.pk]:
            seats[links[member.person.seat]].append(member.person.subject_id)
        group.made = form_team(
            row.school, group.name, seats, since=row.starts_on, until=row.ends_on, by=by,
            token=f"round:{group.public_id}", kind=pairing.use.team_kind,
        )  # fmt: skip
        group.save(update_fields=["made"])


def _tell_all(row: Round, members: dict[int, list[Member]]) -> None:
    everybody = [member for own in members.values() for member in own if member.asked]
    accounts = set(
        row.people.filter(subject__person__account__isnull=False).values_list("subject_id", flat=True)
    )
    numbers = dict(Group.objects.filter(round=row).values_list("pk", "number"))
    keys = [
        f"round:{row.pk}:{topics.ROUND_ANSWER}:{one.person.subject_id}:{numbers[one.group_id]}"
        for one in everybody
    ]
    for at in range(0, len(keys), 500):
        outbox.cancel(keys[at : at + 500])
    for person in sorted({one.person.subject_id for one in everybody} & accounts):
        services.tell(row, topics.ROUND_IN_FORCE, person)

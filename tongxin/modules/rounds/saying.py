"""What both sides say: whom they wish for, how many they take, what they can do; and later yes or no to what came of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.audit import services as audit
from tongxin.kernel.obligations import outbox
from tongxin.kernel.programmes.pairings import Pairing
from tongxin.methods.matching.use import Ask

from . import services, standing
from .models import Group, Member, Participant, Round, Wish
from .services import Refused

MOST_WORDS = 300
_BETWEEN = re.compile(r"[;；、，,|\n]+")
MOST_FREE, LONGEST_FREE = 8, 20


@dataclass(frozen=True)
class Said:
    """What somebody says. wants: partners, dearest first. most: how many they take, None where they are not asked."""

    wants: Sequence[Participant] = ()
    answers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    most: int | None = None
    none: bool = False
    words: str = ""


def takes_wishes(round_: Round, day: date) -> bool:
    """May people still say what they wish; a first look of the organiser at a proposal closes nothing."""
    states = (Round.State.OPEN, Round.State.PROPOSED)
    return round_.state in states and round_.published_at is None and day <= round_.wishes_by


def other_side(pairing: Pairing, person: Participant) -> list[str]:
    """Return the seats whose people somebody may wish for."""
    return [seat.id for seat in pairing.scheme.seats if seat.id != person.seat]


def to_choose_from(viewer: Viewer, pairing: Pairing, person: Participant) -> QuerySet[Participant]:
    """Return whom somebody is shown to wish for.

    Never the students of a sensitive round: that they are on its list is what nobody may learn. Other students are shown
    to whoever may know their names anyway, and to staff whom they themselves have chosen.
    """
    seats = [
        seat
        for seat in other_side(pairing, person)
        if not (pairing.sensitive and pairing.use.type_of(seat) not in ("staff", "homeroom"))
    ]
    rows = Participant.objects.filter(round_id=person.round_id, seat__in=seats, left_at=None, none=False)
    named = [seat for seat in seats if pairing.use.type_of(seat) == "student"]
    if named:
        known = visible_subjects(viewer, "K2").filter(type="student").values("pk")
        chosen = Wish.objects.filter(wants=person).values("person")
        rows = rows.exclude(seat__in=named) | rows.filter(subject__in=known) | rows.filter(pk__in=chosen)
    return rows.select_related("subject").order_by("subject__pinyin", "pk").distinct()


def chosen_by(pairing: Pairing, person: Participant) -> list[Participant]:
    """Return who wishes for somebody, to be shown to them; in a sensitive round nobody."""
    if pairing.sensitive:
        return []
    rows = Participant.objects.filter(wishes__wants=person, left_at=None, none=False)
    return list(rows.select_related("subject").order_by("wishes__rank", "subject__pinyin"))


@transaction.atomic
def say(
    viewer: Viewer,
    person: Participant,
    said: Said,
    ask: Ask,
    *,
    organiser: bool = False,
    among: QuerySet | None = None,
) -> Participant:
    """Write down what somebody says, in place of what they said before; the same again changes nothing. Raises Refused.

    organiser: it is written down for them, also when the time is over. among: whom they may wish for.
    """
    round_ = Round.objects.select_for_update().get(pk=person.round_id)
    if round_.state not in (Round.State.OPEN, Round.State.PROPOSED):
        raise Refused(_("已经不收志愿了。要改，请直接找组织的老师。"))
    if organiser and services.running(round_) is not None:
        raise Refused(_("正在计算，等算完再改。"))
    if not organiser and not takes_wishes(round_, viewer.day):
        raise Refused(_("填志愿的时间过了。要改，请直接找组织的老师。"))
    row = Participant.objects.select_for_update().get(pk=person.pk)
    _check(row, said, ask, among)
    row.answers = {name: list(values) for name, values in said.answers.items() if values}
    row.none, row.words = said.none, said.words.strip()
    if said.most is not None and not said.none:
        row.high = said.most
        row.low = min(row.low, said.most)
    row.said_at, row.said_by_id = timezone.now(), viewer.person_id
    row.save(update_fields=["answers", "none", "words", "high", "low", "said_at", "said_by"])
    Wish.objects.filter(person=row).delete()
    Wish.objects.bulk_create(
        Wish(round=round_, person=row, wants=one, rank=rank) for rank, one in enumerate(said.wants, start=1)
    )
    if organiser:
        round_.version += 1
        round_.save(update_fields=["version"])
    audit.write(viewer, "rounds.said", row, wishes=len(said.wants), none=said.none, for_them=organiser)
    outbox.cancel([f"round:{round_.pk}:{topics.ROUND_WISHES}:{row.subject_id}"])
    return row


def _check(row: Participant, said: Said, ask: Ask, among: QuerySet | None) -> None:
    if len(said.wants) > max(ask.wishes, 1):
        raise Refused(_("最多选 %(n)d 个。") % {"n": ask.wishes})
    if len({one.pk for one in said.wants}) < len(said.wants):
        raise Refused(_("同一个选了两次，请改一个。"))
    if any(one.round_id != row.round_id or one.seat == row.seat or one.left_at for one in said.wants):
        raise Refused(_("选的人不在这一轮里，请重新选。"))
    if among is not None:
        open_ = set(among.filter(pk__in=[one.pk for one in said.wants]).values_list("pk", flat=True))
        if any(one.pk not in open_ for one in said.wants):
            raise Refused(_("选的人不在这一轮里，请重新选。"))
    if said.none and not said.words.strip():
        raise Refused(_("这次不带，请写一句原因，方便组织的老师安排。"))
    if said.most is not None and not 0 <= said.most <= services.MOST_PLACES:
        raise Refused(_("请填 0 到 %(n)d 的整数。") % {"n": services.MOST_PLACES})
    if said.most == 0 and not said.none:
        raise Refused(_("一个也不带，请选“这次不带”，写一句原因。"))


# ------------------------------------------------------------------ yes or no


def own_groups(viewer: Viewer, places: Sequence[Participant]) -> list[Member]:
    """Return what was published about somebody, once it is."""
    shown = (Round.State.PUBLISHED, Round.State.IN_FORCE)
    rows = Member.objects.filter(
        person__in=[one.pk for one in places], group__withdrawn_at=None, group__round__state__in=shown
    )
    return list(
        rows.select_related("group", "group__round", "person", "person__subject").order_by("group__number")
    )


@transaction.atomic
def answer(viewer: Viewer, member: Member, yes: bool, reason: str) -> Member:
    """Agree or object. The same answer again changes nothing; an answer may be changed until the organiser took it up.

    Raises Refused.
    """
    # The round first, as everybody locks it: an answer and the organiser's step never wait for each other.
    round_ = Round.objects.select_for_update().get(pk=member.group.round_id)
    row = Member.objects.select_for_update(of=("self",)).select_related("group", "person").get(pk=member.pk)
    wanted = Member.Answer.YES if yes else Member.Answer.NO
    if row.answer == wanted and (yes or row.reason == reason.strip()):
        return row
    if round_.state != Round.State.PUBLISHED or row.group.withdrawn_at is not None:
        raise Refused(
            _("这份名单刚刚调整过，请看看现在的。")
            if round_.state == Round.State.PROPOSED
            else _("已经生效了。要改，请直接找组织的老师。")
        )
    if not standing.own_places(viewer).filter(pk=row.person_id).exists():
        raise Refused(_("这不是问您的。"))
    if row.settled_at is not None:
        raise Refused(_("组织的老师已经答复过您的意见，要再改请直接找他。"))
    if not yes and not reason.strip():
        raise Refused(_("有意见，请写一句为什么，只有组织的老师看得到。"))
    row.answer, row.reason = wanted, "" if yes else reason.strip()
    row.answered_at, row.answered_by_id = timezone.now(), viewer.person_id
    row.save(update_fields=["answer", "reason", "answered_at", "answered_by"])
    audit.write(viewer, "rounds.answered", row, yes=yes)
    key = f"round:{round_.pk}:{topics.ROUND_ANSWER}:{row.person.subject_id}:{row.group.number}"
    outbox.cancel([key])
    if not yes:
        for person in standing.organisers(round_, viewer.day):
            services.tell(round_, topics.ROUND_OBJECTION, person.pk, about=row.pk)
    return row


def partners(groups: Sequence[Group]) -> dict[int, list[Member]]:
    """Return everybody in some groups, in order of the seats' lists; one query."""
    found: dict[int, list[Member]] = {group.pk: [] for group in groups}
    rows = Member.objects.filter(group__in=found).select_related("person", "person__subject").order_by("pk")
    for row in rows:
        found[row.group_id].append(row)
    return found


def split(text: str) -> list[str]:
    """Return the words somebody typed, separated as people do."""
    return [part.strip() for part in _BETWEEN.split(text) if part.strip()]

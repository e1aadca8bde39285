"""How pairs go on: renewed, handed over, ended, with day and reason; who asks for it, and what has to be arranged anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER, NO_END
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.people import services as people
from tongxin.kernel.people.guards import PostRefused

from .kinds import HOMEROOM, REASONS, PairKind
from .models import PairAsked, PairStep
from .pairs import Pair, current, gathered, led, of_pair, on, side_of

What = PairStep.What
# What ended by itself is listed so long; what ends soon, from so long before.
LOOKED_BACK, SOON = timedelta(days=120), timedelta(days=30)
LONGEST = timedelta(days=3 * 366)


class Refused(ValueError):
    """It cannot be done; the sentence says what to do."""


@dataclass(frozen=True)
class Order:
    """What an organiser decides. day: the last day of the present pair (ended), the first of the next person (handed),
    the new last day (renewed)."""

    what: str
    day: date
    reason: str = ""
    words: str = ""
    next_a: Subject | None = None


# ------------------------------------------------------------------ both sides ask


def ask(viewer: Viewer, pair: Pair, want: str, reason: str, words: str, token: str) -> PairAsked:
    """Write down what one side asks for; sent twice it is one. Raises Refused."""
    side = side_of(viewer, pair)
    if not side:
        raise Refused(_("只有结对的双方可以提。"))
    known = PairAsked.objects.filter(token=token).first()
    if known is not None:
        return known
    if PairAsked.objects.filter(**of_pair(pair), side=side[0], decided_at=None).exists():
        raise Refused(_("已经提过了，组织的人还没有处理。"))
    try:
        with transaction.atomic():
            row = PairAsked.objects.create(
                **of_pair(pair), side=side[0], want=want, reason=reason, words=words, asked_by_id=viewer.person_id, asked_at=timezone.now(),
                token=token,
            )  # fmt: skip
            audit.write(viewer, "pairs.change_asked", row, want=want)
    except IntegrityError:
        return PairAsked.objects.get(token=token)
    return row


def asked(pair: Pair) -> list[PairAsked]:
    """Return what was asked about a pair and waits, the oldest first."""
    rows = PairAsked.objects.filter(**of_pair(pair), decided_at=None).select_related("asked_by")
    return list(rows.order_by("asked_at"))


def mine(viewer: Viewer, pair: Pair) -> QuerySet[PairAsked]:
    rows = PairAsked.objects.filter(**of_pair(pair), asked_by_id=viewer.person_id)
    return rows.order_by("-asked_at")


def steps(pair: Pair) -> list[PairStep]:
    """Return what happened to a pair, the newest first."""
    rows = PairStep.objects.filter(**of_pair(pair)).select_related("by", "next_a")
    return list(rows.order_by("-at", "-pk"))


# ------------------------------------------------------------------ the organiser decides


def decide(viewer: Viewer, pair: Pair, order: Order, token: str) -> PairStep:
    """Carry out what was decided: links change, the step is on record, whoever asked is answered. Raises Refused."""
    known = PairStep.objects.filter(token=token).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            _carry_out(viewer, pair, order)
            row = PairStep.objects.create(
                **of_pair(pair), what=order.what, day=order.day, reason=order.reason, words=order.words,
                next_a=order.next_a, by_id=viewer.person_id, at=timezone.now(), token=token,
            )  # fmt: skip
            for one in asked(pair):
                one.decided_at = timezone.now()
                one.save(update_fields=["decided_at"])
            audit.write(viewer, f"pairs.{order.what}", row, reason=order.reason)
    except IntegrityError:
        return PairStep.objects.get(token=token)
    except PostRefused as refused:
        raise Refused(str(refused)) from refused
    return row


def _carry_out(viewer: Viewer, pair: Pair, order: Order) -> None:
    # Whoever else changes this pair waits here, and then finds the row replaced.
    link = Link.objects.select_for_update().filter(pk=pair.last.pk, superseded_at=FOREVER).first()
    if link is None:
        raise Refused(_("这一对刚刚被别人改过，请看过再定。"))
    if order.what == What.DECLINED:
        return
    if order.what == What.RENEWED:
        _renew(viewer, pair, link, order.day)
    elif order.what == What.ENDED:
        _end(viewer, link, order.day)
    elif order.what == What.HANDED_OVER:
        _hand_over(viewer, pair, link, order)


def _renew(viewer: Viewer, pair: Pair, link: Link, last: date) -> None:
    first = max(link.valid_to + timedelta(days=1), link.valid_from) if link.valid_to != NO_END else NO_END
    if first == NO_END:
        raise Refused(_("这一对没有定结束的日期，不用续期。"))
    if not first <= last <= viewer.day + LONGEST:
        raise Refused(_("续到的日期应在现在的期限以后、三年以内。"))
    if link.valid_to < viewer.day:
        people.set_link(link.kind, link.a, link.b, since=viewer.day, until=last, by=viewer.account)
    else:
        people.end_link(link, last, by=viewer.account)


def _end(viewer: Viewer, link: Link, last: date) -> None:
    if last < link.valid_from:
        raise Refused(_("解除的日期早于结对的日期。"))
    if last > link.valid_to:
        raise Refused(_("这一对在那以前就已经到期。"))
    people.end_link(link, last, by=viewer.account)


def _hand_over(viewer: Viewer, pair: Pair, link: Link, order: Order) -> None:
    taker = order.next_a
    if taker is None or taker.pk == pair.a.pk:
        raise Refused(_("请选接手的人。"))
    if not taker.present_from <= order.day <= taker.present_to:
        raise Refused(_("接手的人那一天不在校，请另选一位。"))
    if order.day <= link.valid_from:
        raise Refused(_("接手的日期应在结对的日期以后。"))
    until = link.valid_to if link.valid_to > order.day else NO_END
    if link.valid_to >= order.day:
        people.end_link(link, order.day - timedelta(days=1), by=viewer.account)
    people.set_link(link.kind, taker, link.b, since=order.day, until=until, by=viewer.account)


# ------------------------------------------------------------------ what has to be arranged anew


@dataclass(frozen=True)
class Loose:
    """A pair to be arranged anew, and why. asked: one side asks for it."""

    pair: Pair
    why: str
    asked: bool = False


def loose(viewer: Viewer, kinds: dict[str, PairKind]) -> list[Loose]:
    """Return the pairs a viewer leads that somebody has left, that end soon without a next one, or one side asks about."""
    day = viewer.day
    found = []
    for name, kind in kinds.items():
        condition = led(viewer, kind)
        if condition is None:
            continue
        rows = current(viewer.school_id, [name]).filter(condition).exclude(a_id=viewer.person_id)
        rows = rows.filter(valid_to__gte=day - LOOKED_BACK, valid_from__lte=day).annotate(
            wanted=Exists(_open_requests(name)),
            followed=Exists(_followed(name)),
            settled=Exists(_settled(name)),
        )
        for link in rows:
            why = _why(link, kind, day)
            if why:
                found.append(Loose(gathered([link], kinds)[0], why, link.wanted))
    return found


def asked_count(viewer: Viewer, kinds: dict[str, PairKind]) -> int:
    """Count the pairs a viewer leads about which one side asks; a query for each kind that has any."""
    rows = PairAsked.objects.filter(school_id=viewer.school_id, decided_at=None)
    found = 0
    for name in sorted(set(rows.values_list("kind", flat=True)) & set(kinds)):
        condition = led(viewer, kinds[name])
        if condition is not None:
            links = current(viewer.school_id, [name]).filter(condition, Exists(_open_requests(name)))
            found += len(set(links.exclude(a_id=viewer.person_id).values_list("a_id", "b_id")))
    return found


def _open_requests(kind: str) -> QuerySet[PairAsked]:
    return PairAsked.objects.filter(kind=kind, a=OuterRef("a"), b=OuterRef("b"), decided_at=None)


def _followed(kind: str) -> QuerySet[Link]:
    """Whether the second side has somebody of this kind after this link's last day, or today beside it."""
    others = Link.objects.filter(kind=kind, b=OuterRef("b"), superseded_at=FOREVER)
    return others.filter(valid_to__gt=OuterRef("valid_to")).exclude(pk=OuterRef("pk"))


def _settled(kind: str) -> QuerySet[PairStep]:
    return PairStep.objects.filter(
        kind=kind, a=OuterRef("a"), b=OuterRef("b"), what__in=(What.ENDED, What.HANDED_OVER),
        day__gte=OuterRef("valid_from"),
    )  # fmt: skip


def _why(link: Link, kind: PairKind, day: date) -> str:
    """Say why a pair stands on the list, "" where it need not. link: annotated as in `loose`."""
    gone = [end.name for end in (link.a, link.b) if end.present_to < day and end.type != HOMEROOM]
    if link.wanted:  # type: ignore[attr-defined]
        return _("一方请求调整")
    if link.b.present_to < day and link.b.type != HOMEROOM:
        # Nobody has to be found for a child that has left; only a link that still runs is to be ended.
        return _("%(name)s已经离校") % {"name": link.b.name} if link.valid_to >= day else ""
    if link.followed or link.settled:  # type: ignore[attr-defined]
        return ""
    if gone:
        return _("%(name)s已经离校") % {"name": gone[0]}
    if link.valid_to < day:
        return _("到期了，没有续")
    if link.valid_to <= day + SOON:
        return _("快到期了")
    return ""


def takers(viewer: Viewer, pair: Pair) -> QuerySet[Subject]:
    """Return the staff who may take a pair over: all that are at the school, but for who has it now."""
    there = Subject.objects.filter(
        school_id=viewer.school_id, type="staff", present_from__lte=viewer.day, present_to__gte=viewer.day
    )
    return there.exclude(pk__in=[pair.a.pk, pair.b.pk]).order_by("pinyin", "pk")


def load_of(viewer: Viewer, kind: PairKind) -> dict[int, int]:
    """Return how many pairs of a kind everybody has today as the first side."""
    rows = Link.objects.filter(
        on(viewer.day), Q(school_id=viewer.school_id), kind=kind.link, superseded_at=FOREVER
    )
    found: dict[int, int] = {}
    for a in rows.values_list("a_id", flat=True):
        found[a] = found.get(a, 0) + 1
    return found


__all__ = [
    "REASONS",
    "Loose",
    "Order",
    "Refused",
    "ask",
    "asked",
    "decide",
    "loose",
    "mine",
    "steps",
    "takers",
]

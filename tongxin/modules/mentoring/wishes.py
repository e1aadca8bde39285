"""Micro-wishes: the second side states one, the first takes it up, and on a day it comes true; gifts go to the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit

from . import entered
from .models import Wish
from .pairs import GUARDIAN, A, B, Pair, of_pair, side_of

MOST_OPEN = 5


class Refused(ValueError):
    """It cannot be done; the sentence says what to do."""


@dataclass(frozen=True)
class Fulfilled:
    """How a wish came true. amount: hundredths of a yuan, None where nothing was paid."""

    day: date
    how: str
    amount: int | None
    words: str


def of(pair: Pair) -> list[Wish]:
    """Return a pair's wishes, the open ones first, then the newest."""
    rows = Wish.objects.filter(**of_pair(pair), withdrawn_at=None).select_related("stated_by")
    return sorted(rows, key=lambda row: (row.fulfilled_on is not None, -row.pk))


def state(viewer: Viewer, pair: Pair, words: str, token: str) -> Wish:
    """Write a wish down; sent twice it is one. The second side states it, the first may write down what it heard."""
    if not pair.kind.wishes or not side_of(viewer, pair):
        raise Refused(_("这种结对没有微心愿。"))
    if not pair.holds_on(viewer.day):
        raise Refused(_("这一对现在没有结对，不能再写心愿。"))
    known = Wish.objects.filter(token=token).first()
    if known is not None:
        return known
    if Wish.objects.filter(**of_pair(pair), fulfilled_on=None, withdrawn_at=None).count() >= MOST_OPEN:
        raise Refused(_("还有五个心愿没有实现，先等一等。"))
    try:
        with transaction.atomic():
            row = Wish.objects.create(
                **of_pair(pair),
                words=words,
                stated_by_id=viewer.person_id,
                stated_at=timezone.now(),
                token=token,
            )
            audit.write(viewer, "pairs.wish_stated", row)
    except IntegrityError:
        return Wish.objects.get(token=token)
    return row


@transaction.atomic
def take(viewer: Viewer, pair: Pair, row: Wish) -> Wish:
    """Note that the first side takes a wish up; a second tap changes nothing. Raises Refused."""
    if side_of(viewer, pair) != A:
        raise Refused(_("心愿由%(who)s来认领。") % {"who": pair.kind.a_title})
    locked = Wish.objects.select_for_update().get(pk=row.pk)
    if locked.taken_at is None:
        locked.taken_at = timezone.now()
        locked.save(update_fields=["taken_at"])
        audit.write(viewer, "pairs.wish_taken", locked)
    return locked


@transaction.atomic
def fulfil(viewer: Viewer, pair: Pair, row: Wish, came: Fulfilled) -> Wish:
    """Note when and how a wish came true, and enter it in the ledger where a programme counts it. Raises Refused."""
    if side_of(viewer, pair) != A:
        raise Refused(_("心愿由%(who)s来登记实现。") % {"who": pair.kind.a_title})
    stated = timezone.localtime(row.stated_at).date()
    if not stated <= came.day <= viewer.day:
        raise Refused(_("实现的日期应在写下心愿到今天之间。"))
    locked = Wish.objects.select_for_update().get(pk=row.pk)
    if locked.fulfilled_on is not None:
        return locked
    locked.taken_at = locked.taken_at or timezone.now()
    locked.fulfilled_on, locked.how, locked.amount, locked.told = came.day, came.how, came.amount, came.words
    locked.save(update_fields=["taken_at", "fulfilled_on", "how", "amount", "told"])
    audit.write(viewer, "pairs.wish_fulfilled", locked, how=came.how)
    _enter(viewer, pair, locked)
    return locked


def _enter(viewer: Viewer, pair: Pair, row: Wish) -> None:
    gift = pair.kind.gift
    if not gift or row.fulfilled_on is None:
        return
    words = gift.get("with", {}) | gift.get(row.how, {})
    amounts = {gift["amount"]: row.amount} if row.amount and gift.get("amount") else {}
    entered.enter(
        viewer, gift["kind"], row.fulfilled_on, {gift["a"]: [pair.a.pk], gift["b"]: [pair.b.pk]},
        f"wish:{row.pk}", words=words, amounts=amounts,
    )  # fmt: skip


@transaction.atomic
def take_back(viewer: Viewer, pair: Pair, row: Wish) -> None:
    """Let whoever wished take a wish back that has not come true; its words go, that there was one stays."""
    if row.stated_by_id != viewer.person_id and side_of(viewer, pair) not in (B, GUARDIAN):
        raise Refused(_("写下心愿的人才能撤回。"))
    locked = Wish.objects.select_for_update().get(pk=row.pk)
    if locked.fulfilled_on is not None:
        raise Refused(_("已经实现的心愿不用撤回。"))
    if locked.withdrawn_at is None:
        locked.withdrawn_at, locked.words = timezone.now(), ""
        locked.save(update_fields=["withdrawn_at", "words"])
        audit.write(viewer, "pairs.wish_taken_back", locked)

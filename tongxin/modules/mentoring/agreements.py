"""The agreement of a pair: versions with goals, measures and a term, acknowledged by both sides with a tap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import NO_END
from tongxin.kernel.base.models import School
from tongxin.kernel.calendar.queries import school_calendar

from .models import Agreement
from .pairs import GUARDIAN, A, B, Pair, leads, of_pair, side_of

LONGEST = timedelta(days=3 * 366)


class Refused(ValueError):
    """It cannot be done; the sentence says what to do."""


def versions(pair: Pair) -> list[Agreement]:
    """Return the versions of a pair's agreement, the newest first."""
    rows = Agreement.objects.filter(**of_pair(pair)).select_related("written_by", "b_signed_by")
    return list(rows.order_by("-number"))


def term_of(school: School, day: date) -> tuple[date, date]:
    """Return the days an agreement made today would usually be for: today to the end of the school year."""
    year = school_calendar(school).school_year_of(day)
    return day, year.last if year is not None else day + timedelta(days=365)


def may_write(viewer: Viewer, pair: Pair) -> bool:
    return side_of(viewer, pair) == A or leads(viewer, pair)


def write(
    viewer: Viewer, pair: Pair, *, first: date, last: date, goals: str, measures: str, token: str
) -> Agreement:
    """Write a new version; both sides have to acknowledge it anew. Sent twice it is one. Raises Refused."""
    if not may_write(viewer, pair):
        raise Refused(_("协议由%(who)s来写。") % {"who": pair.kind.a_title})
    if last < first:
        raise Refused(_("结束的日期早于开始的日期，请改正其中一个。"))
    if last - first > LONGEST:
        raise Refused(_("期限最长三年，请把结束的日期改早一些。"))
    known = Agreement.objects.filter(token=token).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            highest = Agreement.objects.filter(**of_pair(pair)).aggregate(n=Max("number"))["n"] or 0
            row = Agreement.objects.create(
                **of_pair(pair), number=highest + 1, first_day=first, last_day=last, goals=goals, measures=measures,
                written_by_id=viewer.person_id, written_at=timezone.now(), token=token,
            )  # fmt: skip
            audit.write(viewer, "pairs.agreement_written", row, number=row.number)
    except IntegrityError as error:
        raise Refused(_("对方刚刚也写了一版，请先看一看。")) from error
    return row


@transaction.atomic
def acknowledge(viewer: Viewer, pair: Pair, number: int) -> Agreement:
    """Note that a side agrees to the newest version; a second tap changes nothing. Raises Refused."""
    newest = Agreement.objects.select_for_update().filter(**of_pair(pair)).order_by("-number").first()
    if newest is None or newest.number != number:
        raise Refused(_("协议刚刚有了新的一版，请看过再确认。"))
    side = side_of(viewer, pair)
    if side == A and newest.a_signed_at is None:
        newest.a_signed_at = timezone.now()
        newest.save(update_fields=["a_signed_at"])
    elif side in (B, GUARDIAN) and newest.b_signed_at is None:
        newest.b_signed_at, newest.b_signed_by_id = timezone.now(), viewer.person_id
        newest.save(update_fields=["b_signed_at", "b_signed_by"])
    else:
        return newest
    audit.write(viewer, "pairs.agreement_signed", newest, number=number, side=side)
    return newest


@dataclass(frozen=True)
class Standing:
    """How far a pair's agreement is. newest: None where none was written; over: its term has ended."""

    pair: Pair
    newest: Agreement | None
    over: bool = False

    @property
    def in_order(self) -> bool:
        return self.newest is not None and self.newest.signed and not self.over

    def missing(self) -> list[str]:
        """Say what is missing, in words."""
        kind = self.pair.kind
        if self.newest is None:
            return [_("还没有写协议")]
        found = [_("已经到期")] if self.over else []
        if self.newest.a_signed_at is None:
            found.append(_("%(who)s还没有确认") % {"who": kind.a_title})
        if self.newest.b_signed_at is None:
            found.append(_("%(who)s还没有确认") % {"who": kind.b_title})
        return found


def standings(pairs: Sequence[Pair], day: date) -> list[Standing]:
    """Return how far each pair's agreement is; one query, nothing of the words opened."""
    if not pairs:
        return []
    rows = Agreement.objects.filter(
        school_id=pairs[0].last.school_id,
        kind__in={one.kind.link for one in pairs},
        a__in={one.a.pk for one in pairs},
    ).defer("goals", "measures")
    newest: dict[tuple[str, int, int], Agreement] = {}
    for row in rows.order_by("number"):
        newest[row.kind, row.a_id, row.b_id] = row
    return [
        Standing(one, row, over=row is not None and row.last_day != NO_END and row.last_day < day)
        for one in pairs
        for row in [newest.get(one.key)]
    ]


def waits_for(viewer: Viewer, standing: Standing) -> bool:
    """Say whether it is this viewer who has to acknowledge the newest version."""
    row = standing.newest
    if row is None or standing.over:
        return False
    side = side_of(viewer, standing.pair)
    return (side == A and row.a_signed_at is None) or (side in (B, GUARDIAN) and row.b_signed_at is None)

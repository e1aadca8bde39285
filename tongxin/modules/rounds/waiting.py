"""What of the rounds waits for somebody on their first page."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.access.waiting import Waiting
from tongxin.kernel.base.models import School
from tongxin.kernel.programmes.pairings import read
from tongxin.ui import formats

from . import saying, standing
from .models import Member, Participant, Round

MOST_LINES = 3


def waiting(viewer: Viewer) -> list[Waiting]:
    """Return the lines of the rounds for a viewer."""
    if viewer.school is None or viewer.person is None or viewer.school.kind != School.Kind.SCHOOL:
        return []
    made: list[Waiting] = []
    if viewer.may("pair_up"):
        made += _own(viewer)
    if viewer.may("pairing"):
        made += _organiser(viewer)
    return made


def to_say(viewer: Viewer, places: list[Participant]) -> list[Participant]:
    """Return where somebody is still asked for wishes today."""
    return [
        one
        for one in places
        if one.said_at is None
        and saying.takes_wishes(one.round, viewer.day)
        and read(one.round.text)[1].ask(one.seat) is not None
    ]


def _own(viewer: Viewer) -> Iterator[Waiting]:
    active = standing.own_places(viewer).filter(round__state__in=Round.ACTIVE)
    places = list(active[:20])
    if not places:
        return
    for one in to_say(viewer, places)[:MOST_LINES]:
        until = formats.until_words(one.round.wishes_by, viewer.day)
        yield Waiting(
            _whose(viewer, one), reverse("rounds:place", args=[one.public_id]), _("填志愿"), (until,)
        )
    for member in saying.own_groups(viewer, places):
        if (
            member.asked
            and member.answer == Member.Answer.NONE
            and viewer.day <= member.group.round.answers_by
        ):
            until = formats.until_words(member.group.round.answers_by, viewer.day)
            url = reverse("rounds:place", args=[member.person.public_id])
            yield Waiting(_whose(viewer, member.person), url, _("看一看，回答"), (until,))


def _whose(viewer: Viewer, one: Participant) -> str:
    if one.subject_id == viewer.person_id:
        return one.title
    return _("%(title)s（%(name)s）") % {"title": one.title, "name": one.subject.name}


def _organiser(viewer: Viewer) -> Iterator[Waiting]:
    objections = Count(
        "groups__members",
        filter=Q(groups__withdrawn_at=None, groups__members__answer="no", groups__members__settled_at=None),
    )
    rows = standing.organised(viewer).filter(state__in=Round.ACTIVE).annotate(objections=objections)
    for row in list(rows[:20]):
        url = reverse("rounds:round", args=[row.public_id])
        if row.objections:
            said = ngettext("有%(n)d条意见没有处理", "有%(n)d条意见没有处理", row.objections) % {
                "n": row.objections
            }
            yield Waiting(row.called, url, _("处理"), (said,))
        elif row.state == Round.State.OPEN and viewer.day > row.wishes_by:
            yield Waiting(row.called, url, _("排结果"), (_("志愿已经截止"),))
        elif row.state == Round.State.PUBLISHED and viewer.day > row.answers_by:
            yield Waiting(row.called, url, _("生效"), (_("回答已经截止"),))

"""What of the teams waits for somebody on their first page."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.access.waiting import Waiting
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.people.teams import IN_TEAM

from . import forming
from .kinds import all_kinds
from .models import Rating, Step


def waiting(viewer: Viewer) -> list[Waiting]:
    """Return invitations to answer, own proposals somebody said no to, and steps that are due."""
    if not viewer.may("teams") or viewer.school is None or viewer.person_id is None:
        return []
    if viewer.school.kind != School.Kind.SCHOOL:
        return []
    return [*_invitations(viewer), *_refused(viewer), *_steps(viewer), *_rating(viewer)]


def _invitations(viewer: Viewer) -> list[Waiting]:
    return [
        Waiting(
            _("%(who)s邀请您加入“%(team)s”") % {"who": row.proposal.by.name, "team": row.proposal.name},
            reverse("teams:proposal", args=[row.proposal.public_id]),
            _("去答复"),
            (all_kinds()[row.proposal.kind].title,) if row.proposal.kind in all_kinds() else (),
        )
        for row in forming.waiting_for(viewer)[:5]
    ]


def _refused(viewer: Viewer) -> list[Waiting]:
    return [
        Waiting(
            _("“%(team)s”有人不参加") % {"team": one.name},
            reverse("teams:proposal", args=[one.public_id]),
            _("换一个人"),
        )
        for one in forming.refused_of(viewer).values()
    ]


def _steps(viewer: Viewer) -> list[Waiting]:
    mine = viewer.posts.get(IN_TEAM, frozenset())
    if not mine:
        return []
    late = Step.objects.filter(
        team__in=mine, bearer_id=viewer.person_id, done_on=None, due__lte=viewer.day
    ).select_related("team")
    return [
        Waiting(step.title, reverse("teams:team", args=[step.team.public_id]), _("去看看"), (step.team.name,))
        for step in late.order_by("due")[:3]
    ]


def _rating(viewer: Viewer) -> list[Waiting]:
    """A learner who has not said how able one felt at the beginning."""
    if "student" not in viewer.roles:
        return []
    learning: set[int] = set()
    for kind in all_kinds().values():
        for seat in kind.learners:
            learning |= viewer.posts.get(seat, frozenset())
    if not learning:
        return []
    done = Rating.objects.filter(person_id=viewer.person_id, team__in=learning, moment=Rating.Moment.BEFORE)
    left = learning - set(done.values_list("team_id", flat=True))
    if not left:
        return []
    return [
        Waiting(
            _("填一次能力自评"), reverse("teams:rate", args=[team.public_id]), _("去填"),
            (_("不到一分钟，只有自己看得到"),),
        )
        for team in Subject.objects.filter(pk__in=left).order_by("pk")[:2]
    ]  # fmt: skip

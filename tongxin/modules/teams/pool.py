"""What teams may take up: projects, courses and topics, problems of enterprises; open → taken by one team → solved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject
from tongxin.kernel.ledger import services as ledger
from tongxin.kernel.programmes import queries as programmes
from tongxin.ui.worded import as_written

from .kinds import TeamKind
from .models import Topic
from .rules import Refused

State = Topic.State


def topics(viewer: Viewer, *, kind: str = "", state: str = "", words: str = "") -> QuerySet[Topic]:
    """Return the school's pool, newest first; words are looked for in title, text, industry and enterprise."""
    rows = Topic.objects.filter(school_id=viewer.school_id).select_related("enterprise", "team", "by")
    if kind:
        rows = rows.filter(kind=kind)
    rows = rows.filter(state=state) if state in State.values else rows.exclude(state=State.WITHDRAWN)
    for word in words.split()[:5]:
        rows = rows.filter(
            Q(title__icontains=word)
            | Q(words__icontains=word)
            | Q(industry__icontains=word)
            | Q(enterprise__name__icontains=word)
        )
    return rows.order_by("-added_on", "-pk")


def add(viewer: Viewer, kind: TeamKind, given: Mapping[str, Any], *, token: str) -> Topic:
    """Put something into the pool; a problem of an enterprise is entered in the ledger too. Raises Refused."""
    known = Topic.objects.filter(token=token).first()
    if known is not None:
        return known
    assert viewer.school is not None
    assert viewer.person is not None
    try:
        with transaction.atomic():
            topic = Topic.objects.create(
                school=viewer.school, kind=kind.name, by=viewer.person.subject, added_on=viewer.day,
                state_on=viewer.day, token=token, **given,
            )  # fmt: skip
            audit.write(viewer, "teams.topic_added", topic, kind=kind.name)
            _enter(viewer, kind, topic)
    except ledger.Refused as refused:
        raise Refused(str(refused)) from refused
    except IntegrityError:
        return Topic.objects.get(token=token)
    return topic


def _enter(viewer: Viewer, kind: TeamKind, topic: Topic) -> None:
    school = topic.school
    activity = programmes.kinds(school, viewer.day).get(kind.pooled) if kind.pooled else None
    if activity is None or topic.enterprise_id is None:
        return
    theme = activity.qualifier("theme")
    draft = ledger.Draft(
        day=viewer.day,
        title=f"{as_written(activity.title)}：{topic.title}",
        parts={"collector": [topic.by_id], "enterprise": [topic.enterprise_id]},
        qualifiers={"theme": topic.theme} if theme and topic.theme in theme.values else {},
        token=f"topic:{topic.pk}",
        source="teams",
    )
    ledger.record_activity(school, activity, draft, by=viewer.account, today=viewer.day)


@transaction.atomic
def take(viewer: Viewer, topic: Topic, team: Subject) -> None:
    """Let a team take a topic; only one can. Raises Refused."""
    taken = Topic.objects.filter(pk=topic.pk, school_id=team.school_id, state=State.OPEN).update(
        state=State.TAKEN, team=team, state_on=viewer.day
    )
    if not taken:
        raise Refused(_("“%(name)s”刚刚被别的团队认领了，请另选一个。") % {"name": topic.title}, "topic")
    audit.write(viewer, "teams.topic_taken", topic, team=team.pk)


@transaction.atomic
def set_state(viewer: Viewer, topic: Topic, state: str) -> None:
    """Say that a topic is solved, give it back, or take it out of the pool. Raises Refused.

    Solved and given back only from taken; taken out only while it is open.
    """
    before = {State.SOLVED: State.TAKEN, State.OPEN: State.TAKEN, State.WITHDRAWN: State.OPEN}[State(state)]
    changes: dict[str, Any] = {"state": state, "state_on": viewer.day}
    if state == State.OPEN:
        changes["team"] = None
    if not Topic.objects.filter(pk=topic.pk, state=before).update(**changes):
        raise Refused(_("这一条刚刚被别人改过了，请刷新页面再看。"))
    audit.write(viewer, "teams.topic_state", topic, state=state)


def let_go(viewer: Viewer, team: Subject) -> None:
    """Open again what a team had taken and not solved."""
    for topic in Topic.objects.filter(team=team, state=State.TAKEN):
        set_state(viewer, topic, State.OPEN)

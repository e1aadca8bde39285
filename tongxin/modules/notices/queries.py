"""Matters as the page of following up shows them: what is owed by whom, who was told by which way, who knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.exchange.notices import channels, wording
from tongxin.exchange.notices.models import Robot
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.models import Subject
from tongxin.kernel.obligations.models import Acknowledgement, Delivery, DeliveryItem, Matter, Message
from tongxin.kernel.obligations.outbox import MOST_TRIES
from tongxin.kernel.obligations.queries import in_force, sight
from tongxin.kernel.obligations.reminders import ESCALATED
from tongxin.kernel.obligations.services import AGAIN
from tongxin.kernel.programmes.queries import school_packs
from tongxin.ui.formats import when_words

MOST_NAMES = 6
LATE, COMING, KNOWN, OVER = "late", "coming", "known", "over"


def visible_matters(viewer: Viewer) -> QuerySet[Matter]:
    """Return the matters of people whose work this viewer may see, and those they were told of.

    A rule of whose verdicts the policy shows this viewer nothing is left out, unless it is their own or they were told.
    """
    if viewer.school_id is None or not viewer.may("todo"):
        return Matter.objects.none()
    told = Exists(Message.objects.filter(matter=OuterRef("pk"), recipient=viewer.person_id))
    own = Q(bearer=viewer.person_id)
    hidden = Q(pk__in=[])
    for programme, pack in school_packs(viewer.school, viewer.day) if viewer.school else ():
        names = [r.id for r in in_force(pack, viewer.day) if sight(viewer, pack, r).nothing]
        hidden |= Q(programme=programme, obligation__in=names)
    within = Q(bearer__in=visible_subjects(viewer, "K1")) & ~hidden
    return Matter.objects.filter(own | told | within, school=viewer.school_id)


def answerable(viewer: Viewer, matters: QuerySet[Matter]) -> QuerySet[Matter]:
    """Narrow to what others owe and this viewer may end or repeat: it was taken up to them, or they answer for the school.

    To see a colleague's work is not to stand above it: a member of the same committee cannot stop an escalation.
    """
    others = matters.exclude(bearer=viewer.person_id)
    if viewer.may("submit"):
        return others
    return others.filter(
        Exists(Message.objects.filter(matter=OuterRef("pk"), recipient=viewer.person_id, topic=ESCALATED))
    )


def in_state(matters: QuerySet[Matter], state: str, today: date) -> QuerySet[Matter]:
    """Narrow to late, coming, known or over; anything else: all. Late: past its day, or taken higher already."""
    known = Exists(Acknowledgement.objects.filter(matter=OuterRef("pk")))
    higher = Exists(Message.objects.filter(matter=OuterRef("pk"), topic=ESCALATED))
    pressing = Q(due_day__lt=today) | higher
    if state == OVER:
        return matters.exclude(closed_at=None)
    if state == KNOWN:
        return matters.filter(known, closed_at=None)
    if state == LATE:
        return matters.filter(pressing, ~known, closed_at=None)
    if state == COMING:
        return matters.filter(~pressing, ~known, closed_at=None)
    return matters


@dataclass(frozen=True)
class Trace:
    """One thing that happened: somebody was told, or knows."""

    when: datetime
    title: str
    text: str


@dataclass
class Followed:
    """A matter as a line of the page."""

    matter: Matter
    title: str
    bearer: str
    names: str
    count: str
    state: str
    word: str
    traces: list[Trace] = field(default_factory=list)
    may_know: bool = False
    may_tell: bool = False
    failed: bool = False


def followed(viewer: Viewer, matters: Sequence[Matter]) -> list[Followed]:
    """Return matters with everything the page says of them, in the order given; the same queries for any number."""
    told = wording.about(matters, viewer.day)
    names = _names_within_reach(viewer, told)
    bearers = wording.bearer_names(viewer, told)
    knew = defaultdict(list)
    for ack in Acknowledgement.objects.filter(matter__in=matters).select_related("person").order_by("at"):
        knew[ack.matter_id].append(ack)
    traces = _traces(matters)
    mine = set(
        answerable(viewer, Matter.objects.filter(pk__in=[m.pk for m in matters])).values_list("pk", flat=True)
    )
    return [
        _line(
            viewer,
            matter,
            told.get(matter.pk),
            bearers[matter.pk],
            names.get(matter.pk, []),
            knew[matter.pk],
            traces[matter.pk],
            answers=matter.pk in mine,
        )
        for matter in matters
    ]


def _line(
    viewer: Viewer,
    matter: Matter,
    told,
    bearer: str,
    names: list[str],
    knew: list,
    traces: list[Trace],
    *,
    answers: bool,
) -> Followed:
    seen = sight(viewer, told.pack, told.rule) if told and told.pack and told.rule else None
    own = matter.bearer_id == viewer.person_id
    open_ = matter.closed_at is None
    state, word = _state(matter, bool(knew), viewer.day)
    shown = own or (seen is not None and not seen.nothing)
    return Followed(
        matter=matter,
        title=told.title if told and shown else _("一件事"),
        bearer=_("我自己") if own else bearer,
        names="、".join(names),
        count=told.count_words
        if told and open_ and (own or (seen is not None and wording.may_count(seen, told.still)))
        else "",
        state=state,
        word=word,
        traces=sorted(
            [*traces, *(Trace(a.at, _("%(name)s知道了") % {"name": a.person.name}, "") for a in knew)],
            key=lambda t: t.when,
            reverse=True,
        ),
        may_know=open_ and answers and viewer.person_id not in {a.person_id for a in knew},
        may_tell=open_ and answers and matter.bearer.type == "staff",
    )


def _state(matter: Matter, known: bool, today: date) -> tuple[str, str]:
    if matter.closed_as:
        word = str(Matter.Closed(matter.closed_as).label)
        return {"met": "met", "waived": "waived"}.get(matter.closed_as, "not_expected"), word
    if known:
        return "open", _("已知悉")
    if matter.due_day < today:
        days = (today - matter.due_day).days
        return "missed", ngettext("过期%(n)d天", "过期%(n)d天", days) % {"n": days}
    return "open", _("还没到期")


def _names_within_reach(viewer: Viewer, told: dict) -> dict[int, list[str]]:
    """Whom each matter is still about, by name, as far as this viewer may read the class of its rule."""
    by_class: dict[str, set[int]] = defaultdict(set)
    for one in told.values():
        by_class[one.data_class] |= {int(s) for s in one.subjects if s.isdecimal()}
    known: dict[str, dict[int, tuple[str, str]]] = {}
    for data_class, ids in by_class.items():
        rows = visible_subjects(viewer, data_class).filter(pk__in=ids).values_list("pk", "name", "pinyin")
        known[data_class] = {pk: (pinyin, name) for pk, name, pinyin in rows}
    found = {}
    for pk, one in told.items():
        inside = [
            known[one.data_class][int(s)]
            for s in one.subjects
            if s.isdecimal() and int(s) in known[one.data_class] and int(s) != one.matter.bearer_id
        ]
        names = [name for _pinyin, name in sorted(inside)]
        if len(names) > MOST_NAMES:
            more = len(names) - MOST_NAMES
            names = [*names[:MOST_NAMES], ngettext("等%(n)d个", "等%(n)d个", more) % {"n": more}]
        found[pk] = names
    return found


def _traces(matters: Sequence[Matter]) -> dict[int, list[Trace]]:
    """Who was told when, and by which ways it went out."""
    messages = list(
        Message.objects.filter(matter__in=matters).select_related("recipient").order_by("created_at")
    )
    items = DeliveryItem.objects.filter(message__in=messages).select_related("delivery").order_by("pk")
    ways = defaultdict(list)
    for item in items:
        ways[item.message_id].append(item.delivery)
    robots = {
        f"{r.service}:{r.pk}": r for r in Robot.objects.filter(school__in={m.school_id for m in matters})
    }
    found: dict[int, list[Trace]] = defaultdict(list)
    for message in messages:
        said = [_page_words(message), *(_way_words(d, robots) for d in ways[message.pk])]
        found[message.matter_id or 0].append(
            Trace(message.created_at, _told_words(message), "；".join(s for s in said if s))
        )
    return found


def _told_words(message: Message) -> str:
    words = {"name": message.recipient.name, "n": abs(message.step or 0)}
    if message.topic == AGAIN:
        return _("再次提醒%(name)s") % words
    if message.topic == ESCALATED:
        return _("告诉%(name)s") % words
    return _("提醒%(name)s") % words


def _page_words(message: Message) -> str:
    if message.read_at is not None:
        return _("页面上，已看")
    if message.cancelled_at is not None:
        return _("页面上，已收回")
    return _("页面上，没看")


def _way_words(delivery: Delivery, robots: dict[str, Robot]) -> str:
    robot = robots.get(delivery.channel)
    way = _("邮件") if delivery.channel == channels.EMAIL else f"“{robot.title}”" if robot else _("群机器人")
    now = timezone.now()
    if delivery.sent_at is not None:
        return _("%(way)s，%(when)s发出") % {"way": way, "when": when_words(delivery.sent_at, now)}
    if delivery.dropped_at is not None:
        return _("%(way)s，不用发了") % {"way": way}
    if delivery.tries >= MOST_TRIES:
        return _("%(way)s，没有发出去") % {"way": way}
    if delivery.trouble:
        return _("%(way)s，还没发出：%(why)s") % {"way": way, "why": channels.trouble_words(delivery.trouble)}
    return _("%(way)s，等着发") % {"way": way}


def bearers_of(matters: QuerySet[Matter]) -> list[Subject]:
    return list(Subject.objects.filter(pk__in=matters.values("bearer")).order_by("pinyin", "pk"))


def failed_deliveries(school_id: int) -> QuerySet[Delivery]:
    """Return what could not be sent however often it was tried, and what waits for another try after trouble."""
    return Delivery.objects.filter(school=school_id, sent_at=None, dropped_at=None).exclude(trouble="")

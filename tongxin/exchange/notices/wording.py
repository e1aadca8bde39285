"""What a notice says. On the reader's own page it names the rule; out of the house the rule's data class decides.

Nothing that leaves names a child, carries a word about mental health, or repeats what is K3 or higher: such items
are only counted, with their day and a link.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.obligations.classes import obligation_class
from tongxin.kernel.obligations.models import Matter, Message
from tongxin.kernel.obligations.queries import SMALLEST_COUNT, ask, obligation_named, sight
from tongxin.kernel.obligations.reminders import ESCALATED, Owed, key_of_matter, owed_by_bearer
from tongxin.kernel.programmes.classes import guarded
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.packs import at_hand, parse_in_words
from tongxin.kernel.programmes.queries import current_pack, last_pack_with, texts_around, with_text
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.precedence import above as rules_above
from tongxin.methods.cadence.tree import Obligation
from tongxin.ui.formats import plain_day, until_words
from tongxin.ui.worded import as_written

from . import topics

HIGHEST_PLAIN = "K2"
# A title with one of these does not leave the house, whatever its class.
GUARDED = re.compile(
    "心理|心育|抑郁|焦虑|自杀|自伤|自残|轻生|危机|咨询|辅导|筛查|普测|预警|情绪|精神|量表|测评|睡眠|欺凌|counsel|mental|"
    "suicid|depress|anxi|screening|psycho|crisis",
    re.IGNORECASE,
)
MOST_TITLES = 8


def may_leave(title: str) -> bool:
    """Whether a title may leave the house, as its pack has it and in the language of its reader."""
    return not GUARDED.search(f"{as_written(title)}\n{title}")


@dataclass(frozen=True)
class Told:
    """A matter with what may be said of it. still: how many it is still about (None: not worked out).

    also: who else asks this, less strictly: the sources of the rules that it tightens, from near to far.
    """

    matter: Matter
    rule: Obligation | None
    pack: Pack | None
    data_class: str
    still: int | None
    subjects: tuple[str, ...] = ()
    also: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return self.rule.title if self.rule else _("一件事")

    @property
    def plain(self) -> bool:
        """Whether its title may leave the house."""
        if self.rule is None or CLASSES.index(self.data_class) > CLASSES.index(HIGHEST_PLAIN):
            return False
        return may_leave(self.rule.title)

    @property
    def count_words(self) -> str:
        """还差3名学生; empty when it is about one thing, or not known."""
        if not self.still or self.rule is None:
            return ""
        if self.rule.subject.name == "student":
            return ngettext("还差%(n)d名学生", "还差%(n)d名学生", self.still) % {"n": self.still}
        if self.still > 1:
            return ngettext("还差%(n)d个", "还差%(n)d个", self.still) % {"n": self.still}
        return ""


def about(matters: Iterable[Matter], today: date) -> dict[int, Told]:
    """Return what may be said of some matters, by matter id; the programme's present text and today's verdicts."""
    by_programme: dict[int, list[Matter]] = defaultdict(list)
    for matter in matters:
        by_programme[matter.programme_id].append(matter)
    found: dict[int, Told] = {}
    for programme in with_text(Programme.objects.filter(pk__in=by_programme)).select_related("school"):
        found |= _of_programme(programme, by_programme[programme.pk], today)
    return found


def _of_programme(programme: Programme, matters: list[Matter], today: date) -> dict[int, Told]:
    pack = current_pack(programme)
    rules = {name: obligation_named(pack, name, today) for name in {m.obligation for m in matters}}
    open_ = {name: rule for name, rule in rules.items() if rule is not None and rule.evaluable}
    owed: dict = {}
    if any(m.closed_at is None and m.obligation in open_ for m in matters):
        owed = owed_by_bearer(ask(programme, today), open_)
    told = {}
    chained = any(rule is not None and rule.tightens for rule in rules.values())
    others = at_hand(texts_around(programme.school, today), parse_in_words) if chained else {}
    texts = {name: (pack, rule) if rule else _as_it_was(programme, name) for name, rule in rules.items()}
    for matter in matters:
        text, rule = texts[matter.obligation]
        one: Owed | None = owed.get(key_of_matter(matter))
        told[matter.pk] = Told(
            matter=matter,
            rule=rule,
            pack=text,
            data_class=obligation_class(text, rule) if text and rule else "K5",
            still=len(one.subjects) if one else None,
            subjects=tuple(one.subjects) if one else (),
            also=_also_asked(text, rule, others) if text and rule else (),
        )
    return told


def _also_asked(pack: Pack, rule: Obligation, others: Mapping[str, Pack]) -> tuple[str, ...]:
    """Return the documents that ask a thing less strictly, each once."""
    documents = [asker.rule.source.document for asker in rules_above(pack, rule, others)]
    return tuple(dict.fromkeys(one for one in documents if one and one != rule.source.document))


def _as_it_was(programme: Programme, obligation: str) -> tuple[Pack | None, Obligation | None]:
    """Return a rule that the present text has no more as the last text that had it, guarded as the school knows it now."""
    pack = last_pack_with(programme, obligation)
    if pack is None:
        return None, None
    return guarded(programme.school, pack), pack.versions(obligation)[-1]


@dataclass(frozen=True)
class Line:
    """A notice on its reader's own page."""

    pk: int
    text: str
    unread: bool
    escalated: bool
    matter: Matter | None
    message: Message
    url: str = ""


def page_lines(viewer: Viewer, messages: Sequence[Message], today: date) -> list[Line]:
    """Say messages to their own reader, in the order given."""
    told = about({m.matter.pk: m.matter for m in messages if m.matter}.values(), today)
    names = bearer_names(viewer, told)
    return [
        Line(
            m.pk,
            _page_words(viewer, m, told.get(m.matter_id) if m.matter_id else None, names, today),
            m.read_at is None,
            m.topic == ESCALATED,
            m.matter,
            m,
            place_of(m),
        )
        for m in messages
    ]


def bearer_names(viewer: Viewer, told: Mapping[int, Told]) -> dict[int, str]:
    """Return who bears each matter, by matter id. A child or parent who owes something themselves is named to those who
    may read the class of its rule, and to nobody else, whoever was told of it."""
    named: dict[int, str] = {}
    others: dict[str, list[Told]] = defaultdict(list)
    for pk, one in told.items():
        if one.matter.bearer.type == "staff":
            named[pk] = one.matter.bearer.name
        else:
            others[one.data_class].append(one)
    for data_class, those in others.items():
        ids = {one.matter.bearer_id for one in those}
        seen = set(visible_subjects(viewer, data_class).filter(pk__in=ids).values_list("pk", flat=True))
        for one in those:
            known = one.matter.bearer_id in seen
            named[one.matter.pk] = one.matter.bearer.name if known else _("一名学生或家长")
    return named


def _page_words(
    viewer: Viewer, message: Message, told: Told | None, names: Mapping[int, str], today: date
) -> str:
    """Say one message on its reader's own page in one sentence."""
    if told is None:
        return _loose_words(message, today)
    if told.matter.closed_at is not None:
        return _closed_words(viewer, message, told, names[told.matter.pk])
    if message.topic == ESCALATED:
        said = _escalated_words(viewer, told, names[told.matter.pk], today)
    else:
        said = _own_words(told, today)
    named = told.also if message.topic != ESCALATED or _title_for(viewer, told) == told.title else ()
    if named:
        said += _("这也是%(documents)s的要求。") % {"documents": "、".join(f"《{one}》" for one in named)}
    return said


def _own_words(told: Told, today: date) -> str:
    """Say to the bearer what is to be done and until when."""
    due = told.matter.due_day
    words = {"title": told.title, "until": until_words(due, today), "count": told.count_words}
    if due < today and told.count_words:
        return _("%(title)s已经过了期限，%(count)s，请尽快补上。") % words
    if due < today:
        return _("%(title)s已经过了期限，请尽快补上。") % words
    if told.count_words:
        return _("%(title)s，%(count)s，请在%(until)s完成。") % words
    return _("%(title)s，请在%(until)s完成。") % words


def _closed_words(viewer: Viewer, message: Message, told: Told, name: str) -> str:
    """Say of something that is over how it ended: nobody is to do it any more."""
    words = {"title": told.title, "how": Matter.Closed(told.matter.closed_as).label, "name": name}
    if message.topic != ESCALATED:
        return _("%(title)s：%(how)s。") % words
    return _("%(name)s负责的“%(title)s”：%(how)s。") % (words | {"title": _title_for(viewer, told)})


def _title_for(viewer: Viewer, told: Told) -> str:
    """The title of a rule whose verdicts the policy shows somebody anything of."""
    seen = sight(viewer, told.pack, told.rule) if told.pack and told.rule else None
    return told.title if seen and not seen.nothing else _("一件事")


def _loose_words(message: Message, today: date) -> str:
    """Say a message that belongs to no matter: by its own words or its topic."""
    if message.topic in topics.SENTENCES:
        return str(topics.SENTENCES[message.topic])
    said = message.data.get("text")
    if said:
        return str(said)
    title = str(message.data.get("title") or _("有一件事"))
    until = until_words(message.due_day, today)
    if message.topic == "overdue":
        return _("%(title)s已经过了期限，请尽快补上。") % {"title": title}
    if until:
        return _("%(title)s，请在%(until)s完成。") % {"title": title, "until": until}
    return _("%(title)s，请留意。") % {"title": title}


def _escalated_words(viewer: Viewer, told: Told, name: str, today: date) -> str:
    """Somebody above is told who has not done what; how much only as far as they may see the rule's figures."""
    due = told.matter.due_day
    seen = sight(viewer, told.pack, told.rule) if told.pack and told.rule else None
    words = {
        "name": name,
        "title": _title_for(viewer, told),
        "count": told.count_words if seen and may_count(seen, told.still) else "",
        "days": (today - due).days,
        "until": until_words(due, today),
    }
    if words["days"] > 0 and words["count"]:
        return _("%(name)s负责的“%(title)s”过期%(days)d天，%(count)s。") % words
    if words["days"] > 0:
        return _("%(name)s负责的“%(title)s”过期%(days)d天，还没有完成。") % words
    if words["count"]:
        return _("%(name)s负责的“%(title)s”应在%(until)s完成，%(count)s。") % words
    return _("%(name)s负责的“%(title)s”应在%(until)s完成，还没有做到。") % words


def may_count(seen, still: int | None) -> bool:
    """Figures of the school show to those who may see them, small ones only to those who may see names."""
    return bool(still) and (seen.whole or (seen.counts and (still or 0) >= SMALLEST_COUNT))


@dataclass(frozen=True)
class Letter:
    subject: str
    body: str


def letter(school_name: str, messages: Sequence[Message], today: date) -> Letter:
    """Write one e-mail with all items: own ones first, then what was escalated, then how many may only be counted."""
    if messages and all(m.topic in topics.URGENT for m in messages):
        return _urgent_letter(school_name, messages[0].topic)
    told = about({m.matter.pk: m.matter for m in messages if m.matter}.values(), today)
    own, above, only_counted = [], [], Counter[date]()
    for matter, escalated in _each_matter_once(messages):
        one = told.get(matter.pk)
        # A child or parent may owe something themselves: their name stays in the house.
        if one is None or not one.plain or (escalated and matter.bearer.type != "staff"):
            only_counted[matter.due_day] += 1
        elif escalated:
            above.append(f"· {matter.bearer.name}：{_out_words(one, today)}")
        else:
            own.append(f"· {_out_words(one, today)}")
    loose = sum(m.matter is None for m in messages)
    n = len(own) + len(above) + sum(only_counted.values()) + loose
    subject = ngettext("提醒：您有%(n)d件事要留意", "提醒：您有%(n)d件事要留意", n) % {"n": n}
    parts = [_("您好，")]
    if own:
        parts.append("\n".join([_("要您做的："), *own]))
    if above:
        parts.append("\n".join([_("请您过问的："), *above]))
    parts += counted_lines(only_counted, today)
    if loose:
        parts.append(
            ngettext("另有%(n)d件事，登录后查看。", "另有%(n)d件事，登录后查看。", loose) % {"n": loose}
        )
    parts.append(_("登录查看：%(link)s") % {"link": link()})
    parts.append(_("%(school)s · 同心。不想收到这样的邮件，可以在“我的提醒”里改。") % {"school": school_name})
    return Letter(subject, "\n\n".join(parts) + "\n")


def _urgent_letter(school_name: str, topic: str) -> Letter:
    """Say in one letter that something cannot wait, and nothing of what it is."""
    parts = [_("您好，"), str(topics.LETTERS[topic]), _("登录查看：%(link)s") % {"link": link()}]
    parts.append(_("%(school)s · 同心") % {"school": school_name})
    return Letter(str(topics.SUBJECTS[topic]), "\n\n".join(parts) + "\n")


def _each_matter_once(messages: Sequence[Message]) -> list[tuple[Matter, bool]]:
    """Return each matter with whether it was escalated to the reader; told twice in one letter helps nobody."""
    seen: dict[int, tuple[Matter, bool]] = {}
    for message in messages:
        if message.matter is not None:
            known = seen.get(message.matter.pk)
            escalated = message.topic == ESCALATED and (known is None or known[1])
            seen[message.matter.pk] = (message.matter, escalated)
    return list(seen.values())


def _out_words(told: Told, today: date) -> str:
    due = told.matter.due_day
    words = {"title": told.title, "count": told.count_words, "day": plain_day(due, today)}
    if due < today:
        return (
            _("%(title)s，%(count)s，%(day)s已到期") % words
            if words["count"]
            else _("%(title)s，%(day)s已到期") % words
        )
    return (
        _("%(title)s，%(count)s，%(day)s到期") % words
        if words["count"]
        else _("%(title)s，%(day)s到期") % words
    )


def counted_lines(by_day: Counter[date], today: date) -> list[str]:
    """您有 2 件事 6月30日到期，登录后查看。"""
    return [
        ngettext(
            "您有%(n)d件事%(day)s到期，登录后查看。", "您有%(n)d件事%(day)s到期，登录后查看。", by_day[day]
        )
        % {"n": by_day[day], "day": plain_day(day, today)}
        for day in sorted(by_day)
    ]


def group_text(school_name: str, messages: Sequence[Message], today: date) -> str:
    """Write a post for a group: which rules, how many people; nobody's name, nothing K3 or higher."""
    matters = {m.matter.pk: m.matter for m in messages if m.matter}
    told = about(matters.values(), today)
    late = sum(m.due_day < today for m in matters.values())
    soon = len(matters) - late
    lines = [
        _("【%(school)s】提醒：%(soon)d件事快到期，%(late)d件已过期。")
        % {"school": school_name, "soon": soon, "late": late}
    ]
    titles: Counter[str] = Counter(told[pk].title for pk in matters if pk in told and told[pk].plain)
    for title, n in titles.most_common(MOST_TITLES):
        lines.append(ngettext("· %(title)s：%(n)d人", "· %(title)s：%(n)d人", n) % {"title": title, "n": n})
    rest = len(matters) - sum(n for _title, n in titles.most_common(MOST_TITLES))
    if rest:
        lines.append(ngettext("另有%(n)d件事请登录查看。", "另有%(n)d件事请登录查看。", rest) % {"n": rest})
    lines.append(_("查看自己的：%(link)s") % {"link": link()})
    return "\n".join(lines)


def place_of(message: Message) -> str:
    """Return the address a message leads to, "" where there is none."""
    name = topics.PLACES.get(message.topic)
    try:
        return reverse(name) if name else ""
    except NoReverseMatch:
        return ""


def link() -> str:
    """Return the address of the notices' page, as people reach this installation."""
    try:
        path = reverse("notices:inbox")
    except NoReverseMatch:
        path = "/"
    return f"{settings.SITE_URL}{path}"

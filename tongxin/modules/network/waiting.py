"""What of the network waits for somebody on their first page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.access.waiting import Waiting
from tongxin.kernel.base.models import School
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.ui import formats

from . import assigned, families, harm, moods, posts, talks

FRIDAY = timedelta(days=4)


def waiting(viewer: Viewer) -> list[Waiting]:
    """Return the lines of the network for a viewer."""
    if viewer.school is None or viewer.person is None or viewer.school.kind != School.Kind.SCHOOL:
        return []
    made: list[Waiting] = []
    if viewer.may("talk"):
        made += _talk(viewer)
    if viewer.may("mood"):
        made += _mood(viewer)
    if viewer.may("family_word"):
        made += _family(viewer)
    if viewer.may("answer"):
        made += _answers(viewer)
    if viewer.may("concern"):
        made += _staff(viewer)
    if viewer.roles & {"staff", "student"}:
        made += _tasks(viewer)
    return made


def _talk(viewer: Viewer) -> Iterator[Waiting]:
    url = reverse("network:talk")
    facts = []
    for talk, answer in talks.mine_unopened(viewer):
        if answer is None:
            facts.append(_("已经告诉老师，等老师说时间") if not talk.soon else _("已经告诉老师，马上有人来"))
        else:
            at = formats.when_words(answer.at, timezone.now())
            facts.append(_("%(who)s约你%(at)s见") % {"who": answer.by.name, "at": at})
    yield Waiting(
        _("我想找人聊聊"), url, _("找人聊聊") if not facts else _("看一看"), tuple(facts[:2]), quiet=True
    )


def _mood(viewer: Viewer) -> Iterator[Waiting]:
    room = posts.supported_room(viewer)
    if room is None:
        return
    friday = moods.week_of(viewer.day) + FRIDAY
    in_term = viewer.school is not None and school_calendar(viewer.school).term_of(friday) is not None
    done = moods.mine_this_week(viewer, room) is not None
    if in_term and not done:
        yield Waiting(_("这周班里怎么样"), reverse("network:mood"), _("去填"), (_("点两下，不到一分钟"),))
    yield Waiting(_("我担心一个同学"), reverse("network:mood_worry"), _("告诉老师"), quiet=True)


def _family(viewer: Viewer) -> Iterator[Waiting]:
    children = list(families.own_children(viewer))
    if not children:
        return
    news = [line for line in families.own_lines(viewer) if line.waiting]
    for line in news[:3]:
        url = reverse("network:own_thread", args=[line.thread.student.public_id, line.thread.to])
        who = families.To(line.thread.to).label
        title = _("%(who)s回复了您（%(child)s）") % {"who": who, "child": line.thread.student.name}
        yield Waiting(title, url, _("看回复"), quiet=True)
    yield Waiting(
        _("和老师说说孩子近来的情况"),
        reverse("network:family"),
        _("打开"),
        (_("也可以说您很担心孩子"),),
        quiet=True,
    )


def _answers(viewer: Viewer) -> Iterator[Waiting]:
    if posts.COUNSELLOR in viewer.roles:
        n = talks.unanswered(viewer.school_id or 0).count()
        if n:
            left = ngettext("%(n)d名学生想聊聊，等您说时间", "%(n)d名学生想聊聊，等您说时间", n) % {"n": n}
            yield Waiting(_("想聊聊的学生"), reverse("network:talks"), _("去答复"), (left,))
    n = sum(line.waiting for line in families.lines(viewer))
    if n:
        left = ngettext("%(n)d位家长等您回复", "%(n)d位家长等您回复", n) % {"n": n}
        yield Waiting(_("家长的留言"), reverse("network:families"), _("去回复"), (left,))


def _tasks(viewer: Viewer) -> Iterator[Waiting]:
    for task in assigned.open_of(viewer)[:5]:
        due = formats.until_words(task.due, viewer.day)
        late = task.due < viewer.day
        fact = _("应在%(day)s前回复") % {"day": formats.plain_day(task.due, viewer.day)} if late else due
        yield Waiting(task.title, reverse("network:task", args=[task.public_id]), _("去做"), (fact,))


def _staff(viewer: Viewer) -> Iterator[Waiting]:
    yield Waiting(_("担心一名学生，或发生了什么事"), reverse("network:concern"), _("报告"), quiet=True)
    now = timezone.now()
    for report in harm.readable(viewer).filter(filed_at__gt=now - timedelta(days=3))[:3]:
        lacking = harm.missing(report)
        if lacking:
            told = "、".join(str(harm.Authority(one).label) for one in lacking)
            yield Waiting(
                str(report.get_matter_display()), reverse("network:harm_report", args=[report.public_id]), _("打开"),
                (_("还没有报告：%(to)s") % {"to": told},),
            )  # fmt: skip

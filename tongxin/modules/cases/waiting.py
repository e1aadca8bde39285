"""What waits for somebody on their first page: tasks without their reason, cases that are late, handovers, second looks."""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.access.waiting import Waiting
from tongxin.kernel.signals.models import Call
from tongxin.ui.formats import until_words

from .casework import bearing, handing, ranks, signals
from .models import Case


def waiting(viewer: Viewer) -> list[Waiting]:
    """Return the lines of the room; none names a child, for a first page is looked at over shoulders."""
    if viewer.person_id is None or viewer.school_id is None:
        return []
    lines = _tasks(viewer) if viewer.may("case_tasks") else []
    return lines + (_cases(viewer) if viewer.may("cases") else [])


def _tasks(viewer: Viewer) -> list[Waiting]:
    days = list(bearing.mine(viewer).values_list("until", flat=True))
    if not days:
        return []
    title = ngettext("有%(n)d件事请您为学生做", "有%(n)d件事请您为学生做", len(days)) % {"n": len(days)}
    facts = [_("最早的一件%(until)s") % {"until": until_words(days[0], viewer.day)}]
    late = sum(day < viewer.day for day in days)
    if late:
        facts.append(ngettext("%(n)d件过了日期", "%(n)d件过了日期", late) % {"n": late})
    return [Waiting(title, reverse("cases:tasks"), _("看看"), tuple(facts))]


def _cases(viewer: Viewer) -> list[Waiting]:
    now, lines = timezone.now(), []
    own = Case.objects.filter(school_id=viewer.school_id, owner_id=viewer.person_id).exclude(
        phase=Case.Phase.CLOSED
    )
    late = own.filter(Q(due_at__lt=now) | Q(follow_due__lt=now)).count()
    if late:
        title = ngettext("您负责的%(n)d份个案过了期限", "您负责的%(n)d份个案过了期限", late) % {"n": late}
        lines.append(Waiting(title, reverse("cases:mine") + "?show=late", _("看看")))
    old = ranks.to_say_again(own, now)
    if old:
        title = ngettext("您负责的%(n)d份个案要重新定级", "您负责的%(n)d份个案要重新定级", old) % {"n": old}
        lines.append(Waiting(title, reverse("cases:mine") + "?show=renew", _("看看")))
    mine = Call.objects.filter(person_id=viewer.person_id, answer=Call.Answer.TAKEN)
    owed = signals.waiting(viewer.school_id or 0).filter(pk__in=mine.values("signal"))
    children = owed.order_by().values("student").distinct().count()
    if children:
        title = ngettext(
            "您看过的%(n)d名学生还没有写下结果", "您看过的%(n)d名学生还没有写下结果", children
        ) % {"n": children}
        lines.append(Waiting(title, reverse("cases:taken"), _("写下")))
    second = Case.objects.filter(school_id=viewer.school_id, phase=Case.Phase.CLOSING).exclude(
        proposed_by_id=viewer.person_id
    )
    closing = second.count()
    if closing:
        title = ngettext("%(n)d份个案等第二个人同意结案", "%(n)d份个案等第二个人同意结案", closing) % {
            "n": closing
        }
        lines.append(Waiting(title, reverse("cases:mine") + "?show=closing", _("看看")))
    handed = handing.open_ones(viewer.school_id or 0)
    to_me = handed.filter(to_person_id=viewer.person_id).count()
    if to_me:
        title = ngettext("有%(n)d份个案请您接手", "有%(n)d份个案请您接手", to_me) % {"n": to_me}
        lines.append(Waiting(title, reverse("cases:handovers"), _("看看")))
    nobody = handed.filter(to_person=None).count() if viewer.may("case_lead") else 0
    if nobody:
        title = ngettext("%(n)d份个案没有人负责", "%(n)d份个案没有人负责", nobody) % {"n": nobody}
        lines.append(Waiting(title, reverse("cases:handovers"), _("安排")))
    return lines

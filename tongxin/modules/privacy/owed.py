"""What of this room waits for somebody on their first page."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.kernel.access import openings
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.access.waiting import Waiting

from .models import Assessment, RightsRequest, Sharing


def waiting(viewer: Viewer) -> list[Waiting]:
    """Return grants to decide, break-glass to review (also overdue ones of others), requests to answer."""
    if viewer.school_id is None:
        return []
    found = []
    if viewer.may("grants_decide"):
        asked = openings.to_decide(viewer).count()
        if asked:
            title = ngettext("%(n)d份查看申请等批准", "%(n)d份查看申请等批准", asked) % {"n": asked}
            found.append(Waiting(title, reverse("privacy:openings"), _("去处理")))
    if viewer.may("grants_decide") or viewer.may("grants_watch"):
        found += _reviews(viewer)
    if viewer.may("rights"):
        due = list(
            RightsRequest.objects.filter(school_id=viewer.school_id, state=RightsRequest.State.OPEN)
            .order_by("due_on").values_list("due_on", flat=True)
        )  # fmt: skip
        if due:
            title = ngettext("%(n)d份个人信息请求待答复", "%(n)d份个人信息请求待答复", len(due)) % {
                "n": len(due)
            }
            first = _("最早的要在%(day)s前答复") % {"day": due[0].isoformat()}
            found.append(Waiting(title, reverse("privacy:requests"), _("去答复"), (first,)))
    return found + (_registers(viewer) if viewer.may("rights_decide") else [])


def _registers(viewer: Viewer) -> list[Waiting]:
    again = Assessment.objects.filter(school_id=viewer.school_id, next_on__lte=viewer.day).count()
    away = Sharing.objects.filter(
        school_id=viewer.school_id, ended_on=None, until_on__lt=viewer.day
    ).count()  # fmt: skip
    found = []
    if again:
        title = ngettext("%(n)d项影响评估该重新做了", "%(n)d项影响评估该重新做了", again) % {"n": again}
        found.append(Waiting(title, reverse("privacy:assessments"), _("去看")))
    if away:
        title = ngettext(
            "%(n)d次对外提供过了约定的日期", "%(n)d次对外提供过了约定的日期", away
        ) % {"n": away}  # fmt: skip
        found.append(Waiting(title, reverse("privacy:sharings"), _("去核对")))
    return found


def _reviews(viewer: Viewer) -> list[Waiting]:
    owed = list(openings.to_review(viewer).order_by("review_due").values_list("review_due", flat=True))
    if not owed:
        return []
    now = timezone.now()
    late = sum(due is not None and due < now for due in owed)
    title = ngettext("%(n)d次紧急打开要复核", "%(n)d次紧急打开要复核", len(owed)) % {"n": len(owed)}
    facts = [_("最晚%(when)s") % {"when": f"{timezone.localtime(owed[0]):%m-%d %H:%M}"}]
    if late:
        facts = [ngettext("%(n)d次已经过了期限", "%(n)d次已经过了期限", late) % {"n": late}]
    return [Waiting(title, reverse("privacy:openings"), _("去看"), tuple(facts))]

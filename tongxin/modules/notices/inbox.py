"""Everything I was told: unread first, each put away with 知道了."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from tongxin.exchange.notices import wording
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.obligations import outbox, services
from tongxin.kernel.obligations.models import Message
from tongxin.ui import keyset
from tongxin.ui.toasts import notify

SIZE = 20


@allow("todo")
@require_safe
def inbox(request: Request) -> HttpResponse:
    viewer = request.viewer
    everything = request.GET.get("all") == "1"
    unread = outbox.inbox(viewer)
    rows = outbox.all_of(viewer) if everything else unread
    page = keyset.page(rows, ("pk",), ("-pk",), request.GET, SIZE)
    found = Message.objects.select_related("matter", "matter__bearer").in_bulk([pk for (pk,) in page.rows])
    lines = wording.page_lines(viewer, [found[pk] for (pk,) in page.rows], viewer.day)
    address = reverse("notices:inbox")
    waiting = unread.count()
    return render(
        request,
        "notices/inbox.html",
        {
            "lines": lines,
            "waiting": waiting,
            "title": ngettext("%(n)d条提醒没有看", "%(n)d条提醒没有看", waiting) % {"n": waiting}
            if waiting
            else _("提醒都看过了"),
            "tabs": [
                {"label": _("没看的"), "url": address, "current": not everything, "count": waiting},
                {"label": _("全部"), "url": f"{address}?all=1", "current": everything},
            ],
            "everything": everything,
            "next_url": _beside(request, "after", page.next_cursor),
            "previous_url": _beside(request, "before", page.previous_cursor),
        },
    )


def _beside(request: Request, name: str, cursor: str) -> str:
    if not cursor:
        return ""
    kept = request.GET.copy()
    for old in ("after", "before"):
        kept.pop(old, None)
    kept[name] = cursor
    return f"?{kept.urlencode()}"


@allow("todo")
@require_POST
def read(request: Request, pk: int) -> HttpResponse:
    """Put one notice away; only one's own can be. What was escalated is thereby known: it goes no further up."""
    message = get_object_or_404(
        Message.objects.select_related("matter"),
        pk=pk,
        recipient_id=request.viewer.person_id,
        school=request.viewer.school,
    )
    services.put_away(message, by=request.viewer)
    return redirect("desk:home" if request.POST.get("back") == "home" else "notices:inbox")


@allow("todo")
@require_POST
def read_all(request: Request) -> HttpResponse:
    """Put away all that was only to remind me; what was escalated wants a look at each."""
    count = outbox.put_away(outbox.inbox(request.viewer).exclude(topic="escalated"))
    if outbox.inbox(request.viewer).exists():
        notify(request, _("自己的提醒都收起来了；要您过问的请一条一条看。"))
    elif count:
        notify(request, _("都收起来了。"))
    return redirect("notices:inbox")

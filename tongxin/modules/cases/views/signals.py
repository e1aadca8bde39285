"""The queue of children somebody has to look in on: urgent first, who was called, 我来处理, 转给下一位."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.kernel.access.doors import allow, school_of, step_up
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.signals import services as signals
from tongxin.kernel.signals.models import Call, Signal
from tongxin.ui import keyset
from tongxin.ui.toasts import notify

from .. import capacity, queue
from . import place

SIZE = 30
AT_FIRST = 10  # of those who can wait a day; whoever is urgent is always listed


def _reader(request: Request) -> Viewer:
    """Return the viewer if the queue is there for them."""
    viewer = request.viewer
    school_of(viewer)
    if not place.sees_signals(viewer):
        raise Http404
    return viewer


def _with_rooms(viewer: Viewer, children: list[queue.Child]) -> list[queue.Child]:
    rooms = place.rooms_of([child.student.pk for child in children], viewer)
    for child in children:
        child.room = rooms.get(child.student.pk, "")
    return children


@transaction.atomic
def _note_seen(viewer: Viewer, page: str, students: list[int]) -> None:
    """Put on record who saw which children's names here: that somebody waits is something about them."""
    if students:
        audit.write(viewer, "signal.queue_seen", school_id=viewer.school_id, page=page, subjects=students)


def _signal(viewer: Viewer, public_id: str) -> Signal:
    rows = queue.reachable(viewer).defer("what").select_related("student")
    return get_object_or_404(rows, public_id=public_id)


@allow("screening", "screening_progress", "screening_figures", "signals", "signal_chain")
@require_safe
def home(request: Request) -> HttpResponse:
    """Open the first page of the area that is there for this viewer."""
    school_of(request.viewer)
    there = place.tabs(request.viewer, "home")
    if not there:
        raise Http404
    return redirect(there[0]["url"])


@allow("signals", "screening")
@never_cache
@require_safe
def waiting(request: Request) -> HttpResponse:
    """Who waits for somebody. Asked again by the page itself every half minute."""
    viewer = _reader(request)
    children = _with_rooms(viewer, queue.waiting(viewer))
    urgent = sum(child.urgent for child in children)
    everybody = bool(request.GET.get("all"))
    shown = children if everybody else children[: urgent + AT_FIRST]
    context = {
        "tabs": place.tabs(viewer, "signals"),
        "children": shown,
        "waiting": len(children),
        "hidden": len(children) - len(shown),
        "again": f"{reverse('cases:signals')}{'?all=1' if everybody else ''}",
        "elsewhere": queue.others_waiting(viewer),
        "may_open": viewer.may("screening"),
    }
    if request.htmx:
        return render(request, "cases/_queue.html", context)
    _note_seen(viewer, "waiting", [child.student.pk for child in shown])
    return render(request, "cases/signals.html", context)


@allow("screening")
@step_up
@never_cache
@require_safe
def in_order(request: Request) -> HttpResponse:
    """The same with what each is about, the gravest first, and as many as the counsellors' hours allow this week."""
    viewer = _reader(request)
    children = queue.open_reasons(viewer, _with_rooms(viewer, queue.waiting(viewer)))
    urgent = sum(child.urgent for child in children)
    outlook = capacity.outlook(school_of(viewer), len(children), urgent, viewer.day)
    everybody = bool(request.GET.get("all")) or not outlook.minutes
    shown = children if everybody else children[: outlook.this_week]
    context = {
        "children": shown,
        "outlook": outlook,
        "later": len(children) - outlook.this_week,
        "hidden": len(children) - len(shown),
        "all": everybody and outlook.this_week < len(children),
        "may_set": viewer.may("signal_chain"),
        "may_open": False,
    }
    return render(request, "cases/signals_in_order.html", context)


@allow("screening")
@never_cache
@require_safe
def one(request: Request, public_id: str) -> HttpResponse:
    """What the open signals of one child are about; one of another school is not there, second factor or not."""
    return _opened(request, _signal(_reader(request), public_id))


@step_up
def _opened(request: Request, signal: Signal) -> HttpResponse:
    viewer = request.viewer
    children = _with_rooms(viewer, queue.waiting(viewer, signal.student))
    if not children:
        notify(request, _("这名学生已经有人在处理。"))
        return redirect("cases:signals_done")
    (child,) = queue.open_reasons(viewer, children)
    context = {"child": child, "child_url": reverse("screening:child", args=[child.student.public_id])}
    return render(request, "cases/signal.html", context)


@allow("signals", "screening")
@require_POST
def take(request: Request, public_id: str) -> HttpResponse:
    """我来处理: all that waits about this child."""
    viewer = _reader(request)
    signal = _signal(viewer, public_id)
    rows = [one for child in queue.waiting(viewer, signal.student) for one in child.signals]
    try:
        for row in rows or [signal]:
            signals.take(row, viewer)
    except signals.Refused as refused:
        notify(request, str(refused))
        return redirect("cases:signals")
    notify(request, _("您接手了%(name)s，不再通知别人。请现在当面看看。") % {"name": signal.student.name})
    return redirect("cases:signals_done")


@allow("signals", "screening")
@require_POST
def pass_on(request: Request, public_id: str) -> HttpResponse:
    """转给下一位: all about this child that waits for me."""
    viewer = _reader(request)
    signal = _signal(viewer, public_id)
    calls = Call.objects.filter(
        person_id=viewer.person_id, signal__student=signal.student,
        answer__in=[Call.Answer.WAITING, Call.Answer.LATE],
    )  # fmt: skip
    rows = signals.open_signals(viewer.school_id or 0).filter(pk__in=calls.values("signal"))
    try:
        for row in list(rows.defer("what")) or [signal]:
            signals.pass_on(row, viewer)
    except signals.Refused as refused:
        notify(request, str(refused))
    else:
        notify(request, _("已经转给下一位，马上通知。"))
    return redirect("cases:signals")


@allow("signals", "screening")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def done(request: Request) -> HttpResponse:
    """Who was taken on, by whom and when; a posted `q` searches names (names do not travel in addresses)."""
    viewer = _reader(request)
    taken = Call.objects.filter(
        school_id=viewer.school_id, answer=Call.Answer.TAKEN, signal__in=queue.reachable(viewer).values("pk")
    )
    q = request.POST.get("q", "").strip()[:40] if request.method == "POST" else ""
    fields = (
        "pk", "signal__student", "signal__student__name", "signal__raised_at", "signal__urgent", "person__name",
        "answered_at",
    )  # fmt: skip
    if q:
        found = taken.filter(
            Q(signal__student__name__contains=q)
            | Q(signal__student__pinyin__startswith=q.lower())
            | Q(signal__student__initials__startswith=q.lower())
        )
        page = keyset.Page(list(found.order_by("-pk").values_list(*fields)[:SIZE]))
    else:
        page = keyset.page(taken, fields, ("-pk",), request.GET, SIZE)
    rooms = place.rooms_of({row[1] for row in page.rows}, viewer)
    _note_seen(viewer, "done", sorted({row[1] for row in page.rows}))
    rows = [
        {"name": name, "room": rooms.get(student, ""), "raised_at": raised, "urgent": urgent, "by": by,
         "at": at, "minutes": max(int((at - raised).total_seconds() // 60), 0)}
        for _pk, student, name, raised, urgent, by, at in page.rows
    ]  # fmt: skip
    context = {
        "tabs": place.tabs(viewer, "signals"),
        "rows": rows,
        "q": q,
        "next_url": f"?after={page.next_cursor}" if page.next_cursor else "",
        "previous_url": f"?before={page.previous_cursor}" if page.previous_cursor else "",
    }
    return render(request, "cases/signals_done.html", context)

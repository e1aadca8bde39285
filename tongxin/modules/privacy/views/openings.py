"""Grants and break-glass: ask, decide, review, and read what is open – one child, some classes, for a time."""

from __future__ import annotations

from django import forms
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.kernel.access import holdings, openings, policy, terms
from tongxin.kernel.access.doors import allow, step_up
from tongxin.kernel.access.models import Opening
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Subject
from tongxin.ui import tables
from tongxin.ui.toasts import notify

CLASS_WORDS = {
    "K3": gettext_lazy("家庭情况、家访和帮扶记录"),
    "K4a": gettext_lazy("测评的作答"),
    "K4b": gettext_lazy("测评的得分"),
    "K4c": gettext_lazy("请人看看的提示和关注等级"),
    "K4d": gettext_lazy("心理辅导记录"),
    "K4e": gettext_lazy("危机方案和任务"),
    "K5": gettext_lazy("特别敏感的内容"),
}
MOST = 20
SHOWN = 100


class Line:
    """An opening as a list shows it: whoever only watches over them learns neither the child nor the reason."""

    def __init__(self, opening: Opening, viewer: Viewer):
        self.opening = opening
        self.knows = viewer.may("grants_decide") or opening.account_id == viewer.account_id
        self.name = opening.student.name if self.knows else _("一名学生")
        self.classes = [CLASS_WORDS.get(name, name) for name in opening.classes]
        now = timezone.now()
        self.ran_out = bool(opening.state == Opening.State.OPEN and opening.until and opening.until <= now)
        self.is_open = opening.state == Opening.State.OPEN and not self.ran_out
        self.owes_review = opening.kind == policy.BREAK_GLASS and opening.reviewed_at is None
        self.late = bool(self.owes_review and opening.review_due and opening.review_due < now)

    @property
    def state_words(self) -> str:
        return _("到期结束了") if self.ran_out else str(self.opening.get_state_display())


@allow("grants", "grants_decide", "grants_watch")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: Request) -> HttpResponse:
    """What waits for me, what I asked for, what is open in the school. A posted `q` finds the child to ask about."""
    viewer = request.viewer
    rows = openings.visible(viewer).select_related("student", "person")
    waiting = set(openings.to_decide(viewer).values_list("pk", flat=True))
    review = set(openings.to_review(viewer).values_list("pk", flat=True))
    lines = [Line(row, viewer) for row in rows.order_by("-asked_at", "-pk")[:SHOWN]]
    older = rows.filter(pk__in=waiting | review).exclude(pk__in=[line.opening.pk for line in lines])
    lines += [Line(row, viewer) for row in older]
    q = request.POST.get("q", "").strip()[:40] if request.method == "POST" else ""
    context = {
        "decide": [line for line in lines if line.opening.pk in waiting],
        "review": [line for line in lines if line.opening.pk in review],
        "own": [line for line in lines if line.opening.account_id == viewer.account_id],
        "others": [
            line for line in lines
            if line.opening.account_id != viewer.account_id and line.opening.pk not in waiting | review
        ],
        "may_ask": viewer.may("grants"), "q": q,
        "found": [one for one in _found(viewer, q) if openings.askable(viewer, one)] if q else [],
    }  # fmt: skip
    return render(request, "privacy/openings.html", context)


def _found(viewer: Viewer, q: str) -> list[Subject]:
    if not viewer.may("grants"):
        return []
    students = visible_subjects(viewer, "K2").filter(type="student")
    rows = students.filter(name__icontains=q) | students.filter(pinyin__startswith=q.lower())
    return list((rows | students.filter(initials__startswith=q.lower())).order_by("pinyin", "pk")[:MOST])


class AskForm(forms.Form):
    classes = forms.MultipleChoiceField(label=gettext_lazy("要看什么"), widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(
        label=gettext_lazy("为什么要看"), max_length=600, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("出了什么事、看了要做什么。批准的人和复核的人会读到；加密保存。"),
    )  # fmt: skip
    hours = forms.IntegerField(label=gettext_lazy("要看多久（小时）"), min_value=1)

    def __init__(self, *args, may: dict[str, str], kind: str, most: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["classes"].choices = [  # type: ignore[attr-defined]
            (name, CLASS_WORDS.get(name, name))
            for name, how in may.items()
            if how == kind or kind == policy.GRANT
        ]
        self.fields["hours"].max_value = most  # type: ignore[attr-defined]
        self.fields["hours"].initial = min(most, 24 if kind == policy.BREAK_GLASS else 72)
        self.fields["hours"].help_text = _("最多%(n)d小时，到时自己关上。") % {"n": most}


@allow("grants")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: Request, public_id: str) -> HttpResponse:
    """Ask about one child: by grant, or by break-glass where the table has it."""
    viewer = request.viewer
    student = get_object_or_404(visible_subjects(viewer, "K2"), type="student", public_id=public_id)
    may = openings.askable(viewer, student)
    if not may:
        raise Http404
    urgent = policy.BREAK_GLASS in may.values()
    # Where nothing can be asked for by a grant, the page is about break-glass alone.
    only = urgent and policy.GRANT not in may.values()
    kind = policy.BREAK_GLASS if only or (urgent and "urgent" in request.GET) else policy.GRANT
    form = AskForm(request.POST or None, may=may, kind=kind, most=openings.most_hours(viewer, kind))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            made = openings.ask(
                viewer, student, data["classes"], data["reason"], hours=data["hours"], kind=kind
            )
        except openings.Refused as refused:
            form.add_error(None, str(refused))
        else:
            said = (
                _("已经打开，这一次要由别人复核。")
                if kind == policy.BREAK_GLASS
                else _("已经提交，等另一个人批准。")
            )
            notify(request, said)
            return redirect("privacy:opening", made.public_id)
    context = {"form": form, "student": student, "kind": kind, "urgent": urgent, "only": only,
               "glass": policy.BREAK_GLASS, "days": terms.limit(viewer.school_id, "review_days")}  # fmt: skip
    return render(request, "privacy/ask.html", context, status=422 if form.errors else 200)


def _opening(viewer: Viewer, public_id: str) -> Opening:
    rows = openings.visible(viewer).select_related("student", "person", "decided_by", "reviewed_by")
    return get_object_or_404(rows, public_id=public_id)


@allow("grants", "grants_decide", "grants_watch")
@never_cache
@require_safe
def opening(request: Request, public_id: str) -> HttpResponse:
    """One opening: what for, until when, what was decided and found; and what can be done about it now."""
    viewer = request.viewer
    row = _opening(viewer, public_id)
    line = Line(row, viewer)
    mine = row.account_id == viewer.account_id
    context = {
        "line": line, "mine": mine,
        "reason": row.reason if line.knows else "", "decision": row.decision if line.knows else "",
        "review": row.review if line.knows else "",
        "may_decide": row.state == Opening.State.WAITING and viewer.may("grants_decide") and not mine,
        "may_review": line.owes_review and viewer.may("grants_decide") and not mine,
        "may_end": line.is_open or (mine and row.state == Opening.State.WAITING),
        "may_read": mine and line.is_open,
    }  # fmt: skip
    return render(request, "privacy/opening.html", context)


@allow("grants", "grants_decide", "grants_watch")
@require_POST
def act(request: Request, public_id: str) -> HttpResponse:
    """Approve, refuse, review or end; the form's button says which."""
    viewer, do, words = request.viewer, request.POST.get("do", ""), request.POST.get("words", "")[:600]
    row = _opening(viewer, public_id)
    try:
        if do in ("approve", "refuse"):
            openings.decide(viewer, row, approve=do == "approve", words=words)
            notify(request, _("已批准，到期自己关上。") if do == "approve" else _("已回复不批准。"))
        elif do in ("proper", "improper"):
            openings.review(viewer, row, proper=do == "proper", words=words)
            notify(request, _("复核意见已记下。"))
        elif do == "end":
            openings.end(viewer, row)
            notify(request, _("已经结束，不能再看。"))
        else:
            raise Http404
    except openings.Refused as refused:
        notify(request, str(refused))
    return redirect("privacy:opening", public_id)


@allow("grants")
@never_cache
@require_safe
def read(request: Request, public_id: str) -> HttpResponse:
    """What an opening opens: the sections of every room that holds something of these classes about the child."""
    viewer = request.viewer
    row = get_object_or_404(
        Opening.objects.filter(openings.open_at(timezone.now()), account_id=viewer.account_id).select_related("student"),
        public_id=public_id, school_id=viewer.school_id,
    )  # fmt: skip
    allowed = [name for name in row.classes if name in openings.askable(viewer, row.student)]
    if not allowed:
        raise Http404
    return _read(request, row, allowed)


@step_up
def _read(request: Request, row: Opening, allowed: list[str]) -> HttpResponse:
    viewer = request.viewer
    reader = holdings.Reader(viewer, "granted")
    with transaction.atomic():
        words = {"purpose": "granted", "openings": [row.pk], "classes": allowed}
        audit.write_each(
            viewer, "access.granted_read", [("subject", str(row.student_id), words)], school_id=row.school_id
        )
        sections = [
            section
            for one in holdings.of_type("student", allowed)
            for section in one.tell(reader, row.student)
        ]
    context = {"opening": row, "sections": [(section, _table(section)) for section in sections]}
    return render(request, "privacy/read.html", context)


def _table(section: holdings.Section) -> tables.Table:
    columns = [tables.Column(f"c{place}", title) for place, title in enumerate(section.columns)]
    return tables.Table(columns, section.rows, caption=section.title, choose_columns=False)

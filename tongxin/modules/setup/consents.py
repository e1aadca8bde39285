"""Consents on paper: how far each class is, one class as a list, and the explanation that is handed out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, School, Subject
from tongxin.kernel.consent import services
from tongxin.kernel.consent.models import Consent, ConsentText, Purpose
from tongxin.kernel.consent.queries import current_text, may_process_each
from tongxin.kernel.consent.rules import Answer
from tongxin.ui.toasts import notify

WHY = {
    "given": gettext_lazy("同意"),
    "refused": gettext_lazy("不同意"),
    "withdrawn": gettext_lazy("已撤回"),
    "no_answer": gettext_lazy("没有回答"),
    "outdated": gettext_lazy("说明改过，要重新问"),
    "own_needed": gettext_lazy("满十四岁，要本人同意"),
    "no_text": gettext_lazy("没有公布说明"),
    "not_here": gettext_lazy("不在校"),
}
OUTLINE = gettext_lazy(
    "一、为什么：\n二、收集什么：\n三、谁能看：\n四、存多久：\n五、不同意不影响孩子上学、评优和其他任何活动。\n六、随时可以撤回，找班主任或心理教师。\n"
)


class TextForm(forms.Form):
    body = forms.CharField(
        label=gettext_lazy("说明"),
        max_length=8000,
        help_text=gettext_lazy(
            "家长读到的就是这些话。写清收集什么、用来做什么、谁能看、存多久、不同意会怎样、怎样撤回。"
        ),
        widget=forms.Textarea(attrs={"rows": 14}),
    )
    renews = forms.BooleanField(
        label=gettext_lazy("内容有变化，请所有人重新回答"),
        required=False,
        help_text=gettext_lazy("只改错字不用勾选，已经同意的仍然算数。"),
    )


class SignedForm(forms.Form):
    signed_on = forms.DateField(
        label=gettext_lazy("家长签字的日期"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


@dataclass
class Row:
    """One child of a class list: what holds now, who may sign, and what was chosen in the form."""

    student: Subject
    answer: Answer
    signers: list[Subject]
    what: str = ""
    who: str = ""
    error: str = ""

    @property
    def why(self) -> str:
        return str(WHY[self.answer.why])


def _school(viewer: Viewer) -> School:
    """Return the school of somebody who passed a door with a verb, which nobody has without a school."""
    assert viewer.school is not None
    return viewer.school


def _purpose(purpose: str) -> Purpose:
    return Purpose(purpose)


def _homerooms(viewer: Viewer) -> QuerySet[Subject]:
    """Return the classes whose children's register this viewer reads, that are there now."""
    reach = viewer.reach("K2")
    rooms = visible_subjects(viewer).filter(
        type="homeroom", present_from__lte=viewer.day, present_to__gte=viewer.day
    )
    return (rooms if reach.school else rooms.filter(pk__in=reach.homerooms)).order_by("pinyin", "id")


def _members(viewer: Viewer, rooms: list[int]) -> dict[int, list[int]]:
    links = Link.objects.filter(
        kind="enrolled_in", b_id__in=rooms, superseded_at=FOREVER,
        valid_from__lte=viewer.day, valid_to__gte=viewer.day,
    )  # fmt: skip
    found: dict[int, list[int]] = {room: [] for room in rooms}
    for student, room in links.values_list("a_id", "b_id"):
        found[room].append(student)
    return found


@allow("consent")
@require_safe
def overview(request: Request, purpose: str = Purpose.SCREENING) -> HttpResponse:
    """Each class with how many said yes, no, nothing – for one purpose."""
    viewer = request.viewer
    rooms = list(_homerooms(viewer))
    members = _members(viewer, [room.pk for room in rooms])
    students = visible_subjects(viewer, "K2").filter(pk__in={pk for of in members.values() for pk in of})
    answers = may_process_each(_school(viewer).pk, students, purpose)
    rows = []
    for room in rooms:
        counts = Counter(_column(answers[pk]) for pk in members[room.pk] if pk in answers)
        rows.append({"room": room, "yes": counts["yes"], "no": counts["no"], "open": counts["open"]})
    context = {
        "purposes": Purpose.choices,
        "purpose": _purpose(purpose),
        "rows": rows,
        "text": current_text(_school(viewer), purpose),
        "may_write_text": viewer.may("consent_text"),
    }
    return render(request, "setup/consents.html", context)


def _column(answer: Answer) -> str:
    return "yes" if answer else "no" if answer.why in ("refused", "withdrawn") else "open"


@allow("consent")
@require_http_methods(["GET", "HEAD", "POST"])
def of_class(request: Request, purpose: str, public_id: str) -> HttpResponse:
    """One class as a list: what holds for each child, and the slips that came back."""
    viewer = request.viewer
    room = get_object_or_404(_homerooms(viewer), public_id=public_id)
    rows = _rows(viewer, room, purpose)
    form = SignedForm(request.POST or None, initial={"signed_on": viewer.day})
    error = ""
    if request.method == "POST" and form.is_valid():
        said = _chosen(request, rows)
        if not said:
            error = _("还没有选任何一位。交回了回执的，在姓名后面选“同意”或“不同意”。")
        elif not any(row.error for row in rows):
            error = _record(viewer, purpose, rows, said, form.cleaned_data["signed_on"])
            if not error:
                notify(request, _("记下了%(n)d份回执。") % {"n": len(said)})
                return redirect("setup:consents_of", purpose, public_id)
        else:
            error = _("有的还没有选签字的人，请补上。一份也还没有保存。")
    context = {
        "room": room,
        "purpose": _purpose(purpose),
        "text": current_text(_school(viewer), purpose),
        "rows": rows,
        "form": form,
        "error": error,
    }
    return render(request, "setup/consents_of.html", context)


def _record(viewer: Viewer, purpose: str, rows: list[Row], said: list, signed_on: date) -> str:
    """Record the slips; return why not, put beside the row it was about."""
    try:
        services.record_papers(_school(viewer), purpose, said, signed_on=signed_on, by=viewer.account)
    except services.Refused as refused:
        for row in rows:
            if refused.student is not None and row.student.pk == refused.student.pk:
                row.error = str(refused)
        return str(refused)
    return ""


def _rows(viewer: Viewer, room: Subject, purpose: str) -> list[Row]:
    members = _members(viewer, [room.pk])[room.pk]
    students = list(visible_subjects(viewer, "K2").filter(pk__in=members).order_by("pinyin", "id"))
    answers = may_process_each(_school(viewer).pk, students, purpose)
    guardians: dict[int, list[Subject]] = {}
    links = Link.objects.filter(
        kind="guardian_of", b__in=students, superseded_at=FOREVER,
        valid_from__lte=viewer.day, valid_to__gte=viewer.day,
    )  # fmt: skip
    for link in links.select_related("a").order_by("a__pinyin", "a_id"):
        guardians.setdefault(link.b_id, []).append(link.a)
    return [Row(each, answers[each.pk], [*guardians.get(each.pk, ()), each]) for each in students]


def _chosen(request: Request, rows: list[Row]) -> list[services.Said]:
    """Return the slips of the form; each row keeps what was chosen, for when it has to be shown again."""
    said = []
    for row in rows:
        row.what = request.POST.get(f"what-{row.student.public_id}", "")
        row.who = request.POST.get(f"who-{row.student.public_id}", "")
        if row.what not in Consent.What.values:
            row.what = ""
            continue
        who = next((signer for signer in row.signers if signer.public_id == row.who), None)
        if who is None:
            row.error = _("请选是谁签的字。")
        else:
            said.append(services.Said(row.student, who, row.what))
    return said


@allow("consent_text")
@require_http_methods(["GET", "HEAD", "POST"])
def text(request: Request, purpose: str) -> HttpResponse:
    """The explanation people consent to: every published version stays; a new one is written from the last."""
    viewer = request.viewer
    present = current_text(_school(viewer), purpose)
    form = TextForm(
        request.POST or None, initial={"body": present.body if present else OUTLINE, "renews": True}
    )
    if request.method == "POST" and form.is_valid():
        made = services.publish_text(
            _school(viewer),
            purpose,
            form.cleaned_data["body"],
            renews=form.cleaned_data["renews"],
            by=viewer.account,
        )
        notify(request, _("公布了第%(n)d版说明。") % {"n": made.version})
        return redirect("setup:consents_for", purpose)
    texts = ConsentText.objects.filter(school=_school(viewer), purpose=purpose).order_by("-version")
    context = {"form": form, "purpose": _purpose(purpose), "texts": texts}
    return render(request, "setup/consent_text.html", context)

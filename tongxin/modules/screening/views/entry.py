"""Answers from paper and from files: who is still missing, one paper by keyboard, many by a workbook."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.rosters.refusal import RosterRefused
from tongxin.kernel.access.doors import allow, step_up
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import visible_subjects
from tongxin.kernel.base.fields import to_microseconds
from tongxin.kernel.base.models import Subject
from tongxin.methods.psychometrics.instrument import OWN, Item
from tongxin.methods.psychometrics.scoring import Codes
from tongxin.ui.toasts import notify

from .. import entries, papers, progress
from ..describing import say
from ..instruments import ready
from ..layout import SHOWN_ONLY
from ..layout import forms as forms_of
from ..models import Paper, SittingForm
from ..papers import Refused, Seat
from ..results import short
from .results import moment, sitting_of, tabs

LONGEST_CODE = 12


class PaperForm(forms.Form):
    """A whole paper, a field for each item. own: the instruments; present: {(SittingForm id, item): place | words}."""

    def __init__(
        self, *args, own: list[SittingForm], present=None, respondents: list[Subject] | None = None, **kwargs
    ):
        super().__init__(*args, **kwargs)
        self.own, self.respondents = own, respondents or []
        if len(self.respondents) > 1:
            self.fields["respondent"] = forms.ChoiceField(
                label=_("谁填的"), choices=[(one.public_id, one.name) for one in self.respondents]
            )
        for form in own:
            made = ready(form.text)
            choices = entries.codings(made)
            if len(choices) > 1:
                self.fields[f"coding-{form.pk}"] = forms.ChoiceField(
                    label=_("%(name)s的答案写成") % {"name": short(made.instrument)},
                    choices=choices,
                    initial=OWN,
                )
            for item in made.instrument.items:
                if item.kind not in SHOWN_ONLY:
                    said = (present or {}).get((form.pk, item.id), "")
                    if isinstance(said, int):
                        said = made.instrument.answers_by_id[item.answers].options[said].code
                    self.fields[f"{form.pk}-{item.id}"] = _field(made, item, said)

    def clean(self):
        data = super().clean() or {}
        for form in self.own:
            made = ready(form.text)
            codes = Codes(made.instrument, data.get(f"coding-{form.pk}") or OWN)
            for item in made.instrument.items:
                name = f"{form.pk}-{item.id}"
                if name not in data:
                    continue
                try:
                    data[name] = entries.own_code(made, codes, item, data[name])
                    papers.read_answer(made, item, data[name])
                except Refused as refused:
                    self.add_error(name, str(refused))
        return data

    def refuse(self, refused: Refused) -> None:
        """Show why the service would not save it."""
        self.add_error(None, str(refused))

    @property
    def respondent(self) -> Subject | None:
        chosen = self.cleaned_data.get("respondent")
        return next(
            (one for one in self.respondents if one.public_id == chosen), next(iter(self.respondents), None)
        )


def _field(made, item: Item, said: str) -> forms.Field:
    if not made.instrument.is_scored(item):
        return forms.CharField(
            label=f"{item.id}　{say(item.text)}", required=False, initial=said, max_length=papers.MOST_WORDS,
            widget=forms.Textarea(attrs={"rows": 2}),
        )  # fmt: skip
    known = made.instrument.answers_by_id[item.answers]
    told = {coding: known.codes(coding)[0] for coding in made.instrument.codings}
    shown = "　".join(f"{option.code} {say(option.text)}" for option in known.options)
    attrs = {
        "autocomplete": "off", "inputmode": "numeric", "size": 3, "data-code": "",
        "data-codes": "|".join(" ".join(codes) for codes in told.values()),
    }  # fmt: skip
    return forms.CharField(
        label=f"{item.id}　{say(item.text)}", required=False, initial=said, max_length=LONGEST_CODE, help_text=shown,
        widget=forms.TextInput(attrs=attrs),
    )  # fmt: skip


def fields_of(form: PaperForm) -> list[dict[str, Any]]:
    """Return the fields by instrument, with the answers that may be written."""
    parts = []
    for each in form.own:
        instrument = ready(each.text).instrument
        coding = f"coding-{each.pk}"
        parts.append(
            {
                "title": say(instrument.title),
                "coding": form[coding] if coding in form.fields else None,
                "fields": [form[name] for name in form.fields if name.startswith(f"{each.pk}-")],
            }
        )
    return parts


def filled(form: PaperForm) -> dict[int, dict[str, str]]:
    """Return the answers of a valid form as papers take them."""
    return {
        each.pk: {
            item.id: form.cleaned_data[name]
            for item in ready(each.text).instrument.items
            if (name := f"{each.pk}-{item.id}") in form.cleaned_data
        }
        for each in form.own
    }


@allow("screening")
@step_up
@require_http_methods(["GET", "HEAD", "POST"])
def entry(request: Request, public_id: str) -> HttpResponse:
    """Who has no paper yet, by class; a posted name finds somebody at once."""
    viewer, sitting = request.viewer, sitting_of(request.viewer, public_id)
    kinds = [kind for kind in SittingForm.Form if forms_of(sitting, kind)]
    asked = request.GET.get("form", "")
    kind = next((kind for kind in kinds if kind == asked), kinds[0] if kinds else SittingForm.Form.STUDENT)
    q = request.POST.get("q", "").strip()[:40].lower()
    rooms = []
    for room in progress.by_room(sitting, viewer.day, kind):
        missing = [
            one for one in (*room.waiting, *room.begun)
            if not q or q in one.name or one.pinyin.startswith(q) or one.initials.startswith(q)
        ]  # fmt: skip
        if missing or not q:
            rooms.append(
                {"room": room.room, "missing": missing, "done": len(room.done), "barred": len(room.barred)}
            )
    context = {
        "sitting": sitting,
        "tabs": tabs(viewer, sitting, "entry"),
        "rooms": rooms,
        "kind": kind,
        "kinds": [{"label": one.label, "url": f"?form={one.value}", "current": one == kind} for one in kinds],
        "q": q,
    }
    return render(request, "screening/results_entry.html", context)


@allow("screening")
@step_up
@require_http_methods(["GET", "HEAD", "POST"])
def entry_form(request: Request, public_id: str, student: str, form: str) -> HttpResponse:
    """One paper by keyboard; what cannot be an answer is refused beside its cell, and nothing is saved then."""
    viewer, sitting = request.viewer, sitting_of(request.viewer, public_id)
    child: Subject = get_object_or_404(visible_subjects(viewer, "K2"), type="student", public_id=student)
    own = forms_of(sitting, form)
    if not own:
        raise Http404
    who = entries.respondents(child, form, min(viewer.day, sitting.last_day))
    paper = PaperForm(request.POST or None, own=own, respondents=who)
    if request.method == "POST" and paper.is_valid():
        try:
            if not who:
                raise Refused("nobody", _("还没有登记填这份表的人，请先在人员里登记。"))
            seat = Seat(sitting, child, form, paper.respondent)
            papers.enter(seat, filled(paper), source=Paper.Source.PAPER, by=viewer)
        except Refused as refused:
            paper.refuse(refused)
        else:
            notify(request, _("已录入%(name)s的答卷。") % {"name": child.name})
            following = _next(sitting, child, form, viewer.day)
            if following is not None and "next" in request.POST:
                return redirect("screening:entry_form", public_id, following.public_id, form)
            return redirect(reverse("screening:entry", args=[public_id]) + f"?form={form}")
    context = {
        "title": _("录入：%(name)s") % {"name": child.name},
        "lead": _("按数字键，自动跳到下一题；没有作答的留空。"),
        "form": paper,
        "parts": fields_of(paper),
        "sitting": sitting,
        "respondent": paper["respondent"] if "respondent" in paper.fields else None,
        "back_url": reverse("screening:entry", args=[public_id]),
        "submit_label": _("保存"),
        "next_label": _("保存，录下一位"),
    }
    return render(request, "screening/results_paper_form.html", context, status=422 if paper.errors else 200)


def _next(sitting, child: Subject, form: str, day) -> Subject | None:
    """Return the next child of the same class without a paper, if there is one."""
    for room in progress.by_room(sitting, day, form):
        members = [*room.done, *room.begun, *room.waiting]
        if child in members:
            return next((one for one in (*room.waiting, *room.begun) if one != child), None)
    return None


# ------------------------------------------------------------------ files


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("答卷的表格"),
        help_text=gettext_lazy("用下载的模板填写，Excel 或 CSV 都可以，最大 10 MB。一行一份，列是题号。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.xlsb,.ods,.csv,.txt"}),
    )

    def __init__(self, *args, sitting, **kwargs):
        super().__init__(*args, **kwargs)
        self.own = forms_of(sitting, "student")
        for form in self.own:
            made = ready(form.text)
            choices = entries.codings(made)
            if len(choices) > 1:
                self.fields[f"coding-{form.pk}"] = forms.ChoiceField(
                    label=_("%(name)s的答案写成") % {"name": short(made.instrument)},
                    choices=choices,
                    initial=OWN,
                )

    def clean_file(self):
        file = self.cleaned_data["file"]
        if file.size > entries.MOST_BYTES:
            raise forms.ValidationError(_("文件超过 10 MB，请分成几个文件。"))
        return file

    @property
    def coding(self) -> dict[int, str]:
        return {form.pk: self.cleaned_data.get(f"coding-{form.pk}") or OWN for form in self.own}


@allow("screening")
@step_up
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: Request, public_id: str) -> HttpResponse:
    """Upload a file and see what it would enter; with a single wrong cell nothing can be confirmed."""
    viewer, sitting = request.viewer, sitting_of(request.viewer, public_id)
    form = UploadForm(request.POST or None, request.FILES or None, sitting=sitting)
    context: dict[str, Any] = {"sitting": sitting, "tabs": tabs(viewer, sitting, "import"), "form": form}
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            with entries.on_disk(form.cleaned_data["file"]) as path:
                seen = entries.Reader(sitting, form.coding, timezone.now()).read(path)
        except (Refused, RosterRefused) as refused:
            form.add_error("file", refused.sentence if isinstance(refused, RosterRefused) else str(refused))
        else:
            context |= {"seen": seen, "cells": seen.cells[:200], "more_cells": max(len(seen.cells) - 200, 0)}
            if not seen.cells:
                context["token"] = entries.carried(sitting, seen.rows, viewer)
            status = 422 if seen.cells else 200
    if form.errors:
        status = 422
    return render(request, "screening/results_import.html", context, status=status)


@allow("screening")
@step_up
@require_safe
def import_template(request: Request, public_id: str) -> HttpResponse:
    viewer, sitting = request.viewer, sitting_of(request.viewer, public_id)
    number = outgoing.note(viewer, "screening.template_exported", sitting)
    name = f"{sitting.title}{_('答卷模板')}.xlsx"
    return outgoing.attachment(entries.template(sitting, number), name, outgoing.XLSX)


@allow("screening")
@step_up
@require_POST
def confirm(request: Request, public_id: str) -> HttpResponse:
    """Enter what the preview showed, all of it."""
    viewer, sitting = request.viewer, sitting_of(request.viewer, public_id)
    try:
        rows = entries.taken_from_page(sitting, request.POST.get("token", ""), viewer)
        at = entries.save(sitting, rows, by=viewer)
    except Refused as refused:
        form = UploadForm(sitting=sitting)
        context = {"sitting": sitting, "tabs": tabs(viewer, sitting, "import"), "form": form,
                   "notice": _("%(why)s一份也没有存。") % {"why": refused}}  # fmt: skip
        return render(request, "screening/results_import.html", context, status=409)
    said = ngettext("已导入%(n)d份。", "已导入%(n)d份。", len(rows)) % {"n": len(rows)}
    notify(request, said, reverse("screening:import_undo", args=[public_id, to_microseconds(at)]))
    return redirect("screening:results", public_id)


@allow("screening")
@step_up
@require_POST
def import_undo(request: Request, public_id: str, at: int) -> HttpResponse:
    sitting = sitting_of(request.viewer, public_id)
    try:
        count = entries.take_back(sitting, moment(at), by=request.viewer)
    except Refused as refused:
        notify(request, str(refused))
        return redirect("screening:results", public_id)
    notify(
        request,
        _("已撤销这次导入的%(n)d份。已经发出的提示不会撤回，请照常处理。") % {"n": count}
        if count
        else _("没有可以撤销的导入。"),
    )
    return redirect("screening:import", public_id)

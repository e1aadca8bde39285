"""The instruments of a school: those that come with the program, its own, their definition in words, in and out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.instruments import formats
from tongxin.exchange.instruments.reader import Unreadable, read_upload
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.methods.psychometrics.instrument import Instrument
from tongxin.ui.toasts import notify

from .. import describing, instruments
from ..models import InstrumentText
from . import place

FORMAT_NAMES = {
    "yaml": "YAML", "fhir": "FHIR R4", "redcap": "REDCap", "lss": "LimeSurvey", "reproschema": "ReproSchema",
    "xlsx": "Excel",
}  # fmt: skip


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("量表文件"), error_messages={"required": gettext_lazy("请选择文件。")},
        help_text=gettext_lazy("可以是填好的 Excel 表，或 YAML、FHIR（json）、REDCap（csv）、LimeSurvey（lss、lsq）、ReproSchema（zip）。"),
    )  # fmt: skip


class WordsForm(forms.Form):
    words = forms.CharField(
        label=gettext_lazy("题目"), widget=forms.Textarea(attrs={"rows": 14}), max_length=60_000,
        help_text=gettext_lazy("一题一行，按顺序粘贴进来，不写题号。"),
        error_messages={"required": gettext_lazy("请填题目。")},
    )  # fmt: skip
    granted = forms.CharField(
        label=gettext_lazy("谁在什么时候允许学校使用"), max_length=200,
        help_text=gettext_lazy("例如：某出版社，2026年9月购买。"),
        error_messages={"required": gettext_lazy("请写明谁在什么时候允许学校使用这些题目。")},
    )  # fmt: skip


def _texts(viewer: Viewer):
    return InstrumentText.objects.filter(school=place.school_of(viewer))


def _text(viewer: Viewer, public_id: str) -> InstrumentText:
    return get_object_or_404(_texts(viewer), public_id=public_id)


def _shipped(viewer: Viewer, slug: str) -> instruments.Shipped:
    place.school_of(viewer)
    found = instruments.shipped().get(slug)
    if found is None:
        raise Http404
    return found


@allow("screening")
@require_safe
def library(request: Request) -> HttpResponse:
    viewer = request.viewer
    own = list(_texts(viewer).defer("text").order_by("title", "-recorded_at", "-pk"))
    used = {one.slug for one in own if one.retired_at is None}
    context = {
        "tabs": place.tabs(viewer, "instruments"),
        "used": [one for one in own if one.retired_at is None],
        "retired": [one for one in own if one.retired_at is not None],
        "shipped": [{"one": one, "used": one.slug in used} for one in instruments.shipped().values()],
    }
    return render(request, "screening/manage_instruments.html", context)


def _described(instrument: Instrument) -> dict[str, Any]:
    return {
        "instrument": instrument,
        "answers": [
            {"id": known.id, "options": [(str(one.text) or one.code, one.value) for one in known.options]}
            for known in instrument.answers
        ],
        "items": [
            {"id": one.id, "text": str(one.text), "reverse": one.id in instrument.reverse}
            for one in instrument.items
        ],
        "scales": describing.scale_rows(instrument),
        "critical": describing.rule_rows(instrument, instrument.critical),
        "patterns": describing.rule_rows(instrument, instrument.patterns),
        "validity": describing.rule_rows(instrument, instrument.validity),
        "flagged": [one for one in instrument.items if one.flag],
    }


def _exports(view: str, **kwargs: str) -> list[dict[str, str]]:
    return [
        {"label": FORMAT_NAMES[kind], "url": reverse(view, kwargs={**kwargs, "format": kind})}
        for kind in formats.ALL
    ]


@allow("screening")
@require_safe
def shipped(request: Request, slug: str) -> HttpResponse:
    """An instrument that comes with the program."""
    found = _shipped(request.viewer, slug)
    context = {
        "slug": slug,
        "with_words": found.with_words,
        "exports": _exports("screening:instrument_shipped_file", slug=slug),
        "versions": _texts(request.viewer).filter(slug=slug).defer("text").order_by("-recorded_at", "-pk"),
    }
    return render(request, "screening/manage_instrument.html", context | _described(found.instrument))


@allow("screening")
@require_safe
def one(request: Request, public_id: str) -> HttpResponse:
    """A version of an instrument as the school uses it."""
    text = _text(request.viewer, public_id)
    context = {
        "text": text,
        "exports": _exports("screening:instrument_file", public_id=public_id),
        "versions": _texts(request.viewer)
        .filter(slug=text.slug)
        .defer("text")
        .order_by("-recorded_at", "-pk"),
    }
    return render(
        request, "screening/manage_instrument.html", context | _described(instruments.ready(text).instrument)
    )


@allow("screening")
@require_POST
def take(request: Request, slug: str) -> HttpResponse:
    """Take an instrument that comes with its words into use."""
    _shipped(request.viewer, slug)
    try:
        text = instruments.take(place.school_of(request.viewer), slug, by=request.viewer)
    except instruments.Refused as refused:
        notify(request, str(refused))
        return redirect("screening:instrument_shipped", slug)
    notify(request, _("启用了，写计划时可以选。"))
    return redirect("screening:instrument", text.public_id)


@allow("screening")
@require_http_methods(["GET", "HEAD", "POST"])
def words(request: Request, slug: str) -> HttpResponse:
    """Fill in the words of an instrument that comes without them: one line for each question."""
    viewer = request.viewer
    found = _shipped(viewer, slug)
    if found.with_words:
        raise Http404
    form = WordsForm(request.POST or None)
    findings: list[tuple[int, str]] = []
    if request.method == "POST" and form.is_valid():
        lines = [line.strip() for line in form.cleaned_data["words"].splitlines() if line.strip()]
        try:
            text = instruments.complete(
                place.school_of(viewer), slug, lines, form.cleaned_data["granted"], by=viewer
            )
        except instruments.Refused as refused:
            form.add_error("words", str(refused))
            findings = [(0, one.sentence) for one in refused.findings]
        else:
            notify(request, _("题目填好了，量表已经启用。"))
            return redirect("screening:instrument", text.public_id)
    context = {
        "form": form, "findings": findings, "slug": slug, "instrument": found.instrument,
        "n": len(instruments.without_words(found.instrument)),
        "workbook_url": reverse("screening:instrument_shipped_file", args=[slug, "xlsx"]),
    }  # fmt: skip
    return render(request, "screening/manage_words.html", context, status=422 if form.errors else 200)


@allow("screening")
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: Request) -> HttpResponse:
    """Take a file into use: a filled-in workbook, our own text, or another program's."""
    viewer = request.viewer
    school = place.school_of(viewer)
    form = UploadForm(request.POST or None, request.FILES or None)
    findings: list[tuple[int, str]] = []
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            text = instruments.add(school, read_upload(file.name, file.chunks()), by=viewer)
        except Unreadable as unreadable:
            form.add_error("file", str(unreadable).splitlines())
            findings = unreadable.findings
        except instruments.Refused as refused:
            form.add_error("file", str(refused))
            findings = [(0, one.sentence) for one in refused.findings]
        else:
            notify(request, _("读进来了，量表已经启用。请核对一遍。"))
            return redirect("screening:instrument", text.public_id)
    context = {"form": form, "findings": findings}
    return render(request, "screening/manage_upload.html", context, status=422 if form.errors else 200)


@allow("screening")
@require_POST
def retire(request: Request, public_id: str) -> HttpResponse:
    text = _text(request.viewer, public_id)
    instruments.retire(text, by=request.viewer)
    notify(
        request,
        _("停用了，写计划时不再列出；已经用它的测评不受影响。"),
        undo_url=reverse("screening:instrument_restore", args=[public_id]),
    )
    return redirect("screening:instruments")


@allow("screening")
@require_POST
def restore(request: Request, public_id: str) -> HttpResponse:
    text = _text(request.viewer, public_id)
    instruments.restore(text, by=request.viewer)
    notify(request, _("又可以用了。"))
    return redirect("screening:instrument", public_id)


@allow("screening")
@require_safe
def file(request: Request, public_id: str, format: str) -> HttpResponse:
    text = _text(request.viewer, public_id)
    outgoing.note(request.viewer, "screening.instrument_exported", text, slug=text.slug, format=format[:20])
    return _download(instruments.ready(text).instrument, format)


@allow("screening")
@require_safe
def shipped_file(request: Request, slug: str, format: str) -> HttpResponse:
    return _download(_shipped(request.viewer, slug).instrument, format)


def _download(instrument: Instrument, kind: str) -> HttpResponse:
    if kind not in formats.ALL:
        raise Http404
    name, content = formats.file_of(instrument, kind)
    return outgoing.attachment(content, name, formats.TYPES[kind])

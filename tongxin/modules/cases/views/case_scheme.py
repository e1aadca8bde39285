"""The school's scheme: read in sentences, another taken, changed with a look at what changes, earlier versions."""

from __future__ import annotations

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.exchange import outgoing
from tongxin.kernel.access.doors import allow, school_of
from tongxin.kernel.access.requests import Request
from tongxin.methods.cadence.findings import ERROR
from tongxin.methods.schemes.scheme import Scheme
from tongxin.methods.schemes.words import changed, sentences
from tongxin.methods.schemes.writing import as_yaml
from tongxin.ui.toasts import notify

from .. import schemes
from ..models import Case, SchemeText
from ..schemeforms import LevelsForm, QuestionsForm, states_of
from . import place

MOST_TEXT = 200_000


def _current(request: Request) -> SchemeText:
    """Return the version in force; who opens the page of a school that has none yet begins with its programmes' own."""
    viewer = request.viewer
    school = school_of(viewer)
    with transaction.atomic():
        return schemes.in_force(school, viewer.day, by=viewer)


@allow("case_scheme")
@require_safe
def one(request: Request) -> HttpResponse:
    """What new cases are promised."""
    row = _current(request)
    scheme = schemes.scheme_of(row)
    versions = SchemeText.objects.filter(school=row.school).order_by("-number").defer("text")
    context = {
        "row": row, "scheme": scheme, "said": sentences(scheme), "states": states_of(scheme), "forms": scheme.forms,
        "levels": list(reversed(scheme.levels)), "versions": versions,
        "shipped": [{"slug": slug, "title": title} for slug, (title, _text) in schemes.shipped().items()],
        "running": Case.objects.filter(school=row.school).exclude(phase=Case.Phase.CLOSED).exclude(scheme=row).count(),
        "tabs": place.tabs(request.viewer, "mine"),
    }  # fmt: skip
    return render(request, "cases/case_scheme.html", context)


@allow("case_scheme")
@require_http_methods(["GET", "HEAD", "POST"])
def levels(request: Request) -> HttpResponse:
    """Change what levels are called and how fast each goes."""
    row = _current(request)
    form = LevelsForm(request.POST or None, scheme=schemes.scheme_of(row))
    if request.method == "POST" and form.is_valid():
        return _preview(request, row, as_yaml(form.changed_scheme()), form, "cases/case_scheme_levels.html")
    return render(request, "cases/case_scheme_levels.html", {"form": form, "row": row})


@allow("case_scheme")
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: Request, form: str) -> HttpResponse:
    """Change the questions of one form."""
    row = _current(request)
    scheme = schemes.scheme_of(row)
    if form not in scheme.form_by_id:
        raise Http404
    filled = QuestionsForm(request.POST or None, scheme=scheme, form=scheme.form_by_id[form])
    if request.method == "POST" and filled.is_valid():
        return _preview(request, row, as_yaml(filled.changed_scheme()), filled, "cases/case_scheme_form.html")
    return render(request, "cases/case_scheme_form.html", {"form": filled, "row": row})


def _preview(request: Request, row: SchemeText, text: str, form, template: str) -> HttpResponse:
    """Show what would change; what the linter refuses goes back to the form."""
    scheme, findings, _sentence = schemes.checked(text)
    errors = [one.sentence for one in findings if one.level == ERROR]
    if scheme is None or errors:
        for sentence in errors:
            form.add_error(None, sentence)
        return render(request, template, {"form": form, "row": row})
    return _show_change(request, row, scheme, text)


def _show_change(request: Request, row: SchemeText, scheme: Scheme, text: str) -> HttpResponse:
    gone, new = changed(schemes.scheme_of(row), scheme)
    running = Case.objects.filter(school=row.school).exclude(phase=Case.Phase.CLOSED).count()
    context = {"row": row, "scheme": scheme, "text": text, "gone": gone, "new": new, "running": running}
    return render(request, "cases/case_scheme_preview.html", context)


@allow("case_scheme")
@require_POST
def preview(request: Request) -> HttpResponse:
    """Show what taking another scheme would change: one that is shipped, an earlier version, or a pasted text."""
    row = _current(request)
    slug, version = request.POST.get("slug", ""), request.POST.get("version", "")
    if slug in schemes.shipped():
        text = schemes.shipped()[slug][1]
    elif version:
        text = get_object_or_404(SchemeText, school=row.school, public_id=version).text
    else:
        text = request.POST.get("text", "").replace("\r\n", "\n")[:MOST_TEXT]
    scheme, findings, sentence = schemes.checked(text)
    wrong = [one for one in findings if one.level == ERROR]
    if scheme is None or wrong:
        lines = [_("第 %(line)d 行：%(said)s") % {"line": one.line, "said": one.sentence} for one in wrong]
        return render(
            request, "cases/case_scheme_text.html", {"text": text, "wrong": lines or [sentence], "row": row}
        )
    return _show_change(request, row, scheme, text)


@allow("case_scheme")
@require_POST
def take(request: Request) -> HttpResponse:
    """Take a version into use for new cases."""
    viewer, text = request.viewer, request.POST.get("text", "").replace("\r\n", "\n")[:MOST_TEXT]
    school = school_of(viewer)
    try:
        schemes.take(school, text, by=viewer)
    except schemes.Refused as refused:
        notify(request, str(refused))
        return redirect("cases:scheme")
    running = Case.objects.filter(school=school).exclude(phase=Case.Phase.CLOSED).count()
    said = ngettext(
        "启用了。新的个案按这一版；已经打开的%(n)d份照原来的期限和表单走。",
        "启用了。新的个案按这一版；已经打开的%(n)d份照原来的期限和表单走。", running,
    ) % {"n": running}  # fmt: skip
    notify(request, said)
    return redirect("cases:scheme")


@allow("case_scheme")
@require_safe
def text(request: Request) -> HttpResponse:
    """The text of the version in force, to be changed by hand."""
    row = _current(request)
    return render(request, "cases/case_scheme_text.html", {"text": row.text, "wrong": [], "row": row})


@allow("case_scheme")
@require_safe
def file(request: Request, public_id: str) -> HttpResponse:
    """A version as a file."""
    school = school_of(request.viewer)
    row = get_object_or_404(SchemeText, school=school, public_id=public_id)
    outgoing.note(request.viewer, "cases.scheme_exported", row)
    return outgoing.attachment(row.text.encode(), f"{row.slug}-{row.number}.yaml", "text/yaml; charset=utf-8")

"""Before anybody approves a programme or a change of one: how many hours it takes, and for whom it changes what."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.exchange.change_sheets import changes_sheet, owing_notes, owing_sheet
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.obligations.changes import Changes, changes
from tongxin.kernel.obligations.load import SchoolLoad, school_load, set_budget
from tongxin.kernel.obligations.owing import Owing, WouldOwe, would_owe
from tongxin.kernel.obligations.weighing import load_sentence, moves_words
from tongxin.kernel.programmes.packs import offered, parse, parse_in_words
from tongxin.kernel.programmes.queries import current_version
from tongxin.methods.cadence.pack import Pack
from tongxin.ui.formats import period_words
from tongxin.ui.toasts import notify

from .. import exports
from ..weights import changed_rows, load_rows
from .programme import asked_of, frame

PAGE = 50


class BudgetForm(forms.Form):
    hours = forms.DecimalField(
        label=gettext_lazy("每人每周能用几小时"),
        min_value=Decimal("0.1"),
        max_value=40,
        max_digits=4,
        decimal_places=1,
        error_messages={"required": gettext_lazy("请填写小时数，例如5。")},
    )


@allow("programme_edit")
def load_offer(request: Request, slug: str) -> HttpResponse:
    """The hours of a pack that is not adopted yet."""
    offer = offered().get(slug)
    if offer is None:
        raise Http404
    back = reverse("desk:adopt_pack", args=[slug])
    return _load(request, parse_in_words(offer.text), request.viewer.day.year, {"back": back})


@allow("programme_edit")
def owing_offer(request: Request, slug: str) -> HttpResponse:
    """Who would owe what under a pack that is not adopted yet; page by page."""
    pack, found = _owing(request, slug)
    rows = found.rows if found else []
    page = max(int(request.GET["page"]), 1) if request.GET.get("page", "").isdecimal() else 1
    shown = rows[(page - 1) * PAGE : page * PAGE]
    if not shown and page > 1:
        raise Http404
    context = {
        "pack": pack,
        "found": found,
        "period": period_words(found.first, found.last, request.viewer.day) if found else "",
        "people": list(_by_person(shown)),
        "words": _("第%(first)d—%(last)d个，共%(all)d个")
        % {"first": (page - 1) * PAGE + 1, "last": (page - 1) * PAGE + len(shown), "all": len(rows)},
        "previous_url": f"?page={page - 1}" if page > 1 else "",
        "next_url": f"?page={page + 1}" if len(rows) > page * PAGE else "",
        "export_url": reverse("desk:owing_offer_export", args=[slug])
        if rows and request.viewer.may("export")
        else "",
        "back": reverse("desk:adopt_pack", args=[slug]),
    }
    return render(request, "desk/owing.html", context)


def _owing(request: Request, slug: str) -> tuple[Pack, WouldOwe | None]:
    offer = offered().get(slug)
    if offer is None or request.viewer.school is None or not request.viewer.may("programme_edit"):
        raise Http404
    pack = parse(offer.text)
    return pack, would_owe(request.viewer, request.viewer.school, pack, request.viewer.day)


def _by_person(rows: list[Owing]) -> Iterator[tuple[str, list[Owing]]]:
    for _pk, group in groupby(rows, key=lambda row: row.person.pk):
        mine = list(group)
        yield mine[0].person.name, mine


@allow("export")
def owing_offer_export(request: Request, slug: str) -> HttpResponse:
    """The same rows as a workbook."""
    pack, found = _owing(request, slug)
    if found is None:
        raise Http404
    return exports.workbook(
        request.viewer,
        f"{_('采用以后谁要做什么')}.xlsx",
        [owing_sheet(found)],
        "programmes.owing_exported",
        explanation=owing_notes(found, pack.title, request.viewer.day),
        pack=slug,
        rows=len(found.rows),
    )


@allow("programme_edit")
def load_programme(request: Request, public_id: str) -> HttpResponse:
    """The hours of a programme that the school works with."""
    asked = asked_of(request, public_id)
    context = frame(request, asked, "versions") | {"back": reverse("desk:versions", args=[public_id])}
    return _load(request, asked.pack, asked.programme.first_day.year, context)


def _load(request: Request, pack: Pack, year: int, context: dict[str, Any]) -> HttpResponse:
    viewer = request.viewer
    if viewer.school is None:
        raise Http404
    form = BudgetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        set_budget(viewer.school, Fraction(form.cleaned_data["hours"]), by=viewer)
        notify(request, _("已保存，按新的小时数重新算了。"))
        return redirect(request.path)
    found: SchoolLoad = school_load(viewer, viewer.school, pack, year, viewer.day)
    if found.budget is not None and not form.is_bound:
        form.initial = {"hours": f"{float(found.budget):g}"}
    return render(
        request,
        "desk/load.html",
        context
        | {
            "pack": pack,
            "form": form,
            "sentence": load_sentence(found),
            "period": period_words(found.first, found.last, viewer.day),
            "assumed": found.assumed,
            "rows": load_rows(found)[:PAGE],
            "more": max(len(found.rows) - PAGE, 0),
        },
    )


@allow("programme_edit")
def version_people(request: Request, public_id: str, number: int) -> HttpResponse:
    """For whom a version changes what against another one, on the school's own last term; page by page."""
    asked = asked_of(request, public_id)
    found, base, said = _compared(request, public_id, number)
    rows = changed_rows(asked.programme.public_id, said)
    page = max(int(request.GET["page"]), 1) if request.GET.get("page", "").isdecimal() else 1
    shown = rows[(page - 1) * PAGE : page * PAGE]
    if not shown and page > 1:
        raise Http404

    def address(to: int) -> str:
        return f"?against={base.number}&page={to}"

    context = {
        "version": found,
        "base": base,
        "said": said,
        "moves": moves_words(said),
        "period": period_words(said.first, said.last, request.viewer.day) if said else "",
        "rows": shown,
        "all": len(rows),
        "words": _("第%(first)d—%(last)d个，共%(all)d个")
        % {"first": (page - 1) * PAGE + 1, "last": (page - 1) * PAGE + len(shown), "all": len(rows)},
        "previous_url": address(page - 1) if page > 1 else "",
        "next_url": address(page + 1) if len(rows) > page * PAGE else "",
        "export_url": f"{reverse('desk:version_people_export', args=[public_id, number])}?against={base.number}"
        if request.viewer.may("export")
        else "",
    }
    return render(request, "desk/version_people.html", frame(request, asked, "versions") | context)


def _compared(request: Request, public_id: str, number: int) -> tuple[Any, Any, Changes | None]:
    asked = asked_of(request, public_id)
    versions = asked.programme.versions
    found = get_object_or_404(versions, number=number)
    against = request.GET.get("against", "")
    usual = number - 1 if number > 1 else current_version(asked.programme).number
    base = get_object_or_404(versions, number=int(against) if against.isdecimal() else usual)
    school = asked.programme.school
    said = changes(request.viewer, school, parse(base.text), parse(found.text), request.viewer.day)
    return found, base, said


@allow("export")
def version_people_export(request: Request, public_id: str, number: int) -> HttpResponse:
    """The same rows as a workbook."""
    if not request.viewer.may("programme_edit"):
        raise Http404
    found, base, said = _compared(request, public_id, number)
    if said is None:
        raise Http404
    rows = said.rows
    note = [_("第%(n)d版比第%(base)d版") % {"n": found.number, "base": base.number}, *moves_words(said)]
    return exports.workbook(
        request.viewer,
        f"{_('结论会变的人')}.xlsx",
        [changes_sheet(said, request.viewer.day)],
        "programmes.changes_exported",
        explanation=note,
        version=found.number,
        against=base.number,
        rows=len(rows),
    )

"""A round for its organiser: where it stands, who takes part and what they said, and its files."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.rosters.refusal import RosterRefused
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.programmes.pairings import Pairing
from tongxin.kernel.solving import services as solving
from tongxin.methods.matching.use import Ask
from tongxin.ui.solving import fragment
from tongxin.ui.toasts import notify

from .. import importing, listing, papers, picking, saying, schemes, services
from ..forms import ImportForm, LimitsForm, ProposeForm, WishForm
from ..labels import Labels
from ..models import Group, Member, Participant, Round, Step
from ..reading import Reading
from . import place

PAGE = 50
STEPS = {
    "solve": gettext_lazy("算了一次"), "move": gettext_lazy("换了对象"), "apart": gettext_lazy("不许配在一起"), "let": gettext_lazy("照样可以配"),
    "release": gettext_lazy("取消了手工定的"), "limit": gettext_lazy("改了人数"), "leave": gettext_lazy("不参加了"), "objection": gettext_lazy("按意见拆开"),
}  # fmt: skip


@allow("pairing")
@require_safe
def one(request: Request, round: str) -> HttpResponse:
    """Where a round stands and what to do next."""
    row, pairing = place.round_of(request, round)
    people = Participant.objects.filter(round=row, left_at=None)
    asked = [seat for seat, _ask in pairing.use.asks]
    run = place.run_of(row)
    reading = Reading(row, pairing) if row.proposal_id else None
    members = Member.objects.filter(group__round=row, group__withdrawn_at=None)
    context: dict[str, Any] = {
        "round": row, "pairing": pairing, "tabs": place.tabs(row, "round"), "steps": place.steps(row), "run": run,
        "seats": [
            {"title": seat.title, "people": people.filter(seat=seat.id).count()} for seat in pairing.scheme.seats
        ],
        "asked": people.filter(seat__in=asked).count(),
        "said": people.filter(seat__in=asked, said_at__isnull=False).count(),
        "shown": reading.show(row.proposal) if reading and row.proposal else None,
        "objections": services.objections(row), "answered": members.filter(asked=True).exclude(answer="").count(),
        "to_answer": members.filter(asked=True).count(),
        "form": ProposeForm(initial={"seconds": row.seconds, "stable": row.stable}),
        "last_step": Step.objects.filter(round=row, undone_at=None).order_by("-number").first(),
        "groups": Group.objects.filter(round=row, withdrawn_at=None).count(),
    }  # fmt: skip
    if context["last_step"]:
        context["last_step_words"] = STEPS.get(context["last_step"].kind, "")
    return render(request, "rounds/round.html", context)


@allow("pairing")
@require_safe
def progress(request: Request, round: str) -> HttpResponse:
    """How far the computation is."""
    row, _pairing = place.round_of(request, round)
    run = place.run_of(row)
    if run is None:
        raise Http404
    return fragment(request, run, **addresses(row))


def addresses(row: Round) -> dict[str, str]:
    return {
        "poll_url": reverse("rounds:progress", args=[row.public_id]),
        "stop_url": reverse("rounds:stop", args=[row.public_id]),
    }


@allow("pairing")
@require_POST
def stop(request: Request, round: str) -> HttpResponse:
    row, _pairing = place.round_of(request, round)
    run = services.running(row)
    if run is not None:
        solving.stop(run)
    return redirect("rounds:round", round)


# ------------------------------------------------------------------ people


@allow("pairing")
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: Request, round: str) -> HttpResponse:
    """Everybody who takes part, found by name or by what they still have to say. A name is searched for by POST."""
    row, pairing = place.round_of(request, round)
    q = request.POST.get("q", "").strip()[:40]
    seats = pairing.scheme.seats
    seat = request.GET.get("seat", "")
    seat = seat if seat in {one.id for one in seats} else seats[0].id
    rows = Participant.objects.filter(round=row, left_at=None).select_related("subject")
    if q:
        rows = rows.filter(
            Q(subject__name__icontains=q)
            | Q(subject__pinyin__icontains=q)
            | Q(subject__initials__istartswith=q)
        )
    else:
        rows = rows.filter(seat=seat)
        if request.GET.get("show") == "silent":
            rows = rows.filter(said_at=None)
    rows = rows.order_by("subject__pinyin", "pk")
    page = _page(request)
    found = list(rows[page * PAGE : page * PAGE + PAGE + 1])
    labels = Labels(row, pairing, found[:PAGE])
    titles = {one.id: one.title for one in seats}
    asked = {name for name, _ask in pairing.use.asks}
    context = {
        "round": row, "pairing": pairing, "tabs": place.tabs(row, "people"), "q": q, "show": request.GET.get("show", ""),
        "seats": [
            {"label": one.title, "url": f"?seat={one.id}", "current": not q and one.id == seat} for one in seats
        ],
        "seat": seat, "silent_url": f"?seat={seat}&show=silent", "all_url": f"?seat={seat}",
        "lines": [
            {"person": one, "group": labels.group(one), "seat": titles[one.seat], "asked": one.seat in asked}
            for one in found[:PAGE]
        ],
        "next_url": _address(request, page + 1) if len(found) > PAGE and not q else "",
        "previous_url": _address(request, page - 1) if page and not q else "",
        "may_import": bool(pairing.use.asks) and row.state in (Round.State.OPEN, Round.State.PROPOSED),
    }  # fmt: skip
    return render(request, "rounds/people.html", context)


def _page(request: Request) -> int:
    text = request.GET.get("page", "0")
    return min(int(text), 10_000) if text.isascii() and text.isdecimal() and len(text) < 6 else 0


def _address(request: Request, page: int) -> str:
    kept = request.GET.copy()
    kept["page"] = str(page)
    return f"?{kept.urlencode()}"


@allow("pairing")
@require_http_methods(["GET", "HEAD", "POST"])
def say_for(request: Request, round: str, person: str) -> HttpResponse:
    """Write down what somebody without an account wishes."""
    row, pairing = place.round_of(request, round)
    one = place.person_of(row, person)
    ask = pairing.use.ask(one.seat)
    if ask is None:
        raise Http404
    found = everybody(row, pairing, one)
    url = reverse("rounds:find", args=[round, person])
    form = wish_form(request, one, ask, found, Labels(row, pairing, found), url)
    if form.is_bound and form.is_valid():
        try:
            saying.say(request.viewer, one, form.said(), ask, organiser=True)
        except services.Refused as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("记下了%(name)s的志愿。") % {"name": one.subject.name})
            return redirect("rounds:person", round, person)
    context = {"round": row, "person": one, "form": form}
    return render(request, "rounds/say_for.html", context, status=422 if form.errors else 200)


def everybody(row: Round, pairing: Pairing, person: Participant) -> list[Participant]:
    """Return the other sides' people, for the organiser."""
    seats = saying.other_side(pairing, person)
    rows = Participant.objects.filter(round=row, seat__in=seats, left_at=None, none=False).select_related(
        "subject"
    )
    return list(rows.order_by("subject__pinyin", "pk"))


def wish_form(
    request: Request, one: Participant, ask: Ask, options: list[Participant], labels: Labels, url: str
) -> WishForm:
    """Return the form of somebody's wishes; url: where its people are looked up."""
    wants = list(one.wishes.order_by("rank").values_list("wants_id", flat=True))
    looking = picking.looking(request.POST)
    data = None if looking else request.POST or None
    form = WishForm(data, person=one, ask=ask, options=options, labels=labels, wants=wants, url=url)
    if looking:
        picking.kept(form, request.POST)
    return form


@allow("pairing")
@require_POST
def limits(request: Request, round: str, person: str) -> HttpResponse:
    row, _pairing = place.round_of(request, round)
    one, form = place.person_of(row, person), LimitsForm(request.POST)

    def step(version: int) -> None:
        if not form.is_valid():
            raise services.Refused(" ".join(error for errors in form.errors.values() for error in errors))
        data = form.cleaned_data
        services.set_limits(request.viewer, row, version, one, data["low"], data["high"])

    done = _("%(name)s的人数改了。") % {"name": one.subject.name}
    return place.stepped(request, "rounds:person", row, step, done, person)


@allow("pairing")
@require_POST
def leave(request: Request, round: str, person: str) -> HttpResponse:
    row, _pairing = place.round_of(request, round)
    one = place.person_of(row, person)
    try:
        services.leave_out(request.viewer, row, place.version_of(request), one)
    except services.Refused as refused:
        place.refuse(request, str(refused))
        return redirect("rounds:person", round, person)
    notify(request, _("%(name)s不参加这一轮了。") % {"name": one.subject.name})
    return redirect("rounds:people", round)


# ------------------------------------------------------------------ files


def _with_table(request: Request, round: str) -> tuple[Round, Pairing]:
    """Return a round and its scheme as written: one table fits pages in every language."""
    row, _pairing = place.round_of(request, round)
    return row, schemes.of_text(row.school, row.text, row.starts_on)


@allow("pairing")
@require_http_methods(["GET", "HEAD", "POST"])
def import_wishes(request: Request, round: str) -> HttpResponse:
    """Wishes from a table: with a single wrong cell nothing is taken, and each wrong cell is named."""
    row, pairing = _with_table(request, round)
    form = ImportForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"round": row, "form": form, "columns": importing.columns(pairing)}
    if request.method == "POST" and form.is_valid():
        try:
            with importing.on_disk(form.cleaned_data["file"]) as path:
                seen = importing.Reader(row, pairing).read(path)
            if not seen.troubles:
                count = importing.enter(request.viewer, row, pairing, seen)
                notify(
                    request, ngettext("导入了%(n)d人的志愿。", "导入了%(n)d人的志愿。", count) % {"n": count}
                )
                return redirect("rounds:people", round)
            context["troubles"] = seen.troubles
        except RosterRefused as refused:
            form.add_error("file", refused.sentence)
        except services.Refused as refused:
            form.add_error(None, str(refused))
    bad = bool(form.errors or context.get("troubles"))
    return render(request, "rounds/import.html", context, status=422 if bad else 200)


@allow("pairing")
@require_safe
def template(request: Request, round: str) -> HttpResponse:
    row, pairing = _with_table(request, round)
    export = outgoing.note(request.viewer, "rounds.template_exported", row)
    name = f"{row.title}{_('志愿表')}.xlsx"
    return outgoing.attachment(importing.template(row, pairing, export), name, outgoing.XLSX)


@allow("list_export")
@require_safe
def export(request: Request, round: str, format: str) -> HttpResponseBase:
    """The present list, on record, as a table or for printing."""
    row, pairing = place.round_of(request, round)
    if row.proposal is None or format not in papers.WRITERS:
        raise Http404
    return papers.answer(request.viewer, row, pairing, format, listing.asked(request.GET))

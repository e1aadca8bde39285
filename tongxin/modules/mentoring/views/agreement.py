"""The agreement of a pair: read, written, acknowledged, as Word and PDF; and which are not in order."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.pdf import write_pdf
from tongxin.exchange.documents.word import write_word
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.formats import listed
from tongxin.ui.toasts import notify

from .. import agreements, pairs, paper
from ..forms import AgreementForm
from ..kinds import pair_kinds
from ..pairs import LEAD, Pair
from . import place

WRITERS = {"docx": (write_word, outgoing.DOCX), "pdf": (write_pdf, outgoing.PDF)}


@allow("pairs")
@require_safe
def agreement(request: Request, pair: str) -> HttpResponse:
    viewer = request.viewer
    one = place.readable_of(request, pair)
    found = agreements.versions(one)
    standing = agreements.standings([one], viewer.day)[0]
    context = {
        "pair": one,
        "side": pairs.side_of(viewer, one),
        "newest": found[0] if found else None,
        "older": found[1:],
        "missing": standing.missing(),
        "waits": agreements.waits_for(viewer, standing),
        "may_write": agreements.may_write(viewer, one),
        "title": one.kind.agreement["title"],
    }
    return render(request, "mentoring/agreement.html", context)


@allow("pairs")
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: Request, pair: str) -> HttpResponse:
    """A new version, begun from the last one or from the template of the kind."""
    viewer = request.viewer
    one = place.readable_of(request, pair)
    if not agreements.may_write(viewer, one):
        raise Http404
    form = AgreementForm(request.POST or None, initial=_initial(request, one))
    if request.method == "POST" and form.is_valid():
        try:
            agreements.write(viewer, one, **form.cleaned_data, token=place.token_of(request))
        except agreements.Refused as refused:
            form.add_error("last", str(refused))
        else:
            notify(request, _("写好了，请双方看过后点“确认”。"))
            return redirect("mentoring:agreement", pair)
    context = {"form": form, "pair": one, "title": one.kind.agreement["title"]}
    return render(request, "mentoring/agreement_write.html", context, status=422 if form.errors else 200)


def _initial(request: Request, pair: Pair) -> dict:
    first, last = agreements.term_of(place.school_of(request.viewer), request.viewer.day)
    found = agreements.versions(pair)
    if found and found[0].last_day >= request.viewer.day:
        first, last = found[0].first_day, found[0].last_day
    words = pair.kind.agreement
    goals, measures = (found[0].goals, found[0].measures) if found else (words["goals"], words["measures"])
    return {"first": first, "last": last, "goals": goals.strip(), "measures": measures.strip()}


@allow("pairs")
@require_POST
def sign(request: Request, pair: str) -> HttpResponse:
    one = place.readable_of(request, pair)
    if not pairs.side_of(request.viewer, one):
        raise Http404
    number = request.POST.get("number", "")
    try:
        agreements.acknowledge(request.viewer, one, int(number) if number.isdecimal() else 0)
    except agreements.Refused as refused:
        notify(request, str(refused))
    else:
        notify(request, _("已确认。"))
    return redirect("mentoring:agreement", pair)


@allow("pairs")
@require_safe
def file(request: Request, pair: str, format: str) -> HttpResponse:
    """The newest version as Word or PDF."""
    one = place.readable_of(request, pair)
    found = agreements.versions(one)
    if format not in WRITERS or not found:
        raise Http404
    number = outgoing.note(request.viewer, "pairs.agreement_exported", found[0], format=format)
    school = place.school_of(request.viewer)
    document = paper.document(
        school, one, found[0], room=place.room_of(one, request.viewer), export_id=number
    )
    writer, content_type = WRITERS[format]
    return outgoing.attachment(writer(document), f"{one.kind.agreement['title']}.{format}", content_type)


@allow(LEAD)
@require_safe
def unsigned(request: Request) -> HttpResponse:
    """The pairs one leads whose agreement is not in order, and what is missing."""
    viewer = request.viewer
    kinds = pair_kinds(place.school_of(viewer), viewer.day)
    running = pairs.led_pairs(viewer, kinds, pairs.on(viewer.day))
    standings = agreements.standings(running, viewer.day)
    lacking = [one for one in standings if not one.in_order]
    chosen = request.GET.get("kind", "")
    shown = [one for one in lacking if not chosen or one.pair.kind.link == chosen]
    context = {
        "tabs": place.tabs(viewer, "unsigned"),
        "shown": [(one, listed(one.missing(), "；")) for one in shown[:SHOWN]],
        "left": max(len(shown) - SHOWN, 0),
        "in_order": len(standings) - len(lacking),
        "of": len(standings),
        "filters": [_kind_filter(lacking, chosen)],
    }
    return render(request, "mentoring/unsigned.html", context)


SHOWN = 200


def _kind_filter(lacking: list[agreements.Standing], chosen: str) -> dict:
    kinds = {one.pair.kind.link: one.pair.kind.title for one in lacking}
    return {
        "name": "kind",
        "label": _("哪一种"),
        "kind": "select",
        "value": chosen,
        "choices": list(kinds.items()),
    }

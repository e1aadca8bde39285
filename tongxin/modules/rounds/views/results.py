"""What the computer proposed: as a table, as a graph, what changed; and one person with alternatives and the organiser's word."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.people import together
from tongxin.kernel.programmes.pairings import Pairing
from tongxin.ui.formats import listed
from tongxin.ui.toasts import notify

from .. import listing, picking, saying, services
from ..forms import LimitsForm, MoveForm, ReasonForm
from ..labels import Labels
from ..models import Bond, Participant, Round, Wish
from ..reading import Line, Reading, Shown, graph
from . import place
from .organise import _address, _page

PAGE, DRAWN = 50, 20
MOST_CHANGES = 300
# How many reasons stand above a list, and how many names with each.
MOST_LOTS, MOST_NAMED = 5, 6


def _with_result(request: Request, public_id: str) -> tuple[Round, Pairing, Reading]:
    row, pairing = place.round_of(request, public_id)
    if row.proposal is None:
        raise Http404
    return row, pairing, Reading(row, pairing)


def _says(line: Line, q: str) -> bool:
    people = (line.first, *line.others)
    return any(listing.named(one, q) for one in people)


@allow("pairing")
@require_http_methods(["GET", "HEAD", "POST"])
def table(request: Request, round: str) -> HttpResponse:
    """Everybody with their partner and why; a name is searched for by POST. Wide a table, on a phone a list."""
    row, pairing, reading = _with_result(request, round)
    assert row.proposal is not None
    shown = reading.show(row.proposal)
    q, asked = request.POST.get("q", "").strip()[:40], listing.asked(request.GET)
    labels = Labels(row, pairing, list(reading.people.values()))
    lines = listing.chosen(reading, shown, asked, labels)
    left = shown.left if asked.show == listing.LEFT else []
    if q:
        lines = [line for line in lines if _says(line, q)]
        left = [one for one in left if listing.named(one.person, q)]
    found = max(len(lines), len(left))
    page = min(_page(request), max(0, (found - 1) // PAGE))
    cut = slice(page * PAGE, (page + 1) * PAGE)
    part, left = lines[cut], left[cut]
    lots = shown.left_together() if page == 0 and not q and not asked.show else []
    context = {
        "round": row, "pairing": pairing, "tabs": place.tabs(row, "table"), "shown": shown, "q": q,
        "table": listing.table(row, pairing, part, labels, request.GET), "show": asked.show,
        "shows": listing.shows(request.GET, shown, reading), "kept": asked.address(),
        "lines": [
            (line, [(one, labels.group(one)) for one in (line.first, *line.others)]) for line in part
        ],
        "left": left, "left_url": listing.Asked(asked.sort, listing.LEFT).address(),
        "lots": [(lot, listed([one.subject.name for one in lot.people[:MOST_NAMED]])) for lot in lots[:MOST_LOTS]],
        "next_url": _address(request, page + 1) if found > (page + 1) * PAGE and not q else "",
        "previous_url": _address(request, page - 1) if page and not q else "",
        "more": q and found > PAGE,
        "words": _("第 %(first)d—%(last)d 个，共 %(all)d 个")
        % {"first": page * PAGE + 1, "last": min((page + 1) * PAGE, found), "all": found},
    }  # fmt: skip
    return render(request, "rounds/table.html", context)


@allow("pairing")
@require_http_methods(["GET", "HEAD", "POST"])
def drawing(request: Request, round: str) -> HttpResponse:
    """The same as a graph: some of the first seat at a time, or those around one person; on a phone as a list.

    A name is searched for by POST; `?of=` is the person.
    """
    row, pairing, reading = _with_result(request, round)
    assert row.proposal is not None
    shown = reading.show(row.proposal)
    q = request.POST.get("q", "").strip()[:40]
    meant = [one for one in reading.people.values() if q and one.left_at is None and listing.named(one, q)]
    if len(meant) == 1:
        return redirect(f"{reverse('rounds:graph', args=[round])}?of={meant[0].public_id}")
    context: dict[str, Any] = {
        "round": row, "pairing": pairing, "tabs": place.tabs(row, "graph"), "q": q,
        "meant": [(one, pairing.scheme.seat(one.seat).title) for one in meant[:PAGE]],
    }  # fmt: skip
    if request.GET.get("of"):
        one = place.person_of(row, request.GET["of"])
        return render(request, "rounds/graph.html", context | _around(row, shown, one))
    heads = list(dict.fromkeys(line.first.pk for line in shown.lines))
    page = _page(request)
    wanted = set(heads[page * DRAWN : (page + 1) * DRAWN])
    lines = [line for line in shown.lines if line.first.pk in wanted]
    last = (page + 1) * DRAWN >= len(heads)
    alone = [one.person for one in shown.left][: DRAWN if last else 0]
    there = [*wanted, *(one.pk for line in lines for one in line.others), *(one.pk for one in alone)]
    wishes = Wish.objects.filter(round=row, rank=1, person__in=there, wants__in=there)
    context |= {
        "graph": graph(lines, alone, list(wishes.values_list("person_id", "wants_id"))),
        "grouped": _by_first(lines), "alone": alone,
        "next_url": "" if last else _address(request, page + 1), "previous_url": _address(request, page - 1) if page else "",
    }  # fmt: skip
    return render(request, "rounds/graph.html", context)


def _around(row: Round, shown: Shown, one: Participant) -> dict[str, Any]:
    """Return what is drawn around one person: their pairs, whom they wish for and who wishes for them, and these people's."""
    wishes = Wish.objects.filter(Q(person=one) | Q(wants=one), round=row).order_by("rank", "pk")
    said = list(wishes.values_list("person_id", "wants_id"))
    near = list(dict.fromkeys([one.pk, *(key for pair in said for key in pair)]))
    of = {key: [line for line in shown.lines if key in _keys(line)] for key in near}
    lines = list({_keys(line): line for key in near for line in of[key]}.values())[:DRAWN]
    drawn = {key for line in lines for key in _keys(line)}
    alone = [left.person for left in shown.left if left.person.pk in near and left.person.pk not in drawn]
    return {
        "of": one, "graph": graph(lines, alone[:DRAWN], said), "grouped": _by_first(lines), "alone": alone[:DRAWN],
        "said": [(wish.person, wish.wants, wish.rank) for wish in wishes.select_related("person__subject", "wants__subject")[:PAGE]],
    }  # fmt: skip


def _keys(line: Line) -> tuple[int, ...]:
    return tuple(one.pk for one in (line.first, *line.others))


def _by_first(lines: list[Line]) -> list[tuple[Participant, list[Participant]]]:
    found: dict[int, tuple[Participant, list[Participant]]] = {}
    for line in lines:
        found.setdefault(line.first.pk, (line.first, []))[1].extend(line.others)
    return list(found.values())


@allow("pairing")
@require_safe
def changes(request: Request, round: str) -> HttpResponse:
    """What the last computation changed."""
    row, _pairing, reading = _with_result(request, round)
    assert row.proposal is not None
    together, apart = reading.changes(row.proposal)
    context = {
        "round": row, "tabs": place.tabs(row, "changes"), "together": together[:MOST_CHANGES],
        "apart": apart[:MOST_CHANGES], "kept": row.proposal.found["change"]["kept"], "first": row.proposal.before is None,
    }  # fmt: skip
    return render(request, "rounds/changes.html", context)


# ------------------------------------------------------------------ one person


@allow("pairing")
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: Request, round: str, person: str) -> HttpResponse:
    """What somebody said, with whom they are and why, who else it could be; and another partner by hand."""
    row, pairing = place.round_of(request, round)
    one = place.person_of(row, person)
    if request.method == "POST" and place.version_of(request) != row.version:
        # What the form offered may be gone; that somebody else was here comes before what is wrong with it.
        place.refuse(request, str(services.Stale()))
        return redirect("rounds:person", round, person)
    reading = Reading(row, pairing)
    lines, left, others = reading.of_person(row.proposal, one)
    present = [other for line in lines for other in (line.first, *line.others) if other.seat != one.seat]
    form = _move_form(request, row, pairing, one, present)
    if request.method == "POST" and form.is_bound and form.is_valid():
        new = form.chosen("new")
        if new is None:
            raise Http404
        try:
            services.move(
                request.viewer,
                row,
                place.version_of(request),
                one,
                form.chosen("old"),
                new,
                form.cleaned_data["reason"],
            )
        except services.Stale as stale:
            place.refuse(request, str(stale))
            return redirect("rounds:person", round, person)
        except services.Refused as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("定在一起了，其余的按改得最少重新排。"))
            return redirect("rounds:person", round, person)
    ask = pairing.use.ask(one.seat)
    context: dict[str, Any] = {
        "round": row, "person": one, "seat": pairing.scheme.seat(one.seat).title, "lines": lines, "left": left,
        "present": present, "others": others, "form": form, "ask": ask, "answers": _answers(one, ask),
        "wishes": list(one.wishes.select_related("wants__subject").order_by("rank")),
        "wished_by": list(one.wished_by.select_related("person__subject").order_by("rank")[:50]),
        "limits": LimitsForm(initial={"low": one.low, "high": one.high}),
        "group": Labels(row, pairing, [one]).group(one),
        "open": row.state in (Round.State.OPEN, Round.State.PROPOSED) and one.left_at is None,
        "run": services.running(row), "rather_not": _rather_not(row, pairing, one),
    }  # fmt: skip
    return render(request, "rounds/person.html", context, status=422 if form.errors else 200)


def _rather_not(row: Round, pairing: Pairing, one: Participant) -> list[Participant]:
    """Return with whom somebody is not put together because of what both said after the last time."""
    if pairing.teams:
        return []
    said = together.told(row.school, pairing.link, row.starts_on)
    others = {
        key
        for pair, word in said.items()
        if word == together.RATHER_NOT and one.subject_id in pair
        for key in pair
        if key != one.subject_id
    }
    let = Bond.objects.filter(round=row, ended_at=None, kind=Bond.Kind.LET).values_list("a_id", "b_id")
    again = {key for pair in let for key in pair if one.pk in pair}
    rows = Participant.objects.filter(round=row, subject__in=others, left_at=None).exclude(pk__in=again)
    return list(rows.select_related("subject").order_by("subject__pinyin", "pk"))


def _move_form(
    request: Request, row: Round, pairing: Pairing, one: Participant, present: list[Participant]
) -> MoveForm:
    found = _opposite(row, pairing, one)
    already = {other.pk for other in present}
    looking = request.method == "POST" and picking.looking(request.POST)
    form = MoveForm(
        request.POST if request.method == "POST" and not looking else None,
        others=[other for other in found if other.pk not in already], present=present,
        labels=Labels(row, pairing, found), url=reverse("rounds:find", args=[row.public_id, one.public_id]),
        initial={"new": request.GET["new"]} if request.GET.get("new") else {},
    )  # fmt: skip
    return picking.kept(form, request.POST) if looking else form


def _opposite(row: Round, pairing: Pairing, one: Participant) -> list[Participant]:
    """Return everybody of the other sides who takes part."""
    seats = saying.other_side(pairing, one)
    people = Participant.objects.filter(round=row, seat__in=seats, left_at=None).select_related("subject")
    return list(people.order_by("subject__pinyin", "pk"))


@allow("pairing")
@require_safe
def find(request: Request, round: str, person: str) -> HttpResponse:
    """Whom of the other sides some words mean, for the person picker."""
    row, pairing = place.round_of(request, round)
    found = _opposite(row, pairing, place.person_of(row, person))
    return picking.find(request, found, Labels(row, pairing, found))


def _answers(one: Participant, ask: Any) -> list[tuple[str, str]]:
    if ask is None:
        return []
    found = []
    for slot in ask.slots:
        words = dict(slot.values)
        said = [words.get(str(value), str(value)) for value in one.answers.get(slot.id, [])]
        if said:
            found.append((slot.title, listed(said)))
    return found


@allow("pairing")
@require_POST
def apart(request: Request, round: str, person: str, other: str) -> HttpResponse:
    """Two people are not put together in this round, with a reason; or, after that, they may be again."""
    row, _pairing = place.round_of(request, round)
    one, two = place.person_of(row, person), place.person_of(row, other)
    form = ReasonForm(request.POST)

    def step(version: int) -> None:
        if not form.is_valid():
            raise services.Refused(_("请写一句原因。"))
        do = services.let if request.POST.get("do") == "let" else services.keep_apart
        do(request.viewer, row, version, one, two, form.cleaned_data["reason"])

    done = _("记下了，其余的按改得最少重新排。") if row.proposal_id else _("记下了。")
    return place.stepped(request, "rounds:person", row, step, done, person)

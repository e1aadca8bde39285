"""Two-way feedback: a few taps for either side; for organisers what all said together."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.toasts import notify

from .. import coverage, pairs
from .. import feedback as giving
from ..forms import FeedbackForm
from ..kinds import FAMILY, PairKind, pair_kinds
from ..models import Feedback
from ..pairs import LEAD, Pair
from . import place


def _hint(pair: Pair, side: str) -> str:
    if pair.kind.both_first:
        return _("只有组织结对的人看得到。双方都填了以后，各自看到对方打的平均分。")
    if side == FAMILY:
        return _("只有组织结对的老师看得到，结对老师和孩子都看不到。")
    if side == "b":
        return _("只有组织结对的老师看得到，你的老师看不到。")
    return _("只有组织结对的人看得到。")


@allow("pairs")
@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request: Request, pair: str) -> HttpResponse:
    viewer = request.viewer
    one = place.pair_of(request, pair)
    side = giving.speaks(viewer, one)
    if not side or viewer.school is None:
        raise Http404
    when = giving.period(viewer.school, viewer.day)
    if one.until < when.first:
        raise Http404
    said = giving.of(one, when)
    locked = side != FAMILY and giving.locked(one, said)
    mine = said.get(side)
    form = FeedbackForm(
        request.POST or None,
        questions=one.kind.questions(side),
        hint=_hint(one, side),
        initial=_initial(mine),
    )
    if request.method == "POST" and form.is_valid():
        try:
            giving.answer(viewer, one, form.answer())
        except giving.Refused as refused:
            form.add_error(None, str(refused))
        else:
            notify(request, _("收到了，谢谢。"))
            return redirect("mentoring:pair", pair)
    context = {
        "form": form,
        "pair": one,
        "side": side,
        "other": one.b.name if side == "a" else one.a.name,
        "when": when,
        "locked": locked,
        "mine": mine,
        "mean": giving.seen_by(viewer, one, said),
    }
    return render(request, "mentoring/feedback.html", context, status=422 if form.errors else 200)


def _initial(mine: Feedback | None) -> dict:
    if mine is None or not mine.answers:
        return {}
    scores = {f"q{number}": score for number, score in enumerate(mine.answers["scores"])}
    return scores | {"again": mine.answers["again"], "words": mine.words}


@allow(LEAD)
@require_safe
def results(request: Request) -> HttpResponse:
    """What all said in the term: means by kind, few answers hidden; words only for whoever leads all pairs of the kind."""
    viewer = request.viewer
    school = place.school_of(viewer)
    when = giving.period(school, viewer.day)
    shown = []
    for name, kind in pair_kinds(school, viewer.day).items():
        if not coverage.may_see(viewer, kind) or not (
            pairs.leads_all(viewer, kind) or viewer.reach(kind.led_class).counts
        ):
            continue
        rows = list(
            Feedback.objects.filter(school=school, kind=name, since=when.first).select_related("a", "b")
        )
        running = coverage.held(kind, viewer).count()
        if running or rows:
            shown.append(
                {
                    "kind": kind,
                    "directions": giving.summary(kind, rows, running),
                    "words": _words(kind, rows) if pairs.leads_all(viewer, kind) else [],
                    "apart": _apart(kind, rows) if pairs.leads_all(viewer, kind) else [],
                }
            )
    context = {"tabs": place.tabs(viewer, "results"), "shown": shown, "when": when}
    return render(request, "mentoring/results.html", context)


def _who(row: Feedback) -> str:
    if row.side == FAMILY:
        return _("%(name)s的家长") % {"name": row.b.name}
    return row.a.name if row.side == "a" else row.b.name


def _words(kind: PairKind, rows: list[Feedback]) -> list[dict]:
    found = [row for row in rows if row.words]
    return [
        {
            "who": _who(row),
            "about": row.b.name if row.side == "a" else row.a.name,
            "words": row.words,
        }
        for row in sorted(found, key=lambda row: row.said_at, reverse=True)
    ]


def _apart(kind: PairKind, rows: list[Feedback]) -> list[Feedback]:
    """Return the answers that would rather have another, once for each pair."""
    found: dict[tuple[int, int], Feedback] = {}
    for row in rows:
        if row.answers and row.answers["again"] == giving.RATHER_NOT:
            found.setdefault((row.a_id, row.b_id), row)
    return list(found.values())

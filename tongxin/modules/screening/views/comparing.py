"""Before and after: two sittings compared, for everybody or by who took part in an activity."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.ui.charts import Bars, Series

from .. import comparing, picture
from ..models import Sitting
from .results import sitting_of, tabs


def chosen_before(request: Request, sitting: Sitting) -> Sitting | None:
    """Return what a sitting is compared with: its own pair, or what somebody who reads papers chose.

    Who reads no papers gets the one comparison that was planned: two of them could be set against each other.
    """
    asked = request.GET.get("before", "")
    if request.viewer.may("screening") and asked:
        found = next((one for one in comparing.earlier(sitting) if one.public_id == asked), None)
        if found is not None:
            return found
    return sitting.before


def chosen_activity(request: Request, before: Sitting, sitting: Sitting) -> comparing.Activity | None:
    asked = request.GET.get("activity", "")
    if not asked or not request.viewer.may("screening"):
        return None
    return next(
        (one for one in comparing.activities(request.viewer, before, sitting) if one.code == asked), None
    )


@allow("screening_figures")
@require_safe
def compare(request: Request, public_id: str) -> HttpResponse:
    viewer, sitting = request.viewer, sitting_of(request.viewer, public_id)
    before = chosen_before(request, sitting)
    activity = chosen_activity(request, before, sitting) if before else None
    may_choose = viewer.may("screening")
    ready = may_choose or sitting.state == Sitting.State.CLOSED
    changes = (
        comparing.compare(before, sitting, picture.IN_SCHOOL, activity.students if activity else None)
        if before and ready
        else []
    )
    names = [_("两次都做完的"), _("参加过的"), _("其他的")]
    filters = []
    if may_choose:
        filters.append(
            {"name": "before", "label": _("和哪次比"), "kind": "select", "value": before.public_id if before else "",
             "choices": [(one.public_id, one.title) for one in comparing.earlier(sitting)]}
        )  # fmt: skip
        if before:
            filters.append(
                {"name": "activity", "label": _("参加过什么活动"), "kind": "select",
                 "value": activity.code if activity else "",
                 "choices": [(one.code, one.words) for one in comparing.activities(viewer, before, sitting)]}
            )  # fmt: skip
    context = {
        "sitting": sitting,
        "tabs": tabs(viewer, sitting, "compare"),
        "ready": ready,
        "before": before,
        "activity": activity,
        "filters": filters,
        "changes": [
            {"change": change, "rows": comparing.figure_rows(change, names), "between": _between(change),
             "chart": _chart(change, names)}
            for change in changes
        ],
        "query": {"before": before.public_id if before else "", "activity": activity.code if activity else ""},
    }  # fmt: skip
    return render(request, "screening/results_compare.html", context)


def _between(change: comparing.Change) -> str:
    if change.between is None:
        return ""
    return _("参加过的和其他的相比，变化相差 %(size)s。%(reading)s") % {
        "size": comparing.size_words(change.between),
        "reading": comparing.reading(change.between, change.better_down),
    }


def _chart(change: comparing.Change, names: list[str]) -> Bars | None:
    told = [
        (name, effect)
        for name, effect in zip(names, (change.everybody, change.took, change.rest), strict=True)
        if effect is not None
    ]
    if not told:
        return None
    return Bars(
        _("%(title)s：均分从%(before).1f到%(after).1f")
        % {"title": change.title, "before": told[0][1].means[0], "after": told[0][1].means[1]},
        labels=[name for name, _effect in told],
        series=[
            Series(_("之前"), [round(effect.means[0], 2) for _name, effect in told]),
            Series(_("之后"), [round(effect.means[1], 2) for _name, effect in told]),
        ],
        unit=_("分"),
        label_head=_("谁"),
    )

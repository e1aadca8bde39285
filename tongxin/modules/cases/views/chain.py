"""Whom the school calls when a child needs somebody at once, in which order, and a trial that reaches each of them."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from tongxin.exchange.notices import channels, services
from tongxin.exchange.notices.models import Preference
from tongxin.kernel.access.doors import allow, school_of
from tongxin.kernel.access.requests import Request
from tongxin.kernel.base.models import School
from tongxin.kernel.signals import chain as chains
from tongxin.ui.toasts import notify

from .. import trying
from . import place

ROWS = 8
SPARE = 1
MINUTES = (5, 10, 15, 20, 30, 45, 60)


@allow("signal_chain")
@require_http_methods(["GET", "HEAD", "POST"])
def chain(request: Request) -> HttpResponse:
    viewer = request.viewer
    school = school_of(viewer)
    able = list(chains.able(school, viewer.day))
    error, typed = "", _saved(school)
    if request.method == "POST":
        typed = [
            (request.POST.get(f"person-{n}", ""), request.POST.get(f"minutes-{n}", "15")) for n in range(ROWS)
        ]
        error = _save(request, school, able, typed)
        if not error:
            notify(request, _("排好了。试一次，看看每个人能不能收到。"))
            return redirect("cases:chain")
    filled = [row for row in typed if row[0]]
    rows = [*filled, *[("", "15")] * max(chains.LEAST - len(filled), SPARE)][:ROWS]
    context = {
        "tabs": place.tabs(viewer, "chain"),
        "rows": [{"n": n, "person": person, "minutes": minutes} for n, (person, minutes) in enumerate(rows)],
        "able": able,
        "minutes": MINUTES,
        "error": error,
        "steps": _reached(school),
        "vacancies": chains.vacancies(school, viewer.day),
        "mail_off": not (services.settings_of(school).email_on and channels.email_ready()),
    }
    return render(request, "cases/chain.html", context, status=422 if error else 200)


def _saved(school: School) -> list[tuple[str, str]]:
    return [(step.person.public_id, str(step.minutes)) for step in chains.chain_of(school)]


def _save(request: Request, school: School, able: list, typed: list[tuple[str, str]]) -> str:
    """Save the chain as typed; return why not."""
    known = {one.public_id: one for one in able}
    wanted = []
    for person, minutes in typed:
        if not person:
            continue
        if person not in known:
            return _("有人现在不能处理：不在校、没有账号，或没有相应的职务。请换一位。")
        wanted.append(
            chains.Wanted(known[person], int(minutes) if minutes.isdecimal() and len(minutes) < 4 else 0)
        )
    try:
        chains.set_chain(school, wanted, by=request.viewer, day=request.viewer.day)
    except chains.Refused as refused:
        return str(refused)
    return ""


def _reached(school: School) -> list[dict[str, Any]]:
    """Return the chain with how each of it is reached."""
    steps = chains.chain_of(school)
    written = set(
        Preference.objects.filter(person__in=[step.person_id for step in steps])
        .exclude(email="").values_list("person_id", flat=True)
    )  # fmt: skip
    return [{"step": step, "has_email": step.person_id in written} for step in steps]


@allow("signal_chain")
@require_POST
def try_it(request: Request) -> HttpResponse:
    """Send each of the chain a notice that says it is a trial."""
    n = trying.try_chain(school_of(request.viewer), by=request.viewer)
    words = ngettext(
        "给 %(n)d 个人发了试发的通知，请问问他们看到没有。",
        "给 %(n)d 个人发了试发的通知，请问问他们看到没有。",
        n,
    )
    notify(request, words % {"n": n} if n else _("还没有排好应急联系人。"))
    return redirect("cases:chain")

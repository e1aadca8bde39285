"""Log an activity 登记: choose the kind, fill one short form, see what it closed."""

from __future__ import annotations

import re

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.ledger.evidence import BadFile
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.ledger.queries import visible_entries
from tongxin.kernel.ledger.services import Draft, Refused, record_activity
from tongxin.kernel.programmes.queries import kind_named
from tongxin.methods.cadence.declarations import Kind
from tongxin.ui.toasts import notify

from .. import gaps, kinds, people, queries
from ..forms.activity import ActivityForm, initial_from, own_parts

ONCE = re.compile(r"[0-9a-f]{32}")


@allow("record")
def record(request: Request) -> HttpResponse:
    """Choose what to log: what this person logs most, then everything in the plan's order."""
    loggable = kinds.loggable(request.viewer)
    words = request.GET.get("q", "").strip()
    context = {"words": words, "any": bool(loggable)}
    if words:
        context["found"] = kinds.search(loggable.values(), words)
    else:
        context["most_used"] = kinds.most_used(request.viewer, loggable)
        context["groups"] = kinds.grouped(request.viewer, loggable)
    return render(request, "desk/record.html", context)


@allow("record")
def record_kind(request: Request, kind: str) -> HttpResponse:
    declared = _kind(request, kind)
    if request.method != "POST":
        initial = {"day": request.viewer.day, **own_parts(declared, request.viewer)}
        form = ActivityForm(declared, request.viewer, initial=initial | initial_from(declared, request.GET))
        return _form_page(request, form)
    form = ActivityForm(declared, request.viewer, request.POST, request.FILES)
    if "find" not in request.POST and form.is_valid():
        entry = _save(request, declared, form)
        if entry is not None:
            return redirect(_next(request) or reverse("desk:home"))
    return _form_page(request, form)


def _save(request: Request, kind: Kind, form: ActivityForm) -> Entry | None:
    """Save the form; on a refusal say it beside the field and keep everything typed."""
    draft = form.draft(_token(request))
    school = request.viewer.school
    assert school is not None  # the verb comes with a post, and a post with a school
    known = bool(draft.token) and Entry.objects.filter(token=draft.token, school=school).exists()
    owed_before = gaps.unmet_for(request.viewer, kind.name, draft)
    try:
        entry = record_activity(school, kind, draft, by=request.viewer.account, today=request.viewer.day)
    except Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return None
    except BadFile as bad:
        form.add_error(_file_field(form), str(bad))
        return None
    closed = [] if known else gaps.closed(request.viewer, kind.name, draft, owed_before)
    notify(request, _said(kind, draft, closed), undo_url=reverse("desk:entry_undo", args=[entry.public_id]))
    _warn_of_alike(request, kind, draft, entry)
    return entry


def _file_field(form: ActivityForm) -> str | None:
    given = [name for name in form.files if name in form.fields]
    return given[0] if given else None


def _said(kind: Kind, draft: Draft, closed: list[str]) -> str:
    text = _("已登记%(kind)s。") % {"kind": kind.title}
    if not closed:
        return text
    if len(closed) == 1:
        return text + _("补上了一项：%(what)s。") % {"what": closed[0]}
    return text + _("补上了%(n)d项：%(what)s等。") % {"n": len(closed), "what": closed[0]}


def _warn_of_alike(request: Request, kind: Kind, draft: Draft, entry: Entry) -> None:
    twins = queries.alike(entry.school_id, kind, entry.day, draft.parts, but=entry.pk)
    if twins.exists():
        notify(
            request,
            _("这一天已经有%(kind)s的相似记录。如果是同一次活动，请在台账里撤回其中一条。")
            % {"kind": kind.title},
        )


def _form_page(request: Request, form: ActivityForm) -> HttpResponse:
    return render(
        request,
        "desk/record_kind.html",
        {
            "form": form,
            "kind": form.kind,
            "today": request.viewer.day,
            "yesterday": request.viewer.day.fromordinal(request.viewer.day.toordinal() - 1),
            "once": _once(request),
            "next": _next(request),
            "people_url": reverse("desk:record_people", args=[form.kind.name]),
            "check_url": reverse("desk:record_check", args=[form.kind.name]),
        },
    )


@allow("record")
def record_people(request: Request, kind: str) -> HttpResponse:
    """Answer the person picker: names within reach that fit the part (also of a kind whose programme has ended)."""
    declared = kind_named(request.viewer.school, kind, request.viewer.day) if request.viewer.school else None
    if declared is None or not kinds.may_log(request.viewer, declared):
        raise Http404
    part = declared.part(request.GET.get("part", ""))
    if part is None:
        raise Http404
    words, group = request.GET.get("q", ""), request.GET.get("group", "")
    viewer = request.viewer
    if words.strip() or group:
        listed, more = people.found(viewer, part, words, group, viewer.day)
    else:
        listed = people.choices(people.suggested(viewer, part, declared.name, viewer.day), viewer.day)
        more = False
    return JsonResponse(
        {
            "people": [choice.as_json() for choice in listed],
            "groups": people.groups(viewer, part, viewer.day),
            "more": more,
        }
    )


@allow("record")
def record_check(request: Request, kind: str) -> HttpResponse:
    """Say beside the form, while it is filled in, that the same activity may be on file already."""
    declared = _kind(request, kind)
    form = ActivityForm(declared, request.viewer, request.POST)
    form.is_valid()
    entries = []
    if form.cleaned_data.get("day"):
        parts = {
            part.name: [
                form.subjects[one].pk
                for one in form.cleaned_data.get(f"part_{part.name}") or ()
                if one in form.subjects
            ]
            for part in declared.parts
        }
        twins = queries.alike(request.viewer.school_id or 0, declared, form.cleaned_data["day"], parts)
        entries = list(visible_entries(request.viewer).filter(pk__in=twins.values("pk"))[:3])
    return render(request, "desk/_alike.html", {"entries": entries, "kind": declared})


def _kind(request: Request, name: str) -> Kind:
    declared = kinds.loggable(request.viewer).get(name)
    if declared is None:
        raise Http404
    return declared


def _once(request: Request) -> str:
    """Keep the form's token when it comes back with an error, so that a second try is still one activity."""
    sent = request.POST.get("once", "")
    return sent if ONCE.fullmatch(sent) else ""


def _token(request: Request) -> str | None:
    sent = _once(request)
    return f"{request.viewer.account_id}:{sent}" if sent else None


def _next(request: Request) -> str:
    """Return where the person came from, when it is a page of ours."""
    wanted = request.POST.get("next", "") or request.GET.get("next", "")
    return wanted if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted[:1] == "/" else ""

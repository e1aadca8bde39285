"""One entry of the ledger: read it, correct it, withdraw it, add evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.ledger import services
from tongxin.kernel.ledger.evidence import BadFile
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.ledger.queries import countable_entries, may_change, visible_entries
from tongxin.kernel.people.models import Person
from tongxin.kernel.programmes.queries import kind_named
from tongxin.methods.cadence.declarations import Kind
from tongxin.ui.formats import amount_words
from tongxin.ui.toasts import notify
from tongxin.ui.worded import as_written

from .. import answering, choosing, gaps, ledger
from ..forms.activity import ActivityForm, initial_of
from ..forms.evidence import EvidenceForm

UNDO_REASON = "登记后撤销"


@dataclass
class PartLine:
    """Who played a part. groups: classes that stand for their members; absent: those of them who were not there."""

    title: str
    names: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


@allow("ledger")
def entry(request: Request, public_id: str) -> HttpResponse:
    """An entry in full; a figure for those who get figures of its class only."""
    viewer = request.viewer
    found = _visible(viewer).filter(public_id=public_id).first()
    if found is None:
        return _figure(request, public_id)
    if CLASSES.index(found.data_class or "K1") >= ledger.COMPARTMENT:
        with transaction.atomic():
            audit.write(viewer, "ledger.entry_read", found)
    words = ledger.words_of(viewer)
    kind = words.kinds.get(found.kind)
    may = may_change(viewer, found)
    return render(
        request,
        "desk/entry.html",
        {
            "entry": found,
            "kind_title": words.kind_title(found.kind),
            "heading": words.heading_title(found.heading),
            "parts": _parts(found, kind),
            "facts": _facts(found, kind),
            "about": answering.answered_by(viewer, found),
            "to_answer": answering.to_answer(viewer, found),
            "answers": answering.answers_to(viewer, found) if found.is_current else [],
            "evidence": list(found.evidence.filter(superseded_at=found.superseded_at).order_by("pk")),
            "evidence_titles": {e.name: e.title for e in (kind.evidence if kind else ())},
            "recorded_by": _author(found),
            "history": _history(found),
            "correction": found.corrections.order_by("-pk").first(),
            "counts": gaps.counted_for(viewer, found),
            "may_change": may and found.is_current,
            "may_restore": may and not found.is_current and bool(found.withdrawn_reason),
            "may_add": found.is_current and _may_add(viewer, found, may),
            "form": EvidenceForm(kind),
        },
    )


def _visible(viewer: Viewer):
    return visible_entries(viewer).select_related(
        "school", "supersedes", "recorded_by", "about", "about_event__subject"
    )


def _figure(request: Request, public_id: str) -> HttpResponse:
    """What happened and how many were there, without anybody's name; withdrawn ones are not shown at all."""
    viewer = request.viewer
    found = get_object_or_404(countable_entries(viewer).filter(superseded_at=FOREVER), public_id=public_id)
    words = ledger.words_of(viewer)
    _names, sizes = ledger.who_was_there([found.pk])
    return render(
        request,
        "desk/entry_figure.html",
        {
            "day": found.day,
            "kind_title": words.kind_title(found.kind),
            "heading": words.heading_title(found.heading),
            "people": ledger.size_words(sizes[found.pk]),
            "proofs": found.evidence.filter(superseded_at=FOREVER).count(),
        },
    )


def _may_add(viewer: Viewer, found: Entry, may: bool) -> bool:
    """Its author, whoever keeps the ledger, and the adults who took part may add a proof."""
    if may:
        return True
    if not viewer.may("record") or not viewer.person_id:
        return False
    return found.participations.filter(subject_id=viewer.person_id, superseded_at=FOREVER).exists()


def _parts(found: Entry, kind: Kind | None) -> list[PartLine]:
    titles = {part.name: part.title for part in kind.parts} if kind else {}
    lines: dict[str, PartLine] = {name: PartLine(title) for name, title in titles.items()}
    rows = found.participations.filter(superseded_at=found.superseded_at).order_by("pk")
    for part, name, type_, via, absent in rows.values_list(
        "part", "subject__name", "subject__type", "via", "absent"
    ):
        line = lines.setdefault(part, PartLine(titles.get(part, _("参与"))))
        if absent:
            line.absent.append(name)
        elif type_ in services.GROUP_LINK:
            line.groups.append(name)
        elif via is None:
            line.names.append(name)
    return [line for line in lines.values() if line.names or line.groups or line.absent]


def _facts(found: Entry, kind: Kind | None) -> list[tuple[str, str]]:
    """Qualifiers and amounts with their declared titles; undeclared ones are left out."""
    facts: list[tuple[str, str]] = []
    for q in kind.qualifiers if kind else ():
        value = getattr(found, q.name) if q.name in services.COLUMNS else found.extra.get(q.name, "")
        if value:
            facts.append((q.title, q.values.get(value, str(value))))
    facts += choosing.chosen_words(found)
    for a in kind.amounts if kind else ():
        value = found.extra.get(a.name)
        if isinstance(value, int):
            unit = f" {a.unit}" if a.unit else ""
            per = _("（每人）") if a.per == "person" and as_written(a.unit) == "小时" else ""
            facts.append((a.title, f"{amount_words(value)}{unit}{per}"))
    return facts


def _author(found: Entry) -> str:
    person = (
        Person.objects.select_related("subject")
        .filter(account_id=found.recorded_by_id, school_id=found.school_id)
        .first()
        if found.recorded_by_id
        else None
    )
    return person.name if person else ""


def _history(found: Entry) -> list[dict[str, Any]]:
    """Return the earlier forms of an entry, newest first; a chain of corrections is short."""
    items: list[dict[str, Any]] = []
    step: Entry | None = found
    while step is not None and len(items) < 20:
        title = _("登记") if step.supersedes_id is None else _("更正")
        if step.supersedes is not None and step.supersedes.withdrawn_reason:
            title = _("恢复")
        items.append(
            {"when": step.recorded_at, "title": title, "url": "" if step.pk == found.pk else _url(step)}
        )
        step = Entry.objects.select_related("supersedes").filter(pk=step.supersedes_id).first()
    if found.withdrawn_reason and not found.is_current:
        withdrawn = {"when": found.superseded_at, "title": _("撤回"), "text": found.withdrawn_reason}
        items.insert(0, withdrawn)
    return items


def _url(found: Entry) -> str:
    return reverse("desk:entry", args=[found.public_id])


def _mine(request: Request, public_id: str) -> Entry:
    """Return an entry this viewer may change; anything else is not there."""
    found = get_object_or_404(_visible(request.viewer), public_id=public_id)
    if not may_change(request.viewer, found):
        raise Http404
    return found


@allow("record", "correct")
def correct(request: Request, public_id: str) -> HttpResponse:
    found = _mine(request, public_id)
    if not found.is_current:
        return redirect(_url(found))
    kind = kind_named(found.school, found.kind, request.viewer.day)
    if kind is None:
        raise Http404
    viewer = request.viewer
    if request.method == "POST":
        form = ActivityForm(kind, viewer, request.POST, request.FILES, entry=found)
        if "find" not in request.POST and form.is_valid():
            new = _correct(request, found, kind, form)
            if new is not None:
                return redirect(_url(new))
    else:
        form = ActivityForm(kind, viewer, initial=initial_of(found, kind), entry=found)
    return render(
        request,
        "desk/correct.html",
        {
            "form": form,
            "entry": found,
            "kind": kind,
            "today": viewer.day,
            "yesterday": viewer.day.fromordinal(viewer.day.toordinal() - 1),
            "people_url": reverse("desk:record_people", args=[kind.name]),
        },
    )


def _correct(request: Request, found: Entry, kind: Kind, form: ActivityForm) -> Entry | None:
    try:
        new = services.correct_activity(
            found, kind, form.draft(None), by=request.viewer.account, today=request.viewer.day
        )
    except services.Refused as refused:
        form.add_error(refused.field if refused.field in form.fields else None, str(refused))
        return None
    except services.AlreadyWithdrawn:
        form.add_error(None, _("这条记录刚刚被别人更正或撤回了。请刷新页面再看。"))
        return None
    except BadFile as bad:
        form.add_error(next((n for n in form.files if n in form.fields), None), str(bad))
        return None
    notify(request, _("已更正。原来的记录仍可查看。"))
    return new


@allow("record", "correct")
def withdraw(request: Request, public_id: str) -> HttpResponse:
    """Ask for the reason, then take the entry out of what counts."""
    found = _mine(request, public_id)
    error = ""
    if request.method == "POST":
        try:
            services.withdraw(found, request.POST.get("reason", ""), by=request.viewer.account)
        except services.Refused as refused:
            error = str(refused)
        except services.AlreadyWithdrawn:
            return redirect(_url(found))
        else:
            undo = reverse("desk:entry_restore", args=[found.public_id])
            notify(request, _("已撤回，不再计入完成情况。"), undo_url=undo)
            return redirect("desk:ledger")
    return render(request, "desk/withdraw.html", {"entry": found, "error": error})


@allow("record", "correct")
@require_POST
def undo(request: Request, public_id: str) -> HttpResponse:
    """Take back what was logged a moment ago; the toast's button."""
    found = _mine(request, public_id)
    try:
        services.withdraw(found, UNDO_REASON, by=request.viewer.account)
    except services.AlreadyWithdrawn:
        return redirect(_url(found))
    notify(request, _("已撤销刚才的登记。"), undo_url=reverse("desk:entry_restore", args=[found.public_id]))
    return redirect("desk:home")


@allow("record", "correct")
@require_POST
def restore(request: Request, public_id: str) -> HttpResponse:
    found = _mine(request, public_id)
    try:
        new = services.undo_withdrawal(found, by=request.viewer.account)
    except services.AlreadyWithdrawn:
        return redirect(_url(found))
    notify(request, _("已恢复这条记录。"))
    return redirect(_url(new))


@allow("record")
@require_POST
def add_evidence(request: Request, public_id: str) -> HttpResponse:
    viewer = request.viewer
    found = get_object_or_404(_visible(viewer), public_id=public_id, superseded_at=FOREVER)
    if not _may_add(viewer, found, may_change(viewer, found)):
        raise Http404
    kind = kind_named(found.school, found.kind, viewer.day)
    form = EvidenceForm(kind, request.POST, request.FILES)
    error = ""
    if form.is_valid():
        try:
            made = services.add_evidence(found, form.uploads(), by=viewer.account)
        except BadFile as bad:
            error = str(bad)
        except services.AlreadyWithdrawn:
            error = _("这条记录已被更正或撤回，没有保存。请刷新页面再看。")
        else:
            notify(request, _("已添加%(n)d件佐证材料。") % {"n": len(made)})
            return redirect(_url(found))
    page = {"entry": found, "form": form, "error": error or _("请先选择照片或文件。")}
    return render(request, "desk/add_evidence.html", page)

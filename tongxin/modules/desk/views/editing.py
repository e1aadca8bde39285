"""Adopt a pack, change a programme in the browser, look at its versions. Every change shows its effect first."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.obligations import queries
from tongxin.kernel.obligations.changes import changes
from tongxin.kernel.obligations.queries import Asked
from tongxin.kernel.obligations.weighing import moves_words
from tongxin.kernel.people.models import Person
from tongxin.kernel.programmes import services
from tongxin.kernel.programmes.models import Programme, ProgrammeVersion
from tongxin.kernel.programmes.packs import findings, offered, parse, parse_in_words, with_line
from tongxin.kernel.programmes.queries import current_version
from tongxin.methods.cadence.findings import PackUnreadable
from tongxin.methods.cadence.pack import Pack, pack_from_text
from tongxin.methods.cadence.words import sentence
from tongxin.ui.toasts import notify
from tongxin.ui.worded import as_written, said

from .. import rewriting
from ..forms.programme import AdoptForm, DutyForm, OwnPackForm, PlanForm
from ..numbers import language
from ..weights import changed_rows
from .programme import asked_of, editable_of, frame

MOST_BYTES = 2 * 1024 * 1024
MOST_PEOPLE = 50


@allow("programme_edit")
def adopt(request: Request) -> HttpResponse:
    """The packs on offer, and an own one from a file."""
    year = request.viewer.day.year
    form = OwnPackForm(initial={"year": year})
    wrong: list = []
    if request.method == "POST":
        form = OwnPackForm(request.POST, request.FILES)
        if form.is_valid():
            text = _text_of(form)
            wrong = [f for f in findings(text) if f.level == "error"] if text else []
            if text and not wrong and (programme := _adopt(request, form, "", text)):
                return redirect("desk:programme", programme.public_id)
    offers = [_offer(offer.slug, parse_in_words(offer.text)) for offer in offered().values()]
    return render(request, "desk/adopt.html", {"offers": offers, "form": form, "wrong": wrong})


def _text_of(form: OwnPackForm) -> str:
    file = form.cleaned_data["file"]
    if file.size > MOST_BYTES:
        form.add_error("file", _("文件太大，方案文件不应超过2MB。"))
        return ""
    try:
        text = file.read().decode("utf-8-sig")
        pack_from_text(text)
    except UnicodeDecodeError:
        form.add_error("file", _("文件的编码不对。请另存为 UTF-8 编码再上传。"))
    except PackUnreadable as error:
        form.add_error("file", with_line(error.finding()))
    else:
        return text
    return ""


def _adopt(request: Request, form: AdoptForm, slug: str, text: str | None) -> Programme | None:
    school = request.viewer.school
    assert school is not None  # the verb comes with a post, and a post with a school
    try:
        programme = services.adopt(
            school, slug, form.cleaned_data["year"], by=request.viewer.account, text=text
        )
    except services.CannotAdopt as refused:
        form.add_error(None, str(refused))
        return None
    notify(
        request,
        _("已采用“%(title)s”。每个人要做的事已经列在各自的待办里。") % {"title": said(programme.title)},
    )
    return programme


def _offer(slug: str, pack: Pack) -> dict:
    counts = {
        "duties": len(pack.obligation_ids()),
        "items": len(pack.plan_items),
        "kinds": len(pack.kinds),
    }
    return {
        "title": pack.title,
        "url": reverse("desk:adopt_pack", args=[slug]),
        "facts": [
            _("%(duties)d项要求") % counts,
            _("%(items)d件年度安排") % counts,
            _("%(kinds)d类活动") % counts,
        ],
        "text": said(pack.raw.get("summary", "")) or pack.source.document,
    }


def _day_words(written: str) -> str:
    """Return a day of any programme year as people say it: "+1 01-31" is 次年1月31日."""
    month, day = (int(part) for part in written.removeprefix("+1 ").split("-"))
    said = _("%(month)d月%(day)d日") % {"month": month, "day": day}
    return _("次年%(day)s") % {"day": said} if written.startswith("+1 ") else said


@allow("programme_edit")
def adopt_pack(request: Request, slug: str) -> HttpResponse:
    """What a pack contains, what the linter says of it, and the year to adopt it for."""
    offer = offered().get(slug)
    if offer is None:
        raise Http404
    pack = parse_in_words(offer.text)
    form = AdoptForm(request.POST or None, initial={"year": request.viewer.day.year})
    if request.method == "POST" and form.is_valid():
        programme = _adopt(request, form, slug, None)
        if programme is not None:
            return redirect("desk:programme", programme.public_id)
    context = {
        "pack": pack,
        "form": form,
        "duties": _sentences(pack),
        "phases": [
            (phase.title, _day_words(phase.first), _day_words(phase.last)) for phase in pack.phases.values()
        ],
        "findings": _worth_reading(offer.text),
    }
    return render(request, "desk/adopt_pack.html", context)


def _sentences(pack: Pack) -> list[tuple[str, str]]:
    return [(o.title, sentence(pack, o, language()) if o.evaluable else o.later) for o in pack.obligations]


def _worth_reading(text: str) -> list:
    """Findings for a person: each sentence once, errors first."""
    seen: dict[str, object] = {}
    for finding in findings(text):
        seen.setdefault(finding.sentence, finding)
    return list(seen.values())


@allow("programme_edit")
def edit(request: Request, public_id: str) -> HttpResponse:
    """What can be changed: the plan, and each obligation."""
    asked = queries.ask(editable_of(request, public_id), request.viewer.day)
    rows = [
        {
            "title": rule.title,
            "sentence": sentence(asked.pack, rule, language()) if rule.evaluable else rule.later,
            "url": reverse("desk:edit_duty", args=[public_id, rule.id]),
            "ended": rule.until is not None and rule.until < request.viewer.day,
        }
        for rule in asked.rules
    ]
    return render(request, "desk/edit.html", frame(request, asked, "versions") | {"rows": rows})


@dataclass(frozen=True)
class Effect:
    """What a change would do before it is saved, on the school's own last term.

    verdicts: sentences on how many verdicts would change; people: whose, as far as the viewer may read, the first of them.
    """

    changes: list[rewriting.Change]
    verdicts: list[str]
    wrong: list
    people: list[dict]
    more: int


@allow("programme_edit")
def edit_duty(request: Request, public_id: str, rule: str) -> HttpResponse:
    asked = queries.ask(editable_of(request, public_id), request.viewer.day)
    found = queries.obligation_named(asked.pack, rule, asked.as_of)
    written = queries.obligation_named(asked.pack.as_written, rule, asked.as_of)
    if found is None or written is None:
        raise Http404
    form = DutyForm(asked.pack.as_written, written, request.viewer.day, request.POST or None)
    new = (
        rewriting.edit_duty(asked.pack.as_written, written, form.edit())
        if request.method == "POST" and form.is_valid()
        else None
    )
    context = {
        "form": form,
        "rule": found,
        "sentence": sentence(asked.pack, found, language()) if found.evaluable else found.later,
    }
    return _edit_page(request, asked, new, as_written(found.title), "desk/edit_duty.html", context)


@allow("programme_edit")
def edit_plan(request: Request, public_id: str) -> HttpResponse:
    asked = queries.ask(editable_of(request, public_id), request.viewer.day)
    form = PlanForm(asked.programme, asked.pack.as_written, request.POST or None)
    new = form.rewritten(asked.pack.as_written) if request.method == "POST" and form.is_valid() else None
    return _edit_page(request, asked, new, _("年度安排"), "desk/edit_plan.html", {"form": form})


def _edit_page(
    request: Request, asked: Asked, new: Pack | None, what: str, template: str, context: dict
) -> HttpResponse:
    """Show the form; after the first send what would change; after the second save it as a new version."""
    programme = asked.programme
    base = current_version(programme).number
    context = frame(request, asked, "versions") | {"base": base} | context
    if new is None:
        return render(request, template, context)
    effect = _effect(request.viewer, asked, new)
    if "confirm" in request.POST and effect.changes and not effect.wrong:
        try:
            services.change(
                programme,
                new.to_text(),
                request.POST.get("note", "").strip() or _("修改：%(what)s") % {"what": what},
                by=request.viewer.account,
                base=_base(request, base),
            )
        except services.CannotAdopt as refused:
            context["refused"] = str(refused)
        else:
            notify(request, _("已保存为新版本。"))
            return redirect("desk:versions", programme.public_id)
    return render(request, template, context | {"effect": effect})


def _base(request: Request, present: int) -> int:
    sent = request.POST.get("base", "")
    return int(sent) if sent.isdecimal() else present


def _effect(viewer: Viewer, asked: Asked, new: Pack) -> Effect:
    differences = rewriting.changes(asked.pack, new)
    wrong = services.errors_of(asked.programme.school, new.to_text())
    said = None
    if differences and not wrong:
        said = changes(viewer, asked.programme.school, asked.pack, new, asked.as_of)
    people = changed_rows(asked.programme.public_id, said)
    return Effect(differences, moves_words(said), wrong, people[:MOST_PEOPLE], len(people[MOST_PEOPLE:]))


@allow("programme_edit")
def versions(request: Request, public_id: str) -> HttpResponse:
    asked = asked_of(request, public_id)
    rows = list(asked.programme.versions.select_related("recorded_by").order_by("-number"))
    people = dict(
        Person.objects.filter(
            school_id=asked.programme.school_id, account__in=[r.recorded_by_id for r in rows]
        ).values_list("account", "subject__name")
    )
    items = [
        {
            "when": row.recorded_at,
            "title": _("第%(n)d版") % {"n": row.number},
            "text": "，".join(
                part for part in (said(row.note), people.get(row.recorded_by_id or 0, "")) if part
            ),
            "url": reverse("desk:version", args=[public_id, row.number]),
        }
        for row in rows
    ]
    return render(request, "desk/versions.html", frame(request, asked, "versions") | {"items": items})


@allow("programme_edit")
def version(request: Request, public_id: str, number: int) -> HttpResponse:
    """One version: what it changed against the one before, and what it would change against today's."""
    asked = asked_of(request, public_id)
    found = get_object_or_404(asked.programme.versions, number=number)
    earlier = asked.programme.versions.filter(number=number - 1).first()
    against = request.GET.get("against", "")
    other = asked.programme.versions.filter(number=int(against)).first() if against.isdecimal() else None
    base = other or earlier
    present = current_version(asked.programme)
    return render(
        request,
        "desk/version.html",
        frame(request, asked, "versions")
        | {
            "version": found,
            "base": base,
            "changes": rewriting.changes(parse(base.text), parse(found.text)) if base else [],
            "present": present,
            "numbers": range(1, present.number + 1),
        },
    )


@allow("programme_edit")
@require_POST
def restore(request: Request, public_id: str, number: int) -> HttpResponse:
    """Make an earlier text the present one, as a new version."""
    programme = editable_of(request, public_id)
    found: ProgrammeVersion = get_object_or_404(programme.versions, number=number)
    present = current_version(programme)
    if found.sha256 != present.sha256:
        note = _("恢复第%(n)d版") % {"n": number}
        try:
            services.change(programme, found.text, note, by=request.viewer.account, base=present.number)
        except services.CannotAdopt as refused:
            notify(request, str(refused))
        else:
            notify(request, _("已恢复第%(n)d版，存为新的一版。") % {"n": number})
    return redirect("desk:versions", public_id)


@allow("programme_edit")
def retire(request: Request, public_id: str) -> HttpResponse:
    """End a programme from today, or take it up again; what was done stays readable."""
    asked = queries.ask(editable_of(request, public_id), request.viewer.day)
    programme, viewer = asked.programme, request.viewer
    ended = programme.retired_on is not None and programme.retired_on <= viewer.day
    if request.method == "POST":
        if ended:
            services.resume(programme, by=viewer.account)
            notify(request, _("已恢复“%(title)s”。") % {"title": said(programme.title)})
        else:
            services.retire(programme, viewer.day, by=viewer.account)
            notify(request, _("已停用“%(title)s”。") % {"title": said(programme.title)})
        return redirect("desk:programmes")
    return render(request, "desk/retire.html", frame(request, asked, "versions") | {"ended": ended})

"""Drafts of programmes: begin, look at, export, take back, hand over."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tongxin.exchange import outgoing
from tongxin.exchange.change_sheets import changes_sheet, owing_notes, owing_sheet
from tongxin.exchange.documents.sheets import write_workbook
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.obligations.changes import changes
from tongxin.kernel.obligations.load import school_load
from tongxin.kernel.obligations.owing import would_owe
from tongxin.kernel.obligations.queries import obligation_named
from tongxin.kernel.obligations.weighing import load_sentence, moves_words
from tongxin.kernel.programmes import services as programmes
from tongxin.kernel.programmes.packs import findings, in_page_words, offered, with_line
from tongxin.kernel.programmes.queries import current_pack, texts_around, visible_programmes
from tongxin.methods.cadence.words import sentence
from tongxin.ui.formats import period_words
from tongxin.ui.toasts import notify
from tongxin.ui.worded import said

from .. import services
from ..language import spoken
from ..models import PackDraft

MOST_BYTES = 2 * 1024 * 1024
PEOPLE_SHOWN = 50
MOST_SAID = 5  # what is wrong in a file, at once


def draft_of(request: Request, public_id: str) -> PackDraft:
    return get_object_or_404(
        PackDraft.objects.select_related("programme"), public_id=public_id, school=request.viewer.school
    )


class StartForm(forms.Form):
    title = forms.CharField(
        label=gettext_lazy("方案叫什么"), max_length=60,
        error_messages={"required": gettext_lazy("请填写方案名称。")},
    )  # fmt: skip
    programme_year = forms.ChoiceField(
        label=gettext_lazy("按哪种年度"),
        choices=[
            ("calendar", gettext_lazy("公历年（1月到12月）")),
            ("school", gettext_lazy("学年（9月到8月）")),
        ],
    )


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("方案文件"), error_messages={"required": gettext_lazy("请选择方案文件。")},
        help_text=gettext_lazy("以 yaml 结尾，别的学校导出的也可以。"),
    )  # fmt: skip


@allow("programme_edit")
def listing(request: Request) -> HttpResponse:
    """What is being written, and three ways to begin."""
    school, viewer = request.viewer.school, request.viewer
    assert school is not None  # the verb comes with a post, and a post with a school
    start, upload = StartForm(), FileForm()
    if request.method == "POST" and "slug" in request.POST:
        offer = offered().get(request.POST["slug"])
        if offer is not None:
            begun = services.start_from_text(school, offer.text, by=viewer.account)
            return redirect("authoring:draft", begun.public_id)
    elif request.method == "POST" and "upload" in request.POST:
        upload = FileForm(request.POST, request.FILES)
        if upload.is_valid() and (begun_from := _from_file(request, upload)):
            return redirect("authoring:draft", begun_from.public_id)
    elif request.method == "POST":
        start = StartForm(request.POST)
        if start.is_valid():
            title, year = start.cleaned_data["title"].strip(), start.cleaned_data["programme_year"]
            begun = services.start_blank(school, title, year, by=viewer.account, today=viewer.day)
            return redirect("authoring:draft", begun.public_id)
    cards = [
        {
            "title": said(one.title),
            "url": reverse("authoring:draft", args=[one.public_id]),
            "facts": [
                _("改“%(title)s”") % {"title": said(one.programme.title)} if one.programme else _("新方案")
            ],
            "text": _("上次：%(what)s") % {"what": one.last_change} if one.last_change else "",
        }
        for one in PackDraft.objects.filter(school=school).select_related("programme").order_by("-saved_at")
    ]
    context = {"cards": cards, "start": start, "upload": upload, "offers": offered().values()}
    return render(request, "authoring/drafts.html", context)


def _from_file(request: Request, form: FileForm) -> PackDraft | None:
    file = form.cleaned_data["file"]
    if file.size > MOST_BYTES:
        form.add_error("file", _("文件太大，方案文件不应超过2MB。"))
        return None
    try:
        assert request.viewer.school is not None
        return services.start_from_text(
            request.viewer.school, file.read().decode("utf-8-sig"), by=request.viewer.account
        )
    except UnicodeDecodeError:
        form.add_error("file", _("文件的编码不对。请另存为 UTF-8 编码再上传。"))
    except services.CannotBegin as refused:
        form.add_error("file", _once(with_line(finding) for finding in refused.findings)[:MOST_SAID])
    return None


class StricterForm(forms.Form):
    """Where a stricter rule is to be written. places: (what, its words)."""

    place = forms.ChoiceField(
        label=gettext_lazy("写在哪个方案里"), widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("请选写在哪个方案里。")},
    )  # fmt: skip

    def __init__(self, places: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, initial={"place": places[0][0]}, **kwargs)
        self.fields["place"].choices = places  # type: ignore[attr-defined]


def _places(request: Request) -> list[tuple[str, str]]:
    """The drafts that may be gone on with, the school's own programmes, and one from nothing."""
    school, viewer = request.viewer.school, request.viewer
    drafts = PackDraft.objects.filter(school=school).select_related("programme").order_by("-saved_at")
    begun = [one for one in drafts if one.programme is None or not one.programme.locked]
    known = {one.programme_id for one in begun}
    own = visible_programmes(viewer).filter(school=school, handed_down=None, last_day__gte=viewer.day)
    return [
        *((f"draft:{one.public_id}", _("草稿“%(title)s”") % {"title": said(one.title)}) for one in begun),
        *(
            (f"programme:{one.public_id}", _("“%(title)s”，存为新的一版") % {"title": said(one.title)})
            for one in own.order_by("first_day", "pk")
            if one.pk not in known
        ),
        ("new", _("另写一个方案")),
    ]


@allow("programme_edit")
def stricter(request: Request, programme: str, rule: str) -> HttpResponse:
    """Take a rule of the bureau as the beginning of a stricter one of the school's own."""
    viewer = request.viewer
    theirs = get_object_or_404(
        visible_programmes(viewer).filter(school=viewer.school, handed_down__isnull=False),
        public_id=programme,
    )
    above = current_pack(theirs)
    asked = obligation_named(above, rule, viewer.day)
    if asked is None or not asked.evaluable:
        raise Http404
    form = StricterForm(_places(request), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            draft = _place(request, form.cleaned_data["place"])
            at = services.begin_stricter(draft, above, rule, by=viewer.account, today=viewer.day)
        except services.NOT_SAVED as said:
            form.add_error(None, str(said))
        else:
            notify(request, _("已照上级的写法写进草稿。把数或期限改严，再保存。"))
            return redirect("authoring:rule", draft.public_id, at)
    context = {
        "form": form, "rule": asked, "programme": theirs, "sentence": sentence(above, asked, spoken()),
        "back": reverse("desk:duty", args=[theirs.public_id, rule]),
    }  # fmt: skip
    return render(request, "authoring/stricter.html", context)


def _place(request: Request, place: str) -> PackDraft:
    """The draft somebody chose, begun where there is none yet."""
    viewer, (what, _colon, name) = request.viewer, place.partition(":")
    assert viewer.school is not None  # the verb comes with a post, and a post with a school
    if what == "draft":
        return draft_of(request, name)
    if what == "programme":
        own = get_object_or_404(visible_programmes(viewer).filter(school=viewer.school), public_id=name)
        return services.start_from_programme(own, by=viewer.account)
    title = _("本校更严的要求")
    return services.start_blank(viewer.school, title, "calendar", by=viewer.account, today=viewer.day)


@allow("programme_edit")
@require_POST
def take_up(request: Request, programme: str) -> HttpResponse:
    """Begin to change an adopted programme."""
    found = get_object_or_404(
        visible_programmes(request.viewer).filter(school=request.viewer.school), public_id=programme
    )
    try:
        begun = services.start_from_programme(found, by=request.viewer.account)
    except programmes.CannotAdopt as refused:
        notify(request, str(refused))
        return redirect("desk:programme", programme)
    return redirect("authoring:draft", begun.public_id)


@allow("programme_edit")
def draft(request: Request, public_id: str) -> HttpResponse:
    """Every rule as a sentence, and what is still wrong."""
    found = draft_of(request, public_id)
    pack = in_page_words(services.pack_of(found))
    by_place = {(rule.id, rule.since): rule for rule in pack.obligations}
    rows = []
    for at, raw in enumerate(pack.raw.get("obligations") or []):
        rule = next((r for (name, _since), r in by_place.items() if name == str(raw.get("id"))), None)
        words = (
            str(raw.get("later") or "")
            if rule is None or not rule.evaluable
            else sentence(pack, rule, spoken())
        )
        title = said(str(raw.get("title") or raw.get("id")))
        rows.append({"title": title, "sentence": words, "at": at})
    told = findings(found.text, texts_around(found.school, request.viewer.day))
    context = {
        "draft": found,
        "pack": pack,
        "rows": rows,
        "errors": _once(
            f.sentence
            for f in told
            if f.level == "error" and not (f.code == "missing-obligations" and not rows)
        ),
        "warnings": _once(f.sentence for f in told if f.level != "error"),
        "kinds": pack.kinds.values(),
        "months": sum(1 for _item in pack.plan_items),
        "locked": _locked(found),
    }
    return render(request, "authoring/draft.html", context)


def _locked(draft: PackDraft) -> str:
    """Why nothing of a draft can be kept: its programme was handed down since it was begun."""
    return programmes.locked_words() if draft.programme is not None and draft.programme.locked else ""


def _once(sentences) -> list[str]:
    return list(dict.fromkeys(sentences))


@allow("programme_edit")
def export(request: Request, public_id: str) -> HttpResponse:
    """The whole draft as one file that this or another school can read in."""
    found = draft_of(request, public_id)
    name = services.pack_of(found).slug or "pack"
    return HttpResponse(
        found.text.encode(),
        content_type="application/yaml; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.yaml"'},
    )


@allow("programme_edit")
@require_POST
def undo(request: Request, public_id: str) -> HttpResponse:
    found = draft_of(request, public_id)
    try:
        if services.undo(found, by=request.viewer.account):
            notify(request, _("已撤销上一步。"))
    except programmes.CannotAdopt as refused:
        notify(request, str(refused))
    return redirect("authoring:draft", public_id)


@allow("programme_edit")
@require_POST
def discard(request: Request, public_id: str) -> HttpResponse:
    found = draft_of(request, public_id)
    services.discard(found, by=request.viewer.account)
    notify(request, _("已删去草稿“%(title)s”。正在使用的方案没有变。") % {"title": said(found.title)})
    return redirect("authoring:drafts")


class HandOverForm(forms.Form):
    year = forms.IntegerField(
        label=gettext_lazy("从哪一年开始"), min_value=2000, max_value=2100,
        error_messages={"required": gettext_lazy("请填写年份。"), "invalid": gettext_lazy("请填写年份，例如 2026。")},
    )  # fmt: skip
    note = forms.CharField(label=gettext_lazy("修改说明"), max_length=200, required=False)


@allow("programme_edit")
def hand_over(request: Request, public_id: str) -> HttpResponse:
    """Adopt a draft, or make it a new version of its programme; what is wrong stands in the way."""
    found = draft_of(request, public_id)
    form = HandOverForm(request.POST or None, initial={"year": request.viewer.day.year})
    if found.programme is not None:
        form.fields.pop("year")
    around = texts_around(found.school, request.viewer.day)
    wrong = _once(f.sentence for f in findings(found.text, around) if f.level == "error")
    if locked := _locked(found):
        wrong.insert(0, locked)
    if not services.pack_of(found).obligations:
        wrong.append(_("还没有写要求。请至少写一条。"))
    if request.method == "POST" and form.is_valid() and not wrong:
        try:
            programme = services.hand_over(
                found,
                form.cleaned_data.get("year", 0),
                form.cleaned_data["note"].strip(),
                by=request.viewer.account,
            )
        except programmes.CannotAdopt as refused:
            form.add_error(None, str(refused))
        else:
            notify(
                request,
                _("“%(title)s”已经生效。每个人要做的事已经列在各自的待办里。")
                % {"title": said(programme.title)},
            )
            return redirect("desk:programme", programme.public_id)
    context = {"draft": found, "form": form, "wrong": wrong}
    if not wrong and request.viewer.school is not None:
        context |= _weighed(request, found)
    return render(request, "authoring/hand_over.html", context)


def _weighed(request: Request, found: PackDraft) -> dict[str, Any]:
    """What the draft takes of everybody's time, and what it would change of the programme it is a draft of."""
    viewer, pack = request.viewer, services.pack_of(found)
    assert viewer.school is not None
    load = load_sentence(school_load(viewer, viewer.school, pack, viewer.day.year, viewer.day))
    export_url = reverse("authoring:people_export", args=[found.public_id]) if viewer.may("export") else ""
    if found.programme is None:
        owing = would_owe(viewer, viewer.school, pack, viewer.day)
        return {"load": load, "owing": owing, "export_url": export_url if owing and owing.rows else ""}
    said = changes(viewer, viewer.school, current_pack(found.programme), pack, viewer.day)
    weighed: dict[str, Any] = {"load": load, "moves": moves_words(said), "compared": said is not None}
    if said is None or not said.rows:
        return weighed
    page = max(int(request.GET["page"]), 1) if request.GET.get("page", "").isdecimal() else 1
    first = (page - 1) * PEOPLE_SHOWN
    shown = said.rows[first : first + PEOPLE_SHOWN]
    if not shown:
        raise Http404
    return weighed | {
        "rows": shown, "export_url": export_url, "period": period_words(said.first, said.last, viewer.day),
        "words": _("第%(first)d—%(last)d个，共%(all)d个")
        % {"first": first + 1, "last": first + len(shown), "all": len(said.rows)},
        "previous_url": f"?page={page - 1}" if page > 1 else "",
        "next_url": f"?page={page + 1}" if len(said.rows) > first + len(shown) else "",
    }  # fmt: skip


@allow("export")
def people_export(request: Request, public_id: str) -> HttpResponse:
    """Whose verdicts a draft would change, or who would owe something under a new one, as a workbook: only those named on
    the page."""
    viewer = request.viewer
    if viewer.school is None or not viewer.may("programme_edit"):
        raise Http404
    found = draft_of(request, public_id)
    pack = services.pack_of(found)
    if found.programme is None:
        owing = would_owe(viewer, viewer.school, pack, viewer.day)
        if owing is None:
            raise Http404
        sheet, notes, rows = owing_sheet(owing), owing_notes(owing, found.title, viewer.day), len(owing.rows)
    else:
        said = changes(viewer, viewer.school, current_pack(found.programme), pack, viewer.day)
        if said is None:
            raise Http404
        sheet, notes, rows = (
            changes_sheet(said, viewer.day),
            [found.title, *moves_words(said)],
            len(said.rows),
        )
    export_id = outgoing.note(viewer, "authoring.people_exported", found, rows=rows)
    content = write_workbook([sheet], export_id=export_id, explanation=notes)
    return outgoing.attachment(content, f"{sheet.name}.xlsx", outgoing.XLSX)

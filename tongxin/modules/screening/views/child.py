"""One child: what its papers came to over all sittings, item by item on demand, and the letter to its guardians."""

from __future__ import annotations

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.pdf import write_pdf
from tongxin.exchange.documents.word import write_word
from tongxin.kernel.access.doors import allow, step_up
from tongxin.kernel.access.reading import opened, sealed_because_left
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.models import Subject
from tongxin.ui.toasts import notify

from .. import history, papers, reports
from ..layout import forms as forms_of
from ..models import Paper, Result, Sitting
from ..quality import index_rows, reason_words
from ..results import STUDENT, standing_words
from .entry import PaperForm, fields_of, filled
from .results import sitting_of


def child_of(viewer: Viewer, public_id: str) -> Subject:
    return get_object_or_404(visible_subjects(viewer, "K2"), type="student", public_id=public_id)


def paper_of(viewer: Viewer, public_id: str) -> Paper:
    """Return a finished paper of the viewer's school."""
    rows = Paper.objects.filter(school_id=viewer.school_id, finished_at__isnull=False)
    return get_object_or_404(
        rows.select_related("sitting__school", "student", "respondent"), public_id=public_id
    )


@allow("screening")
@step_up
@require_safe
def child(request: Request, public_id: str) -> HttpResponse:
    """All that is on file about a child; norms and answer quality of one sitting, the newest unless another is chosen."""
    viewer = request.viewer
    one = child_of(viewer, public_id)
    if sealed_because_left(viewer, [one]):
        return render(request, "screening/results_sealed.html", {"child": one})
    chapters = history.history(viewer, one)
    wanted = request.GET.get("sitting", "")
    chosen = next((c for c in chapters if c.sitting.public_id == wanted), chapters[0] if chapters else None)
    if chosen is not None:
        history.deepen(chosen, one)
    context = {
        "child": one,
        "chapters": chapters,
        "chosen": chosen,
        "indices": [
            {"title": block.title, "who": sheet.who, "rows": index_rows(block.quality),
             "reasons": reason_words(block.quality.reasons)}
            for sheet in (chosen.sheets if chosen else ()) for block in sheet.blocks if block.quality is not None
        ],
        "charts": history.courses(chapters),
        "open": Sitting.State.OPEN,
        "student_form": STUDENT,
    }  # fmt: skip
    return render(request, "screening/results_child.html", context)


@allow("screening")
@step_up
@require_safe
def items(request: Request, public_id: str) -> HttpResponse:
    """A paper item by item, with what stood there before a correction."""
    paper = paper_of(request.viewer, public_id)
    context = {"paper": paper, "child": paper.student, "versions": history.answers(request.viewer, paper)}
    return render(request, "screening/results_items.html", context)


@allow("screening")
@step_up
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: Request, public_id: str) -> HttpResponse:
    """Change a finished paper; what stood there before stays on file."""
    viewer, paper = request.viewer, paper_of(request.viewer, public_id)
    rows = list(papers.Page.objects.current().filter(paper=paper))
    present = {
        (page.answers["form"], name): said
        for page in opened(viewer, rows, "screening_entry")
        for name, said in page.answers["items"].items()
    }
    form = PaperForm(request.POST or None, own=forms_of(paper.sitting, paper.form), present=present)
    if request.method == "POST" and form.is_valid():
        try:
            papers.correct(paper, filled(form), by=viewer)
        except papers.Refused as refused:
            form.refuse(refused)
        else:
            notify(request, _("已更正，并重新计了分。原来的答案还留着。"))
            return redirect("screening:paper", public_id)
    context = {
        "title": _("更正：%(name)s") % {"name": paper.student.name},
        "lead": _("只改抄错、录错的地方。改完会重新计分，原来的答案留底。"),
        "form": form,
        "parts": fields_of(form),
        "sitting": paper.sitting,
        "back_url": reverse("screening:paper", args=[public_id]),
        "submit_label": _("保存更正"),
    }
    return render(request, "screening/results_paper_form.html", context, status=422 if form.errors else 200)


class LetterForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("这封信要说什么"), widget=forms.RadioSelect)
    contact = forms.CharField(
        label=gettext_lazy("找谁聊"),
        max_length=120,
        help_text=gettext_lazy(
            "写姓名、电话和方便的时间，例如：心理教师陈老师，0532-0000，每天 12:00—13:30。"
        ),
    )
    words = forms.CharField(
        label=gettext_lazy("还想说的话"),
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("不要写分数、名次和诊断。"),
    )
    standing = forms.BooleanField(
        label=gettext_lazy("写上分级的说法"),
        required=False,
        help_text=gettext_lazy("学校规定可以告诉家长时才勾选。分数一概不写。"),
    )
    format = forms.ChoiceField(
        label=gettext_lazy("文件"),
        choices=[("docx", "Word"), ("pdf", "PDF")],
        widget=forms.RadioSelect,
        initial="docx",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = reports.letter_kinds()  # type: ignore[attr-defined]


@allow("screening")
@step_up
@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: Request, public_id: str, sitting: str) -> HttpResponse:
    """Write the letter to a child's guardians; the counsellor chooses what it says, and it is on record."""
    viewer = request.viewer
    one, of = child_of(viewer, public_id), sitting_of(viewer, sitting)
    results = Result.objects.current().filter(
        paper__sitting=of, student=one, paper__form=STUDENT, paper__finished_at__isnull=False
    )
    if not results.exists():
        raise Http404
    me = viewer.person.subject.name if viewer.person else ""
    form = LetterForm(
        request.POST or None, initial={"contact": _("心理教师%(name)s") % {"name": me}, "kind": "talk"}
    )
    if request.method == "POST" and form.is_valid():
        return _letter_file(viewer, one, of, results, form.cleaned_data)
    context = {"form": form, "child": one, "sitting": of}
    return render(request, "screening/results_letter.html", context, status=422 if form.errors else 200)


def _letter_file(viewer: Viewer, one: Subject, of: Sitting, results, chosen) -> HttpResponse:
    last = results.order_by("-paper__attempt").values_list("paper_id", flat=True).first()
    rows = results.filter(paper_id=last).select_related("form__text").order_by("form__number")
    told = [standing_words(row.form, row.scores) for row in opened(viewer, rows, "letter", "scores")]
    written = reports.Letter(
        chosen["kind"], chosen["contact"], chosen["words"], tuple(told) if chosen["standing"] else ()
    )
    title = _("给家长的信")
    blocks = reports.letter(of, one, written, viewer.day)
    number = outgoing.note(
        viewer,
        "screening.letter_written",
        of,
        student=one.pk,
        kind=chosen["kind"],
        standing=chosen["standing"],
    )
    document = reports.document(title, blocks, export_id=number, author=of.school.name)
    if chosen["format"] == "pdf":
        return outgoing.attachment(write_pdf(document), f"{title}.pdf", outgoing.PDF)
    return outgoing.attachment(write_word(document), f"{title}.docx", outgoing.DOCX)

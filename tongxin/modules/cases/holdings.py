"""What the room holds about one child: what was said, the plan, what is exceptional. Told through the door, counted, erased."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.holdings import Erased, Holding, Reader, Section, register
from tongxin.kernel.base.models import Account, Subject
from tongxin.kernel.ledger import evidence
from tongxin.methods.schemes.scheme import Form

from .casework import clocks
from .casework.answers import Beside, plainly
from .models import CaseDraft, CaseFile, CasePaper, CaseTask, Outcome, Standing


def _told(reader: Reader, child: Subject, column: str, data_class: str) -> list[Section]:
    """Return the papers of a child, each with the answers of one class in words."""
    rows = CasePaper.objects.filter(student=child).exclude(**{column: None}).select_related("case__scheme")
    found = []
    for paper in reader.open(rows.order_by("pk"), column):
        form = clocks.scheme_for(paper.case).form_by_id.get(paper.form)
        said = getattr(paper, column) or {}
        lines = _lines(form, said, data_class)
        if lines:
            title = f"{form.title if form else _('说明')} {paper.day.isoformat()}"
            found.append(Section(title, (_("问题"), _("内容")), lines))
    return found


def _lines(form: Form | None, said: dict[str, Any], data_class: str) -> list[tuple[str, str]]:
    if form is None:
        return [(_("原因"), str(value)) for value in said.values()]
    beside = Beside(names={}, goals={})
    answers = [
        (one.title, plainly(one, said.get(one.id), beside))
        for one in form.fields
        if one.data_class == data_class
    ]
    return [(title, text) for title, text in answers if text]


def _notes(reader: Reader, child: Subject) -> list[Section]:
    found = _told(reader, child, "notes", "K4d")
    rows = Outcome.objects.filter(student=child).exclude(why=None).order_by("pk")
    lines = [(row.day.isoformat(), row.why) for row in reader.open(rows, "why")]
    return found + ([Section(_("看过以后写的"), (_("日期"), _("内容")), lines)] if lines else [])


def _plan(reader: Reader, child: Subject) -> list[Section]:
    found = _told(reader, child, "plan", "K4e")
    tasks = reader.open(CaseTask.objects.filter(student=child).order_by("pk"))
    lines = [(task.until.isoformat(), task.words) for task in tasks]
    return found + ([Section(_("请人做的事"), (_("哪天以前"), _("做什么")), lines)] if lines else [])


def _rank(reader: Reader, child: Subject) -> list[Section]:
    rows = reader.open(Standing.objects.filter(student=child).select_related("case__scheme").order_by("pk"))
    lines = [
        (
            row.day.isoformat(),
            row.get_kind_display(),
            clocks.scheme_for(row.case).level(row.rank["rank"]).words,
        )
        for row in rows
    ]
    return [Section(_("个案的等级"), (_("日期"), _("怎么定的"), _("等级")), lines)] if lines else []


def _deep(reader: Reader, child: Subject) -> list[Section]:
    found = _told(reader, child, "deep", "K5")
    files = reader.open(CaseFile.objects.filter(student=child).order_by("pk"))
    lines = [(file.day.isoformat(), file.name) for file in files]
    return found + ([Section(_("医院等材料"), (_("日期"), _("文件")), lines)] if lines else [])


def _counted(*sets: QuerySet) -> dict[int, int]:
    return dict(Counter(pk for rows in sets for pk in rows.values_list("student", flat=True)))


def _erase_notes(child: Subject, _by: Account | None) -> Erased:
    gone = CasePaper.objects.filter(student=child).exclude(notes=None).update(notes=None)
    gone += Outcome.objects.filter(student=child).exclude(why=None).update(why=None)
    return Erased(gone, (_("个案的经过（日期和经手人）留着，内容已经没有。"),) if gone else ())


def _erase_plan(child: Subject, _by: Account | None) -> Erased:
    gone = CasePaper.objects.filter(student=child).exclude(plan=None).update(plan=None)
    gone += CaseTask.objects.filter(student=child).exclude(words=None).update(words=None, answer=None)
    return Erased(gone)


def _erase_deep(child: Subject, _by: Account | None) -> Erased:
    gone = CasePaper.objects.filter(student=child).exclude(deep=None).update(deep=None)
    gone += CaseDraft.objects.filter(student=child).delete()[0]
    files = list(CaseFile.objects.filter(student=child).select_related("school"))
    for file in files:
        evidence.path_of(file.school.public_id, file.file).unlink(missing_ok=True)
    gone += CaseFile.objects.filter(student=child).delete()[0]
    return Erased(gone)


def _of(model, ids: Sequence[int], column: str) -> QuerySet:
    return model.objects.filter(student__in=ids).exclude(**{column: None})


def register_all() -> None:
    register(
        Holding(
            "cases.rank", gettext_lazy("个案的等级"), "K4c", _rank, lambda ids: _counted(_of(Standing, ids, "rank")),
            kept_because=gettext_lazy("等级决定期限，和个案的经过一起留着，只有日期和级别。"),
        )
    )  # fmt: skip
    register(
        Holding(
            "cases.notes", gettext_lazy("访谈和研判"), "K4d", _notes,
            lambda ids: _counted(_of(CasePaper, ids, "notes"), _of(Outcome, ids, "why")), _erase_notes,
        )
    )  # fmt: skip
    register(
        Holding(
            "cases.plan", gettext_lazy("一人一案和任务"), "K4e", _plan,
            lambda ids: _counted(_of(CasePaper, ids, "plan"), _of(CaseTask, ids, "words")), _erase_plan,
        )
    )  # fmt: skip
    register(
        Holding(
            "cases.exceptional", gettext_lazy("个案里特别敏感的内容和材料"), "K5", _deep,
            lambda ids: _counted(_of(CasePaper, ids, "deep"), CaseFile.objects.filter(student__in=ids)), _erase_deep,
        )
    )  # fmt: skip

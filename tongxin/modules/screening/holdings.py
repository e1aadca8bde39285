"""What screening holds about one child: answers and scores. Told through the door, counted, erased."""

from __future__ import annotations

from collections import Counter

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.holdings import Erased, Holding, Reader, Section, register
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Account, Subject

from .history import in_words
from .models import Page, Result, SittingForm
from .results import standing_words


def _answers(reader: Reader, child: Subject) -> list[Section]:
    pages = Page.objects.filter(student=child, superseded_at=FOREVER).select_related("paper__sitting")
    found: dict[tuple[int, int], tuple[str, dict]] = {}
    for page in reader.open(pages.order_by("paper__sitting__first_day", "paper", "number"), "answers"):
        number = page.answers["form"]
        title = f"{page.paper.sitting.title} {page.day.isoformat()}"
        found.setdefault((page.paper_id, number), (title, {}))[1].update(page.answers["items"])
    forms = SittingForm.objects.select_related("text").in_bulk([number for _paper, number in found])
    return [
        Section(
            title, (_("题目"), _("回答")), [(one.text, one.said) for one in in_words(forms[number], items)]
        )
        for (_paper, number), (title, items) in found.items()
        if number in forms
    ]


def _scores(reader: Reader, child: Subject) -> list[Section]:
    rows = Result.objects.current().filter(student=child).select_related("form__text", "paper__sitting")
    opened = reader.open(rows.order_by("day", "pk"), "scores")
    told_rows = [
        (row.paper.sitting.title, row.day.isoformat(), standing_words(row.form, row.scores)) for row in opened
    ]
    note = _("得分和分级是量表自己的说法，只说明要不要谈一谈，不是诊断。")
    return [Section(_("测评得分"), (_("测评"), _("日期"), _("结果")), told_rows, note)]


def _counted(rows: QuerySet) -> dict[int, int]:
    return dict(Counter(rows.values_list("student", flat=True)))


def _erase_answers(child: Subject, by: Account | None) -> Erased:
    gone = Page.objects.filter(student=child).delete()[0]
    return Erased(gone)


def _erase_scores(child: Subject, by: Account | None) -> Erased:
    return Erased(Result.objects.filter(student=child).delete()[0])


def register_all() -> None:
    register(
        Holding("screening.answers", gettext_lazy("测评的作答"), "K4a", _answers,
                lambda ids: _counted(Page.objects.filter(student__in=ids)), _erase_answers)
    )  # fmt: skip
    register(
        Holding("screening.scores", gettext_lazy("测评的得分"), "K4b", _scores,
                lambda ids: _counted(Result.objects.filter(student__in=ids)), _erase_scores)
    )  # fmt: skip

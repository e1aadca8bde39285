"""What this room holds about a person: told in a copy, counted, erased. What a child said about a teacher is told the child only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.holdings import Erased, Holding, Reader, Section, register
from tongxin.kernel.base.models import Account, Subject
from tongxin.ui.formats import listed

from .feedback import ON
from .kinds import FAMILY
from .marks import said
from .models import Agreement, Feedback, GrowthRequest, Mark, PairAsked, PairStep, Wish

PEOPLE = ("student", "staff", "guardian")


def _at(moment) -> str:
    return timezone.localtime(moment).date().isoformat()


def _sides(ids: Sequence[int]) -> Q:
    return Q(a__in=ids) | Q(b__in=ids)


def _counted(model: Any, ids: Sequence[int]) -> dict[int, int]:
    wanted = set(ids)
    found: Counter[int] = Counter()
    for a, b in model.objects.filter(_sides(ids)).values_list("a", "b"):
        found.update(wanted & {a, b})
    return dict(found)


def _blanked(rows: QuerySet, **empty: Any) -> int:
    """Empty the words of rows one by one, so that what lay sealed is gone; the rows stay nameless facts."""
    gone = 0
    for row in list(rows):
        for column, value in empty.items():
            setattr(row, column, value)
        row.save(update_fields=list(empty))
        gone += 1
    return gone


# ------------------------------------------------------------------ agreements, wishes, steps


def _tell_agreements(reader: Reader, who: Subject) -> list[Section]:
    rows = Agreement.objects.filter(_sides([who.pk])).select_related("a", "b").order_by("written_at")
    lines = [
        (_at(row.written_at), f"{row.a.name} — {row.b.name}", f"{row.goals}\n{row.measures}") for row in rows
    ]
    return [Section(_("结对协议"), (_("日期"), _("谁和谁"), _("写了什么")), lines)]


def _erase_agreements(who: Subject, by: Account | None) -> Erased:
    return Erased(_blanked(Agreement.objects.filter(_sides([who.pk])), goals="", measures=""))


def _tell_wishes(reader: Reader, who: Subject) -> list[Section]:
    rows = Wish.objects.filter(_sides([who.pk]), withdrawn_at=None).order_by("stated_at")
    lines = [(_at(row.stated_at), row.words, row.told) for row in rows]
    return [Section(_("微心愿"), (_("日期"), _("心愿"), _("怎样实现的")), lines)]


def _erase_wishes(who: Subject, by: Account | None) -> Erased:
    return Erased(_blanked(Wish.objects.filter(_sides([who.pk])), words="", told="", amount=None))


def _tell_marks(reader: Reader, child: Subject) -> list[Section]:
    rows = Mark.objects.filter(b=child).order_by("day", "pk")
    lines = [(row.day.isoformat(), row.exam, row.course, said(row)) for row in rows]
    return [Section(_("结对老师记下的成绩"), (_("日期"), _("考试"), _("科目"), _("得分")), lines)]


def _erase_marks(child: Subject, by: Account | None) -> Erased:
    return Erased(Mark.objects.filter(b=child).delete()[0])


def _tell_asked(reader: Reader, who: Subject) -> list[Section]:
    asked = PairAsked.objects.filter(asked_by=who)
    steps = PairStep.objects.filter(_sides([who.pk]))
    lines = [
        (_at(row.asked_at), str(row.get_want_display()), row.words) for row in asked.order_by("asked_at")
    ]
    lines += [(_at(row.at), str(row.get_what_display()), row.words) for row in steps.order_by("at")]
    return [Section(_("结对的变化"), (_("日期"), _("是什么"), _("说明")), sorted(lines))]


def _count_asked(ids: Sequence[int]) -> dict[int, int]:
    found = Counter(_counted(PairStep, ids))
    found.update(PairAsked.objects.filter(asked_by__in=ids).values_list("asked_by", flat=True))
    return dict(found)


def _erase_asked(who: Subject, by: Account | None) -> Erased:
    gone = _blanked(PairAsked.objects.filter(_sides([who.pk])), words="")
    return Erased(gone + _blanked(PairStep.objects.filter(_sides([who.pk])), words=""))


# ------------------------------------------------------------------ feedback


def _tell_feedback(reader: Reader, who: Subject) -> list[Section]:
    """What somebody said; to a child also what its teacher said about it."""
    rows = Feedback.objects.filter(said_by=who)
    if who.type == "student":
        rows = Feedback.objects.filter(Q(said_by=who) | Q(b=who, side="a"))
    lines = [
        (
            _at(row.said_at),
            _("自己说的") if row.said_by_id == who.pk else _("老师说的"),
            listed(map(str, row.answers["scores"])) if row.answers else "",
            str(ON.get(row.answers["again"], "")) if row.answers else "",
            row.words,
        )
        for row in rows.order_by("said_at")
    ]
    return [Section(_("双向反馈"), (_("日期"), _("谁"), _("各题"), _("还在一起吗"), _("文字")), lines)]


def _erase_feedback(who: Subject, by: Account | None) -> Erased:
    return Erased(Feedback.objects.filter(_sides([who.pk])).delete()[0])


def _count_family(ids: Sequence[int]) -> dict[int, int]:
    rows = Feedback.objects.filter(said_by__in=ids, side=FAMILY)
    return dict(Counter(rows.values_list("said_by", flat=True)))


def _erase_family(who: Subject, by: Account | None) -> Erased:
    return Erased(Feedback.objects.filter(said_by=who, side=FAMILY).delete()[0])


# ------------------------------------------------------------------ requests of young teachers


def _tell_growth(reader: Reader, who: Subject) -> list[Section]:
    rows = GrowthRequest.objects.filter(asker=who).order_by("asked_on")
    lines = [(row.asked_on.isoformat(), str(row.get_theme_display()), row.words, row.answer) for row in rows]
    return [Section(_("求助"), (_("日期"), _("哪一方面"), _("说了什么"), _("答复")), lines)]


def _count_growth(ids: Sequence[int]) -> dict[int, int]:
    return dict(Counter(GrowthRequest.objects.filter(asker__in=ids).values_list("asker", flat=True)))


def _erase_growth(who: Subject, by: Account | None) -> Erased:
    rows = GrowthRequest.objects.filter(asker=who)
    return Erased(_blanked(rows, words="", answer="", thanks=""))


def register_all() -> None:
    holdings = (
        ("agreements", gettext_lazy("结对协议"), _tell_agreements, Agreement, _erase_agreements, PEOPLE[:2]),
        ("wishes", gettext_lazy("微心愿"), _tell_wishes, Wish, _erase_wishes, PEOPLE[:2]),
        ("marks", gettext_lazy("结对老师记下的成绩"), _tell_marks, Mark, _erase_marks, PEOPLE[:1]),
        ("feedback", gettext_lazy("双向反馈"), _tell_feedback, Feedback, _erase_feedback, PEOPLE[:2]),
    )
    for name, title, tell, model, erase, types in holdings:
        count = lambda ids, model=model: _counted(model, ids)  # noqa: E731
        register(Holding(f"mentoring.{name}", title, "K3", tell, count, erase, types=types, order=45))
    register(
        Holding("mentoring.family", gettext_lazy("家长对结对的反馈"), "K3", _tell_feedback, _count_family, _erase_family,
                types=("guardian",), order=45)
    )  # fmt: skip
    register(
        Holding("mentoring.changes", gettext_lazy("结对的变化"), "K3", _tell_asked, _count_asked, _erase_asked,
                types=PEOPLE, order=46)
    )  # fmt: skip
    register(
        Holding("mentoring.growth", gettext_lazy("求助"), "K3", _tell_growth, _count_growth, _erase_growth,
                types=("staff",), order=46)
    )  # fmt: skip

"""What the room holds about one child: told, counted, erased. A route's times stay as figures, without a name or place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.holdings import Erased, Holding, Reader, Section, register
from tongxin.kernel.base.models import Account, Subject
from tongxin.ui.formats import listed

from . import homes, reasons, together
from .models import FamilyRequest, HomePlace, Visit, VisitFinding, VisitRecord


def _counted(rows: QuerySet) -> dict[int, int]:
    return dict(Counter(rows.values_list("student", flat=True)))


# ------------------------------------------------------------------ where a family lives


def _tell_home(_reader: Reader, child: Subject) -> list[Section]:
    rows = []
    for home in HomePlace.objects.filter(student=child):
        spot, wants = home.spot or {}, homes.wants_of(home)
        rows += [(_("住址"), spot.get("address", "")), (_("村或街道"), spot.get("code", ""))]
        if "x" in spot:
            rows.append((_("坐标"), f"{spot['x']}, {spot['y']}"))
        rows.append((_("方便家访的时间"), homes.words_of(wants["times"])))
        rows.append((_("需要"), listed(wants["skills"])))
        rows.append((_("和谁一起去"), together.said([child.pk]).get(child.pk, "")))
    return [Section(_("家庭住址和方便的时间"), (_("项目"), _("内容")), [row for row in rows if row[1]])]


def _erase_home(child: Subject, by: Account | None) -> Erased:
    return Erased(HomePlace.objects.filter(student=child).delete()[0])


# ------------------------------------------------------------------ visits, records, difficulties


def _tell_visits(_reader: Reader, child: Subject) -> list[Section]:
    planned = [
        (f"{row.begin:%Y-%m-%d %H:%M}" if row.begin else "", str(row.get_state_display()), row.answer)  # type: ignore[attr-defined]
        for row in Visit.objects.filter(student=child).order_by("pk")
    ]
    return [Section(_("排过的家访"), (_("时间"), _("情况"), _("家长的话")), planned)]


def _erase_visits(child: Subject, by: Account | None) -> Erased:
    rows = Visit.objects.filter(student=child)
    return Erased(rows.delete()[0])


def _tell_records(_reader: Reader, child: Subject) -> list[Section]:
    known, rows = reasons.reasons(), []
    for row in VisitRecord.objects.filter(student=child).order_by("day", "pk"):
        said = row.said or {}
        template = known.get(said.get("reason", ""))
        taps = [f"{title}：{words}" for title, words in reasons.said(template, said.get("taps", {}))]
        words = listed(filter(None, [*taps, said.get("told", ""), said.get("words", "")]), "；")
        rows.append((f"{row.day}", str(row.get_mode_display()), words))  # type: ignore[attr-defined]
    return [Section(_("家访记录"), (_("日期"), _("方式"), _("内容")), rows)]


def _erase_records(child: Subject, by: Account | None) -> Erased:
    return Erased(VisitRecord.objects.filter(student=child).update(said=None, signature=None))


def _tell_requests(_reader: Reader, child: Subject) -> list[Section]:
    rows = [
        (f"{row.found_on}", str(row.get_kind_display()), row.words, row.answer)  # type: ignore[attr-defined]
        for row in FamilyRequest.objects.filter(student=child).order_by("found_on", "pk")
    ]
    return [Section(_("家庭困难"), (_("日期"), _("哪方面"), _("需要什么"), _("怎么办的")), rows)]


def _erase_requests(child: Subject, by: Account | None) -> Erased:
    return Erased(FamilyRequest.objects.filter(student=child).update(words=None, answer=None))


# ------------------------------------------------------------------ what a counsellor has to know


def _tell_findings(column: str) -> Callable[[Reader, Subject], list[Section]]:
    def tell(reader: Reader, child: Subject) -> list[Section]:
        rows = reader.open(VisitFinding.objects.filter(student=child).order_by("pk"), column)
        said = [(f"{row.day}", getattr(row, column)) for row in rows if getattr(row, column)]
        return [Section(_("家访时看到的"), (_("日期"), _("文字")), said, _("写的人是谁，不列出来。"))]

    return tell


def _erase_findings(column: str) -> Callable[[Subject, Account | None], Erased]:
    def erase(child: Subject, by: Account | None) -> Erased:
        rows = VisitFinding.objects.filter(student=child).exclude(**{column: None})
        return Erased(rows.update(**{column: None}))

    return erase


def register_all() -> None:
    for name, title, model, tell, erase in (
        ("home", gettext_lazy("家庭住址和方便的时间"), HomePlace, _tell_home, _erase_home),
        ("visits", gettext_lazy("排过的家访"), Visit, _tell_visits, _erase_visits),
        ("records", gettext_lazy("家访记录"), VisitRecord, _tell_records, _erase_records),
        ("requests", gettext_lazy("家庭困难"), FamilyRequest, _tell_requests, _erase_requests),
    ):
        register(
            Holding(
                f"home_visits.{name}", title, "K3", tell,
                lambda ids, model=model: _counted(model.objects.filter(student__in=ids)), erase,
            )
        )  # fmt: skip
    for column, data_class in (("words", "K4d"), ("where", "K4e")):
        register(
            Holding(
                f"home_visits.finding_{column}", gettext_lazy("家访时看到的"), data_class, _tell_findings(column),
                lambda ids, column=column: _counted(
                    VisitFinding.objects.filter(student__in=ids).exclude(**{column: None})
                ),
                _erase_findings(column),
            )
        )  # fmt: skip

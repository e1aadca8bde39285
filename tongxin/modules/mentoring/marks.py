"""Marks that a pair follows over time: each course's results as shares of the full mark, in a table and a chart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.ui.charts import Lines, Series
from tongxin.ui.formats import amount_words, plain_day

from .models import Mark
from .pairs import A, Pair, of_pair, side_of


class Refused(ValueError):
    """It cannot be saved; the sentence says what to do."""


@dataclass(frozen=True)
class Result:
    """A result: score and full in hundredths of a mark."""

    day: date
    exam: str
    course: str
    score: int
    full: int


def of(pair: Pair) -> list[Mark]:
    """Return a pair's marks, the newest first."""
    return list(Mark.objects.filter(**of_pair(pair)).order_by("-day", "course", "-pk"))


def may_enter(viewer: Viewer, pair: Pair) -> bool:
    return pair.kind.marks and side_of(viewer, pair) == A and pair.holds_on(viewer.day)


def enter(viewer: Viewer, pair: Pair, result: Result, token: str) -> Mark:
    """Save a result; sent twice it is one. Raises Refused."""
    if not may_enter(viewer, pair):
        raise Refused(_("成绩由现在结对的老师来记。"))
    if result.day > viewer.day:
        raise Refused(_("日期不能晚于今天。"))
    if result.score > result.full:
        raise Refused(_("得分比满分高，请改正其中一个。"))
    known = Mark.objects.filter(token=token).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            row = Mark.objects.create(
                **of_pair(pair), day=result.day, exam=result.exam, course=result.course,
                result={"score": result.score, "full": result.full}, entered_by_id=viewer.person_id, token=token,
            )  # fmt: skip
            audit.write(viewer, "pairs.mark_entered", row)
    except IntegrityError:
        return Mark.objects.get(token=token)
    return row


@transaction.atomic
def remove(viewer: Viewer, pair: Pair, public_id: str) -> None:
    """Take out a mark that was typed wrong; the audit record says that there was one."""
    row = Mark.objects.filter(**of_pair(pair), public_id=public_id).first()
    if row is None or not may_enter(viewer, pair):
        raise Refused(_("这一条已经不在了。"))
    audit.write(viewer, "pairs.mark_removed", row)
    row.delete()


def said(row: Mark) -> str:
    """Say a result: 86/100."""
    return f"{amount_words(row.result['score'])}/{amount_words(row.result['full'])}"


def share(row: Mark) -> float:
    """Return a result as a share of the full mark, in whole per cent."""
    return round(100 * row.result["score"] / row.result["full"])


def chart(rows: list[Mark], today: date) -> Lines | None:
    """Return the courses over time; None before there are two results of one course."""
    by_course: dict[str, dict[date, float]] = {}
    for row in sorted(rows, key=lambda one: (one.day, one.pk)):
        by_course.setdefault(row.course, {})[row.day] = share(row)
    shown = {course: marks for course, marks in by_course.items() if len(marks) > 1}
    if not shown:
        return None
    days = sorted({day for marks in shown.values() for day in marks})
    series = [Series(course, [marks.get(day) for day in days]) for course, marks in shown.items()]
    return Lines(
        _finding(shown),
        note=_("得分占满分的百分之几；同一科有两次以上才画出来。"),
        labels=[plain_day(day, today) for day in days],
        series=series,
    )


def _finding(shown: dict[str, dict[date, float]]) -> str:
    """Say what the chart shows: the course that rose most, else that nothing has risen yet."""
    changes = {}
    for course, marks in shown.items():
        values = [marks[day] for day in sorted(marks)]
        changes[course] = (values[-1] - values[0], values[0], values[-1])
    course, (change, first, last) = max(changes.items(), key=lambda item: item[1][0])
    words = {"course": course, "first": f"{first:g}", "last": f"{last:g}"}
    if change > 0:
        return _("%(course)s从 %(first)s%% 升到 %(last)s%%") % words
    return _("%(course)s从 %(first)s%% 到 %(last)s%%，还没有升上来") % words

"""What a bureau sees of its schools where children are concerned: counts, the small ones hidden so that none can be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import Http404
from django.utils.translation import gettext as _

from tongxin.kernel.base.models import School
from tongxin.methods.disclosure import Equation, hidden
from tongxin.ui.tables import Column, Table

from .viewer import Viewer

# Above the school no figure of fewer children is shown.
LEAST = 10
ALL = 0  # stands for all schools together; no school has this key


@dataclass(frozen=True)
class Counts:
    """One column: its name in the table, its title, and how many there are at each school {key: count}.

    within: the column of which it is a part; what is left of that is not told either where it is small.
    """

    name: str
    title: str
    of: Mapping[int, int]
    within: str = ""


def schools_of(viewer: Viewer) -> list[School]:
    """Return the schools under a bureau; somebody of a school looks for a page that is not there."""
    if viewer.school is None or viewer.school.kind != School.Kind.BUREAU:
        raise Http404
    return list(School.objects.filter(parent=viewer.school, kind=School.Kind.SCHOOL).order_by("name", "pk"))


def shown(schools: Sequence[School], columns: Sequence[Counts]) -> dict[tuple[str, int], int | None]:
    """Return {(column, school or ALL): count}, None where it is hidden.

    Whoever adds up the schools, or subtracts them from the whole, still cannot tell a small count.
    """
    counts = {(column.name, one.pk): column.of.get(one.pk, 0) for column in columns for one in schools}
    equations = []
    for column in columns:
        parts = tuple((column.name, one.pk) for one in schools)
        counts[column.name, ALL] = sum(counts[part] for part in parts)
        equations.append(Equation(parts, (column.name, ALL)))
    for column in columns:
        for pk in (*(one.pk for one in schools), ALL) if column.within else ():
            part, whole, rest = (column.name, pk), (column.within, pk), (f"not {column.name}", pk)
            counts[rest] = counts[whole] - counts[part]
            equations.append(Equation((part, rest), whole))
    away = hidden(counts, equations, LEAST)
    return {cell: None if cell in away else count for cell, count in counts.items()}


def table(
    schools: Sequence[School],
    columns: Sequence[Counts],
    words: Mapping[str, tuple[str, Mapping[int, str]]],
    caption: str,
) -> Table:
    """Return a table: a row for each school and one for all. words: {column: (title, {school: text})}, before the counts."""
    found = shown(schools, columns)
    rows = []
    for pk, name in [*((one.pk, one.name) for one in schools), (ALL, _("合计"))]:
        said = [texts.get(pk, "") for _title, texts in words.values()]
        rows.append((name, *said, *(_cell(found[column.name, pk]) for column in columns)))
    heads = [Column("school", _("学校"))]
    heads += [Column(key, title) for key, (title, _texts) in words.items()]
    heads += [Column(column.name, column.title) for column in columns]
    return Table(
        heads, rows if schools else [], caption=caption, empty_title=_("还没有学校"), choose_columns=False
    )


def _cell(count: int | None) -> str:
    return _("人数少，不显示") if count is None else str(count)

"""A sitting without names: how many are in which band, by grade and class, with small counts hidden.

The groups are fixed (school, grade, class) and hidden together, so that no choice of view can be set against another;
classes with too few papers are told as one group, the same for every reader. What those above the school see hides all
that the school hides, and more.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Attribute, Subject
from tongxin.kernel.obligations.telling import SMALLEST_ABOVE, SMALLEST_COUNT
from tongxin.methods.disclosure import Equation, hidden
from tongxin.methods.psychometrics.instrument import Instrument
from tongxin.ui.charts import Bars, Series

from .describing import say
from .instruments import ready
from .layout import forms
from .listing import rooms_of
from .models import Sitting
from .results import STUDENT, Look, bands_of, looks, scale_title

IN_SCHOOL, ABOVE = SMALLEST_COUNT, SMALLEST_ABOVE
WHOLE, FEW = "", "few"
# Columns beside the bands: papers without a score, and those to be looked at again.
NO_SCORE, AGAIN = "no score", "again"

Group = tuple[str, str]


@dataclass(frozen=True)
class Row:
    """One group: its name, how many papers, and the counts by column, None where hidden."""

    name: str
    papers: int
    counts: tuple[int | None, ...]
    level: str

    def words(self) -> list[str]:
        return [_("不显示") if count is None else str(count) for count in self.counts]


@dataclass(frozen=True)
class Picture:
    """One scale of a sitting. columns: titles; ranks: of the bands, None for the other columns."""

    title: str
    columns: tuple[str, ...]
    ranks: tuple[int | None, ...]
    rows: tuple[Row, ...]
    least: int

    @property
    def whole(self) -> Row:
        return self.rows[0]

    @property
    def shows(self) -> bool:
        """Is there any figure that may be drawn."""
        return any(count is not None for row in self.rows for count in row.counts)

    @property
    def finding(self) -> str:
        """Say the most frequent band and, where it may be said, how many are above it."""
        shown = [
            (count, title)
            for count, title, rank in zip(self.whole.counts, self.columns, self.ranks, strict=True)
            if count is not None and rank is not None
        ]
        if not shown:
            return _("%(title)s：人数少，不显示") % {"title": self.title}
        most, title = max(shown)
        share = 100 * most / max(self.whole.papers, 1)
        return _("%(what)s：%(papers)d份里，“%(band)s”最多，占%(share).0f%%") % {
            "what": self.title, "papers": self.whole.papers, "band": title, "share": share,
        }  # fmt: skip

    def chart(self, export_url: str = "") -> Bars:
        """Return shares by group, one stack for each; hidden counts leave a gap."""
        rows, shades = self.rows, self._shades()
        series = [
            Series(
                title,
                [None if row.counts[at] is None else round(100 * (row.counts[at] or 0) / row.papers, 1) for row in rows],
                shades[at],
            )
            for at, title in enumerate(self.columns)
        ]  # fmt: skip
        return Bars(
            self.finding, labels=[row.name for row in rows], series=series, unit="%", stacked=True,
            label_head=_("年级和班级"), note=self.note, export_url=export_url,
        )  # fmt: skip

    def _shades(self) -> list[str]:
        """The darker, the further up among the bands; what is no band is grey."""
        bands = sum(rank is not None for rank in self.ranks)
        shade = [f"shade-{1 + round(4 * at / max(bands - 1, 1))}" for at in range(bands)]
        return [*shade, "not_expected", "waived"]

    @property
    def note(self) -> str:
        return _("每组各占多少。少于%(n)d人的数和为了不能推算而一起隐去的数不显示。") % {"n": self.least}


def pictures(sitting: Sitting, least: int = IN_SCHOOL, found: Sequence[Look] | None = None) -> list[Picture]:
    """Return a picture for each scale with bands. least: 5 inside the school, 10 for those above; found: its looks."""
    found = looks(sitting) if found is None else found
    groups = groups_of(sitting, [one.student for one in found])
    measured = [
        (form, ready(form.text).instrument, scale)
        for form in forms(sitting, STUDENT)
        for scale in ready(form.text).instrument.told_scales
        if scale.tables
    ]
    columns = {
        f"{form.pk}:{scale.id}": [*(band.id for band in bands_of(instrument, scale.id)), NO_SCORE, AGAIN]
        for form, instrument, scale in measured
    }
    placed = [
        (groups[one.student], {f"{form.pk}:{scale.id}": _column(one, form.pk, scale.id) for form, _i, scale in measured})
        for one in found
    ]  # fmt: skip
    rows = tables(placed, columns, least)
    return [
        _picture(instrument, scale.id, rows[f"{form.pk}:{scale.id}"], least)
        for form, instrument, scale in measured
    ]


def _picture(instrument: Instrument, scale: str, rows: tuple[Row, ...], least: int) -> Picture:
    bands = bands_of(instrument, scale)
    several = sum(bool(each.tables) for each in instrument.told_scales) > 1
    title = say(instrument.title)
    return Picture(
        f"{title} · {scale_title(instrument, scale)}" if several else title,
        (*(say(band.title) for band in bands), _("没有分数"), _("要再看")),
        (*(band.rank for band in bands), None, None),
        rows,
        least,
    )


def _column(one: Look, form: int, scale: str) -> str:
    if one.questionable:
        return AGAIN
    part = one.part(form)
    return part.bands.get(scale, NO_SCORE) if part else NO_SCORE


def tables(
    placed: Sequence[tuple[Group, Mapping[str, str]]], columns: Mapping[str, Sequence[str]], least: int
) -> dict[str, tuple[Row, ...]]:
    """Return the rows of each scale: the school, each grade, each class.

    placed: (grade, class) and {scale: column} of each paper; columns: of each scale, AGAIN the last. Papers to look at
    again are the same in every scale, so all scales are hidden together: one table must not fill the gaps of another.
    """
    if len(placed) < least:
        return {
            scale: (Row(_("全校"), len(placed), (None,) * len(own), "school"),)
            for scale, own in columns.items()
        }
    places = _merged(Counter(group for group, _column in placed), ABOVE)
    cells: dict[tuple[str, str, str, str], int] = defaultdict(int)
    sizes: dict[Group, int] = defaultdict(int)
    for group, in_scale in placed:
        grade, room = places[group]
        for key in ((grade, room), (grade, WHOLE), (WHOLE, WHOLE)):
            sizes[key] += 1
            cells["", *key, AGAIN] += AGAIN in in_scale.values()
            for scale, column in in_scale.items():
                if column != AGAIN:
                    cells[scale, *key, column] += 1
    rooms: dict[str, list[str]] = defaultdict(list)
    for grade, room in dict.fromkeys(places.values()):
        rooms[grade].append(room)
    every = [(WHOLE, WHOLE), *((grade, WHOLE) for grade in rooms), *((g, r) for g in rooms for r in rooms[g])]

    def name(scale: str, key: Group, column: str) -> tuple[str, str, str, str]:
        return ("" if column == AGAIN else scale, *key, column)

    equations = [
        Equation(tuple(name(scale, key, column) for column in own)) for scale, own in columns.items() for key in every
    ]  # fmt: skip
    for scale, column in {name(s, (WHOLE, WHOLE), c)[::3] for s, own in columns.items() for c in own}:
        whole = (scale, WHOLE, WHOLE, column)
        equations.append(Equation(tuple((scale, grade, WHOLE, column) for grade in rooms), whole))
        equations += [
            Equation(tuple((scale, grade, room, column) for room in rooms[grade]), (scale, grade, WHOLE, column))
            for grade in rooms
        ]  # fmt: skip
    counts: dict[Hashable, int] = {cell: cells[cell] for one in equations for cell in one.cells}  # type: ignore[index]
    equations.sort(key=str)
    away = hidden(counts, equations, IN_SCHOOL)
    if least > IN_SCHOOL:
        away = hidden(counts, equations, least, away)

    def row(scale: str, key: Group, title: str, level: str) -> Row:
        own = [name(scale, key, column) for column in columns[scale]]
        return Row(title, sizes[key], tuple(None if cell in away else counts[cell] for cell in own), level)

    def rows(scale: str) -> tuple[Row, ...]:
        found = [row(scale, (WHOLE, WHOLE), _("全校"), "school")]
        for grade in rooms:
            found.append(row(scale, (grade, WHOLE), grade or _("没有年级"), "grade"))
            found += [
                row(scale, (grade, room), _("人数少的班") if room == FEW else room, "room")
                for room in rooms[grade]
            ]
        return tuple(found)

    return {scale: rows(scale) for scale in columns}


def _merged(sizes: Mapping[Group, int], least: int) -> dict[Group, Group]:
    """Return where each class is told: by itself, or with the other small ones of its grade or of the school.

    A grade with few papers is told with the next one; a class with few with the smallest other class of its grade.
    """
    grades: dict[str, dict[Group, int]] = defaultdict(dict)
    for group, size in sorted(sizes.items()):
        grades[group[0]][group] = size
    names = list(grades)
    joined: list[list[str]] = []
    for name in names:
        if joined and sum(sum(grades[each].values()) for each in joined[-1]) < least:
            joined[-1].append(name)
        else:
            joined.append([name])
    if len(joined) > 1 and sum(sum(grades[each].values()) for each in joined[-1]) < least:
        last = joined.pop()
        joined[-1] += last
    found: dict[Group, Group] = {}
    for together in joined:
        title = "、".join(together)
        own = {group: size for name in together for group, size in grades[name].items()}
        small = [group for group, size in own.items() if size < least]
        rest = sorted((group for group in own if group not in small), key=lambda group: own[group])
        while small and sum(own[group] for group in small) < least and rest:
            small.append(rest.pop(0))
        for group in own:
            found[group] = (title, FEW if group in small else group[1])
    return found


def groups_of(sitting: Sitting, students: Sequence[int]) -> dict[int, Group]:
    """Return (grade, class) of each child on the last day of a sitting."""
    rooms = rooms_of(sitting, students)
    grades = grades_of(sitting, rooms)
    return {
        student: (grades.get(student, ""), rooms[student].name if student in rooms else _("不在班里"))
        for student in students
    }


def grades_of(sitting: Sitting, rooms: Mapping[int, Subject]) -> dict[int, str]:
    """Return the grade of each child's class, as it is said: 7年级."""
    day = sitting.last_day
    stated = Attribute.objects.filter(
        subject__in={room.pk for room in rooms.values()}, name="grade", superseded_at=FOREVER,
        valid_from__lte=day, valid_to__gte=day,
    )  # fmt: skip
    of_room = dict(stated.values_list("subject_id", "value"))
    return {
        student: _("%(n)s年级") % {"n": of_room[room.pk]}
        for student, room in rooms.items()
        if room.pk in of_room
    }

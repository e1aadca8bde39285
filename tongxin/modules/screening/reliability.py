"""How reliable the scales of a sitting were, for all its clean papers and by group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from tongxin.kernel.people.models import Person
from tongxin.methods.psychometrics.batch import BatchScorer
from tongxin.methods.psychometrics.instrument import Instrument, Scale
from tongxin.methods.psychometrics.reliability import Reliability, by_group, counted, of_scale

from .describing import say
from .instruments import ready
from .layout import forms
from .listing import rooms_of
from .models import Sitting
from .picture import grades_of
from .quality import matrix
from .results import STUDENT, Look, looks, scale_title

# A group smaller than this says more about chance than about the scale.
LEAST_IN_GROUP = 30


def groupings() -> list[tuple[str, str]]:
    return [("grade", _("年级")), ("room", _("班级")), ("sex", _("性别"))]


@dataclass
class ScaleReliability:
    """A scale with its figures. found: None = cannot be computed; groups: (name, papers, figures or None)."""

    instrument: Instrument
    scale: Scale
    found: Reliability | None
    groups: list[tuple[str, int, Reliability | None]] = field(default_factory=list)

    @property
    def title(self) -> str:
        return f"{say(self.instrument.title)} · {scale_title(self.instrument, self.scale.id)}"

    @property
    def reading(self) -> str:
        """Say in plain words what the figure means."""
        if self.found is None:
            return _("算不出来：完整的答卷不到三份，或大家答得都一样。")
        low = self.found.interval[0]
        if low >= 0.8:
            return _("可靠：可以看个人的分数，也可以比较班级。")
        if low >= 0.7:
            return _("基本可靠：看个人的分数时要留余地。")
        if self.found.alpha >= 0.6:
            return _("不太可靠：只看整体，不要凭个人的分数下结论。")
        return _("不可靠：这次的分数请谨慎使用，先看答得认真不认真、题目是否合适。")

    @property
    def weak_items(self) -> list[str]:
        """Items that hardly go with the others."""
        items = self.found.items if self.found else ()
        return [one.item for one in items if one.rest is not None and one.rest < 0.2]


def scales(sitting: Sitting, by: str = "", found: Sequence[Look] | None = None) -> list[ScaleReliability]:
    """Return the reliability of every scale of items; questionable papers are left out. found: the sitting's looks."""
    clean = [one for one in (looks(sitting) if found is None else found) if not one.questionable]
    group_of = _group_of(sitting, [one.student for one in clean], by) if by else None
    told = []
    for each in forms(sitting, STUDENT):
        made = ready(each.text)
        own = [(one.student, part) for one in clean if (part := one.part(each.pk)) is not None]
        if not own:
            continue
        scorer = BatchScorer(made.instrument)
        rows = matrix(made, [part.answered for _student, part in own])
        for scale in made.instrument.scales:
            if len(scale.items) < 2:
                continue
            one = ScaleReliability(made.instrument, scale, of_scale(scorer, scale, rows))
            if group_of is not None:
                names = [group_of(student) for student, _part in own]
                figures = by_group(counted(scorer, scale, rows), scale.items, names)
                one.groups = sorted(
                    (name, names.count(name), figures[name] if names.count(name) >= LEAST_IN_GROUP else None)
                    for name in set(names)
                )  # fmt: skip
            told.append(one)
    return told


def _group_of(sitting: Sitting, students: list[int], by: str) -> Callable[[int], str]:
    if by == "sex":
        sexes = dict(Person.objects.filter(pk__in=students).values_list("pk", "sex"))
        words = {"male": _("男"), "female": _("女")}
        return lambda student: words.get(sexes.get(student, ""), _("没有登记"))
    rooms = rooms_of(sitting, students)
    if by == "room":
        return lambda student: rooms[student].name if student in rooms else _("不在班里")
    grades = grades_of(sitting, rooms)
    return lambda student: grades.get(student, _("不在班里"))

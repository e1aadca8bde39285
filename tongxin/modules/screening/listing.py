"""The list of a sitting's results: who is shown, in which order, and what is opened of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.kernel.access.reading import opened, sealed_because_left
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.methods.psychometrics.instrument import Instrument

from . import population, progress
from .instruments import ready
from .layout import forms
from .models import Result, Sitting
from .quality import reason_words
from .results import (
    NONE,
    Look,
    Waiting,
    bands_of,
    looks,
    order,
    say,
    scale_title,
    short,
    signals_of,
    standing_words,
)

PAGE = 50
REVIEW = "screening_review"


@dataclass(frozen=True)
class Wanted:
    """What somebody asks to see. band: "form:scale:band"; form: an instrument (its SittingForm) as text."""

    q: str = ""
    room: str = ""
    form: str = ""
    band: str = ""
    page: int = 1


@dataclass
class Listing:
    """A sitting as the list shows it. clean: what counts; again: to be looked at again; rooms: {student: class}."""

    sitting: Sitting
    students: dict[int, Subject]
    rooms: dict[int, Subject]
    clean: list[Look]
    again: list[Look]
    signals: dict[int, Waiting]
    states: dict[str, list[Subject]] = field(default_factory=dict)


def listing(sitting: Sitting, wanted: Wanted, day: date) -> Listing:
    """Look at a sitting as the program; nothing of it is shown before `rows` opened it for whoever reads."""
    found = looks(sitting)
    rooms = rooms_of(sitting, [one.student for one in found])
    students = Subject.objects.in_bulk([one.student for one in found])
    signals = signals_of(sitting)
    kept = [one for one in found if _fits(one, wanted, rooms, students)]
    ordered = order(kept, signals, students)
    states: dict[str, list[Subject]] = {"waiting": [], "begun": [], "barred": []}
    for room in progress.by_room(sitting, day):
        for state, named in states.items():
            named += getattr(room, state)
    return Listing(
        sitting, students, rooms, [one for one in ordered if not one.questionable],
        [one for one in ordered if one.questionable], signals, states,
    )  # fmt: skip


def rooms_of(sitting: Sitting, students: Sequence[int]) -> dict[int, Subject]:
    """Return the class each child was in on the last day of a sitting."""
    rooms = population.rooms(sitting.school, sitting.last_day).in_bulk()
    wanted = set(students)
    return {
        student: rooms[room]
        for room, members in population.members(sitting.school, sitting.last_day).items()
        for student in members
        if student in wanted and room in rooms
    }


def _fits(one: Look, wanted: Wanted, rooms: Mapping[int, Subject], students: Mapping[int, Subject]) -> bool:
    room = rooms.get(one.student)
    if wanted.room and (room is None or room.public_id != wanted.room):
        return False
    if wanted.q:
        student = students[one.student]
        q = wanted.q.lower()
        if q not in student.name and not student.pinyin.startswith(q) and not student.initials.startswith(q):
            return False
    if wanted.form and not any(str(part.form.number) == wanted.form for part in one.parts):
        return False
    if wanted.band:
        form, scale, band = [*wanted.band.split(":", 2), "", ""][:3]
        return any(str(part.form.number) == form and part.bands.get(scale) == band for part in one.parts)
    return True


def band_choices(sitting: Sitting) -> list[tuple[str, str]]:
    """Return every band of the students' instruments, most severe first, in the instruments' own words."""
    found = []
    for form in forms(sitting, "student"):
        instrument = ready(form.text).instrument
        for scale in instrument.told_scales:
            found += [
                (f"{form.number}:{scale.id}:{band.id}", band_words(instrument, scale.id, say(band.title)))
                for band in reversed(bands_of(instrument, scale.id))
            ]
    return found


def band_words(instrument: Instrument, scale: str, band: str) -> str:
    several = sum(bool(one.tables) for one in instrument.told_scales) > 1
    name = f"{short(instrument)} {scale_title(instrument, scale)}" if several else short(instrument)
    return f"{name}：{band}"


@dataclass(frozen=True)
class Shown:
    """One line of the list, opened and in words. student, paper: what addresses name; may_ask: no second offer waits."""

    name: str
    student: str
    room: str
    standing: list[str]
    signals: str
    state: str
    reasons: list[str]
    paper: str
    may_ask: bool


def rows(viewer: Viewer, found: Listing, shown: Sequence[Look]) -> list[Shown]:
    """Open what some children's papers came to and return it in words; one audit row for each child."""
    gone = sealed_because_left(viewer, [found.students[one.student] for one in shown])
    results = Result.objects.current().filter(
        paper__in=[one.paper for one in shown if one.student not in gone]
    )
    results = results.select_related("form__text").order_by("form__number")
    told: dict[int, list[str]] = {}
    for result in opened(viewer, results, REVIEW, "scores"):
        told.setdefault(result.paper_id, []).append(standing_words(result.form, result.scores))
    return [
        Shown(
            found.students[one.student].name,
            found.students[one.student].public_id,
            found.rooms[one.student].name if one.student in found.rooms else "",
            [_("已离校，档案已封存")] if one.student in gone else told.get(one.paper, []),
            signals_words(found.signals.get(one.student, NONE)),
            state_words(one),
            reason_words(one.reasons),
            one.public_id,
            not one.asked_again,
        )
        for one in shown
    ]


def state_words(one: Look) -> str:
    if one.asked_again:
        return _("已请再做一次，还没做")
    if one.attempt > 1:
        return _("第%(n)d次") % {"n": one.attempt}
    return {"paper": _("已交（纸笔）"), "import": _("已交（导入）")}.get(one.source, _("已交"))


def signals_words(counted: Waiting) -> str:
    """Say how many signals there are and whether somebody is on them."""
    if not counted.all:
        return ""
    if not counted.open:
        return ngettext("%(n)d条提示有人接手了", "%(n)d条提示有人接手了", counted.all) % {"n": counted.all}
    said = ngettext("%(n)d条提示没人接手", "%(n)d条提示没人接手", counted.open) % {"n": counted.open}
    return said + (_("，其中%(n)d条紧急") % {"n": counted.urgent} if counted.urgent else "")

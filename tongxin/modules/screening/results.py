"""What the papers of a sitting came to: the paper that counts for each child, how it was filled in, what stands out.

The program looks at all papers together (`looks`); what a person then sees of a child goes through `opened`.
A questionable paper is told apart and is never counted as "no risk"; what needs somebody at once counts in any case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from tongxin.kernel.access.reading import opened_by_program
from tongxin.kernel.base.models import Subject
from tongxin.kernel.signals.models import Call, Signal
from tongxin.methods.psychometrics.instrument import Band, Instrument
from tongxin.methods.psychometrics.quality import REASONS, Quality

from . import quality
from .describing import say
from .instruments import ready
from .layout import forms
from .models import Page, Paper, Result, Sitting, SittingForm
from .signals import of_sitting

STUDENT = SittingForm.Form.STUDENT
STATISTICS = "statistics"


@dataclass(frozen=True)
class Part:
    """One instrument of a paper. answered: {item: place | words}."""

    form: SittingForm
    scores: Mapping[str, Any]
    standing: Mapping[str, Any]
    quality: Quality | None
    answered: Mapping[str, int | str] = field(repr=False, default_factory=dict)

    @property
    def questionable(self) -> bool:
        return self.quality is not None and self.quality.questionable

    @property
    def bands(self) -> Mapping[str, str]:
        return self.scores.get("bands", {})


@dataclass(frozen=True)
class Look:
    """The paper that counts of one respondent about one child. asked_again: another one was offered and waits."""

    paper: int
    public_id: str
    student: int
    respondent: int
    attempt: int
    source: str
    finished_at: datetime
    asked_again: bool
    parts: tuple[Part, ...]

    @property
    def reasons(self) -> list[str]:
        found = {r for part in self.parts if part.questionable and part.quality for r in part.quality.reasons}
        return [reason for reason in REASONS if reason in found]

    @property
    def questionable(self) -> bool:
        return any(part.questionable for part in self.parts)

    @property
    def rank(self) -> int:
        return max((part.standing["rank"] for part in self.parts), default=0)

    def part(self, form: int) -> Part | None:
        return next((part for part in self.parts if part.form.pk == form), None)


def looks(sitting: Sitting, form: str = STUDENT, *, with_quality: bool = True) -> list[Look]:
    """Return the papers that count: of each respondent the last one handed in. Opened by the program, for figures."""
    papers = Paper.objects.filter(sitting=sitting, form=form).order_by("attempt", "pk")
    chosen: dict[tuple[int, int], Paper] = {}
    waiting: set[tuple[int, int]] = set()
    for paper in papers:
        seat = (paper.student_id, paper.respondent_id)
        if paper.finished_at is not None:
            chosen[seat] = paper
            waiting.discard(seat)
        elif paper.attempt > 1:
            waiting.add(seat)
    ids = [paper.pk for paper in chosen.values()]
    results = _results(sitting, set(ids))
    pages = _pages(sitting, set(ids)) if with_quality else {}
    judged = _judged(sitting, form, ids, pages) if with_quality else {}
    own = {one.pk: one for one in forms(sitting, form)}
    found = []
    for seat, paper in chosen.items():
        assert paper.finished_at is not None
        parts = tuple(
            Part(own[result.form_id], result.scores, result.standing, judged.get((paper.pk, result.form_id)),
                 pages.get((paper.pk, result.form_id), ({}, None))[0])
            for result in sorted(results.get(paper.pk, ()), key=lambda r: own[r.form_id].number)
        )  # fmt: skip
        found.append(
            Look(paper.pk, paper.public_id, paper.student_id, paper.respondent_id, paper.attempt, paper.source,
                 paper.finished_at, seat in waiting, parts)
        )  # fmt: skip
    return found


def _results(sitting: Sitting, papers: set[int]) -> dict[int, list[Result]]:
    rows = Result.objects.current().filter(paper__sitting=sitting)
    found: dict[int, list[Result]] = defaultdict(list)
    for row in opened_by_program([one for one in rows if one.paper_id in papers], STATISTICS):
        found[row.paper_id].append(row)
    return found


def _pages(
    sitting: Sitting, papers: set[int]
) -> dict[tuple[int, int], tuple[dict[str, int | str], float | None]]:
    """Return ({item: answer}, seconds) by paper and instrument."""
    rows = Page.objects.current().filter(paper__sitting=sitting).order_by("paper", "number")
    found: dict[tuple[int, int], tuple[dict[str, int | str], float | None]] = {}
    for row in opened_by_program([one for one in rows if one.paper_id in papers], STATISTICS):
        key = (row.paper_id, row.answers["form"])
        items, seconds = found.get(key, ({}, 0))
        found[key] = (items | row.answers["items"], (seconds or 0) + row.answers["seconds"])
    return found


def _judged(
    sitting: Sitting, form: str, papers: Sequence[int], pages
) -> dict[tuple[int, int], Quality | None]:
    online = set(
        Paper.objects.filter(sitting=sitting, source=Paper.Source.ONLINE).values_list("pk", flat=True)
    )
    found: dict[tuple[int, int], Quality | None] = {}
    for one in forms(sitting, form):
        have = [paper for paper in papers if (paper, one.pk) in pages]
        answered = [pages[paper, one.pk][0] for paper in have]
        # Only a paper that was filled in on a screen has a time; 0 means that the screen told none.
        seconds = [pages[paper, one.pk][1] if paper in online else None for paper in have]
        judged = quality.judge(ready(one.text), answered, [each or None for each in seconds])
        found |= {(paper, one.pk): each for paper, each in zip(have, judged, strict=True)}
    return found


# ------------------------------------------------------------------ in words


def bands_of(instrument: Instrument, scale: str) -> list[Band]:
    """Return the bands of a scale by rank, each named once whatever tables it stands in."""
    found: dict[str, Band] = {}
    for table in instrument.told_scale(scale).tables:
        for band in table.bands:
            found.setdefault(band.id, band)
    return sorted(found.values(), key=lambda band: band.rank)


def band_title(instrument: Instrument, scale: str, band: str) -> str:
    found = next((one for one in bands_of(instrument, scale) if one.id == band), None)
    return say(found.title) if found else ""


def scale_title(instrument: Instrument, scale: str) -> str:
    """Return what a scale is called; the total of an instrument with one scale needs no name of its own."""
    found = instrument.told_scale(scale)
    return say(found.title) or scale


def short(instrument: Instrument) -> str:
    return instrument.short or say(instrument.title)


def standing_words(part_form: SittingForm, scores: Mapping[str, Any]) -> str:
    """Say the bands of an instrument in its own words: 患者健康问卷：中度."""
    instrument = ready(part_form.text).instrument
    told = []
    banded = [scale for scale in instrument.told_scales if scale.tables]
    for scale in banded:
        if scale.id in scores["bands"]:
            title = band_title(instrument, scale.id, scores["bands"][scale.id])
            told.append(title if len(banded) == 1 else f"{scale_title(instrument, scale.id)} {title}")
        elif scale.id in scores["missing"]:
            told.append(
                _("没有分数") if len(banded) == 1 else f"{scale_title(instrument, scale.id)} {_('没有分数')}"
            )
    return f"{short(instrument)}：{'、'.join(told) or '—'}"


def no_score_words(why: Mapping[str, Any]) -> str:
    """Say why a scale has no score."""
    return {
        "blank": _("漏答太多，没有分数"),
        "refused": _("有认不出的答案，没有分数"),
        "part": _("组成它的分数不全，没有分数"),
    }.get(why.get("reason", ""), _("没有分数"))


def signal_words(signal: Signal) -> str:
    """Say what an opened signal is about, in the instrument's own words."""
    what = signal.what
    form = SittingForm.objects.select_related("text").filter(pk=what.get("form")).first()
    if form is None:
        return _("需要人看一看")
    instrument = ready(form.text).instrument
    rules = {rule.id: rule for rule in (*instrument.critical, *instrument.patterns)}
    if what["kind"] == "text":
        return _("写下的话需要人看：第%(item)s题") % {"item": what["rule"]}
    if what["kind"] == "band":
        return f"{short(instrument)}：{band_title(instrument, what['scale'], what['rule'])}"
    return say(rules[what["rule"]].title) if what["rule"] in rules else str(what["rule"])


@dataclass(frozen=True)
class Waiting:
    """The signals of a child in a sitting: how many there are, how many nobody is on yet, how many of these urgent."""

    urgent: int = 0
    open: int = 0
    all: int = 0


NONE = Waiting()


def signals_of(sitting: Sitting) -> dict[int, Waiting]:
    """Return the signals of each child in a sitting, counted."""
    taken = set(
        Call.objects.filter(signal__in=of_sitting(sitting), answer=Call.Answer.TAKEN).values_list(
            "signal_id", flat=True
        )
    )
    found: dict[int, Waiting] = {}
    for pk, student, urgent in of_sitting(sitting).values_list("pk", "student_id", "urgent"):
        one, waits = found.get(student, NONE), pk not in taken
        found[student] = Waiting(one.urgent + (urgent and waits), one.open + waits, one.all + 1)
    return found


def order(found: Iterable[Look], signals: Mapping[int, Waiting], names: Mapping[int, Subject]) -> list[Look]:
    """Return looks with those first who wait for somebody at once, then by rank, then by name."""
    return sorted(
        found,
        key=lambda one: (
            -signals.get(one.student, NONE).urgent, -one.rank, -signals.get(one.student, NONE).open,
            names[one.student].pinyin, one.student,
        ),
    )  # fmt: skip

"""One child over all sittings: scores with their bands, where they stand in a norm, and how the paper was filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from tongxin.kernel.access.reading import opened
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Subject
from tongxin.kernel.people.models import Person as PersonRow
from tongxin.kernel.signals.models import Signal
from tongxin.methods.psychometrics.instrument import Instrument
from tongxin.methods.psychometrics.norms import SchoolNorms
from tongxin.methods.psychometrics.quality import Quality
from tongxin.methods.psychometrics.scoring import norm_for, standing
from tongxin.ui.charts import Lines, Series

from .instruments import ready
from .models import Page, Paper, Result, Sitting, SittingForm
from .papers import person_of
from .picture import groups_of
from .results import (
    STUDENT,
    Look,
    band_title,
    looks,
    no_score_words,
    say,
    scale_title,
    signal_words,
)
from .signals import ORIGIN, bundle

REVIEW = "screening_review"


@dataclass(frozen=True)
class ScoreLine:
    scale: str
    score: str
    band: str
    norm: str = ""


@dataclass
class Block:
    """One instrument of one paper, opened. lines: a line for each scale; validity: what the instrument's own check says."""

    form: SittingForm
    instrument: Instrument
    lines: list[ScoreLine]
    validity: str = ""
    quality: Quality | None = None

    @property
    def title(self) -> str:
        return say(self.instrument.title)

    @property
    def titled(self) -> list[dict[str, str]]:
        """The lines with what their scale is called."""
        return [{**vars(line), "title": scale_title(self.instrument, line.scale)} for line in self.lines]


@dataclass
class Sheet:
    """One paper of a child with its instruments. former: how often its answers were corrected."""

    paper: Paper
    blocks: list[Block]
    reasons: list[str] = field(default_factory=list)
    questionable: bool = False

    @property
    def who(self) -> str:
        return str(SittingForm.Form(self.paper.form).label)


@dataclass
class Chapter:
    """One sitting of a child: papers of the child itself and, beside, of guardians and teachers; its signals."""

    sitting: Sitting
    sheets: list[Sheet]
    signals: list[tuple[Signal, str]]
    waiting: bool = False

    @property
    def has_own(self) -> bool:
        return any(sheet.paper.form == STUDENT for sheet in self.sheets)


def history(viewer: Viewer, child: Subject) -> list[Chapter]:
    """Open all that is on file about a child, the newest sitting first: one audit row for each table."""
    papers = list(
        Paper.objects.filter(student=child).select_related("sitting", "respondent")
        .order_by("-sitting__first_day", "-sitting_id", "form", "-attempt")
    )  # fmt: skip
    results = Result.objects.current().filter(paper__in=papers).select_related("form__text")
    of_paper: dict[int, list[Result]] = {}
    for result in opened(viewer, results.order_by("form__number"), REVIEW, "scores"):
        of_paper.setdefault(result.paper_id, []).append(result)
    signals = opened(
        viewer, Signal.objects.filter(student=child, origin=ORIGIN).order_by("-raised_at"), REVIEW
    )
    chapters: dict[int, Chapter] = {}
    for paper in papers:
        chapter = chapters.setdefault(paper.sitting_id, Chapter(paper.sitting, [], []))
        if paper.finished_at is None:
            chapter.waiting = chapter.waiting or paper.attempt > 1
        elif paper.pk in of_paper:
            chapter.sheets.append(Sheet(paper, [_block(result) for result in of_paper[paper.pk]]))
    by_bundle = {bundle(sitting): chapter for sitting, chapter in chapters.items()}
    for signal in signals:
        if signal.bundle in by_bundle:
            by_bundle[signal.bundle].signals.append((signal, signal_words(signal)))
    return list(chapters.values())


def _block(result: Result) -> Block:
    instrument = ready(result.form.text).instrument
    scores = result.scores
    lines = []
    for scale in instrument.told_scales:
        if scale.id in scores["scores"]:
            band = scores["bands"].get(scale.id)
            title = band_title(instrument, scale.id, band) if band else ""
            if scale.id in scores["undetermined"]:
                title = _("要先登记性别、生日或年级")
            lines.append(ScoreLine(scale.id, number(scores["scores"][scale.id]), title))
        else:
            lines.append(ScoreLine(scale.id, "", no_score_words(scores["missing"].get(scale.id, {}))))
    return Block(result.form, instrument, lines, _validity(scores))


def _validity(scores) -> str:
    return {
        "invalid": _("没有通过量表自带的效度检查"),
        "doubt": _("量表自带的效度检查有疑问"),
        "unknown": _("量表自带的效度检查因漏答算不出来"),
    }.get(scores["validity"], "")


def number(score: float) -> str:
    return f"{score:.2f}".rstrip("0").rstrip(".")


def deepen(chapter: Chapter, child: Subject) -> None:
    """Add norms and answer quality to the papers of a child in one sitting; computed by the program over all papers."""
    for form in {sheet.paper.form for sheet in chapter.sheets}:
        every = looks(chapter.sitting, form)
        clean = [one for one in every if not one.questionable]
        by_paper = {one.paper: one for one in every}
        for sheet in chapter.sheets:
            if sheet.paper.form != form:
                continue
            look = by_paper.get(sheet.paper.pk)
            if look is not None:
                sheet.reasons, sheet.questionable = look.reasons, look.questionable
            for block in sheet.blocks:
                part = look.part(block.form.pk) if look else None
                block.quality = part.quality if part else None
                block.lines = [_with_norm(block, line, chapter, child, form, clean) for line in block.lines]


def _with_norm(
    block: Block, line: ScoreLine, chapter: Chapter, child: Subject, form: str, clean: Sequence[Look]
) -> ScoreLine:
    if not line.score:
        return line
    words = _published(block, line, child, form, chapter) or _own(block, line, child, chapter, clean)
    return ScoreLine(line.scale, line.score, line.band, words)


def _published(block: Block, line: ScoreLine, child: Subject, form: str, chapter: Chapter) -> str:
    norm = norm_for(block.instrument, person_of(child, form, chapter.sitting.last_day))
    found = standing(norm, line.scale, float(line.score)) if norm else {}
    if not norm or not found:
        return ""
    told = []
    if "T" in found:
        told.append(_("T 分 %(t).0f") % {"t": found["T"]})
    if "percentile" in found:
        told.append(_("高于或等于 %(p).0f%% 的人") % {"p": found["percentile"]})
    source = say(norm.title) or norm.source
    return _("%(source)s（%(year)d）：%(told)s") % {
        "source": source,
        "year": norm.year,
        "told": "，".join(told),
    }


def _own(block: Block, line: ScoreLine, child: Subject, chapter: Chapter, clean: Sequence[Look]) -> str:
    """Say where a score stands among the school's own papers, for want of a published norm."""
    groups = groups_of(chapter.sitting, [one.student for one in clean] + [child.pk])
    sexes = dict(
        PersonRow.objects.filter(pk__in=[one.student for one in clean] + [child.pk]).values_list("pk", "sex")
    )
    sex_words = {"male": _("男生"), "female": _("女生")}

    def group(student: int) -> tuple[str, ...]:
        return (groups[student][0], sex_words.get(sexes.get(student, ""), ""))

    norms = SchoolNorms(
        (part.scores["scores"].get(line.scale), group(one.student))
        for one in clean
        if (part := one.part(block.form.pk)) is not None
    )
    norm = norms.of(group(child.pk))
    if norm is None:
        return _("没有公布的常模；本校的答卷不足 50 份，也不成常模")
    told = _("本校常模（不是公布的常模）：%(group)s%(n)d份中，百分位 %(p).0f") % {
        "group": "".join(str(each) for each in norm.group) or _("全校"), "n": norm.n,
        "p": norm.percentile(float(line.score)),
    }  # fmt: skip
    t = norm.t(float(line.score))
    return told if t is None else told + _("，T 分 %(t).0f") % {"t": t}


def courses(chapters: Sequence[Chapter]) -> list[Lines]:
    """Return a line for each scale that the child answered in several sittings, the oldest first."""
    found: dict[tuple[str, str], list[tuple[str, float]]] = {}
    titles: dict[tuple[str, str], str] = {}
    for chapter in reversed(chapters):
        own = next((sheet for sheet in chapter.sheets if sheet.paper.form == STUDENT), None)
        for block in own.blocks if own else ():
            for line in block.lines:
                if line.score:
                    key = (block.instrument.id, line.scale)
                    found.setdefault(key, []).append((chapter.sitting.title, float(line.score)))
                    several = len(block.instrument.told_scales) > 1
                    scale = f" · {scale_title(block.instrument, line.scale)}" if several else ""
                    titles[key] = f"{block.title}{scale}"
    return [
        Lines(
            _("%(scale)s：从%(first)s到%(last)s") % {
                "scale": titles[key], "first": number(points[0][1]), "last": number(points[-1][1]),
            },
            labels=[label for label, _score in points],
            series=[Series(_("得分"), [score for _label, score in points])],
            unit=_("分"),
            label_head=_("测评"),
        )
        for key, points in found.items()
        if len(points) > 1
    ]  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """One answer as it was given. marked: it is part of a critical rule that holds, or words that a person reads."""

    item: str
    text: str
    said: str
    marked: bool = False


@dataclass
class Version:
    """The answers to one instrument of a paper as they stood; current, or until when."""

    form: SittingForm
    answers: list[Answer]
    pages: list[Page]
    current: bool

    @property
    def title(self) -> str:
        return say(ready(self.form.text).instrument.title)

    @property
    def until(self) -> datetime:
        return self.pages[0].superseded_at


def answers(viewer: Viewer, paper: Paper) -> list[Version]:
    """Open a paper's answers item by item: those that count, then the former ones, the last first."""
    pages = opened(
        viewer, Page.objects.filter(paper=paper).order_by("-superseded_at", "-recorded_at", "number"), REVIEW
    )
    forms = {
        form.pk: form for form in SittingForm.objects.filter(sitting=paper.sitting_id).select_related("text")
    }
    groups: dict[tuple[object, int], list[Page]] = {}
    for page in pages:
        groups.setdefault((page.superseded_at, page.answers["form"]), []).append(page)
    found = []
    for (_until, form), own in groups.items():
        answered = {name: said for page in own for name, said in page.answers["items"].items()}
        found.append(
            Version(forms[form], in_words(forms[form], answered), own, own[0].superseded_at == FOREVER)
        )
    return sorted(found, key=lambda one: (not one.current, one.form.number))


def in_words(form: SittingForm, answered: dict[str, int | str]) -> list[Answer]:
    """Return the answers to an instrument in words, item by item."""
    made = ready(form.text)
    instrument = made.instrument
    lines = []
    for item in instrument.items:
        if item.kind in ("display", "computed"):
            continue
        said = answered.get(item.id)
        if isinstance(said, int):
            option = instrument.answers_by_id[item.answers].options[said]
            lines.append(Answer(item.id, say(item.text), f"{option.code} {say(option.text)}".strip()))
        elif said:
            lines.append(Answer(item.id, say(item.text), said, marked=item.flag))
        else:
            lines.append(Answer(item.id, say(item.text), _("没有答")))
    return lines

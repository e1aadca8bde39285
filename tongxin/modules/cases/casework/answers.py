"""The answers of papers in words, for pages and documents; what a reader may not open says why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from tongxin.kernel.base.models import Subject
from tongxin.methods.schemes.scheme import Field, Form, Scheme
from tongxin.ui.formats import full_day

from ..models import Case, CaseFile, CasePaper, CaseTask, Standing
from . import clocks
from .papers import COLUMNS
from .scale import scale_words, watch_days


@dataclass(frozen=True)
class Said:
    """A question with its answer: text, or lines, or files. hidden: why this reader sees none."""

    title: str
    text: str = ""
    lines: tuple[str, ...] = ()
    files: tuple[CaseFile, ...] = ()
    hidden: str = ""


@dataclass
class Beside:
    """What answers refer to: names of people, goals, levels, tasks and files of a paper."""

    names: Mapping[int, str]
    goals: Mapping[str, str]
    rank: int | None = None
    tasks: tuple[CaseTask, ...] = ()
    files: tuple[CaseFile, ...] = ()


def goals_of(paper: CasePaper | None, form: Form | None) -> list[dict[str, str]]:
    """Return the goals of an opened plan."""
    if paper is None or form is None or not paper.plan:
        return []
    return [goal for one in form.of_type("goals") for goal in paper.plan.get(one.id, [])]


def newest_plan(case: Case, before: CasePaper | None = None) -> CasePaper | None:
    """Return the newest plan of a case (written before a paper), sealed."""
    forms = [form.id for form in clocks.scheme_for(case).forms if form.does == "plan"]
    rows = CasePaper.objects.filter(case=case, form__in=forms).newest_versions()
    if before is not None:
        rows = rows.filter(first__lte=before.first_pk)
    return rows.last()


def names_in(school_id: int, papers: Iterable[CasePaper], scheme: Scheme) -> dict[int, str]:
    """Return the names of everybody that opened papers name."""
    wanted: set[int] = set()
    for paper in papers:
        form = scheme.form_by_id.get(paper.form)
        for one in form.of_type("people") if form else ():
            held = getattr(paper, COLUMNS[one.data_class]) if one.data_class == "K4e" else None
            wanted |= set((held or {}).get(one.id, []))
        for one in form.of_type("watches") if form else ():
            wanted |= {watch["who"] for watch in (paper.plan or {}).get(one.id, [])}
    return dict(Subject.objects.filter(school_id=school_id, pk__in=wanted).values_list("pk", "name"))


def said(paper: CasePaper, form: Form, scheme: Scheme, beside: Beside, *, notes: bool) -> list[Said]:
    """Return what a paper says; its plan is opened, and its notes where `notes`."""
    found = []
    if notes and paper.notes and paper.notes.get("_urgent"):
        found.append(Said(_("来不及等同意的原因"), paper.notes["_urgent"]))
    for one in form.fields:
        found.append(_answer(paper, one, scheme, beside, notes))
    return [each for each in found if each.text or each.lines or each.files or each.hidden]


def _answer(paper: CasePaper, one: Field, scheme: Scheme, beside: Beside, notes: bool) -> Said:
    if one.type == "rank":
        return Said(one.title, scheme.level(beside.rank).words if beside.rank else "")
    if one.type == "tasks":
        lines = [f"{task.bearer.name}，{full_day(task.until)}前：{task.words}" for task in beside.tasks]
        return Said(one.title, lines=tuple(lines))
    if one.type == "file":
        return Said(one.title, files=tuple(file for file in beside.files if file.field == one.id))
    if one.data_class == "K5":
        return Said(one.title, hidden=_("特别敏感，要另一个人批准才能看。"))
    if one.data_class == "K4d" and not notes:
        return Said(one.title, hidden=_("只有负责人能看。"))
    value = (getattr(paper, COLUMNS[one.data_class]) or {}).get(one.id)
    return _plain(one, value, beside)


def plainly(one: Field, value: Any, beside: Beside) -> str:
    """Return one answer as a text; "" for nothing."""
    said = _plain(one, value, beside)
    return said.text or "；".join(said.lines)


def _plain(one: Field, value: Any, beside: Beside) -> Said:
    if value in (None, "", [], {}):
        return Said(one.title)
    match one.type:
        case "choice":
            return Said(one.title, dict(one.options).get(value, str(value)))
        case "date":
            return Said(one.title, full_day(date.fromisoformat(value)))
        case "yes_no":
            return Said(one.title, _("是") if value else _("否"))
        case "people":
            return Said(one.title, "、".join(beside.names.get(each, _("已离开的人")) for each in value))
        case "watches":
            lines = [_watch(watch, beside) for watch in sorted(value, key=lambda watch: watch["from"])]
            return Said(one.title, lines=tuple(lines))
        case "goals":
            return Said(one.title, lines=tuple(f"{n}. {goal['text']}" for n, goal in enumerate(value, 1)))
        case "goal_scores":
            words = scale_words()
            return Said(
                one.title,
                lines=tuple(
                    f"{beside.goals.get(goal, goal)}：{words.get(score, score)}"
                    for goal, score in value.items()
                ),
            )
    return Said(one.title, str(value))


def _watch(watch: Mapping[str, Any], beside: Beside) -> str:
    return _("%(begin)s—%(end)s（%(days)s）：%(who)s") % {
        "begin": watch["from"],
        "end": watch["to"],
        "days": watch_days().get(watch["days"], ""),
        "who": beside.names.get(watch["who"], _("已离开的人")),
    }


def rank_of(paper: CasePaper) -> Standing | None:
    """Return the standing a paper set, sealed."""
    return Standing.objects.filter(paper=paper.first_pk).first()

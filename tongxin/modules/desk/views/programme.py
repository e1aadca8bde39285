"""A programme 方案: its outline, who owes what, the heat map, who is behind, and why something is red."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.exchange.documents.sheets import Column as SheetColumn
from tongxin.exchange.documents.sheets import Sheet
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.access.viewer import Viewer, visible_subjects
from tongxin.kernel.base.models import Subject
from tongxin.kernel.ledger.queries import visible_entries
from tongxin.kernel.obligations import consequences, queries, reasons, waivers
from tongxin.kernel.obligations.asked import asked_of as asked_of_viewer
from tongxin.kernel.obligations.pairs import Named, named_in_address
from tongxin.kernel.obligations.queries import Asked, BoardRow
from tongxin.kernel.obligations.unrecorded import unrecorded
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.queries import phases, school_packs, visible_programmes
from tongxin.kernel.programmes.school_facts import known
from tongxin.methods.cadence.applying import concerns
from tongxin.methods.cadence.explaining import reason_words
from tongxin.methods.cadence.explaining import source_words as cited
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import Obligation
from tongxin.methods.cadence.words import sentence
from tongxin.ui.formats import percent_words, period_words, until_words
from tongxin.ui.states import state_word
from tongxin.ui.worded import said, spoken, titled

from .. import duties as lines
from .. import exports, heatmaps, kinds, programmes
from ..behind import Behind, behind
from ..chain import chain
from ..closing import closes, facts_of, forbids, unit_of
from ..following import decision_words, follows, standing
from ..numbers import language, number_words
from ..waived import waiver_lines

MOST_NAMES = 300


def programme_of(request: Request, public_id: str) -> Programme:
    return get_object_or_404(visible_programmes(request.viewer).select_related("school"), public_id=public_id)


def editable_of(request: Request, public_id: str) -> Programme:
    """Return a programme whose text this school decides; one that was handed down is read and not changed."""
    programme = programme_of(request, public_id)
    if programme.locked:
        raise Http404
    return programme


def asked_of(request: Request, public_id: str) -> Asked:
    return queries.ask(programme_of(request, public_id), request.viewer.day)


class Told(NamedTuple):
    """A verdict with the rule and the subject that it is about, and what was asked."""

    asked: Asked
    rule: Obligation
    subject: Named
    verdict: Verdict


def verdict_in_address(request: Request, public_id: str, rule: str, subject: str, first: str) -> Told:
    """Return the verdict that an address names. Raises Http404 where there is none, or none for this reader."""
    asked = asked_of(request, public_id)
    declared = queries.obligation_named(asked.pack, rule, asked.as_of)
    who = named_in_address(request.viewer.school_id, subject)
    try:
        begin = date.fromisoformat(first)
    except ValueError as error:
        raise Http404 from error
    if declared is None or who is None:
        raise Http404
    verdict = queries.explain(request.viewer, asked, rule, who, begin)
    if verdict is None:
        raise Http404
    return Told(asked, declared, who, verdict)


def frame(request: Request, asked: Asked, current: str) -> dict:
    """What every page of a programme shows: its title and the pages beside it."""
    programme, viewer = asked.programme, request.viewer
    pages = [
        ("programme", _("概览"), True),
        ("duties", _("应做事项"), True),
        ("heat", _("热力图"), viewer.may("gaps")),
        ("schedule", _("安排"), True),
        ("numbers", _("待定数字"), bool(asked_of_viewer(viewer, asked.pack))),
        ("versions", _("版本"), viewer.may("programme_edit")),
    ]
    tabs = [
        {
            "label": label,
            "url": reverse(f"desk:{name}", args=[programme.public_id]),
            "current": name == current,
        }
        for name, label, shown in pages
        if shown
    ]
    return {"programme": programme, "pack": asked.pack, "tabs": tabs}


@allow("programme")
def programme_list(request: Request) -> HttpResponse:
    viewer = request.viewer
    running = programmes.cards(viewer)
    shown = {card.url for card in running}
    others = [
        {
            "title": said(p.title),
            "url": reverse("desk:programme", args=[p.public_id]),
            "facts": [period_words(p.first_day, p.last_day, viewer.day)],
            "text": _("已停用") if p.retired_on and p.retired_on <= viewer.day else "",
        }
        for p in visible_programmes(viewer).order_by("-first_day", "title")
    ]
    context = {
        "cards": running,
        "others": [p for p in others if p["url"] not in shown],
        "consequences_url": _consequences_url(viewer),
    }
    return render(request, "desk/programmes.html", context)


def _consequences_url(viewer: Viewer) -> str:
    """Where those who lead read what follows from missed duties, if the programmes say that anything does."""
    if viewer.school is None or not (viewer.may("gaps") and viewer.may("export")):
        return ""
    packs = (pack for _programme, pack in school_packs(viewer.school, viewer.day))
    said = any(consequences.has_consequences(rule) for pack in packs for rule in pack.obligations)
    return reverse("desk:consequences") if said else ""


@allow("programme")
def overview(request: Request, public_id: str) -> HttpResponse:
    """One sentence, the problems and goals, the phases, and what each month brings."""
    asked = asked_of(request, public_id)
    viewer, programme = request.viewer, asked.programme
    rows = queries.board(viewer, asked)
    steps = programmes.progress(programme, asked.pack, viewer.day)
    return render(
        request,
        "desk/programme.html",
        frame(request, asked, "programme")
        | {
            "answer": programmes.coverage_words(programmes.total(rows)),
            "rows": _worst(rows, programme),
            "phases": [_phase(phase, steps, viewer.day) for phase in phases(programme, asked.pack)],
            "months": _months(programme, steps),
            "headings": asked.pack.headings,
            "late": [step for step in steps if step.slipped and not step.done],
            "waiting": _waiting(request, asked),
        },
    )


def _waiting(request: Request, asked: Asked) -> int:
    """How many rules wait for a fact that nobody recorded and this viewer could; asked of those who keep the people."""
    viewer = request.viewer
    if not viewer.may("people_edit") or viewer.school_id != asked.programme.school_id:
        return 0
    return len({rule for one in unrecorded(viewer, [asked]).values() for rule in one.rules})


def _phase(phase, steps, today: date) -> dict:
    mine = [step for step in steps if step.item.phase == phase.number]
    done = sum(step.done for step in mine)
    if today < phase.first_day:
        state = _("还没开始")
    elif today > phase.last_day:
        state = _("已结束")
    else:
        state = _("正在进行")
    return {
        "phase": phase,
        "state": state,
        "done": done,
        "all": len(mine),
        "now": phase.first_day <= today <= phase.last_day,
    }


def _months(programme: Programme, steps) -> list[dict]:
    """The plan's months in the order of the programme year, each with its items."""
    found: dict[int, list] = defaultdict(list)
    for step in steps:
        found[step.item.month].append(step)
    begin = programme.first_day.month
    order = sorted(found, key=lambda month: (month - begin) % 12)
    return [
        {"month": month, "steps": found[month], "done": sum(s.done for s in found[month])} for month in order
    ]


@dataclass(frozen=True)
class DutyRow:
    """An obligation on the board. words: coverage in words, or why there is no figure."""

    title: str
    url: str
    sentence: str
    words: str
    met: int
    expected: int
    missed: int
    source: str
    heading: str
    encouraged: bool
    quiet: bool


def _duty_row(row: BoardRow, asked: Asked) -> DutyRow:
    rule, counts = row.rule, row.counts
    return DutyRow(
        title=rule.title,
        url=reverse("desk:duty", args=[asked.programme.public_id, rule.id]),
        sentence=sentence(asked.pack, rule, language()) if rule.evaluable else rule.later,
        words=_row_words(row),
        met=counts.met if counts else 0,
        expected=counts.expected if counts else 0,
        missed=counts.missed if counts else 0,
        source=source_words(rule),
        heading=rule.heading,
        encouraged=rule.source.modality == "encouraged",
        quiet=rule.evaluable and counts is not None and not counts.expected,
    )


def _row_words(row: BoardRow) -> str:
    if not row.rule.evaluable:
        return _("还不能自动判断")
    if row.hidden:
        return _("人数太少，不显示")
    if row.counts is None:
        return _("不在您的职责范围内")
    if not row.counts.expected:
        return _("现在没有要求")
    words = _("%(met)d/%(all)d（%(percent)s）") % {
        "met": row.counts.met,
        "all": row.counts.expected,
        "percent": percent_words(row.counts.met, row.counts.expected),
    }
    return _("您负责的：%(words)s") % {"words": words} if row.partial else words


def source_words(rule: Obligation) -> str:
    parts = [part for part in (rule.source.document, rule.source.at) if part]
    return (", " if spoken() else " ").join(parts)


def _worst(rows: list[BoardRow], programme: Programme) -> list[dict]:
    """The few obligations furthest behind, to begin with."""
    behind = [r for r in rows if r.counts and r.counts.missed and r.rule.source.modality != "encouraged"]
    behind.sort(key=lambda r: r.counts.met / r.counts.expected if r.counts and r.counts.expected else 1)
    return [
        {
            "title": r.rule.title,
            "url": reverse("desk:duty", args=[programme.public_id, r.rule.id]),
            "words": _row_words(r),
        }
        for r in behind[:5]
    ]


@allow("programme")
def duties(request: Request, public_id: str) -> HttpResponse:
    """Who owes what: every obligation in words, with how far it has come."""
    asked = asked_of(request, public_id)
    titles: dict[str, str] = {}
    for top in asked.pack.headings:
        titles[top.number] = top.words
        for second in top.children:
            titles |= {heading.number: second.words for heading in second.within()}
    by_heading: dict[str, list[DutyRow]] = {title: [] for title in (*titles.values(), _("其他"))}
    elsewhere: list[DutyRow] = []
    facts = school_facts(asked)
    for row in queries.board(request.viewer, asked):
        listed = by_heading[titles.get(row.rule.heading, _("其他"))]
        (listed if concerns(row.rule, facts) else elsewhere).append(_duty_row(row, asked))
    groups = [_duty_group(title, rows) for title, rows in by_heading.items() if rows]
    context = {"groups": groups, "elsewhere": elsewhere}
    return render(request, "desk/duties.html", frame(request, asked, "duties") | context)


def school_facts(asked: Asked) -> dict[str, str]:
    """What is recorded of the programme's school itself, by name."""
    return {name: at.value for name, at in known(asked.programme.school, asked.as_of).items()}


# So many rules of a heading of which nothing is due now are shown in line; more are folded away.
QUIET_IN_LINE = 2


def _duty_group(title: str, rows: list[DutyRow]) -> dict:
    """Rules under one heading. quiet: those of which nothing is due now, folded where they are many."""
    quiet = [row for row in rows if row.quiet]
    if len(quiet) <= QUIET_IN_LINE:
        return {"title": title, "rows": rows, "quiet": []}
    return {"title": title, "rows": [row for row in rows if not row.quiet], "quiet": quiet}


@allow("programme")
def duty(request: Request, public_id: str, rule: str) -> HttpResponse:
    """One obligation: its sentence, how far it has come by class or branch, and who is behind."""
    asked = asked_of(request, public_id)
    viewer, group = request.viewer, _group(request)
    found = behind(viewer, asked, rule, group, _first(request))
    if found is None:
        raise Http404
    declared = found.rule
    hidden = declared.evaluable and found.found.sight.nothing
    loggable = kinds.loggable(viewer) if viewer.may("record") else {}
    return render(
        request,
        "desk/duty.html",
        frame(request, asked, "duties")
        | {
            "rule": declared,
            "sentence": sentence(asked.pack, declared, language()) if declared.evaluable else declared.later,
            "source": cited(asked.pack, declared, language()),
            "chain": chain(asked, declared),
            "answer": _("这一项涉及的内容不在您的职责范围内。")
            if hidden
            else _duty_answer(found, viewer.day)
            if concerns(declared, school_facts(asked))
            else _("这一条与本校无关：学段、地区或单位类别不同。"),
            "gap_rows": _gap_rows(request, asked, found, loggable),
            "beyond": 0 if hidden else found.beyond,
            "listed": declared.evaluable
            and not hidden
            and (found.window is not None or declared.subject.is_activity),
            "more": max(len(found.rows) - MOST_NAMES, 0),
            "groups": _groups(request, asked, declared),
            "group": group,
            "windows": [
                (first.isoformat(), period_words(first, last, viewer.day)) for first, last in found.windows
            ][::-1],
            "window": found.window[0].isoformat() if found.window else "",
            "chart": heatmaps.of_rule(viewer, asked, declared) if not hidden and not group else None,
            "export_url": _export_url(request, asked, rule),
            "edit_url": reverse("desk:edit_duty", args=[public_id, rule])
            if viewer.may("programme_edit") and not asked.programme.locked
            else "",
            "stricter_url": reverse("authoring:stricter", args=[public_id, rule])
            if viewer.may("programme_edit") and asked.programme.locked and declared.evaluable
            else "",
        },
    )


def _first(request: Request) -> date | None:
    """Return the first day of the window asked for in the address; nonsense there asks for the newest."""
    try:
        return date.fromisoformat(request.GET.get("window", ""))
    except ValueError:
        return None


def _duty_answer(found: Behind, today: date) -> str:
    """How far the window shown has come, in one sentence."""
    if found.counts is None:
        return "" if found.found.sight.nothing else _("人数太少，不显示数字。")
    counts = found.counts
    if not counts.expected:
        return _("现在没有要求。")
    # Each activity is judged in a window of its own: they are told together.
    ends = found.window is not None and found.window[1] != date.max
    when = period_words(*found.window, today) if found.window and ends else _("到现在")
    said = _("%(when)s，%(words)s") % {"when": when, "words": programmes.coverage_words(counts)}
    if counts.missed:
        said += _("，%(n)d个没按时") % {"n": counts.missed}
    if counts.open:
        said += _("，%(n)d个还在期限内") % {"n": counts.open}
    seen = found.found.sight
    if counts.waived and (seen.whole or seen.own_part):
        said += _("，%(n)d个已免除") % {"n": counts.waived}
    return said + ("." if spoken() else "。")


def _group(request: Request) -> Subject | None:
    asked_for = request.GET.get("group", "")
    if not asked_for:
        return None
    groups = visible_subjects(request.viewer).filter(type__in=("homeroom", "branch", "department"))
    return get_object_or_404(groups, public_id=asked_for)


def _groups(request: Request, asked: Asked, rule: Obligation) -> list[tuple[str, str]]:
    """The classes or branches a gap list can be narrowed to."""
    _kind, type_ = heatmaps.grouping(asked.pack, rule)
    if not type_:
        return []
    found = visible_subjects(request.viewer).filter(type=type_).order_by("pinyin", "pk")
    return list(found.values_list("public_id", "name"))


def _gap_rows(request: Request, asked: Asked, found: Behind, loggable: dict) -> list[dict]:
    viewer, rule = request.viewer, found.rule
    kind = next((loggable[k] for k in lines.kind_names(rule) if k in loggable), None)
    stated, following = _stated(viewer, asked, found), _following(asked, found)
    rows = []
    for gap in found.rows[:MOST_NAMES]:
        v = gap.verdict
        rows.append(
            {
                "name": gap.subject.name,
                "url": reverse(
                    "desk:why", args=[asked.programme.public_id, rule.id, gap.subject.public_id, v.first]
                )
                if viewer.may("explain")
                else "",
                "state": v.verdict,
                "until": until_words(v.due, viewer.day),
                "done": number_words(v.done),
                "owed": number_words(v.owed),
                "bearers": "、".join(gap.bearers),
                "reason": stated.get((v.subject, v.first), ""),
                "follows": following.get((v.subject, v.first)),
                "log_url": lines.form_url(rule, kind, gap.subject) if kind else "",
            }
        )
    return rows


def _stated(viewer: Viewer, asked: Asked, found: Behind) -> dict[tuple[str, date], str]:
    """Why things asked in principle were not done, of the windows listed, by subject and first day."""
    if found.rule.source.modality != reasons.IN_PRINCIPLE:
        return {}
    firsts = {gap.verdict.first for gap in found.rows}
    told = reasons.told(viewer, asked.programme, found.rule.id, firsts)
    return {key: row.reason for key, row in told.items()}


def _following(asked: Asked, found: Behind) -> dict[tuple[str, date], tuple[str, str]]:
    """What follows for those of the list whom a consequence concerns now, and what was decided, by subject and first day."""
    concerned = [g.verdict for g in found.rows if consequences.concerns(found.rule, g.verdict)]
    if not concerned:
        return {}
    decided = consequences.decisions(asked.programme, [found.rule.id])
    return {
        (v.subject, v.first): (
            follows(asked.pack, found.rule, v),
            decision_words(decided.get((v.obligation, v.subject, v.first))) or _("还没有定"),
        )
        for v in concerned
    }


def _export_url(request: Request, asked: Asked, rule: str) -> str:
    if not (request.viewer.may("export") and request.viewer.may("gaps")):
        return ""
    address = reverse("desk:duty_export", args=[asked.programme.public_id, rule])
    return f"{address}?{request.GET.urlencode()}" if request.GET else address


@allow("export")
def duty_export(request: Request, public_id: str, rule: str) -> HttpResponse:
    """The gap list as a workbook: the same rows as the page, names only where the page shows them."""
    if not request.viewer.may("gaps"):
        raise Http404
    asked = asked_of(request, public_id)
    found = behind(request.viewer, asked, rule, _group(request), _first(request))
    if found is None:
        raise Http404
    stated = _stated(request.viewer, asked, found)
    following = _following(asked, found)
    rows = [
        (g.subject.name, state_word(g.verdict.verdict), number_words(g.verdict.done), number_words(g.verdict.owed),
         g.verdict.due, "、".join(g.bearers), stated.get((g.verdict.subject, g.verdict.first), ""),
         *following.get((g.verdict.subject, g.verdict.first), ("", ""))[:2 if following else 0])
        for g in found.rows
    ]  # fmt: skip
    heads: tuple[str, ...] = (
        _("对象"),
        _("状态"),
        _("已做"),
        _("应做"),
        _("期限"),
        _("负责"),
        _("没做到的原因"),
    )
    if following:
        heads += (_("后果"), _("决定"))
    note = [beyond_words(found.beyond)] if found.beyond != 0 else []
    sheet = Sheet(_("缺口清单"), [SheetColumn(head) for head in heads], rows, title=found.rule.title)
    return exports.workbook(
        request.viewer,
        f"{_('缺口清单')}.xlsx",
        [sheet],
        "obligations.gaps_exported",
        explanation=[source_words(found.rule), *note],
        obligation=rule,
        rows=len(rows),
    )


def beyond_words(beyond: int | None) -> str:
    if beyond is None:
        return _("另有少数几个不在您的职责范围内，人数太少不显示。")
    return _("另有%(n)d个不在您的职责范围内，只计数，不列姓名。") % {"n": beyond}


@allow("gaps")
def heat(request: Request, public_id: str) -> HttpResponse:
    """Coverage of every obligation over the weeks; drawn when asked for, because it looks at every week."""
    asked = asked_of(request, public_id)
    context = frame(request, asked, "heat")
    if request.htmx or request.GET.get("show") == "1":
        context["chart"] = heatmaps.of_programme(request.viewer, asked)
    return render(request, "desk/heat.html", context)


@allow("explain")
def why(request: Request, public_id: str, rule: str, subject: str, first: str) -> HttpResponse:
    """Why is this red: the sentence, the window, what counted, what did not and why, and what would close it."""
    viewer = request.viewer
    asked, declared, who, verdict = verdict_in_address(request, public_id, rule, subject, first)
    begin = verdict.first
    loggable = kinds.loggable(viewer) if viewer.may("record") else {}
    kind = next((loggable[k] for k in lines.kind_names(declared) if k in loggable), None)
    unit = unit_of(asked.pack, declared)
    decided = None
    if consequences.concerns(declared, verdict):
        decided = consequences.decisions(asked.programme, [rule]).get((rule, verdict.subject, begin))
    return render(
        request,
        "desk/why.html",
        frame(request, asked, "duties")
        | {
            "rule": declared,
            "who": who,
            "verdict": verdict,
            "facts": facts_of(verdict, unit),
            "forbids": forbids(verdict),
            "of_records": any(item.measure.needs_count for item in declared.requirements()),
            "sentence": sentence(asked.pack, declared, language()),
            "window": period_words(verdict.first, verdict.last, viewer.day) if verdict.due else _("没有期限"),
            "reason": reason_words(asked.pack, verdict.reason, language()) if verdict.reason else "",
            "bearers": list(
                Subject.objects.filter(pk__in=[b for b in verdict.bearer if b.isdecimal()]).values_list(
                    "name", flat=True
                )
            ),
            "closes": closes(verdict, declared, unit, viewer.day),
            "log_url": lines.form_url(declared, kind, who)
            if kind and verdict.verdict in ("open", "missed") and verdict.done < verdict.owed
            else "",
            "kind": kind,
            "source": cited(asked.pack, declared, language()),
            "follows": follows(asked.pack, declared, verdict) if declared.consequences else "",
            "standing": standing(viewer, declared, verdict, decided),
            "decided": decided,
            "consequence_url": reverse("desk:consequence", args=[public_id, rule, subject, first])
            if consequences.may_decide(viewer, asked, declared, verdict, who)
            else "",
            "chain": chain(asked, declared),
            "waivers": waiver_lines(asked, declared, who),
            "stated": reasons.told(viewer, asked.programme, rule, [begin]).get((verdict.subject, begin)),
            "reason_url": reverse("desk:reason", args=[public_id, rule, subject, first])
            if reasons.may_state(viewer, declared, verdict)
            else "",
            "waive_url": reverse("desk:waive", args=[public_id, rule, subject])
            if waivers.may_waive(viewer, asked.pack, declared, who)
            else "",
        }
        | _entries(request, asked, verdict),
    )


def _entries(request: Request, asked: Asked, verdict: Verdict) -> dict:
    """The entries counted and rejected, linked where this viewer may read them."""
    reasons = dict(verdict.rejected)
    ids = [int(e) for e in (*verdict.counted, *reasons) if e.isdecimal()]
    seen = {
        e.pk: e
        for e in visible_entries(request.viewer).filter(pk__in=ids).only("pk", "public_id", "title", "day")
    }

    def line(text: str) -> dict:
        entry = seen.get(int(text)) if text.isdecimal() else None
        if entry is None:
            return {"label": _("一条您看不到内容的记录"), "day": None, "url": ""}
        return {
            "label": titled(entry.title),
            "day": entry.day,
            "url": reverse("desk:entry", args=[entry.public_id]),
        }

    def mend(text: str) -> str:
        entry = seen.get(int(text)) if text.isdecimal() else None
        if entry is None or not request.viewer.may("record"):
            return ""
        return reverse("desk:entry_evidence", args=[entry.public_id])

    return {
        "counted": [line(e) for e in verdict.counted],
        "rejected": [
            line(e)
            | {
                "reason": _("不算在内") if forbids(verdict) else reason_words(asked.pack, reason, language()),
                "mend_url": mend(e) if reason.startswith("evidence missing") else "",
            }
            for e, reason in verdict.rejected
        ],
    }

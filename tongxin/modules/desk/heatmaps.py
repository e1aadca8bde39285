"""Heat maps of a programme: all its duties over the weeks, and one duty by class, branch or person over its windows."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.kernel.obligations.pairs import named
from tongxin.kernel.obligations.queries import (
    Asked,
    Counts,
    Figured,
    Sight,
    count,
    groups_of,
    heat,
    hidden_groups,
    of_groups,
    sight,
)
from tongxin.methods.cadence.facts import ENTRY
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.tree import Obligation
from tongxin.ui.charts import Cell, HeatMap, HeatRow
from tongxin.ui.formats import period_words, plain_day
from tongxin.ui.states import state_word

MOST_ROWS = 80
MOST_WINDOWS = 45
LOOSE = 0  # stands for the group of those who are in none; no subject has this key
GROUP_OF = {
    "student": ("enrolled_in", "homeroom"),
    "staff": ("branch_member", "branch"),
    "member": ("branch_member", "branch"),
}


def grouping(pack: Pack, rule: Obligation) -> tuple[str, str]:
    """Return (link, type) of the groups whose members a rule is about; of pairs, those of the end it is for."""
    name = rule.subject.name
    if rule.subject.is_pair:
        name = pack.links[rule.subject.kind].b if rule.subject.kind in pack.links else ""
    return GROUP_OF.get(name, ("", ""))


def of_programme(viewer: Viewer, asked: Asked) -> HeatMap:
    """Return coverage of every duty in every week of the programme so far."""
    found = heat(viewer, asked)
    columns = []
    for monday, week in found.weeks:
        day = plain_day(monday, viewer.day)
        full = (
            _("第%(n)d周（%(day)s起）") % {"n": week, "day": day} if week else _("%(day)s起") % {"day": day}
        )
        columns.append((str(week) if week else "·", full))
    rows = []
    best = None
    for title, rule_id, cells in found.rows:
        url = reverse("desk:duty", args=[asked.programme.public_id, rule_id])
        drawn = [
            _cell(cell.counts, cell.hidden, full) for cell, (_s, full) in zip(cells, columns, strict=True)
        ]
        if any(cell is not None for cell in drawn):
            rows.append(HeatRow(title, drawn, url))
        last = next((c.counts for c in reversed(cells) if c.counts), None)
        share = last.percent if last and last.expected else None
        if share is not None and (best is None or share < best[0]):
            best = (share, title)
    finding = (
        _("最近一周完成得最少的是“%(title)s”（%(n)d%%）") % {"title": best[1], "n": best[0]}
        if best
        else _("还没有到期的事项")
    )
    note = _("每格是这一周完成的百分比；整学期的要求显示到那个月底为止的进度。“·”是不上课的周。")
    return HeatMap(finding, columns=columns, rows=rows, row_head=_("事项"), note=note)


def _cell(counts: Counts | None, hidden: bool, column: str) -> Cell | None:
    if hidden:
        return Cell(words=_("%(when)s：人数太少，不显示") % {"when": column})
    if counts is None or not counts.expected:
        return None
    words = _("%(when)s：完成%(met)d/%(all)d") % {"when": column, "met": counts.met, "all": counts.expected}
    return Cell(counts.met, counts.expected, words=words)


def of_rule(viewer: Viewer, asked: Asked, rule: Obligation) -> HeatMap | None:
    """Return one duty over its windows: a row per class or branch, or per person where they may be named."""
    seen = sight(viewer, asked.pack, rule)
    if seen.nothing or not rule.evaluable:
        return None
    figured = Figured(viewer)
    shown = (v for v in asked.verdicts([rule.id]) if not v.subject.startswith(ENTRY))
    verdicts = [v for v in shown if figured(seen, v.subject)]
    windows = sorted({(v.first, v.last, v.window) for v in verdicts})[-MOST_WINDOWS:]
    if not windows or not verdicts:
        return None
    columns = [(_short(first, last), period_words(first, last, viewer.day)) for first, last, _w in windows]
    keys = [(first, last) for first, last, _w in windows]
    people = {v.subject for v in verdicts}
    if len(people) <= MOST_ROWS and all(seen.whole or figured.inside(seen.data_class, one) for one in people):
        rows = _person_rows(asked, rule, verdicts, keys, columns, people)
        head = _("对象")
    else:
        rows = _group_rows(asked, rule, verdicts, keys, columns, seen, figured)
        head = _("班级或支部")
    total, few = figured.counts(seen, [v for v in verdicts if (v.first, v.last) == keys[-1]])
    if few:
        title = _("各班、各支部的完成情况")
    else:
        title = _("%(when)s完成%(met)d/%(all)d") % {
            "when": columns[-1][1],
            "met": total.met,
            "all": total.expected,
        }
    return HeatMap(title, columns=columns, rows=rows, row_head=head)


def _short(first: date, last: date) -> str:
    if last == date.max:
        return _("一次")
    return f"{first.month}.{first.day}" if (last - first).days < 27 else _("%(n)d月") % {"n": first.month}


def _person_rows(asked, rule, verdicts: list[Verdict], keys, columns, people: set[str]) -> list[HeatRow]:
    by_cell = {(v.subject, v.first, v.last): v for v in verdicts}
    rows = []
    found = named(people)
    for one in sorted(found, key=lambda one: (found[one].type, found[one].pinyin, found[one].name, one)):
        subject = found[one]
        cells: list[Cell | None] = []
        for (first, last), (_short_name, full) in zip(keys, columns, strict=True):
            v = by_cell.get((one, first, last))
            url = reverse("desk:why", args=[asked.programme.public_id, rule.id, subject.public_id, first])
            cells.append(_state_cell(v, full, url) if v else None)
        rows.append(HeatRow(subject.name, cells))
    return rows


def _state_cell(v: Verdict, when: str, url: str) -> Cell:
    return Cell(state=v.verdict, words=f"{when}：{state_word(v.verdict)}", url=url)


def _group_rows(
    asked: Asked, rule: Obligation, verdicts: list[Verdict], keys, columns, seen: Sight, figured: Figured
) -> list[HeatRow]:
    kind, _type = grouping(asked.pack, rule)
    groups = groups_of(asked, kind) if kind else {}
    by_window: dict[tuple[date, date], list[Verdict]] = defaultdict(list)
    for v in verdicts:
        by_window[v.first, v.last].append(v)
    # Whoever has left their class or branch is counted together: a row of their own would name them.
    totals = [of_groups(by_window[key], groups, loose=LOOSE if kind else None) for key in keys]
    hidden = [hidden_groups(figured, seen, total) for total in totals]
    every = set().union(*totals)
    shown = Subject.objects.filter(pk__in=every).order_by("type", "pinyin", "pk")[:MOST_ROWS]
    lines = [(group.pk, group.name) for group in shown]
    if LOOSE in every:
        lines.append((LOOSE, _("已经离开的")))
    return [
        HeatRow(
            name,
            [
                _cell(count(total.get(group, ())), group in few, full)
                for total, few, (_short_name, full) in zip(totals, hidden, columns, strict=True)
            ],
        )
        for group, name in lines
    ]

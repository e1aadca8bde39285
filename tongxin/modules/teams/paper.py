"""A team's year as a document for the archive: who, plan, what was done, results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from tongxin.exchange.documents.blocks import Block, Document, Heading, Paragraph, Table
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.kernel.programmes import queries as programmes
from tongxin.ui import formats

from . import logs
from .looking import Card, Names, names_of
from .models import Change, Step, Topic


def document(viewer: Viewer, card: Card, first: date, last: date, export_id: str) -> Document:
    """Return the paper of a team over some days. Reasons of changes and what members think of themselves stay out."""
    done = logs.written(viewer, card.team, first=first, last=last)
    kind = card.kind.title if card.kind else _("团队")
    names = names_of(viewer, card.team)
    blocks: list[Block] = [
        Paragraph(
            _("%(first)s至%(last)s，%(kind)s。")
            % {"first": formats.full_day(first), "last": formats.full_day(last), "kind": kind}
        ),
        Heading(_("一、组成")),
        _people(card),
        Heading(_("二、计划")),
        *_plan(card, names, first, last),
        Heading(_("三、过程")),
        *_done(done),
        Heading(_("四、成果")),
        *_results(viewer, card, first, last),
    ]
    changed = _changes(card, names, first, last)
    if changed:
        blocks += [Heading(_("五、变更")), changed]
    return Document(
        title=_("%(team)s成果材料") % {"team": card.team.name}, blocks=blocks, export_id=export_id,
        author=card.team.school.name,
    )  # fmt: skip


def _people(card: Card) -> Table:
    titles = _titles(card)
    rows = [
        (titles.get(seat, seat), formats.listed(one.name for one in people))
        for seat, people in card.seats.items()
    ]
    topics = Topic.objects.filter(team=card.team).order_by("pk")
    rows += [(_("选题"), f"{one.title}（{one.get_state_display()}）") for one in topics]
    rows.append((_("成立"), formats.full_day(card.team.present_from)))
    return Table((_("席位"), _("谁")), rows, widths=(1, 3))


def _plan(card: Card, names: Names, first: date, last: date) -> Sequence[Block]:
    steps = Step.objects.filter(team=card.team, due__gte=first, due__lte=last).select_related("bearer")
    rows = [
        (
            one.title,
            names.seen(one.bearer).name if one.bearer else _("大家一起"),
            formats.full_day(one.due),
            formats.full_day(one.done_on) if one.done_on else _("未完成"),
        )
        for one in steps.order_by("due", "pk")
    ]
    if not rows:
        return [Paragraph(_("没有写计划。"))]
    return [Table((_("步骤"), _("谁"), _("期限"), _("完成")), rows, widths=(3, 1, 1.5, 1.5))]


def _done(done: Sequence[logs.Written]) -> Sequence[Block]:
    rows = [
        (formats.full_day(one.entry.day), one.what, one.entry.title, formats.listed(one.present))
        for one in reversed(done)
    ]
    if not rows:
        return [Paragraph(_("这段时间没有登记。"))]
    return [Table((_("日期"), _("类别"), _("做了什么"), _("谁在场")), rows, widths=(1.5, 1.2, 3, 1.6))]


def _results(viewer: Viewer, card: Card, first: date, last: date) -> Sequence[Block]:
    known = programmes.kinds(card.team.school, viewer.day)
    rows = [
        (formats.full_day(one.day), one.title, formats.listed(logs.facts(one, known.get(one.kind))))
        for one in logs.results(card.team.school, first, last, card.team)
    ]
    if not rows:
        return [Paragraph(_("还没有获奖或立项。"))]
    return [Table((_("日期"), _("成果"), _("级别与结果")), rows, widths=(1.5, 3, 2))]


@dataclass(frozen=True)
class Changed:
    """A change in words. reason: for who may read it, never on paper."""

    day: date
    seat: str
    leaving: str
    coming: str
    reason: str


def changes(team: Subject, titles: Mapping[str, str], names: Names) -> list[Changed]:
    """Return what changed in a team, newest first, with the names the reader may know."""
    rows = Change.objects.filter(team=team).select_related("leaving", "coming").order_by("-day", "-pk")
    return [
        Changed(
            row.day,
            titles.get(row.seat, row.seat) if row.seat else _("团队结束"),
            names.seen(row.leaving).name if row.leaving else "",
            names.seen(row.coming).name if row.coming else "",
            row.reason or "",
        )
        for row in rows
    ]


def _changes(card: Card, names: Names, first: date, last: date) -> Table | None:
    rows = [
        (formats.full_day(one.day), one.seat, one.leaving, one.coming)
        for one in reversed(changes(card.team, _titles(card), names))
        if first <= one.day <= last
    ]
    return Table((_("日期"), _("席位"), _("离开"), _("加入")), rows) if rows else None


def _titles(card: Card) -> dict[str, str]:
    return {seat.name: seat.title for seat in card.kind.seats} if card.kind else {}

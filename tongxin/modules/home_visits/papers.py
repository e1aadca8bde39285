"""What leaves as paper: the record of a visit, and the sheet of a route. A route sheet says who, where and when – never why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.documents.blocks import Block, Document, Heading, Image, Listing, Paragraph, Table
from tongxin.exchange.documents.pdf import write_pdf
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.programmes.queries import school_packs
from tongxin.ui.formats import full_day, listed

from . import reasons, together
from .models import HomePlace, Visit, VisitRecord, VisitRoute


def reasons_of(school: School, day) -> dict[str, reasons.Reason]:
    """Return the templates of a school: the common ones, and what its programmes bring."""
    return reasons.reasons(pack.slug for _programme, pack in school_packs(school, day))


def record_blocks(school: School, row: VisitRecord, png: bytes = b"") -> list[Block]:
    """Return a record as blocks: who, when, what was tapped and written, the signature."""
    said = row.said or {}
    template = reasons_of(school, row.day).get(said.get("reason", ""))
    names = dict(Subject.objects.filter(pk__in=row.people).values_list("pk", "name"))
    head = [row.student.name, full_day(row.day), str(row.get_mode_display()), listed(names.values())]  # type: ignore[attr-defined]
    blocks: list[Block] = [
        Table([_("学生"), _("日期"), _("方式"), _("家访的老师")], [head], align=["center"] * 4),
    ]
    if template is not None:
        blocks.append(Heading(template.title, 2))
    lines = [f"{title}：{words}" for title, words in reasons.said(template, said.get("taps", {}))]
    if lines:
        blocks.append(Listing(lines))
    if row.school_life:
        blocks.append(Paragraph(_("向家长说了孩子在校的情况。") + said.get("told", "")))
    blocks += [Paragraph(line) for line in said.get("words", "").splitlines() if line.strip()]
    if row.signed == VisitRecord.Signed.CODE:
        blocks.append(Paragraph(_("家长已报确认码。")))
    if png:
        blocks.append(Image(png, caption=_("家长签名"), width_share=0.35))
    return blocks


def record_sheet(school: School, row: VisitRecord, png: bytes) -> bytes:
    """Return the record as a PDF, the sheet that rules ask for."""
    return write_pdf(Document(_("家访记录表"), record_blocks(school, row, png), author=school.name))


def with_whom(visit: Visit, route: VisitRoute, names: Mapping[int, str]) -> str:
    """Say who else is at a family's at the same time; "" where nobody is."""
    others = listed(names.get(one, "") for one in together.others(visit, route))
    return _("和%(names)s同时到") % {"names": others} if others else ""


def route_document(
    route: VisitRoute, visits: Sequence[Visit], homes: Mapping[int, HomePlace], rooms: Mapping[int, Subject],
    names: Sequence[str], export_id: str,
) -> Document:  # fmt: skip
    """Return the sheet of a route: stop by stop the time, the student, the class and where to go."""
    leave, back = timezone.localtime(route.leave), timezone.localtime(route.back)
    known, rows = together.names_of(visits), []
    for number, visit in enumerate(visits, 1):
        spot = (homes[visit.student_id].spot if visit.student_id in homes else None) or {}
        room = rooms.get(visit.student_id)
        at = f"{timezone.localtime(visit.begin):%H:%M}" if visit.begin else ""
        rows.append([
            f"{number}", at, visit.student.name, room.name if room else "",
            "，".join(filter(None, (spot.get("code", ""), spot.get("address", "")))), with_whom(visit, route, known),
        ])  # fmt: skip
    table = Table(
        [_("次序"), _("时间"), _("学生"), _("班级"), _("住址"), _("备注")], rows, widths=[1, 1.3, 1.8, 2, 4.4, 1.5],
        align=["center", "center", "left", "left", "left", "left"],
    )  # fmt: skip
    said = _("%(day)s %(leave)s 出发，%(back)s 回校，路上约%(n)d分钟。家访的老师：%(names)s。") % {
        "day": full_day(leave.date()), "leave": f"{leave:%H:%M}", "back": f"{back:%H:%M}", "n": route.travel_min,
        "names": listed(names),
    }  # fmt: skip
    last = Paragraph(_("用完请收好或销毁，不得转发。"))
    return Document(
        _("家访路线单"), [Paragraph(said), table, last], export_id=export_id, author=route.round.title
    )

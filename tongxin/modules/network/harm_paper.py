"""A mandatory report as a document for the authorities it goes to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.documents.blocks import Block, Document, Heading, Paragraph, Signature, Table

from .models import HarmEntry, HarmReport

TITLE = "未成年人保护强制报告"


def document(report: HarmReport, entries: Sequence[HarmEntry], *, export_id: str) -> Document:
    """entries: opened, in order."""
    return Document(TITLE, list(_blocks(report, entries)), export_id=export_id, author=report.school.name)


def _blocks(report: HarmReport, entries: Sequence[HarmEntry]) -> Iterator[Block]:
    yield Paragraph(
        _("依照《中华人民共和国未成年人保护法》第十一条，%(school)s%(by)s报告如下。")
        % {"school": report.school.name, "by": report.by.name}
    )
    yield Heading(_("一、基本情况"))
    yield Table(
        [_("项目"), _("内容")],
        [
            [_("学生"), _named(report, entries)],
            [_("事项"), str(report.get_matter_display())],
            [_("发现时间"), _moment(report.known_at)],
            [_("写下时间"), _moment(report.filed_at)],
            [_("报告人"), report.by.name],
        ],
    )
    yield Heading(_("二、知道的情况"))
    for row in entries:
        yield Paragraph(_("%(at)s，%(by)s：%(words)s") % {"at": _moment(row.written_at), "by": row.by.name, "words": row.what["words"]})  # fmt: skip
    yield Heading(_("三、已向哪些部门报告"))
    calls = [row for row in entries if row.authority]
    if not calls:
        yield Paragraph(_("截至生成本文件，还没有登记。"))
    else:
        yield Table(
            [_("部门"), _("时间"), _("方式"), _("编号"), _("接报人")],
            [
                [
                    str(row.get_authority_display()),
                    _moment(row.at),
                    str(row.get_mode_display()),
                    row.what.get("number") or "—",
                    row.what.get("contact") or "—",
                ]
                for row in calls
            ],
        )
    yield Signature(report.school.name, timezone.localdate().strftime("%Y-%m-%d"))


def _moment(at) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M")


def _named(report: HarmReport, entries: Sequence[HarmEntry]) -> str:
    """Return the child's name and class as they were when the report was filed."""
    first = entries[0].what if entries else {}
    return " ".join(filter(None, [first.get("name") or report.student.name, first.get("room", "")]))

"""The plan and the minutes of the study meeting as documents in the layout offices expect."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.exchange.documents.blocks import Block, Heading, Listing, Paragraph, Signature, Table
from tongxin.methods.schemes.scheme import Form
from tongxin.ui.formats import full_day

from .casework.answers import Said
from .models import Case, CasePaper

NUMERALS = "一二三四五六七八九十"
FILES_OF = {"docx": gettext_lazy("下载 Word"), "pdf": gettext_lazy("下载 PDF")}


def title_of(case: Case, form: Form) -> str:
    return f"{case.school.name}{form.title}"


def blocks_of(case: Case, paper: CasePaper, said: Iterable[Said]) -> list[Block]:
    """Return a paper as blocks: who it is about, then each question as a chapter. What is hidden stays out."""
    shown = [one for one in said if not one.hidden and (one.text or one.lines)]
    blocks: list[Block] = [
        Table(
            [_("个案"), _("学生"), _("负责人"), _("写的人"), _("日期")],
            [[f"{case.number}", case.student.name, case.owner.name, paper.by.name, full_day(paper.day)]],
            align=["center"] * 5,
        )
    ]
    for number, one in enumerate(shown):
        mark = NUMERALS[number] if number < len(NUMERALS) else str(number + 1)
        blocks.append(Heading(f"{mark}、{one.title}", 1))
        if one.lines:
            blocks.append(Listing(list(one.lines)))
        blocks += [Paragraph(line) for line in one.text.splitlines() if line.strip()]
    blocks.append(Paragraph(_("本件只供负责的人使用，不得复印、转发。")))
    return [*blocks, Signature(case.school.name, full_day(paper.day))]

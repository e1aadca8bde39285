"""The answer to a request in writing, in the layout offices expect."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from tongxin.exchange.documents.blocks import Block, Document, Paragraph, Signature
from tongxin.kernel.base.models import School

from .models import RightsRequest


def full_day(day: date) -> str:
    return _("%(y)d年%(m)d月%(d)d日") % {"y": day.year, "m": day.month, "d": day.day}


def answer_letter(school: School, made: RightsRequest, *, export_id: str) -> Document:
    """Return the letter that answers a request. Refused: the reasons, and where to complain."""
    about = _("您本人") if made.asked_by_id == made.subject_id else made.subject.name
    blocks: list[Block] = [
        Paragraph(_("%(name)s：") % {"name": made.asked_by.name}, indent=False),
        Paragraph(
            _("%(day)s收到您关于%(about)s个人信息的请求（%(kind)s）。")
            % {"day": full_day(made.received_on), "about": about, "kind": made.get_kind_display()}
        ),
    ]
    if made.state == RightsRequest.State.REFUSED:
        blocks.append(Paragraph(_("经研究，这项请求没有同意。理由是：")))
    else:
        blocks.append(Paragraph(_("现已办理，情况如下：")))
    blocks += [Paragraph(line) for line in made.answer.splitlines() if line.strip()]
    blocks.append(Paragraph(_("对这个答复有意见，可以再向学校提出，也可以向教育局或网信部门投诉。")))
    blocks.append(Signature(school.name, full_day(made.answered_on or made.received_on)))
    return Document(_("关于个人信息请求的答复"), blocks, export_id=export_id, author=school.name)

"""The agreement as a document: both sides, term, goals, measures, promises, and who acknowledged it when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.documents.blocks import Block, Document, Heading, Listing, Paragraph, Signature, Table
from tongxin.kernel.base.models import School
from tongxin.ui.formats import full_day, listed

from .models import Agreement
from .pairs import Pair

BLANK = "　"


def document(school: School, pair: Pair, row: Agreement, *, room: str, export_id: str) -> Document:
    """room: the class of a child, "" for others."""
    return Document(
        pair.kind.agreement["title"],
        list(_blocks(school, pair, row, room)),
        export_id=export_id,
        author=school.name,
    )


def _blocks(school: School, pair: Pair, row: Agreement, room: str) -> Iterator[Block]:
    kind = pair.kind
    other = f"{pair.b.name}（{room}）" if room else pair.b.name
    yield Table(
        [_("甲方"), _("乙方"), _("期限"), _("版本")],
        [
            [
                f"{kind.a_title} {pair.a.name}",
                f"{kind.b_title} {other}",
                f"{full_day(row.first_day)}至{full_day(row.last_day)}",
                _("第 %(n)d 版") % {"n": row.number},
            ]
        ],
        align=["center"] * 4,
        widths=[3, 3, 4, 1.5],
    )
    yield Paragraph(_("为使结对落到实处，双方商定如下。"))
    yield Heading(_("一、目标"))
    yield Listing(_lines(row.goals), numbered=True)
    yield Heading(_("二、措施"))
    yield Listing(_lines(row.measures), numbered=True)
    yield Heading(_("三、双方承诺"))
    yield Paragraph(_("甲方：%(words)s。") % {"words": listed(kind.agreement["a_promises"], "；")})
    yield Paragraph(_("乙方：%(words)s。") % {"words": listed(kind.agreement["b_promises"], "；")})
    yield Heading(_("四、确认"))
    rows = [
        [kind.a_title, pair.a.name, BLANK, _signed(row.a_signed_at)],
        [
            kind.b_title,
            row.b_signed_by.name if row.b_signed_by else pair.b.name,
            BLANK,
            _signed(row.b_signed_at),
        ],
    ]
    if kind.with_child:
        rows.append([_("家长"), BLANK, BLANK, BLANK])
    yield Table(
        [_("谁"), _("姓名"), _("签名"), _("在系统里确认的日期")],
        rows,
        align=["center"] * 4,
        widths=[2, 2, 3, 3],
        note=_("在系统里确认和签名同样有效；要纸质的，打印后签名。"),
    )
    yield Signature(school.name, full_day(timezone.localtime(row.written_at).date()))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()] or ["—"]


def _signed(at: datetime | None) -> str:
    return full_day(timezone.localtime(at).date()) if at else _("还没有确认")

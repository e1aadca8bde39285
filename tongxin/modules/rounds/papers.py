"""The list of a round as a file: who with whom and why, and who has nobody yet. Each is on record with its number."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from tongxin.exchange import outgoing
from tongxin.exchange.documents.blocks import Document, Paragraph, Table
from tongxin.exchange.documents.pdf import write_pdf
from tongxin.exchange.documents.sheets import Column, Sheet, write_workbook
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.programmes.pairings import Pairing

from . import listing
from .labels import Labels
from .models import Round
from .reading import Line, Reading

WRITERS = {"xlsx": outgoing.XLSX, "pdf": outgoing.PDF}


def answer(
    viewer: Viewer, round_: Round, pairing: Pairing, format: str, asked: listing.Asked
) -> HttpResponseBase:
    """Return the present proposal as a download, in the order and the part that are looked at. format: of WRITERS."""
    assert round_.proposal is not None
    reading = Reading(round_, pairing)
    shown = reading.show(round_.proposal)
    labels = Labels(round_, pairing, list(reading.people.values()))
    lines = listing.chosen(reading, shown, asked, labels)
    number = outgoing.note(viewer, "rounds.exported", round_, format=format, groups=len(lines))
    heads, rows = _rows(pairing, lines, labels)
    everything = asked.show in ("", listing.LEFT)
    left = [(labels.of(one.person), one.reason, one.way) for one in shown.left if everything]
    if format == "xlsx":
        content = _workbook(round_, heads, rows, left, number)
    else:
        content = _print(round_, heads, rows, left, number, viewer)
    return outgoing.attachment(content, f"{round_.called}.{format}", WRITERS[format])


def _rows(pairing: Pairing, lines: list[Line], labels: Labels) -> tuple[list[str], list[list[str]]]:
    seats = [seat for seat in pairing.scheme.seats for _n in range(seat.count)]
    heads = [seat.title for seat in seats]
    rows = [[*(labels.of(one) for one in (line.first, *line.others)), line.why] for line in lines]
    return [*heads, _("为什么")], rows


def _workbook(
    round_: Round, heads: list[str], rows: list[list[str]], left: list[tuple[str, str, str]], number: str
) -> bytes:
    sheets = [
        Sheet(_("名单"), [Column(head) for head in heads], rows, title=round_.called, note=_state(round_))
    ]
    if left:
        columns = [Column(_("谁")), Column(_("为什么没有")), Column(_("怎么办"))]
        sheets.append(Sheet(_("还没有着落"), columns, left))
    return write_workbook(sheets, export_id=number)


def _state(round_: Round) -> str:
    days = _("%(first)s 至 %(last)s") % {
        "first": round_.starts_on.isoformat(),
        "last": round_.ends_on.isoformat(),
    }
    return f"{round_.get_state_display()}，{days}"


def _print(
    round_: Round,
    heads: list[str],
    rows: list[list[str]],
    left: list[tuple[str, str, str]],
    number: str,
    viewer: Viewer,
) -> bytes:
    widths = [*([1.0] * (len(heads) - 1)), 2.5]
    blocks: list = [Paragraph(_state(round_), indent=False), Table(heads, rows, widths=widths)]
    if left:
        blocks.append(Table([_("还没有着落"), _("为什么"), _("怎么办")], left, widths=[1.0, 2.5, 2.5]))
    return write_pdf(Document(round_.called, blocks, export_id=number))

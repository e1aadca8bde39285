"""Workbooks that leave the desk: each has a number, and the number is on record before the file goes out."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse

from tongxin.exchange import outgoing
from tongxin.exchange.documents.sheets import Sheet, write_workbook
from tongxin.exchange.outgoing import XLSX, attachment
from tongxin.kernel.access.viewer import Viewer

__all__ = ["attachment", "workbook"]


def workbook(
    viewer: Viewer,
    file_name: str,
    sheets: Sequence[Sheet],
    action: str,
    *,
    explanation: Sequence[str] = (),
    **data,
) -> HttpResponse:
    """Return a workbook as a download and note who took it.

    data: codes and counts for the audit row, never names.
    """
    export_id = outgoing.note(viewer, action, **data)
    content = write_workbook(sheets, export_id=export_id, explanation=explanation)
    return attachment(content, file_name, XLSX)

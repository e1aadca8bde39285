"""Workbooks that leave the desk: each has a number, and the number is on record before the file goes out."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from urllib.parse import quote

from django.db import transaction
from django.http import HttpResponse

from tongxin.exchange.documents.sheets import Sheet, write_workbook
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


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
    export_id = secrets.token_hex(5)
    content = write_workbook(sheets, export_id=export_id, explanation=explanation)
    with transaction.atomic():
        audit.write(viewer, action, school_id=viewer.school_id, export=export_id, **data)
    return attachment(content, file_name, XLSX)


def attachment(content: bytes, file_name: str, content_type: str) -> HttpResponse:
    """Return bytes as a download that no browser will run or show in place."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file_name)}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "no-store"
    return response

"""Everything that leaves the system has a number, a row in the audit record, and that number printed on it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import overload

from django.db import models, transaction
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PDF = "application/pdf"


@transaction.atomic
def note(viewer: Viewer, action: str, obj: models.Model | None = None, **data: object) -> str:
    """Enter what leaves in the audit record and return its number; without the row nothing leaves.

    data: ids, counts and codes only.
    """
    export_id = secrets.token_hex(5)
    audit.write(viewer, action, obj, school_id=viewer.school_id, export=export_id, **data)
    return export_id


@overload
def attachment(content: bytes, file_name: str, content_type: str) -> HttpResponse: ...
@overload
def attachment(content: Iterable[bytes], file_name: str, content_type: str) -> HttpResponseBase: ...
def attachment(content: bytes | Iterable[bytes], file_name: str, content_type: str) -> HttpResponseBase:
    """Return bytes, or chunks while they are made, as a download that no browser runs or shows in place."""
    made: HttpResponseBase
    if isinstance(content, bytes):
        made = HttpResponse(content, content_type=content_type)
    else:
        made = StreamingHttpResponse(content, content_type=content_type)
    made["Content-Disposition"] = content_disposition_header(True, file_name) or "attachment"
    made["X-Content-Type-Options"] = "nosniff"
    made["Content-Security-Policy"] = "sandbox; default-src 'none'"
    made["Cache-Control"] = "no-store"
    return made

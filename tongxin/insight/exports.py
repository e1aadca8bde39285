"""The exports of reports and figures, each under its own name in the audit record."""

from __future__ import annotations

from django.db import models

from tongxin.exchange import outgoing
from tongxin.exchange.outgoing import XLSX, attachment
from tongxin.kernel.access.viewer import Viewer

__all__ = ["XLSX", "attachment", "note_export"]


def note_export(viewer: Viewer, what: str, obj: models.Model, **data: object) -> str:
    """Enter an export in the audit record and return its number; data: ids, counts and codes only."""
    return outgoing.note(viewer, f"insight.exported_{what}", obj, **data)

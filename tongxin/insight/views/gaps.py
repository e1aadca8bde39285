"""Gap lists to take away."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tongxin.kernel.access.doors import allow
from tongxin.ui.worded import said

from ..exports import XLSX, attachment, note_export
from ..gaps import gap_lists, gap_workbook
from .asking import reading_of


@allow("export")
@require_GET
def download(request: HttpRequest, programme: str) -> HttpResponseBase:
    """Send the gap lists of a programme, or of one obligation (`obligation` in the address), as a workbook."""
    reading, _form = reading_of(request, programme)
    wanted = request.GET.get("obligation")
    if wanted is not None and reading.verdicts.rule(wanted) is None:
        raise Http404
    lists = gap_lists(reading.viewer, reading.asked, [wanted] if wanted else None)
    export_id = note_export(
        reading.viewer,
        "gaps",
        reading.programme,
        obligation=wanted or "",
        day=str(reading.as_of),
        rows=sum(len(one.rows) for one in lists),
    )
    name = _("%(programme)s缺口清单%(day)s.xlsx") % {
        "programme": said(reading.programme.title),
        "day": reading.as_of,
    }
    return attachment(gap_workbook(reading.asked, lists, export_id), name, XLSX)

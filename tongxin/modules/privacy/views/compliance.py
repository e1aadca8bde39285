"""合规审计包: the report and the figures of a year, as a zip."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tongxin.exchange import outgoing
from tongxin.exchange.documents.bundle import Member, stream_bundle
from tongxin.exchange.documents.sheets import write_workbook
from tongxin.exchange.documents.word import write_word
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.requests import Request
from tongxin.kernel.audit.models import AuditRow

from .. import compliance
from .audit import school_of

FIRST_YEAR = 2000


@allow("audit", "rights_decide")
@require_safe
def overview(request: Request) -> HttpResponse:
    """The years for which there is a record."""
    school = school_of(request)
    first = AuditRow.objects.filter(school=school.pk).order_by("seq").values_list("at", flat=True).first()
    this = request.viewer.day.year
    begun = timezone.localtime(first).year if first else this
    years = [(year, year == this) for year in range(this, min(begun, this) - 1, -1)]
    return render(request, "privacy/compliance.html", {"years": years})


@allow("audit", "rights_decide")
@require_safe
def pack(request: Request, number: int) -> HttpResponseBase:
    viewer, school = request.viewer, school_of(request)
    if not FIRST_YEAR <= number <= viewer.day.year:
        raise Http404
    year = compliance.Year(number)
    export = outgoing.note(viewer, "privacy.compliance_exported", year=number)
    document = compliance.document(school, year, viewer.day, export_id=export)
    files = [
        Member((), f"{document.title}.docx", write_word(document)),
        Member((), f"{_('审计数字')}.xlsx", write_workbook(compliance.sheets(school, year), export_id=export, author=school.name)),
    ]  # fmt: skip
    title = _("%(year)d年度合规审计包") % {"year": number}
    return outgoing.attachment(stream_bundle(files, timezone.localtime()), f"{title}.zip", "application/zip")

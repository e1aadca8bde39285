"""Hand a report in: freeze its figures and files, so that what was submitted stays as it was."""

from __future__ import annotations

import hashlib
import secrets

from django.db import IntegrityError, transaction
from django.utils import timezone

from tongxin.exchange.documents.pdf import write_pdf
from tongxin.exchange.documents.word import write_word
from tongxin.kernel.audit import services as audit
from tongxin.kernel.programmes.queries import current_version
from tongxin.methods.cadence.declarations import Report

from .figures import Reading
from .models import SubmittedFile, SubmittedReport
from .reports import document_of, figures_frozen, write_report


def submit_report(reading: Reading, report: Report, *, token: str = "") -> SubmittedReport:
    """Store a report with its figures and files as they are at this moment.

    The reading's `known_at` must be set: it is the moment the figures stand for. A token that is on file already
    returns that report, so a form sent twice submits once.
    """
    if reading.moment.known_at is None:
        raise ValueError("a submitted report stands for a moment; known_at must be set")
    known = _known(reading, token)
    if known is not None:
        return known
    written = write_report(reading, report)
    export_id = secrets.token_hex(5)
    document = document_of(written, reading, export_id=export_id)
    contents = {
        SubmittedFile.Format.WORD: write_word(document),
        SubmittedFile.Format.PDF: write_pdf(document),
    }
    try:
        with transaction.atomic():
            submitted = SubmittedReport.objects.create(
                school=reading.programme.school,
                programme=reading.programme,
                report=report.name,
                title=written.title,
                version=current_version(reading.programme).number,
                as_of=reading.as_of,
                known_at=reading.moment.known_at,
                figures=figures_frozen(written),
                data_class=written.data_class,
                full_class=written.full_class,
                export_id=export_id,
                submitted_at=timezone.now(),
                submitted_by=reading.viewer.account,
                token=token or None,
            )
            for format_, content in contents.items():
                SubmittedFile.objects.create(
                    report=submitted,
                    format=format_,
                    content=content,
                    sha256=hashlib.sha256(content).hexdigest(),
                )
            audit.write(
                reading.viewer,
                "insight.report_submitted",
                submitted,
                export=export_id,
                files={str(f.value): hashlib.sha256(c).hexdigest() for f, c in contents.items()},
            )
    except IntegrityError:
        known = _known(reading, token)
        if known is None:
            raise
        return known
    return submitted


def _known(reading: Reading, token: str) -> SubmittedReport | None:
    if not token:
        return None
    return SubmittedReport.objects.filter(token=token, school_id=reading.programme.school_id).first()

"""Evidence files: handed out only through the entry they prove, never shown in place, small pictures apart."""

from __future__ import annotations

import io

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from PIL import Image

from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.access.requests import Request
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.ledger import services
from tongxin.kernel.ledger.evidence import EXTENSIONS, read
from tongxin.kernel.ledger.models import Evidence
from tongxin.kernel.ledger.queries import may_change, visible_evidence
from tongxin.ui.toasts import notify

from .. import exports

SMALL = (320, 320)
ON_RECORD_FROM = CLASSES.index("K3")


def _evidence(request: Request, public_id: str) -> Evidence:
    rows = visible_evidence(request.viewer).select_related("entry", "school")
    return get_object_or_404(rows, public_id=public_id)


def _content(evidence: Evidence) -> bytes:
    try:
        return read(evidence.school.public_id, evidence.file)
    except FileNotFoundError as error:
        raise Http404 from error


def _note_reading(request: Request, evidence: Evidence) -> None:
    """Reading a proof about a child or a family is put on record before it is handed out."""
    if CLASSES.index(evidence.entry.data_class or "K1") >= ON_RECORD_FROM:
        with transaction.atomic():
            audit.write(request.viewer, "ledger.evidence_read", evidence)


@allow("ledger")
def download(request: Request, public_id: str) -> HttpResponse:
    evidence = _evidence(request, public_id)
    content = _content(evidence)
    _note_reading(request, evidence)
    # The name says day and type only: the file's own name may carry a child's.
    name = f"{evidence.entry.day.isoformat()}-{evidence.type}-{evidence.pk}"
    return exports.attachment(
        content, name + EXTENSIONS.get(evidence.content_type, ""), evidence.content_type
    )


@allow("ledger")
def small(request: Request, public_id: str) -> HttpResponse:
    """A small picture of a photograph, for the entry's page."""
    evidence = _evidence(request, public_id)
    if not evidence.content_type.startswith("image/"):
        raise Http404
    content = _content(evidence)
    _note_reading(request, evidence)
    with Image.open(io.BytesIO(content)) as image:
        image.draft("RGB", SMALL)
        picture = image.convert("RGB")
    picture.thumbnail(SMALL)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=78)
    return exports.attachment(out.getvalue(), "small.jpg", "image/jpeg")


@allow("record", "correct")
@require_POST
def take_back(request: Request, public_id: str) -> HttpResponse:
    evidence = _evidence(request, public_id)
    if not may_change(request.viewer, evidence.entry) or evidence.superseded_at != FOREVER:
        raise Http404
    try:
        services.take_back_evidence(evidence, by=request.viewer.account)
    except services.AlreadyWithdrawn:
        pass
    else:
        notify(request, _("已去掉这件材料。"))
    return redirect(reverse("desk:entry", args=[evidence.entry.public_id]))

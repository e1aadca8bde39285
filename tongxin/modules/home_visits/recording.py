"""A visit is written down: the record, the parent's signature, the ledger entry that closes what was owed, difficulties
that somebody takes care of, and what a counsellor has to know. All of it or none of it, and once.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.ledger import evidence
from tongxin.kernel.ledger.services import Upload

from . import difficulties, entered, findings, papers, together
from .models import Mode, Visit, VisitRecord, VisitRound

DATA_URL = "data:image/png;base64,"
LONGEST_SIGNATURE = 400_000
FEWEST_PIXELS = 40
OLDEST_DAYS = 400


class Refused(ValueError):
    """It cannot be saved as it is; `field` names what has to be mended."""

    def __init__(self, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class Difficulty:
    """What a family needs, who takes care of it and until when."""

    kind: str
    words: str
    owner: Subject
    due: date


@dataclass(frozen=True)
class Finding:
    """What a counsellor has to know. urgent: somebody has to come now."""

    words: str
    where: str = ""
    urgent: bool = False


@dataclass(frozen=True)
class Told:
    """A visit as somebody writes it down. taps: {question: codes}; told: how the child does at school, as told the family.

    signature: a data URL of a PNG; code: what the parent said. photos: files as they were uploaded. people: which of those
    who were to go went; all of them where nobody is named.
    """

    token: str
    day: date
    mode: str
    reason: str
    minutes: int = 30
    taps: Mapping[str, Sequence[str]] = field(default_factory=dict)
    words: str = ""
    told: str = ""
    school_life: bool = False
    signature: str = ""
    code: str = ""
    photos: Sequence[tuple[str, bytes]] = ()
    difficulty: Difficulty | None = None
    finding: Finding | None = None
    people: Sequence[int] = ()


def signature_png(text: str) -> bytes:
    """Return a drawn signature as a clean PNG, b"" for none. Raises Refused when it is no picture, or nothing was drawn."""
    if not text:
        return b""
    if not text.startswith(DATA_URL) or len(text) > LONGEST_SIGNATURE:
        raise Refused(_("签名没有收到，请再签一次，或请家长说确认码。"), "signature")
    try:
        clean = evidence.clean(base64.b64decode(text[len(DATA_URL) :], validate=True))
    except (binascii.Error, evidence.BadFile) as error:
        raise Refused(_("签名没有收到，请再签一次，或请家长说确认码。"), "signature") from error
    with Image.open(io.BytesIO(clean.content)) as image:
        inked = sum(image.convert("RGBA").getchannel("A").histogram()[64:])
    if inked < FEWEST_PIXELS:
        raise Refused(_("还没有签名。请家长用手指写在框里，或说确认码。"), "signature")
    return clean.content


def record(viewer: Viewer, student: Subject, visit: Visit | None, told: Told) -> VisitRecord:
    """Save a visit; sent twice it is one. Raises Refused, or evidence.BadFile for a photo: nothing is saved then."""
    known = VisitRecord.objects.filter(token=told.token).first()
    if known is not None:
        return known
    _check(viewer, visit, told)
    png = signature_png(told.signature)
    try:
        with transaction.atomic():
            return _write(viewer, student, visit, told, png)
    except IntegrityError:
        known = VisitRecord.objects.filter(token=told.token).first()
        if known is None:
            if visit is not None and VisitRecord.objects.filter(visit=visit).exists():
                raise Refused(_("这次家访已经登记过了，不用重复登记。")) from None
            raise
        return known


def _check(viewer: Viewer, visit: Visit | None, told: Told) -> None:
    if told.day > viewer.day:
        raise Refused(_("家访日期不能晚于今天。请填写实际家访的日期。"), "day")
    if (viewer.day - told.day).days > OLDEST_DAYS:
        raise Refused(_("这是一年多以前的日期，请核对。"), "day")
    if visit is not None and told.code and told.code != visit.code:
        raise Refused(_("确认码不对。请看家长手机上的四位数，或改为手写签名。"), "code")
    if told.difficulty is not None and told.difficulty.due < told.day:
        raise Refused(_("解决的期限早于家访的日期，请改晚一些。"), "due")


def _write(viewer: Viewer, student: Subject, visit: Visit | None, told: Told, png: bytes) -> VisitRecord:
    if visit is not None:
        visit = Visit.objects.select_for_update().get(pk=visit.pk)
        if visit.state == Visit.State.DONE:
            raise Refused(_("这次家访已经登记过了，不用重复登记。"))
    assert viewer.school is not None
    assert viewer.person_id is not None
    row = VisitRecord.objects.create(
        school_id=student.school_id, student=student, visit=visit, by_id=viewer.person_id, people=_people(viewer, visit, told),
        day=told.day, mode=told.mode, minutes=told.minutes, school_life=told.school_life, signed=_signed(told, png, visit),
        token=told.token, said=_said(told), signature=base64.b64encode(png).decode(),
    )  # fmt: skip
    audit.write(viewer, "home_visits.recorded", row, student=student.pk, mode=told.mode, signed=row.signed)
    sheet = Upload(entered.SHEET, papers.record_sheet(viewer.school, row, png), f"{_('家访记录表')}.pdf")
    photos = [Upload(entered.PHOTO, content, name) for name, content in told.photos]
    entered.enter_visit(viewer, viewer.school, row, _guardians(student, told.day), [sheet, *photos])
    if visit is not None:
        visit.state, visit.done_at = Visit.State.DONE, timezone.now()
        visit.save(update_fields=["state", "done_at"])
        VisitRound.objects.filter(pk=visit.round_id).update(changed_at=timezone.now())
    if told.mode in Mode.values:
        together.made(student.pk)
    if told.difficulty is not None:
        one = told.difficulty
        difficulties.open_request(
            viewer,
            student,
            kind=one.kind,
            words=one.words,
            owner=one.owner,
            due=one.due,
            token=f"{told.token}:d",
            record=row,
        )
    if told.finding is not None:
        seen = told.finding
        findings.report(
            viewer, student, words=seen.words, where=seen.where, urgent=seen.urgent, token=f"{told.token}:f"
        )
    return row


def _people(viewer: Viewer, visit: Visit | None, told: Told) -> list[int]:
    """Whoever went: the pair of the route and who joined it, as far as they came; else whoever writes."""
    planned = together.people(visit) if visit is not None else []
    return [one for one in planned if not told.people or one in told.people] or [viewer.person_id or 0]


def _signed(told: Told, png: bytes, visit: Visit | None) -> str:
    if png:
        return VisitRecord.Signed.DRAWN
    return VisitRecord.Signed.CODE if told.code and visit is not None else VisitRecord.Signed.NONE


def _said(told: Told) -> dict[str, Any]:
    taps = {name: list(codes) for name, codes in told.taps.items() if codes}
    return {"reason": told.reason, "taps": taps, "words": told.words.strip(), "told": told.told.strip()}


def _guardians(student: Subject, day: date) -> list[int]:
    links = Link.objects.filter(
        kind="guardian_of", b=student, superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
    )
    return list(links.order_by("pk").values_list("a_id", flat=True)[:1])


def modes(visit: Visit | None) -> list[tuple[str, str]]:
    """Return how a visit may have been done: in person or online; in another way where the family refused."""
    instead = [(one.value, str(one.label)) for one in Visit.Instead if one.value not in ("", Mode.ONLINE)]
    return [(one.value, str(one.label)) for one in Mode] + instead


def first_mode(visit: Visit | None) -> str:
    if visit is None:
        return Mode.IN_PERSON
    return visit.instead or visit.round.mode

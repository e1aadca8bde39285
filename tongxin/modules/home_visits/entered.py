"""What visits enter in the ledger, so that rules count them and what was owed is closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import School
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.ledger.services import Draft, Refused, Upload, record_activity
from tongxin.kernel.programmes.queries import kinds
from tongxin.methods.cadence.declarations import Kind

from .models import FamilyRequest, Mode, VisitRecord

VISIT, DIFFICULTY, SOLVED = "home_visit", "family_difficulty", "family_difficulty_solved"
SOURCE = "home_visits"
SHEET, PHOTO = "record_sheet", "photo"
SEALED_FROM = CLASSES.index("K3")


def token_of(token: str) -> str:
    return f"{SOURCE}:{token}"[:64]


def entry_of(token: str, school_id: int) -> Entry | None:
    """Return the entry that was made for something of this room, if there is one that counts."""
    return Entry.objects.filter(token=token_of(token), school=school_id, superseded_at=FOREVER).first()


def visit_kind(school: School, day: date) -> Kind | None:
    """Return the kind that visits are entered as; None where no programme in force declares it, or not as family facts."""
    declared = kinds(school, day).get(VISIT)
    if declared is None or CLASSES.index(declared.data_class or "K1") < SEALED_FROM:
        return None
    return declared


def counts_as_visit(school: School, mode: str, day: date) -> bool:
    """Say whether a programme counts a way of meeting a family as a visit: one of the ways its kind names.

    A telephone call or a talk at school is kept like every record, and closes what a programme says it closes.
    """
    return mode in counted_modes(school, day)


def counted_modes(school: School, day: date) -> frozenset[str]:
    """Return the ways of meeting a family that count as a visit."""
    declared = visit_kind(school, day)
    named = declared.qualifier("mode") if declared else None
    return frozenset(dict(named.values) if named else Mode.values)


def enter_visit(
    viewer: Viewer, school: School, record: VisitRecord, guardians: Sequence[int], uploads: Sequence[Upload]
) -> Entry | None:
    """Enter a visit with its record sheet and photos; None where it counts as none. Raises evidence.BadFile."""
    declared = visit_kind(school, record.day)
    if declared is None or not counts_as_visit(school, record.mode, record.day):
        return None
    return _enter(
        viewer, school, declared, record.day, record.token,
        parts={"visited": [record.student_id], "visitor": record.people, "guardian": guardians},
        qualifiers={"mode": record.mode, "school_life": "told" if record.school_life else "not_told"},
        amounts={"hours": round(record.minutes * 100 / 60)},
        uploads=[one for one in uploads if one.type in {need.name for need in declared.evidence}],
    )  # fmt: skip


def enter_difficulty(viewer: Viewer, school: School, request: FamilyRequest) -> Entry | None:
    declared = kinds(school, request.found_on).get(DIFFICULTY)
    if declared is None:
        return None
    return _enter(
        viewer, school, declared, request.found_on, request.token,
        parts={"student": [request.student_id], "finder": [request.found_by_id]}, qualifiers={"theme": request.kind},
    )  # fmt: skip


def enter_solved(viewer: Viewer, school: School, request: FamilyRequest) -> Entry | None:
    """Enter that a difficulty was taken care of, as the answer to its entry."""
    day = timezone.localdate()
    declared, about = kinds(school, day).get(SOLVED), entry_of(request.token, request.school_id)
    if declared is None or about is None:
        return None
    return _enter(
        viewer, school, declared, day, f"{request.token}:done",
        parts={"student": [request.student_id], "solver": [request.owner_id]}, about=about.pk,
    )  # fmt: skip


def _enter(viewer: Viewer, school: School, kind: Kind, day: date, token: str, *, parts, qualifiers=None, amounts=None,
           uploads=(), about=None) -> Entry | None:  # fmt: skip
    """Enter what the school's kind knows of it; None when the kind asks for more than a visit knows."""
    known = {part.name for part in kind.parts}
    named = {qualifier.name for qualifier in kind.qualifiers}
    counted = {amount.name for amount in kind.amounts}
    draft = Draft(
        day=day,
        parts={part: list(ids) for part, ids in parts.items() if part in known and ids},
        qualifiers={name: value for name, value in (qualifiers or {}).items() if name in named},
        amounts={name: value for name, value in (amounts or {}).items() if name in counted and value},
        uploads=list(uploads),
        token=token_of(token),
        source=SOURCE,
        about=about,
    )
    try:
        return record_activity(school, kind, draft, by=viewer.account, today=viewer.day)
    except Refused:
        return None

"""The rank of a case. A signal only ever raises it; what lowers it is written by a person, who is named."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Max
from django.utils import timezone

from tongxin.kernel.access.reading import opened, opened_by_program
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject

from ..models import Case, CasePaper, Standing


def newest(cases: Iterable[Case]) -> list[Standing]:
    """Return the newest standing of each case, sealed."""
    keys = Standing.objects.filter(case__in=list(cases)).values("case").annotate(last=Max("pk"))
    return list(Standing.objects.filter(pk__in=keys.values("last")).order_by("case"))


def read(viewer: Viewer, cases: Iterable[Case]) -> dict[int, int]:
    """Return {case: rank} for a reader, who is put on record."""
    return {row.case_id: row.rank["rank"] for row in opened(viewer, newest(cases), "crisis", "rank")}


def known_to_program(cases: Iterable[Case]) -> dict[int, int]:
    """Return {case: rank} for reckoning deadlines; nobody sees it."""
    return {row.case_id: row.rank["rank"] for row in opened_by_program(newest(cases), "clocks", "rank")}


def write(
    case: Case,
    kind: str,
    rank: int,
    now: datetime,
    *,
    by: Subject | int | None = None,
    paper: CasePaper | None = None,
) -> Standing:
    """Add a standing. A signal that is not graver than what stands changes nothing: the caller does not write it."""
    return Standing.objects.create(
        school_id=case.school_id, student_id=case.student_id, case=case, kind=Standing.Kind(kind), rank={"rank": rank},
        at=now, day=timezone.localtime(now).date(), by_id=getattr(by, "pk", by), paper=paper,
    )  # fmt: skip

"""The rank of a case. A signal only ever raises it; what lowers it is written by a person, who is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet
from django.utils import timezone

from tongxin.kernel.access.reading import opened, opened_by_program
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.models import Subject
from tongxin.methods.schemes.scheme import RANKS

from ..models import Case, CasePaper, Standing
from .clocks import scheme_for


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


def run_out(cases: Iterable[Case], said: Mapping[int, int], now: datetime) -> set[int]:
    """Return the keys of the cases whose rank no person has said again in time. said: {case: rank}.

    Such a rank is shown to nobody as what the child is today. It goes on counting for every deadline: only a person,
    who is named, lowers it.
    """
    by_key = {case.pk: case for case in cases}
    found = set()
    for row in newest(by_key.values()):
        if row.case_id in said:
            stands = scheme_for(by_key[row.case_id]).stands_for(said[row.case_id])
            if row.at + timedelta(minutes=stands) < now:
                found.add(row.case_id)
    return found


def to_say_again(cases: QuerySet[Case], now: datetime) -> int:
    """Return how many cases have a rank that has run out. Nothing is opened for one that is younger than any may become."""
    found = list(cases.select_related("scheme"))
    youngest = {
        case.pk: now - timedelta(minutes=min(scheme_for(case).stands_for(rank) for rank in RANKS))
        for case in found
    }
    old = {row.case_id for row in newest(found) if row.at < youngest[row.case_id]}
    rows = [case for case in found if case.pk in old]
    return len(run_out(rows, known_to_program(rows), now)) if rows else 0


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

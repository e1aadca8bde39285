"""What the pages and services of a case hook into: facts, clocks, readings by duty, the first page, files."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.access import duties
from tongxin.kernel.access.tabs import add_tab
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.access.waiting import add_waiting
from tongxin.kernel.base import facts
from tongxin.kernel.ledger import evidence
from tongxin.kernel.signals import origins
from tongxin.kernel.signals.services import set_pace

from . import holdings, schemes
from .casework import bearing, handing, signals, watch
from .models import CaseDraft, CaseFile, CasePaper, CaseTask, Outcome
from .waiting import waiting


def register_cases() -> None:
    facts.subscribe(facts.SignalRaised, signals.on_raised)
    facts.subscribe(facts.SignalTaken, signals.on_taken)
    facts.subscribe(facts.PostChanged, handing.on_post_changed)
    set_pace(schemes.pace)
    origins.add_origin(watch.DURATION, watch.sentences)
    duties.let(CasePaper, "K4d", _own_case)
    duties.let(
        Outcome,
        "K4d",
        lambda viewer: _own_case(viewer) | Q(by_id=viewer.person_id, school_id=viewer.school_id),
    )
    duties.let(CaseDraft, "K5", lambda viewer: Q(author_id=viewer.person_id, school_id=viewer.school_id))
    duties.let(CaseTask, "K4e", bearing.duty, proof=False)
    evidence.keep_for(_files)
    add_waiting(waiting)
    holdings.register_all()
    add_tab(
        "care", 25, _("个案"), "cases:mine", lambda viewer: viewer.may("cases") or viewer.may("case_figures")
    )


def _own_case(viewer: Viewer) -> Q:
    return Q(case__owner_id=viewer.person_id, school_id=viewer.school_id)


def _files() -> Iterator[str]:
    rows = CaseFile.objects.values_list("school__public_id", "file")
    return (f"{school}/{file}" for school, file in rows.iterator())

"""Opening a case, moving it from state to state, closing it by two people, opening it again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.reading import opened_by_program
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.signals.models import Signal
from tongxin.methods.schemes.scheme import RANKS, Move, State

from .. import schemes
from ..models import Case, CasePaper, Outcome, Standing, Step
from . import clocks, ranks, signals
from .people import is_one_of, keepers, leaders
from .refusal import Refused
from .telling import tell

# Papers that every scheme has: why something was done that no form asks for.
OPENING, REFUSAL, REOPENING = "_opening", "_refusal", "_reopening"


def locked(case: Case) -> Case:
    """Return a case; whoever else changes it waits until this transaction ends."""
    return Case.objects.select_for_update().select_related("scheme", "student").get(pk=case.pk)


def note(case: Case, kind: str, now: datetime, *, by: int | None = None, **more) -> Step:
    return Step.objects.create(
        school_id=case.school_id, case=case, at=now, kind=Step.Kind(kind), by_id=by, **more
    )


@transaction.atomic
def open_case(
    student: Subject, viewer: Viewer, *, rank: int, why: str, trigger: str = "", owner: Subject | None = None
) -> Case:
    """Take a child on, because of signals or of a person's judgement; all signals about it join. Raises Refused.

    rank: how grave it is taken to be until the study meeting has said. A child with an open case keeps that one.
    """
    if student.type != "student" or student.school_id != viewer.school_id or viewer.school is None:
        raise Refused(_("没有这名学生。"))
    if rank not in RANKS:
        raise Refused(_("请选先按哪一级处理。"))
    if not why.strip():
        raise Refused(_("请写清为什么建个案：看到了什么、听到了什么。"))
    keeper = owner or (viewer.person.subject if viewer.person else None)
    if keeper is None or not keepers(student.school_id, viewer.day).filter(pk=keeper.pk).exists():
        raise Refused(_("负责人要是在职、有账号的心理教师或分管领导。请换一位。"))
    School.objects.select_for_update().get(pk=student.school_id)
    if signals.open_case_of(student.pk) is not None:
        raise Refused(_("这名学生已经有一份打开的个案。请在那一份里接着写。"))
    now = timezone.now()
    text = schemes.in_force(viewer.school, viewer.day, by=viewer)
    last = Case.objects.filter(school_id=student.school_id).aggregate(last=Max("number"))["last"]
    case = Case(
        school_id=student.school_id, number=(last or 0) + 1, student=student, scheme=text, owner=keeper,
        opened_at=now, opened_by_id=viewer.person_id,
    )  # fmt: skip
    found = signals.without_outcome(student.pk, viewer.person_id, keeper.pk)
    gravest = max([rank, *_ranks_of(found)])
    clocks.enter(case, schemes.scheme_of(text).first, gravest, now)
    case.save()
    paper = _own_words(case, OPENING, {"why": why.strip(), "trigger": trigger}, viewer, now)
    ranks.write(case, Standing.Kind.OPENED, rank, now, by=viewer.person_id, paper=paper)
    note(case, Step.Kind.OPENED, now, by=viewer.person_id, state=case.state, paper=paper)
    audit.write(viewer, "cases.opened", case, student=student.pk)
    for signal, grave in zip(found, _ranks_of(found), strict=True):
        signals.join(case, signal, grave, now, by=viewer.person_id, told=False)
    if keeper.pk != viewer.person_id:
        tell(f"case-yours:{case.pk}", case, [keeper.pk], topics.CASE_YOURS)
    case.refresh_from_db()
    return case


def _ranks_of(found: list[Signal]) -> list[int]:
    rows = opened_by_program(
        Signal.objects.filter(pk__in=[one.pk for one in found]).order_by("pk"), "clocks", "what"
    )
    return [row.what["rank"] for row in rows]


def _own_words(case: Case, form: str, notes: dict, viewer: Viewer, now: datetime) -> CasePaper:
    return CasePaper.objects.create(
        school_id=case.school_id, student_id=case.student_id, case=case, form=form, state=case.state, at=now,
        by_id=viewer.person_id, day=timezone.localtime(now).date(), notes=notes,
    )  # fmt: skip


# ------------------------------------------------------------------ from state to state


def missing(case: Case) -> list[str]:
    """Return the forms that the present state wants and that were not written since the case came here."""
    state = clocks.state_of(case)
    done = set(
        CasePaper.objects.filter(
            case=case, state=case.state, at__gte=case.state_since, corrects=None
        ).values_list("form", flat=True)
    )
    return [form for form in state.papers if form not in done]


def moves_of(case: Case, viewer: Viewer) -> list[Move]:
    """Return where somebody may send a case by a button; states that a form leads to are reached by that form."""
    scheme, state = clocks.scheme_for(case), clocks.state_of(case)
    led = {scheme.form_by_id[form].leads for form in (*state.papers, *state.also)}
    return [
        move
        for move in state.moves
        if case.phase != Case.Phase.CLOSING and move.to not in led and is_one_of(viewer, case, move.who)
    ]


@transaction.atomic
def move(case: Case, to: str, viewer: Viewer) -> Case:
    """Send a case to another state. Raises Refused."""
    case = locked(case)
    if to not in {one.to for one in moves_of(case, viewer)}:
        raise Refused(_("现在不能转到那一步。请刷新页面，看看这份个案走到了哪里。"))
    go(case, clocks.scheme_for(case).state_by_id[to], viewer, timezone.now())
    return case


def go(case: Case, state: State, viewer: Viewer, now: datetime) -> None:
    """Set a locked case into a state and note it."""
    clocks.enter(case, state, ranks.known_to_program([case])[case.pk], now)
    case.save()
    note(case, Step.Kind.MOVED, now, by=viewer.person_id, state=state.id)
    audit.write(viewer, "cases.moved", case, state=state.id)


# ------------------------------------------------------------------ closing takes two


def why_not_closed_by(case: Case, viewer: Viewer) -> str:
    """Return why somebody cannot agree to close a case, "" when they can."""
    scheme = clocks.scheme_for(case)
    if case.phase != Case.Phase.CLOSING or case.proposed_by_id is None:
        return _("这份个案没有在等同意结案。")
    if viewer.person_id == case.proposed_by_id:
        return _("结案由您提出，要由另一个人同意。")
    if not is_one_of(viewer, case, scheme.closing.who):
        return _("同意结案要由分管领导或另一名心理教师来做。")
    if Outcome.objects.filter(case=case, at__gt=case.state_since).exists():
        return _("申请以后又有新的提示。请先退回，看过再结案。")
    return ""


@transaction.atomic
def agree_to_close(case: Case, viewer: Viewer) -> Case:
    """Close a case as the second person. Raises Refused."""
    case = locked(case)
    why_not = why_not_closed_by(case, viewer)
    if why_not:
        raise Refused(why_not)
    now = timezone.now()
    clocks.enter(case, clocks.scheme_for(case).phase("closed"), ranks.known_to_program([case])[case.pk], now)
    case.save()
    note(case, Step.Kind.CLOSED, now, by=viewer.person_id, state=case.state)
    audit.write(viewer, "cases.closed", case, proposed_by=case.proposed_by_id)
    return case


@transaction.atomic
def send_back(case: Case, viewer: Viewer, why: str) -> Case:
    """Do not close: by a second person who does not agree, or by whoever asked and takes it back. Raises Refused."""
    case = locked(case)
    if case.phase != Case.Phase.CLOSING:
        raise Refused(_("这份个案没有在等同意结案。"))
    scheme = clocks.scheme_for(case)
    if not (
        viewer.person_id == case.proposed_by_id or is_one_of(viewer, case, (*scheme.closing.who, "owner"))
    ):
        raise Refused(_("请由负责人、分管领导或心理教师来做。"))
    if not why.strip():
        raise Refused(_("请写一句为什么先不结案。"))
    now = timezone.now()
    paper = _own_words(case, REFUSAL, {"why": why.strip()}, viewer, now)
    back = _proposed_in(case)
    case.proposed_by = None
    clocks.enter(case, scheme.state_by_id[back], ranks.known_to_program([case])[case.pk], now)
    case.save()
    note(case, Step.Kind.NOT_CLOSED, now, by=viewer.person_id, state=back, paper=paper)
    audit.write(viewer, "cases.not_closed", case)
    tell(
        f"case-back:{case.pk}:{now:%Y%m%d%H%M}", case, {case.owner_id} - {viewer.person_id}, topics.CASE_NEWS
    )
    return case


def _proposed_in(case: Case) -> str:
    """Return the state in which somebody asked to close."""
    scheme = clocks.scheme_for(case)
    forms = [form.id for form in scheme.forms if form.does == "close"]
    asked = (
        CasePaper.objects.filter(case=case, form__in=forms, corrects=None)
        .order_by("-pk")
        .values_list("state", flat=True)
        .first()
    )
    return asked or scheme.first.id


@transaction.atomic
def reopen(case: Case, viewer: Viewer, why: str) -> Case:
    """Open a closed case again, from its first state on. Raises Refused."""
    if not why.strip():
        raise Refused(_("请写一句为什么重新打开。"))
    case = locked(case)
    if not is_one_of(viewer, case, ("owner", "counsellor", "leader")):
        raise Refused(_("请由负责人、分管领导或心理教师来做。"))
    if case.phase != Case.Phase.CLOSED:
        raise Refused(_("这份个案本来就是打开的。"))
    if signals.open_case_of(case.student_id) is not None:
        raise Refused(_("这名学生已经有一份打开的个案。请在那一份里接着写。"))
    now = timezone.now()
    if not keepers(case.school_id, viewer.day).filter(pk=case.owner_id).exists():
        case.owner_id = viewer.person_id  # type: ignore[assignment]
    paper = _own_words(case, REOPENING, {"why": why.strip()}, viewer, now)
    case.proposed_by = None
    rank = ranks.known_to_program([case])[case.pk]
    clocks.enter(case, clocks.scheme_for(case).first, rank, now)
    case.save()
    note(case, Step.Kind.REOPENED, now, by=viewer.person_id, state=case.state, paper=paper)
    audit.write(viewer, "cases.reopened", case)
    for signal in signals.without_outcome(case.student_id, viewer.person_id, case.owner_id):
        (grave,) = _ranks_of([signal])
        signals.join(case, signal, grave, now, by=viewer.person_id, told=False)
    return case


def tell_second_person(case: Case, viewer: Viewer) -> None:
    """Ask for a second person: the leaders in charge, and every other keeper where there are none but the proposer."""
    asked = [one for one in leaders(case.school_id, viewer.day) if one != viewer.person_id]
    tell(f"case-close:{case.pk}:{case.state_since:%Y%m%d%H%M}", case, asked, topics.CASE_TO_CLOSE)

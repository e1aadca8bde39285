"""Papers of a case: drafts, what was written, and what writing it sets going (rank, tasks, clocks, the next state)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.notices import topics
from tongxin.kernel.access.reading import opened
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School
from tongxin.kernel.base.sealing.cipher import Scope
from tongxin.kernel.consent.queries import may_process
from tongxin.kernel.ledger import evidence
from tongxin.methods.schemes.scheme import GIVES_RANK, Form

from ..models import Case, CaseDraft, CaseFile, CasePaper, Standing, Step
from . import bearing, cases, clocks, ranks
from .people import is_one_of, leaders
from .refusal import Refused
from .telling import tell

COLUMNS = {"K4d": "notes", "K4e": "plan", "K5": "deep"}
WRITERS = ("owner", "counsellor", "leader")


@dataclass(frozen=True)
class Asked:
    """A task in a form: who, what, until when."""

    bearer: int
    words: str
    until: date


@dataclass(frozen=True)
class Attached:
    """A file as it was uploaded, cleaned; name: what its owner called it."""

    field: str
    clean: evidence.Clean
    name: str


@dataclass
class Written:
    """What somebody filled in. values: {field: value}, without ranks, tasks and files, which are kept in their own rows.

    urgent: why it cannot wait for the guardians' consent, "" when it need not.
    """

    values: dict[str, Any] = field(default_factory=dict)
    rank: int | None = None
    tasks: Sequence[Asked] = ()
    files: Sequence[Attached] = ()
    urgent: str = ""


@dataclass(frozen=True)
class Item:
    """A form of the present state: wanted or only possible, and the newest paper of it written in this state."""

    form: Form
    wanted: bool
    paper: CasePaper | None

    @property
    def done(self) -> bool:
        return self.paper is not None


def checklist(case: Case) -> list[Item]:
    """Return the forms of the present state, those it wants first, in the scheme's order."""
    scheme, state = clocks.scheme_for(case), clocks.state_of(case)
    here = CasePaper.objects.filter(case=case, state=case.state, at__gte=case.state_since)
    written = dict(here.filter(corrects=None).order_by("pk").values_list("form", "pk"))
    versions = CasePaper.objects.filter(case=case).newest_versions().filter(first__in=written.values())
    newest = {paper.form: paper for paper in versions.select_related("by").defer("notes", "plan", "deep")}
    return [
        Item(scheme.form_by_id[form], form in state.papers, newest.get(form))
        for form in dict.fromkeys((*state.papers, *state.also))
    ]


def form_for(case: Case, form_id: str, viewer: Viewer) -> Form:
    """Return a form somebody may write in a case now. Raises Refused."""
    scheme, state = clocks.scheme_for(case), clocks.state_of(case)
    form = scheme.form_by_id.get(form_id)
    if form is None or form_id not in (*state.papers, *state.also):
        raise Refused(_("现在这一步不写这张表。请先把个案转到相应的一步。"))
    if not is_one_of(viewer, case, WRITERS):
        raise Refused(_("请由负责人、心理教师或分管领导来写。"))
    return form


def consent_missing(case: Case, form: Form) -> bool:
    """Say whether the guardians have not agreed to what a form does."""
    return bool(form.consent) and not may_process(case.student, form.consent)


# ------------------------------------------------------------------ drafts


@transaction.atomic
def keep_draft(case: Case, form: Form, viewer: Viewer, values: Mapping[str, Any]) -> CaseDraft:
    """Keep what somebody has typed so far; only they see it again."""
    assert viewer.person is not None
    draft = CaseDraft.objects.filter(case=case, form=form.id, author_id=viewer.person_id).first()
    draft = draft or CaseDraft(
        school_id=case.school_id, student_id=case.student_id, case=case, form=form.id, author=viewer.person.subject,
    )  # fmt: skip
    draft.values, draft.saved_at, draft.day = dict(values), timezone.now(), viewer.day
    draft.save()
    audit.write(viewer, "cases.draft_kept", draft, student=case.student_id)
    return draft


def draft_of(case: Case, form: Form, viewer: Viewer) -> CaseDraft | None:
    """Return somebody's own draft, opened."""
    rows = opened(
        viewer, CaseDraft.objects.filter(case=case, form=form.id, author_id=viewer.person_id), "crisis"
    )
    return rows[0] if rows else None


@transaction.atomic
def drop_draft(case: Case, form_id: str, viewer: Viewer) -> None:
    for draft in CaseDraft.objects.filter(case=case, form=form_id, author_id=viewer.person_id):
        draft.delete()


# ------------------------------------------------------------------ writing


@transaction.atomic
def write(case: Case, form_id: str, written: Written, viewer: Viewer) -> CasePaper:
    """File a paper with all that it sets going, or nothing of it. Raises Refused, evidence.BadFile."""
    case = cases.locked(case)
    form = form_for(case, form_id, viewer)
    if consent_missing(case, form) and len(written.urgent.strip()) < 6:
        raise Refused(
            _(
                "监护人还没有同意与校外交换情况。请先请监护人签同意书并登记；情况紧急来不及的，写明原因再保存，并马上补签。"
            )
        )
    if form.does in GIVES_RANK and written.rank is None:
        raise Refused(_("请选定为哪一级。"))
    now = timezone.now()
    paper = _file(case, form, written, viewer, now)
    cases.note(case, Step.Kind.PAPER, now, by=viewer.person_id, state=case.state, paper=paper)
    audit.write(viewer, "cases.paper_written", paper, form=form.id, student=case.student_id)
    if form.consent and written.urgent.strip() and consent_missing(case, form):
        _without_consent(case, paper, viewer, now)
    for asked in written.tasks:
        bearing.give(case, asked.bearer, asked.words, asked.until, viewer, paper=paper)
    _set_going(case, form, written, paper, viewer, now)
    drop_draft(case, form_id, viewer)
    return paper


def _file(case: Case, form: Form, written: Written, viewer: Viewer, now: datetime) -> CasePaper:
    by_class: dict[str, dict[str, Any]] = {}
    fields = form.field_by_id
    for name, value in written.values.items():
        by_class.setdefault(COLUMNS[fields[name].data_class], {})[name] = value
    if written.urgent.strip() and form.consent:
        by_class.setdefault("notes", {})["_urgent"] = written.urgent.strip()
    day = timezone.localtime(now).date()
    common = {"school_id": case.school_id, "student_id": case.student_id, "case": case, "at": now, "day": day}
    paper = CasePaper.objects.create(
        **common, form=form.id, state=case.state, by_id=viewer.person_id, **by_class
    )
    school = School.objects.get(pk=case.school_id)
    for one in written.files:
        file = evidence.store(
            school.public_id, one.clean, Scope(case.school_id, "K5", subject=case.student_id)
        )
        CaseFile.objects.create(
            **common, paper=paper, field=one.field, file=file, content_type=one.clean.content_type,
            size=len(one.clean.content), name=one.name[:120],
        )  # fmt: skip
    return paper


def _without_consent(case: Case, paper: CasePaper, viewer: Viewer, now: datetime) -> None:
    """A child's life goes first; the leaders know at once and the consent is owed afterwards."""
    cases.note(case, Step.Kind.WITHOUT_CONSENT, now, by=viewer.person_id, paper=paper)
    audit.write(viewer, "cases.without_consent", paper, student=case.student_id)
    tell(f"case-consent:{paper.pk}", case, leaders(case.school_id, viewer.day), topics.CASE_NEWS)


def _set_going(
    case: Case, form: Form, written: Written, paper: CasePaper, viewer: Viewer, now: datetime
) -> None:
    scheme = clocks.scheme_for(case)
    rank = written.rank if form.does in GIVES_RANK else None
    if rank is not None:
        kind = Standing.Kind.STEP_DOWN if form.does == "step_down" else Standing.Kind.FINDING
        ranks.write(case, kind, rank, now, by=viewer.person_id, paper=paper)
    if form.does == "follow_up" or rank is not None:
        clocks.reckon(case, rank or ranks.known_to_program([case])[case.pk], now)
        case.save(update_fields=["follow_due"])
    state = clocks.state_of(case)
    leads = scheme.state_by_id.get(form.leads) if form.leads in state.ways else None
    if leads is None and state.then and not cases.missing(case):
        leads = scheme.state_by_id[state.then]
    if form.does == "close":
        case.proposed_by_id = viewer.person_id
        cases.note(case, Step.Kind.PROPOSED, now, by=viewer.person_id, paper=paper)
    if leads is not None:
        cases.go(case, leads, viewer, now)
    if form.does == "close":
        cases.tell_second_person(case, viewer)


# ------------------------------------------------------------------ reading


def may_read_notes(case: Case, viewer: Viewer) -> bool:
    """Say whether the words of talks and meetings open by themselves: to who keeps the case."""
    return viewer.person_id == case.owner_id and bool(viewer.roles & {"counsellor", "care_leader"})


def read(papers: Iterable[CasePaper], viewer: Viewer, *, notes: bool) -> list[CasePaper]:
    """Return papers with the plan opened, and with the notes where they are the reader's to open; K5 stays closed."""
    rows = list(papers)
    columns = ["plan", "notes"] if notes else ["plan"]
    return opened(viewer, rows, "crisis", *columns)

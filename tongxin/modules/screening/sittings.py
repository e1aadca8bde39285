"""Sittings: planned, opened (only with everything that keeps children safe in place), closed and put in the ledger."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, School, Subject
from tongxin.kernel.consent.models import Purpose
from tongxin.kernel.consent.queries import current_text
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.ledger.services import Draft, record_activity
from tongxin.kernel.obligations import outbox
from tongxin.kernel.programmes import queries as programmes
from tongxin.kernel.programmes.classes import known_class
from tongxin.kernel.signals import chain
from tongxin.methods.cadence.declarations import Kind

from . import population
from .models import EntryCode, InstrumentText, Paper, Sitting, SittingForm

# No letters or digits that children mix up, and no vowels, so that no code is a word.
ALPHABET = "23456789BCDFGHJKMNPQRSTVWXZ"
CODE_LENGTH = 6
MOST_DAYS = 60
MOST_PER_PAGE = 10


class Refused(ValueError):
    """It cannot be done yet. field: of the form; reasons: all that is missing, one sentence each."""

    def __init__(self, sentence: str, field: str = "", reasons: Sequence[str] = ()):
        super().__init__(sentence)
        self.field, self.reasons = field, list(reasons) or [sentence]


@dataclass(frozen=True)
class Plan:
    """A sitting as somebody plans it. forms: (instrument, who fills it in), in order."""

    title: str
    first_day: date
    last_day: date
    forms: Sequence[tuple[InstrumentText, str]]
    rooms: Sequence[int] = ()
    who: str = ""
    place: str = ""
    kind: str = ""
    per_page: int = 3
    feedback: bool = True
    before: Sitting | None = None


def _check(school: School, plan: Plan) -> None:
    if not plan.title.strip():
        raise Refused(_("请写名称。"), "title")
    if plan.last_day < plan.first_day:
        raise Refused(_("结束日期早于开始日期。"), "last_day")
    if (plan.last_day - plan.first_day).days > MOST_DAYS:
        raise Refused(_("一次测评最多开放 %(n)d 天。") % {"n": MOST_DAYS}, "last_day")
    if not plan.forms:
        raise Refused(_("请至少选一份量表。"), "forms")
    if len({(text.pk, form) for text, form in plan.forms}) != len(plan.forms):
        raise Refused(_("同一份量表给同一类人只能选一次。"), "forms")
    if any(text.school_id != school.pk or text.retired_at is not None for text, _form in plan.forms):
        raise Refused(_("有的量表已经停用，请重新选择。"), "forms")
    if not 1 <= plan.per_page <= MOST_PER_PAGE:
        raise Refused(_("每页 1 到 %(n)d 题。") % {"n": MOST_PER_PAGE}, "per_page")
    known = set(population.rooms(school, plan.first_day).values_list("pk", flat=True))
    if set(plan.rooms) - known:
        raise Refused(_("有的班级不在本校，请重新选择。"), "rooms")
    try:
        population.condition_of(school, plan.who, plan.first_day)
    except population.BadCondition as error:
        raise Refused(str(error), "who") from error
    if plan.kind and plan.kind not in {kind.name for kind in ledger_kinds(school, plan.first_day)}:
        raise Refused(_("方案里没有这种活动，请重新选择。"), "kind")
    if plan.kind and _tells_too_much(school, plan.kind, plan.who, plan.first_day):
        raise Refused(
            _(
                "条件用到了比这种活动更敏感的情况，记入台账会让看得到台账的人知道是谁。请不选活动，或者去掉条件。"
            ),
            "kind",
        )
    if plan.before is not None and plan.before.school_id != school.pk:
        raise Refused(_("没有这次测评。"), "before")


@transaction.atomic
def create(school: School, plan: Plan, *, by) -> Sitting:
    """Plan a sitting. Raises Refused."""
    _check(school, plan)
    sitting = Sitting(school=school, created_by_id=getattr(by, "account_id", None))
    _write(sitting, plan)
    audit.write(by, "screening.sitting_planned", sitting)
    return sitting


@transaction.atomic
def change(sitting: Sitting, plan: Plan, *, by) -> Sitting:
    """Change a plan; once it is open only the last day, the place and the title. Raises Refused."""
    _check(sitting.school, plan)
    if sitting.state == Sitting.State.CLOSED:
        raise Refused(_("这次测评已经结束，不能再改。"))
    if sitting.state == Sitting.State.OPEN:
        sitting.title, sitting.place, sitting.last_day = plan.title.strip(), plan.place.strip(), plan.last_day
        sitting.save(update_fields=["title", "place", "last_day"])
    else:
        _write(sitting, plan)
    audit.write(by, "screening.sitting_changed", sitting)
    return sitting


def _write(sitting: Sitting, plan: Plan) -> None:
    sitting.title, sitting.place, sitting.kind = plan.title.strip(), plan.place.strip(), plan.kind
    sitting.first_day, sitting.last_day = plan.first_day, plan.last_day
    sitting.rooms, sitting.who = sorted(plan.rooms), plan.who.strip()
    sitting.per_page, sitting.feedback, sitting.before = plan.per_page, plan.feedback, plan.before
    sitting.save()
    sitting.forms.all().delete()
    SittingForm.objects.bulk_create(
        [
            SittingForm(sitting=sitting, number=number, text=text, form=form)
            for number, (text, form) in enumerate(plan.forms, 1)
        ]
    )


def ledger_kinds(school: School, day: date) -> list[Kind]:
    """Return the kinds of activity that taking part in a sitting can count as: those with a part for students only."""
    return [kind for kind in programmes.kinds(school, day).values() if _student_part(kind)]


def _tells_too_much(school: School, kind: str, who: str, day: date) -> bool:
    """Say whether the names of an entry would show more about the children than the entry's own class allows."""
    declared = programmes.kind_named(school, kind, day)
    own = known_class(declared.data_class) if declared else "K0"
    read = population.class_read(school, who, day) if who else "K0"
    return CLASSES.index(read) > CLASSES.index(own)


def _student_part(kind: Kind) -> str:
    """Return the part of a kind that holds the students, "" where another part must be filled in too."""
    parts = [part for part in kind.parts if tuple(part.of) == ("student",)]
    others = [part for part in kind.parts if part not in parts and (part.at_least or 0) > 0]
    return parts[0].name if len(parts) == 1 and not others else ""


@dataclass(frozen=True)
class Check:
    """Something that must hold before children are let in. missing: what is not right yet, one sentence each."""

    what: str
    missing: tuple[str, ...] = ()

    @property
    def done(self) -> bool:
        return not self.missing


def checks(sitting: Sitting, day: date) -> list[Check]:
    """Return all that must hold before a sitting opens, each with what is still missing."""
    school = sitting.school
    text = current_text(school, Purpose.SCREENING)
    asked = population.asked_by_room(sitting, max(day, sitting.first_day))
    missing: dict[str, tuple[bool, str]] = {
        "admins": (
            chain.admins_missing(school, day),
            _("系统管理员、安全管理员、审计管理员还不是三个不同的人。请先在人员里任命，测评才能开放。"),
        ),
        "counsellor": (
            not _counsellors(school, day),
            _("学校还没有心理教师。请先任命，再请其设好第二步验证。"),
        ),
        "consent": (text is None, _("还没有公布心理测评的知情说明。请先公布，收好同意书。")),
        "worker": (
            not outbox.is_alive(),
            _("后台没有在运行，没有回应的提示不会往下转。请管理员先启动 tongxin worker。"),
        ),
        "days": (day > sitting.last_day, _("结束日期已经过了，请先改日期。")),
        "students": (not any(asked.values()), _("没有符合条件的学生，请核对班级和条件。")),
    }
    found = {what: Check(what, (sentence,) if lacks else ()) for what, (lacks, sentence) in missing.items()}
    found["chain"] = Check("chain", tuple(chain.vacancies(school, day)))
    return [
        found[what] for what in ("admins", "chain", "counsellor", "consent", "worker", "days", "students")
    ]


def obstacles(sitting: Sitting, day: date) -> list[str]:
    """Return what keeps a sitting from being opened, one sentence each: all of it, so that it is mended in one go."""
    return [sentence for check in checks(sitting, day) for sentence in check.missing]


def _counsellors(school: School, day: date) -> bool:
    return Link.objects.filter(
        school=school, kind="counsellor", superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
    ).exists()


@transaction.atomic
def open_sitting(sitting: Sitting, *, by, day: date) -> Sitting:
    """Let the children in, with a code for each class. Raises Refused with all that is missing."""
    sitting = Sitting.objects.select_for_update(of=("self",)).select_related("school").get(pk=sitting.pk)
    if sitting.state == Sitting.State.OPEN:
        return sitting
    if sitting.state == Sitting.State.CLOSED:
        raise Refused(_("这次测评已经结束。要再做，请新建一次。"))
    missing = obstacles(sitting, day)
    if missing:
        raise Refused(missing[0], reasons=missing)
    sitting.state, sitting.opened_at = Sitting.State.OPEN, timezone.now()
    sitting.save(update_fields=["state", "opened_at"])
    for room in population.asked_by_room(sitting, max(day, sitting.first_day)):
        code_for(sitting, Subject.objects.get(pk=room))
    audit.write(by, "screening.sitting_opened", sitting)
    return sitting


def code_for(sitting: Sitting, room: Subject) -> EntryCode:
    """Return a class's code, made when it has none yet."""
    found = EntryCode.objects.filter(sitting=sitting, room=room).first()
    return found or EntryCode.objects.create(
        school=sitting.school, sitting=sitting, room=room, code=_unused_code()
    )


@transaction.atomic
def new_code(sitting: Sitting, room: Subject, *, by) -> EntryCode:
    """Give a class another code; the old one is void at once."""
    code = code_for(sitting, room)
    code.code = _unused_code()
    code.save(update_fields=["code"])
    audit.write(by, "screening.code_changed", sitting, room=room.pk)
    return code


def _unused_code() -> str:
    while True:
        code = "".join(secrets.choice(ALPHABET) for _n in range(CODE_LENGTH))
        if not EntryCode.objects.filter(code=code).exists():
            return code


@transaction.atomic
def close_sitting(sitting: Sitting, *, by, day: date) -> int:
    """End a sitting and enter who took part in the ledger, class by class; return how many children that were."""
    sitting = Sitting.objects.select_for_update(of=("self",)).select_related("school").get(pk=sitting.pk)
    if sitting.state == Sitting.State.DRAFT:
        raise Refused(_("这次测评还没有开放过，可以直接删除。"))
    if sitting.state == Sitting.State.OPEN:
        sitting.state, sitting.closed_at = Sitting.State.CLOSED, timezone.now()
        sitting.save(update_fields=["state", "closed_at"])
        audit.write(by, "screening.sitting_closed", sitting)
    return record_in_ledger(sitting, by=by, day=day)


def record_in_ledger(sitting: Sitting, *, by, day: date) -> int:
    """Enter in the ledger who handed in a student's paper, an entry for each class and day; once only."""
    kind = programmes.kind_named(sitting.school, sitting.kind, day) if sitting.kind else None
    part = _student_part(kind) if kind else ""
    if kind is None or not part or _tells_too_much(sitting.school, sitting.kind, sitting.who, day):
        return 0
    done: dict[tuple[int, date], list[int]] = {}
    room_of = _rooms_of(sitting)
    for student, at in _handed_in(sitting):
        on = min(timezone.localtime(at).date(), day)
        done.setdefault((room_of.get(student, 0), on), []).append(student)
    qualifiers = {
        q.name: "own" if "own" in q.values else next(iter(q.values), "")
        for q in kind.qualifiers
        if q.required or "own" in q.values
    }
    account = getattr(by, "account", None) or by
    count = 0
    for (room, on), students in sorted(done.items()):
        draft = Draft(
            day=on, parts={part: sorted(set(students))}, title=sitting.title, qualifiers=qualifiers,
            token=f"sitting:{sitting.public_id}:{room}:{on.isoformat()}", source="screening",
        )  # fmt: skip
        if not Entry.objects.filter(token=draft.token).exists():
            record_activity(sitting.school, kind, draft, by=account, today=day)
            count += len(set(students))
    return count


def _rooms_of(sitting: Sitting) -> dict[int, int]:
    asked = population.asked_by_room(sitting, sitting.last_day)
    return {student: room for room, students in asked.items() for student in students}


def _handed_in(sitting: Sitting):
    papers = Paper.objects.filter(
        sitting=sitting, form=SittingForm.Form.STUDENT, attempt=1, finished_at__isnull=False
    )
    return papers.values_list("student_id", "finished_at")


@transaction.atomic
def discard(sitting: Sitting, *, by) -> None:
    """Remove a plan that was never opened. Raises Refused."""
    if sitting.state != Sitting.State.DRAFT:
        raise Refused(_("已经开放过的测评不能删除，可以结束它。"))
    audit.write(by, "screening.sitting_discarded", sitting)
    sitting.delete()


def visible(viewer: Viewer):
    """Return the sittings of the viewer's school."""
    return Sitting.objects.filter(school_id=viewer.school_id).select_related("school")

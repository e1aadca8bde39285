"""The ways in: a class's code with one's own number, a printed QR of one's own, or being signed in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.core import signing
from django.db.models import Q
from django.utils.translation import gettext as _

from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, School, Subject
from tongxin.kernel.people.models import Student
from tongxin.ui import prepared

from . import population
from .models import EntryCode, Paper, Sitting, SittingForm
from .papers import Refused, Seat

OWN_SALT, SEAT_SALT = "screening.own-way-in", "screening.seat"
OWN_DAYS = 90
SEAT_SECONDS = 30 * 60


def by_code(code: str) -> EntryCode:
    """Return the class's way in that a code opens. Raises Refused with one sentence, whatever is wrong with it."""
    clean = "".join(code.upper().split()).replace("-", "")
    found = EntryCode.objects.select_related("sitting", "sitting__school", "room").filter(code=clean).first()
    if found is None or found.sitting.state == Sitting.State.DRAFT:
        raise Refused("code", _("没有这个测评码。请看清黑板上或老师发的码，再输一次。"))
    return found


def student_of(entry: EntryCode, number: str, name: str, day) -> Subject:
    """Return the student of a class by number and name. Raises Refused with one sentence, whichever of them is wrong."""
    number, name = "".join(number.split()), "".join(name.split())
    ids = population.members(entry.school, day, [entry.room_id]).get(entry.room_id, [])
    own = Q(local_number=number) | Q(pupil_number=number)
    rows = Student.objects.filter(own, pk__in=ids).select_related("person__subject") if number else ()
    for row in rows:
        if "".join(row.person.subject.name.split()) == name:
            return row.person.subject
    raise Refused("who", _("学号和姓名对不上这个班的名单。请再输一次，或者请老师看一下。"))


def own_token(sitting: Sitting, student: Subject) -> str:
    """Return what a student's own printed QR holds."""
    return signing.dumps([sitting.public_id, student.public_id], salt=OWN_SALT, compress=False)


def by_own_token(token: str) -> Seat:
    """Return the seat of a printed QR. Raises Refused."""
    try:
        sitting_id, student_id = signing.loads(token, salt=OWN_SALT, max_age=OWN_DAYS * 86_400)
    except (signing.BadSignature, ValueError, TypeError):
        raise Refused("code", _("这个二维码不能用了。请找老师要一张新的。")) from None
    sitting = Sitting.objects.select_related("school").filter(public_id=sitting_id).first()
    student = Subject.objects.filter(public_id=student_id, type="student").first()
    if sitting is None or student is None or student.school_id != sitting.school_id:
        raise Refused("code", _("这个二维码不能用了。请找老师要一张新的。"))
    return Seat(sitting, student)


def in_homeroom_of(student: Subject, homerooms: Collection[int], day: date) -> bool:
    """Say whether a student is in one of some classes on a day."""
    if not homerooms:
        return False
    links = Link.objects.filter(
        a=student, b_id__in=homerooms, kind="enrolled_in", superseded_at=FOREVER,
        valid_from__lte=day, valid_to__gte=day,
    )  # fmt: skip
    return links.exists()


@dataclass(frozen=True)
class Ticket:
    """What a seat's cookie holds: ids only. It opens that one paper and nothing else."""

    sitting: str
    student: str
    form: str
    respondent: str

    def sealed(self) -> str:
        return signing.dumps([self.sitting, self.student, self.form, self.respondent], salt=SEAT_SALT)


def ticket(seat: Seat) -> Ticket:
    return Ticket(seat.sitting.public_id, seat.student.public_id, seat.form, seat.who.public_id)


def read_ticket(sealed: str | None) -> Ticket | None:
    """Return what a cookie holds; None where there is none, it is too old, or it was made up."""
    if not sealed:
        return None
    try:
        return Ticket(*signing.loads(sealed, salt=SEAT_SALT, max_age=SEAT_SECONDS))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def paper_at(found: Ticket) -> Paper | None:
    """Return the newest paper of a ticket's seat with all that the seat is made of; None where none was begun."""
    given = {
        "sitting": found.sitting,
        "student": found.student,
        "form": found.form,
        "respondent": found.respondent,
    }
    rows = prepared.joined(OF_SEAT, "paper at a seat", _paper_at, given)
    if not rows:
        return None
    paper, paper.sitting, paper.sitting.school, paper.student, paper.respondent = rows[0]
    return paper


OF_SEAT = (
    (Paper, ""), (Sitting, "sitting__"), (School, "sitting__school__"), (Subject, "student__"),
    (Subject, "respondent__"),
)  # fmt: skip


def _paper_at(at):
    return Paper.objects.filter(
        sitting__public_id=at["sitting"], student__public_id=at["student"], form=at["form"],
        respondent__public_id=at["respondent"],
    ).order_by("-attempt")[:1]  # fmt: skip


def seat_at(paper: Paper) -> Seat:
    """Return the seat a paper is filled in at."""
    own = paper.respondent_id == paper.student_id
    return Seat(paper.sitting, paper.student, paper.form, None if own else paper.respondent)


def seat_of(sealed: str | None) -> Seat | None:
    """Return the seat a cookie stands for; None where there is none, it is too old, or it was made up."""
    found = read_ticket(sealed)
    try:
        return None if found is None else at(found)
    except Refused:
        return None


def at(ticket: Ticket) -> Seat:
    """Return the seat of a ticket as the rows are now, by prepared queries. Raises Refused when there is none."""
    given = {"sitting": ticket.sitting}
    sittings = prepared.instances(Sitting, "by public id", _by_public_id, given)
    names = {"student": ticket.student, "respondent": ticket.respondent}
    people = {one.public_id: one for one in prepared.instances(Subject, "two by public id", _two, names)}
    student, respondent = people.get(ticket.student), people.get(ticket.respondent)
    schools = {one.school_id for one in people.values()}
    if ticket.form not in SittingForm.Form.values or student is None or respondent is None:
        raise Refused("code", _("这里没有正在填的问卷。请再进来一次。"))
    if not sittings or schools != {sittings[0].school_id}:
        raise Refused("code", _("这里没有正在填的问卷。请再进来一次。"))
    return Seat(sittings[0], student, ticket.form, None if student is respondent else respondent)


def _by_public_id(at):
    return Sitting.objects.filter(public_id=at["sitting"])


def _two(at):
    return Subject.objects.filter(Q(public_id=at["student"]) | Q(public_id=at["respondent"]))

"""The ways in: a class's code with one's own number, a printed QR of one's own, or being signed in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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

    @property
    def alone(self) -> bool:
        """The child fills in about itself."""
        return self.student == self.respondent

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
    return papers_at([found]).get(found)


def papers_at(tickets: Sequence[Ticket]) -> dict[Ticket, Paper]:
    """Return the newest paper of each ticket's seat with all that the seat is made of, where one was begun.

    Three queries by keys: joined into one, SQLite reads all papers of a sitting.
    """
    names = {"names": list({one.sitting for one in tickets})}
    sittings = {}
    for sitting, school in prepared.joined(OF_SITTING, "sittings by public ids", _sittings_named, names):
        prepared.tie(sitting, school=school)
        sittings[sitting.pk] = sitting
    names = {"names": list({name for one in tickets for name in (one.student, one.respondent)})}
    people = {
        one.pk: one for one in prepared.instances(Subject, "subjects by public ids", _subjects_named, names)
    }
    keys = {"sittings": list(sittings), "students": list(people)}
    wanted, found = set(tickets), {}
    for paper in prepared.instances(Paper, "papers of some", _papers_of, keys):
        student, respondent = people[paper.student_id], people.get(paper.respondent_id)
        sitting = sittings[paper.sitting_id]
        if respondent is None:
            continue
        seat = Ticket(sitting.public_id, student.public_id, paper.form, respondent.public_id)
        if seat in wanted:
            prepared.tie(paper, sitting=sitting, student=student, respondent=respondent)
            found[seat] = paper
    return found


OF_SITTING = ((Sitting, ""), (School, "school__"))


def _sittings_named(at):
    return Sitting.objects.filter(public_id__in=at["names"])


def _subjects_named(at):
    return Subject.objects.filter(public_id__in=at["names"])


def _papers_of(at):
    own = Paper.objects.filter(sitting_id__in=at["sittings"], student_id__in=at["students"])
    return own.order_by("attempt")


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
    sittings = prepared.joined(
        OF_SITTING, "sittings by public ids", _sittings_named, {"names": [ticket.sitting]}
    )
    names = {"names": [ticket.student, ticket.respondent]}
    found = prepared.instances(Subject, "subjects by public ids", _subjects_named, names)
    people = {one.public_id: one for one in found}
    student, respondent = people.get(ticket.student), people.get(ticket.respondent)
    schools = {one.school_id for one in people.values()}
    if ticket.form not in SittingForm.Form.values or student is None or respondent is None:
        raise Refused("code", _("这里没有正在填的问卷。请再进来一次。"))
    if not sittings or schools != {sittings[0][0].school_id}:
        raise Refused("code", _("这里没有正在填的问卷。请再进来一次。"))
    sitting, school = sittings[0]
    prepared.tie(sitting, school=school)
    return Seat(sitting, student, ticket.form, None if student is respondent else respondent)

"""What the matrix walks over: every address of the running URLconf, people in every role, objects of two schools."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from tongxin.exchange.models import ImportRun
from tongxin.exchange.notices.models import Robot
from tongxin.insight.models import SubmittedFile, SubmittedReport
from tongxin.kernel.access.models import Opening
from tongxin.kernel.base.models import Account, Event, Link, School, Subject
from tongxin.kernel.calendar.services import TermDraft, save_school_year
from tongxin.kernel.ledger.models import Evidence
from tongxin.kernel.obligations.models import Matter, Message
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Person
from tongxin.kernel.programmes.pairings import shipped
from tongxin.kernel.signals.models import Call, DutyShift, Signal
from tongxin.kernel.solving.models import SolverRun
from tongxin.modules.authoring.models import PackDraft
from tongxin.modules.home_visits.models import (
    FamilyRequest,
    RouteMember,
    Visit,
    VisitFinding,
    VisitRecord,
    VisitRound,
    VisitRoute,
)
from tongxin.modules.mentoring.models import Agreement, GrowthRequest, Mark, Shown, Wish
from tongxin.modules.network.models import (
    Concern,
    FamilyWord,
    HarmEntry,
    HarmReport,
    HarmTold,
    NetworkReport,
    NetworkTask,
    Talk,
)
from tongxin.modules.privacy.models import Assessment, Incident, RightsRequest, Sharing
from tongxin.modules.rounds.models import Bond, Group, Member, Participant, Proposal, Round
from tongxin.modules.screening.models import InstrumentText, Paper, Sitting, SittingForm
from tongxin.testing.cases import Filled, filled_case
from tongxin.testing.cast import SINCE, Cast, Player, player
from tongxin.testing.pack import PACK
from tongxin.testing.screening import answered_sitting

from .team_things import KINDS, TeamThings, team_things

ROLES = (
    "anonymous", "liu", "ma", "xu", "li", "chen", "wang", "sun", "guo", "zhou", "zhao",
    "branch_organiser", "administrator", "deputy_secretary", "security_admin", "audit_admin", "union_organiser",
    "department_head", "mentor", "parent", "pupil", "left", "care_leader", "committee_member", "peer",
)  # fmt: skip


@dataclass(frozen=True)
class Address:
    """One pattern of the URLconf: its full name, route and the names of its arguments."""

    name: str
    route: str
    arguments: tuple[str, ...]


def addresses() -> Iterator[Address]:
    yield from _walk(get_resolver().url_patterns, "", "")


def _walk(patterns, prefix: str, namespace: str) -> Iterator[Address]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            space = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from _walk(pattern.url_patterns, route, namespace + space)
        elif isinstance(pattern, URLPattern):
            yield Address(f"{namespace}{pattern.name}", route, tuple(pattern.pattern.converters))


@dataclass
class Network:
    """What the four-level network of a school holds. ward: the child of the parent the matrix walks as."""

    ward: Subject
    guardian: Subject
    concern: Concern
    talk: Talk
    task: NetworkTask
    report: NetworkReport
    harm: HarmReport

    def arguments(self, name: str) -> dict[str, object]:
        found: dict[str, object] = {
            "concern": self.concern.public_id,
            "talk": self.talk.public_id,
            "task": self.task.public_id,
            "guardian": self.guardian.public_id,
            "to": "homeroom_teacher",
            "level": "class",
            "report": (self.harm if name.startswith("network:harm") else self.report).public_id,
        }
        return found | ({"student": self.ward.public_id} if name == "network:own_thread" else {})


@dataclass
class Visiting:
    """What home visits of a school hold. to_ward: the visit to the child of the parent the matrix walks as."""

    ward: Subject
    route: VisitRoute
    visit: Visit
    to_ward: Visit
    record: VisitRecord
    request: FamilyRequest
    finding: VisitFinding

    def arguments(self, name: str) -> dict[str, str]:
        found = {
            "round": self.route.round.public_id, "route": self.route.public_id, "visit": self.visit.public_id,
            "record": self.record.public_id, "request_id": self.request.public_id, "finding": self.finding.public_id,
        }  # fmt: skip
        if name == "home_visits:family_visit":
            return {"visit": self.to_ward.public_id}
        return found | ({"student": self.ward.public_id} if name == "home_visits:family_times" else {})


@dataclass
class Paired:
    """A teacher as the mentor of a child, with one of everything; the teacher asks for help and is put forward."""

    link: Link
    wish: Wish
    mark: Mark
    request: GrowthRequest
    shown: Shown

    def arguments(self, name: str) -> dict[str, object]:
        return {
            "pair": self.link.public_id,
            "wish": self.wish.public_id,
            "mark": self.mark.public_id,
            "request_id": self.request.public_id,
            "model": self.shown.public_id,
            # What is taken away as a file is of teachers, the list on the page of children.
            "kind": "master_of" if name == "mentoring:coverage_export" else "mentor_of",
        }


@dataclass
class Pairing:
    """A round for special students, not published: a teacher who may become a mentor, a student on its list."""

    round: Round
    mentor: Participant
    student: Participant
    member: Member
    bond: Bond

    def arguments(self) -> dict[str, object]:
        return {
            "round": self.round.public_id,
            "place": self.mentor.public_id,
            "person": self.mentor.public_id,
            "other": self.student.public_id,
            "bond": self.bond.public_id,
            "member": self.member.public_id,
            "scheme": "growth-mentors",
            "format": "xlsx",
        }


@dataclass
class Things:
    """One school's objects, by the argument that names them in an address."""

    student: Subject
    link: Link
    entry: object
    evidence: Evidence
    programme: object
    message: Message
    matter: Matter
    robot: Robot
    import_run: ImportRun
    submitted: SubmittedReport
    draft: PackDraft
    event: Event
    homeroom: Subject
    sitting: Sitting
    paper: Paper
    running: Sitting
    instrument: InstrumentText
    signal: Signal
    network: Network
    visiting: Visiting
    paired: Paired
    opening: Opening
    rights: RightsRequest
    incident: Incident
    assessment: Assessment
    sharing: Sharing
    duty: DutyShift
    filled: Filled
    pairing: Pairing
    teams: TeamThings

    def arguments(self, address: Address) -> dict[str, object]:
        """Return values for an address; KeyError names an argument the matrix does not know yet."""
        fixed: dict[str, object] = {
            "rule": "visit-once-a-term",
            "obligation": "visit-once-a-term",
            "subject": self.student.public_id,
            "first": "2026-09-01",
            "kind": "home_visit",
            "type": "student",
            "slug": "three-platforms-five-integrations",
            "number": 1,
            "at": 0,
            "item": "self-review",
            "name": "priority_care",
            "heading": "2.1",
            "report": "outcome",
            "figure": "visits",
            "which": "students",
            "as_what": "students",
            "pk": self.message.pk,
            "programme": self.programme.public_id,  # type: ignore[attr-defined]
            "format": "docx",
            "purpose": "screening",
            "matter": self.matter.public_id,
            "robot": self.robot.public_id,
            "room": self.homeroom.public_id,
            # An address of a calendar that was never given out.
            "feed": "x" * 22,
            "secret": "y" * 32,
            "student": self.student.public_id,
            "sitting": self.sitting.public_id,
            "form": "student",
            # Ways into a sitting that nobody was given: the pages say so, to everybody alike.
            "code": "XXXXXX",
            "token": "z" * 32,
        }
        if address.name.startswith("network:"):
            fixed |= {"link": self.link.public_id} | self.network.arguments(address.name)
        if address.name.startswith("home_visits:"):
            fixed |= self.visiting.arguments(address.name)
        if address.name.startswith("mentoring:"):
            fixed |= self.paired.arguments(address.name)
        if address.name.startswith("rounds:"):
            fixed |= self.pairing.arguments()
        if address.name.startswith("teams:"):
            fixed |= self.teams.arguments(address.name)
        if address.name.startswith("cases:"):
            fixed |= {
                "form": "interview",
                "paper": self.filled.paper.public_id,
                "file": self.filled.file.public_id,
                "task": self.filled.task.public_id,
            }
        if address.name == "setup:import_template":
            fixed["kind"] = "students"
        if address.name.startswith("screening:instrument"):
            # phq-9 comes with its words, mht without: its page of words is there.
            fixed |= {
                "slug": "mht" if address.name == "screening:instrument_words" else "phq-9",
                "format": "yaml",
            }
        if address.name == "privacy:compliance_pack":
            fixed["number"] = 2026
        if address.name.startswith("authoring:"):
            fixed["name"] = "home_visit"
        return {
            name: self._object(address) if name == "public_id" else fixed[name] for name in address.arguments
        }

    def _object(self, address: Address) -> str:
        for prefix, thing in (
            ("people/links/", self.link),
            ("people/events/", self.event),
            ("people/", self.student),
            ("ledger/", self.entry),
            ("evidence/", self.evidence),
            ("programmes/", self.programme),
            ("imports/", self.import_run),
            ("submitted-reports/", self.submitted),
            ("authoring/", self.draft),
            ("consents/", self.homeroom),
            ("openings/ask/", self.student),
            ("openings/", self.opening),
            ("rights/incidents/", self.incident),
            ("rights/assessments/", self.assessment),
            ("rights/sharings/", self.sharing),
            ("rights/people/", self.student),
            ("rights/", self.rights),
            ("care/signals/", self.signal),
            ("care/duty/", self.duty),
            ("tasks/", self.filled.task),
            ("care/cases/taken/", self.student),
            ("care/cases/open/", self.student),
            ("care/cases/scheme/", self.filled.case.scheme),
            ("care/cases/", self.filled.case),
            ("care/screening/instruments/", self.instrument),
            ("care/screening/sittings/", self.running),
            ("care/screening/children/", self.student),
            ("care/screening/papers/", self.paper),
            ("care/screening/", self.sitting),
        ):
            if address.route.startswith(prefix):
                return thing.public_id  # type: ignore[attr-defined]
        raise KeyError(address.route)


# Whom every thing of a relation is about. The names stand nowhere else, so finding one in an answer tells what leaked.
MARKERS = {
    "other school": "外校学生",
    "other bureau": "外区学生",
    "other class": "邻班学生",
    "archived": "毕业学生",
    "transferred": "转走学生",
}
# Things of the own school, about a child beyond the own class or no more there.
WITHIN = ("other class", "archived", "transferred")
DAY = date(2026, 11, 18)


def things_of(cast: Cast, which: str) -> Things:
    """Make the objects of a school: the cast's ("own"), the one next door ("other school"), one of the "other bureau"."""
    from tongxin.kernel.programmes.services import adopt

    if which == "own":
        teacher, student, programme, room = (
            cast.liu,
            cast.students[1][0],
            cast.programme,
            cast.room_one.subject,
        )
        cast.add_rules("", ("kinds:\n", f"kinds:\n{KINDS.lstrip(chr(10))}"))
    else:
        teacher, student, room = _next_door(cast) if which == "other school" else _far_away()
        programme = adopt(teacher.school, "green-hill", 2026, by=None, text=PACK)
    keeper = cast.chen if which == "own" else teacher
    ward = cast.students[2][5] if which == "own" else student
    about = _about_child(cast, teacher, keeper, student, room, number=1, ward=ward)
    paper = about["paper"]
    submitted = SubmittedReport.objects.create(
        school=teacher.school, programme=programme, report="outcome", title="成效报告", version=1, as_of=DAY,
        known_at=timezone.now(), export_id="matrix",
    )  # fmt: skip
    SubmittedFile.objects.create(report=submitted, format="docx", content=b"PK", sha256="")
    return Things(
        **about,
        **_of_teacher(teacher, programme),
        incident=Incident.objects.create(
            school=teacher.school, happened_on=date(2026, 11, 9), found_on=date(2026, 11, 9), people=3,
            what="名单贴错了地方",
        ),
        assessment=Assessment.objects.create(
            school=teacher.school, title="测评", data="答卷", why="筛查", effect="标签", measures="加密", outcome="go",
            people="书记", done_on=date(2026, 9, 1),
        ),
        sharing=Sharing.objects.create(
            school=teacher.school, to="市第二医院", kind="given", data="转介单", count=1, why="就医", from_on=date(2026, 9, 1)
        ),
        duty=DutyShift.objects.create(
            school=teacher.school, person=keeper.subject, from_at=timezone.now(),
            to_at=timezone.now() + timedelta(hours=1),
        ),
        running=_running(teacher, paper.sitting.forms.get().text),
        teams=team_things(teacher, cast.students[1][2:4] if which == "own" else [student]),
        instrument=paper.sitting.forms.get().text,
        sitting=paper.sitting,
        draft=PackDraft.objects.create(school=teacher.school, title="草稿", text=PACK),
        programme=programme,
        # Sealed under no key: trying it reaches nobody.
        robot=Robot.objects.create(
            school=teacher.school, service="wecom", title="班主任群", sealed="", hint="0000"
        ),
        import_run=ImportRun.objects.create(school=teacher.school, kind="students", file_name="名单.xlsx"),
        submitted=submitted,
    )  # fmt: skip


def things_within(cast: Cast, own: Things, which: str) -> Things:
    """Make what the own school holds about a child beyond the class of 刘老师, or about one that has left.

    What belongs to the school and to no child stays as in `own`: its addresses are the same, and are not asked again.
    """
    name = MARKERS[which]
    if which == "other class":
        room = cast.room_two.subject
        child = people.make_student(cast.school, name, homeroom=cast.room_two, since=SINCE).person.subject
        about = _about_child(cast, cast.ma, cast.chen, child, room, number=2, ward=child)
        return replace(own, **about, **_of_teacher(cast.ma, own.programme))
    # Both were in 刘老师's class, who recorded what there is about them.
    room = cast.room_one.subject
    child = people.make_student(cast.school, name, homeroom=cast.room_one, since=SINCE).person.subject
    day = date(2026, 11, 10) if which == "transferred" else date(2026, 6, 10)
    number = 3 if which == "transferred" else 4
    about = _about_child(cast, cast.liu, cast.chen, child, room, number=number, ward=child, day=day)
    if which == "archived":
        _close(about)
    people.depart(child, date(2026, 11, 13) if which == "transferred" else date(2026, 7, 3), by=None)
    if which == "transferred":
        # The new school has a record of its own.
        new = Subject.objects.get(school=cast.other_school, type="homeroom").homeroom
        people.make_student(cast.other_school, name, homeroom=new, since=date(2026, 11, 14))
    return replace(own, **about)


def _next_door(cast: Cast) -> tuple[Player, Subject, Subject]:
    assert cast.other_student is not None
    return cast.zhao, cast.other_student, Subject.objects.get(school=cast.other_school, type="homeroom")


def _far_away() -> tuple[Player, Subject, Subject]:
    """Make a school of another bureau with one class and one child."""
    bureau = School.objects.create(kind=School.Kind.BUREAU, name="海东区教育局")
    school = School.objects.create(name="远山中学", parent=bureau)
    save_school_year(
        school, "2026-2027", date(2026, 9, 1), date(2027, 8, 31),
        [TermDraft("2026秋", date(2026, 9, 1), date(2027, 1, 15)), TermDraft("2027春", date(2027, 3, 1), date(2027, 7, 2))],
    )  # fmt: skip
    room = people.make_homeroom(school, "七年级1班", entry_year=2026, number=1, grade=7, since=SINCE)
    child = people.make_student(school, MARKERS["other bureau"], homeroom=room, since=SINCE).person.subject
    return player(school, "钱远", "qian", homeroom_teacher=room.subject), child, room.subject


def _of_teacher(teacher: Player, programme) -> dict[str, Any]:
    """Make what one teacher has: a post, something owed, a message."""
    return {
        "link": Link.objects.current().get(kind="homeroom_teacher", a=teacher.subject),
        "matter": Matter.objects.create(
            school=teacher.school, programme=programme, obligation="visit-once-a-term", window="2026秋",
            first_day=date(2026, 9, 1), due_day=date(2027, 1, 15), bearer=teacher.subject,
        ),
        "message": Message.objects.create(
            key=f"matrix-{teacher.subject.pk}", school=teacher.school, recipient=teacher.subject, topic="obligation_due",
            data={"programme": programme.public_id, "obligation": "visit-once-a-term", "first": "2026-09-01"},
        ),
    }  # fmt: skip


def _about_child(
    cast: Cast, teacher: Player, keeper: Player, student: Subject, room: Subject, *, number: int, ward: Subject,
    day: date = date(2026, 11, 10),
) -> dict[str, Any]:  # fmt: skip
    """Make one of everything that is about a child. number: of its case in the school; ward: whom its thread is about."""
    own, cast.school = cast.school, teacher.school
    entry = cast.visit(student, day, by=teacher, evidence=["photo"])
    cast.school = own
    paper = answered_sitting(student, DAY)
    return {
        "opening": Opening.objects.create(
            school=teacher.school, day=DAY, person=teacher.subject, kind="grant", state="waiting", student=student,
            account=teacher.account, classes=["K4c"], hours=24, reason="家长来电，要弄清情况",
        ),
        "rights": RightsRequest.objects.create(
            school=teacher.school, subject=student, asked_by=student, kind="correct", channel="paper", state="done",
            words="名字写错了", answer="已经更正", received_on=date(2026, 11, 9), due_on=date(2026, 11, 24),
            answered_on=date(2026, 11, 10),
        ),
        "filled": filled_case(student, keeper.subject, teacher.subject, number=number),
        "signal": _signal(teacher, student),
        "network": _network(teacher, student, room, ward, cast.chen),
        "visiting": _visiting(teacher, student, room, ward),
        "paired": _paired(teacher, student, day),
        "pairing": _pairing(teacher, student, keeper.subject),
        "student": student,
        "entry": entry,
        "evidence": Evidence.objects.get(entry=entry),
        "homeroom": room,
        "paper": paper,
        "event": people.record_event(student, "absent", day, by=None),
    }  # fmt: skip


def _close(about: dict[str, Any]) -> None:
    """Bring what is about a child to its end: the case closed, the task done, the opening over, the signal answered."""
    now = timezone.now()
    case, task, opening, signal = (
        about["filled"].case,
        about["filled"].task,
        about["opening"],
        about["signal"],
    )
    type(case).objects.filter(pk=case.pk).update(state="closed", phase="closed", due_at=None, closed_at=now)
    type(task).objects.filter(pk=task.pk).update(done_at=now)
    opening.state, opening.until = "ended", now - timedelta(days=90)
    opening.save()
    Call.objects.create(
        school=signal.school,
        signal=signal,
        step=1,
        person=case.owner,
        due_at=now,
        answer="taken",
        answered_at=now,
    )


def _running(teacher: Player, text: InstrumentText) -> Sitting:
    """Make a running sitting of a school."""
    sitting = Sitting.objects.create(
        school=teacher.school, title="秋季测评", state=Sitting.State.OPEN, first_day=date(2026, 11, 16),
        last_day=date(2026, 11, 27),
    )  # fmt: skip
    SittingForm.objects.create(sitting=sitting, number=1, text=text)
    return sitting


def _signal(teacher: Player, student: Subject) -> Signal:
    """Make a signal nobody is on yet."""
    return Signal.objects.create(
        school=teacher.school, student=student, origin="paper", bundle=f"matrix:{student.pk}", source=f"matrix-{student.pk}",
        urgent=True, day=DAY, what={"kind": "critical", "rule": "self-harm", "scale": "", "rank": 4, "form": 0},
    )  # fmt: skip


def _paired(teacher: Player, student: Subject, day: date) -> Paired:
    """Make the teacher of a class the mentor of one of its children, some time before a day."""
    school, a = teacher.school, teacher.subject
    link = people.set_link("mentor_of", a, student, since=day - timedelta(days=60))
    about = {"school": school, "kind": "mentor_of", "a": a, "b": student, "token": f"m{student.pk}"}
    Agreement.objects.create(
        **about, number=1, first_day=day, last_day=day, written_by=a, goals="读书", measures="每周一次"
    )
    return Paired(
        link,
        Wish.objects.create(**about, stated_by=student, words="一本书"),
        Mark.objects.create(
            **about, day=day, exam="期中", course="数学", result={"score": 6000, "full": 10000}, entered_by=a
        ),
        GrowthRequest.objects.create(
            school=school, theme="teaching", asker=a, asked_on=day, words="板书", token=f"m{student.pk}"
        ),
        Shown.objects.create(school=school, a=a, citation="认真", marked_by=a, token=f"m{student.pk}"),
    )


def _pairing(teacher: Player, student: Subject, organiser: Subject) -> Pairing:
    """Make a round for special students with a proposal that nobody but its organiser knows."""
    school, day = teacher.school, date(2026, 11, 18)
    round_ = Round.objects.create(
        school=school, scheme="growth-mentors", text=shipped()["growth-mentors"], title="成长导师", data_class="K3",
        state=Round.State.PROPOSED, starts_on=day, ends_on=date(2027, 8, 31), wishes_by=date(2026, 11, 25),
        answers_by=date(2026, 12, 2), opened_by=organiser, token=f"matrix-{student.pk}",
    )  # fmt: skip
    common = {"round": round_, "school": school, "low": 0, "high": 1}
    mentor = Participant.objects.create(**common, subject=teacher.subject, seat="mentor")
    child = Participant.objects.create(**common, subject=student, seat="student")
    found = {
        "groups": [{"who": [mentor.pk, child.pk], "score": 80, "terms": {"knows": 80}, "fixed": False}], "left": [],
        "others": {}, "value": 80, "bound": 80, "gap": 0.0, "missing": 0, "missing_proved": True, "stopped": False,
        "blocking": 0, "short": [], "change": {"kept": 0, "moved": 0},
    }  # fmt: skip
    round_.proposal = Proposal.objects.create(
        round=round_, school=school, number=1, groups=1, left=0, found=found
    )
    round_.save(update_fields=["proposal"])
    SolverRun.objects.create(
        school=school, kind="rounds", about=f"round:{round_.pk}", state=SolverRun.State.DONE, seconds=10
    )
    group = Group.objects.create(round=round_, number=1)
    Member.objects.create(group=group, school=school, person=child)
    bond = Bond.objects.create(
        round=round_, school=school, kind=Bond.Kind.APART, a=mentor, b=child, reason="邻居", by=organiser
    )
    member = Member.objects.create(group=group, school=school, person=mentor)
    return Pairing(round_, mentor, child, member, bond)


def _network(teacher: Player, student: Subject, room: Subject, ward: Subject, told: Player) -> Network:
    """Make one of everything a network holds, about a child of a class: written by its teacher, told to a counsellor."""
    school, by, day = teacher.school, teacher.subject, DAY
    guardian = people.make_guardian(school, f"{student.name[0]}家长", children=[student]).subject
    about = {"school": school, "student": student}
    FamilyWord.objects.create(
        **about, guardian=guardian, to="homeroom_teacher", by=guardian, from_school=False, day=day, token=f"m{student.pk}",
        words="睡得晚",
    )  # fmt: skip
    harm = HarmReport.objects.create(
        **about,
        by=by,
        matter="harm_suspected",
        known_at=timezone.now(),
        open_in_school=False,
        token=f"m{student.pk}",
    )
    HarmEntry.objects.create(
        **about, report=harm, by=by, at=timezone.now(), token=f"m{student.pk}", what={"words": "手上有伤"}
    )
    if told.school == school:
        HarmTold.objects.create(report=harm, school=school, person=told.subject)
    return Network(
        ward=ward,
        guardian=guardian,
        harm=harm,
        concern=Concern.objects.create(**about, by=by, origin="worry", day=day, token=f"m{student.pk}", words="不说话"),
        talk=Talk.objects.create(**about, soon=False, token=f"m{student.pk}", words="心里乱"),
        task=NetworkTask.objects.create(
            school=school, level="homeroom_teacher", bearer=by, homeroom=room, title="关心一下", due=day, token=f"m{student.pk}"
        ),
        report=NetworkReport.objects.create(
            school=school, level="class", homeroom=room, by=by, first_day=date(2026, 10, 1), last_day=date(2026, 10, 31),
            figures={"reported": 0, "weeks": 4, "low": 0, "themes": {}, "looks": 0, "tasks": 0, "tasks_done": 0},
            token=f"m{student.pk}",
        ),
    )  # fmt: skip


def _visiting(teacher: Player, student: Subject, room: Subject, ward: Subject) -> Visiting:
    """Make a published round of a class with a visit of its teacher, one to the ward, and what came of another."""
    school, by, day, now = teacher.school, teacher.subject, date(2026, 11, 18), timezone.now()
    row = VisitRound.objects.create(
        school=school, title="家访", homeroom=room, first_day=day, last_day=date(2026, 11, 30), state="published",
        people=[by.pk], made_by=by, token=f"v{student.pk}",
    )  # fmt: skip
    route = VisitRoute.objects.create(
        school=school, round=row, session="1118", people=[by.pk], leave=now, back=now + timedelta(hours=2)
    )
    RouteMember.objects.create(route=route, person=by)
    when = {
        "route": route,
        "begin": now,
        "end": now + timedelta(minutes=30),
        "state": "planned",
        "code": "1234",
    }
    visit = Visit.objects.create(school=school, round=row, student=student, **when)
    beside = VisitRound.objects.create(
        school=school,
        title="家访",
        first_day=day,
        last_day=day,
        state="published",
        made_by=by,
        token=f"w{student.pk}",
    )
    about = {"school": school, "student": student}
    return Visiting(
        ward=ward,
        route=route,
        visit=visit,
        to_ward=Visit.objects.create(school=school, round=beside, student=ward, **when | {"route": None}),
        record=VisitRecord.objects.create(
            **about, by=by, people=[by.pk], day=day, mode="in_person", token=f"v{student.pk}", signed="drawn", signature="iVBO",
            said={"reason": "routine", "taps": {}, "words": "书桌靠窗", "told": ""},
        ),
        request=FamilyRequest.objects.create(
            **about, kind="economic", found_by=by, owner=by, found_on=day, due=day, token=f"v{student.pk}", words="被子"
        ),
        finding=VisitFinding.objects.create(**about, by=by, day=day, token=f"v{student.pk}", words="划痕", where="在家"),
    )  # fmt: skip


def everybody(cast: Cast) -> dict[str, Player | None]:
    """Return one signed-in person for every role the matrix walks as."""
    whole = people.school_subject(cast.school)
    found: dict[str, Player | None] = {"anonymous": None}
    for name in ROLES[1:11]:
        found[name] = getattr(cast, name)
    for post, at in (
        ("branch_organiser", cast.branch.subject),
        ("administrator", whole),
        ("deputy_secretary", whole),
        ("security_admin", whole),
        ("audit_admin", whole),
        ("union_organiser", whole),
        ("care_leader", whole),
        ("committee_member", whole),
    ):
        found[post] = player(cast.school, "路人", post, **{post: at})
    department = people.make_department(cast.school, "语文组")
    found["department_head"] = player(cast.school, "组长", "head", department_head=department.subject)
    found["mentor"] = player(cast.school, "导师", "mentor", mentor_of=cast.students[2][1])
    found["parent"] = _guardian(cast)
    found["pupil"] = _pupil(cast)
    found["peer"] = _with_account(Person.objects.get(pk=cast.students[1][1].pk), "peer")
    people.appoint(found["peer"].subject, "peer_supporter", cast.room_one.subject, since=date(2026, 9, 1))
    found["left"] = player(cast.school, "离职", "left", secretary=whole)
    people.depart(found["left"].subject, date(2026, 11, 17), by=None)
    return found


def _guardian(cast: Cast) -> Player:
    person = people.make_guardian(cast.school, "倪家长", children=[cast.students[2][5]])
    return _with_account(person, "parent")


def _pupil(cast: Cast) -> Player:
    return _with_account(Person.objects.get(pk=cast.students[2][4].pk), "pupil")


def _with_account(person: Person, login: str) -> Player:
    account = Account.objects.create_user(login)
    Person.objects.filter(pk=person.pk).update(account=account)
    return Player(Person.objects.select_related("subject", "school").get(pk=person.pk), account)


def text_of(response) -> str:
    """Return everything readable in an answer: pages, streams, and what Word, Excel, zip and PDF files hold."""
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return _readable(body)


def _readable(body: bytes) -> str:
    if body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as box:
            return "\n".join([*box.namelist(), *(_readable(box.read(name)) for name in box.namelist())])
    if body.startswith(b"%PDF"):
        parts = []
        for piece in body.split(b"stream\n")[1:]:
            try:
                parts.append(zlib.decompressobj().decompress(piece).decode("latin-1"))
            except zlib.error:
                continue
        return "\n".join(parts)
    return body.decode("utf-8", errors="replace")

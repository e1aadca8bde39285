"""Build the demo district: a bureau over six schools, a college under its own parent, and a year of their records.

Everything is invented and drawn from one seed: the same day gives the same world.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from tongxin.kernel.base.models import Link, School, Subject, SubjectType
from tongxin.kernel.base.pinyin import name_keys
from tongxin.kernel.calendar.models import SchoolYear
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.calendar.services import TermDraft, save_school_year
from tongxin.kernel.obligations import outbox
from tongxin.kernel.obligations.models import Waiver
from tongxin.kernel.obligations.pairs import Pair, named
from tongxin.kernel.obligations.queries import ask
from tongxin.kernel.people.models import Person, Staff
from tongxin.kernel.programmes import services as programmes
from tongxin.kernel.programmes.models import PlanMark, Programme, ProgrammeVersion
from tongxin.kernel.programmes.packs import parse
from tongxin.kernel.programmes.queries import current_version
from tongxin.methods.cadence.calendar import day_in_year
from tongxin.methods.cadence.pack import Pack

from . import (
    cases,
    consents,
    home_visits,
    mentoring,
    network,
    notices,
    registers,
    rounds,
    screenings,
    teams,
    year_of_guidance,
    year_of_platforms,
)
from .casting import FULL, Role, cast_bureau, cast_school, new_account, peer_role, show_leader
from .days import Days, YearDays, school_year_of
from .facts import Facts, moment
from .inserting import finish_counting, insert, start_counting
from .invented import Inventor, public_id
from .ledger import Ledger
from .pictures import Album, Picture, draw_all
from .population import Populated, Population
from .world import BASE, BUREAUS, SEED, A, B, BureauPlan, C, D, E, SchoolPlan
from .year_of_base import YearOfTheBase
from .year_of_bureau import YearOfTheBureau, bureau_office
from .year_of_hearts import YearOfHearts
from .year_of_mechanism import YearOfMechanism
from .year_of_teams import YearOfTeams

PAIR_RULE = "pair-helped-monthly"
ACCOUNTS_FILE = "demo-accounts.json"
STORIES: dict[str, type[YearOfHearts | YearOfMechanism | YearOfTeams]] = {
    B: YearOfHearts,
    C: YearOfMechanism,
    D: YearOfTeams,
}
BUREAU_STAFF = (("bureau_officer", 2), ("it_admin", 1), ("security_admin", 1), ("audit_admin", 1))


class Demo:
    """The demo as of a day. `made`: the schools by slug."""

    def __init__(self, today: date, bureaus: Sequence[BureauPlan] = BUREAUS) -> None:
        self.today, self.bureaus = today, bureaus
        self.year = school_year_of(today)
        self.started = date(self.year - 1, 9, 1)
        self.inventor = Inventor(SEED)
        self.roles: list[Role] = []
        self.made: dict[str, Populated] = {}
        self.scenes: list[Picture] = []
        self.sheets: list[Picture] = []

    def build(self) -> None:
        self.scenes, self.sheets = draw_all(SEED)
        for bureau in self.bureaus:
            self._bureau(bureau)

    def _bureau(self, plan: BureauPlan) -> None:
        bureau = self._school_row(plan.name, plan.short, School.Kind.BUREAU, None)
        subject = self._subject(bureau, SubjectType.SCHOOL, plan.name)
        insert(Subject, [subject])
        self._calendar(bureau)
        self.roles += cast_bureau(plan, self._bureau_staff(plan, bureau, subject))
        for school_plan in plan.schools:
            self._school(school_plan, bureau)
        self._hand_down(plan, bureau, subject)

    # what the bureau asks of all its schools

    def _hand_down(self, plan: BureauPlan, bureau: School, subject: Subject) -> None:
        """The bureau adopts the national base; it and its schools do most of what that asks."""
        office = bureau_office(plan, bureau, subject, self.year)
        officer = office.holder("bureau_officer")
        ids = [programmes.adopt(bureau, BASE, y, by=officer.account).pk for y in self.years_of(BASE)]
        handed = list(Programme.objects.filter(Q(pk__in=ids) | Q(handed_down__in=ids)).order_by("pk"))
        for programme in handed:
            self._backdate(programme)
        for out in (office, *(self.made[one.slug] for one in plan.schools)):
            mine = [p for p in handed if p.school_id == out.school.pk]
            # A source of chance of its own, so that what the schools do for their own programmes stays as it was.
            inventor = Inventor(f"{SEED} {BASE} {out.plan.slug}")
            album = Album(Path(settings.EVIDENCE_DIR), out.school.public_id, self.scenes, self.sheets)
            pack = parse(current_version(mine[0]).text)
            ledger = Ledger(out, pack.kinds, inventor, self.today, album)
            days = Days(school_calendar(bureau), self.today, inventor.random)
            facts = Facts(out.school, inventor, self.started)
            story = YearOfTheBase if out is not office else YearOfTheBureau
            story(out, self.years_of(BASE), facts, ledger=ledger, days=days, started=self.started).tell()
            ledger.write()
            for programme in mine:
                self._marks(out, programme, pack, inventor.random)

    def _backdate(self, programme: Programme) -> None:
        """A programme of last year was adopted last year."""
        known = moment(max(programme.first_day, self.started))
        Programme.objects.filter(pk=programme.pk).update(adopted_at=known)
        ProgrammeVersion.objects.filter(programme=programme).update(recorded_at=known)

    def _school_row(self, name: str, short: str, kind: str, parent: School | None) -> School:
        return School.objects.create(
            name=name,
            short_name=short,
            kind=kind,
            parent=parent,
            public_id=public_id(self.inventor),
            created_at=moment(self.started),
        )

    def _subject(self, school: School, type: str, name: str) -> Subject:
        pinyin, initials = name_keys(name)
        return Subject(
            school=school,
            type=type,
            name=name,
            pinyin=pinyin,
            initials=initials,
            public_id=public_id(self.inventor),
        )

    def _bureau_staff(self, plan: BureauPlan, bureau: School, subject: Subject) -> dict[str, str]:
        """Make the bureau's people; return {post: login}."""
        logins: dict[str, str] = {}
        for post, count in BUREAU_STAFF:
            for n in range(count):
                login = f"{plan.slug}.{post}{n or ''}"
                self._official(bureau, subject, post, login)
                logins.setdefault(post, login)
        return logins

    def _official(self, bureau: School, subject: Subject, post: str, login: str) -> None:
        name, sex = self.inventor.person()
        person = self._subject(bureau, SubjectType.STAFF, name)
        insert(Subject, [person])
        account = new_account(login, self.inventor)
        insert(Person, [Person(subject=person, school=bureau, account=account, sex=sex)])
        insert(Staff, [Staff(person_id=person.pk, school=bureau)])
        link = Link(
            school=bureau,
            kind=post,
            a=person,
            b=subject,
            recorded_at=moment(self.started),
            public_id=public_id(self.inventor),
        )
        insert(Link, [link])

    def _calendar(self, owner: School) -> None:
        """The bureau's calendar, which its schools share: the years of the records and the one to come."""
        for year in (self.year - 1, self.year, self.year + 1):
            days = YearDays(year)
            terms = [TermDraft(f"{year}秋", *days.autumn), TermDraft(f"{year + 1}春", *days.spring)]
            save_school_year(owner, days.name, days.first, days.last, terms)

    def _school(self, plan: SchoolPlan, bureau: School) -> None:
        school = self._school_row(plan.name, plan.short, School.Kind.SCHOOL, bureau)
        out = Population(plan, school, self.inventor, self.year, self.started).build()
        self.made[plan.slug] = out
        self.roles += cast_school(out, self.inventor)
        adopted = [p for slug in plan.packs for p in self._adopt(out, slug)]
        if adopted:
            self._tell(out, adopted)
        consents.say(out, self.year, self.today)
        registers.keep(out, self.year, self.today)
        screenings.tell(out, self.today)
        kinds = {name: kind for p in adopted for name, kind in parse(current_version(p).text).kinds.items()}
        album = Album(Path(settings.EVIDENCE_DIR), out.school.public_id, self.scenes, self.sheets)
        network.tell(out, self.today, kinds, album)
        home_visits.tell(out, self.today, kinds, album)
        mentoring.tell(out, self.today)
        leader = cases.tell(out, self.today)
        rounds.tell(out, self.today)
        teams.tell(out, self.today)
        if plan.slug in FULL:
            self.roles += peer_role(out, Inventor(f"{SEED} peer {plan.slug}"))
            show_leader(self.roles, out, leader)

    # programmes and records

    def years_of(self, slug: str) -> tuple[int, ...]:
        """The programme years that lie within the records: calendar years for one pack, school years for the other."""
        if slug == A:
            return tuple(y for y in (self.year, self.year + 1) if date(y, 2, 1) <= self.today)
        return (self.year - 1, self.year)

    def _adopt(self, out: Populated, slug: str) -> list[Programme]:
        secretary = out.holder("secretary").account
        adopted = []
        for year in self.years_of(slug):
            programme = programmes.adopt(out.school, slug, year, by=secretary)
            self._backdate(programme)
            adopted.append(programme)
        return adopted

    def _tell(self, out: Populated, adopted: list[Programme]) -> None:
        packs = [parse(p.versions.get(number=1).text) for p in adopted]
        kinds = {name: kind for pack in packs for name, kind in pack.kinds.items()}
        album = Album(Path(settings.EVIDENCE_DIR), out.school.public_id, self.scenes, self.sheets)
        ledger = Ledger(out, kinds, self.inventor, self.today, album)
        days = Days(school_calendar(out.school), self.today, self.inventor.random)
        known = {"ledger": ledger, "days": days, "started": self.started}
        if A in out.plan.packs:
            year_of_platforms.tell(out, calendar_years=self.years_of(A), **known)
        if E in out.plan.packs:
            year_of_guidance.tell(out, years=self.years_of(E), **known)
        for slug, story in STORIES.items():
            if slug in out.plan.packs:
                facts = Facts(out.school, self.inventor, self.started)
                story(out, self.years_of(slug), facts, **known).tell()
        ledger.write()
        for programme, pack in zip(adopted, packs, strict=True):
            self._marks(out, programme, pack, self.inventor.random)
        self._waivers(out, adopted)

    def _marks(self, out: Populated, programme: Programme, pack: Pack, rng: Random) -> None:
        """Items of the plan whose end has passed are done, but for the few that slipped."""
        rows, by = [], out.leader.account
        for item in pack.plan_items:
            first, due = (day_in_year(d, programme.first_day.year) for d in (item.first, item.due))
            if first is None or due is None or first > self.today:
                continue
            late = rng.random() > 0.55 + 0.4 * out.plan.diligence
            if due <= self.today and not late:
                state, day, note = PlanMark.State.DONE, due, ""
            elif due <= self.today:
                state, day, note = PlanMark.State.DELAYED, due, "因考试周顺延，材料正在补齐。"
            else:
                state, day, note = PlanMark.State.BEGUN, first, ""
            rows.append(
                PlanMark(
                    programme=programme,
                    item=item.name,
                    state=state,
                    day=day,
                    note=note,
                    recorded_at=moment(min(day, self.today)),
                    recorded_by=by,
                )
            )
        PlanMark.objects.bulk_create(rows)

    def _waivers(self, out: Populated, adopted: list[Programme]) -> None:
        """A family that declined a visit in writing; a member on leave; two who could not meet for a while."""
        for programme in adopted:
            if programme.pack == B and programme.first_day <= self.today <= programme.last_day:
                self._pair_waiver(out, programme)
            if programme.pack != A:
                continue
            by = out.holder("secretary").account
            pupil = next(p for r in out.rooms_in(self.year) for p in r.pupils if p.priority)
            common = {
                "school": out.school,
                "programme": programme,
                "approved_by": by,
                "valid_from": programme.first_day,
                "valid_to": programme.last_day,
                "recorded_at": moment(max(programme.first_day, self.started)),
            }
            Waiver.objects.create(
                obligation="visit-in-person",
                subject=pupil.subject,
                reason="家长书面谢绝入户，改为到校面谈。",
                **common,
            )
            Waiver.objects.create(
                obligation="member-lesson-fortnight",
                subject=out.members()[-1].subject,
                reason="产假期间，学期末恢复。",
                **common,
            )

    def _pair_waiver(self, out: Populated, programme: Programme) -> None:
        """Excuse the first pair that fell behind from what it missed; the class teacher of the pupil says why."""
        behind = ask(programme, self.today).verdicts([PAIR_RULE])
        missed = {v.subject: v for v in behind if v.verdict == "missed"}
        pairs = {one: found for one, found in named(missed).items() if isinstance(found, Pair)}
        for room in out.rooms_in(self.year):
            pupils = {pupil.subject.pk for pupil in room.pupils}
            one = next((pair for pair in pairs.values() if pair.link.b_id in pupils), None)
            if one is None:
                continue
            day = missed[one.pk].last
            Waiver.objects.create(
                school=out.school,
                programme=programme,
                obligation=PAIR_RULE,
                subject=one.link.b,
                link=one.link,
                reason="学生住院休养，出院后补上帮扶。",
                approved_by=room.teacher.account,
                valid_from=day - timedelta(days=20),
                valid_to=day + timedelta(days=40),
                recorded_at=moment(min(day, self.today)),
            )
            return


@transaction.atomic
def _build(today: date, bureaus: Sequence[BureauPlan]) -> Demo:
    start_counting()
    demo = Demo(today, bureaus)
    demo.build()
    finish_counting()
    return demo


def build_demo(today: date | None = None, bureaus: Sequence[BureauPlan] = BUREAUS) -> Demo:
    """Fill an empty database with the demo district as of a day (default: today); write its sign-in list.

    Raises RuntimeError when there is a school already: the demo never mixes with real records.
    """
    if School.objects.exists() or SchoolYear.objects.exists():
        raise RuntimeError("the database is not empty")
    demo = _build(today or timezone.localdate(), bureaus)
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE"
        )  # the planner has never seen these rows: without figures the first pages crawl
    outbox.beat()
    for slug in notices.ROBOTS:
        if slug in demo.made:
            notices.tell(demo.made[slug], demo.today, demo.inventor)
    roles = [role.as_row() for role in demo.roles]
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    (settings.DATA_DIR / ACCOUNTS_FILE).write_text(
        json.dumps(roles, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    return demo

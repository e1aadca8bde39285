"""Home visits of each school: its own map, homes of one class, a round that is half done, what came of it.

Everything is invented; the class is the one whose teacher and parent sign in at the demo.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from random import Random

from tongxin.kernel.base.models import Subject
from tongxin.methods.cadence.declarations import Kind
from tongxin.modules.home_visits import entered, homes
from tongxin.modules.home_visits.models import (
    DistrictPlace,
    FamilyRequest,
    HomePlace,
    RouteMember,
    Visit,
    VisitorCard,
    VisitRecord,
    VisitRound,
    VisitRoute,
)

from .casting import shown_pupil
from .days import school_year_of
from .facts import moment
from .inserting import give_keys, insert
from .invented import Inventor
from .ledger import Ledger
from .pictures import Album
from .population import Populated, Pupil, StaffMember
from .world import SEED

# Villages and streets of the map, metres east and north of the school; the last is not on it yet.
STREETS: tuple[tuple[str, int | None, int | None], ...] = (
    ("东街/一社区", 700, 250), ("东街/二社区", 1250, 500), ("河西村", -1500, -350), ("南门街", 250, -900),
    ("柳荫里", -600, 750), ("石桥村", 2100, -1100), ("新村", None, None),
)  # fmt: skip
JOINED, PLACE = 6, 3  # the manieth family two parties visit at once, and its place on the way
HOMELESS = 5  # every so manieth family's place is not known yet
TIMES: tuple[list[dict[str, object]], ...] = (
    [{"days": [1, 3], "from": "18:30", "to": "20:30"}], [{"days": [5], "from": "09:00", "to": "12:00"}], [], [],
    [{"days": [5, 6], "from": "09:00", "to": "11:30"}],
)  # fmt: skip
STEP = timedelta(minutes=42)
VISITED = (
    ("routine", {"home": ["mother"], "study": ["desk"], "mood": ["light"], "wish": ["study"]}, "书桌靠窗，孩子主动介绍自己的画。"),
    ("newcomer", {"home": ["father", "mother"], "settling": ["slowly"]}, "家里刚搬来，放学路上还不熟，请同村的同学一起走。"),
    ("hardship", {"home": ["grandparents"], "living": ["illness"], "aid": ["community"]}, "爷爷住院，白天没有人做午饭。"),
)  # fmt: skip
NEEDS = (
    ("economic", "中午在学校吃饭，餐费先免一个月。", 12, None),
    ("schooling", "晚上没有人看作业，请数学老师每周二留半小时。", -2, None),
    ("health", "陪爷爷办住院报销的手续。", 3, "和社区一起办好了，报销款已经到账。"),
)


def tell(out: Populated, today: date, kinds: Mapping[str, Kind], album: Album) -> None:
    """Give a school its map and the homes and visits of one class."""
    Visiting(out, today, kinds, album).tell()


class Visiting:
    def __init__(self, out: Populated, today: date, kinds: Mapping[str, Kind], album: Album) -> None:
        self.out, self.today, self.kinds = out, today, kinds
        # Chance of its own, so that the rest of the demo's world stays as it was.
        self.random = Random(f"{SEED} home visits {out.plan.slug}")
        self.ledger = Ledger(out, kinds, Inventor(f"{SEED} home visits {out.plan.slug}"), today, album)
        rooms = [room for room in out.rooms_in(school_year_of(today)) if room.present(today)]
        shown = shown_pupil(out)
        self.room = next((room for room in rooms if shown in room.pupils), rooms[0])
        there = self.room.present(today)
        self.pupils = sorted(there, key=lambda one: one is not shown)
        self.pair = [self.room.teacher, self._colleague()]
        self.counsellor = out.holder("counsellor")

    def tell(self) -> None:
        self._map()
        self._homes()
        insert(VisitorCard, self._cards())
        self._round()
        self.ledger.write()

    def _id(self, *about: object) -> str:
        """The same every time, without a draw."""
        said = "|".join(["home visits", self.out.school.public_id, *map(str, about)])
        return base64.urlsafe_b64encode(hashlib.sha256(said.encode()).digest()[:16]).decode()[:22]

    def _token(self, *about: object) -> str:
        return ":".join(["demo", "visits", str(self.out.school.pk), *map(str, about)])[:64]

    def _colleague(self) -> StaffMember:
        """The second homeroom teacher, else somebody who is no class teacher."""
        teachers = {room.teacher.id for room in self.out.rooms}
        free = [one for one in [*self.out.members(), *self.out.staff] if one.id not in teachers]
        others = [one for one in self.out.staff if one.id != self.room.teacher.id]
        liaison = self.room.liaison if self.room.liaison is not self.room.teacher else None
        return liaison or (free or others)[0]

    def _map(self) -> None:
        rows = [
            DistrictPlace(public_id=self._id("street", code), school=self.out.school, code=code, x=x, y=y)
            for code, x, y in STREETS
        ]
        insert(DistrictPlace, rows)

    def _homes(self) -> None:
        rows = []
        for n, pupil in enumerate(self.pupils):
            code, x, y = STREETS[n % len(STREETS)]
            spot: dict[str, object] = {}
            if n % HOMELESS != HOMELESS - 1:
                spot = {"code": code, "address": f"{code.rpartition('/')[2]}{3 + 2 * n}号"}
            if spot and x is not None and y is not None and n % 2 == 0:
                spot |= {"x": x + self.random.randrange(-220, 220), "y": y + self.random.randrange(-220, 220)}
            rows.append(
                HomePlace(
                    public_id=self._id("home", pupil.id), school=self.out.school, student=pupil.subject, spot=spot,
                    changed_at=moment(self.today - timedelta(days=40), 15), changed_by=self.room.teacher.subject,
                    wants={"times": TIMES[n % len(TIMES)], "minutes": 30, "skills": ["心理"] if n == 7 else []},
                    together=self._wish(n),
                )
            )  # fmt: skip
        insert(HomePlace, rows)

    def _wish(self, n: int) -> dict[str, object]:
        """The counsellor comes along to one of the coming visits; to another family that waits somebody who can counsel."""
        if n == JOINED:
            return {"person": self.counsellor.id}
        return {"skills": [homes.COUNSELLING]} if n == JOINED + 5 else {}

    def _cards(self) -> list[VisitorCard]:
        evenings = [{"days": [1, 3, 5, 6], "from": "08:30", "to": "20:30"}]
        teacher, colleague = (one.subject for one in self.pair)
        return [
            VisitorCard(
                school=self.out.school,
                person=teacher,
                times=evenings,
                skills=["方言"],
                most=5,
                partner=colleague,
            ),
            VisitorCard(school=self.out.school, person=colleague, times=[], skills=[]),
        ]

    # ------------------------------------------------------------------ a round that is half done

    def _round(self) -> None:
        past = self.today - timedelta(days=(self.today.weekday() - 5) % 7 or 7)
        coming = self.today + timedelta(days=(5 - self.today.weekday()) % 7 or 7)
        row = VisitRound(
            public_id=self._id("round"), school=self.out.school, title=f"{self.room.subject.name}家访",
            homeroom=self.room.subject, first_day=past, last_day=coming + timedelta(days=14), state="published",
            sessions=[self._session(day) for day in (past, coming, coming + timedelta(days=7))],
            people=[one.id for one in self.pair], made_by=self.room.teacher.subject, travel_min=54,
            made_at=moment(past - timedelta(days=6), 16), changed_at=moment(past - timedelta(days=5), 16),
            published_at=moment(past - timedelta(days=5), 17), token=self._token("round"),
        )  # fmt: skip
        insert(VisitRound, [row])
        routes = [self._route(row, past, 3), self._route(row, coming, 4), self._joining(row, coming)]
        give_keys(routes, VisitRoute)
        insert(VisitRoute, routes)
        insert(
            RouteMember, [RouteMember(route=route, person_id=one) for route in routes for one in route.people]
        )
        visits = self._visits(row, routes)
        give_keys(visits, Visit)
        insert(Visit, visits)
        self._records([one for one in visits if one.state == Visit.State.DONE], past)

    def _session(self, day: date) -> dict[str, object]:
        return {"id": f"{day:%m%d}", "day": day.isoformat(), "from": "09:00", "to": "12:00", "most": 5}

    def _route(self, row: VisitRound, day: date, families: int) -> VisitRoute:
        leave = moment(day, 9)
        return VisitRoute(
            public_id=self._id("route", day), school=self.out.school, round=row, session=f"{day:%m%d}",
            people=[one.id for one in self.pair], leave=leave, back=leave + STEP * families + timedelta(minutes=14), travel_min=27,
        )  # fmt: skip

    def _joining(self, row: VisitRound, day: date) -> VisitRoute:
        """The counsellor's way to the last family of the coming morning and back."""
        begin = moment(day, 9) + timedelta(minutes=12) + STEP * PLACE
        return VisitRoute(
            public_id=self._id("joining", day), school=self.out.school, round=row, session=f"{day:%m%d}",
            people=[self.counsellor.id], leave=begin - timedelta(minutes=9), back=begin + timedelta(minutes=39), travel_min=18,
        )  # fmt: skip

    def _visits(self, row: VisitRound, routes: list[VisitRoute]) -> list[Visit]:
        """The child of the parent who signs in is asked for next Saturday; others answered, moved, declined, wait."""
        state = Visit.State
        done, coming, joining = routes
        plans: list[tuple[Pupil, VisitRoute | None, int, str]] = []
        mine, *others = self.pupils
        plans += [(one, done, n, state.DONE) for n, one in enumerate(others[:3])]
        plans += [
            (mine, coming, 0, state.PLANNED),
            (others[3], coming, 1, state.CONFIRMED),
            (others[4], coming, 2, state.MOVING),
        ]
        plans += [(others[5], coming, 3, state.PLANNED), (others[6], None, 0, state.REFUSED)]
        made = [self._visit(row, *plan) for plan in plans]
        for one in made:
            one.joined = joining if one.student_id == self.pupils[JOINED].id else None
        return made

    def _visit(self, row: VisitRound, pupil: Pupil, route: VisitRoute | None, n: int, state: str) -> Visit:
        begin = route.leave + timedelta(minutes=12) + STEP * n if route else None
        made = Visit(
            public_id=self._id("visit", pupil.id), school=self.out.school, round=row, student=pupil.subject, due=row.last_day,
            order=50 if pupil.priority else 0, route=route, begin=begin,
            end=begin + timedelta(minutes=30) if begin else None, state=state, code=f"{(pupil.id * 7919) % 10_000:04d}",
        )  # fmt: skip
        if state == Visit.State.MOVING and begin is not None:
            made.proposed, made.answer = begin + timedelta(days=7), "这周六要带老人看病。"
        if state == Visit.State.REFUSED:
            made.instead, made.answer = "online", "家里在装修，坐不下人。"
            made.declined_at, made.declined_by = row.published_at, self.room.teacher.subject
        if state == Visit.State.DONE:
            made.arrived_at, made.done_at = begin, made.end
        return made

    def _records(self, visits: list[Visit], day: date) -> None:
        rows = []
        for visit, (reason, taps, words) in zip(visits, VISITED, strict=False):
            token = self._token("record", visit.student_id)
            rows.append(
                VisitRecord(
                    public_id=self._id("record", visit.student_id), school=self.out.school, student=visit.student, visit=visit,
                    by=self.room.teacher.subject, people=[one.id for one in self.pair], day=day, mode="in_person",
                    school_life=True, recorded_at=self._after(visit), signed="code", token=token,
                    said={"reason": reason, "taps": taps, "words": words, "told": "上课举手多了，和同桌处得好。"},
                )
            )  # fmt: skip
            self._enter(visit.student, day, token)
        give_keys(rows, VisitRecord)
        insert(VisitRecord, rows)
        insert(FamilyRequest, self._requests(rows[-1], day))

    def _after(self, visit: Visit) -> datetime:
        assert visit.end is not None
        return visit.end + timedelta(minutes=5)

    def _enter(self, child: Subject, day: date, token: str) -> None:
        if entered.VISIT not in self.kinds:
            return
        parts: dict[str, Subject | list[StaffMember]] = {"visited": child, "visitor": self.pair}
        proof = ["record_sheet"]
        if self.ledger.enter(
            entered.VISIT,
            day,
            parts,
            mode="in_person",
            school_life="told",
            evidence=proof,
            by=self.room.teacher,
        ):
            self.ledger.latest.token = entered.token_of(token)

    def _requests(self, record: VisitRecord, day: date) -> list[FamilyRequest]:
        teacher, colleague = (one.subject for one in self.pair)
        return [
            FamilyRequest(
                public_id=self._id("need", n), school=self.out.school, student=record.student, record=record, kind=kind,
                found_by=teacher, owner=teacher if n == 1 else colleague, found_on=day, due=max(day, self.today + timedelta(days=left)),
                done_at=moment(self.today, 11) - timedelta(days=1) if answer else None, token=self._token("need", n), words=words,
                answer=answer,
            )
            for n, (kind, words, left, answer) in enumerate(NEEDS)
        ]  # fmt: skip

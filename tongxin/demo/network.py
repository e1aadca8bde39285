"""The four-level network of each school at work: who stands where, a term of class weeks, and one of everything else.

What is written about children is invented, mild and handled, but for one calm word that still waits.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from random import Random

from django.db import transaction

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.kernel.signals.models import Call, ChainStep, Signal
from tongxin.methods.cadence.declarations import Kind
from tongxin.modules.network import concerns, entered, harm, moods, summaries
from tongxin.modules.network.models import (
    ClassLook,
    Concern,
    FamilyWord,
    HarmEntry,
    HarmReport,
    HarmTold,
    MoodReport,
    NetworkReport,
    NetworkTask,
    Talk,
    TalkAnswer,
)

from .casting import shown_pupil
from .days import school_year_of
from .facts import Facts, moment
from .inserting import give_keys, insert
from .invented import Inventor
from .ledger import Ledger
from .pictures import Album
from .population import Populated, Room, StaffMember
from .world import SEED

WEEKS = 14
SHARE, LOW_ROOM, SILENT_ROOM = 0.86, 1, 3
# Days ago, origin, urgent, words: told of children of the first classes in turn.
TOLD = (
    (40, "worry", False, "这两周上课总趴着，问他只说没事。"),
    (33, "observation", False, "和以前的好朋友不来往了，中午一个人。"),
    (26, "incident", True, "课间和同学打起来，打完在走廊上哭了很久。"),
    (19, "family", False, "晚上很晚才睡，早上说肚子疼不想上学。"),
    (12, "mood", False, ""),
    (6, "worry", False, "作业连着三天没有交，眼睛红红的。"),
    (0, "worry", False, "今天体育课不肯下楼，说想一个人待着。"),
)
SHEET = {"observation": {"alone": "much", "tired": "some"}}
ACCIDENT = "体育课跳箱落地时左手撑地，校医看过，送医院拍片，桡骨轻微骨裂，已打石膏。"


def tell(out: Populated, today: date, kinds: Mapping[str, Kind], album: Album) -> None:
    """Give a school its network and a term of it."""
    Network(out, today, kinds, album).tell()


class Network:
    def __init__(self, out: Populated, today: date, kinds: Mapping[str, Kind], album: Album) -> None:
        self.out, self.today, self.kinds = out, today, kinds
        # Chance and names of its own, so that the rest of the demo's world stays as it was.
        self.inventor = Inventor(f"{SEED} network {out.plan.slug}")
        self.random = Random(f"{SEED} network {out.plan.slug}")
        self.ledger = Ledger(out, kinds, self.inventor, today, album)
        self.rooms = [room for room in out.rooms_in(school_year_of(today)) if room.present(today)]
        self.counsellor = out.holder("counsellor")
        self.leader = self._leader()

    def tell(self) -> None:
        self._posts()
        self._moods()
        self._looks()
        self._concerns()
        self._talks()
        self._families()
        self._tasks()
        self._reports()
        self._accident()
        self.ledger.write()

    def _id(self, *about: str) -> str:
        """The same every time, without a draw."""
        digest = hashlib.sha256("|".join(["network", self.out.school.public_id, *about]).encode()).digest()
        return base64.urlsafe_b64encode(digest[:16]).decode()[:22]

    def _token(self, *about: object) -> str:
        return ":".join(["demo", str(self.out.school.pk), *map(str, about)])[:64]

    def _leader(self) -> StaffMember:
        """An administrator other than the counsellor leads; where there is none, the secretary."""
        found = [s for s in self.out.staff if "administrator" in s.posts and s is not self.counsellor]
        return found[0] if found else self.out.holder("secretary")

    def _posts(self) -> None:
        facts = Facts(self.out.school, self.inventor, self._since())
        facts.link("care_leader", self.leader.subject, self.out.subject, self._since())
        heads = [s for s in self.out.staff if "department_head" in s.posts][:2]
        for person in dict.fromkeys([self.out.holder("secretary"), *heads]):
            facts.link("committee_member", person.subject, self.out.subject, self._since())
        insert(Link, facts.links)
        self.leader.posts.append("care_leader")

    def _since(self) -> date:
        return date(school_year_of(self.today), 9, 1)

    # ------------------------------------------------------------------ classes

    def _weeks(self) -> list[date]:
        """The Mondays of the last teaching weeks up to this one, in order."""
        calendar = school_calendar(self.out.school)
        monday = moods.week_of(self.today)
        weeks = [monday - timedelta(weeks=n) for n in range(WEEKS)]
        return [week for week in weeks if calendar.term_of(week + timedelta(days=4))][::-1]

    def _moods(self) -> None:
        links = Link.objects.filter(school=self.out.school, kind="peer_supporter", valid_to__gte=self.today)
        peers = dict(links.order_by("pk").values_list("b_id", "a_id"))
        rows = []
        for n, room in enumerate(self.rooms):
            for week in self._weeks():
                day = min(week + timedelta(days=4), self.today)
                now = week == moods.week_of(self.today)
                # The peer supporter of the sign-in page still has this week to report; one class has gone silent.
                if now and (n < 2 or self.today < week + timedelta(days=3)):
                    continue
                silent = n == SILENT_ROOM and self.today - week < timedelta(weeks=5)
                if silent or self.random.random() > SHARE or room.id not in peers:
                    continue
                low = n == LOW_ROOM and self.today - week < timedelta(weeks=5)
                mood = 2 if low else self.random.choices((5, 4, 3, 2), (2, 4, 3, 1))[0]
                themes = self.random.sample(list(moods.THEMES)[:-1], self.random.randrange(1, 3))
                rows.append(
                    MoodReport(
                        school=self.out.school, homeroom=room.subject, reporter_id=peers[room.id], week=week, mood=mood,
                        themes=sorted(themes), recorded_at=moment(day, 12.5),
                    )
                )  # fmt: skip
                self._enter(entered.MOOD, day, {"homeroom": room.subject})
        insert(MoodReport, rows)

    def _enter(self, kind: str, day: date, parts: dict) -> None:
        if kind in self.kinds:
            self.ledger.enter(kind, day, parts)

    def _looks(self) -> None:
        rows = []
        for n, room in enumerate(self.rooms):
            day = self.today - timedelta(days=10 + n % 15)
            if self.random.random() < 0.7 and day >= self._since():
                rows.append(
                    ClassLook(
                        school=self.out.school, homeroom=room.subject, by=room.teacher.subject, day=day,
                        recorded_at=moment(day, 16), token=self._token("look", room.id),
                    )
                )  # fmt: skip
                self._enter(entered.LOOK, day, {"homeroom": room.subject, "observer": room.teacher})
        insert(ClassLook, rows)

    # ------------------------------------------------------------------ children

    def _child(self, n: int) -> tuple[Room, Subject, Subject]:
        """Return a class with one of its children and a guardian, another for each number; never who signs in."""
        room = self.rooms[n % len(self.rooms)]
        there = [p for p in room.present(self.today) if p is not shown_pupil(self.out)]
        pupil = there[(5 + 3 * n) % len(there)]
        return room, pupil.subject, pupil.guardian

    def _concerns(self) -> None:
        signals, calls, written = [], [], []
        for n, (ago, origin, urgent, words) in enumerate(TOLD):
            day = self.today - timedelta(days=ago)
            room, child, guardian = self._child(n)
            by = {"family": guardian, "mood": self._peer(room)}.get(origin) or room.teacher.subject
            at = moment(day, 10 + n % 5)
            written.append(
                Concern(
                    public_id=self._id("concern", str(n)), school=self.out.school, student=child, by=by, origin=origin,
                    urgent=urgent, day=day, recorded_at=at, token=self._token("concern", n), words=words,
                    sheet=SHEET.get(origin), where=f"在{room.subject.name}门口，我陪着" if urgent else "",
                )
            )  # fmt: skip
        give_keys(written, Concern)
        insert(Concern, written)
        for n, row in enumerate(written):
            rank = concerns.URGENT_RANK if row.urgent else concerns.CALM_RANK
            signals.append(
                self._signal(
                    row.student, row.origin, row.token, row.recorded_at, row.pk, rank, row.urgent,
                    {"harm": False, "sheet": sorted(SHEET.get(row.origin, {}))},
                )
            )  # fmt: skip
            calls.append((signals[-1], TOLD[n][0] > 0))
        self._call(signals, calls)

    def _peer(self, room: Room) -> Subject:
        link = Link.objects.filter(kind="peer_supporter", b=room.subject, valid_to__gte=self.today)
        return link.select_related("a").order_by("pk")[0].a if link.exists() else room.teacher.subject

    def _signal(
        self,
        child: Subject,
        origin: str,
        token: str,
        at: datetime,
        of: int,
        rank: int,
        urgent: bool,
        what: dict,
    ) -> Signal:
        return Signal(
            public_id=self._id("signal", token), school=self.out.school, student=child, origin=origin, origin_id=of,
            bundle="network", source=concerns.source_of(token), raised_at=at, day=at.date(), urgent=urgent,
            what={**what, "rank": rank},
        )  # fmt: skip

    def _call(self, signals: list[Signal], taken: list[tuple[Signal, bool]]) -> None:
        """The first of the chain was called about each; what is not of today was taken on."""
        give_keys(signals, Signal)
        insert(Signal, signals)
        step = ChainStep.objects.current().filter(school=self.out.school).order_by("number")[0]
        rows = []
        for signal, done in taken:
            span = timedelta(minutes=15) if signal.urgent else timedelta(hours=24)
            rows.append(
                Call(
                    school=self.out.school, signal=signal, step=step.number, person_id=step.person_id, firm=step.firm,
                    called_at=signal.raised_at, due_at=signal.raised_at + span, answer=Call.Answer.TAKEN if done else "",
                    answered_at=signal.raised_at + span / 4 if done else None,
                )
            )  # fmt: skip
        insert(Call, rows)

    def _talks(self) -> None:
        talks = []
        for n, (ago, soon) in enumerate(((15, False), (8, True), (1, False))):
            _room, child, _guardian = self._child(20 + n)
            asked = moment(self.today - timedelta(days=ago), 12.2)
            talks.append(
                Talk(
                    public_id=self._id("talk", str(n)), school=self.out.school, student=child, soon=soon, asked_at=asked,
                    token=self._token("talk", n), words="和好朋友吵架了，不知道怎么办。" if n == 0 else "",
                )
            )  # fmt: skip
        give_keys(talks, Talk)
        insert(Talk, talks)
        answers = [
            TalkAnswer(
                public_id=self._id("answer", str(n)), school=self.out.school, talk=talk, student=talk.student,
                by=self.counsellor.subject, at=talk.asked_at + timedelta(hours=4 if talk.soon else 28),
                answered_at=talk.asked_at + timedelta(hours=1), words="心理辅导室，直接来就行。",
            )
            for n, talk in enumerate(talks[:2])
        ]  # fmt: skip
        insert(TalkAnswer, answers)
        signals = [
            self._signal(
                talk.student,
                "talk",
                talk.token,
                talk.asked_at,
                talk.pk,
                4 if talk.soon else 2,
                talk.soon,
                {"soon": talk.soon},
            )
            for talk in talks
        ]
        self._call(signals, [(signal, n < 2) for n, signal in enumerate(signals)])

    def _families(self) -> None:
        """The parent of the sign-in page has a thread; another one waits for an answer."""
        pupil = shown_pupil(self.out)
        room = next(room for room in self.rooms if pupil in room.pupils)
        lines = [
            (pupil.subject, pupil.guardian, room, 4, False, "孩子最近回家话少，写作业很慢，在学校怎么样？"),
            (
                pupil.subject,
                pupil.guardian,
                room,
                3,
                True,
                "上课听得认真，和同桌处得好。月考前有点紧，这周我们少留一点，您陪他早点睡。",
            ),
        ]
        other_room, child, guardian = self._child(9)
        lines.append((child, guardian, other_room, 1, False, "这两天早上总说头疼，想请老师多看看。"))
        rows = [
            FamilyWord(
                public_id=self._id("word", str(n)), school=self.out.school, student=child, guardian=guardian,
                to="homeroom_teacher", by=of.teacher.subject if back else guardian, from_school=back,
                day=self.today - timedelta(days=ago), written_at=moment(self.today - timedelta(days=ago), 19.5),
                token=self._token("word", n), words=words,
            )
            for n, (child, guardian, of, ago, back, words) in enumerate(lines)
        ]  # fmt: skip
        insert(FamilyWord, rows)

    # ------------------------------------------------------------------ down and up

    def _tasks(self) -> None:
        given = moment(self.today - timedelta(days=5), 15)
        top = self._task("top", "counsellor", self.counsellor.subject, None, self.leader.subject, given, None)
        give_keys([top], NetworkTask)
        insert(NetworkTask, [top])
        rows = []
        for n, room in enumerate(self.rooms[:6]):
            row = self._task(
                room.id, "homeroom_teacher", room.teacher.subject, room.subject, self.counsellor.subject,
                given + timedelta(days=1), top,
            )  # fmt: skip
            row.title = "考前一周，提醒同学早睡、适量运动"
            if n % 2:
                row.done_at, row.answer = given + timedelta(days=3), "班会上讲了，家长群里也发了。"
            rows.append(row)
            self._enter(
                entered.TASK, row.given_at.date(), {"homeroom": room.subject, "giver": self.counsellor}
            )
            if row.done_at:
                self._enter(
                    entered.TASK_DONE, row.done_at.date(), {"homeroom": room.subject, "bearer": room.teacher}
                )
        insert(NetworkTask, rows)

    def _task(
        self, name: object, level: str, bearer: Subject, room: Subject | None, giver: Subject, at: datetime,
        parent: NetworkTask | None,
    ) -> NetworkTask:  # fmt: skip
        return NetworkTask(
            public_id=self._id("task", str(name)), school=self.out.school, parent=parent, level=level, bearer=bearer,
            homeroom=room, giver=giver, title="考前关心：各班提醒早睡和运动", due=self.today + timedelta(days=6),
            given_at=at, token=self._token("task", name), words="不点名，不排队，说方法。",
        )  # fmt: skip

    def _reports(self) -> None:
        months = [span for span in summaries.spans(self.today) if span.month]
        span = months[0]
        if not self._weeks() or span.first < self._since():
            return
        day = min(span.last + timedelta(days=2), self.today)
        rows = []
        for room in self.rooms[: max(len(self.rooms) // 2, 1)]:
            figures = summaries.class_figures(room.subject, span)
            rows.append(
                self._report(room.id, "class", room.subject, room.teacher.subject, span, figures, day)
            )
            parts = {"homeroom": room.subject, "reporter": room.teacher, "receiver": self.counsellor}
            self._enter(entered.REPORT, day, parts)
        insert(NetworkReport, rows)
        figures = summaries.school_figures(self.out.school, span)
        insert(
            NetworkReport,
            [self._report("school", "school", None, self.counsellor.subject, span, figures, day)],
        )
        self._enter(entered.SUMMARY, day, {"author": self.counsellor})

    def _report(
        self,
        name: object,
        level: str,
        room: Subject | None,
        by: Subject,
        span: summaries.Span,
        figures: dict,
        day: date,
    ) -> NetworkReport:
        return NetworkReport(
            public_id=self._id("report", str(name)), school=self.out.school, level=level, homeroom=room, by=by,
            first_day=span.first, last_day=span.last, figures=figures, recorded_at=moment(day, 17),
            token=f"{level}:{room.pk if room else self.out.school.pk}:{span.key}",
            words="整体平稳，月考前后作业多，已提醒各科老师。" if level == "class" else "",
        )  # fmt: skip

    @transaction.atomic
    def _accident(self) -> None:
        """A broken wrist in gym class, told to the bureau in time."""
        day = self.today - timedelta(days=30)
        if day < self._since():
            return
        room, child, _guardian = self._child(4)
        by, at = room.teacher, moment(day, 10.2)
        report = HarmReport(
            public_id=self._id("harm"), school=self.out.school, student=child, by=by.subject,
            matter=harm.Matter.ACCIDENT, known_at=at, filed_at=at + timedelta(minutes=20), open_in_school=True,
            token=self._token("harm"),
        )  # fmt: skip
        insert(HarmReport, [report])
        insert(
            HarmTold,
            [
                HarmTold(report=report, school=self.out.school, person=one.subject, told_at=report.filed_at)
                for one in dict.fromkeys([self.leader, self.counsellor])
                if one is not by
            ],
        )
        for n, authority in enumerate(("", harm.Authority.EDUCATION)):
            what = {
                "words": ACCIDENT if not authority else "电话报告，家长已到医院。",
                "number": "" if not authority else f"{day:%Y%m%d}-03",
                "contact": "" if not authority else "安全科值班员",
                "salt": hashlib.sha256(self._token("salt", n).encode()).hexdigest()[:32],
            }
            row = HarmEntry(
                public_id=self._id("harm entry", str(n)), school=self.out.school, report=report, student=child,
                by=by.subject, authority=authority, mode="oral", at=at + timedelta(minutes=30 * n),
                written_at=report.filed_at + timedelta(minutes=25 * n), token=self._token("harm", n), what=what,
            )  # fmt: skip
            insert(HarmEntry, [row])
            audit.write(
                by.account, harm.WRITTEN_ACTION, row, report=report.pk, sha256=harm.digest(row, row.what)
            )

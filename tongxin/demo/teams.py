"""The teams of a school at work, as their own pages show them: plans, what there is to take up, contests and who entered.

What they did lies in the ledger already; here is what only the room of the teams keeps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Attribute, Link, Subject, SubjectType
from tongxin.kernel.base.pinyin import name_keys
from tongxin.kernel.ledger.models import Entry, Participation
from tongxin.modules.teams import looking, measuring
from tongxin.modules.teams.models import (
    Contest,
    Entrant,
    Invited,
    Proposal,
    Rating,
    Showing,
    Step,
    Topic,
)

from .days import school_year_of
from .facts import Facts, moment
from .inserting import insert
from .invented import Inventor, public_id
from .population import Populated, StaffMember
from .world import SEED, A, D

OPEN_TOPICS = (
    ("project", "innovation", "旧电池回收柜", "", "把废旧电池分类回收，能自动称重、累计积分。"),
    ("project", "contest", "机器人巡线赛", "", "按省赛规则准备，五月前能稳定跑完全程。"),
    ("course", "course", "工业机器人编程", "", "按岗位任务重写前四个项目，配微课和题库。"),
    ("course", "topic", "分层作业怎样布置", "", "对比两个平行班一个学期的做法。"),
    (
        "service",
        "software",
        "工单系统和库存对不上",
        "软件和信息服务",
        "两套系统的编码不同，每月要人工核对两天。",
    ),
    ("service", "process", "包装线换型时间过长", "食品加工", "换一次规格要停线四十分钟，希望降到十五分钟。"),
)
STEPS = (
    ("写项目方案", 20, "leader"),
    ("做出第一版", 75, "student"),
    ("请企业老师看一次", 120, ""),
    ("准备参赛材料", 170, "student"),
)
CONTESTS = {"skills": "职业院校技能大赛", "innovation": "创新创业大赛", "civility": "文明风采大赛"}
LEVELS = {"school": "校级", "city": "市级"}
CONTEST_TEAMS = ("焊接技术竞赛队", "新媒体运营竞赛队", "文明风采节目组")


def tell(out: Populated, today: date) -> None:
    """Give a school with teams or contests what their pages show."""
    story = TeamLife(out, today)
    if D in out.plan.packs:
        story.tell_teams()
    if A in out.plan.packs:
        story.tell_contests()


class TeamLife:
    def __init__(self, out: Populated, today: date) -> None:
        self.out, self.today = out, today
        # Chance and names of its own, so that the rest of the demo's world stays as it was.
        self.inventor = Inventor(f"{SEED} teams {out.plan.slug}")
        self.random = Random(f"{SEED} teams {out.plan.slug}")

    def _token(self, *about: object) -> str:
        return ":".join(["demo", str(self.out.school.pk), *map(str, about)])[:64]

    # ------------------------------------------------------------------ 1+1+1

    def tell_teams(self) -> None:
        found = Subject.objects.filter(school=self.out.school, type=SubjectType.TEAM).order_by("pk")
        cards = looking.cards(found, self.today)
        topics = [self._taken(card) for card in cards if card.kind and card.kind.name == "service"]
        insert(Topic, [*topics, *self._open()])
        insert(
            Step,
            [
                step
                for card in cards
                if card.kind and card.kind.name == "project"
                for step in self._steps(card)
            ],
        )
        projects = [card for card in cards if card.kind and card.kind.name == "project"]
        insert(Rating, [row for card in projects for row in self._ratings(card)])
        insert(Showing, self._showing(cards))
        self._asked(cards)

    def _topic(self, kind: str, theme: str, title: str, added: date, by: Subject, **more) -> Topic:
        return Topic(
            school=self.out.school, public_id=public_id(self.inventor), kind=kind, theme=theme, title=title, by=by,
            added_on=added, state_on=more.pop("state_on", added), token=self._token("topic", title, added), **more,
        )  # fmt: skip

    def _taken(self, card: looking.Card) -> Topic:
        """The problem a service team is at work on; those of last year are solved."""
        leader = card.leaders[0]
        enterprise = next((one for one in card.others if one.type == SubjectType.ENTERPRISE), None)
        solved = card.ended
        title = card.team.name.split("·")[0]
        day = min(card.team.present_to, self.today) if solved else card.team.present_from
        return self._topic(
            "service", "equipment", title, card.team.present_from, leader, enterprise=enterprise, team=card.team,
            state=Topic.State.SOLVED if solved else Topic.State.TAKEN, state_on=day, industry="智能制造",
            people_needed="设备运维2人，数据分析1人", policy="技改补贴已申报",
        )  # fmt: skip

    def _open(self) -> list[Topic]:
        members = self.out.members()
        made = []
        for n, (kind, theme, title, industry, words) in enumerate(OPEN_TOPICS):
            by = members[n % len(members)].subject
            more = (
                {"enterprise": self.out.enterprises[n % len(self.out.enterprises)]}
                if kind == "service"
                else {}
            )
            added = self.today - timedelta(days=9 + 5 * n)
            made.append(self._topic(kind, theme, title, added, by, words=words, industry=industry, **more))
        return made

    def _steps(self, card: looking.Card) -> list[Step]:
        made = []
        who = {
            "leader": card.leaders[0] if card.leaders else None,
            "student": card.others[-1] if card.others else None,
        }
        for title, after, bearer in STEPS:
            due = card.team.present_from + timedelta(days=after)
            late = self.random.random() < 0.12
            done = due - timedelta(days=2) if due - timedelta(days=2) < self.today and not late else None
            made.append(
                Step(
                    school=self.out.school, public_id=public_id(self.inventor), team=card.team, title=title, due=due,
                    bearer=who.get(bearer), done_on=done, by=card.leaders[0], token=self._token("step", card.team.pk, title),
                )
            )  # fmt: skip
        return made

    def _ratings(self, card: looking.Card) -> list[Rating]:
        """Before at the start, after for the teams that are over; what somebody thinks of oneself rises a little."""
        made = []
        moments = [("before", card.team.present_from + timedelta(days=4))]
        if card.ended:
            moments.append(("after", card.team.present_to - timedelta(days=60)))
        for student in (one for one in card.others if one.type == SubjectType.STUDENT):
            if self.random.random() < 0.15:
                continue
            base = {name: self.random.choice((2, 2, 3, 3, 4)) for name in measuring.ABILITIES}
            for name, day in moments:
                if day <= self.today:
                    made.append(self._rating(card.team, student, name, day, base))
        return made

    def _rating(
        self, team: Subject, student: Subject, moment_: str, day: date, base: dict[str, int]
    ) -> Rating:
        rise = 0 if moment_ == "before" else 1
        scores = {
            name: min(5, score + (rise if self.random.random() < 0.6 else 0)) for name, score in base.items()
        }
        return Rating(
            school=self.out.school, public_id=public_id(self.inventor), team=team, person=student, moment=moment_,
            day=day, scores=scores,
        )  # fmt: skip

    def _showing(self, cards: Sequence[looking.Card]) -> list[Showing]:
        return [
            Showing(school=self.out.school, team=card.team, person=one, shown=self.random.random() < 0.8,
                    said_at=moment(card.team.present_from + timedelta(days=3)))
            for card in cards
            for one in card.others
            if one.type == SubjectType.STUDENT and self.random.random() < 0.6
        ]  # fmt: skip

    def _asked(self, cards: Sequence[looking.Card]) -> None:
        """One proposal that waits for a colleague's answer."""
        leading = {one.pk for card in cards if not card.ended for one in card.leaders}
        proposer = next((s for s in self.out.members() if s.id in leading and s.account), None)
        colleague = next((s for s in self.out.staff if not s.member and s.teaching and s.account), None)
        if proposer is None or colleague is None:
            return
        made = Proposal(
            school=self.out.school, public_id=public_id(self.inventor), kind="course", theme="topic",
            aim="across_ages", name="分层作业怎样布置", by=proposer.subject, made_at=moment(self.today - timedelta(days=1)),
            token=self._token("proposal"),
        )  # fmt: skip
        insert(Proposal, [made])
        seats = (("team_leader", proposer, "yes"), ("colleague_seat", colleague, ""))
        insert(
            Invited,
            [
                Invited(proposal=made, school=self.out.school, seat=seat, person=who.subject, answer=said)
                for seat, who, said in seats
            ],
        )

    # ------------------------------------------------------------------ contests

    def tell_contests(self) -> None:
        lead = self.out.holder("contest_lead")
        year = self.today.year
        for each in (year - 1, year):
            self._register(each, lead)
        self._coming(lead)
        self._contest_teams()

    def _register(self, year: int, lead: StaffMember) -> None:
        """The register of the contests whose results the ledger knows: one for each level and event of a summer."""
        entries = Entry.objects.filter(
            school=self.out.school, kind="contest", superseded_at=FOREVER, day__gte=date(year, 1, 1), day__lte=date(year, 12, 31)
        ).order_by("day", "pk")  # fmt: skip
        groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in entries:
            groups[str(entry.extra.get("level", "")), entry.theme].append(entry)
        for (level, theme), group in groups.items():
            if level not in LEVELS or theme not in CONTESTS:
                continue
            contest = Contest(
                school=self.out.school, public_id=public_id(self.inventor), name=f"{year}年{LEVELS[level]}{CONTESTS[theme]}",
                level=level, theme=theme, first_day=min(e.day for e in group), last_day=max(e.day for e in group),
                by=lead.subject, results_on=max(e.day for e in group), round=1, token=self._token("contest", year, level, theme),
            )  # fmt: skip
            insert(Contest, [contest])
            self._entrants(contest, group)

    def _entrants(self, contest: Contest, group: Sequence[Entry]) -> None:
        awards = {entry.pk: str(entry.extra.get("award", "")) for entry in group}
        coaches = dict(
            Participation.objects.filter(entry__in=awards, part="coach").values_list("entry_id", "subject_id")
        )
        made: dict[int, Entrant] = {}
        rows = Participation.objects.filter(entry__in=awards, part="contestant", subject__type="student")
        for entry, student in rows.order_by("pk").values_list("entry_id", "subject_id"):
            made[student] = Entrant(
                contest=contest, school=self.out.school, student_id=student, coach_id=coaches.get(entry),
                award=awards[entry], entered_at=moment(contest.first_day - timedelta(days=8)),
            )  # fmt: skip
        insert(Entrant, list(made.values()))
        for n, given_out in enumerate(group):
            # What the register gave out it can take back: the entries bear its token.
            Entry.objects.filter(pk=given_out.pk).update(token=f"contest:{contest.pk}:1:{n}")

    def _coming(self, lead: StaffMember) -> None:
        """A contest that is open now, with the entries of the first classes."""
        contest = Contest(
            school=self.out.school, public_id=public_id(self.inventor), name="冬季技能节选拔赛", level="school",
            theme="skills", first_day=self.today + timedelta(days=6), last_day=self.today + timedelta(days=8),
            by=lead.subject, token=self._token("contest", "coming"),
        )  # fmt: skip
        insert(Contest, [contest])
        rooms = [room for room in self.out.rooms_in(school_year_of(self.today)) if room.present(self.today)]
        insert(
            Entrant,
            [
                Entrant(contest=contest, school=self.out.school, student=pupil.subject, coach=room.teacher.subject,
                        entered_at=moment(self.today - timedelta(days=2)))
                for room in rooms[:3]
                for pupil in room.present(self.today)[:8]
            ],
        )  # fmt: skip

    def _contest_teams(self) -> None:
        """Teams founded in March, coached by members, with students of the classes."""
        rooms = [room for room in self.out.rooms_in(school_year_of(self.today)) if room.present(self.today)]
        founded = date(
            self.today.year if self.today >= date(self.today.year, 3, 15) else self.today.year - 1, 3, 15
        )
        facts = Facts(self.out.school, self.inventor, founded)
        coaches = [member for member in self.out.members() if member.arrived <= founded]
        for name, coach, room in zip(CONTEST_TEAMS, coaches, rooms, strict=False):
            pupils = [one for one in room.pupils if one.present_from <= founded][:4]
            if not pupils:
                continue
            pinyin, initials = name_keys(name)
            team = Subject(
                school=self.out.school, type=SubjectType.TEAM, name=name, pinyin=pinyin, initials=initials,
                present_from=founded, public_id=public_id(self.inventor),
            )  # fmt: skip
            insert(Subject, [team])
            facts.state(team, "team_kind", "contest", founded)
            seats = [("team_leader", coach.subject), *(("contestant_seat", one.subject) for one in pupils)]
            for seat, who in seats:
                facts.link(seat, who, team, founded)
                facts.link("in_team", who, team, founded)
        insert(Link, facts.links)
        insert(Attribute, facts.attributes)

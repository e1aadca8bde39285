"""Cases of each school of the demo: one child in every state of its scheme, and what came of everybody else's signals."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tongxin.kernel.base.models import Subject
from tongxin.kernel.signals.models import Call, Signal
from tongxin.methods.schemes.scheme import Form, Scheme
from tongxin.modules.cases import schemes
from tongxin.modules.cases.casework.papers import COLUMNS
from tongxin.modules.cases.models import Case, CasePaper, CaseTask, Outcome, SchemeText, Standing, Step

from .facts import moment
from .inserting import insert
from .population import Populated, StaffMember
from .world import SEED

# For each child: the state it stands in, the papers on the way there (the days ago they were written), how grave it is.
STORIES: tuple[tuple[str, tuple[tuple[str, str, int], ...], int], ...] = (
    ("interview", (), -2),
    ("study", (("interview", "interview", 1),), -2),
    ("plan", (("interview", "interview", 3), ("study", "meeting", 2), ("study", "finding", 2)), -2),
    ("follow", (("interview", "interview", 30), ("study", "meeting", 28), ("study", "finding", 28), ("plan", "plan", 27),
                ("follow", "follow-up", 20), ("follow", "follow-up", 5)), -1),
    ("follow", (("interview", "interview", 60), ("study", "meeting", 58), ("study", "finding", 58), ("plan", "plan", 56),
                ("follow", "follow-up", 45)), -2),
    ("referred", (("interview", "interview", 20), ("study", "meeting", 19), ("study", "finding", 19), ("plan", "plan", 18),
                  ("follow", "follow-up", 10), ("follow", "referral", 2)), -1),
    ("away", (("interview", "interview", 50), ("study", "meeting", 49), ("study", "finding", 49), ("plan", "plan", 48),
              ("follow", "leave", 20), ("away", "follow-up", 1)), -1),
    ("back", (("interview", "interview", 70), ("study", "meeting", 69), ("study", "finding", 69), ("plan", "plan", 68),
              ("follow", "leave", 40), ("away", "return", 1)), -1),
    ("closing", (("interview", "interview", 90), ("study", "meeting", 88), ("study", "finding", 88), ("plan", "plan", 86),
                 ("follow", "follow-up", 50), ("follow", "step-down", 20), ("follow", "close", 1)), -2),
    ("closed", (("interview", "interview", 120), ("study", "meeting", 118), ("study", "finding", 118), ("plan", "plan", 116),
                ("follow", "follow-up", 80), ("follow", "close", 40)), -2),
)  # fmt: skip
WAITING = 3  # so many children somebody went to see have nothing written down yet
LOOKED = (
    "当面问过，是考试前睡得晚，精神好，朋友多。", "问过本人和班主任，一时闹别扭，已经和好。", "看过，答题时没有看清题目，再问都不是。",
    "谈了十分钟，有烦心事但有人可说，请班主任多留意。",
)  # fmt: skip
SAID = {
    "mood": ("晚上睡不好，上课走神。", "觉得没意思，不想说话。", "和同学闹翻了，一个人吃饭。"),
    "view": ("愿意说，愿意见父母，可以继续谈。", "话不多，先陪着，请家长来一次。"),
    "facts": ("一周没有参加早操，作业少交了四次，午饭吃得少。",), "opinions": ("班主任：请假多。心理教师：情绪低，有支持的人。",),
    "decided": ("由心理教师负责，一周内定方案，班主任每天联系家长一次。",), "why": ("有想法没有计划，家里能照看。", "情况平稳，目标都做到了。"),
    "measures": ("每周谈一次；早读前班主任打个招呼；体育课安排同伴一起。",), "home": ("晚上十点前一起收起手机。",),
    "safety": ("先找值班老师，再打家长电话，必要时陪同去市医院。",), "watch": ("课间同桌，午休班主任，放学家长接。",),
    "how": ("来校四天，睡眠好一些，愿意和同学一起走。", "请了一天假，家长陪着，情绪比上次稳。"), "where": ("市第二医院",),
    "with": ("母亲",), "contact": ("心理教师，每周两次电话",), "state": ("休养后睡眠恢复，愿意上学。",),
    "ease": ("前两周不交作业，座位靠前，体育课看情况。",), "after": ("班主任每两周看一次",), "advice": ("先休养两周。",),
}  # fmt: skip
GOALS = ("每周来上四天课", "每天有一个人可以说说话", "晚上十一点前睡")
TASKS = ("早读前和这名学生说一句话", "午休时留意有没有吃饭", "这周给家长打一个电话")


@dataclass
class Rows:
    cases: list[Case] = field(default_factory=list)
    papers: list[CasePaper] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    tasks: list[CaseTask] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)


def tell(out: Populated, today: date) -> StaffMember:
    """Give a school its scheme and its cases; return who is in charge of them."""
    return Cases(out, today).tell()


class Cases:
    def __init__(self, out: Populated, today: date) -> None:
        self.out, self.today = out, today
        # A source of chance of its own, so that the rest of the demo's world stays as it was.
        self.random = Random(f"{SEED} cases {out.plan.slug}")
        self.rows = Rows()
        self.keeper = out.holder("counsellor")
        self.leader = out.holder("care_leader")
        self.text = schemes.take(
            out.school, schemes.shipped()[schemes.default_slug(out.school, today)][1], by=self.keeper.account
        )
        SchemeText.objects.filter(pk=self.text.pk).update(recorded_at=moment(today - timedelta(days=200)))
        self.scheme: Scheme = schemes.scheme_of(self.text)

    def tell(self) -> StaffMember:
        taken = self._taken()
        children = list(dict.fromkeys(signal.student_id for signal in taken))
        chosen = children[-len(STORIES) - WAITING :]
        later, chosen = chosen[-WAITING:], chosen[:-WAITING] if len(chosen) > WAITING else []
        for number, (story, child) in enumerate(zip(STORIES, chosen, strict=False), 1):
            self._case(number, child, story, [one for one in taken if one.student_id == child])
        self._looked([one for one in taken if one.student_id not in (*chosen, *later)])
        self._write()
        return self.leader

    def _taken(self) -> list[Signal]:
        """The signals somebody is on, the oldest first."""
        rows = Signal.objects.filter(school=self.out.school, calls__answer=Call.Answer.TAKEN).select_related(
            "student"
        )
        return list(rows.defer("what").order_by("raised_at", "pk"))

    def _looked(self, signals: Sequence[Signal]) -> None:
        """Of nearly all signals nothing comes: somebody looked and said so. Calm ones of a whole sitting, in one word."""
        for signal in signals:
            why = self.random.choice(LOOKED) if signal.urgent else ""
            self.rows.outcomes.append(self._outcome(signal, None, why, signal.raised_at + timedelta(hours=5)))

    def _outcome(self, signal: Signal, case: Case | None, why: str, at: datetime) -> Outcome:
        return Outcome(
            public_id=self._id("outcome", signal.source), school=self.out.school, student_id=signal.student_id, at=at,
            day=at.date(), signal=signal, case=case, by=self.keeper.subject, why=why,
        )  # fmt: skip

    # ------------------------------------------------------------------ one case

    def _case(self, number: int, child: int, story, signals: Sequence[Signal]) -> None:
        state, written, place = story
        rank = self.scheme.levels[place].rank
        began = self._at(max((days for _state, _form, days in written), default=0) + 1, 8)
        case = Case(
            public_id=self._id("case", str(child)), school=self.out.school, number=number, student_id=child,
            scheme=self.text, state=state, phase=self.scheme.state_by_id[state].phase, owner=self.keeper.subject,
            opened_at=began, opened_by=self.keeper.subject, state_since=began,
        )  # fmt: skip
        self.rows.cases.append(case)
        insert(Case, [case])
        opening = self._paper(
            case,
            "_opening",
            self.scheme.first.id,
            began,
            notes={"why": "班主任说最近总是一个人，接了提示去看过。"},
        )
        self._standing(case, "opened", rank, began, opening)
        self._step(case, Step.Kind.OPENED, began, paper=opening, state=self.scheme.first.id)
        for signal in signals:
            self.rows.outcomes.append(self._outcome(signal, case, "", max(began, signal.raised_at)))
        self._papers(case, written, rank, began)
        self._clocks(case, rank)
        Case.objects.filter(pk=case.pk).update(
            due_at=case.due_at, follow_due=case.follow_due, state_since=case.state_since, closed_at=case.closed_at,
            proposed_by=case.proposed_by,
        )  # fmt: skip

    def _papers(self, case: Case, written, rank: int, began: datetime) -> None:
        before = began
        here = self.scheme.first.id
        for n, (state, name, days) in enumerate(written):
            at = max(self._at(days, 9 + n / 4), before + timedelta(minutes=20))
            if state != here:
                here = state
                self._step(case, Step.Kind.MOVED, before + timedelta(minutes=1), state=state)
            form = self.scheme.form_by_id[name]
            paper = self._filled(case, form, state, at, n)
            self._step(case, Step.Kind.PAPER, at, paper=paper, state=state)
            if form.of_type("rank"):
                lighter = self.scheme.levels[0].rank if form.does == "step_down" else rank
                self._standing(
                    case, "step_down" if form.does == "step_down" else "finding", lighter, at, paper
                )
            if form.does == "plan":
                self._tasks(case, paper, at)
            if form.does == "close":
                case.proposed_by = self.keeper.subject
                self._step(case, Step.Kind.PROPOSED, at, paper=paper)
            before = at
        case.state_since = before + timedelta(minutes=1)
        if here != case.state and case.state != "closed":
            self._step(case, Step.Kind.MOVED, case.state_since, state=case.state)
        if case.phase == Case.Phase.CLOSED:
            case.closed_at = before + timedelta(days=1)
            self._step(case, Step.Kind.CLOSED, case.closed_at, state=case.state, by=self.leader.subject)

    def _clocks(self, case: Case, rank: int) -> None:
        state = self.scheme.state_by_id[case.state]
        within, follow = (
            self.scheme.minutes(state.within, rank),
            self.scheme.minutes(self.scheme.follow, rank),
        )
        case.due_at = case.state_since + timedelta(minutes=within) if within else None
        case.follow_due = case.state_since + timedelta(minutes=follow) if state.follow and follow else None

    def _filled(self, case: Case, form: Form, state: str, at: datetime, n: int) -> CasePaper:
        answers: dict[str, dict[str, Any]] = {}
        for one in form.fields:
            value = self._answer(one, at)
            if value is not None:
                answers.setdefault(COLUMNS[one.data_class], {})[one.id] = value
        return self._paper(case, form.id, state, at, str(n), **answers)

    def _answer(self, one, at: datetime) -> Any:
        match one.type:
            case "date":
                return at.date().isoformat()
            case "choice":
                return one.options[0][0] if one.data_class == "K5" else self.random.choice(one.options)[0]
            case "people":
                return [self.keeper.subject.pk, self.leader.subject.pk]
            case "yes_no":
                return True
            case "watches":
                return [
                    {"who": who.subject.pk, "from": begin, "to": end, "days": days}
                    for who, begin, end, days in (
                        (self.keeper, "07:20", "08:00", "school"), (self.leader, "12:10", "13:40", "school"),
                    )
                ]  # fmt: skip
            case "goals":
                return [{"id": f"g{n}", "text": text} for n, text in enumerate(GOALS, 1)]
            case "goal_scores":
                return {f"g{n}": self.random.choice((-1, 0, 0, 1)) for n in range(1, len(GOALS) + 1)}
            case "text" | "long" if one.id in SAID and one.data_class != "K5":
                return self.random.choice(SAID[one.id])
        return None

    def _paper(
        self, case: Case, form: str, state: str, at: datetime, mark: str = "", **said: Any
    ) -> CasePaper:
        paper = CasePaper(
            public_id=self._id("paper", str(case.student_id), form, mark), school=self.out.school, student_id=case.student_id,
            case=case, form=form, state=state, at=at, day=at.date(), by=self.keeper.subject, **said,
        )  # fmt: skip
        insert(CasePaper, [paper])
        return paper

    def _standing(self, case: Case, kind: str, rank: int, at: datetime, paper: CasePaper) -> None:
        self.rows.standings.append(
            Standing(
                public_id=self._id("standing", str(case.student_id), str(len(self.rows.standings))), school=self.out.school,
                student_id=case.student_id, case=case, kind=kind, rank={"rank": rank}, at=at, day=at.date(),
                by=self.keeper.subject, paper=paper,
            )
        )  # fmt: skip

    def _step(self, case: Case, kind: str, at: datetime, *, by: Subject | None = None, **more: Any) -> None:
        self.rows.steps.append(
            Step(school=self.out.school, case=case, at=at, kind=kind, by=by or self.keeper.subject, **more)
        )

    def _tasks(self, case: Case, paper: CasePaper, at: datetime) -> None:
        """The homeroom teacher is asked; what is open is due in some days, what is old is done."""
        teacher = self._teacher(case.student_id)
        closed = case.phase in (Case.Phase.CLOSED, Case.Phase.CLOSING)
        for n, words in enumerate(TASKS[: 2 if teacher else 0]):
            done = closed or n == 1
            until = at.date() + timedelta(days=3) if done else self.today + timedelta(days=2)
            self.rows.tasks.append(
                CaseTask(
                    public_id=self._id("task", str(case.student_id), str(n)), school=self.out.school,
                    student_id=case.student_id, case=case, paper=paper, bearer=teacher, by=self.keeper.subject,
                    until=until, words=words, answer="做了，学生点点头。" if done else "", at=at, day=at.date(),
                    done_at=at + timedelta(days=2) if done else None,
                )
            )  # fmt: skip
            self._step(case, Step.Kind.TASK, at, to=teacher)

    def _teacher(self, child: int) -> Subject | None:
        for room in self.out.rooms_in(self.out.year):
            if any(pupil.id == child for pupil in room.pupils):
                return room.teacher.subject
        return None

    def _at(self, days: int, hour: float) -> datetime:
        return moment(self.today - timedelta(days=days), hour)

    def _write(self) -> None:
        rows = self.rows
        for model, found in (
            (Standing, rows.standings),
            (Step, rows.steps),
            (CaseTask, rows.tasks),
            (Outcome, rows.outcomes),
        ):
            insert(model, found)

    def _id(self, *about: str) -> str:
        """The same every time, without a draw."""
        digest = hashlib.sha256("|".join(["cases", self.out.school.public_id, *about]).encode()).digest()
        return base64.urlsafe_b64encode(digest[:16]).decode()[:22]

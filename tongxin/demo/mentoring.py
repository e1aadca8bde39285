"""The life of the demo's pairs: agreements, small wishes, marks that rise, feedback, a request, models.

The pairs themselves stand in the schools' records already. What is written is invented, mild and kind.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import date, timedelta
from random import Random
from typing import Any

from tongxin.kernel.base.fields import FOREVER, NO_END
from tongxin.kernel.base.models import Link
from tongxin.kernel.calendar.queries import school_calendar
from tongxin.modules.mentoring import feedback, kinds
from tongxin.modules.mentoring.models import (
    Agreement,
    Feedback,
    GrowthRequest,
    Mark,
    PairAsked,
    PairStep,
    Shown,
    Wish,
)

from .facts import moment
from .inserting import insert
from .population import Populated
from .world import SEED, E

# How many pairs of a kind have one of each: enough to read, quick to write.
AGREED, FOLLOWED, SAID, WISHED = 60, 10, 40, 12
WISHES = (
    "想要一本《昆虫记》。",
    "想去一次科技馆。",
    "想学会跳长绳。",
    "想要一个新书包。",
    "想和老师一起打一次乒乓球。",
    "想给奶奶打一次视频电话。",
)
CHILDREN_SAID = ("老师讲题很耐心。", "谈过以后心里好多了。", "希望多一点一起打球的时间。", "", "", "")
TEACHERS_SAID = ("愿意说话了，作业也按时交。", "数学还要再补一补分数运算。", "", "", "")
REQUESTS = (
    ("teaching", "板书总是写不下，想听一节老教师的课。", "明天第二节来我班听课，课后一起排一次板书。", 12),
    (
        "class_management",
        "班里两个学生总在课间起冲突，不知道怎么谈。",
        "先分开听，再一起定三条约定，我陪您谈第一次。",
        9,
    ),
    ("work", "备课、批改总要做到很晚，想知道怎样安排。", "把备课组的课件先共享给您，作业改分层批改。", 5),
    ("teaching", "公开课的导入想了几稿都不满意。", "", 1),
    ("life", "刚到这里，租房离学校很远。", "", 0),
)
CITATIONS = (
    "每周互听一节课，课后当天评，徒弟一学期上了三节汇报课。",
    "从备课到带班手把手，一年里两人一起写出四篇教学反思。",
)


def tell(out: Populated, today: date) -> None:
    """Give a school's pairs a life up to a day."""
    Lives(out, today).tell()


class Lives:
    def __init__(self, out: Populated, today: date) -> None:
        self.out, self.today = out, today
        # Chance of its own, so that the rest of the demo's world stays as it was.
        self.random = Random(f"{SEED} pairs {out.plan.slug}")
        self.kinds = kinds.pair_kinds(out.school, today)
        self.term = feedback.period(out.school, today)
        self.number = 0

    def tell(self) -> None:
        for name, kind in self.kinds.items():
            links = self._links(name)
            if links:
                self._agreements(kind, links[:AGREED])
                self._feedback(kind, links[:SAID])
                if kind.wishes:
                    self._wishes(links[:WISHED])
                if kind.marks:
                    self._marks(links[:FOLLOWED])
                self._asked(kind, links)
        if E in self.out.plan.packs:
            self._growth()
            self._shown()

    def _links(self, kind: str) -> list[Link]:
        rows = Link.objects.filter(
            school=self.out.school, kind=kind, superseded_at=FOREVER, valid_from__lte=self.today,
            valid_to__gte=self.today,
        ).select_related("a", "b")  # fmt: skip
        # Those who sign in at the demo come first, then in the order they were paired.
        shown = {person.subject.pk for person in self.out.shown.values()}
        return sorted(rows, key=lambda link: (link.a_id not in shown, link.pk))

    def _own(self, **more: Any) -> dict[str, Any]:
        """Keys that are the same on every build."""
        self.number += 1
        text = f"pairs|{self.out.school.public_id}|{self.number}"
        digest = hashlib.sha256(text.encode()).digest()
        return {
            "public_id": base64.urlsafe_b64encode(digest[:16]).decode()[:22],
            "school": self.out.school,
            **more,
        }

    def _of(self, link: Link, **more: Any) -> dict[str, Any]:
        return self._own(kind=link.kind, a=link.a, b=link.b, **more)

    def _token(self) -> str:
        return f"demo:{self.out.school.pk}:pairs:{self.number}"

    def _since(self, link: Link) -> date:
        """A day soon after a pair began, within this term."""
        return min(
            max(link.valid_from, self.term.first) + timedelta(days=self.random.randrange(3, 12)), self.today
        )

    def _agreements(self, kind: kinds.PairKind, links: Iterable[Link]) -> None:
        year = school_calendar(self.out.school).school_year_of(self.today)
        last = year.last if year else self.today + timedelta(days=200)
        rows = []
        for link in links:
            if self.random.random() < 0.1:
                continue
            day = self._since(link)
            late = self.random.random() < 0.15
            rows.append(
                Agreement(
                    **self._of(link), number=1, first_day=day, last_day=min(last, link.valid_to), written_by=link.a,
                    written_at=moment(day, 16), token=self._token(), goals=kind.agreement["goals"].strip(),
                    measures=kind.agreement["measures"].strip(), a_signed_at=moment(day, 16.2),
                    b_signed_at=None if late else moment(min(day + timedelta(days=1), self.today), 12.3),
                    b_signed_by=None if late or link.b.type == kinds.HOMEROOM else link.b,
                )
            )  # fmt: skip
        insert(Agreement, rows)

    def _feedback(self, kind: kinds.PairKind, links: Iterable[Link]) -> None:
        rows = []
        for link in links:
            for side, share, said in (("a", 0.8, TEACHERS_SAID), ("b", 0.7, CHILDREN_SAID)):
                if self.random.random() > share or (side == "b" and link.b.type == kinds.HOMEROOM):
                    continue
                scores = [self.random.choices((5, 4, 3, 2), (5, 4, 2, 1))[0] for _q in kind.questions(side)]
                again = self.random.choices(
                    (feedback.AGAIN, feedback.EITHER, feedback.RATHER_NOT), (12, 4, 1)
                )[0]
                day = max(self.today - timedelta(days=self.random.randrange(1, 20)), self.term.first)
                rows.append(
                    Feedback(
                        **self._of(link), side=side, since=self.term.first, until=self.term.last,
                        said_by=link.a if side == "a" else link.b, said_at=moment(min(day, self.today), 17),
                        answers={"scores": scores, "again": again},
                        words=self.random.choice(said) if kind.with_child else "",
                    )
                )  # fmt: skip
        insert(Feedback, rows)

    def _wishes(self, links: Iterable[Link]) -> None:
        rows = []
        for number, link in enumerate(links):
            stated = self._since(link)
            done = number % 3 != 0 and self.today - stated > timedelta(days=8)
            rows.append(
                Wish(
                    **self._of(link), words=WISHES[number % len(WISHES)], stated_by=link.b,
                    stated_at=moment(stated, 12.5), token=self._token(),
                    taken_at=moment(stated + timedelta(days=1)) if done else None,
                    fulfilled_on=stated + timedelta(days=7) if done else None, how="help" if done else "",
                    told="一起挑了半天，很高兴。" if done else "",
                )
            )  # fmt: skip
        insert(Wish, rows)

    def _marks(self, links: Iterable[Link]) -> None:
        """Three exams of two courses; most rise a little."""
        rows = []
        days = [self.term.first + timedelta(days=n) for n in (28, 56, 84)]
        for link in links:
            for course in ("数学", "英语"):
                score = self.random.randrange(48, 70)
                for exam, day in zip(("九月月考", "期中", "十一月月考"), days, strict=True):
                    if link.valid_from <= day <= self.today:
                        rows.append(
                            Mark(
                                **self._of(link), day=day, exam=exam, course=course, entered_by=link.a,
                                entered_at=moment(day, 18), token=self._token(),
                                result={"score": score * 100, "full": 10000},
                            )
                        )  # fmt: skip
                    score = min(score + self.random.randrange(-2, 8), 98)
        insert(Mark, rows)

    def _asked(self, kind: kinds.PairKind, links: list[Link]) -> None:
        """One side asks for somebody else; an earlier request was looked into and the pair went on."""
        if not kind.with_child or len(links) < 8:
            return
        asked, before = links[-1], links[-2]
        insert(
            PairAsked,
            [
                PairAsked(
                    **self._of(asked), side="a", want="change", reason="load", words="这学期带了毕业班，怕顾不上。",
                    asked_by=asked.a, asked_at=moment(self.today - timedelta(days=2), 17), token=self._token(),
                )
            ],
        )  # fmt: skip
        by = self.out.holder("counsellor").subject
        insert(
            PairStep,
            [
                PairStep(
                    **self._of(before), what="declined", day=max(self.today - timedelta(days=20), self.term.first),
                    reason="other", words="双方谈过，再试一个月。", by=by,
                    at=moment(self.today - timedelta(days=20), 16), token=self._token(),
                )
            ],
        )  # fmt: skip

    def _growth(self) -> None:
        young = [apprentice for _master, apprentice, _day in self.out.masters] or self.out.staff[-5:]
        helpers, secretary = self.out.staff[:8], self.out.holder("secretary").subject
        rows = []
        for number, (theme, words, answer, ago) in enumerate(REQUESTS):
            asked = max(self.today - timedelta(days=ago + 3), self.term.first)
            asker = young[number % len(young)].subject
            helper = next(
                one.subject for one in helpers[number % 4 :] if one.subject.pk not in (asker.pk, secretary.pk)
            )
            given = ago > 0
            rows.append(
                GrowthRequest(
                    **self._own(), theme=theme, asker=asker, asked_on=asked, asked_at=moment(asked, 20), words=words,
                    token=self._token(), helper=helper if given else None, assigned_by=secretary if given else None,
                    assigned_at=moment(asked, 21) if given else None,
                    due=asked + timedelta(days=10) if given else None, answer=answer,
                    answered_at=moment(self.today - timedelta(days=ago)) if answer else None,
                    answered_on=self.today - timedelta(days=ago) if answer else None,
                    closed_at=moment(self.today - timedelta(days=ago - 1)) if answer and number < 2 else None,
                    asker_score=5 if answer and number < 2 else None, helper_score=4 if answer else None,
                    thanks="听了一节课，一下就明白了，谢谢。" if answer and number < 2 else "",
                )
            )  # fmt: skip
        insert(GrowthRequest, rows)

    def _shown(self) -> None:
        links = [
            link for link in self._links("master_of") if link.valid_to == NO_END or link.valid_to > self.today
        ]
        rows = [
            Shown(
                **self._of(link), citation=words, marked_by=self.out.holder("secretary").subject,
                marked_at=moment(self.today - timedelta(days=12 - number)), token=self._token(), a_said=True,
                b_said=True if number == 0 else None,
            )
            for number, (link, words) in enumerate(zip(links, CITATIONS, strict=False))
        ]  # fmt: skip
        insert(Shown, rows)

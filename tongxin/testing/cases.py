"""The cast of the tests with all that a case needs: a leader in charge, a second counsellor, a chain, papers that can be written.

desk.open(child)           a case of 陈老师, because of a judgement            desk.write(case, "interview")   a whole paper
desk.walk(case, "follow")  through every paper to a state                     desk.signal(child, rank=4)      a signal, taken
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import transaction
from django.utils import timezone

from tongxin.kernel.base.models import Subject
from tongxin.kernel.people import services as people

from .cast import TODAY, Cast, Player, picture, player

if TYPE_CHECKING:
    from tongxin.kernel.signals.models import Signal
    from tongxin.modules.cases.models import Case, CasePaper

# How a case gets from state to state in the scheme that is shipped with three colours.
ROADS = {
    "study": ("interview",),
    "plan": ("interview", "meeting", "finding"),
    "follow": ("interview", "meeting", "finding", "plan"),
    "closing": ("interview", "meeting", "finding", "plan", "follow-up", "close"),
}


@dataclass
class Desk:
    """A counsellor's desk. leader: in charge of it all; second: another counsellor."""

    cast: Cast
    leader: Player
    second: Player
    number: int = 0

    @property
    def chen(self):
        return self.viewer(self.cast.chen)

    def viewer(self, who: Player):
        return who.viewer(timezone.localdate(), proved=True)

    def child(self, number: int = 0, room: int = 1) -> Subject:
        return self.cast.students[room][number]

    def signal(self, child: Subject, rank: int = 4, *, take: bool = True) -> Signal:
        from tongxin.kernel.signals import services as signals

        self.number += 1
        with transaction.atomic():
            made = signals.raise_signal(
                school_id=child.school_id,
                student_id=child.pk,
                origin="person",
                source=f"desk-{self.number}",
                rank=rank,
            )
        assert made is not None
        if take:
            signals.take(made, self.chen)
        return made

    def open(self, child: Subject, *, rank: int = 4, by: Player | None = None) -> Case:
        from tongxin.modules.cases.casework import cases

        return cases.open_case(
            child,
            self.viewer(by or self.cast.chen),
            rank=rank,
            why="班主任说最近总是一个人坐着",
            trigger="judgement",
        )

    def written(self, case: Case, form_id: str, rank: int = 4, **more: Any):
        """Return a form with every wanted question answered."""
        from tongxin.kernel.ledger import evidence
        from tongxin.modules.cases.casework import clocks, papers

        form = clocks.scheme_for(case).form_by_id[form_id]
        plain = {
            "text": "写了一句", "long": "写了一段话", "date": TODAY.isoformat(), "number": "1", "yes_no": True,
            "people": [self.cast.chen.subject.pk, self.leader.subject.pk], "goals": [{"id": "g1", "text": "每周来上四天课"}],
            "goal_scores": {"g1": 1}, "watches": [],
        }  # fmt: skip
        values = {
            one.id: one.options[0][0] if one.type == "choice" else plain[one.type]
            for one in form.fields
            if one.required and one.type not in ("rank", "tasks", "file")
        }
        files = [
            papers.Attached(one.id, evidence.clean(picture()), "照片.jpg")
            for one in form.of_type("file")
            if one.required
        ]
        more.setdefault("rank", rank if form.of_type("rank") else None)
        return papers.Written(values=values | more.pop("values", {}), files=files, **more)

    def write(self, case: Case, form_id: str, *, by: Player | None = None, **more: Any) -> CasePaper:
        from tongxin.modules.cases.casework import papers

        return papers.write(
            case, form_id, self.written(case, form_id, **more), self.viewer(by or self.cast.chen)
        )

    def walk(self, case: Case, to: str, rank: int = 4) -> Case:
        for form in ROADS[to]:
            self.write(case, form, rank=rank)
        case.refresh_from_db()
        assert case.state == to
        return case


@dataclass
class Filled:
    """A case with a row in every table it has, a word sealed in each."""

    case: Case
    paper: CasePaper
    file: Any
    task: Any
    outcome: Any
    draft: Any
    standing: Any


def filled_case(
    student: Subject, keeper: Subject, bearer: Subject, word: str = "写了一段话", number: int = 1
) -> Filled:
    """Return a case as rows alone, without what a school needs to open one. number: of the case in its school."""
    from tongxin.kernel.base.sealing.cipher import Scope
    from tongxin.kernel.ledger import evidence
    from tongxin.kernel.signals.models import Signal
    from tongxin.modules.cases import schemes
    from tongxin.modules.cases.models import (
        Case,
        CaseDraft,
        CaseFile,
        CasePaper,
        CaseTask,
        Outcome,
        SchemeText,
        Standing,
    )

    school, now = student.school, timezone.now()
    slug, text = schemes.DEFAULT, schemes.shipped()[schemes.DEFAULT][1]
    scheme, _new = SchemeText.objects.get_or_create(
        school=school, number=1, defaults={"slug": slug, "title": "红橙黄三级", "text": text, "sha256": ""}
    )
    case = Case.objects.create(
        school=school, number=number, student=student, scheme=scheme, state="interview", owner=keeper, opened_by=keeper,
        due_at=now + timedelta(days=1),
    )  # fmt: skip
    of = {"school": school, "student": student, "case": case, "day": TODAY}
    said = {"notes": {"mood": word}, "plan": {"measures": word}, "deep": {"detail": word}}
    paper = CasePaper.objects.create(**of, form="plan", state="plan", by=keeper, **said)
    standing = Standing.objects.create(**of, kind="opened", by=keeper, rank={"rank": 4, "word": word})
    kept = evidence.store(
        school.public_id, evidence.Clean(b"%PDF-1.4 " + word.encode(), "application/pdf"),
        Scope(school.pk, "K5", subject=student.pk),
    )  # fmt: skip
    file = CaseFile.objects.create(
        **of, paper=paper, field="paper", file=kept, content_type="application/pdf", size=9, name=word
    )
    task = CaseTask.objects.create(**of, bearer=bearer, by=keeper, until=TODAY, words=word, answer=word)
    signal = Signal.objects.create(
        school=school, student=student, origin="person", source=f"filled-{case.pk}", urgent=False, day=TODAY,
        what={"rank": 2},
    )  # fmt: skip
    outcome = Outcome.objects.create(**of, signal=signal, by=keeper, why=word)
    draft = CaseDraft.objects.create(**of, form="interview", author=keeper, values={"mood": [word]})
    return Filled(case, paper, file, task, outcome, draft, standing)


def make_desk(cast: Cast) -> Desk:
    from tongxin.kernel.signals import chain

    whole = people.school_subject(cast.school)
    leader = player(cast.school, "何敏", "he", care_leader=whole)
    second = player(cast.school, "方圆", "fang", counsellor=whole)
    wanted = [chain.Wanted(one.subject) for one in (cast.chen, leader, cast.wang)]
    chain.set_chain(cast.school, wanted, by=cast.wang.viewer(), day=TODAY)
    return Desk(cast, leader, second)


class Clock:
    """A clock that the test moves."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now

    def move(self, **span) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def clock(monkeypatch, today) -> Clock:
    made = Clock(timezone.now())
    monkeypatch.setattr(timezone, "now", made)
    return made


@pytest.fixture
def desk(cast, keys, settings, tmp_path) -> Desk:
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    return make_desk(cast)

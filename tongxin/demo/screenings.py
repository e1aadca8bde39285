"""Two sittings of each school: one of last term, closed and handled, and one that runs now.

Answers follow an invented state of mind of each child, at rates as surveys of pupils find them: about a quarter over
the cut-off for low mood, about one in ten with the question that calls somebody at once, one paper in twelve careless.
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

from tongxin.kernel.consent.models import Purpose
from tongxin.kernel.consent.queries import may_process_each
from tongxin.kernel.obligations import outbox
from tongxin.kernel.signals import chain, services, topics
from tongxin.kernel.signals.models import Call, ChainStep, Signal
from tongxin.methods.psychometrics.instrument import Item, Person
from tongxin.modules.screening import instruments, papers, signals, sittings
from tongxin.modules.screening.instruments import Ready, ready
from tongxin.modules.screening.models import (
    EntryCode,
    InstrumentText,
    Page,
    Paper,
    Result,
    Sitting,
    SittingForm,
)

from .casting import shown_pupil
from .days import YearDays, school_year_of
from .facts import moment
from .inserting import give_keys, insert
from .population import Populated, Pupil, Room
from .world import SEED

FOLDER = Path(__file__).with_name("instruments")
YOUNGEST_GRADE = 3
PER_PAGE = 5
CARELESS, BLANK, ABSENT = 0.08, 0.01, 0.04
# Of those who may take part, how many have handed in while the sitting still runs.
SO_FAR = 0.55


@dataclass
class Rows:
    """What a school's sittings come to, inserted table by table."""

    papers: list[Paper] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)


def tell(out: Populated, today: date) -> None:
    """Give a school its chain, its instruments and both sittings."""
    Screenings(out, today).tell()


class Screenings:
    def __init__(self, out: Populated, today: date) -> None:
        self.out, self.today = out, today
        # A source of chance of its own, so that the rest of the demo's world stays as it was.
        self.random = Random(f"{SEED} screening {out.plan.slug}")
        self.minds: dict[int, float] = {}
        self.steps: list[ChainStep] = []

    def tell(self) -> None:
        account = self.out.holder("counsellor").account
        last = self.out.holder("secretary")
        others = [self.out.holder("counsellor"), *(s for s in self.out.staff if "administrator" in s.posts)]
        called = [*[each for each in dict.fromkeys(others) if each is not last][: chain.LEAST - 1], last]
        wanted = [chain.Wanted(each.subject) for each in called]
        self.steps = chain.set_chain(self.out.school, wanted, by=account, day=self.today)
        texts = self._texts(account)
        first, end = last_term(self.today)
        before = self._sitting(f"{season(first)}心理测评", first, end, texts, Sitting.State.CLOSED, None)
        begin = self.today - timedelta(days=3)
        now = self._sitting(
            f"{season(begin)}心理测评",
            begin,
            self.today + timedelta(days=4),
            texts,
            Sitting.State.OPEN,
            before,
        )
        for sitting, share in ((before, 1 - ABSENT), (now, SO_FAR)):
            self._fill(sitting, share)

    def _texts(self, account) -> list[InstrumentText]:
        school = self.out.school
        if self.out.plan.stage == "primary":
            text = (FOLDER / "demo-mood.yaml").read_text(encoding="utf-8")
            return [instruments.add(school, text, by=account)]
        return [instruments.take(school, slug, by=account) for slug in ("phq-9", "gad-7")]

    def _rooms(self, day: date) -> list[Room]:
        year = school_year_of(day)
        young = self.out.plan.stage == "primary"
        return [room for room in self.out.rooms_in(year) if not young or room.grade(year) >= YOUNGEST_GRADE]

    def _sitting(
        self,
        title: str,
        first: date,
        last: date,
        texts: Sequence[InstrumentText],
        state: str,
        before: Sitting | None,
    ) -> Sitting:
        closed = state == Sitting.State.CLOSED
        rooms = self._rooms(first)
        sitting = Sitting(
            public_id=self._id(title, str(first)), school=self.out.school, title=title, state=state, first_day=first,
            last_day=last, place="计算机教室", rooms=sorted(room.subject.pk for room in rooms), per_page=PER_PAGE,
            before=before, created_at=moment(first - timedelta(days=7)),
            created_by=self.out.holder("counsellor").account, opened_at=moment(first, 8),
            closed_at=moment(last, 17) if closed else None,
        )  # fmt: skip
        insert(Sitting, [sitting])
        insert(SittingForm, [SittingForm(sitting=sitting, number=n, text=text, form="student") for n, text in enumerate(texts, 1)])  # fmt: skip
        insert(EntryCode, [EntryCode(school=self.out.school, sitting=sitting, room=room.subject, code=self._code(sitting, room)) for room in rooms])  # fmt: skip
        return sitting

    def _code(self, sitting: Sitting, room: Room) -> str:
        digest = hashlib.sha256(f"{sitting.public_id}|{room.subject.pk}".encode()).digest()
        return "".join(
            sittings.ALPHABET[byte % len(sittings.ALPHABET)] for byte in digest[: sittings.CODE_LENGTH]
        )

    def _fill(self, sitting: Sitting, share: float) -> None:
        """Papers of those who may take part; in a sitting that runs, class after class has had its turn."""
        forms = list(sitting.forms.select_related("text").order_by("number"))
        rooms = self._rooms(sitting.first_day)
        day = min(sitting.last_day, self.today)
        pupils = [(room, pupil) for room in rooms for pupil in room.present(day)]
        allowed = may_process_each(
            self.out.school.pk, [pupil.subject for _room, pupil in pupils], Purpose.SCREENING, moment(day, 12)
        )
        turns = {room.subject.pk: n / max(len(rooms), 1) for n, room in enumerate(rooms)}
        rows, shown = Rows(), shown_pupil(self.out)
        for room, pupil in pupils:
            running = sitting.state == Sitting.State.OPEN
            late = turns[room.subject.pk] >= share if running else self.random.random() >= share
            here = allowed[pupil.id] and not late and (not running or self.random.random() >= ABSENT)
            # Whoever tries the demo as a student finds something to fill in.
            if here and not (running and pupil is shown):
                self._paper(sitting, forms, room, pupil, turns[room.subject.pk], rows)
        self._write(rows)

    # ------------------------------------------------------------------ one paper

    def _paper(
        self,
        sitting: Sitting,
        forms: Sequence[SittingForm],
        room: Room,
        pupil: Pupil,
        turn: float,
        rows: Rows,
    ) -> None:
        days = max((min(sitting.last_day, self.today) - sitting.first_day).days, 0)
        day = sitting.first_day + timedelta(
            days=min(int(turn * (days + 1) / (SO_FAR if sitting.before_id else 1)), days)
        )
        begun = moment(day, 8.5 + 6 * self.random.random())
        careless = self.random.random() < CARELESS
        pace = 0.6 + self.random.random() if careless else 3 + 5 * self.random.random()
        paper = Paper(
            public_id=self._id(sitting.public_id, str(pupil.id)), school=self.out.school, sitting=sitting,
            student=pupil.subject, form="student", respondent=pupil.subject, started_at=begun,
        )  # fmt: skip
        give_keys([paper], Paper)
        mind = self._mind(pupil, sitting)
        number, seconds = 0, 0.0
        found: list[signals.Found] = []
        for form in forms:
            made = ready(form.text)
            answered = self._answers(made, mind, careless)
            for start in range(0, len(made.instrument.items), PER_PAGE):
                number += 1
                items = [item.id for item in made.instrument.items[start : start + PER_PAGE]]
                took = max(round(pace * len(items)), 1)
                seconds += took
                own = {item: answered[item] for item in items if item in answered}
                rows.pages.append(
                    Page(
                        public_id=self._id(paper.public_id, str(number)), school=self.out.school, paper=paper,
                        student=pupil.subject, day=day, number=number, recorded_at=begun + timedelta(seconds=seconds),
                        answers={"form": form.pk, "items": own, "seconds": took},
                    )
                )  # fmt: skip
            person = Person(pupil.sex, None, room.grade(school_year_of(day)), "student")
            scored = papers.score_answers(made, answered, person)
            seen = signals.found_in(made.instrument, form.pk, scored)
            rank = max([band.rank for band in scored.bands.values()] + [one.rank for one in seen], default=0)
            found += seen
            rows.results.append(
                Result(
                    public_id=self._id(paper.public_id, f"result {form.number}"), school=self.out.school, paper=paper,
                    form=form, student=pupil.subject, day=day, recorded_at=begun + timedelta(seconds=seconds),
                    scores=papers.told(scored),
                    standing={"rank": rank, "critical": scored.critical, "patterns": scored.patterns, "texts": scored.texts},
                )
            )  # fmt: skip
        paper.finished_at = begun + timedelta(seconds=seconds)
        rows.papers.append(paper)
        for one in {each.source(paper): each for each in found}.values():
            self._signal(paper, one, day, rows)

    def _mind(self, pupil: Pupil, sitting: Sitting) -> float:
        """How low a child feels, on a scale whose mean is 0: much the same from term to term, a little better after help."""
        steady = self.minds.setdefault(pupil.id, self.random.gauss(0.5 if pupil.priority else 0, 1))
        better = 0.12 if sitting.before_id else 0.0
        return 0.8 * steady + 0.6 * self.random.gauss(0, 1) - better

    def _answers(self, made: Ready, mind: float, careless: bool) -> dict[str, int | str]:
        found: dict[str, int | str] = {}
        straight = self.random.randrange(4) if careless and self.random.random() < 0.5 else None
        critical = {item for rule in made.instrument.critical for item in _items(rule.when)}
        low = mind
        for item in made.instrument.items:
            if not made.instrument.is_scored(item) or self.random.random() < BLANK:
                continue
            most = len(made.instrument.answers_by_id[item.answers].options) - 1
            if item.show_if is not None and not any(found.values()):
                continue
            if straight is not None:
                found[item.id] = min(straight, most)
            elif careless:
                found[item.id] = self.random.randint(0, most)
            elif item.id in made.instrument.unscored and made.instrument.id == "demo-mood":
                found[item.id] = 1
            else:
                found[item.id] = self._place(
                    item, low, most, item.id in critical, item.id in made.instrument.reverse
                )
        return found

    def _place(self, item: Item, mind: float, most: int, rare: bool, turned: bool) -> int:
        """An answer by a graded response model: the lower somebody feels, the more often it is the worse option."""
        slope, first = (2.2, 1.75) if rare else (1.6, 0.35)
        drawn = self.random.random()
        place = 0
        for step in range(most):
            edge = first + step * (0.6 if rare else 0.95)
            if drawn < 1 / (1 + math.exp(-slope * (mind - edge))):
                place = step + 1
        return most - place if turned else place

    # ------------------------------------------------------------------ what it sets off

    def _signal(self, paper: Paper, one: signals.Found, day: date, rows: Rows) -> None:
        assert paper.finished_at is not None
        signal = Signal(
            public_id=self._id(one.source(paper), "signal"), school=self.out.school, student_id=paper.student_id,
            origin=signals.ORIGIN, origin_id=paper.pk, bundle=signals.bundle(paper.sitting_id), source=one.source(paper), raised_at=paper.finished_at, day=day,
            urgent=one.urgent,
            what={"kind": one.kind, "rule": one.rule, "scale": one.scale, "rank": one.rank, "form": one.form},
        )  # fmt: skip
        rows.signals.append(signal)

    def _calls(self, rows: Rows) -> None:
        """Nearly all were answered in time, a few by the second of the chain; the newest of the running sitting wait."""
        waiting_urgent = next((s for s in reversed(rows.signals) if s.urgent and s.day == self.today), None)
        for signal in rows.signals:
            calm = not signal.urgent and signal.day == self.today
            if signal is waiting_urgent or calm:
                due = moment(self.today, 23.5) if signal.urgent else signal.raised_at + services.CALM
                self._call(rows, signal, 0, signal.raised_at, due, "", None)
                continue
            span = timedelta(minutes=15) if signal.urgent else services.CALM
            called, step = signal.raised_at, 0
            if self.random.random() < 0.1:
                self._call(rows, signal, 0, called, called + span, Call.Answer.LATE, called + span)
                called, step = called + span, 1
            answered = called + span * (0.05 + 0.8 * self.random.random())
            self._call(rows, signal, step, called, called + span, Call.Answer.TAKEN, answered)

    def _call(
        self,
        rows: Rows,
        signal: Signal,
        step: int,
        called: datetime,
        due: datetime,
        answer: str,
        at: datetime | None,
    ) -> None:
        one = self.steps[step]
        rows.calls.append(
            Call(school=self.out.school, signal=signal, step=one.number, person_id=one.person_id, firm=one.firm,
                 called_at=called, due_at=due, answer=answer, answered_at=at)
        )  # fmt: skip

    def _write(self, rows: Rows) -> None:
        insert(Paper, rows.papers)
        insert(Page, rows.pages)
        insert(Result, rows.results)
        give_keys(rows.signals, Signal)
        insert(Signal, rows.signals)
        self._calls(rows)
        insert(Call, rows.calls)
        for call in rows.calls:
            if call.answer == "":
                self._notice(call)

    def _notice(self, call: Call) -> None:
        signal = call.signal
        key = (
            f"signal:{signal.pk}:0:{call.step}"
            if signal.urgent
            else services.calm_key(signal, call.person_id)
        )
        topic = topics.CALLED if signal.urgent else topics.TO_LOOK_AT
        outbox.put(
            key,
            school_id=self.out.school.pk,
            recipient_id=call.person_id,
            topic=topic,
            data={"signal": signal.pk},
        )

    def _id(self, *about: str) -> str:
        """The same every time, without a draw."""
        digest = hashlib.sha256("|".join(["screening", self.out.school.public_id, *about]).encode()).digest()
        return base64.urlsafe_b64encode(digest[:16]).decode()[:22]


def _items(when) -> set[str]:
    return {leaf.item for leaf in when.leaves() if hasattr(leaf, "item")}


def last_term(today: date) -> tuple[date, date]:
    """Return the week in which last term's sitting was held: the ninth week of the term before the one that runs."""
    year = school_year_of(today)
    spans = [span for each in (year - 1, year) for span in (YearDays(each).autumn, YearDays(each).spring)]
    ended = [span for span in spans if span[1] < today]
    first = (ended[-1] if ended else spans[0])[0] + timedelta(weeks=8)
    first -= timedelta(days=first.weekday())
    return first, first + timedelta(days=11)


def season(day: date) -> str:
    return f"{day.year}年{'春' if 2 <= day.month <= 7 else '秋'}季"

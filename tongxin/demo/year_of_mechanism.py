"""A school year of a school under 党建+ 协同育人: tasks taken on, lessons heard, teachers appraised, ethics and study."""

from __future__ import annotations

from datetime import date, timedelta

from tongxin.methods.cadence.calendar import Term

from .facts import Facts
from .population import Populated, StaffMember
from .routine import Routine, Span

USES = ("post_competition", "model_nomination", "award")
MEASURES = ("teachers", "students", "parents")


class YearOfMechanism(Routine):
    """years: the school years told."""

    def __init__(self, out: Populated, years: tuple[int, ...], facts: Facts, **known) -> None:
        super().__init__(out, known["ledger"], known["days"], known["started"])
        self.years, self.facts = years, facts

    def tell(self) -> None:
        for person in self.out.staff:
            fresh = person.arrived.year >= self.started.year
            self.facts.state(person.subject, "new_teacher", fresh, max(person.arrived, self.started))
        self.facts.write()
        for year in self.years:
            self._tasks(year)
            self._ethics(year)
            self._appraisal(year)
        for term in self.days.terms():
            if term.last >= self.started:
                self._term(term)

    def _tasks(self, year: int) -> None:
        """The bureau's goals become tasks of the school, the branch and each member; progress every quarter."""
        secretary, opening = self.post("secretary"), (date(year, 9, 7), date(year, 9, 29))
        leading = {"member": self.out.members()[:4], "leader": secretary}
        self.once("leading_team_roster", opening, leading, "roster", by=secretary)
        self.once("study_plan_issue", opening, {"author": secretary}, "document", by=secretary)
        taken: list[tuple[str, dict]] = [("school", {"taker": secretary})]
        taken += [("branch", {"branch": branch, "taker": secretary}) for branch in self.out.branches]
        taken += [("person", {"taker": person}) for person in self.out.members()]
        for theme, parts in taken:
            self.once(
                "task_taken", opening, parts, "document", theme=theme, amounts={"target": 4}, by=secretary
            )
        for n, first in enumerate(
            (date(year, 9, 20), date(year, 12, 1), date(year + 1, 3, 5), date(year + 1, 5, 8))
        ):
            state = ("on_time", "on_time", "delayed", "done")[n]
            when, parts = (first, first + timedelta(days=24)), {"reporter": secretary}
            amounts = {"done": n + 1}
            self.once("task_progress", when, parts, "document", theme=state, amounts=amounts, by=secretary)
        self.once(
            "school_concept", (date(year, 11, 2), date(year, 11, 20)), {"author": secretary}, "document"
        )
        office, summer = self.post("office"), (date(year + 1, 7, 6), date(year + 1, 7, 20))
        self.on_leave("outcome_report", summer, {"author": office}, "report", by=office)

    def _ethics(self, year: int) -> None:
        secretary, expert = self.post("secretary"), self.out.outsiders["expert"][0]
        autumn: Span = (date(year, 10, 9), date(year, 11, 18))
        teachers = self.here(self.teaching(), autumn[0])
        trained = {"expert": expert, "trainee": self.most(teachers, 0.9)}
        self.once("expert_ethics_training", autumn, trained, "sign_in_sheet", by=secretary)
        fresh = [s for s in self.out.staff if s.arrived.year == year]
        for n in range(2):
            when = (date(year, 9, 8 + 8 * n), date(year, 9, 15 + 8 * n))
            if fresh:
                parts = {"trainee": fresh[: len(fresh) - n] or fresh, "trainer": secretary}
                self.once("new_teacher_ethics", when, parts, "sign_in_sheet", hours=4, by=secretary)
        signed = self.most(self.here(self.out.staff, date(year, 9, 10)), 0.93)
        when = (date(year, 9, 10), date(year, 9, 24))
        self.held("ethics_opinion_ack", *when, {"signer": signed}, evidence=["record_sheet"], by=secretary)
        for theme in ("members", "teachers", "young"):
            tellers = {"teller": self.random.choice(self.out.members()), "listener": self.most(teachers, 0.7)}
            self.once("story_event", (date(year, 9, 20), date(year, 12, 18)), tellers, "photo", theme=theme)
        for theme in ("beautiful_teacher", "ethics_model"):
            parts = {"chosen": self.some(teachers, 2), "voter": self.most(self.out.staff, 0.9)}
            when = (date(year, 9, 7), date(year, 9, 11))
            self.once("ethics_model_selection", when, parts, "result_list", theme=theme, by=secretary)
        parts, when = {"honoured": self.some(teachers, 3)}, (date(year, 9, 8), date(year, 9, 11))
        self.once("commendation", when, parts, "certificate", level="school", by=secretary)

    def _appraisal(self, year: int) -> None:
        """Every teacher's points in January with the sheet, told in time to most, used for posts and awards."""
        lead, secretary = self.post("teaching_lead"), self.post("secretary")
        last = next(t.last for t in self.days.calendar.terms if t.first.year == year)
        when = (last - timedelta(days=16), last - timedelta(days=8))
        for person in self.here(self.teaching(), last):
            points = round(self.random.gauss(86, 6))
            theme = "excellent" if points > 91 else "competent"
            day = self.once(
                "appraisal_result",
                when,
                {"assessed": person, "assessor": lead},
                "score_sheet",
                theme=theme,
                amounts={"points": min(points, 100)},
                by=lead,
            )
            if day and self.chance(0.9):
                self._answer("appraisal_notice", day, 9, {"assessed": person, "teller": lead}, lead)
        for theme in USES:
            spring = (date(year + 1, 3, 8), date(year + 1, 5, 28))
            self.once("result_use", spring, {"decider": secretary}, "document", theme=theme, by=secretary)

    def _answer(self, kind: str, day: date, within: int, parts: dict, by: StaffMember) -> None:
        """Enter what answers the activity entered last, some days after it."""
        first = self.ledger.latest
        self.enter(kind, self.days.any_day(day, day + timedelta(days=within)), parts, about=first, by=by)

    # each term

    def _term(self, term: Term) -> None:
        whole, secretary = (term.first, term.last), self.post("secretary")
        self._lessons(term)
        self.once(
            "leading_group_meeting", whole, {"attendee": self.out.members()[:4]}, "minutes", by=secretary
        )
        for theme in ("concept", "style"):
            parts = {"speaker": secretary, "attendee": self.most(self.out.staff, 0.85)}
            self.once("concept_session", whole, parts, "photo", theme=theme, by=secretary)
        for first, last in self.days.months(*whole):
            for branch in self.out.branches:
                attending = self.most(self.out.in_branch(branch), 0.92)
                parts = {"branch": branch, "lecturer": secretary, "attendee": attending}
                self.once("branch_study", (first, last), parts, "minutes", hours=1.5, by=secretary)
        for person in self.out.members():
            if self.likely(person):
                parts = {"writer": person}
                self.held("study_note", *whole, parts, evidence=self.proof("document"), by=person)
        close = (term.last - timedelta(days=20), term.last)
        for n, theme in enumerate(MEASURES):
            score = {"score": 84 + n + term.first.year % 3}
            self.once(
                "effect_measure", close, {"measurer": secretary}, "document", theme=theme, amounts=score
            )
        self.once("phase_summary", close, {"author": secretary}, "summary", by=secretary)

    def _lessons(self, term: Term) -> None:
        """Leaders follow lessons month by month, teachers look in on one another; most tell what they saw."""
        teachers = self.here(self.teaching(), term.first)
        leaders = [s for s in self.out.staff if {"secretary", "administrator"} & set(s.posts)]
        for first, last in self.days.months(term.first, term.last):
            for leader in leaders:
                self._visit(leader, teachers, "tracked", first, last)
        for person in teachers:
            if not self.still_owes(person, term.last):
                self._visit(person, teachers, "open_door", term.first, term.last)

    def _visit(
        self, observer: StaffMember, teachers: list[StaffMember], theme: str, first: date, last: date
    ) -> None:
        if not self.likely(observer):
            return
        observed = self.random.choice([s for s in teachers if s is not observer])
        parts = {"observer": observer, "observed": observed}
        share = self.proof("record_sheet", share=0.5)
        day = self.held("lesson_visit", first, last, parts, theme=theme, evidence=share, by=observer)
        if day and self.chance(0.85):
            self._answer("lesson_feedback", day, 7, parts, observer)

"""Party life as the rules for branches have it: meetings of the month and the quarter, lectures, talks, appraisal."""

from __future__ import annotations

from datetime import date, timedelta

from tongxin.kernel.base.models import Subject

from .base_facts import BaseFacts
from .population import StaffMember
from .routine import Span

MONTHLY = ("committee_meeting", "group_meeting", "theme_party_day")
DAYS_OF_QUARTER = 91


def month_of(year: int, month: int, length: int = 1) -> Span:
    """The first and the last day of some months."""
    after = year * 12 + month - 1 + length
    return date(year, month, 1), date(after // 12, after % 12 + 1, 1) - timedelta(days=1)


class PartyLife(BaseFacts):
    def _party(self) -> None:
        day = self.started
        while day <= self.days.today:
            month = month_of(day.year, day.month)
            self._month(*month)
            if day.month % 3 == 0:
                self._quarter(day.year, day.month - 2)
            day = month[1] + timedelta(days=1)
        if self.days.today.month % 3:
            self._quarter(self.days.today.year, (self.days.today.month - 1) // 3 * 3 + 1)
        for year in range(self.started.year, self.days.today.year + 1):
            self._calendar_year(year)

    def _usual(self, first: date, last: date) -> Span:
        """The days on which something of a period is held: with weeks to spare, and never before the records begin."""
        return max(first, self.started), last - timedelta(days=(last - first).days // 5)

    def _month(self, first: date, last: date) -> None:
        when = self._usual(first, last)
        for branch in self.out.branches:
            members, secretary = self.out.in_branch(branch), self._secretary(branch)
            attending = {
                "committee_meeting": {"attendee": self._committee(branch)},
                "group_meeting": {"attendee": self.most(members, 0.93)},
                "theme_party_day": {"participant": self.most(members, 0.92)},
            }
            for kind in MONTHLY:
                parts = {"branch": branch} | attending[kind]
                self._any(kind, when, parts, "minutes" if "meeting" in kind else "photo", by=secretary)
        leaders = [s for s in self.out.staff if {"secretary", "administrator"} & set(s.posts)]
        present = self.random.choice((5, 6, 7, 7))
        self._any(
            "party_org_meeting",
            when,
            {"attendee": leaders, "host": self.post("secretary")},
            "minutes",
            theme="personnel" if present == 7 and first.month in (3, 8) else "ordinary",
            amounts={"members": 7, "present": present, "share_present": round(present * 100 / 7, 2)},
            by=self.post("secretary"),
        )

    def _quarter(self, year: int, month: int) -> None:
        """A meeting of all members in every branch, and a lecture: of the school's secretary or of the branch's own."""
        when = self._usual(*month_of(year, month, 3))
        leader = self.post("secretary")
        for branch in self.out.branches:
            members, secretary = self.out.in_branch(branch), self._secretary(branch)
            parts = {"branch": branch, "expected": members, "host": secretary}
            parts["attendee"] = self.most(members, 0.93)
            self._any("members_meeting", when, parts, "minutes", theme="study", by=secretary)
            lecturer = secretary if month in (1, 10) else leader
            told = {"branch": branch, "lecturer": lecturer, "attendee": self.most(members, 0.92)}
            self._any("party_lecture", when, told, "slides", by=secretary)
        for person in (s for s in self.out.staff if s.step == "activist"):
            if self.likely(person):
                self._any("thought_report", when, {"applicant": person}, "document", by=person)
            if month in (4, 10) and self.done():
                checker = self._secretary(self.out.branches[0])
                parts = {"applicant": person, "checker": checker}
                self._any("activist_check", when, parts, "record_sheet", by=checker)

    def _calendar_year(self, year: int) -> None:
        """The organisation's own meeting in spring, talks all the year, the appraisal of members in December."""
        spring = (date(year, 2, 20), date(year, 3, 28))
        meeting = spring if spring[0] >= self.started else month_of(year, 12)
        for branch in self.out.branches:
            members, secretary = self.out.in_branch(branch), self._secretary(branch)
            parts = {"branch": branch, "attendee": self.most(members, 0.94)}
            self._any("organisation_life_meeting", meeting, parts, "minutes", by=secretary)
            assessed = {"branch": branch, "assessed": self.most(members, 0.97)}
            when = (date(year, 12, 8), date(year, 12, 26))
            self._any("democratic_appraisal", when, assessed, "document", theme="qualified", by=secretary)
            for person in members:
                self._talk(person, branch, year)

    def _talk(self, person: StaffMember, branch: Subject, year: int) -> None:
        able = [s for s in self._committee(branch) if s is not person]
        if not able or not self.likely(person):
            return
        talker = self.random.choice(able)
        when = (max(date(year, 3, 1), self.started), date(year, 12, 20))
        parts = {"talker": talker, "partner": person}
        self._any("heart_talk", when, parts, "record_sheet", by=talker)

    def _any(self, kind: str, when: Span, parts: dict, *evidence: str, **more) -> bool:
        """Enter something on any day of a span, in the holidays too, if the school gets round to it."""
        if not self.done():
            return False
        share = self.proof(*evidence, share=0.6)
        return self.enter(kind, self.days.any_day(*when), parts, evidence=share, **more)

    def _secretary(self, branch: Subject) -> StaffMember:
        inside = self.out.in_branch(branch)
        return next((s for s in inside if "branch_secretary" in s.posts), self.post("secretary"))

    def _committee(self, branch: Subject) -> list[StaffMember]:
        posts = {"branch_secretary", "branch_committee"}
        return [s for s in self.out.in_branch(branch) if posts & set(s.posts)]

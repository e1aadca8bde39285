"""From the summer of a programme year under 三平台五融通 to its report, and what runs through the year."""

from __future__ import annotations

from datetime import date

from .platforms import Platforms

ZONES = ("individual", "sandplay", "catharsis", "group", "relaxation")
SETTINGS = ("club", "training_base", "canteen_dormitory", "sports_ground", "workshop")


class Autumn(Platforms):
    def _summer(self, year: int) -> None:
        """Visits by members, school contests for every student, coaching, the city contest."""
        first, last = date(year, 7, 1), date(year, 8, 25)
        for member in self.out.members():
            if self.chance(0.84):
                for pupil in self.some(self._pupils(date(year, 6, 1)), self.random.randrange(1, 4)):
                    self._visit(pupil, self.days.any_day(first, last), [member], "in_person")
        lead = self.post("contest_lead")
        events = ("skills", "innovation", "civility")
        for room in self.out.rooms_in(year - 1):
            day = self.days.any_day(first, date(year, 7, 12))
            if day is None or room.graduated_on < day or not self.chance(0.93):
                continue
            entered = [p.subject for p in room.present(day) if self.chance(0.95)]
            self.enter(
                "contest",
                day,
                {"contestant": entered, "coach": room.teacher},
                level="school",
                theme=self.random.choice(events),
                award="none",
                evidence=self.proof("result_list"),
                by=room.teacher,
            )
        for event in events:
            coach = self.random.choice(self.out.members())
            self.enter(
                "contest_coaching",
                self.days.any_day(first, last),
                {"coach": coach, "contestant": self._students(6)},
                hours=3,
                evidence=self.proof("record_sheet"),
                by=coach,
            )
            for award in ("first", "second", "third"):
                self.enter(
                    "contest",
                    self.days.any_day(date(year, 8, 10), last),
                    {"contestant": self._students(self.random.randrange(1, 4)), "coach": coach},
                    level="city",
                    theme=event,
                    award=award,
                    evidence=["certificate"],
                    by=lead,
                )

    def _autumn(self, year: int) -> None:
        admin, league = self.post("administrator"), self.post("league_organiser")
        first = date(year, 9, 1)
        freshmen = [r for r in self.out.rooms_in(year) if r.entry_year == year]
        self.held(
            "theme_activity",
            first,
            date(year, 9, 11),
            {"organiser": admin, "homeroom": [r.subject for r in freshmen]},
            theme="military_training",
            evidence=["photo"],
            by=admin,
        )
        for room in freshmen:
            day = self.days.school_day(date(year, 9, 4), date(year, 9, 29))
            if day is not None:
                self._sweep(room, day)
        self.held(
            "theme_activity",
            date(year, 10, 8),
            date(year, 10, 20),
            {"organiser": league},
            theme="national_day",
            evidence=["photo"],
            by=league,
        )
        for theme in ("lecture", "contest_coaching", "literacy_training"):
            self.held(
                "craftsman_guest",
                date(year, 10, 9),
                date(year, 10, 30),
                {
                    "guest": self.some(self.out.outsiders["craftsman"], 1),
                    "host": admin,
                    "homeroom": self.some([r.subject for r in self.out.rooms_in(year)], 3),
                },
                theme=theme,
                evidence=self.proof("photo"),
                by=admin,
            )
        judge = self.post("secretary")
        for theme in ("vocational_literacy", "craftsman_spirit"):
            self.held(
                "case_selection",
                date(year, 11, 2),
                date(year, 11, 12),
                {"judge": judge, "chosen": self.some(self.out.members(), 3)},
                theme=theme,
                amounts={"cases": 3},
                evidence=["result_list"],
                by=judge,
            )

    def _running(self, year: int) -> None:
        secretary, office, publicity = self.post("secretary"), self.post("office"), self.post("publicity")
        self.held(
            "half_year_review",
            date(year, 6, 22),
            date(year, 6, 30),
            {"author": secretary},
            evidence=["summary"],
            by=secretary,
        )
        for day in (date(year, 1, 20), date(year, 7, 6)):
            self.enter(
                "phase_summary", self._weekday(day), {"author": secretary}, evidence=["summary"], by=secretary
            )
        self.held(
            "commendation",
            date(year, 9, 7),
            date(year, 9, 11),
            {"honoured": self.some(self.out.members(), 6)},
            level="school",
            evidence=["certificate"],
            by=secretary,
        )
        leaders = [s for s in self.out.staff if "branch_secretary" in s.posts or "administrator" in s.posts]
        self.held(
            "self_review_meeting",
            date(year, 11, 11),
            date(year, 11, 20),
            {"attendee": [secretary, *leaders]},
            outcome="complete",
            evidence=["minutes"],
            by=secretary,
        )
        self.held(
            "bureau_summary",
            date(year, 12, 14),
            date(year, 12, 25),
            {"author": secretary},
            evidence=["summary"],
            by=secretary,
        )
        self.held(
            "ledger_filing",
            date(year, 12, 14),
            date(year, 12, 25),
            {"keeper": office},
            evidence=["file_list"],
            by=office,
        )
        self.held(
            "outcome_report",
            date(year, 12, 18),
            date(year, 12, 30),
            {"author": office},
            evidence=["report"],
            by=office,
        )
        for first, last in self.days.months(date(year, 2, 1), date(year, 12, 31)):
            for place in ("website", "wechat", "notice_board"):
                for _ in range(self.random.randrange(1, 4) if place != "notice_board" else 1):
                    self.held(
                        "publicity",
                        first,
                        last,
                        {"author": publicity},
                        place=place,
                        evidence=self.proof("screenshot", share=0.7),
                        by=publicity,
                    )
        for place in SETTINGS:
            for first, last in (
                (date(year, 3, 16), date(year, 6, 20)),
                (date(year, 9, 14), date(year, 11, 30)),
            ):
                self.held(
                    "literacy_activity",
                    first,
                    last,
                    {"organiser": self.random.choice(self.teaching()), "participant": self._students(30)},
                    place=place,
                    amounts={"credits": self.random.choice((0.5, 1))},
                    evidence=self.proof("photo"),
                )
        for zone in ZONES:
            self.held(
                "station_zone_check",
                date(year, 3, 2),
                date(year, 3, 20),
                {"inspector": self.post("counsellor")},
                place=zone,
                evidence=["photo"],
                by=self.post("counsellor"),
            )

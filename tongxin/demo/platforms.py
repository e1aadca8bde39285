"""What every part of the year under 三平台五融通 uses: people at hand, visits, the sweep and its plans."""

from __future__ import annotations

from datetime import date, timedelta

from .population import Pupil, Room, StaffMember
from .routine import Routine


class Platforms(Routine):
    """calendar_years: the programme years told; what belongs to a school year runs from `started` on."""

    calendar_years: tuple[int, ...] = ()

    def _sweep(self, room: Room, day: date) -> None:
        seen = [p.subject for p in room.present(day) if self.chance(0.985)]
        by = room.teacher
        sweepers = [by, room.liaison] if room.liaison else [by]
        self.enter(
            "student_sweep",
            day,
            {"student": seen, "sweeper": sweepers},
            evidence=self.proof("record_sheet", share=0.8),
            by=by,
        )
        for pupil in room.present(day):
            if pupil.priority:
                self._plans(pupil, day, by)

    def _plans(self, pupil: Pupil, day: date, by: StaffMember) -> None:
        for kind, share in (("family_plan", 0.9), ("care_plan", 0.86)):
            if self.chance(share):
                made = day + timedelta(days=self.random.randrange(3, 40))
                self.enter(
                    kind,
                    made,
                    {"student": pupil.subject, "author": by},
                    stage="made",
                    evidence=["plan"],
                    by=by,
                )

    def _visit(self, pupil: Pupil, day: date | None, visitors: list, mode: str) -> None:
        if day is None or not pupil.present_from <= day <= pupil.present_to:
            return
        in_person = mode == "in_person"
        proof = self.proof("record_sheet", share=0.9 if in_person else 0.25) + (
            self.proof("photo", share=0.25) if in_person else []
        )
        self.enter(
            "home_visit",
            day,
            {"visited": pupil.subject, "visitor": visitors, "guardian": pupil.guardian},
            mode=mode,
            hours=self.random.choice((0.5, 1, 1.5)) if in_person else 0.25,
            school_life="told" if self.chance(0.9) else "not_told",
            evidence=proof,
            by=visitors[0],
        )

    def _weekday(self, day: date) -> date:
        """The day itself, or the Monday after a weekend."""
        return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day

    def _pupils(self, day: date) -> list[Pupil]:
        return [p for room in self.rooms_on(day) for p in room.present(day)]

    def _students(self, count: int) -> list:
        """Some students of the present school year's upper grades."""
        rooms = [
            r for r in self.out.rooms if r.entry_year < self.out.year and r.graduated_on > self.days.today
        ]
        return [p.subject for p in self.some([p for r in rooms for p in r.pupils], count)]

    def _branch_secretary(self, branch) -> StaffMember:
        inside = self.out.in_branch(branch)
        return next((s for s in inside if "branch_secretary" in s.posts), inside[0])

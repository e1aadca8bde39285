"""The kinds of team, read from kinds.yaml, and which of them a school's programmes ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext, gettext_noop

from tongxin.kernel.base.models import School
from tongxin.kernel.programmes import queries as programmes
from tongxin.methods.cadence.declarations import Kind as Activity

LEADER = "team_leader"
FORMED = gettext_noop("登记组队")


@dataclass(frozen=True)
class Seat:
    """A seat of a team; see kinds.yaml. at_once 0: no limit. member None: either."""

    name: str
    words: str
    of: str
    part: str
    least: int
    most: int
    at_once: int = 0
    member: bool | None = None
    attribute: str = ""
    wanted: bool = True

    @property
    def title(self) -> str:
        return gettext(self.words)


@dataclass(frozen=True)
class Log:
    """What a team writes down. name: the activity; parts: {part: seats it is filled from}."""

    name: str
    words: str
    parts: dict[str, tuple[str, ...]] = field(hash=False)
    woven: str = ""

    @property
    def title(self) -> str:
        return gettext(self.words)


@dataclass(frozen=True)
class TeamKind:
    """A kind of team. mark: the seat by which a team is known to be of this kind. said: its title, lead and pool as written."""

    name: str
    said: tuple[str, str, str]
    formed: str
    mark: str
    seats: tuple[Seat, ...]
    logs: tuple[Log, ...]
    pooled: str = ""
    needs_topic: bool = False
    amounts: dict[str, int] = field(default_factory=dict, hash=False)
    measured: str = ""
    learners: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return gettext(self.said[0])

    @property
    def lead(self) -> str:
        return gettext(self.said[1])

    @property
    def pool(self) -> str:
        return gettext(self.said[2])

    def seat(self, name: str) -> Seat | None:
        return next((seat for seat in self.seats if seat.name == name), None)

    @property
    def formation(self) -> Log:
        """That it was formed, to be written down for a team that came to be otherwise than in this room."""
        return Log(self.formed, FORMED, {seat.part: (seat.name,) for seat in self.seats})

    def log(self, name: str) -> Log | None:
        return next((log for log in (*self.logs, self.formation) if log.name == name), None)


@lru_cache(maxsize=1)
def all_kinds() -> dict[str, TeamKind]:
    """Return every kind of team by name, in the order of the file."""
    rows = yaml.safe_load((Path(__file__).parent / "kinds.yaml").read_text(encoding="utf-8"))
    return {row["kind"]: _kind(row) for row in rows}


def _kind(row: dict[str, Any]) -> TeamKind:
    seats = tuple(
        Seat(
            one["seat"], one["title"], one["of"], one["part"], one["least"], one["most"], one.get("at_once", 0),
            one.get("member"), one.get("attribute", ""), one.get("is", True),
        )
        for one in row["seats"]
    )  # fmt: skip
    logs = tuple(
        Log(
            one["log"],
            one["title"],
            {part: tuple(names) for part, names in one["parts"].items()},
            one.get("woven", ""),
        )
        for one in row["logs"]
    )
    return TeamKind(
        row["kind"], (row["title"], row["lead"], row["pool"]), row["formed"], row["mark"], seats, logs,
        row.get("pooled", ""), row.get("needs_topic", False), row.get("amounts", {}), row.get("measured", ""),
        tuple(row.get("learners", ())),
    )  # fmt: skip


def kinds_of(school: School, day: date) -> dict[str, TeamKind]:
    """Return the kinds of team the school's programmes ask for on a day, by name."""
    known = programmes.kinds(school, day)
    return {name: kind for name, kind in all_kinds().items() if kind.formed in known}


def choices(activity: Activity | None, qualifier: str) -> dict[str, str]:
    """Return {code: title} of a qualifier of an activity, as the school's programme words it."""
    found = activity.qualifier(qualifier) if activity else None
    return dict(found.values) if found else {}


def of_links(links: set[str]) -> TeamKind | None:
    """Return the kind of a team by the seats it has."""
    return next((kind for kind in all_kinds().values() if kind.mark in links), None)

"""What a plan of visits is made from and what it is.

Times are whole ticks from an origin of the caller's choice: seconds from midnight of the first day in a school's plan,
thousandths of a unit in a published instance. `travel[a, b]` is how many ticks it takes from place a to place b.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

Window = tuple[int, int]
SHORTEST, FEWEST = "shortest", "fewest"
OBJECTIVES = (SHORTEST, FEWEST)
HIGHEST = 100


@dataclass(frozen=True)
class Session:
    """An evening or a weekend day on which visitors may be out: they leave and are back inside `window`."""

    id: str
    window: Window
    max_load: int | None = None  # how many families (or how much load) one team takes on; None = no limit


@dataclass(frozen=True)
class Team:
    """Who goes together: a pair for safety, or one caregiver of an instance.

    sessions: session id → the part of its window in which this team can be out.
    start, end: places.
    """

    id: str
    members: tuple[str, ...]
    sessions: Mapping[str, Window]
    skills: frozenset[str] = frozenset()
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Part:
    """One visit of `length` ticks by one team that has all of `skills`; `teams` None = any."""

    length: int
    skills: frozenset[str] = frozenset()
    teams: frozenset[str] | None = None


@dataclass(frozen=True)
class Family:
    """A family to visit, whole or not at all.

    parts: one, or several by different teams; `together`: all parts begin at the same moment (a joint visit).
    windows: when the family can be visited, apart from each other and ascending; a visit lies inside one of them
    as a whole, or only begins there when `begins_inside`.
    priority: 0 to 100; higher ones are served first when not all can be.
    """

    id: str
    place: int
    parts: tuple[Part, ...]
    windows: tuple[Window, ...]
    together: bool = False
    begins_inside: bool = False
    priority: int = 0
    load: int = 1


@dataclass(frozen=True)
class Agreed:
    """A stop that has been agreed on and stays: this part of the family, that team and session, and the moment if said."""

    family: str
    team: str
    session: str
    begin: int | None = None
    part: int = 0


@dataclass(frozen=True)
class Problem:
    """All that a plan must respect. `travel`: int array (places, places), nothing negative."""

    teams: tuple[Team, ...]
    sessions: tuple[Session, ...]
    families: tuple[Family, ...]
    travel: np.ndarray
    objective: str = SHORTEST
    agreed: tuple[Agreed, ...] = ()

    def with_families(self, families: tuple[Family, ...]) -> Problem:
        return replace(self, families=families)


@dataclass(frozen=True)
class Stop:
    """One part of a family's visit: it begins and is over at these ticks."""

    family: str
    part: int
    begin: int
    end: int


@dataclass(frozen=True)
class Route:
    """One trip: a team out on a session. `leave` and `back` are at its start and end place; `travel` in ticks."""

    team: str
    session: str
    stops: tuple[Stop, ...]
    leave: int
    back: int
    travel: int


@dataclass(frozen=True)
class Unserved:
    """A family left out: why (`code`, and the numbers and names a sentence needs) and the cheapest way out, if one was found."""

    family: str
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)
    way_out: WayOut | None = None


@dataclass(frozen=True)
class WayOut:
    """The least change that makes room: `code` with its names. See `explaining`."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Routes ordered by session and team, who is left out, and what it costs.

    travel: ticks on the way in all routes. solver: what made it, for people who ask. complete: False when the search
    was cancelled and this is the best so far.
    """

    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]
    travel: int
    objective: str
    solver: str
    complete: bool = True
    changed: tuple[str, ...] = ()

    @property
    def trips(self) -> int:
        return len(self.routes)

    @property
    def served(self) -> frozenset[str]:
        return frozenset(stop.family for route in self.routes for stop in route.stops)

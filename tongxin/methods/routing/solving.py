"""Make a plan: VROOM chooses sessions, stops are woven anew across all sessions, PyVRP polishes each session.

The time limit counts processor time (see `budget`). Same problem, same seed and a search that ends by `rounds`, not by
time: the same plan on the same machine and versions. A search that ends by time ends with one of many good plans; each
of them is checked before it is returned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from . import checking, plain
from .budget import Budget
from .draft import Draft
from .explaining import explained
from .layout import Layout
from .model import Plan, Problem, Unserved
from .weaving import weave

AUTO, PLAIN = "auto", "plain"
# So many units are few enough for the plain search to move them all about in the time of a cup of tea.
FEW = 80


@dataclass(frozen=True)
class Progress:
    """How far a search is: `share` of its time from 0 to 1, families served, ticks on the way."""

    share: float
    served: int
    travel: int


class SearchBroken(RuntimeError):
    """The independent checker found a fault in a finished plan; a mistake of ours, never to be shown as a plan."""


def libraries() -> tuple[bool, bool]:
    """(VROOM is installed, PyVRP is installed)."""
    return find_spec("vroom") is not None, find_spec("pyvrp") is not None


def plan(
    problem: Problem,
    *,
    seconds: float = 15.0,
    seed: int = 0,
    rounds: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    solver: str = AUTO,
) -> Plan:
    """Return the best plan found.

    seconds: of processor time. rounds: end by so many rounds instead, for a plan that comes out the same every time.
    progress: called now and then. cancelled: asked often; a cancelled search returns what it has, `complete` False.
    solver: AUTO takes VROOM and PyVRP where they are installed; PLAIN takes neither.
    """
    budget = Budget(seconds, cancelled or (lambda: False))
    search = _Search(Layout(problem), budget, seed, rounds, progress, solver)
    draft = search.run()
    left = [
        Unserved(family.id, "")
        for number, family in enumerate(problem.families)
        if draft.layout.family_units[number][0] not in draft.where
    ]
    found = draft.plan(search.name, left, complete=not budget.cancelled())
    broken = checking.faults(problem, found)
    if broken:
        raise SearchBroken(f"{len(broken)} faults, the first: {broken[0]}")
    return explained(draft, found)


class _Search:
    def __init__(
        self,
        layout: Layout,
        budget: Budget,
        seed: int,
        rounds: int | None,
        progress: Callable[[Progress], None] | None,
        solver: str,
    ) -> None:
        self.layout, self.budget, self.seed, self.rounds, self.tell = layout, budget, seed, rounds, progress
        self.chooser, self.polisher = libraries() if solver == AUTO else (False, False)
        names = [name for name, have in (("VROOM", self.chooser), ("PyVRP", self.polisher)) if have]
        self.alone = len(layout.problem.sessions) == 1
        self.name = " + ".join(names) or "plain"

    def run(self) -> Draft:
        draft = self._begin()
        self._say(draft)
        small = len(self.layout.units) <= FEW
        if self.budget.going():
            several = any(len(mine) > 1 for mine in self.layout.family_units)
            if several and small:
                share = self.budget.share(0.5 * self.budget.left())
                draft = plain.improve(draft, share.going, seed=self.seed, rounds=self.rounds or 4_000)
            # With one session there is nothing to choose, and PyVRP is the better of the two.
            keep = (1.0 if self.alone else 0.1) if self.polisher else 0.0
            share = self.budget.share((1.0 - keep) * self.budget.left())
            rounds = self.rounds or (200 * len(self.layout.units) if small else None)
            draft = weave(draft, share, seed=self.seed, rounds=rounds)
            self._say(draft)
            if self.polisher:
                draft = self._polish(draft, self.budget.left())
        # What the search left out may fit in after all.
        draft = plain.first_draft(self.layout, draft.copy(), self._still)
        self._say(draft)
        return draft

    def _still(self) -> bool:
        return not self.budget.cancelled()

    def _begin(self) -> Draft:
        """Joint visits and agreed stops first, by hand; then the rest."""
        held = Draft(self.layout)
        for number in plain.in_need(held):
            units = self.layout.family_units[number]
            if len(units) > 1 or any(unit in self.layout.pins for unit in units):
                held.insert(number)
        if not self.chooser:
            return plain.first_draft(self.layout, held, self._still)
        from .choosing import choose

        alone = self.polisher and self.alone
        deep = len(self.layout.units) <= 200 and not alone
        share = self.budget.share(self.budget.seconds * (0.4 if deep else 0.05 if alone else 0.15))
        draft = choose(held, share, warm=False, exploration=5 if deep else 0)
        self.budget.spent_elsewhere += share.spent_elsewhere
        if draft is held and len(draft.where) < len(self.layout.units):
            return plain.first_draft(self.layout, held, self._still)
        return draft

    def _polish(self, draft: Draft, seconds: float) -> Draft:
        from .polishing import polish, sessions_of

        sessions = sessions_of(draft)
        if not sessions:
            return draft
        weight = sum(len(draft.routes[shift]) for mine in sessions.values() for shift in mine)
        for session, shifts in sessions.items():
            mine = sum(len(draft.routes[shift]) for shift in shifts)
            share = self.budget.share(seconds * mine / weight)
            rounds = self.rounds or 1000 + 200 * mine
            draft = polish(draft, session, share, seed=self.seed, rounds=rounds, fresh=self.alone)
            self._say(draft)
        return draft

    def _say(self, draft: Draft) -> None:
        if self.tell:
            cost = draft.cost()
            share = 1.0 - self.budget.left() / max(self.budget.seconds, 1e-9)
            travel = cost[2] - draft.trip_cost * len(draft.routes)
            self.tell(
                Progress(min(1.0, max(0.0, share)), len(self.layout.problem.families) - cost[1], travel)
            )

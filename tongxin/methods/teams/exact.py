"""Small problems to the end: every team there is becomes a choice, and CP-SAT proves which are best together."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np

from tongxin.methods.matching.problem import Ints

from .problem import BROKEN, TeamProblem

MOST_CHOICES = 30_000


def choices(problem: TeamProblem) -> Ints | None:
    """Every team there is without a forbidden pair, int64 (teams, seats); None when there are too many."""
    count = math.prod(int((places > 0).sum()) for places in problem.places)
    if not 0 < count <= MOST_CHOICES:
        return None
    axes = [np.nonzero(places > 0)[0] for places in problem.places]
    teams = np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)
    fine = np.ones(len(teams), bool)
    for one, other in combinations(range(problem.seats), 2):
        fine &= problem.pairs[one, other][teams[:, one], teams[:, other]] > BROKEN // 2
        if problem.pools[one] == problem.pools[other]:
            # Two of one pool in a team are the same team either way round.
            fine &= teams[:, one] < teams[:, other]
    return teams[fine]


def best_teams(problem: TeamProblem, teams: Ints, hint: Ints, seconds: float) -> tuple[Ints | None, int]:
    """(the best teams found, None if none; a bound). teams: all there are; hint: good ones to begin with."""
    from ortools.sat.python import cp_model

    values = problem.values(teams)
    model = cp_model.CpModel()
    taken = [model.new_bool_var("") for _ in range(len(teams))]
    members: dict[tuple[int, int], list[int]] = {}
    for at, team in enumerate(teams.tolist()):
        for seat, person in enumerate(team):
            members.setdefault((problem.pools[seat], person), []).append(at)
    for (pool, person), held in members.items():
        places = int(problem.places[problem.pools.index(pool)][person])
        model.add(sum(taken[at] for at in held) <= places)
    model.add(sum(taken) == problem.teams)
    model.maximize(sum(int(value) * one for value, one in zip(values.tolist(), taken, strict=True)))
    begun = {tuple(sorted(team)) for team in hint.tolist()}
    for at, team in enumerate(teams.tolist()):
        model.add_hint(taken[at], tuple(sorted(team)) in begun)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    # Counted by work, so that the end does not depend on the machine; the clock is only the last resort.
    solver.parameters.max_deterministic_time = 20.0
    solver.parameters.max_time_in_seconds = max(0.1, seconds)
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, int(values.clip(min=0).max(initial=0)) * problem.teams
    found = teams[[solver.boolean_value(one) for one in taken]]
    return found, math.floor(solver.best_objective_bound + 1e-6)

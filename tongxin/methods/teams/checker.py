"""Re-check teams from the problem alone; shares no code with what found them."""

from __future__ import annotations

from .problem import TeamProblem
from .solve import Teams


def faults(problem: TeamProblem, found: Teams) -> list[str]:
    """What is wrong with teams, in English words for tests; empty when they are what they say."""
    wrong, total = [], 0
    used: dict[tuple[int, int], int] = {}
    for team in found.teams.tolist():
        for seat, person in enumerate(team):
            key = (problem.pools[seat], person)
            used[key] = used.get(key, 0) + 1
        for one in range(len(team)):
            for other in range(one + 1, len(team)):
                total += int(problem.pairs[one, other][team[one], team[other]])
        have = 0
        for seat, person in enumerate(team):
            have |= int(problem.masks[seat][person]) if problem.fields else 0
        total += sum(weight * (have & bits).bit_count() for bits, weight in problem.fields)
    for (pool, person), times in used.items():
        if times > int(problem.places[problem.pools.index(pool)][person]):
            wrong.append(f"person {person} of pool {pool} is in {times} teams")
    if len(found.teams) != problem.teams:
        wrong.append(f"{len(found.teams)} teams, not {problem.teams}")
    if total != found.value:
        wrong.append(f"worth {total}, not {found.value}")
    if found.bound < found.value:
        wrong.append("the bound lies below the value")
    return wrong

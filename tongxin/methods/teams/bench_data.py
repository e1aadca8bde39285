"""Made-up triples for `bench team`: three sides of n, ten skills, three affinities; always the same for a seed."""

from __future__ import annotations

import numpy as np

from .problem import TeamProblem

SKILLS, SHARE, WORTH, AFFINITY = 10, 0.22, 100, 200


def made(n: int, seed: int) -> TeamProblem:
    """value of a team = 100 × skills that somebody has + an affinity of 0 to 200 for each two."""
    random = np.random.default_rng(seed)
    bits = 1 << np.arange(SKILLS)
    masks = [((random.random((n, SKILLS)) < SHARE) @ bits).astype(np.uint64) for _ in range(3)]
    pairs = {pair: random.integers(0, AFFINITY + 1, (n, n)) for pair in ((0, 1), (1, 2), (0, 2))}
    return TeamProblem([np.ones(n, np.int64)] * 3, pairs, masks, [((1 << SKILLS) - 1, WORTH)])

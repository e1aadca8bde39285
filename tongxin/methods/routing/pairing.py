"""Who goes together when nobody said: people who share most sessions, those with least choice first."""

from __future__ import annotations


def in_pairs(sessions: list[set[str]], size: int) -> tuple[list[list[int]], list[int]]:
    """(groups of `size`, who is left over); numbers are positions in `sessions`. A group shares at least one session."""
    free = list(range(len(sessions)))
    groups: list[list[int]] = []
    left: list[int] = []
    while free:
        first = min(free, key=lambda one: (sum(bool(sessions[one] & sessions[other]) for other in free), one))
        free.remove(first)
        group, shared = [first], set(sessions[first])
        while len(group) < size:
            able = [one for one in free if shared & sessions[one]]
            if not able:
                break
            best = max(able, key=lambda one: (len(shared & sessions[one]), -one))
            free.remove(best)
            group.append(best)
            shared &= sessions[best]
        if len(group) == size:
            groups.append(sorted(group))
        else:
            free += group[1:]
            left.append(first)
    return sorted(groups), sorted(left)

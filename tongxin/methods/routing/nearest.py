"""The reference of every figure on plans: go to the nearest family that can still be visited.

The longest sessions first, so that hardly anybody is left out; the pairs of a session one after the other.
"""

from __future__ import annotations

from .draft import Draft
from .layout import Layout, earliest


def nearest_neighbour(layout: Layout) -> Draft:
    """Trips by nearest feasible neighbour; families of one part only."""
    sessions = layout.problem.sessions
    order = sorted(
        range(len(layout.shifts)),
        key=lambda shift: (
            sessions[layout.shifts[shift].session].window[0]
            - sessions[layout.shifts[shift].session].window[1],
            shift,
        ),
    )
    left = {mine[0] for mine in layout.family_units if len(mine) == 1}
    routes = {}
    for shift in order:
        routes[shift] = _trip(layout, shift, left)
        left -= set(routes[shift])
    return Draft(layout, routes)


def _trip(layout: Layout, shift: int, left: set[int]) -> list[int]:
    out, units = layout.shifts[shift], layout.units
    open_ = {unit: layout.spans(unit, shift) for unit in left}
    open_ = {unit: spans for unit, spans in open_.items() if spans}
    now, at, load = out.window[0], out.start, 0
    trip: list[int] = []
    while True:
        best = None
        for unit, spans in open_.items():
            begin = earliest(spans, now + layout.travel[at][units[unit].place])
            fits = out.max_load is None or load + units[unit].load <= out.max_load
            key = (layout.travel[at][units[unit].place], unit)
            if begin is not None and fits and (best is None or key < best[:2]):
                best = (*key, begin)
        if best is None:
            return trip
        _, unit, begin = best
        del open_[unit]
        trip.append(unit)
        now, at, load = begin + units[unit].length, units[unit].place, load + units[unit].load

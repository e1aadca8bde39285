"""A sketch of the district, drawn from the places that are known: no tiles, no outside service.

Places come in metres east and north of the school; the drawing is in units of its own, about one for a pixel of a phone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

WIDTH, HEIGHT, MARGIN = 320, 260, 28
LETTER, LINE = 12, 14
NEAREST_M = 1_000
SCHOOL, STREET, HOME, STOP = "school", "street", "home", "stop"


@dataclass(frozen=True)
class Spot:
    """A place to be drawn. x, y: metres east and north of the school; number: of a stop, in its order."""

    x: int
    y: int
    name: str = ""
    kind: str = STREET
    number: int = 0


@dataclass(frozen=True)
class Drawn:
    """A place on the drawing: its point and, where there is room, its name at (label_x, label_y)."""

    spot: Spot
    x: float
    y: float
    label: str = ""
    label_x: float = 0
    label_y: float = 0
    anchor: str = "start"


@dataclass(frozen=True)
class Sketch:
    """scale: metres of one unit; left, top: metres at the drawing's upper left corner; line: the way, as points of SVG."""

    spots: list[Drawn]
    scale: float
    left: float
    top: float
    line: str = ""
    bar: float = 0
    bar_words: str = ""
    width: int = WIDTH
    height: int = HEIGHT
    arrows: list[tuple[float, float]] = field(default_factory=list)


def sketch(spots: Sequence[Spot], way: Sequence[tuple[int, int]] = ()) -> Sketch:
    """Draw places and, in order, the way between some of them."""
    xs = [one.x for one in spots] + [x for x, _y in way] or [0]
    ys = [one.y for one in spots] + [y for _x, y in way] or [0]
    wide, high = max(max(xs) - min(xs), NEAREST_M), max(max(ys) - min(ys), NEAREST_M)
    scale = max(wide / (WIDTH - 2 * MARGIN), high / (HEIGHT - 2 * MARGIN))
    left = (max(xs) + min(xs)) / 2 - scale * WIDTH / 2
    top = (max(ys) + min(ys)) / 2 + scale * HEIGHT / 2

    def at(x: float, y: float) -> tuple[float, float]:
        return round((x - left) / scale, 1), round((top - y) / scale, 1)

    bar_m = next(
        step for step in (100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000) if step >= scale * 50
    )
    words = f"{bar_m} m" if bar_m < 1_000 else f"{bar_m // 1000} km"
    return Sketch(
        _labelled(spots, at), scale, left, top, " ".join("{},{}".format(*at(x, y)) for x, y in way),
        round(bar_m / scale, 1), words,
    )  # fmt: skip


def _labelled(spots: Sequence[Spot], at) -> list[Drawn]:
    """Give every place its name beside it where that covers nothing else; stops carry their number instead."""
    taken = [(x - 8, y - 8, x + 8, y + 8) for one in spots for x, y in (at(one.x, one.y),)]
    drawn = []
    for one in sorted(spots, key=lambda spot: (spot.kind != SCHOOL, spot.kind != HOME, spot.number)):
        x, y = at(one.x, one.y)
        label = ""
        label_x, label_y, anchor = x, y, "start"
        for label_x, label_y, anchor in (
            (x + 10, y + 4, "start"),
            (x - 10, y + 4, "end"),
            (x, y - 11, "middle"),
            (x, y + 20, "middle"),
        ):
            box = _box(one.name, label_x, label_y, anchor)
            inside = box[0] >= 2 and box[2] <= WIDTH - 2 and box[1] >= 2 and box[3] <= HEIGHT - 2
            if one.name and one.kind != STOP and inside and not any(_meet(box, other) for other in taken):
                label = one.name
                taken.append(box)
                break
        drawn.append(Drawn(one, x, y, label, label_x, label_y, anchor))
    return drawn


def _box(text: str, x: float, y: float, anchor: str) -> tuple[float, float, float, float]:
    wide = sum(LETTER if ord(letter) > 0x2E80 else LETTER * 0.6 for letter in text)
    left = x - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
    return left, y - LETTER, left + wide, y + 3


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def district(centres: Mapping[str, tuple[int, int]], school: str) -> list[Spot]:
    """Return the school and its villages and streets as places."""
    streets = [Spot(x, y, code.rpartition("/")[2] or code) for code, (x, y) in sorted(centres.items())]
    return [Spot(0, 0, school, SCHOOL), *streets]

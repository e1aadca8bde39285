"""The result of a round as a table: in which order, which part of it, and how it is drawn and taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from tongxin.kernel.programmes.pairings import Pairing
from tongxin.ui import tables

from .labels import Labels
from .models import Participant, Round
from .reading import Line, Reading, Shown

# What of a result may be asked for alone: settled by hand, new against the time before, with something against it, and
# who is left over.
FIXED, FRESH, AGAINST, LEFT = "fixed", "fresh", "against", "left"
FEW_SEATS = 2
SORTS = ("s0", "g0", "s1", "score")


@dataclass(frozen=True)
class Asked:
    """What an address asks for. sort: one of SORTS, with "-" the other way round, "" by name. show: "" everything."""

    sort: str = ""
    show: str = ""

    def address(self) -> str:
        """Return it as the end of an address, "" where nothing is asked for."""
        pairs = {name: value for name, value in (("sort", self.sort), ("show", self.show)) if value}
        return f"?{urlencode(pairs)}" if pairs else ""


def asked(given: Mapping[str, str]) -> Asked:
    """Return what an address asks for; nonsense there is ignored."""
    sort, show = given.get("sort", ""), given.get("show", "")
    return Asked(
        sort if sort.removeprefix("-") in SORTS else "", show if show in (FIXED, FRESH, AGAINST, LEFT) else ""
    )


def named(one: Participant, q: str) -> bool:
    """Is somebody meant by what was typed: part of the name, the beginning of its pinyin or initials."""
    low = q.lower()
    return q in one.subject.name or one.subject.pinyin.startswith(low) or one.subject.initials.startswith(low)


def chosen(reading: Reading, shown: Shown, wanted: Asked, labels: Labels) -> list[Line]:
    """Return the lines an address asks for, in its order."""
    lines = _shown(reading, shown, wanted.show)
    by = {
        "s0": lambda line: line.first.subject.pinyin,
        "g0": lambda line: (labels.group(line.first), line.first.subject.pinyin),
        "s1": lambda line: line.others[0].subject.pinyin,
        "score": lambda line: line.score,
    }.get(wanted.sort.removeprefix("-"))
    return sorted(lines, key=by, reverse=wanted.sort.startswith("-")) if by else lines


def _shown(reading: Reading, shown: Shown, show: str) -> list[Line]:
    if show == LEFT:
        return []
    if show == FIXED:
        return [line for line in shown.lines if line.fixed]
    if show == AGAINST:
        return [line for line in shown.lines if line.against]
    if show == FRESH:
        fresh = reading.fresh(shown.proposal)
        return [line for line in shown.lines if _keys(line) in fresh]
    return list(shown.lines)


def _keys(line: Line) -> frozenset[int]:
    return frozenset(one.pk for one in (line.first, *line.others))


def shows(given: QueryDict, shown: Shown, reading: Reading) -> list[dict]:
    """Return the parts of a result as tabs with their counts; a part that holds nothing is left out."""
    now = asked(given)
    parts = [("", _("全部")), (FIXED, _("已经定好的")), (AGAINST, _("有不利的"))]
    if shown.proposal.before_id is not None:
        parts.insert(2, (FRESH, _("这次新配的")))
    parts.append((LEFT, _("没有着落的")))
    found = []
    for name, label in parts:
        count = len(shown.left) if name == LEFT else len(_shown(reading, shown, name))
        if count or name == now.show:
            url = Asked(now.sort, name).address() or "?"
            found.append({"label": label, "url": url, "current": name == now.show, "count": count})
    return found if len(found) > 1 else []


def table(row: Round, pairing: Pairing, lines: list[Line], labels: Labels, given: QueryDict) -> tables.Table:
    """Return some lines as a table: a column for each seat, with class or department where people have one."""
    wanted = asked(given)
    titles = [seat.title for seat in pairing.scheme.seats for _n in range(seat.count)]
    link = reverse("rounds:person", args=[row.public_id, "KEY"])
    # A class beside each of three or more people leaves no room for the reasons; there it stands behind equal names only.
    few = len(titles) <= FEW_SEATS
    grouped = [few and any(labels.group(one) for one in side) for side in _sides(lines, len(titles))]
    columns = []
    for at, title in enumerate(titles):
        key = f"s{at}"
        columns.append(
            tables.Column(key, title, link=link.replace("KEY", f"{{k{at}}}"), sortable=key in SORTS)
        )
        if grouped[at]:
            columns.append(tables.Column(f"g{at}", _("班级或部门"), sortable=at == 0))
    columns.append(tables.Column("score", _("分"), kind="number", sortable=True))
    columns.append(tables.Column("why", _("为什么")))
    return tables.Table(
        columns,
        [_row(line, labels, few) for line in lines],
        sort=wanted.sort,
        keys=[*(f"{name}{at}" for at in range(len(titles)) for name in "skg"), "score", "why"],
        parameters={"show": wanted.show} if wanted.show else {},
        choose_columns=False,
    )


def _sides(lines: list[Line], seats: int) -> list[list[Participant]]:
    """Return who sits on each seat of some lines."""
    rows = [(line.first, *line.others) for line in lines]
    return [[row[at] for row in rows if at < len(row)] for at in range(seats)]


def _row(line: Line, labels: Labels, grouped: bool) -> tuple:
    people = (line.first, *line.others)
    cells = [
        cell
        for one in people
        for cell in (one.subject.name if grouped else labels.of(one), one.public_id, labels.group(one))
    ]
    return (*cells, line.score, line.why)

"""A proposal in words: names for keys, reasons for scores, and what the whole is worth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.kernel.programmes.pairings import Pairing
from tongxin.ui import formats

from . import wording
from .gathering import named
from .models import Participant, Proposal, Round


@dataclass
class Line:
    """One pair or team. first: who sits on the first seat; others: with whom; why: what spoke for it.

    against: whether something spoke against it as well.
    """

    first: Participant
    others: list[Participant]
    score: int
    why: str
    fixed: bool
    against: bool = False


@dataclass
class LeftOver:
    person: Participant
    reason: str
    way: str


@dataclass
class Together:
    """People left over for one reason with one way out: some names, and how many there are."""

    reason: str
    way: str
    people: list[Participant] = field(default_factory=list)


@dataclass
class Shown:
    """A proposal ready to show. coverage: (seat's title, how many have somebody, how many there are, who has nobody)."""

    proposal: Proposal
    lines: list[Line] = field(default_factory=list)
    left: list[LeftOver] = field(default_factory=list)
    coverage: list[tuple[str, int, int, int]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    short: list[str] = field(default_factory=list)

    def left_together(self) -> list[Together]:
        """Return who is left over by what is said of them, the largest lot first."""
        found: dict[tuple[str, str], Together] = {}
        for one in self.left:
            key = (one.reason, one.way)
            found.setdefault(key, Together(*key)).people.append(one.person)
        return sorted(found.values(), key=lambda lot: -len(lot.people))


class Reading:
    """people: all who take part, those left out since then too, so that an older proposal can be read."""

    def __init__(self, round_: Round, pairing: Pairing) -> None:
        self.round, self.pairing = round_, pairing
        rows = (
            Participant.objects.filter(round=round_)
            .select_related("subject")
            .order_by("subject__pinyin", "pk")
        )
        self.people = {one.pk: one for one in rows}
        self.names = {pk: one.subject.name for pk, one in self.people.items()}
        self.titles = {term.id: term.title for term in pairing.scheme.terms}

    def show(self, proposal: Proposal) -> Shown:
        found = proposal.found
        shown = Shown(proposal)
        shown.lines = [self.line(group) for group in found["groups"]]
        shown.lines.sort(
            key=lambda line: (line.first.subject.pinyin, line.first.pk, line.others[0].subject.pinyin)
        )
        shown.left = [
            LeftOver(self.people[one["who"]], self._told(one["reason"]), self._told(one["way"]))
            for one in found["left"]
            if one["who"] in self.people
        ]
        shown.coverage = self.coverage(found)
        shown.sentences = self.sentences(found)
        shown.short = [self._told(said) for said in found["short"]]
        return shown

    def _told(self, sentence: str) -> str:
        """Return a sentence of the matcher in the language of the page, with names where it marks people."""
        return named(wording.said(sentence), self.names)

    def line(self, group: dict[str, Any]) -> Line:
        first, *others = [self.people[key] for key in group["who"]]
        why, against = self.why(group["terms"], group["fixed"]), min(group["terms"].values(), default=0) < 0
        return Line(first, others, group["score"], why, group["fixed"], against)

    def why(self, terms: dict[str, int], fixed: bool) -> str:
        """Return what spoke for a group and what against, the weightiest first."""
        ordered = sorted(terms.items(), key=lambda one: -abs(one[1]))
        good = formats.listed(
            f"{self.titles.get(name, name)} +{value}" for name, value in ordered if value > 0
        )
        bad = formats.listed(
            f"{self.titles.get(name, name)} −{-value}" for name, value in ordered if value < 0
        )
        parts = [_("已经定好")] if fixed else []
        parts += [good] if good else []
        parts += [_("不利的是%(what)s") % {"what": bad}] if bad else []
        return formats.listed(parts, "；") or _("没有看重的条件起作用，有名额就配在一起。")

    def coverage(self, found: dict[str, Any]) -> list[tuple[str, int, int, int]]:
        have = {key for group in found["groups"] for key in group["who"]}
        rows = []
        for seat in self.pairing.scheme.seats:
            own = [one for one in self.people.values() if one.seat == seat.id and one.left_at is None]
            covered = sum(one.pk in have for one in own)
            rows.append((seat.title, covered, len(own), len(own) - covered))
        return rows

    def sentences(self, found: dict[str, Any]) -> list[str]:
        """Return what the whole is worth and how sure that is."""
        said = []
        if not found["missing"]:
            said.append(_("该有着落的都有着落了。"))
        else:
            n = found["missing"]
            said.append(ngettext("还差%(n)d个没有着落。", "还差%(n)d个没有着落。", n) % {"n": n})
            if found["missing_proved"]:
                said.append(_("已经证明：照现在的要求和名额，再怎么排也少不了。"))
        if found["gap"] <= 0:
            said.append(_("总分%(n)d，已经证明没有更好的排法。") % {"n": found["value"]})
        else:
            said.append(
                _("总分%(n)d，离可能的最好最多差%(share)s。")
                % {"n": found["value"], "share": formats.share_words(found["gap"])}
            )
        if found["stopped"]:
            said.append(_("时间到了或中途停下，这是那时最好的。"))
        if found["blocking"] == 0:
            said.append(_("稳定：没有两个人都更想和对方在一起。"))
        elif found["blocking"]:
            n = found["blocking"]
            said.append(
                ngettext("有%(n)d对没有配在一起、却彼此更合意。", "有%(n)d对没有配在一起、却彼此更合意。", n)
                % {"n": n}
            )
        return said

    def of_person(
        self, proposal: Proposal | None, person: Participant
    ) -> tuple[list[Line], list[LeftOver], list[tuple[Participant, str]]]:
        """Return (groups, what is missing, alternatives and why not) of one person."""
        if proposal is None:
            return [], [], []
        found = proposal.found
        lines = [self.line(group) for group in found["groups"] if person.pk in group["who"]]
        left = [
            LeftOver(person, self._told(one["reason"]), self._told(one["way"]))
            for one in found["left"]
            if one["who"] == person.pk
        ]
        others = [
            (self.people[key], self._told(why))
            for key, _loss, why in found["others"].get(str(person.pk), [])
            if key in self.people
        ]
        return lines, left, others

    def changes(self, proposal: Proposal) -> tuple[list[str], list[str]]:
        """Return (groups put together, groups put apart) against the proposal before."""
        before = proposal.before
        if before is None:
            return [], []
        new, old = Counter(_keys(proposal)), Counter(_keys(before))
        return self._said(new - old), self._said(old - new)

    def fresh(self, proposal: Proposal) -> set[frozenset[int]]:
        """Return the groups that were not in the proposal before."""
        old = {frozenset(keys) for keys in _keys(proposal.before)} if proposal.before else set()
        return {frozenset(keys) for keys in _keys(proposal)} - old

    def _said(self, groups: Counter[tuple[int, ...]]) -> list[str]:
        return sorted(" — ".join(self.names.get(key, "") for key in keys) for keys in groups)


def _keys(proposal: Proposal) -> list[tuple[int, ...]]:
    return [tuple(group["who"]) for group in proposal.found["groups"]]


# ------------------------------------------------------------------ the graph

ROW, TOP, LEFT, WIDTH = 34, 24, 190, 640


@dataclass(frozen=True)
class Node:
    x: int
    y: int
    text: str
    anchor: str
    url_id: str
    alone: bool = False


@dataclass(frozen=True)
class Edge:
    x1: int
    y1: int
    x2: int
    y2: int
    kind: str


@dataclass
class Graph:
    """Two columns of people with lines between them. kind of an edge: pair, fixed, or wish (not come true)."""

    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    height: int = 0
    width: int = WIDTH


def graph(lines: Sequence[Line], alone: Sequence[Participant], wishes: Sequence[tuple[int, int]]) -> Graph:
    """Draw some groups: first seats on the left, everybody else on the right in the order they are met.

    alone: people without anybody, at the end of the left column. wishes: (who, whom) by participant keys.
    """
    left = list({line.first.pk: line.first for line in lines}.values())
    right = list({one.pk: one for line in lines for one in line.others}.values())
    places: dict[int, tuple[int, int]] = {}
    made = Graph()
    number = max(len(left), len(right), 1)
    for people, x, anchor in ((left, LEFT, "end"), (right, WIDTH - LEFT, "start")):
        spread = (number * ROW) / max(len(people), 1)
        for at, one in enumerate(people):
            y = TOP + round((at + 0.5) * spread)
            places[one.pk] = (x, y)
            made.nodes.append(Node(x, y, short(one.subject.name), anchor, one.public_id))
    for at, one in enumerate(alone):
        y = TOP + number * ROW + (at + 1) * ROW
        places[one.pk] = (LEFT, y)
        made.nodes.append(Node(LEFT, y, short(one.subject.name), "end", one.public_id, True))
    together: dict[int, set[int]] = defaultdict(set)
    for line in lines:
        for one in line.others:
            together[line.first.pk].add(one.pk)
            made.edges.append(Edge(*_ends(places, line.first.pk, one.pk), "fixed" if line.fixed else "pair"))
    for who, whom in wishes:
        ends = (who, whom) if places.get(who, (0, 0))[0] == LEFT else (whom, who)
        if (
            all(key in places for key in ends)
            and ends[1] not in together[ends[0]]
            and places[ends[0]][0] != places[ends[1]][0]
        ):
            made.edges.append(Edge(*_ends(places, *ends), "wish"))
    made.height = TOP * 2 + (number + len(alone) + (1 if alone else 0)) * ROW
    return made


def _ends(places: dict[int, tuple[int, int]], one: int, other: int) -> tuple[int, int, int, int]:
    (x1, y1), (x2, y2) = places[one], places[other]
    return x1 + 10, y1, x2 - 10, y2


def short(name: str) -> str:
    return name if len(name) <= 10 else name[:9] + "…"

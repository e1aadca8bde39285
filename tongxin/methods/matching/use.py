"""How a school uses a scheme: which links its pairs become, who sits where, what each side is asked on the phone.

The block `round` of a scheme's file. The matcher itself passes over it; a school's rounds are made from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tongxin.methods.cadence.findings import Findings
from tongxin.methods.cadence.located import LMap, Place, read_yaml
from tongxin.methods.psychometrics.reading import Reader

from .scheme import Scheme

TYPES = ("staff", "student", "homeroom", "enterprise", "outsider", "community")
CLASSES = ("K0", "K1", "K2", "K3")
BLOCK = ("packs", "about", "link", "links", "kind", "class", "people", "asks", "enters")
ASK = ("wishes", "limits", "slots")
SLOT = ("slot", "title", "values", "free", "most")
MOST_WISHES = 10


@dataclass(frozen=True)
class Slot:
    """One question of the form; its answers become values of the person's attribute `id`. values: (value, words);
    free: words of their own instead. most: how many may be chosen, 0 for any number."""

    id: str
    title: str
    values: tuple[tuple[str, str], ...] = ()
    free: bool = False
    most: int = 0


@dataclass(frozen=True)
class Ask:
    """What a side is asked. wishes: how many partners it may name; limits: how many it takes, and whether any."""

    wishes: int = 0
    limits: bool = False
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True)
class Use:
    """links: kind of link by seat, of a team; team_kind: what kind of team it is; link: kind of link first seat → second seat, of a pair. people: type of
    subject by seat. data_class: at least this class, "" when the links say it. asks: by seat; who is not in it is not asked.
    enters: the kind of activity as which each new pair is entered, "" for none: its parts are named like the seats."""

    packs: tuple[str, ...] = ()
    about: str = ""
    link: str = ""
    links: tuple[tuple[str, str], ...] = ()
    team_kind: str = ""
    data_class: str = ""
    people: tuple[tuple[str, str], ...] = ()
    asks: tuple[tuple[str, Ask], ...] = ()
    enters: str = ""
    place: Place = field(default_factory=lambda: Place("", 1), compare=False)

    def kinds(self) -> tuple[str, ...]:
        """All kinds of link it makes."""
        return (self.link,) if self.link else tuple(kind for _seat, kind in self.links)

    def ask(self, seat: str) -> Ask | None:
        return dict(self.asks).get(seat)

    def type_of(self, seat: str) -> str:
        return dict(self.people).get(seat, "staff")


def parse_use(text: str, scheme: Scheme, file: str = "scheme.yaml") -> tuple[Use | None, Findings]:
    """The block of a scheme's text, None when it has none, and what is wrong with it."""
    top = read_yaml(text, file)
    read = _Reader(file=file)
    if not isinstance(top, LMap) or "round" not in top:
        return None, read.findings
    return read.use(top["round"], top.at("round"), scheme), read.findings


class _Reader(Reader):
    def use(self, value: Any, where: Place, scheme: Scheme) -> Use:
        block = self.mapping(value, where, "学校怎么用（round）", BLOCK)
        seats = [seat.id for seat in scheme.seats]
        link = self.text(block.get("link"), block.at("link"), "link")
        links = self._by_seat(block.get("links"), block.at("links"), "links", seats)
        if scheme.teams and (link or set(dict(links)) != set(seats)):
            self.error(where, "links", f"组队要用“links”给每个席位写一种关系：{'、'.join(seats)}。")
        if not scheme.teams and (links or not link):
            self.error(where, "link", "配对要用“link”写结成哪一种关系。")
        people = self._by_seat(block.get("people"), block.at("people"), "people", seats)
        for seat, type_ in people:
            if type_ not in TYPES:
                self.error(
                    block.at("people"), "people", f"“{seat}”不能是“{type_}”。可以写：{'、'.join(TYPES)}。"
                )
        if set(dict(people)) != set(seats):
            self.error(where, "people", f"“people”要写每个席位是什么人：{'、'.join(seats)}。")
        data_class = ""
        if "class" in block:
            data_class = self.choice(block["class"], block.at("class"), "class", CLASSES, "K1")
        return Use(
            self.texts(block.get("packs"), block.at("packs"), "packs"),
            self.text(block.get("about"), block.at("about"), "about"),
            link,
            links,
            self.text(block.get("kind"), block.at("kind"), "kind"),
            data_class,
            people,
            self._asks(block, seats),
            self._enters(block, scheme),
            where,
        )

    def _enters(self, block: LMap, scheme: Scheme) -> str:
        name = self.text(block.get("enters"), block.at("enters"), "enters")
        if name and scheme.teams:
            self.error(block.at("enters"), "enters", "只有配对可以写“enters”；组队的登记在团队的页面上。")
        return name

    def _by_seat(self, value: Any, where: object, what: str, seats: list[str]) -> tuple[tuple[str, str], ...]:
        if value is None:
            return ()
        spelled = self.mapping(value, where, what, seats)
        return tuple((seat, self.text(spelled[seat], where, what)) for seat in seats if seat in spelled)

    def _asks(self, block: LMap, seats: list[str]) -> tuple[tuple[str, Ask], ...]:
        if "asks" not in block:
            return ()
        spelled = self.mapping(block["asks"], block.at("asks"), "asks", seats)
        return tuple((seat, self._ask(spelled[seat], spelled.at(seat))) for seat in seats if seat in spelled)

    def _ask(self, value: Any, where: Place) -> Ask:
        spelled = self.mapping(value, where, "asks", ASK)
        wishes = 0
        if "wishes" in spelled:
            wishes = self.whole(spelled["wishes"], spelled.at("wishes"), "wishes") or 0
            if wishes > MOST_WISHES:
                self.error(spelled.at("wishes"), "wishes", f"志愿（wishes）最多 {MOST_WISHES} 个。")
        limits = self.flag(spelled.get("limits"), spelled.at("limits"), "limits")
        slots = tuple(
            self._slot(row, place) for row, place in self.rows(spelled.get("slots"), where, "slots")
        )
        self.unique(slots, "slot", lambda _one: where)
        return Ask(wishes, limits, slots)

    def _slot(self, row: Any, place: Place) -> Slot:
        spelled = self.mapping(row, place, "slots", SLOT)
        name = self.text(spelled.get("slot"), spelled.at("slot"), "slot")
        title = self.text(spelled.get("title"), spelled.at("title"), "title")
        if not name or not title:
            self.error(place, "slot", "每个问题要写“slot”（属性）和“title”（问什么）。")
        free = self.flag(spelled.get("free"), spelled.at("free"), "free")
        values: tuple[tuple[str, str], ...] = ()
        if isinstance(spelled.get("values"), LMap):
            known = spelled["values"]
            values = tuple((key, self.text(known[key], known.at(key), "values")) for key in known)
        if bool(values) == free:
            self.error(place, "slot", f"“{name}”要么写几个“values”供人选，要么写 free: true 让人自己填。")
        most = self.whole(spelled["most"], spelled.at("most"), "most") if "most" in spelled else 0
        return Slot(name, title, values, free, most or 0)

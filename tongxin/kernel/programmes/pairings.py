"""The schemes of pairing and of teams that come with the product, and which of them a school's programmes use."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings

from tongxin.kernel.base.models import School
from tongxin.methods.cadence.findings import ERROR, Finding
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.matching.lint import check_text
from tongxin.methods.matching.parse import parse_scheme
from tongxin.methods.matching.scheme import Scheme
from tongxin.methods.matching.use import Use, parse_use

from .packs import offered, parse
from .queries import school_packs

CLASSES = ("K0", "K1", "K2", "K3")
# Of links that no pack declares: what everybody at the school knows, and nothing else, is less than K3.
STRUCTURE = {"homeroom_liaison": "K1", "master_of": "K1", "in_team": "K1", "team_leader": "K1"}


@dataclass(frozen=True, eq=False)
class Pairing:
    """A scheme as a school uses it.

    link: the kind of link a pair becomes, a → b; "" for teams, whose seats have one each (use.links). a_title, b_title:
    what the two sides are called. data_class: the highest of its links' classes. text: the whole file.
    """

    name: str
    title: str
    link: str
    a_title: str
    b_title: str
    data_class: str
    text: str = field(repr=False)
    scheme: Scheme = field(repr=False)
    use: Use = field(repr=False)

    @property
    def teams(self) -> bool:
        return self.scheme.teams

    @property
    def sensitive(self) -> bool:
        """Does being in it say something about a child or a family that only a few may know."""
        return self.data_class >= "K3"


@lru_cache(maxsize=128)
def read(text: str) -> tuple[Scheme, Use]:
    """Return a scheme's text, parsed. Raises PackUnreadable, or ValueError when it is no scheme that a school can use."""
    scheme, _findings = parse_scheme(text)
    use, _more = parse_use(text, scheme)
    if use is None:
        raise ValueError("no block `round`")
    return scheme, use


@cache
def shipped() -> dict[str, str]:
    """Return {name: text} of packs/pairings."""
    found = {}
    for path in sorted(Path(settings.PACKS_DIR, "pairings").glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        found[read(text)[0].id] = text
    return found


def made(text: str, packs: list[Pack]) -> Pairing:
    """Return a pairing of a text; packs: whose links say how sensitive it is, first come first."""
    scheme, use = read(text)
    one, other = scheme.seats[0], scheme.seats[-1]
    classes = [use.data_class, *(class_of_link(kind, packs) for kind in use.kinds())]
    return Pairing(
        scheme.id, scheme.title, use.link, one.title, other.title, max(filter(None, classes)), text, scheme, use
    )  # fmt: skip


def class_of_link(kind: str, packs: list[Pack]) -> str:
    """Return the class of a kind of link: as declared, else as everybody knows it; of one nobody knows, K3."""
    declared = [pack.links[kind].data_class for pack in packs if kind in pack.links]
    return max(filter(None, declared), default=STRUCTURE.get(kind, "K3"))


def of_school(school: School, day: date) -> list[Pairing]:
    """Return the schemes of pairing and of teams that the programmes in force bring with them."""
    packs = [pack for _programme, pack in school_packs(school, day)]
    slugs = {pack.slug for pack in packs}
    texts = [text for text in shipped().values() if slugs.intersection(read(text)[1].packs)]
    return [made(text, packs) for text in texts]


def pairings(school: School, day: date) -> list[Pairing]:
    """Return the kinds of pairs of a school; teams are left out."""
    return [one for one in of_school(school, day) if not one.teams]


def sensitive_attributes(packs: list[Pack]) -> dict[str, str]:
    """Return {attribute: class} of what some packs declare."""
    found: dict[str, str] = {}
    for pack in packs:
        for name, one in pack.attributes.items():
            found[name] = max(found.get(name, ""), one.data_class)
    return found


@lru_cache(maxsize=128)
def checked(text: str) -> tuple[Finding, ...]:
    """Return what is wrong with a text: the linter's findings, and what a scheme reads that is above its own class."""
    found = check_text(text)
    if any(one.level == ERROR for one in found):
        return tuple(found)
    try:
        scheme, _use = read(text)
    except ValueError:
        said = "还缺“round”：结成哪种关系、每个席位是什么人。"
        return (*found, Finding("scheme.yaml", 1, ERROR, "no-round", said))
    packs = [parse(offer.text) for offer in offered().values()]
    own = made(text, packs).data_class
    classes = sensitive_attributes(packs)
    for seat in scheme.seats:
        for name in sorted(scheme.attributes_of(seat.id)):
            above = classes.get(name, "K0")
            # A grade or a membership is on the roster anyway; what is K3 and above says something of a child.
            if above > CLASSES[-1] or (above == CLASSES[-1] and own < above):
                said = f"“{seat.title}”的“{name}”密级是 {above}，高于这种结对的 {own}，不能用来配对。请改用别的属性。"
                found.append(Finding("scheme.yaml", seat.place.line, ERROR, "too-sensitive", said))
    return tuple(found)

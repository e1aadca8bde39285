"""The kinds of activity somebody can log, in the order they are likely to want them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from django.db.models import Count

from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.pinyin import name_keys
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.cadence.declarations import Kind
from tongxin.methods.cadence.pack import Pack

MOST_USED = 6
USED_IN_DAYS = 180
# From here on a record needs a compartment of its own, which the ledger's plain rows are not.
COMPARTMENT = CLASSES.index("K4a")


@dataclass(frozen=True)
class KindGroup:
    """Kinds under one of the plan's top headings."""

    title: str
    kinds: list[Kind]


def loggable(viewer: Viewer) -> dict[str, Kind]:
    """Return the kinds this viewer may log, by name, in the order of the programmes."""
    found: dict[str, Kind] = {}
    for _programme, pack in school_packs(viewer.school, viewer.day) if viewer.school else ():
        for name, kind in pack.kinds.items():
            found.setdefault(name, kind)
    return {name: kind for name, kind in found.items() if may_log(viewer, kind)}


def may_log(viewer: Viewer, kind: Kind) -> bool:
    """Everybody on the staff logs school work and visits; what lies in a compartment only those who may read it."""
    data_class = kind.data_class or "K1"
    return CLASSES.index(data_class) < COMPARTMENT or not viewer.reach(data_class).nothing


def most_used(viewer: Viewer, kinds: dict[str, Kind]) -> list[Kind]:
    """Return the kinds this person logged most often in the last half year."""
    rows = (
        Entry.objects.current()
        .filter(
            school_id=viewer.school_id,
            recorded_by=viewer.account,
            day__gte=viewer.day - timedelta(days=USED_IN_DAYS),
        )
        .values("kind")
        .annotate(n=Count("pk"))
        .order_by("-n", "kind")
    )
    return [kinds[row["kind"]] for row in rows if row["kind"] in kinds][:MOST_USED]


def grouped(viewer: Viewer, kinds: dict[str, Kind]) -> list[KindGroup]:
    """Return all kinds under the top headings of the programmes, in the plan's order."""
    found: dict[str, list[Kind]] = {}
    rest = dict(kinds)
    for _programme, pack in school_packs(viewer.school, viewer.day) if viewer.school else ():
        titles = _top_titles(pack)
        found |= {title: [] for title in titles.values() if title not in found}
        for name in pack.kinds.keys() & rest.keys():
            if rest[name].heading not in titles:
                continue
            found[titles[rest[name].heading]].append(rest.pop(name))
    order = list(kinds)
    groups = [
        KindGroup(title, sorted(listed, key=lambda kind: order.index(kind.name)))
        for title, listed in found.items()
        if listed
    ]
    return groups + ([KindGroup("", list(rest.values()))] if rest else [])


def _top_titles(pack: Pack) -> dict[str, str]:
    """{heading number: words under which its kinds are listed}, in order – the second level where there is one."""
    titles = {}
    for top in pack.headings:
        titles[top.number] = top.words
        for second in top.children:
            for heading in second.within():
                titles[heading.number] = second.words if second.children else top.words
    return titles


def search(kinds: Iterable[Kind], words: str) -> list[Kind]:
    """Return the kinds whose title, pinyin or initials fit what was typed."""
    wanted = "".join(words.split()).lower()
    return [
        kind
        for kind in kinds
        if wanted in kind.title.lower() or any(wanted in key for key in _keys(kind.title))
    ]


@lru_cache(maxsize=2048)
def _keys(title: str) -> tuple[str, str]:
    return name_keys(title)

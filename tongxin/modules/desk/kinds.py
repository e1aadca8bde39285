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
from tongxin.kernel.obligations.queries import in_force
from tongxin.kernel.programmes.queries import school_packs
from tongxin.kernel.programmes.school_facts import known
from tongxin.methods.cadence.applying import concerns
from tongxin.methods.cadence.declarations import Heading, Kind
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.reads import entry_kinds_read
from tongxin.ui.worded import as_written, called, plain, said

MOST_USED = 6
USED_IN_DAYS = 180
# From here on a record needs a compartment of its own, which the ledger's plain rows are not.
COMPARTMENT = CLASSES.index("K4a")


@dataclass(frozen=True)
class KindGroup:
    """Kinds under one of the plan's top headings, or all that come only from what somebody above asks (folded)."""

    title: str
    kinds: list[Kind]
    folded: bool = False


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
    """Return the kinds under the top headings of the school's own programmes, in the plan's order.

    What only a programme handed down declares follows in one folded group for each; where a school has no programme
    of its own, theirs stand open. Kinds that serve rules of other stages or regions alone are left to the search.
    """
    packs = school_packs(viewer.school, viewer.day) if viewer.school else []
    own = [pack for programme, pack in packs if not programme.locked]
    found: dict[str, list[Kind]] = {}
    rest = _of_use(viewer, [pack for _programme, pack in packs], kinds)
    for pack in own or [pack for _programme, pack in packs]:
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
    for pack in (pack for programme, pack in packs if own and programme.locked):
        listed = [rest.pop(name) for name in pack.kinds if name in rest]
        groups += [KindGroup(said(pack.title), listed, folded=True)] if listed else []
    return groups + ([KindGroup("", list(rest.values()))] if rest else [])


def _of_use(viewer: Viewer, packs: list[Pack], kinds: dict[str, Kind]) -> dict[str, Kind]:
    """Leave out kinds that only rules look at which do not concern this school."""
    facts = {name: at.value for name, at in known(viewer.school, viewer.day).items()} if viewer.school else {}
    rules = [rule for pack in packs for rule in in_force(pack, viewer.day)]
    read = {kind for rule in rules for kind in entry_kinds_read(rule)}
    useful = {kind for rule in rules if concerns(rule, facts) for kind in entry_kinds_read(rule)}
    return {name: kind for name, kind in kinds.items() if name in useful or name not in read}


def _top_titles(pack: Pack) -> dict[str, str]:
    """{heading number: words under which its kinds are listed}, in order – the second level where there is one."""
    titles = {}
    for top in pack.headings:
        titles[top.number] = _said(top)
        for second in top.children:
            for heading in second.within():
                titles[heading.number] = _said(second if second.children else top)
    return titles


def _said(heading: Heading) -> str:
    return f"{heading.number} {plain(heading.title, heading.plain_title)}"


def search(kinds: Iterable[Kind], words: str) -> list[Kind]:
    """Return the kinds whose title, pinyin or initials fit what was typed."""
    wanted = "".join(words.split()).lower()
    return [
        kind
        for kind in kinds
        if wanted in as_written(kind.title).lower()
        or wanted in "".join(called(kind).split()).lower()
        or any(wanted in key for key in _keys(as_written(kind.title)))
    ]


@lru_cache(maxsize=2048)
def _keys(title: str) -> tuple[str, str]:
    return name_keys(title)

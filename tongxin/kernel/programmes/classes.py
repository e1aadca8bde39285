"""What a school keeps under a name stays as guarded as it was: no text makes a name less sensitive by saying so.

Verdicts are worked out from everything the school has, and who may read them follows the classes their pack declares.
A draft or a file that called home visits public would otherwise be a way to the names behind them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tongxin.kernel.access.policy import CLASSES, higher
from tongxin.kernel.base.models import School
from tongxin.methods.cadence.declarations import (
    AttributeDeclaration,
    EventDeclaration,
    Kind,
    LinkDeclaration,
)
from tongxin.methods.cadence.findings import ERROR, Finding
from tongxin.methods.cadence.located import Place
from tongxin.methods.cadence.pack import Pack

from .models import Programme, ProgrammeVersion
from .packs import parse
from .queries import current_pack, with_text

# Packs may say K4 for "any of K4"; the strictest reading of it counts.
_WIDE = {"K4": "K4d", "": "K3"}
_TABLES = ("kinds", "attributes", "links", "events")
_WORDS = {"kinds": "活动", "attributes": "属性", "links": "关系", "events": "事件"}
_PLACES = {"kinds": "kind", "attributes": "attribute", "links": "link", "events": "event"}
Name = tuple[str, str]  # (table, name)


def known_class(name: str) -> str:
    """Return a class of the policy table for what a pack wrote; an unknown one counts as K5."""
    name = _WIDE.get(name, name)
    return name if name in CLASSES else "K5"


def guarded(school: School, pack: Pack) -> Pack:
    """Return a pack in which nothing is declared less sensitive than the school's own programmes know it."""
    known = _known(school, pack)

    def raised[T: Kind | AttributeDeclaration | LinkDeclaration | EventDeclaration](
        table: str, items: Mapping[str, T]
    ) -> dict[str, T]:
        return {
            name: replace(item, data_class=higher(_class_of(table, item), known.get((table, name), "K0")))
            for name, item in items.items()
        }

    return replace(
        pack,
        kinds=raised("kinds", pack.kinds),
        attributes=raised("attributes", pack.attributes),
        links=raised("links", pack.links),
        events=raised("events", pack.events),
    )


def lowered(school: School, pack: Pack) -> list[Finding]:
    """Return an error for each name that a text declares less sensitive than the school knows it."""
    known = _known(school, pack)
    found = []
    for (table, name), item in _declared(pack):
        before, now = known.get((table, name), "K0"), _class_of(table, item)
        if item.data_class and higher(before, now) != now:
            where = pack.places.get(f"{_PLACES[table]}:{name}", Place("", 1))
            said = (
                f"{_WORDS[table]}“{item.title or name}”的密级是{before}，不能改低为{item.data_class}。"
                "请改回原来的密级，或换一个名字。"
            )
            found.append(Finding(where.file, where.line, ERROR, "lowered-class", said))
    return found


def _declared(pack: Pack) -> Iterator[tuple[Name, Any]]:
    for table in _TABLES:
        for name, item in getattr(pack, table).items():
            yield (table, name), item


def _class_of(table: str, item: Any) -> str:
    return known_class(item.data_class or ("K1" if table == "links" else ""))


def _known(school: School, pack: Pack) -> dict[Name, str]:
    """Return the highest class under which the school ever knew the names of a pack.

    Present texts of all its programmes are read, ended ones too. Older texts only where they hold a name that no present
    one has: nobody lowers a class by dropping a name in one version and taking it up again in the next.
    """
    wanted = {name for name, _item in _declared(pack)}
    found: dict[Name, str] = {}
    for programme in with_text(Programme.objects.filter(school=school)):
        _add(found, current_pack(programme), wanted)
    missing = wanted - found.keys()
    if missing:
        texts = ProgrammeVersion.objects.filter(programme__school=school).values_list("text", flat=True)
        for text in texts.iterator():
            if any(name in text for _table, name in missing):
                _add(found, parse(text), missing)
    return found


def _add(found: dict[Name, str], pack: Pack, wanted: set[Name]) -> None:
    for name, item in _declared(pack):
        if name in wanted:
            found[name] = higher(found.get(name, "K0"), _class_of(name[0], item))

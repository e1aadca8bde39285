"""Templates of a visit by its reason, as data: `common.yaml`, and beside it a file for a pack that wants others.

A pack's file is named after it and holds `reasons` of the same shape; its reasons take the place of common ones of the
same code and come after the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from django.utils.translation import gettext as _

from tongxin.ui.formats import listed

FOLDER = Path(__file__).parent
COMMON = "common"


@dataclass(frozen=True)
class Tap:
    """One question answered by tapping. options: {code: words}."""

    name: str
    title: str
    options: Mapping[str, str]


@dataclass(frozen=True)
class Reason:
    """Why somebody visits, and what is asked then."""

    name: str
    title: str
    taps: tuple[Tap, ...]


def reasons(packs: Iterable[str] = ()) -> dict[str, Reason]:
    """Return the reasons by code: the common ones, with what the packs in force bring."""
    found = dict(_read(COMMON))
    for slug in packs:
        found |= _read(slug)
    return {name: _spoken(one) for name, one in found.items()}


def _spoken(reason: Reason) -> Reason:
    """Return a reason in the language of the page."""
    taps = tuple(
        Tap(tap.name, _(tap.title), {code: _(words) for code, words in tap.options.items()})
        for tap in reason.taps
    )
    return Reason(reason.name, _(reason.title), taps)


@lru_cache(maxsize=32)
def _read(name: str) -> dict[str, Reason]:
    path = FOLDER / f"{name}.yaml"
    if path.parent != FOLDER or not path.exists():
        return {}
    text: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {one["reason"]: _reason(one) for one in text["reasons"]}


def _reason(one: dict[str, Any]) -> Reason:
    taps = tuple(Tap(tap["tap"], tap["title"], tap["options"]) for tap in one["taps"])
    return Reason(one["reason"], one["title"], taps)


def said(reason: Reason | None, taps: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Return (question, answers in words) of what was tapped; codes of a template that changed meanwhile are left out."""
    if reason is None:
        return []
    lines = []
    for tap in reason.taps:
        words = [tap.options[code] for code in taps.get(tap.name, ()) if code in tap.options]
        if words:
            lines.append((tap.title, listed(words)))
    return lines

"""Packs on offer and the texts of adopted ones, parsed once and kept in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from tongxin.methods.cadence.calendar import day_in_year
from tongxin.methods.cadence.findings import Finding, PackUnreadable
from tongxin.methods.cadence.lint import lint
from tongxin.methods.cadence.pack import Pack, load_pack, pack_from_text
from tongxin.ui.worded import in_words, said, spoken

# What of a pack holds words for people, and which further fields of it are such words.
DECLARED = (
    "source", "posts", "attributes", "links", "events", "announced", "kinds", "headings", "phases", "plan_items",
    "obligations", "figures",
)  # fmt: skip
PACK_WORDS = ("document", "at")


@dataclass(frozen=True)
class Offer:
    """A pack in packs/programmes, as one text."""

    slug: str
    title: str
    text: str


@cache
def offered() -> dict[str, Offer]:
    """Return the packs that come with the product, by slug."""
    offers = {}
    for folder in sorted((settings.PACKS_DIR / "programmes").iterdir()):
        if folder.is_dir() and any(folder.glob("*.yaml")):
            pack = load_pack(folder)
            offers[pack.slug] = Offer(pack.slug, pack.title, pack.to_text())
    return offers


@lru_cache(maxsize=64)
def parse(text: str) -> Pack:
    """Return the pack of a text; the same text is parsed once. Raises PackUnreadable."""
    return pack_from_text(text)


def parse_in_words(text: str) -> Pack:
    """Return the pack of a text in the words of the page; `Pack.as_written` gives its own. Raises PackUnreadable.

    Turning a whole pack takes some milliseconds, so each is turned once for each language.
    """
    language = spoken()
    return _in_language(text, language) if language else parse(text)


@lru_cache(maxsize=64)
def _in_language(text: str, language: str) -> Pack:
    return in_page_words(parse(text))


def in_page_words(pack: Pack) -> Pack:
    """Return a pack that nobody keeps, a draft say, in the words of the page."""
    language = spoken()
    if pack.language == (language or "zh"):
        return pack
    words: dict[str, Any] = {name: in_words(getattr(pack, name), PACK_WORDS) for name in DECLARED}
    for name in ("problems", "goals"):
        words[name] = tuple(map(said, getattr(pack, name)))
    turned = replace(pack, title=said(pack.title), language=language, **words)
    turned.original = pack
    return turned


@lru_cache(maxsize=64)
def findings(text: str, others: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    """Return what the linter says of a text, errors first.

    others: texts of further packs that its rules may tighten, besides those on offer (a bureau's own, say).
    """
    try:
        pack = pack_from_text(text)
    except PackUnreadable as error:
        return (error.finding(),)
    said = lint(pack, others=at_hand(others))
    return tuple(sorted(said, key=lambda f: (f.level != "error", f.file, f.line)))


def with_line(finding: Finding) -> str:
    """A finding for somebody who looks for the place in a file of their own."""
    if finding.code == "unreadable" and finding.line <= 1:
        return finding.sentence  # of the file as a whole
    return _("第 %(line)d 行：%(said)s") % {"line": finding.line, "said": finding.sentence}


def at_hand(texts: tuple[str, ...] = (), parse: Callable[[str], Pack] = parse) -> dict[str, Pack]:
    """Return the packs on offer by slug, and those of some texts, which go before them.

    parse: `parse_in_words` where a page tells what they say.
    """
    found = {slug: parse(offer.text) for slug, offer in offered().items()}
    for text in texts:
        pack = parse(text)
        found[pack.slug] = pack
    return found


def programme_days(pack: Pack, year: int) -> tuple[date, date]:
    """Return the first and last day of a pack's programme year that begins in a calendar year."""
    first = [d for p in pack.phases.values() if (d := day_in_year(p.first, year))]
    last = [d for p in pack.phases.values() if (d := day_in_year(p.last, year))]
    if first and last:
        return min(first), max(last)
    if pack.programme_year == "school":
        return date(year, 9, 1), date(year + 1, 8, 31)
    return date(year, 1, 1), date(year, 12, 31)

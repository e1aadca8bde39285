"""Cleaning text before it goes into a document, and sane file names."""

from __future__ import annotations

import re
from unicodedata import east_asian_width

# Characters XML 1.0 forbids: a document holding one does not open.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# Characters that turn text round or hide in it; they would let a file name or a line lie.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_UNSAFE_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)
LONGEST_NAME_BYTES = 120


def clean_text(value: object) -> str:
    """Return a value as text without the control characters that would break or fake a document."""
    text = "" if value is None else str(value)
    return _INVISIBLE.sub("", _FORBIDDEN.sub("", text)).replace("\r\n", "\n").replace("\r", "\n")


def escape_xml(value: object) -> str:
    """Return cleaned text with the five characters of XML written as entities."""
    text = clean_text(value)
    if not _NEEDS_ESCAPE.search(text):
        return text
    return (
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&quot;")
        .replace("'", "&#39;")
    )


_NEEDS_ESCAPE = re.compile("[&<>\"']")


def safe_file_name(name: str, *, fallback: str = "未命名") -> str:
    """Return a name that every system can store: no path parts, no reserved names, at most 120 bytes.

    The ending after the last dot is kept when the name must be cut.
    """
    cleaned = _UNSAFE_IN_NAMES.sub("_", clean_text(name).replace("\n", " ")).strip(" .")
    if not cleaned:
        return fallback
    stem, dot, ending = cleaned.rpartition(".")
    if not dot or len(ending) > 8:
        stem, dot, ending = cleaned, "", ""
    if _WINDOWS_DEVICES.fullmatch(stem.split(".")[0]):
        stem = f"_{stem}"
    room = LONGEST_NAME_BYTES - len((dot + ending).encode())
    while len(stem.encode()) > room:
        stem = stem[:-1]
    return f"{stem.rstrip(' .')}{dot}{ending}"


def display_width(text: str) -> int:
    """Return the width of text in half-width columns; Chinese characters and quotation marks count two."""
    return sum(2 if east_asian_width(character) in "WFA" else 1 for character in text)


# A line of a title does not begin with these, nor end with those.
_NOT_FIRST, _NOT_LAST = "，。、；：！？）》”’」』】%", "（《“‘「『【"
# Good places to break a title: after these, before those.
_TOGETHER = ("年度", "学校", "学期", "学年")
_BREAK_AFTER, _BREAK_BEFORE = "年度校会委区市”》）", "“《（关"


def balanced_title(title: str, columns: int) -> str:
    """Return a title broken into lines of about equal width, none wider than `columns` half-width columns.

    A title that fits, or is broken by hand, stays as it is.
    """
    width = display_width(title)
    if width <= columns or "\n" in title:
        return title
    lines = -(-width // columns)
    cut = _best_cut(title, width / lines, columns)
    if cut is None:
        return title
    return f"{title[:cut]}\n{balanced_title(title[cut:], columns)}"


def title_parts(title: str) -> list[str]:
    """Return the pieces of a title that a page keeps together when it must break it: 2026年度 is one."""
    cuts = [
        cut
        for cut in range(1, len(title))
        if title[cut - 1 : cut + 1] not in _TOGETHER
        and title[cut] not in _NOT_FIRST
        and title[cut - 1] not in _NOT_LAST
        and (title[cut - 1] in _BREAK_AFTER or title[cut] in _BREAK_BEFORE)
    ]
    return [title[first:last] for first, last in zip([0, *cuts], [*cuts, len(title)], strict=True)]


def _best_cut(title: str, wanted: float, columns: int) -> int | None:
    best, least = None, float("inf")
    for cut in range(1, len(title)):
        before, after = title[cut - 1], title[cut]
        together = before.isascii() and after.isascii() and before != " " and after != " "
        together |= before + after in _TOGETHER
        if display_width(title[:cut]) > columns or together or after in _NOT_FIRST or before in _NOT_LAST:
            continue
        good = before in _BREAK_AFTER or after in _BREAK_BEFORE
        inside_quotes = title[:cut].count("“") > title[:cut].count("”")
        badness = abs(display_width(title[:cut]) - wanted) - (8 if good else 0) + (12 if inside_quotes else 0)
        if badness < least:
            best, least = cut, badness
    return best

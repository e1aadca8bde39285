"""The layout of official documents as data: margins, grid, fonts by office name, levels, page numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .text import balanced_title, display_width

LAYOUT_FOLDER = Path(__file__).parent / "layouts"
POINTS_PER_MM = 72 / 25.4
HAN_DIGITS = "零一二三四五六七八九"


class UnknownLayout(Exception):
    """No layout file has this name; the message names the ones that exist."""


@dataclass(frozen=True)
class Font:
    """A font by the name offices know, its other names, and free substitutes in order of preference.

    thicken_pt: outline added when a substitute is drawn, because it has no bold cut.
    """

    name: str
    names: tuple[str, ...]
    free: tuple[str, ...]
    family: str
    thicken_pt: float = 0.0


@dataclass(frozen=True)
class Style:
    """How one kind of paragraph looks; sizes and spaces in points."""

    font: str
    size: float
    align: str = "left"
    line_pt: float | None = None
    after_pt: float = 0.0


@dataclass(frozen=True)
class Page:
    """Paper and margins in millimetres."""

    width: float
    height: float
    top: float
    left: float
    right: float
    bottom: float

    @property
    def text_width(self) -> float:
        """Width of the text block in millimetres."""
        return self.width - self.left - self.right

    @property
    def text_height(self) -> float:
        """Height of the text block in millimetres."""
        return self.height - self.top - self.bottom


@dataclass(frozen=True)
class Layout:
    """One document layout, read from a file in `layouts/`."""

    name: str
    title: str
    source: str
    page: Page
    chars_per_line: int
    lines_per_page: int
    line_pt: float
    indent_chars: int
    fonts: Mapping[str, Font]
    latin: str
    latin_free: tuple[str, ...]
    styles: Mapping[str, Style]
    numbering: tuple[str, ...]
    page_number: Mapping[str, Any]
    signature_indent_chars: int
    attachments_label: str
    attachments_indent_chars: int

    def font_of(self, style: str) -> Font:
        """Return the font a style is set in."""
        return self.fonts[self.styles[style].font]

    def number(self, level: int, position: int) -> str:
        """Return the number of the position-th heading of a level (both from 1), such as （二）."""
        pattern = self.numbering[min(level, len(self.numbering)) - 1]
        return pattern.format(han=han_number(position), n=position)

    @property
    def char_pitch_pt(self) -> float:
        """Distance from one character of body text to the next in points, so that the grid is filled."""
        return self.page.text_width * POINTS_PER_MM / self.chars_per_line

    def title_lines(self, title: str) -> str:
        """Return a title broken into balanced lines that fit the page."""
        fitting = int(self.page.text_width * POINTS_PER_MM / self.styles["title"].size)
        # Programs add a little space between Chinese and Latin characters; one character is left free for it.
        return balanced_title(title, 2 * (fitting - 1))

    def signature_indents(self, name: str, date: str) -> tuple[float, float]:
        """Return the right indents of the signing name and of the date, in characters.

        The date stands at its own indent; the name is centred over it as far as the margin allows.
        """
        wider_by = (display_width(name) - display_width(date)) / 2
        return max(self.signature_indent_chars - wider_by / 2, 0.0), float(self.signature_indent_chars)

    def as_data(self) -> dict[str, Any]:
        """Return what the typst template needs, as plain JSON values; lengths in mm and pt."""
        return {
            "page": vars(self.page),
            "line": self.line_pt,
            "indent": self.indent_chars,
            "styles": {name: vars(style) for name, style in self.styles.items()},
            "page_number": dict(self.page_number),
            "attachments": {"label": self.attachments_label, "indent": self.attachments_indent_chars},
        }


def layout_names() -> list[str]:
    """Return the names of the layouts that exist, sorted."""
    return sorted(path.stem for path in LAYOUT_FOLDER.glob("*.yaml"))


@cache
def load_layout(name: str = "gongwen") -> Layout:
    """Return a layout by name.

    Raises UnknownLayout if there is no such file.
    """
    return parse_layout(_raw_layout(name))


def vary_layout(base: str, changes: Mapping[str, Any]) -> Layout:
    """Return a layout with a place's own changes on top, spelled as in the layout files."""
    return parse_layout(_merged(_raw_layout(base), changes))


def parse_layout(raw: Mapping[str, Any]) -> Layout:
    """Build a layout from the content of a layout file."""
    return Layout(
        name=raw["name"],
        title=raw["title"],
        source=raw["source"],
        page=Page(**raw["page"]),
        chars_per_line=raw["grid"]["chars"],
        lines_per_page=raw["grid"]["lines"],
        line_pt=raw["line_pt"],
        indent_chars=raw["indent_chars"],
        fonts={name: _font(font) for name, font in raw["fonts"].items()},
        latin=raw["latin"],
        latin_free=tuple(raw["latin_free"]),
        styles={name: Style(**style) for name, style in raw["styles"].items()},
        numbering=tuple(raw["numbering"]),
        page_number=raw["page_number"],
        signature_indent_chars=raw["signature"]["right_indent_chars"],
        attachments_label=raw["attachments"]["label"],
        attachments_indent_chars=raw["attachments"]["indent_chars"],
    )


def han_number(number: int) -> str:
    """Return 1 to 99 in Chinese digits as offices number headings: 一, 十, 十一, 二十."""
    if not 1 <= number <= 99:
        raise ValueError(f"number must be between 1 and 99, got {number}")
    tens, ones = divmod(number, 10)
    if tens == 0:
        return HAN_DIGITS[ones]
    return ("" if tens == 1 else HAN_DIGITS[tens]) + "十" + (HAN_DIGITS[ones] if ones else "")


def _font(raw: Mapping[str, Any]) -> Font:
    return Font(
        name=raw["name"],
        names=tuple(raw["names"]),
        free=tuple(raw["free"]),
        family=raw["family"],
        thicken_pt=raw.get("thicken_pt", 0.0),
    )


def _raw_layout(name: str) -> dict[str, Any]:
    if name not in layout_names():
        raise UnknownLayout(f"没有名为“{name}”的版面，可以用的有：{'、'.join(layout_names())}。")
    raw = yaml.safe_load((LAYOUT_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return _merged(_raw_layout(raw["base"]), raw) if "base" in raw else raw


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        both_maps = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(old, value) if both_maps else value  # type: ignore[arg-type]
    return merged

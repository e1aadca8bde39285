"""What a document is made of. The writers know these blocks and nothing about pupils or schools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A piece of a line; `code` is a small reference mark after it, such as the number of a figure's source."""

    text: str
    bold: bool = False
    code: str = ""


Text = str | Sequence[Span]


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 to 4 (一、（一） 1. （1）). `text` already carries its number."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of body text; `indent` false sets it at the margin (a salutation)."""

    text: Text
    indent: bool = True


@dataclass(frozen=True)
class Listing:
    """Short points, one under the other, with a number or a dash."""

    items: Sequence[Text]
    numbered: bool = False


# A table of so few rows is not divided; so many characters of table text fit across a page.
MOST_ROWS_TOGETHER = 10
CHARACTERS_ACROSS = 38


@dataclass(frozen=True)
class Table:
    """A table with one header row.

    rows: one sequence per row, one cell per column; widths: shares of the text width, any unit.
    align: per column left | center | right.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Text]]
    caption: str = ""
    widths: Sequence[float] = ()
    align: Sequence[str] = ()
    note: str = ""

    @property
    def stays_together(self) -> bool:
        """Whether the table is so short that no page should divide it; reckoned generously from its longest cells."""
        if len(self.rows) > MOST_ROWS_TOGETHER:
            return False
        shares = list(self.widths) or [1.0] * len(self.columns)
        fit = [max(int(CHARACTERS_ACROSS * share / sum(shares)) - 1, 1) for share in shares]
        return sum(max(map(_lines, row, fit), default=1) for row in self.rows) <= 2 * MOST_ROWS_TOGETHER


def _lines(cell: Text, fit: int) -> int:
    """How many lines a cell takes when so many Chinese characters fit into one."""
    return sum(-(-len(line) // fit) or 1 for line in plain(cell).split("\n"))


@dataclass(frozen=True)
class Image:
    """A picture; `content` is PNG or JPEG bytes, `width_share` its part of the text width."""

    content: bytes
    caption: str = ""
    width_share: float = 1.0
    alternative: str = ""


@dataclass(frozen=True)
class Chart:
    """A chart drawn in black and white.

    kind: columns (over time) | bars (one per name, lying) | line | heat.
    title: the finding in one sentence; values: numbers of `labels`, None where nothing is known.
    unit is written at the axis; most: the upper end of the axis (100 for shares).
    For heat, `rows` names the lines and `cells` holds one list of values per row.
    """

    kind: str
    title: str
    labels: Sequence[str]
    values: Sequence[float | None] = ()
    unit: str = ""
    axis: str = ""
    most: float | None = None
    rows: Sequence[str] = ()
    cells: Sequence[Sequence[float | None]] = ()
    note: str = ""


@dataclass(frozen=True)
class PageBreak:
    """A new page."""


@dataclass(frozen=True)
class Attachments:
    """The line 附件：under the body, one name per attachment."""

    names: Sequence[str]


@dataclass(frozen=True)
class Signature:
    """Who signs and the date as it is to be read, at the right."""

    name: str
    date: str


Block = Heading | Paragraph | Listing | Table | Image | Chart | PageBreak | Attachments | Signature


@dataclass(frozen=True)
class Document:
    """A whole document. `export_id` is printed small in the margin of every page."""

    title: str
    blocks: Sequence[Block]
    subtitle: str = ""
    export_id: str = ""
    author: str = ""
    language: str = "zh-CN"


def spans(text: Text) -> Sequence[Span]:
    """Return text as spans."""
    return (Span(text),) if isinstance(text, str) else text


def plain(text: Text) -> str:
    """Return text without marks."""
    return text if isinstance(text, str) else "".join(span.text for span in text)

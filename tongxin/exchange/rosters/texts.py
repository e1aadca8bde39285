"""Text files as schools export them: the encoding, the delimiter and the rows of a CSV file."""

import codecs
import csv
import io
import re
from collections.abc import Iterator

from tongxin.exchange.rosters import limits
from tongxin.exchange.rosters.container import RESAVE
from tongxin.exchange.rosters.refusal import RosterRefused

MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
]
DELIMITERS = [",", "\t", ";", "，", "|"]
# HTML that calls itself .xls, and Excel's XML of 2003, are what many old systems "export".
MARKUP = re.compile(r"\s*<(\?xml|!DOCTYPE|html|table|head|meta|script|body)\b", re.IGNORECASE)


def decode(data: bytes) -> tuple[str, str]:
    """Return (text, name of the encoding).

    A byte order mark decides; without one UTF-8 is tried strictly, then GB18030.
    Raises RosterRefused where neither fits.
    """
    for mark, codec, name in MARKS:
        if data.startswith(mark):
            try:
                return data.decode(codec), name
            except UnicodeDecodeError as error:
                raise RosterRefused(f"这个文件说自己是 {name} 文字，但中间有坏掉的字节。" + RESAVE) from error
    if b"\x00" in data:
        raise RosterRefused("看不出这个文件用的是哪种文字编码。" + RESAVE)
    for codec, name in [("utf-8", "UTF-8"), ("gb18030", "GB18030")]:
        try:
            return data.decode(codec), name
        except UnicodeDecodeError:
            continue
    raise RosterRefused("这个文件既不是 UTF-8 也不是 GB18030 文字，读出来会是乱码。" + RESAVE)


def delimiter_of(text: str) -> str:
    """Return the delimiter that splits the first lines most evenly; a comma when none does."""
    lines = [line for line in text[:20_000].splitlines()[:25] if line.strip()]
    best, best_score = ",", 0
    for delimiter in DELIMITERS:
        counts = [line.count(delimiter) for line in lines]
        used = [count for count in counts if count]
        if not used:
            continue
        score = len(used) * 10 + min(max(set(used), key=used.count), 9)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def csv_rows(text: str) -> Iterator[list[str]]:
    """Yield the rows of a CSV text as lists of strings; a blank line is an empty list.

    A quoted cell may hold line breaks. A quote that never closes would swallow every row after it, so bad
    quoting is refused with its line instead of being guessed at.
    """
    if MARKUP.match(text[:2_000]):
        raise RosterRefused("这其实是网页或标记文件，不是表格。" + RESAVE)
    csv.field_size_limit(limits.MOST_CELL_CHARACTERS * 4)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise RosterRefused(
            f"第 {reader.line_num} 行附近的引号不成对，后面的行分不清楚。请改好这一行，或者" + RESAVE[1:]
        ) from error

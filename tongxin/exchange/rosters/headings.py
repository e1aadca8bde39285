"""Find the table in a sheet: under which rows the headings end, what each column is called and what it means."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tongxin.exchange.rosters import wire
from tongxin.exchange.rosters.fields import FIELDS, STAFF, STUDENTS, field_of, normalise

DEEPEST_HEADER = 3
LOOK_AT_ROWS = 30

Head = Sequence[Sequence[wire.Cell]]


@dataclass(frozen=True)
class Header:
    """Where the headings stand.

    first, last: rows from 0, both included. labels: one per column, unique; "" for a column without heading.
    """

    first: int
    last: int
    labels: tuple[str, ...]


def find_header(head: Head, kind: str, remembered: dict[str, str] | None = None) -> Header:
    """Return the rows that name the columns; title rows above them are passed over.

    Several rows count as one header where that makes more headings known (父亲 above 姓名 and 电话).
    remembered: {heading: field} of earlier imports, which counts like the headings everybody uses.
    """
    best, best_score = None, 0.0
    for first in range(min(len(head), LOOK_AT_ROWS)):
        for depth in range(1, DEEPEST_HEADER + 1):
            if first + depth > len(head):
                break
            labels = join_labels(head[first : first + depth])
            if not _is_header_like(head[first]):
                break
            known = {_meaning(label, kind, remembered) for label in labels} - {""}
            score = len(known) - 0.1 * (depth - 1)
            if score > best_score:
                best, best_score = Header(first, first + depth - 1, labels), score
    return best or _fallback(head)


def _meaning(label: str, kind: str, remembered: dict[str, str] | None) -> str:
    if remembered and label in remembered:
        return remembered[label]
    return field_of(label, kind)


def _is_header_like(row: Sequence[wire.Cell]) -> bool:
    """A title across the whole sheet says one thing only; a header says several, or stands alone in its column."""
    filled = [cell for cell in row if cell != ""]
    if not filled:
        return False
    return len(filled) == 1 or len({str(cell) for cell in filled}) > 1


def _fallback(head: Head) -> Header:
    """Nothing known was found: take the first row with several different entries, else the first with any."""
    rows = [number for number, row in enumerate(head) if any(cell != "" for cell in row)]
    if not rows:
        return Header(0, 0, ())
    several = [n for n in rows if len({str(cell) for cell in head[n] if cell != ""}) > 1]
    row = several[0] if several else rows[0]
    return Header(row, row, join_labels(head[row : row + 1]))


def join_labels(rows: Head) -> tuple[str, ...]:
    """Return one label per column from one or more header rows, "父亲/电话"; repeats get （2）, （3） …"""
    width = max((len(row) for row in rows), default=0)
    grid = [[_text(row[c]) if c < len(row) else "" for c in range(width)] for row in rows]
    for upper, lower in pairwise(grid):
        for column in range(1, width):
            if not upper[column] and lower[column] and upper[column - 1] and lower[column - 1]:
                upper[column] = upper[column - 1]
    labels, seen = [], dict[str, int]()
    for column in range(width):
        parts: list[str] = []
        for line in grid:
            if line[column] and line[column] not in parts:
                parts.append(line[column])
        label = "/".join(parts)[:120]
        if label:
            seen[label] = seen.get(label, 0) + 1
            if seen[label] > 1:
                label = f"{label}（{seen[label]}）"
        labels.append(label)
    return tuple(labels)


def _text(cell: wire.Cell) -> str:
    return " ".join(wire.show(cell).split())


def guess_mapping(
    labels: Sequence[str], kind: str, remembered: dict[str, str] | None = None
) -> dict[str, str]:
    """Return {heading: field} for the headings that mean something; each field is given once.

    remembered wins over the common words; a remembered "" means the user wants the column left alone.
    """
    mapping: dict[str, str] = {}
    taken: set[str] = set()
    for label in labels:
        field = (remembered or {}).get(label, "")
        if field in FIELDS[kind] and field not in taken:
            mapping[label] = field
            taken.add(field)
    for label in labels:
        if not label or label in mapping or (remembered and label in remembered):
            continue
        field = field_of(label, kind)
        if field == "guardian_phone" and "phone" not in taken and _is_about_the_pupil(labels, label, kind):
            field = "phone"
        if field and field not in taken:
            mapping[label] = field
            taken.add(field)
    return mapping


def _is_about_the_pupil(labels: Sequence[str], label: str, kind: str) -> bool:
    """A bare 联系电话 belongs to the guardian where the sheet names one before it, else to whoever answers for
    the pupil; without any guardian's name we keep it with the pupil."""
    if kind != STUDENTS or "家长" in label or "监护人" in label:
        return False
    known = {field_of(other, kind) for other in labels}
    return not known & {"guardian_name", "father_name", "mother_name"}


def guess_kind(labels: Sequence[str]) -> str:
    """Return STUDENTS or STAFF, whichever knows more of the headings."""
    staff_only = set(FIELDS[STAFF]) - set(FIELDS[STUDENTS])
    words = {field_of(label, STAFF) for label in labels} & staff_only
    return STAFF if len(words) >= 2 or any(normalise(label) == "工号" for label in labels) else STUDENTS


def best_sheet(heads: Sequence[tuple[Head, bool]], kind: str | None = None) -> int | None:
    """Return the position of the sheet that looks most like a roster; None where every sheet is empty.

    heads: (first rows, hidden) of every sheet. A visible sheet goes before a hidden one, an earlier before a later.
    """
    best, best_score = None, (-1, -1)
    for position, (head, hidden) in enumerate(heads):
        if not any(cell != "" for row in head for cell in row):
            continue
        known = 0
        for each in [kind] if kind else [STUDENTS, STAFF]:
            header = find_header(head, each)
            known = max(known, len({field_of(label, each) for label in header.labels} - {""}))
        score = (0 if hidden else 1, known)
        if score > best_score:
            best, best_score = position, score
    return best

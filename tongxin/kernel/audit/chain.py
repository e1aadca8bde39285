"""The hash chain of audit rows, as plain Python: an outsider can check it without our database code.

hash = SHA-256 over the previous hash and the row's canonical JSON. Keyless on purpose: trust rests on anchors
kept elsewhere (printed line, second machine, bureau), which also catch a chain rewritten from the start.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

GENESIS = "0" * 64
FIELDS = ("school", "seq", "at", "account", "action", "object_type", "object_id", "data")


def row_hash(previous: str, row: Mapping) -> str:
    """Return the hash of a row (FIELDS; `at` in microseconds, `data` a JSON-able dict) after `previous`."""
    body = json.dumps([row[f] for f in FIELDS], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}\n{body}".encode()).hexdigest()


@dataclass(frozen=True)
class Break:
    """The first row at which the record cannot be trusted, and why."""

    school: int
    seq: int
    reason: str


def verify(
    rows: Iterable[Mapping], anchors: Mapping[tuple[int, int], str] | None = None
) -> tuple[int, list[Break]]:
    """Check rows ordered by (school, seq); return (rows read, first break of each school).

    rows: mappings with FIELDS and `hash`. anchors: {(school, seq): hash} noted outside earlier; an anchored
    row that is absent or differs is a break even where the chain itself looks whole.
    """
    anchors = dict(anchors or {})
    breaks: dict[int, Break] = {}
    last: dict[int, tuple[int, str]] = {}
    count = 0
    for row in rows:
        count += 1
        school, seq = row["school"], row["seq"]
        seen_seq, seen_hash = last.get(school, (0, GENESIS))
        if school not in breaks:
            reason = None
            if seq != seen_seq + 1:
                reason = f"缺少第{seen_seq + 1}条到第{seq - 1}条" if seq > seen_seq else "顺序被打乱"
            elif row_hash(seen_hash, row) != row["hash"]:
                reason = "内容与校验值不符"
            elif anchors.pop((school, seq), row["hash"]) != row["hash"]:
                reason = "与外部留存的校验值不符"
            if reason:
                breaks[school] = Break(school, seq, reason)
        last[school] = (seq, row["hash"])
    for (school, seq), _hash in sorted(anchors.items()):
        if school not in breaks and seq > last.get(school, (0, ""))[0]:
            breaks[school] = Break(school, seq, "外部留存过这一条，现在找不到了")
    return count, sorted(breaks.values(), key=lambda b: b.school)

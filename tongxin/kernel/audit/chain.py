"""The hash chain of audit rows, as plain Python: an outsider can check it without our database code.

hash = SHA-256, or SM3 where the installation wants it, over the previous hash and the row's canonical JSON. Keyless on
purpose: trust rests on anchors kept elsewhere (printed line, second machine, bureau), which also catch a chain rewritten
from the start. A row stands when either digest fits: both are 256 bits wide and nobody can make a second text for one, so
an installation may change over in the middle of a chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from json.encoder import encode_basestring as quoted

GENESIS = "0" * 64
FIELDS = ("school", "seq", "at", "account", "action", "object_type", "object_id", "data")
canonical = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


DIGESTS = ("sha256", "sm3")


def digests() -> tuple[str, ...]:
    """Return the names of the digests this machine's library has; SM3 is missing from some."""
    return tuple(name for name in DIGESTS if name in hashlib.algorithms_available)


def row_hash(previous: str, row: Mapping, text: str | None = None, digest: str = "sha256") -> str:
    """Return the hash of a row (FIELDS; `at` in microseconds, `data` a JSON-able dict) after `previous`.

    text: the data as canonical JSON, where it is at hand; then `row["data"]` is not looked at. digest: one of DIGESTS.
    """
    return _digest(digest, _body(previous, row, text))


def _digest(name: str, body: bytes) -> str:
    # The direct call is a third faster than looking the digest up by its name.
    return (hashlib.sha256(body) if name == "sha256" else hashlib.new(name, body)).hexdigest()


def _body(previous: str, row: Mapping, text: str | None) -> bytes:
    account = "null" if row["account"] is None else row["account"]
    return (
        f"{previous}\n[{row['school']},{row['seq']},{row['at']},{account},{quoted(row['action'])},"
        f"{quoted(row['object_type'])},{quoted(row['object_id'])},"
        f"{canonical(row['data']) if text is None else text}]"
    ).encode()


def holds(previous: str, row: Mapping, known: Sequence[str] = ("sha256",)) -> str:
    """Return the name of the digest by which a row has the hash it should have, "" where it has not.

    `data` may be its JSON as it lies in a file: text that has the right hash is the text that was written, so most rows
    need not be read as JSON at all. known: the digests to try, the likeliest first.
    """
    data = row["data"]
    if not isinstance(data, str):
        return _fits(_body(previous, row, None), row["hash"], known)
    found = _fits(_body(previous, row, data), row["hash"], known)
    if found:
        return found
    try:
        text = canonical(json.loads(data))
    except ValueError:
        return ""
    return _fits(_body(previous, row, text), row["hash"], known)


def _fits(body: bytes, wanted: str, known: Sequence[str]) -> str:
    return next((name for name in known if _digest(name, body) == wanted), "")


@dataclass(frozen=True)
class Break:
    """The first row at which the record cannot be trusted, and why.

    since: the change lies after this row, the last one that an anchor from outside vouches for (0: none does).
    """

    school: int
    seq: int
    reason: str
    since: int = 0


def verify(
    rows: Iterable[Mapping],
    anchors: Mapping[tuple[int, int], str] | None = None,
    heads: Mapping[int, tuple[int, str]] | None = None,
) -> tuple[int, list[Break]]:
    """Check rows ordered by (school, seq); return (rows read, first break of each school).

    rows: mappings with FIELDS and `hash`; only one is held at a time. anchors: {(school, seq): hash} noted outside
    earlier; an anchored row that is absent or differs is a break even where the chain itself looks whole.
    heads: {school: (seq, hash)} as the database itself notes the end of each chain; None: nobody writes them here.
    """
    waiting = dict(anchors or {})
    breaks: dict[int, Break] = {}
    last: dict[int, tuple[int, str]] = {}
    vouched: dict[int, int] = {}
    known = list(digests())
    count = 0
    for row in rows:
        count += 1
        school, seq = row["school"], row["seq"]
        seen_seq, seen_hash = last.get(school, (0, GENESIS))
        if school not in breaks:
            reason = None
            if seq != seen_seq + 1:
                reason = f"缺少第{seen_seq + 1}条到第{seq - 1}条" if seq > seen_seq else "顺序被打乱"
            elif not (fitted := holds(seen_hash, row, known)):
                reason = "内容与校验值不符"
            elif (school, seq) in waiting:
                if waiting.pop((school, seq)) == row["hash"]:
                    vouched[school] = seq
                else:
                    reason = "与外部留存的校验值不符"
            if reason:
                breaks[school] = Break(school, seq, reason, vouched.get(school, 0))
            elif fitted != known[0]:
                # The rows that follow were most likely written by the same.
                known.sort(key=lambda name: name != fitted)
        last[school] = (seq, row["hash"])
    for (school, seq), _hash in sorted(waiting.items()):
        if school not in breaks and seq > last.get(school, (0, ""))[0]:
            breaks[school] = Break(school, seq, "外部留存过这一条，现在找不到了", vouched.get(school, 0))
    for school in sorted({*last, *(heads or {})} if heads is not None else ()):
        head, end = heads.get(school, (0, GENESIS)), last.get(school, (0, GENESIS))  # type: ignore[union-attr]
        if school not in breaks and head != end:
            reason = "和数据库自己登记的末尾对不上"
            breaks[school] = Break(
                school, min(head[0], end[0]) + (head[0] != end[0]), reason, vouched.get(school, 0)
            )
    return count, sorted(breaks.values(), key=lambda b: b.school)

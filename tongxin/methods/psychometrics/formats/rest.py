"""The difference between two mappings as a mapping, and applying it; lists of things with an id go by id."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import Any

from .problem import FormatProblem

GONE = "-"
# The ids of a list in their order, where that differs.
ORDER = "#"
# The one mapping whose order says something: items without a set of answers of their own have the first.
ORDERED = "answers"
MOST = 4_000_000


def difference(native: Any, full: Any, key: str = "") -> Any:
    """What turns `native` into `full`: None for nothing; mappings are changed key by key, anything else is replaced."""
    same_order = key != ORDERED or not isinstance(full, dict) or list(native or ()) == list(full)
    if native == full and type(native) is type(full) and same_order:
        return None
    if isinstance(native, dict) and isinstance(full, dict):
        found = {key: part for key in full if (part := _part(native, full, key)) is not None}
        gone = [key for key in native if key not in full]
        return found | ({GONE: gone} if gone else {}) | ({} if same_order else {ORDER: list(full)})
    if _by_id(native) is not None and _by_id(full) is not None:
        before, after = _by_id(native) or {}, _by_id(full) or {}
        found = difference(before, after) or {}
        if list(before) != list(after):
            found[ORDER] = list(after)
        return {"by id": found}
    return {"=": full}


def _part(native: dict[str, Any], full: dict[str, Any], key: str) -> Any:
    if key not in native:
        return {"=": full[key]}
    return difference(native[key], full[key], key)


def _by_id(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, list) or not all(isinstance(row, dict) and "id" in row for row in value):
        return None
    found = {str(row["id"]): row for row in value}
    return found if len(found) == len(value) else None


def applied(native: Any, change: Any, key: str = "") -> Any:
    """`native` with the change. Items that the other program no longer has stay away."""
    if not isinstance(change, dict):
        return native
    if "=" in change:
        return change["="]
    if "by id" in change:
        return _applied_by_id(native, change["by id"], key)
    found = dict(native) if isinstance(native, dict) else {}
    for name, part in change.items():
        if name not in (GONE, ORDER):
            found[name] = applied(found.get(name), part, name)
    for name in change.get(GONE, ()):
        found.pop(name, None)
    order = [name for name in change.get(ORDER, ()) if name in found]
    return {name: found[name] for name in [*order, *(name for name in found if name not in order)]}


def _applied_by_id(native: Any, change: Any, key: str) -> Any:
    before = _by_id(native if isinstance(native, list) else []) or {}
    order = [str(name) for name in change.get(ORDER, before)]
    changes = {name: part for name, part in change.items() if name != ORDER}
    whole = applied(before, changes)
    if key == "items":
        # Which items there are is said by the other program; ours is only what it could not say of them.
        return [whole[name] for name in [*order, *(n for n in before if n not in order)] if name in before]
    return [whole[name] for name in [*order, *(n for n in whole if n not in order)] if name in whole]


def packed(change: Any) -> str:
    """The change as letters, digits, + and / only."""
    text = json.dumps(change, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def unpacked(text: str) -> Any:
    """Raises FormatProblem when it is not what `packed` wrote."""
    try:
        inflate = zlib.decompressobj()
        data = inflate.decompress(base64.b64decode(text, validate=True), MOST)
        if inflate.unconsumed_tail:
            raise FormatProblem("文件里附带的计分方法太大。请从原来的文件重新导出。")
        return json.loads(data)
    except (binascii.Error, zlib.error, ValueError, RecursionError) as error:
        raise FormatProblem("文件里附带的计分方法损坏了。请从原来的文件重新导出。") from error

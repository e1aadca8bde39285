"""Conditions and sums as other programs write them: JavaScript (ReproSchema), REDCap, LimeSurvey.

`condition` reads `a > 0 || b == 2`, `[a] > 0 or [b] = '2'` and `(a.NAOK >= 1 and b.NAOK == "2")` into our mapping, and
`sum_of` reads `a + b + (3 - c)`. Whatever else stands there is refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ..conditions import BY_SIGN, ItemIs, Not, Several
from ..conditions import Condition as Node

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|(?P<text>"[^"]*"|'[^']*')|\[(?P<field>\w+)\]"""
    r"""|(?P<word>[A-Za-z_]\w*(?:\.(?:NAOK|value|valueNAOK))?)|(?P<sign>\|\||&&|<>|[<>=!]=?=?|[-+()]))"""
)
_SIGNS = {"==": "=", "===": "=", "!=": "<>", "!==": "<>", "!": "not", "&&": "and", "||": "or", "ge": ">=", "gt": ">",
          "le": "<=", "lt": "<", "eq": "=", "ne": "<>"}  # fmt: skip
_FLIPPED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "=": "=", "<>": "<>"}
MOST = 20_000


class NotUnderstood(Exception):
    """The expression is none of ours."""


class _Tokens:
    def __init__(self, text: str) -> None:
        if len(text) > MOST:
            raise NotUnderstood(text[:40])
        self.left: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if not found or found.end() == at:
                raise NotUnderstood(text[at : at + 20])
            kind = str(found.lastgroup)
            word = found[kind]
            if kind == "text":
                word = word[1:-1]
            elif kind in ("word", "sign"):
                if kind == "word" and word.lower() in (
                    "and",
                    "or",
                    "not",
                    "ge",
                    "gt",
                    "le",
                    "lt",
                    "eq",
                    "ne",
                ):
                    kind, word = "sign", word.lower()
                elif kind == "word":
                    word = word.split(".")[0]
                word = _SIGNS.get(word, word) if kind == "sign" else word
            self.left.append(("name" if kind in ("word", "field") else kind, word))
            at = found.end()
        self.left.reverse()

    def peek(self) -> tuple[str, str]:
        return self.left[-1] if self.left else ("end", "")

    def take(self, word: str = "") -> tuple[str, str]:
        token = self.peek()
        if token[0] == "end" or (word and token != ("sign", word)):
            raise NotUnderstood(token[1] or "…")
        return self.left.pop()


Resolve = Callable[[str], str]
Condition = dict[str, Any]


def condition(text: str, item_of: Mapping[str, str], numeric: Callable[[str], bool]) -> Condition:
    """Our mapping. item_of: item by variable; numeric: is an item compared by number. Raises NotUnderstood."""
    tokens = _Tokens(text)
    found = _either(tokens, item_of, numeric, 0)
    if tokens.left:
        raise NotUnderstood(tokens.peek()[1])
    return found


def _either(
    tokens: _Tokens, item_of: Mapping[str, str], numeric: Callable[[str], bool], depth: int
) -> Condition:
    parts = [_both(tokens, item_of, numeric, depth)]
    while tokens.peek() == ("sign", "or"):
        tokens.take()
        parts.append(_both(tokens, item_of, numeric, depth))
    return parts[0] if len(parts) == 1 else {"any": parts}


def _both(
    tokens: _Tokens, item_of: Mapping[str, str], numeric: Callable[[str], bool], depth: int
) -> Condition:
    parts = [_single(tokens, item_of, numeric, depth)]
    while tokens.peek() == ("sign", "and"):
        tokens.take()
        parts.append(_single(tokens, item_of, numeric, depth))
    return parts[0] if len(parts) == 1 else {"all": parts}


def _single(
    tokens: _Tokens, item_of: Mapping[str, str], numeric: Callable[[str], bool], depth: int
) -> Condition:
    if depth > 10:
        raise NotUnderstood("(")
    if tokens.peek() == ("sign", "not"):
        tokens.take()
        return {"not": _single(tokens, item_of, numeric, depth + 1)}
    if tokens.peek() == ("sign", "("):
        tokens.take()
        found = _either(tokens, item_of, numeric, depth + 1)
        tokens.take(")")
        return found
    first, (_, sign), second = tokens.take(), tokens.take(), tokens.take()
    if first[0] in ("number", "text") and second[0] == "name":
        first, second, sign = second, first, _FLIPPED.get(sign, "")
    if (
        first[0] != "name"
        or second[0] not in ("number", "text")
        or sign not in BY_SIGN
        or first[1] not in item_of
    ):
        raise NotUnderstood(first[1])
    item = item_of[first[1]]
    return {"item": item, BY_SIGN[sign]: _compared(second, numeric(item), sign)}


def _compared(token: tuple[str, str], number: bool, sign: str) -> int | float | str:
    _, word = token
    if re.fullmatch(r"-?\d+", word) and number:
        return int(word)
    if re.fullmatch(r"-?\d+\.\d+", word) and number:
        return float(word)
    if sign not in ("=", "<>"):
        raise NotUnderstood(word)
    return word


def sum_of(text: str) -> list[tuple[str, int | None]] | None:
    """[(variable, None or the number it is taken away from)] of a plain sum; None when it is anything else."""
    try:
        tokens = _Tokens(text)
        found = [_term(tokens)]
        while tokens.left:
            tokens.take("+")
            found.append(_term(tokens))
    except NotUnderstood:
        return None
    return found


def _term(tokens: _Tokens) -> tuple[str, int | None]:
    kind, word = tokens.take()
    if (kind, word) == ("sign", "("):
        found = _term(tokens)
        tokens.take(")")
        return found
    if kind == "number" and re.fullmatch(r"\d{1,6}", word):
        tokens.take("-")
        _, inner = tokens.take() if tokens.peek()[0] == "name" else ("", "")
        if inner:
            return inner, int(word)
    if kind != "name":
        raise NotUnderstood(word)
    return word, None


def written(node: Node, name_of: Callable[[str], str], language: str) -> str | None:
    """An expression in "js", "redcap" or "limesurvey"; None for what that language has no words for."""
    words = {"js": (" && ", " || ", "==", "!="), "redcap": (" and ", " or ", "=", "<>"),
             "limesurvey": (" and ", " or ", "==", "!=")}[language]  # fmt: skip
    if isinstance(node, ItemIs):
        sign = node.as_dict()
        comparison = next(word for word in sign if word != "item")
        symbol = {
            "is": words[2],
            "is_not": words[3],
            "at_least": ">=",
            "at_most": "<=",
            "more_than": ">",
            "less_than": "<",
        }
        value = sign[comparison]
        text = f"'{value}'" if isinstance(value, str) else str(value)
        if isinstance(value, str) and "'" in value:
            return None
        return f"{name_of(node.item)} {symbol[comparison]} {text}"
    if isinstance(node, Several) and node.word in ("all", "any"):
        parts = [written(part, name_of, language) for part in node.parts]
        if None in parts or not parts:
            return None
        inner = [
            f"({part})" if isinstance(n, Several) else str(part)
            for part, n in zip(parts, node.parts, strict=True)
        ]
        return (words[0] if node.word == "all" else words[1]).join(inner)
    if isinstance(node, Not) and language == "js":
        part = written(node.part, name_of, language)
        return None if part is None else f"!({part})"
    return None

"""What no template may hold: inline style or script, files of other hosts, Chinese outside of translation."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.template.base import DebugLexer, Token, TokenType

CHINESE = re.compile(r"[\u3400-\u9fff]")
_COMMENT = re.compile(r"<!--.*?-->", re.S)
# Words that stay Chinese in every language say so: lang="zh-Hans", or the seal with the product's name.
_ALWAYS_CHINESE = re.compile(r"""<[^<>]*(?:lang="zh-Hans"|class="seal")[^<>]*>[^<]*""")
_TRANSLATED = re.compile(r"""_\((?:"[^"]*"|'[^']*')\)""")
_FORBIDDEN = (
    (re.compile(r"""\sstyle\s*=\s*["']"""), "行内样式 style="),
    (re.compile(r"""\son[a-z]+\s*=\s*["']"""), "行内脚本 on…="),
    (re.compile(r"""(?:src|href|action)\s*=\s*["']\s*javascript:""", re.I), "javascript: 地址"),
    (
        re.compile(r"""<(?:script|link|img|iframe|source)[^>]*(?:src|href)\s*=\s*["'](?:https?:)?//""", re.I),
        "别处的文件",
    ),
    (re.compile(r"<style\b(?![^>]*nonce)", re.I), "没有 nonce 的 <style>"),
    (re.compile(r"<script\b(?![^>]*(?:nonce|application/json))", re.I), "没有 nonce 的 <script>"),
)


def forbidden(source: str) -> list[str]:
    """Return what a template holds that the content security policy would refuse, in words."""
    return [words for pattern, words in _FORBIDDEN if pattern.search(source)]


def untranslated(source: str) -> list[str]:
    """Return the Chinese texts of a template that stand outside of translation."""
    return [text.strip() for text in _shown(source) if CHINESE.search(text)]


def _shown(source: str) -> Iterator[str]:
    """Yield the parts of a template that reach the page as they are."""
    inside = ""
    plain = []
    for token in DebugLexer(_ALWAYS_CHINESE.sub("", source)).tokenize():
        inside = _inside(token, inside)
        if inside:
            continue
        if token.token_type == TokenType.TEXT:
            plain.append(token.contents)
        elif token.token_type in (TokenType.BLOCK, TokenType.VAR) and not token.contents.startswith(
            ("translate ", "trans ")
        ):
            yield _TRANSLATED.sub("", token.contents)
    yield from _COMMENT.sub("", "".join(plain)).splitlines()


def _inside(token: Token, inside: str) -> str:
    """Return the name of the block that hides what follows: a comment or a translated block."""
    if token.token_type != TokenType.BLOCK:
        return inside
    name = token.contents.split()[0]
    if name in ("comment", "blocktranslate", "blocktrans"):
        return name
    return "" if inside and name == f"end{inside}" else inside


def templates_of(folder: Path) -> list[Path]:
    """Return every template below a folder, sorted."""
    return sorted(path for path in folder.rglob("*.html") if "templates" in path.parts)

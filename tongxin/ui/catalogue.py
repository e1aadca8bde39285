"""Reading and writing of message catalogues (.po and .mo) without the gettext programs."""

import ast
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple


class Message(NamedTuple):
    """What is translated: context ("" when none), text, and its plural ("" when none)."""

    context: str
    text: str
    plural: str = ""


# English texts of a message: one, or one per plural form.
Catalogue = dict[Message, list[str]]


def read_po(path: Path) -> Catalogue:
    """Return the messages of a .po file without its header; {} when there is no file."""
    if not path.exists():
        return {}
    found: Catalogue = {}
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        fields = _fields(block.splitlines())
        if fields.get("msgid"):
            message = Message(fields.get("msgctxt", ""), fields["msgid"], fields.get("msgid_plural", ""))
            found[message] = [text for name, text in sorted(fields.items()) if name.startswith("msgstr")]
    return found


def _fields(lines: Iterable[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in lines:
        if line.startswith("#") or not line.strip():
            continue
        if not line.startswith('"'):
            name, line = line.split(" ", 1)
            fields[name] = ""
        fields[name] += ast.literal_eval(line)
    return fields


def header(language: str, plurals: str) -> str:
    return (
        f"Project-Id-Version: Tongxin\nLanguage: {language}\nMIME-Version: 1.0\n"
        f"Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\nPlural-Forms: {plurals}\n"
    )


def write_po(path: Path, head: str, catalogue: Mapping[Message, list[str]]) -> None:
    """Write a .po file, sorted, so that the same messages always give the same file."""
    blocks = [f'msgid ""\nmsgstr {_quoted(head)}']
    for message in sorted(catalogue):
        lines = [f"msgctxt {_quoted(message.context)}"] if message.context else []
        lines.append(f"msgid {_quoted(message.text)}")
        if message.plural:
            lines.append(f"msgid_plural {_quoted(message.plural)}")
            lines += [f"msgstr[{n}] {_quoted(text)}" for n, text in enumerate(catalogue[message])]
        else:
            lines.append(f"msgstr {_quoted(catalogue[message][0])}")
        blocks.append("\n".join(lines))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\n", "\\n")
    return f'"{escaped}"'


def mo_bytes(head: str, catalogue: Mapping[Message, list[str]]) -> bytes:
    """Return the compiled catalogue, little-endian, the same bytes for the same messages."""
    pairs = {"": head}
    for message, texts in catalogue.items():
        if all(texts):
            key = f"{message.context}\x04{message.text}" if message.context else message.text
            pairs[f"{key}\x00{message.plural}" if message.plural else key] = "\x00".join(texts)
    keys = sorted(pairs, key=lambda key: key.encode())
    sources = [key.encode() for key in keys]
    targets = [pairs[key].encode() for key in keys]
    start = 28 + 16 * len(keys)
    index, body = b"", b""
    for group in (sources, targets):
        for text in group:
            index += struct.pack("<II", len(text), start + len(body))
            body += text + b"\x00"
    return (
        struct.pack("<7I", 0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 28 + len(index))
        + index
        + body
    )

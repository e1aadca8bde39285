"""The English catalogue: collect every Chinese sentence of the sources, and check that each has its English.

`python -m tongxin.ui.translations` renews locale/en from the sources (new sentences come in empty, unused ones go)
and compiles it. `check_translations()` says what is missing; a test asks it.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from django.utils.translation.template import templatize

from tongxin.ui.catalogue import Catalogue, Message, header, mo_bytes, read_po, write_po

# Files of words that rooms read, and folders of such files.
DATA = ("kinds.yaml", "reasons")
ROOT = Path(__file__).resolve().parents[2]
# Packs that come with the product: in which folders, and which keys hold words for people (see worded.py).
PACKS = ("pairings", "schemes")
PACK_WORDS = ("title", "about", "label", "name", "means", "help")
PACK_CHOICES = ("values", "options")
# The same of instruments, and of programmes, and which of their keys hold no words for a page at all.
INSTRUMENT_WORDS = ("title", "about", "name", "what", "document")
INSTRUMENT_DATA = ("golden", "answers", "items", "instructions", "codings", "en")
PROGRAMME_WORDS = ("title", "summary", "unit", "deliverables", "document", "at", "text")
PROGRAMME_CHOICES = ("values",)
PROGRAMME_DATA = ("cases", "test_calendar", "note")
SOURCES = ROOT / "tongxin"
PLURALS = {"en": "nplurals=2; plural=(n != 1);", "zh_Hans": "nplurals=1; plural=0;"}
FORMS = {"en": 2, "zh_Hans": 1}
# Function → places of (context, text, plural) among its arguments.
FUNCTIONS = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
_STRING = r"""[uU]?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_CALL = re.compile(rf"\b(n?p?gettext|_)\(\s*({_STRING}(?:\s*,\s*{_STRING})*)")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
# %(name)s of a sentence, {figure:name} of a report.
_NAMED = re.compile(r"%\(\w+\)[sd]|\{\w+(?::[\w-]+)?\}")


def po_path(language: str = "en") -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def messages() -> dict[Message, str]:
    """Return every message of the sources and one place (a path) where it stands."""
    found: dict[Message, str] = {}
    for path in sorted(SOURCES.rglob("*")):
        if "tests" in path.parts or "migrations" in path.parts or "static" in path.parts:
            continue
        if path.suffix == ".py":
            collected = _in_python(path)
        elif path.suffix in (".html", ".txt") and "templates" in path.parts:
            collected = _in_template(path)
        elif path.suffix == ".yaml" and (path.name in DATA or path.parent.name in DATA):
            collected = _in_data(yaml.safe_load(path.read_text(encoding="utf-8")))
        else:
            continue
        for message in collected:
            found.setdefault(message, path.relative_to(ROOT).as_posix())
    for folder in PACKS:
        for path in sorted((ROOT / "packs" / folder).rglob("*.yaml")):
            for message in _in_pack(yaml.safe_load(path.read_text(encoding="utf-8"))):
                found.setdefault(message, path.relative_to(ROOT).as_posix())
    for path in sorted((ROOT / "packs" / "instruments").glob("*.yaml")):
        for message in _in_instrument(yaml.safe_load(path.read_text(encoding="utf-8"))):
            found.setdefault(message, path.relative_to(ROOT).as_posix())
    for path in sorted((ROOT / "packs" / "programmes").rglob("*.yaml")):
        for message in _in_programme(yaml.safe_load(path.read_text(encoding="utf-8"))):
            found.setdefault(message, path.relative_to(ROOT).as_posix())
    return found


def _in_python(path: Path) -> Iterator[Message]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in FUNCTIONS:
            arguments = [a.value if isinstance(a, ast.Constant) else None for a in node.args]
            yield from _message(name, arguments)


def _in_data(data: object) -> Iterator[Message]:
    """Every Chinese line of a file of words; whoever reads the file says it by gettext, line by line."""
    if isinstance(data, str):
        yield from (Message("", line.strip(), "") for line in data.splitlines() if _CHINESE.search(line))
    elif isinstance(data, dict):
        for value in data.values():
            yield from _in_data(value)
    elif isinstance(data, list):
        for value in data:
            yield from _in_data(value)


def _in_pack(data: object) -> Iterator[Message]:
    """The titles, explanations and choices of a pack; its other words are data that nobody reads on a page."""
    if isinstance(data, list):
        for value in data:
            yield from _in_pack(value)
    if not isinstance(data, dict):
        return
    for key, value in data.items():
        words = [value] if key in PACK_WORDS else value.values() if _is_choices(key, value) else ()
        for text in words:
            if isinstance(text, str) and _CHINESE.search(text):
                yield Message("", text, "")
        yield from _in_pack(value)


def _in_instrument(data: object, key: str = "") -> Iterator[Message]:
    """What an instrument, its scales, bands and rules are called, and where it comes from.

    Its items, answers and instructions are left out: they are answered in a wording that was tried, or not at all.
    """
    if isinstance(data, str):
        if key in INSTRUMENT_WORDS and _CHINESE.search(data):
            yield Message("", data, "")
    elif isinstance(data, list):
        for value in data:
            yield from _in_instrument(value, key)
    elif isinstance(data, dict):
        for name, value in data.items():
            if name not in INSTRUMENT_DATA:
                yield from _in_instrument(value, key if name == "zh-CN" else name)


def _in_programme(data: object, key: str = "") -> Iterator[Message]:
    """The words of a programme that stand on pages; its notes and its cases do not."""
    if isinstance(data, str):
        if key in PROGRAMME_WORDS and _CHINESE.search(data):
            yield Message("", data, "")
    elif isinstance(data, list):
        for value in data:
            yield from _in_programme(value, key)
    elif isinstance(data, dict):
        for name, value in data.items():
            if name in PROGRAMME_CHOICES and isinstance(value, dict):
                for words in value.values():
                    yield from _in_programme(words, "title")
            elif name not in PROGRAMME_DATA:
                at = name != "at" or key == "source"
                yield from _in_programme(value, _worded_as(name, key)) if at else ()


def _worded_as(name: str, within: str) -> str:
    """The title of a report and the headings of its outline are words; the number of a heading is none."""
    return "title" if (name, within) == ("heading", "outline") else name


def _is_choices(key: str, value: object) -> bool:
    return key in PACK_CHOICES and isinstance(value, dict)


def _in_template(path: Path) -> Iterator[Message]:
    """Django turns a template into pseudo-Python that holds only the calls."""
    for name, listed in _CALL.findall(templatize(path.read_text(encoding="utf-8"))):
        arguments = [ast.literal_eval(text.lstrip("uU")) for text in re.findall(_STRING, listed)]
        yield from _message(name, arguments)


def _message(name: str, arguments: list) -> Iterator[Message]:
    context, text, plural = (
        "" if place is None else arguments[place] if place < len(arguments) else None
        for place in FUNCTIONS[name]
    )
    if isinstance(text, str) and text and isinstance(context, str) and isinstance(plural, str):
        yield Message(context, text, plural)


def refresh(language: str = "en") -> Catalogue:
    """Bring locale/<language> up to date with the sources and compile it; return what it holds now."""
    known = read_po(po_path(language))
    catalogue = {}
    for message in messages():
        empty = [""] * (FORMS[language] if message.plural else 1)
        catalogue[message] = known.get(message, empty)
    save(language, catalogue)
    return catalogue


def save(language: str, catalogue: Catalogue) -> None:
    """Write a catalogue and its compiled form."""
    head = header(language, PLURALS[language])
    write_po(po_path(language), head, catalogue)
    po_path(language).with_suffix(".mo").write_bytes(mo_bytes(head, catalogue))


def check_translations() -> list[str]:
    """Return what is wrong with the English catalogue, one sentence each; nothing when all is well."""
    catalogue = read_po(po_path())
    wrong = []
    for message, place in messages().items():
        texts = catalogue.get(message)
        if not texts or not all(texts):
            wrong.append(f"{place}：这句还没有英文：{message.text}")
        elif any(
            set(_NAMED.findall(text)) - set(_NAMED.findall(message.text + message.plural)) for text in texts
        ):
            wrong.append(f"{place}：英文里有中文没有的值：{message.text}")
        elif set(_NAMED.findall(message.text)) - set(_NAMED.findall(texts[-1])):
            wrong.append(f"{place}：英文里少了一个值：{message.text}")
    return wrong + [word for language in PLURALS for word in _stale(language)]


def _stale(language: str) -> list[str]:
    path = po_path(language)
    if not path.exists():
        return [f"缺少 {path.relative_to(ROOT)}"]
    expected = mo_bytes(header(language, PLURALS[language]), read_po(path))
    compiled = path.with_suffix(".mo")
    if compiled.exists() and compiled.read_bytes() == expected:
        return []
    return [f"{compiled.relative_to(ROOT)} 与 .po 不一致，请运行 python -m tongxin.ui.translations"]


if __name__ == "__main__":
    missing = [message.text for message, texts in refresh().items() if not all(texts)]
    save("zh_Hans", read_po(po_path("zh_Hans")))
    sys.stdout.write("".join(f"{text}\n" for text in missing) + f"{len(missing)} to translate\n")

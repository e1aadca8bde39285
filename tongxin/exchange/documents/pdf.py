"""PDF files and chart pictures, set by typst from the same blocks as the Word files.

Texts travel as JSON values, so nothing a person typed is ever read as markup.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import batched, zip_longest
from pathlib import Path
from typing import Any

import typst
from pylopdf_fonts_zh_cn import serif_path

from .blocks import Block, Chart, Document, Heading, Image, Listing, Paragraph, Signature, Table, Text
from .layout import Layout, load_layout
from .text import clean_text

TEMPLATES = Path(__file__).parent / "typesetting"
MARK_LABEL = "导出编号 "
CHART_PIXELS_PER_INCH = 220
# Documents set in one run: more are faster each, but a run holds all its pages in memory.
BATCH = 100


def write_pdf(document: Document, layout: Layout | None = None) -> bytes:
    """Return a document as a PDF with tags and bookmarks."""
    return _set([document], layout or load_layout(), tags=True)


def write_pdfs(documents: Iterable[Document], layout: Layout | None = None) -> Iterator[bytes]:
    """Yield one PDF per document, in order; without tags, for quick mass output."""
    chosen = layout or load_layout()
    for document in documents:
        yield _set([document], chosen, tags=False)


def write_joined_pdfs(documents: Iterable[Document], layout: Layout | None = None) -> Iterator[bytes]:
    """Yield PDFs of up to 100 documents each, for printing; page numbers begin anew with every document."""
    chosen = layout or load_layout()
    for batch in batched(documents, BATCH):
        yield _set(batch, chosen, tags=False)


def draw_chart(chart: Chart, width_pt: float = 442.0) -> bytes:
    """Return a chart as a PNG picture, width_pt points wide, readable in black and white."""
    data = {"chart": _chart_data(chart), "width": width_pt, "families": _families(load_layout(), "black")}
    pages = _compiler().compile(
        input=str(TEMPLATES / "chart_page.typ"),
        root=str(TEMPLATES),
        format="png",
        ppi=CHART_PIXELS_PER_INCH,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    return pages if isinstance(pages, bytes) else pages[0]  # type: ignore[index]


def template_data(
    documents: Sequence[Document], layout: Layout | None = None, paths: Mapping[int, str] | None = None
) -> str:
    """Return the JSON that the typst template reads; paths: file names of images by the id of their block."""
    layout = layout or load_layout()
    data = {
        "layout": layout.as_data(),
        "fonts": _font_data(layout),
        "char_pitch": layout.char_pitch_pt,
        "mark_label": MARK_LABEL,
        "documents": [_document_data(document, layout, paths or {}) for document in documents],
    }
    return json.dumps(data, ensure_ascii=False)


def _set(documents: Sequence[Document], layout: Layout, *, tags: bool) -> bytes:
    images = [block for document in documents for block in document.blocks if isinstance(block, Image)]
    if not images:
        return _compile(documents, layout, TEMPLATES, {}, tags=tags)
    with tempfile.TemporaryDirectory(prefix="tongxin-pdf-") as folder:
        root = Path(folder)
        for template in TEMPLATES.glob("*.typ"):
            (root / template.name).write_bytes(template.read_bytes())
        paths = {}
        for position, image in enumerate(images):
            name = f"image{position}{'.jpg' if image.content[:2] == b'\xff\xd8' else '.png'}"
            (root / name).write_bytes(image.content)
            paths[id(image)] = name
        return _compile(documents, layout, root, paths, tags=tags)


def _compile(
    documents: Sequence[Document], layout: Layout, root: Path, paths: Mapping[int, str], *, tags: bool
) -> bytes:
    content = _compiler().compile(
        input=str(root / "document.typ"),
        root=str(root),
        format="pdf",
        sys_inputs={"data": template_data(documents, layout, paths)},
        pdf_tags=tags,
    )
    assert isinstance(content, bytes)
    return content


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(
        include_system_fonts=True, include_embedded_fonts=False, font_paths=[str(serif_path().parent)]
    )


@cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(root=str(TEMPLATES), font_paths=_fonts())


@cache
def _installed_families() -> dict[str, str]:
    return {family.casefold(): family for family in _fonts().families()}


def _families(layout: Layout, role: str) -> list[str]:
    """Return the installed families for a font, best first; the bundled Noto fonts are always there."""
    font = layout.fonts[role]
    wanted = [font.name, *font.names, *font.free, "Noto Serif SC"]
    installed = _installed_families()
    return list(dict.fromkeys(installed[name.casefold()] for name in wanted if name.casefold() in installed))


def _font_data(layout: Layout) -> dict[str, dict[str, Any]]:
    data = {}
    for role, font in layout.fonts.items():
        families = _families(layout, role)
        original = families[0] in (font.name, *font.names)
        data[role] = {"families": families, "thicken": 0 if original else font.thicken_pt}
    return data


def _document_data(document: Document, layout: Layout, paths: Mapping[int, str]) -> dict[str, Any]:
    return {
        "title": layout.title_lines(clean_text(document.title)),
        "subtitle": clean_text(document.subtitle),
        "export_id": clean_text(document.export_id),
        "blocks": [
            _block_data(block, layout, paths) | {"keep": isinstance(following, Signature)}
            for block, following in zip_longest(document.blocks, document.blocks[1:])
        ],
    }


def _block_data(block: Block, layout: Layout, paths: Mapping[int, str]) -> dict[str, Any]:
    kind: dict[str, Any] = {"type": type(block).__name__}
    match block:
        case Heading():
            return kind | {"text": clean_text(block.text), "level": block.level}
        case Paragraph():
            return kind | {"spans": _spans(block.text), "indent": block.indent}
        case Listing():
            return kind | {"items": [_spans(item) for item in block.items], "numbered": block.numbered}
        case Table():
            return kind | _table_data(block)
        case Chart():
            return kind | _chart_data(block)
        case Image():
            return kind | {
                "path": paths[id(block)],
                "caption": clean_text(block.caption),
                "width_share": block.width_share,
                "alternative": clean_text(block.alternative or block.caption),
            }
        case Signature():
            name_indent, date_indent = layout.signature_indents(block.name, block.date)
            return kind | _cleaned(vars(block)) | {"name_indent": name_indent, "date_indent": date_indent}
        case _:
            return kind | _cleaned(vars(block))


def _table_data(table: Table) -> dict[str, Any]:
    count = len(table.columns)
    return {
        "columns": [clean_text(name) for name in table.columns],
        "rows": [[_cell(cell) for cell in row] for row in table.rows],
        "caption": clean_text(table.caption),
        "note": clean_text(table.note),
        "together": table.stays_together,
        "widths": list(table.widths) or [1] * count,
        "align": list(table.align) or ["left"] * count,
    }


def _cell(text: Text) -> Any:
    content = _spans(text)
    # Rows are joined to one list of cells, so a cell that is a list itself stands in a mapping.
    return content if isinstance(content, str) else {"spans": content}


def _chart_data(chart: Chart) -> dict[str, Any]:
    return _cleaned(vars(chart))


def _cleaned(value: Any) -> Any:
    """Return a structure with every text in it cleaned."""
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value


def _spans(text: Text) -> str | list[dict[str, Any]]:
    """Return text as a plain string where it has no marks: that sets a third faster in tables."""
    if isinstance(text, str):
        return clean_text(text)
    return [
        {"text": clean_text(span.text), "bold": span.bold, "code": clean_text(span.code)} for span in text
    ]

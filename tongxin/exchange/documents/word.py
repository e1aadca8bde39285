"""Word files from blocks, and letters by the thousand from one compiled template."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

import jinja2
from jinja2 import meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup
from PIL import Image as Picture

from .blocks import (
    Attachments,
    Block,
    Chart,
    Document,
    Heading,
    Image,
    Listing,
    PageBreak,
    Paragraph,
    Signature,
    Span,
    Table,
    Text,
    spans,
)
from .layout import POINTS_PER_MM, Layout, load_layout
from .pdf import MARK_LABEL, draw_chart
from .text import clean_text, escape_xml
from .word_parts import (
    NAMESPACES,
    PACKAGE_RELATIONSHIPS,
    PROLOGUE,
    RELATIONSHIPS,
    LayoutKey,
    mm_twips,
    package_of,
    twips,
)

EMU_PER_POINT = 12700
BORDER = '<w:{side} w:val="single" w:sz="4" w:space="0" w:color="404040"/>'
BORDERS = "".join(
    BORDER.format(side=side) for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)
NEW_LINE = '</w:t><w:br/><w:t xml:space="preserve">'
TAGGED = re.compile(r"\{[{%]")
LEVELS = 4


class UnknownField(Exception):
    """A letter template names a field for which the caller has no value."""


class BrokenTemplate(Exception):
    """A letter template cannot be read; the message says what is wrong."""


def write_word(document: Document, layout: Layout | None = None) -> bytes:
    """Return a document as a .docx file; charts become pictures with their finding as the caption."""
    chosen = layout or load_layout()
    body = _Body(chosen)
    body.add_heads(document)
    for block, following in zip_longest(document.blocks, document.blocks[1:]):
        body.add(block, keep=isinstance(following, Signature))
    parts: dict[str, str | bytes] = {
        "word/document.xml": body.xml(),
        "word/_rels/document.xml.rels": _document_relations(list(body.media)),
        "word/header1.xml": _header(document.export_id),
        "word/header2.xml": _header(document.export_id),
        "docProps/core.xml": _core_properties(document),
    }
    parts.update({f"word/{target}": content for target, content in body.media.items()})
    return _with_parts(package_of(LayoutKey(chosen)), parts)


class WordTemplate:
    """A .docx file with {{ fields }} and {%tr for … %} rows, compiled once and filled many times.

    content: the bytes of the file. Only the parts that hold fields are written anew for each letter.
    Raises BrokenTemplate if it is no Word file or its fields are not spelled right.
    """

    def __init__(self, content: bytes) -> None:
        # Read in when it is first needed: every start of the program would wait for it.
        from docxtpl import DocxTemplate

        try:
            source = DocxTemplate(io.BytesIO(content))
            source.init_docx()
            with zipfile.ZipFile(io.BytesIO(content)) as package:
                parts = {info.filename: package.read(info) for info in package.infolist()}
        except (zipfile.BadZipFile, KeyError, ValueError) as error:
            raise BrokenTemplate("这个文件不是 Word 文档（.docx），请另存为 .docx 后再上传。") from error
        self._templates: dict[str, jinja2.Template] = {}
        self.fields: set[str] = set()
        for name in [name for name in parts if _may_hold_fields(name, parts[name])]:
            patched = source.patch_xml(parts.pop(name).decode("utf-8"))
            self._templates[name] = self._compile(patched)
        self._package = _pack(parts)

    def _compile(self, xml: str) -> jinja2.Template:
        try:
            self.fields |= meta.find_undeclared_variables(_LETTERS.parse(xml))
            return _LETTERS.from_string(xml)
        except jinja2.TemplateSyntaxError as error:
            raise BrokenTemplate(
                "模板里的填空写法有误，请检查每个“{{ }}”和“{% %}”是否成对、拼写是否一致。"
            ) from error

    def fill(self, values: Mapping[str, Any]) -> bytes:
        """Return one letter as .docx bytes.

        Raises UnknownField if the template asks for a field that `values` does not hold.
        """
        missing = self.fields - values.keys()
        if missing:
            raise UnknownField(f"模板要填的“{'、'.join(sorted(missing))}”没有对应的数据。")
        filled = {name: template.render(values) for name, template in self._templates.items()}
        return _with_parts(self._package, filled)


def _finalize(value: object) -> Markup:
    """Return a field's value as XML text: escaped, cleaned, with line breaks kept."""
    if isinstance(value, Markup):
        return value
    return Markup(escape_xml(value).replace("\n", NEW_LINE))


_LETTERS = ImmutableSandboxedEnvironment(
    autoescape=True, finalize=_finalize, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
)


def _may_hold_fields(name: str, content: bytes) -> bool:
    if not re.fullmatch(r"word/(document|header\d*|footer\d*)\.xml", name):
        return False
    return b"{{" in content or b"{%" in content or bool(re.search(rb"\{(<[^>]+>)+[{%]", content))


def _pack(parts: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return buffer.getvalue()


def _with_parts(package: bytes, parts: Mapping[str, str | bytes]) -> bytes:
    """Return a package with parts added; what is already packed is not packed again."""
    buffer = io.BytesIO(package)
    buffer.seek(0, io.SEEK_END)
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED, compresslevel=3) as target:
        for name, content in parts.items():
            target.writestr(name, content)
    return buffer.getvalue()


class _Body:
    """Collects the XML of the document part and the pictures it uses."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.width_pt = layout.page.text_width * POINTS_PER_MM
        self.rows: list[str] = []
        self.media: dict[str, bytes] = {}

    def add_heads(self, document: Document) -> None:
        """Add the title and the line under it."""
        self.rows.append(_paragraph(self.layout.title_lines(clean_text(document.title)), "Title"))
        if document.subtitle:
            self.rows.append(_paragraph(document.subtitle, "Subtitle"))

    def add(self, block: Block, *, keep: bool = False) -> None:
        """Add one block; `keep` holds a paragraph on the page of what follows."""
        match block:
            case Heading():
                self.rows.append(_paragraph(block.text, f"Heading{min(block.level, LEVELS)}"))
            case Paragraph():
                flush = "" if block.indent else '<w:ind w:firstLineChars="0" w:firstLine="0"/>'
                self.rows.append(_paragraph(block.text, properties=("<w:keepNext/>" if keep else "") + flush))
            case Listing():
                self._add_listing(block)
            case Table():
                self._add_table(block)
            case Chart():
                self._add_chart(block)
            case Image():
                self._add_image(block)
            case PageBreak():
                self.rows.append('<w:p><w:r><w:br w:type="page"/></w:r></w:p>')
            case Attachments():
                self._add_attachments(block)
            case Signature():
                self._add_signature(block)

    def xml(self) -> str:
        """Return the whole document part."""
        return (
            f"{PROLOGUE}<w:document {NAMESPACES}><w:body>{''.join(self.rows)}{_section(self.layout)}"
            "</w:body></w:document>"
        )

    def _add_listing(self, listing: Listing) -> None:
        for position, item in enumerate(listing.items, 1):
            mark = f"（{position}）" if listing.numbered else "— "
            self.rows.append(_paragraph([Span(mark), *spans(item)]))

    def _add_table(self, table: Table) -> None:
        if table.caption:
            self.rows.append(_paragraph(table.caption, "Caption"))
        widths = _column_widths(table, twips(self.width_pt))
        aligns = list(table.align) or ["left"] * len(table.columns)
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
        head = "".join(
            _cell(name, width, "TableHead", "center", '<w:shd w:val="clear" w:color="auto" w:fill="E8E8E8"/>')
            for name, width in zip(table.columns, widths, strict=True)
        )
        rows = [f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>"]
        last, together = len(table.rows) - 1, table.stays_together
        for at, row in enumerate(table.rows):
            keep = together and at < last
            cells = "".join(
                _cell(cell, width, "TableText", align, keep=keep)
                for cell, width, align in zip(row, widths, aligns, strict=True)
            )
            rows.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>")
        self.rows.append(
            f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/>'
            f'<w:tblBorders>{BORDERS}</w:tblBorders><w:tblLayout w:type="fixed"/></w:tblPr>'
            f"<w:tblGrid>{grid}</w:tblGrid>{''.join(rows)}</w:tbl>"
        )
        # Word joins two tables that touch, so a small line always follows.
        self.rows.append(_paragraph(table.note, "Note"))

    def _add_chart(self, chart: Chart) -> None:
        self.rows.append(_paragraph(chart.title, "Caption"))
        self._add_picture(draw_chart(chart, self.width_pt), 1.0, f"图：{chart.title}")
        if chart.note:
            self.rows.append(_paragraph(chart.note, "Note"))

    def _add_image(self, image: Image) -> None:
        self._add_picture(image.content, image.width_share, image.alternative or image.caption)
        if image.caption:
            self.rows.append(_paragraph(image.caption, "Caption"))

    def _add_picture(self, content: bytes, width_share: float, alternative: str) -> None:
        with Picture.open(io.BytesIO(content)) as picture:
            ratio = picture.height / picture.width
            ending = "jpg" if picture.format == "JPEG" else "png"
        target = f"media/image{len(self.media) + 1}.{ending}"
        self.media[target] = content
        width = round(self.width_pt * width_share * EMU_PER_POINT)
        self.rows.append(_picture(len(self.media), width, round(width * ratio), alternative))

    def _add_attachments(self, attachments: Attachments) -> None:
        layout, size = self.layout, self.layout.styles["body"].size
        label = layout.attachments_label
        self.rows.append(_paragraph(""))
        for position, name in enumerate(attachments.names):
            number = f"{position + 1}. " if len(attachments.names) > 1 else ""
            hanging = layout.attachments_indent_chars + (0 if position == 0 else len(label))
            indent = (
                f'<w:ind w:leftChars="{hanging * 100}" w:left="{twips(size * hanging)}" '
                'w:firstLineChars="0" w:firstLine="0"/>'
            )
            start = label if position == 0 else ""
            self.rows.append(_paragraph(f"{start}{number}{name}", properties=indent))

    def _add_signature(self, signature: Signature) -> None:
        self.rows.append(_paragraph("", properties="<w:keepNext/>"))
        indents = self.layout.signature_indents(signature.name, signature.date)
        for text, indent, keep in zip(
            (signature.name, signature.date), indents, ("<w:keepNext/>", ""), strict=True
        ):
            right = twips(self.layout.styles["body"].size * indent)
            properties = (
                f'<w:ind w:rightChars="{round(indent * 100)}" w:right="{right}" '
                'w:firstLineChars="0" w:firstLine="0"/><w:jc w:val="right"/>'
            )
            self.rows.append(_paragraph(text, properties=keep + properties))


def _column_widths(table: Table, total: int) -> list[int]:
    shares = list(table.widths) or [1.0] * len(table.columns)
    return [round(total * share / sum(shares)) for share in shares]


def _run(span: Span) -> str:
    bold = "<w:b/>" if span.bold else ""
    text = escape_xml(span.text).replace("\n", NEW_LINE)
    run = (
        f'<w:r><w:rPr><w:rFonts w:hint="eastAsia"/>{bold}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'
    )
    if not span.code:
        return run
    return (
        f'{run}<w:r><w:rPr><w:rFonts w:hint="eastAsia"/><w:vertAlign w:val="superscript"/></w:rPr>'
        f"<w:t>〔{escape_xml(span.code)}〕</w:t></w:r>"
    )


def _paragraph(text: Text, style: str = "", properties: str = "") -> str:
    style_row = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{style_row}{properties}</w:pPr>{''.join(map(_run, spans(text)))}</w:p>"


def _cell(text: Text, width: int, style: str, align: str, shade: str = "", *, keep: bool = False) -> str:
    keep_next = "<w:keepNext/>" if keep else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}<w:vAlign w:val="center"/></w:tcPr>'
        f"{_paragraph(text, style, f'{keep_next}<w:jc w:val="{align}"/>')}</w:tc>"
    )


def _picture(number: int, width: int, height: int, alternative: str) -> str:
    return (
        '<w:p><w:pPr><w:keepLines/><w:spacing w:line="240" w:lineRule="auto"/>'
        '<w:ind w:firstLineChars="0" w:firstLine="0"/><w:jc w:val="center"/></w:pPr><w:r><w:drawing>'
        f'<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>'
        f'<wp:docPr id="{number}" name="图片{number}" descr="{escape_xml(alternative)}"/>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>'
        f'<pic:nvPicPr><pic:cNvPr id="{number}" name="图片{number}"/><pic:cNvPicPr/></pic:nvPicPr>'
        f'<pic:blipFill><a:blip r:embed="rIdImage{number}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r></w:p>"
    )


def _section(layout: Layout) -> str:
    page = layout.page
    return (
        '<w:sectPr><w:headerReference w:type="default" r:id="rIdOddHeader"/>'
        '<w:headerReference w:type="even" r:id="rIdEvenHeader"/>'
        '<w:footerReference w:type="default" r:id="rIdOdd"/><w:footerReference w:type="even" r:id="rIdEven"/>'
        f'<w:pgSz w:w="{mm_twips(page.width)}" w:h="{mm_twips(page.height)}"/>'
        f'<w:pgMar w:top="{mm_twips(page.top)}" w:right="{mm_twips(page.right)}" '
        f'w:bottom="{mm_twips(page.bottom)}" w:left="{mm_twips(page.left)}" '
        f'w:header="{mm_twips(15)}" w:footer="{mm_twips(page.bottom - 12)}" w:gutter="0"/>'
        f'<w:docGrid w:type="lines" w:linePitch="{twips(layout.line_pt)}"/></w:sectPr>'
    )


def _header(export_id: str) -> str:
    text = f"{MARK_LABEL}{export_id}" if export_id else ""
    return f"{PROLOGUE}<w:hdr {NAMESPACES}>{_paragraph(text, 'Mark', '<w:jc w:val="right"/>')}</w:hdr>"


def _document_relations(media: Sequence[str]) -> str:
    targets = {
        "rIdStyles": ("styles", "styles.xml"),
        "rIdSettings": ("settings", "settings.xml"),
        "rIdFonts": ("fontTable", "fontTable.xml"),
        "rIdOddHeader": ("header", "header1.xml"),
        "rIdEvenHeader": ("header", "header2.xml"),
        "rIdOdd": ("footer", "footer1.xml"),
        "rIdEven": ("footer", "footer2.xml"),
    }
    targets |= {f"rIdImage{number}": ("image", target) for number, target in enumerate(media, 1)}
    rows = "".join(
        f'<Relationship Id="{key}" Type="{RELATIONSHIPS}/{kind}" Target="{target}"/>'
        for key, (kind, target) in targets.items()
    )
    return f'{PROLOGUE}<Relationships xmlns="{PACKAGE_RELATIONSHIPS}">{rows}</Relationships>'


def _core_properties(document: Document) -> str:
    return (
        f"{PROLOGUE}<cp:coreProperties "
        'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape_xml(document.title)}</dc:title><dc:creator>{escape_xml(document.author)}</dc:creator>"
        f"<dc:identifier>{escape_xml(document.export_id)}</dc:identifier>"
        f"<dc:language>{escape_xml(document.language)}</dc:language></cp:coreProperties>"
    )

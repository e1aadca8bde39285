"""The parts of a Word file that depend on the layout alone: styles, settings, fonts, page numbers."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from xml.sax.saxutils import quoteattr

from .layout import POINTS_PER_MM, Layout, Style

NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)
PROLOGUE = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE_RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
# Style name in the layout -> id, name shown in Word, outline level.
STYLE_IDS = {
    "title": ("Title", "Title", None),
    "subtitle": ("Subtitle", "Subtitle", None),
    "heading1": ("Heading1", "heading 1", 0),
    "heading2": ("Heading2", "heading 2", 1),
    "heading3": ("Heading3", "heading 3", 2),
    "heading4": ("Heading4", "heading 4", 3),
    "caption": ("Caption", "caption", None),
    "table_head": ("TableHead", "表头", None),
    "table": ("TableText", "表格文字", None),
    "note": ("Note", "表注", None),
    "page_number": ("PageNumber", "页码", None),
    "mark": ("Mark", "导出编号", None),
}
INDENTED = {"heading1", "heading2", "heading3", "heading4"}
SMALL = {"caption", "table_head", "table", "note", "page_number", "mark"}


def twips(points: float) -> int:
    """Return points as twentieths of a point."""
    return round(points * 20)


def mm_twips(millimetres: float) -> int:
    """Return millimetres as twentieths of a point."""
    return twips(millimetres * POINTS_PER_MM)


@cache
def package_of(layout_key: LayoutKey) -> bytes:
    """Return a Word package with every part but the document itself and what differs by document."""
    layout = layout_key.layout
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in _parts(layout).items():
            package.writestr(name, content)
    return buffer.getvalue()


class LayoutKey:
    """Lets a layout, which holds mappings, stand as a key of a cache."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout

    def __hash__(self) -> int:
        return hash(self.layout.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LayoutKey) and self.layout == other.layout


def _parts(layout: Layout) -> dict[str, str]:
    return {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _root_relations(),
        "word/styles.xml": _styles(layout),
        "word/settings.xml": _settings(),
        "word/fontTable.xml": _font_table(layout),
        "word/footer1.xml": _footer(layout, layout.page_number["odd"]),
        "word/footer2.xml": _footer(layout, layout.page_number["even"]),
    }


def _content_types() -> str:
    overrides = {
        "/word/document.xml": f"{WORD_TYPE}.document.main+xml",
        "/word/styles.xml": f"{WORD_TYPE}.styles+xml",
        "/word/settings.xml": f"{WORD_TYPE}.settings+xml",
        "/word/fontTable.xml": f"{WORD_TYPE}.fontTable+xml",
        "/word/footer1.xml": f"{WORD_TYPE}.footer+xml",
        "/word/footer2.xml": f"{WORD_TYPE}.footer+xml",
        "/word/header1.xml": f"{WORD_TYPE}.header+xml",
        "/word/header2.xml": f"{WORD_TYPE}.header+xml",
        "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    }
    rows = "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in overrides.items())
    return (
        f'{PROLOGUE}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="png" ContentType="image/png"/><Default Extension="jpg" ContentType="image/jpeg"/>'
        f"{rows}</Types>"
    )


def _root_relations() -> str:
    core = "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties"
    return (
        f'{PROLOGUE}<Relationships xmlns="{PACKAGE_RELATIONSHIPS}">'
        f'<Relationship Id="rId1" Type="{RELATIONSHIPS}/officeDocument" Target="word/document.xml"/>'
        f'<Relationship Id="rId2" Type="{core}" Target="docProps/core.xml"/></Relationships>'
    )


def _run_style(layout: Layout, name: str) -> str:
    style, font = layout.styles[name], layout.font_of(name)
    # The grid of characters is kept by spacing, because programs other than Word misread a character grid.
    spacing = 0 if name in SMALL or name == "title" else twips(layout.char_pitch_pt - style.size)
    latin = quoteattr(layout.latin)
    half_points = round(style.size * 2)
    return (
        f"<w:rPr><w:rFonts w:ascii={latin} w:hAnsi={latin} w:eastAsia={quoteattr(font.name)} w:cs={latin}/>"
        f'<w:spacing w:val="{spacing}"/><w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/></w:rPr>'
    )


def _paragraph_style(layout: Layout, name: str, style: Style, outline: int | None) -> str:
    rows = []
    if name in INDENTED or name == "caption":
        rows.append("<w:keepNext/>")
    # The order of these elements is fixed by the file format.
    if name in SMALL:
        rows.append('<w:snapToGrid w:val="0"/>')
        space = 120 if name == "caption" else 40 if name == "note" else 0
        rows.append(f'<w:spacing w:before="{space}" w:after="{space}" w:line="240" w:lineRule="auto"/>')
        rows.append('<w:ind w:firstLineChars="0" w:firstLine="0"/>')
    else:
        pitch = twips(style.line_pt or layout.line_pt)
        rows.append(f'<w:spacing w:after="{twips(style.after_pt)}" w:line="{pitch}" w:lineRule="exact"/>')
        if name not in INDENTED:
            rows.append('<w:ind w:firstLineChars="0" w:firstLine="0"/>')
    rows.append(f'<w:jc w:val="{ {"justify": "both"}.get(style.align, style.align) }"/>')
    if outline is not None:
        rows.append(f'<w:outlineLvl w:val="{outline}"/>')
    return f"<w:pPr>{''.join(rows)}</w:pPr>"


def _styles(layout: Layout) -> str:
    body = layout.styles["body"]
    indent = f'w:firstLineChars="{layout.indent_chars * 100}" w:firstLine="{twips(body.size * layout.indent_chars)}"'
    rows = [
        f"<w:docDefaults><w:rPrDefault>{_run_style(layout, 'body')}</w:rPrDefault>"
        "<w:pPrDefault/></w:docDefaults>",
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/>'
        f'<w:pPr><w:spacing w:line="{twips(layout.line_pt)}" w:lineRule="exact"/><w:ind {indent}/>'
        f'<w:jc w:val="both"/></w:pPr>{_run_style(layout, "body")}</w:style>',
    ]
    for name, (style_id, title, outline) in STYLE_IDS.items():
        rows.append(
            f'<w:style w:type="paragraph" w:styleId="{style_id}"><w:name w:val="{title}"/>'
            f'<w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:qFormat/>'
            f"{_paragraph_style(layout, name, layout.styles[name], outline)}{_run_style(layout, name)}</w:style>"
        )
    rows.append(
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>'
        '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:left w:w="80" w:type="dxa"/>'
        '<w:right w:w="80" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
    )
    return f"{PROLOGUE}<w:styles {NAMESPACES}>{''.join(rows)}</w:styles>"


def _settings() -> str:
    return (
        f'{PROLOGUE}<w:settings {NAMESPACES}><w:zoom w:percent="100"/><w:defaultTabStop w:val="420"/>'
        '<w:evenAndOddHeaders/><w:characterSpacingControl w:val="compressPunctuation"/>'
        "<w:compat><w:spaceForUL/><w:balanceSingleByteDoubleByteWidth/><w:useFELayout/>"
        '<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" '
        'w:val="15"/></w:compat><w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/></w:settings>'
    )


def _font_table(layout: Layout) -> str:
    rows = []
    for font in {font.name: font for font in layout.fonts.values()}.values():
        others = quoteattr(";".join([*font.names, *font.free]))
        rows.append(
            f'<w:font w:name={quoteattr(font.name)}><w:altName w:val={others}/><w:charset w:val="86"/>'
            f'<w:family w:val="{font.family}"/><w:pitch w:val="default"/></w:font>'
        )
    return f"{PROLOGUE}<w:fonts {NAMESPACES}>{''.join(rows)}</w:fonts>"


def _footer(layout: Layout, side: str) -> str:
    before, after = layout.page_number["text"].split("{n}")
    chars = layout.page_number["indent_chars"]
    indent = f'w:{side}Chars="{chars * 100}" w:{side}="{twips(layout.styles["page_number"].size * chars)}"'
    return (
        f'{PROLOGUE}<w:ftr {NAMESPACES}><w:p><w:pPr><w:pStyle w:val="PageNumber"/>'
        f'<w:ind {indent}/><w:jc w:val="{side}"/></w:pPr>'
        f'<w:r><w:t xml:space="preserve">{before}</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> PAGE </w:instrText>'
        '</w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>1</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        f'<w:r><w:t xml:space="preserve">{after}</w:t></w:r></w:p></w:ftr>'
    )

"""Word, PDF, Excel and zip files are written, opened again by other programs, and hold what was put in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime

import docx
import openpyxl
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2.exceptions import SecurityError

from tongxin.exchange.documents.blocks import (
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
)
from tongxin.exchange.documents.bundle import Member, stream_bundle
from tongxin.exchange.documents.layout import UnknownLayout, han_number, load_layout, vary_layout
from tongxin.exchange.documents.pdf import draw_chart, write_joined_pdfs, write_pdf, write_pdfs
from tongxin.exchange.documents.sheets import Column, Sheet, write_workbook
from tongxin.exchange.documents.text import clean_text, safe_file_name, title_parts
from tongxin.exchange.documents.word import BrokenTemplate, UnknownField, WordTemplate, write_word

MADE_AT = datetime(2023, 12, 20, 9, 30, tzinfo=UTC)
HOSTILE = '#strong[x] $a$ \\ <w:p/> & {{ 7*7 }} "引号" \x07\x00 ]]> *星号* @ref = 标题'
VISITS = Table(
    ["日期", "学生", "方式"], [["2023-03-10", "林小燕", "入户"]], caption="表 1　家访", widths=[1, 2, 1]
)
COVERAGE = Chart(
    "columns", "三月起覆盖上升", ["2月", "3月", "4月"], [12, None, 93.4], unit="%", axis="覆盖率", most=100
)


def document_of(*blocks: Block, title: str = "成效报告") -> Document:
    return Document(title=title, blocks=blocks, export_id="e1f2", author="示例学校")


def opened(content: bytes) -> docx.document.Document:
    return docx.Document(io.BytesIO(content))


def pdf_text(content: bytes) -> str:
    pages = pypdfium2.PdfDocument(content)
    return "".join(page.get_textpage().get_text_range() for page in pages)


def every_block() -> list[Block]:
    return [
        Heading("一、总体情况"),
        Heading("（一）家访", 2),
        Heading("1. 入户", 3),
        Heading("（1）特殊学生", 4),
        Paragraph([Span("家访 "), Span("1,149", bold=True, code="数1"), Span(" 人次。")]),
        Listing(["加强督查", "完善台账"], numbered=True),
        VISITS,
        COVERAGE,
        Chart("bars", "机电支部最多", ["机电支部", "财经支部"], [3, 2], unit="次"),
        Chart("line", "逐周上升", ["第1周", "第2周"], [1, 2], unit="节"),
        Chart("heat", "各班进展", ["1", "2"], rows=["一班"], cells=[[None, 50]], unit="%", most=100),
        Image(draw_chart(COVERAGE), caption="现场照片", width_share=0.5),
        PageBreak(),
        Attachments(["家访情况表", "活动记录"]),
        Signature("示例学校党总支", "2023年12月20日"),
    ]


def test_word_file_opens_again_with_headings_tables_pictures_and_margins():
    again = opened(write_word(document_of(*every_block())))

    styles = [paragraph.style.name for paragraph in again.paragraphs if paragraph.style]
    assert [styles.count(f"Heading {level}") for level in (1, 2, 3, 4)] == [1, 1, 1, 1]
    assert [cell.text for cell in again.tables[0].rows[1].cells] == ["2023-03-10", "林小燕", "入户"]
    assert len(again.inline_shapes) == 5
    page = again.sections[0]
    margins = (page.top_margin, page.left_margin, page.bottom_margin, page.right_margin)
    assert [round(margin.mm) for margin in margins if margin] == [37, 28, 35, 26]
    assert again.core_properties.identifier == "e1f2"


def test_word_file_names_the_office_fonts_and_their_free_substitutes():
    with zipfile.ZipFile(io.BytesIO(write_word(document_of(Paragraph("正文"))))) as package:
        styles, fonts = (package.read(f"word/{name}.xml").decode() for name in ("styles", "fontTable"))

    assert 'w:eastAsia="仿宋_GB2312"' in styles
    assert 'w:eastAsia="方正小标宋简体"' in styles
    assert "Noto Serif SC" in fonts


def test_word_page_number_stands_right_on_odd_and_left_on_even_pages():
    section = opened(write_word(document_of(Paragraph("正文")))).sections[0]

    assert section.footer.paragraphs[0].text.startswith("— ")
    assert 'w:val="right"' in section.footer._element.xml
    assert 'w:val="left"' in section.even_page_footer._element.xml


@pytest.mark.parametrize("write", [write_word, write_pdf])
def test_hostile_text_arrives_as_text(write):
    content = write(document_of(Paragraph(HOSTILE), Table(["列"], [[HOSTILE]]), title=HOSTILE))

    text = "".join(p.text for p in opened(content).paragraphs) if write is write_word else pdf_text(content)
    assert "#strong[x]" in text
    assert "{{ 7*7 }}" in text
    assert "*星号*" in text


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=80))
def test_any_text_makes_a_word_file_that_opens(text):
    again = opened(write_word(document_of(Paragraph(text), Table(["列"], [[text]]))))

    kept = again.paragraphs[1].text
    assert kept.replace("\t", " ") == clean_text(text).replace("\t", " ")


def test_pdf_holds_all_blocks_and_the_export_number():
    text = pdf_text(write_pdf(document_of(*every_block())))

    for expected in ("成效报告", "一、总体情况", "林小燕", "附件：", "2023年12月20日", "e1f2", "数1"):
        assert expected in text.replace(" ", "")


def test_joined_pdfs_begin_counting_pages_anew():
    letters = [document_of(Paragraph("内容"), title=f"通知{n}") for n in range(3)]

    joined = list(write_joined_pdfs(letters))

    assert len(joined) == 1
    pages = pypdfium2.PdfDocument(joined[0])
    assert ["— 1 —" in page.get_textpage().get_text_range() for page in pages] == [True, True, True]
    assert len(list(write_pdfs(letters))) == 3


@pytest.mark.parametrize("kind", ["columns", "bars", "line"])
@pytest.mark.parametrize("values", [[], [None, None, None], [0, 0, 0], [1, 20000, None]])
def test_charts_draw_empty_unknown_and_uneven_values(kind: str, values: Sequence[float | None]):
    labels = ["甲", "乙", "丙"][: len(values)]

    assert draw_chart(Chart(kind, "发现", labels, values)).startswith(b"\x89PNG")


def test_heat_chart_without_rows_draws():
    assert draw_chart(Chart("heat", "没有数据", ["1", "2"], rows=[], cells=[])).startswith(b"\x89PNG")


def letter_template() -> bytes:
    table = Table(
        ["日期", "方式"],
        [["{%tr for v in visits %}", ""], ["{{ v.day }}", "{{ v.mode }}"], ["{%tr endfor %}", ""]],
    )
    return write_word(document_of(Paragraph("{{ name }}同学家长："), table))


def test_letters_are_filled_from_one_compiled_template():
    template = WordTemplate(letter_template())

    letter = opened(
        template.fill({"name": "林<小>燕\n第二行", "visits": [{"day": "3月10日", "mode": "入户 & 线上"}]})
    )

    assert template.fields == {"name", "visits"}
    assert letter.paragraphs[1].text == "林<小>燕\n第二行同学家长："
    assert [cell.text for cell in letter.tables[0].rows[1].cells] == ["3月10日", "入户 & 线上"]


def test_letter_template_says_which_field_has_no_value():
    with pytest.raises(UnknownField, match="visits"):
        WordTemplate(letter_template()).fill({"name": "林小燕"})


def test_letter_template_cannot_reach_python():
    template = WordTemplate(write_word(document_of(Paragraph("{{ name.__class__.__mro__ }}"))))

    with pytest.raises(SecurityError):
        template.fill({"name": "林小燕"})


@pytest.mark.parametrize("content", [b"", b"not a zip", write_workbook([Sheet("表", [Column("列")], [])])])
def test_a_file_that_is_no_word_document_is_refused_in_words(content):
    with pytest.raises(BrokenTemplate, match="Word"):
        WordTemplate(content)


def test_workbook_writes_formulas_and_long_numbers_as_text():
    cells: list[str | int] = [
        "=1+1",
        "+SUM(A1)",
        "@x",
        "-2",
        "350203201105120012",
        350203201105120012,
        "http://x",
    ]
    book = openpyxl.load_workbook(
        io.BytesIO(
            write_workbook([Sheet("缺口", [Column("内容")], [[cell] for cell in cells])], export_id="e1f2")
        )
    )

    rows = list(book["缺口"].iter_rows(min_row=2))
    assert [row[0].value for row in rows] == [str(cell) for cell in cells]
    assert {row[0].data_type for row in rows} == {"s"}
    assert not any(row[0].hyperlink for row in rows)


def test_workbook_keeps_days_numbers_header_and_export_number():
    sheet = Sheet(
        "家访/缺口",
        [Column("姓名"), Column("还差", unit="次"), Column("截止"), Column("登记于")],
        [["林小燕", 2, date(2023, 6, 30), MADE_AT], ["坏\x07字", 1.5, None, None]],
        title="家访缺口",
    )
    book = openpyxl.load_workbook(io.BytesIO(write_workbook([sheet, sheet], export_id="e1f2")))

    page = book["家访_缺口"]
    assert book.sheetnames == ["家访_缺口", "家访_缺口（2）", "导出说明"]
    assert [cell.value for cell in page[2]] == ["姓名", "还差（次）", "截止", "登记于"]
    assert page["B3"].value == 2
    assert page["C3"].value == datetime(2023, 6, 30)
    assert page["A4"].value == "坏字"
    assert page.freeze_panes == "A3"
    assert "e1f2" in book["导出说明"]["A1"].value


def test_bundle_streams_members_under_safe_names_without_clashes():
    def chunks():
        yield b"a" * 1000
        yield b"b" * 1000

    members = [
        Member(("4.2.3 家访",), "记录/表.txt", chunks()),
        Member(("4.2.3 家访",), "记录/表.txt", b"two"),
        Member(("..", "CON"), "../../etc/passwd", b"x"),
        Member((), "照片.jpg", b"\xff\xd8"),
    ]
    content = b"".join(stream_bundle(members, MADE_AT))

    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        assert package.namelist() == [
            "4.2.3 家访/记录_表.txt",
            "4.2.3 家访/记录_表（2）.txt",
            "未命名/_CON/_.._etc_passwd",
            "照片.jpg",
        ]
        assert package.read("4.2.3 家访/记录_表.txt") == b"a" * 1000 + b"b" * 1000
        assert package.getinfo("照片.jpg").compress_type == zipfile.ZIP_STORED


def test_bundle_gives_the_first_member_before_the_second_is_made():
    made = []

    def members():
        for n in range(3):
            made.append(n)
            yield Member((), f"{n}.txt", b"x" * 5000)

    stream = stream_bundle(members(), MADE_AT)
    next(stream)

    assert made == [0]


@given(st.text())
def test_safe_file_names_hold_no_path_and_fit(name):
    safe = safe_file_name(name)

    assert safe
    assert not set(safe) & set('\\/:*?"<>|\x00')
    assert safe not in (".", "..")
    assert len(safe.encode()) <= 130


def test_layout_numbers_headings_as_offices_do():
    layout = load_layout()

    assert [layout.number(1, 1), layout.number(2, 12), layout.number(3, 3), layout.number(4, 4)] == [
        "一、",
        "（十二）",
        "3. ",
        "（4）",
    ]
    assert [han_number(n) for n in (10, 11, 20, 99)] == ["十", "十一", "二十", "九十九"]


def test_local_layouts_change_only_what_they_say():
    wide = load_layout("wide")

    assert (wide.page.top, wide.page.left, wide.page.width) == (35, 27, 210)
    assert wide.fonts == load_layout().fonts
    assert vary_layout("gongwen", {"page": {"top": 30}}).page.top == 30
    with pytest.raises(UnknownLayout, match="gongwen"):
        load_layout("../gongwen")


def test_signing_name_is_centred_over_the_date():
    layout = load_layout()

    assert layout.signature_indents("党总支", "2023年12月20日") == (6.0, 4.0)
    assert layout.signature_indents("中共示例市示例区示例职业学校总支部委员会", "2023年12月20日") == (
        0.0,
        4.0,
    )


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("成效报告", ["成效报告"]),
        ("青山中学2026年度“三平台五融通”成效报告", ["青山中学2026年度", "“三平台五融通”成效报告"]),
        (
            "青岚区启岳职业学校2026年度“三平台五融通”成效报告",
            ["青岚区启岳职业学校2026年度", "“三平台五融通”成效报告"],
        ),
        ("手工\n分行的标题", ["手工", "分行的标题"]),
    ],
)
def test_titles_break_into_balanced_lines(title, lines):
    assert load_layout().title_lines(title).split("\n") == lines


@given(st.text(alphabet="青山中学2026年度“”（）、报告 ab", max_size=120))
def test_balanced_titles_keep_every_character(title):
    assert load_layout().title_lines(title).replace("\n", "") == title


def pages_of(content: bytes) -> list[str]:
    """The text of each page without the space that is set between Chinese and figures."""
    pages = pypdfium2.PdfDocument(content)
    return ["".join(page.get_textpage().get_text_range().split()) for page in pages]


def kept_rows(table):
    again = opened(write_word(document_of(table)))
    return [row.cells[0].paragraphs[0].paragraph_format.keep_with_next for row in again.tables[0].rows[1:]]


def test_a_short_table_is_not_divided_between_pages_and_a_long_one_may_be():
    short = Table(["事项", "数"], [[f"第{n}项", str(n)] for n in range(10)])
    assert kept_rows(short) == [True] * 9 + [None]
    long = Table(["事项", "数"], [[f"第{n}项", str(n)] for n in range(11)])
    assert kept_rows(long) == [None] * 11
    few_but_tall = Table(["事项", "数"], [["很长的话" * 60, str(n)] for n in range(4)])
    assert not few_but_tall.stays_together


def test_a_short_table_near_the_end_of_a_page_moves_to_the_next_as_a_whole():
    text = [Paragraph("一段话。" * 12)] * 9
    table = Table(["事项", "数"], [[f"第{n}项", str(n)] for n in range(8)], caption="表1")
    pages = pages_of(write_pdf(document_of(*text, table)))
    where = [number for number, page in enumerate(pages) for n in range(8) if f"第{n}项" in page]
    assert len(where) == 8
    assert len(set(where)) == 1, "all rows on one page"


def test_a_page_breaks_a_title_only_between_its_pieces():
    title = "青岚区启岳职业学校2026年度“三平台五融通”成效报告"
    assert title_parts(title) == ["青岚区", "启岳职业学校", "2026年度", "“三平台五融通”", "成效报告"]
    assert title_parts("") == [""]


@given(st.text(alphabet="青山中学2026年度“”（）、报告 ab", max_size=60))
def test_the_pieces_of_a_title_are_the_title(title):
    assert "".join(title_parts(title)) == title


def test_the_last_paragraph_stays_with_the_signature():
    again = opened(
        write_word(document_of(Paragraph("第一段"), Paragraph("末段"), Signature("学校", "2023年12月20日")))
    )

    kept = {p.text: p.paragraph_format.keep_with_next for p in again.paragraphs}
    assert kept["末段"]
    assert not kept["第一段"]


def test_a_signature_never_stands_alone_on_a_page():
    for lines in range(12, 24):
        blocks = [*[Paragraph("一行")] * lines, Paragraph("末段"), Signature("学校", "2023年12月20日")]
        pages = pypdfium2.PdfDocument(write_pdf(document_of(*blocks)))
        last = pages[len(pages) - 1].get_textpage().get_text_range()
        assert "末段" in last
        assert "学校" in last

"""`bench docs`: one-page student files as Word and PDF, against docxtpl and typst started anew each time.

Every file is opened again and one field compared with what was put in; a difference ends the run.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import statistics
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import docx
import pypdfium2
import typst
from docxtpl import DocxTemplate
from lxml import etree
from pylopdf_fonts_zh_cn import serif_path

from tongxin.config.refusal import Refused
from tongxin.exchange.documents import pdf
from tongxin.exchange.documents.blocks import Block, Document, Paragraph, Signature, Table
from tongxin.exchange.documents.sheets import Column, Sheet, write_workbook
from tongxin.exchange.documents.word import WordTemplate, write_word

SEED = 7
ROUNDS = 3
N = {"ci": 60, "full": 200}
WORD_PER_MINUTE = 10_000
PDF_PER_MINUTE = 4_000
# A shared machine may be busy: a rate counts as reached at two thirds of what is wanted.
SLACK = 1.5
FIELDS = (
    "姓名",
    "班级",
    "学号",
    "出生年月",
    "家庭住址",
    "监护人",
    "联系方式",
    "班主任",
    "成长导师",
    "特长",
    "近期目标",
    "备注",
)
SURNAMES, GIVEN = "林陈黄张吴李王郑蔡刘", "晓文思雨子涵嘉欣宇航"
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
Result = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `bench docs`."""
    parser.add_argument(
        "--n", type=int, help=f"每种文件写多少份；不写时 ci 为 {N['ci']}，full 为 {N['full']}"
    )


def run(args: argparse.Namespace) -> list[Result]:
    """Write `args.n` files of each kind and return one result line per way of writing."""
    n = args.n or N[getattr(args, "scale", "full")]
    # Every round has pupils of its own, so that no writer can answer from memory.
    rounds = [make_pupils(n, SEED + number) for number in range(ROUNDS)]
    letter = letter_template()
    template = WordTemplate(letter)
    documents = [[student_document(pupil) for pupil in pupils] for pupils in rounds]
    # Loading fonts anew for every file is slow, so a tenth of the files stands for all.
    few = [student_document(pupil) for pupil in make_pupils(max(n // 10, 1), SEED + ROUNDS)]
    template.fill(rounds[0][0])
    pdf.write_pdf(few[0])

    mass = _measured(lambda pupils: [template.fill(pupil) for pupil in pupils], rounds)
    tpl = _measured(lambda pupils: [_by_docxtpl(letter, pupil) for pupil in pupils], rounds[-1:])
    blocks = _measured(lambda pages: [write_word(page) for page in pages], documents)
    single = _measured(lambda pages: list(pdf.write_pdfs(pages)), documents)
    joined = _measured(lambda pages: list(pdf.write_joined_pdfs(_retitled(pages))), documents)
    anew = _measured(lambda pages: [_by_fresh_typst(page) for page in pages], [few])
    sheets = _measured(lambda pupils: [_workbook(pupil) for pupil in pupils], rounds)
    pupils = rounds[-1]

    for content, pupil in zip(mass.files, pupils, strict=True):
        _check(_word_field(content), pupil["fields"][0]["value"])
    for content, other in zip(mass.files, tpl.files, strict=True):
        _check(_word_texts(content), _word_texts(other))
    for content, pupil in zip(blocks.files, pupils, strict=True):
        _check(pupil["fields"][0]["value"] in _word_texts(content), True)
    _check_pages(single.files, pupils)
    _check_pages(joined.files, pupils)
    return [
        _line("Word 按模板套打", mass, n, "docxtpl 逐份", tpl, n, WORD_PER_MINUTE),
        _line("Word 由版块生成", blocks, n, "docxtpl 逐份", tpl, n, None),
        _line(
            "PDF 逐份",
            single,
            n,
            "typst 每份重新加载字体",
            anew,
            len(few),
            PDF_PER_MINUTE,
        ),
        _line("PDF 合订", joined, n, "typst 每份重新加载字体", anew, len(few), PDF_PER_MINUTE),
        _line("Excel 逐份", sheets, n, "docxtpl 逐份", tpl, n, None),
    ]


def make_pupils(count: int, seed: int = SEED) -> list[dict[str, Any]]:
    """Return `count` invented one-page files: 12 fields and 10 visits each."""
    choice = random.Random(seed).choice
    pupils = []
    for number in range(count):
        name = choice(SURNAMES) + choice(GIVEN) + choice(GIVEN)
        values = [f"{name}{number}", f"2023级（{number % 12 + 1}）班", f"2023{number:05}", "2008年5月"]
        values += [f"示例路{number}号", f"{choice(SURNAMES)}女士", "见联系卡", f"{choice(SURNAMES)}老师"]
        values += [f"{choice(SURNAMES)}老师", "书法、篮球", "每天阅读半小时", "学习状态平稳，与同学相处融洽"]
        visits = [
            {
                "day": f"2023-{month:02}-{number % 27 + 1:02}",
                "mode": choice(("入户", "线上")),
                "note": "了解在家学习与作息情况",
            }
            for month in range(1, 11)
        ]
        fields = [{"name": key, "value": value} for key, value in zip(FIELDS, values, strict=True)]
        pupils.append({"fields": fields, "visits": visits})
    return pupils


def letter_template() -> bytes:
    """Return the Word file with fields that both ways of filling start from."""
    return write_word(
        Document(
            "学生成长档案",
            [
                Table(
                    ["项目", "内容"], _loop("f in fields", ("{{ f.name }}", "{{ f.value }}")), widths=[1, 3]
                ),
                Table(
                    ["日期", "方式", "记录"],
                    _loop("v in visits", ("{{ v.day }}", "{{ v.mode }}", "{{ v.note }}")),
                    caption="家访记录",
                    widths=[1, 1, 3],
                ),
                Signature("示例学校", "2023年12月20日"),
            ],
        )
    )


def student_document(pupil: dict[str, Any]) -> Document:
    """Return the same page as blocks."""
    fields = [(field["name"], field["value"]) for field in pupil["fields"]]
    visits = [(visit["day"], visit["mode"], visit["note"]) for visit in pupil["visits"]]
    blocks: list[Block] = [
        Table(["项目", "内容"], fields, widths=[1, 3]),
        Table(["日期", "方式", "记录"], visits, caption="家访记录", widths=[1, 1, 3]),
        Paragraph("以上情况由班主任记录。"),
    ]
    return Document("学生成长档案", blocks)


def _loop(head: str, cells: Sequence[str]) -> list[list[str]]:
    empty = [""] * (len(cells) - 1)
    return [[f"{{%tr for {head} %}}", *empty], list(cells), ["{%tr endfor %}", *empty]]


class _Measured:
    """What a way of writing produced, and what it cost: seconds per round, CPU seconds per round."""

    def __init__(self, files: list[bytes], walls: list[float], cpus: list[float]) -> None:
        self.files = files
        self.wall_s = statistics.median(walls)
        self.cpu_s = statistics.median(cpus)


def _retitled(pages: Sequence[Document]) -> list[Document]:
    """Return the pages under another title, so that nothing set before can be used again."""
    return [Document("学生成长记录", page.blocks) for page in pages]


def _measured(write: Callable[[list[Any]], list[bytes]], inputs: Sequence[list[Any]]) -> _Measured:
    """Run `write` once per input and keep the files of the last round."""
    walls, cpus, files = [], [], []
    for items in inputs:
        wall, cpu = time.perf_counter(), time.process_time()
        files = write(items)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return _Measured(files, walls, cpus)


def _line(
    name: str, own: _Measured, n: int, reference: str, other: _Measured, other_n: int, wanted: int | None
) -> Result:
    """Return one result line; ratio = how many times faster than the reference, per file, by CPU time."""
    per_minute = 60 * n / own.cpu_s
    return {
        "name": name,
        "n": n,
        "median_s": round(own.wall_s, 4),
        "cpu_s": round(own.cpu_s, 4),
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "reference": reference,
        "ratio": round((other.cpu_s / other_n) / (own.cpu_s / n), 2),
        "target": f"每核每分钟不少于 {wanted} 份" if wanted else "只报告",
        "ok": wanted is None or per_minute * SLACK >= wanted,
        "per_minute_per_core": round(per_minute),
    }


def _by_docxtpl(letter: bytes, pupil: dict[str, Any]) -> bytes:
    template = DocxTemplate(io.BytesIO(letter))
    template.render(pupil, autoescape=True)
    buffer = io.BytesIO()
    template.save(buffer)
    return buffer.getvalue()


def _by_fresh_typst(document: Document) -> bytes:
    content = typst.compile(
        str(pdf.TEMPLATES / "document.typ"),
        root=str(pdf.TEMPLATES),
        font_paths=[str(serif_path().parent)],
        format="pdf",
        sys_inputs={"data": pdf.template_data([document])},
        pdf_tags=False,
    )
    assert isinstance(content, bytes)
    return content


def _workbook(pupil: dict[str, Any]) -> bytes:
    rows = [[visit["day"], visit["mode"], visit["note"]] for visit in pupil["visits"]]
    return write_workbook([Sheet("家访", [Column("日期"), Column("方式"), Column("记录")], rows)])


def _word_field(content: bytes) -> str:
    return docx.Document(io.BytesIO(content)).tables[0].rows[1].cells[1].text


def _word_texts(content: bytes) -> list[str]:
    """Return the texts of all table cells, in order."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        body = etree.fromstring(package.read("word/document.xml"))
    return ["".join(cell.itertext(f"{WORD}t")) for cell in body.iter(f"{WORD}tc")]


def _check(found: object, expected: object) -> None:
    if found != expected:
        raise Refused("重新打开的文件与写入的内容不一致，结果作废。")


def _check_pages(files: Sequence[bytes], pupils: Sequence[dict[str, Any]]) -> None:
    texts = [page.replace(" ", "") for content in files for page in _page_texts(content)]
    _check(len(texts), len(pupils))
    for text, pupil in zip(texts, pupils, strict=True):
        _check(pupil["fields"][0]["value"].replace(" ", "") in text, True)


def _page_texts(content: bytes) -> Iterator[str]:
    for page in pypdfium2.PdfDocument(content):
        yield page.get_textpage().get_text_range()

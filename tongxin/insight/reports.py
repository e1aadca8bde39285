"""A results report: the pack's outline filled with figures, tables, charts and activities from the ledger."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from tongxin.exchange.documents.blocks import (
    Block,
    Chart,
    Document,
    Heading,
    PageBreak,
    Paragraph,
    Signature,
    Span,
    Table,
    Text,
)
from tongxin.kernel.access.policy import CLASSES, higher
from tongxin.kernel.ledger import queries as ledger
from tongxin.kernel.ledger.models import Entry, Evidence, Participation
from tongxin.methods.cadence.declarations import Kind, Report
from tongxin.ui.worded import Said, as_written, said, titled

from . import charts
from .counting import PERSONS
from .disclosure import Sight, hidden_words, row_words, share_words
from .figures import Reading, Value
from .folders import filed_under

FIGURE = re.compile(r"\{figure:([^{}]+)\}")
LEVELS = (
    (re.compile(r"^[一二三四五六七八九十]+、"), 1),
    (re.compile(r"^[（(][一二三四五六七八九十]+[）)]"), 2),
    (re.compile(r"^\d+\s*[.．、]"), 3),
    (re.compile(r"^[（(]\d+[）)]"), 4),
)
MOST_ENTRIES = 10
MOST_ALIKE = 3
MOST_LOOKED_AT = 300
SENSITIVE = "K3"


@dataclass
class Written:
    """A report as one reader sees it: its blocks and the figures in them, each with its code."""

    title: str
    blocks: list[Block] = field(default_factory=list)
    figures: dict[str, tuple[str, Value]] = field(default_factory=dict)
    data_class: str = "K0"
    full_class: str = ""

    def code(self, value: Value) -> str:
        """Return the mark of a figure (数1, 数2 …); the same figure keeps its mark."""
        if value.name not in self.figures:
            self.figures[value.name] = (_("数%(n)d") % {"n": len(self.figures) + 1}, value)
            self.read(value.data_class, value.sight)
        return self.figures[value.name][0]

    def read(self, data_class: str, sight: Sight) -> None:
        """Note that something of a class was read, in full or as figures: the whole carries the highest."""
        if sight is Sight.NOTHING:
            return
        self.data_class = higher(self.data_class, data_class)
        if sight is Sight.FULL and CLASSES.index(data_class) >= CLASSES.index(SENSITIVE):
            self.full_class = higher(self.full_class or SENSITIVE, data_class)


def write_report(reading: Reading, report: Report) -> Written:
    """Return a report filled for one reader."""
    programme = reading.programme
    names = {"school": programme.school.name, "year": programme.first_day.year}
    written = Written(_named(said(report.title), names))
    tables = _Captions()
    if reading.limited_to:
        written.blocks.append(Paragraph([Span(reading.limited_to)]))
    section = ""
    for part in report.outline:
        section = plain_heading(str(part.get("heading") or section))
        written.blocks.extend(_part(reading, written, part, names, tables.under(section)))
    written.blocks.extend(_sources(reading, written))
    return written


def document_of(written: Written, reading: Reading, *, export_id: str) -> Document:
    """Return the report as a document, signed by the school on the day it stands for."""
    day = reading.as_of
    signature = Signature(reading.programme.school.name, f"{day.year}年{day.month}月{day.day}日")
    blocks = [*written.blocks, signature]
    if written.figures:
        # The list of sources is the last block; it stands behind the signature on a page of its own.
        blocks = [*written.blocks[:-1], signature, PageBreak(), written.blocks[-1]]
    return Document(
        written.title,
        blocks,
        export_id=export_id,
        author=reading.programme.school.name,
    )


def figures_frozen(written: Written) -> list[dict[str, Any]]:
    """Return the figures of a report as they are kept when it is handed in."""
    return [
        {"code": code, "name": value.name, "title": value.title, "words": value.words, "behind": value.behind}
        for code, value in written.figures.values()
    ]


class _Captions:
    """Numbers the tables from 1 and names the section they stand in."""

    def __init__(self) -> None:
        self.count, self.section = 0, ""

    def under(self, section: str) -> _Captions:
        """Set the section that the next captions name."""
        self.section = section
        return self

    def next(self, title: str) -> str:
        """Return the next caption."""
        self.count += 1
        said = (
            _("%(section)s：%(title)s") % {"section": self.section, "title": title} if self.section else title
        )
        return _("表 %(n)d　%(title)s") % {"n": self.count, "title": said}


def _named(text: str, names: Mapping[str, Any]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def _part(
    reading: Reading, written: Written, part: Mapping[str, Any], names: Mapping[str, Any], tables: _Captions
) -> Iterator[Block]:
    if part.get("heading"):
        yield heading(str(part["heading"]), names)
    if part.get("text"):
        yield Paragraph(_filled(reading, written, _named(said(str(part["text"])), names)))
    values = [value for name in part.get("figures") or () if (value := reading.value(str(name)))]
    if values:
        yield _figure_table(written, values, tables)
    obligations = [str(item["obligation"]) for item in part.get("tables") or () if "obligation" in item]
    if obligations:
        yield from _obligation_table(reading, written, obligations, tables)
    for wanted in part.get("charts") or ():
        yield from _chart(reading, written, wanted)
    if part.get("entries"):
        yield from _entry_table(reading, written, part["entries"], tables)


def heading(text: str, names: Mapping[str, Any] | None = None) -> Heading:
    """Return a heading in the language of the page, with its level read from its number as it is written.

    Half-width brackets become Chinese ones. names: what stands for {school} and {year}.
    """
    words = said(text.strip())
    text = re.sub(r"^\(([一二三四五六七八九十]+|\d+)\)\s*", r"（\1）", text.strip())
    shown = re.sub(r"^([一二三四五六七八九十]+、|（[^）]+）)\s+", r"\1", text)
    level = next((level for pattern, level in LEVELS if pattern.match(text)), 1)
    if isinstance(words, Said):
        shown = words
    return Heading(_named(shown, names or {}), level)


def plain_heading(text: str) -> str:
    """Return a heading without its number: （一）搭建平台 → 搭建平台."""
    shown = heading(text).text
    for pattern, _level in LEVELS:
        shown = pattern.sub("", shown, count=1).strip()
    return shown


def _filled(reading: Reading, written: Written, text: str) -> list[Span]:
    """Return a sentence with each {figure:name} replaced by its words and its mark."""
    spans = []
    at = 0
    for found in FIGURE.finditer(text):
        if found.start() > at:
            spans.append(Span(text[at : found.start()]))
        value = reading.value(found[1].strip())
        spans.append(Span(value.words, code=written.code(value)) if value else Span("—"))
        at = found.end()
    if at < len(text):
        spans.append(Span(text[at:]))
    return spans


def _figure_table(written: Written, values: list[Value], tables: _Captions) -> Table:
    rows: list[list[Text]] = [
        [value.title, [Span(value.words, code=written.code(value))]] for value in values
    ]
    return Table(
        [_("指标"), _("数值")],
        rows,
        caption=tables.next(_("主要指标")),
        widths=[3, 1.2],
        align=["left", "right"],
    )


def _obligation_table(
    reading: Reading, written: Written, obligations: list[str], tables: _Captions
) -> Iterator[Block]:
    rows, suppressed = [], 0
    for name in obligations:
        tally = reading.verdicts.tally(name)
        if tally is None:
            continue
        data_class = reading.verdicts.class_of(name)
        sight = reading.sight(data_class)
        written.read(data_class, sight)
        counts = row_words([tally.met, tally.missed, tally.open], sight)
        expected = row_words([tally.expected], sight)[0]
        suppressed = max(suppressed, sight.limit)
        share = share_words(tally.met, tally.expected, sight)
        rows.append([reading.verdicts.title_of(name), expected, *counts, share])
    if rows:
        yield Table(
            [_("应做事项"), _("应完成"), _("已完成"), _("未完成"), _("待完成"), _("完成率")],
            rows,
            caption=tables.next(_("完成情况")),
            widths=[4, 1.1, 1.1, 1.1, 1.1, 1.5],
            align=["left", *["right"] * 5],
            note=_("注：涉及个人隐私的事项，不足%(n)d人的数不显示，完成率只说范围。") % {"n": suppressed}
            if suppressed
            else "",
        )


def _chart(reading: Reading, written: Written, wanted: Mapping[str, Any]) -> Iterator[Chart]:
    obligation = str(wanted.get("obligation", ""))
    drawn = charts.document_chart(reading, str(wanted.get("kind", "")), obligation)
    if drawn is not None:
        data_class = reading.verdicts.class_of(obligation)
        written.read(data_class, reading.sight(data_class))
        yield drawn


def _entry_table(
    reading: Reading, written: Written, wanted: Mapping[str, Any], tables: _Captions
) -> Iterator[Block]:
    """List the newest activities under some headings, of classes the reader has for the whole school; of many that are
    called the same only the newest few, or a daily routine would fill the table.

    What somebody may read only because they took part does not belong in the school's report; it is counted.
    """
    numbers = [str(number) for number in wanted.get("headings") or ()]
    most = int(wanted.get("most") or MOST_ENTRIES)
    filed = filed_under(reading.programme, reading.pack, numbers, reading.moment)
    if reading.limited_to:
        filed &= ledger.visible_entries(reading.viewer)
    open_classes = [name for name in CLASSES if reading.sight(name) is Sight.FULL]
    newest = filed.filter(data_class__in=open_classes).order_by("-day", "-pk")[:MOST_LOOKED_AT]
    listed = _varied(reading, newest, most)
    files = evidence_counts(reading, listed)
    people = people_counts(listed)
    rows = []
    for entry in reversed(listed):
        written.read(entry.data_class, Sight.FULL)
        day = _("%(month)d月%(day)d日") % {"month": entry.day.month, "day": entry.day.day}
        kind, title = _activity_words(reading, entry)
        rows.append([day, kind, title, str(people.get(entry.pk, 0)), str(files.get(entry.pk, 0))])
    if rows:
        rest = (filed & ledger.countable_entries(reading.viewer)).count() - len(rows)
        note = _("注：另有%(n)d项活动没有列出，见台账。") % {"n": rest} if rest > 0 else ""
        yield Table(
            [_("日期"), _("类别"), _("活动"), _("参与（人）"), _("佐证（份）")],
            rows,
            caption=tables.next(_("主要活动")),
            widths=[1.6, 2.6, 3.6, 1.1, 1.1],
            align=["center", "left", "left", "right", "right"],
            note=note,
        )


def _varied(reading: Reading, newest: Iterable[Entry], most: int) -> list[Entry]:
    """Return the newest entries, not more than MOST_ALIKE of the same words."""
    alike: Counter[tuple[str, str]] = Counter()
    listed = []
    for entry in newest:
        words = _activity_words(reading, entry)
        alike[words] += 1
        if alike[words] <= MOST_ALIKE:
            listed.append(entry)
        if len(listed) == most:
            break
    return listed


def _activity_words(reading: Reading, entry: Entry) -> tuple[str, str]:
    """Return the kind and what was special about an entry; its theme or place where the title only repeats the kind."""
    declared = reading.pack.kinds.get(entry.kind)
    kind = declared.title if declared else entry.kind
    if entry.title != as_written(kind):
        return kind, titled(entry.title)
    words = [_qualifier_words(declared, name, getattr(entry, name)) for name in ("theme", "place")]
    return kind, next((said for said in words if said), kind)


def _qualifier_words(kind: Kind | None, name: str, value: str) -> str:
    """Return the title of a qualifier's code, free text as it is."""
    declared = kind.qualifier(name) if kind else None
    return declared.values.get(value, value) if declared else value


def people_counts(entries: list[Entry]) -> dict[int, int]:
    """Return how many persons were present in each entry; one query."""
    rows = Participation.objects.filter(entry__in=entries, absent=False, subject__type__in=PERSONS)
    counted = rows.values("entry_id").annotate(people=Count("subject_id", distinct=True))
    return {row["entry_id"]: row["people"] for row in counted}


def evidence_counts(reading: Reading, entries: list[Entry]) -> dict[int, int]:
    """Return how many pieces of evidence each entry has, as known at the moment; one query."""
    counts: dict[int, int] = {}
    rows = Evidence.objects.as_known_at(reading.moment.known_at).filter(entry__in=entries)
    for pk in rows.values_list("entry_id", flat=True):
        counts[pk] = counts.get(pk, 0) + 1
    return counts


def _sources(reading: Reading, written: Written) -> Iterator[Block]:
    """List where every figure comes from: the last block of a report with figures."""
    if not written.figures:
        return
    day = reading.as_of
    rows = [[code, value.title, value.words, value.behind] for code, value in written.figures.values()]
    yield Table(
        [_("编号"), _("指标"), _("数值"), _("数据来源")],
        rows,
        caption=_("附：数据来源"),
        widths=[1, 3, 1.6, 4.4],
        align=["center", "left", "right", "left"],
        note=_(
            "注：统计截至%(year)d年%(month)d月%(day)d日，各数可在系统“报告”中按编号查到台账记录。“%(hidden)s”表示超出查看范围。"
        )
        % {"year": day.year, "month": day.month, "day": day.day, "hidden": hidden_words()},
    )

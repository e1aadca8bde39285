"""台账 folders: what was done under a heading of the plan, as one zip with index, entries and evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.exchange.documents.blocks import Block, Document, Paragraph, Table
from tongxin.exchange.documents.blocks import Heading as HeadingBlock
from tongxin.exchange.documents.bundle import Member, stream_bundle
from tongxin.exchange.documents.sheets import Cell, Column, Sheet, write_workbook
from tongxin.exchange.documents.word import write_word
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.ledger import evidence as files
from tongxin.kernel.ledger import queries as ledger
from tongxin.kernel.ledger.models import Entry, Evidence, Participation
from tongxin.kernel.programmes.models import Programme
from tongxin.methods.cadence.declarations import Heading
from tongxin.methods.cadence.pack import Pack

from .counting import Moment
from .disclosure import Sight, count_words

NAMES_SHOWN = 12


@dataclass
class Filed:
    """An entry with the names in it and its evidence, ready to be listed."""

    entry: Entry
    heading: Heading
    kind: str
    people: str = ""
    evidence: list[Evidence] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


@dataclass
class Folder:
    """One heading with everything below it, as one reader may have it. unseen: entries only counted, by heading."""

    programme: Programme
    heading: Heading
    filed: list[Filed]
    unseen: dict[str, int]

    @property
    def title(self) -> str:
        return self.heading.words

    def under(self, number: str) -> list[Filed]:
        """Return what is filed under exactly one heading."""
        return [filed for filed in self.filed if filed.heading.number == number]


def heading_named(pack: Pack, number: str) -> Heading | None:
    """Return a heading of the plan by its number, None when there is no such heading."""
    return next((heading for heading in pack.all_headings() if heading.number == number), None)


def places(pack: Pack) -> dict[str, str]:
    """Return where each kind files itself: its own heading, else that of the first rule that counts it."""
    found = {name: kind.heading for name, kind in pack.kinds.items() if kind.heading}
    for rule in pack.obligations:
        for kind in rule.kinds():
            if rule.heading:
                found.setdefault(kind, rule.heading)
    return found


def filed_under(programme: Programme, pack: Pack, numbers: Iterable[str], moment: Moment) -> QuerySet[Entry]:
    """Return the entries of a programme's days filed under some headings or anything below them."""
    wanted = set(numbers)
    below = {
        inner.number
        for heading in pack.all_headings()
        if heading.number in wanted
        for inner in heading.within()
    }
    kinds = [kind for kind, number in places(pack).items() if number in below]
    return Entry.objects.as_known_at(moment.known_at).filter(
        Q(heading__in=below) | Q(heading="", kind__in=kinds),
        school_id=programme.school_id,
        day__gte=programme.first_day,
        day__lte=min(programme.last_day, moment.as_of),
    )


def open_folder(viewer: Viewer, programme: Programme, pack: Pack, heading: Heading, moment: Moment) -> Folder:
    """Return a heading's entries with names and evidence; five queries, whatever the number of entries."""
    inside = {inner.number: inner for inner in heading.within()}
    home = places(pack)
    entries = filed_under(programme, pack, [heading.number], moment)
    # Counting what is not seen is for those who get figures of that class at all.
    seen = entries & ledger.visible_entries(viewer)
    counted = entries & ledger.countable_entries(viewer)
    listed = list(seen.order_by("day", "pk"))
    names = _names(pack, listed)
    evidence: dict[int, list[Evidence]] = defaultdict(list)
    for row in Evidence.objects.as_known_at(moment.known_at).filter(entry__in=listed).order_by("pk"):
        evidence[row.entry_id].append(row)
    filed = []
    for entry in listed:
        number = entry.heading or home.get(entry.kind, "")
        declared = pack.kinds.get(entry.kind)
        filed.append(
            Filed(
                entry,
                inside.get(number, heading),
                declared.title if declared else entry.kind,
                names.get(entry.pk, ""),
                evidence[entry.pk],
            )
        )
    unseen: dict[str, int] = defaultdict(int)
    known = {entry.pk for entry in listed}
    for pk, number, kind in counted.values_list("pk", "heading", "kind"):
        if pk not in known:
            unseen[number or home.get(kind, heading.number)] += 1
    _name_files(filed)
    return Folder(programme, heading, filed, dict(unseen))


def _names(pack: Pack, entries: Sequence[Entry]) -> dict[int, str]:
    """Say who played which part in each entry; members counted through their group are not repeated."""
    parts: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    moments = {entry.pk: entry.superseded_at for entry in entries}
    rows = Participation.objects.filter(entry__in=entries, via=None, absent=False).order_by("pk")
    for entry, kind, part, name, until in rows.values_list(
        "entry_id", "kind", "part", "subject__name", "superseded_at"
    ):
        if until == moments[entry]:
            declared = pack.kinds[kind].part(part) if kind in pack.kinds else None
            parts[entry][declared.title if declared else part].append(name)
    return {
        entry: "；".join(_part_words(title, names) for title, names in by_part.items())
        for entry, by_part in parts.items()
    }


def _part_words(title: str, names: list[str]) -> str:
    shown = "、".join(names[:NAMES_SHOWN])
    if len(names) > NAMES_SHOWN:
        shown = _("%(names)s等%(n)d个") % {"names": shown, "n": len(names)}
    return f"{title}：{shown}"


def _name_files(filed: Sequence[Filed]) -> None:
    """Give every piece of evidence a name that says its day, activity and number."""
    for item in filed:
        for number, row in enumerate(item.evidence, 1):
            ending = files.EXTENSIONS.get(row.content_type, "")
            item.paths.append(
                f"{item.entry.day:%Y-%m-%d} {item.entry.title} {item.entry.pk}-{number:02}{ending}"
            )


def stream_folder(folder: Folder, made_at: datetime, export_id: str) -> Iterator[bytes]:
    """Yield the zip of a folder; evidence is read from disk while it is sent."""
    return stream_bundle(_members(folder, export_id), timezone.localtime(made_at))


def _members(folder: Folder, export_id: str) -> Iterator[Member]:
    top = (folder.title,)
    yield Member(top, _("目录.docx"), write_word(index_document(folder, export_id)))
    yield Member(top, _("目录.xlsx"), index_workbook(folder, export_id))
    school = folder.programme.school.public_id
    for item in folder.filed:
        where: tuple[str, ...] = top
        if item.heading.number != folder.heading.number:
            where = (*top, item.heading.words)
        for row, name in zip(item.evidence, item.paths, strict=True):
            try:
                content = files.read(school, row.file)
            except FileNotFoundError:
                content = None
            if content is not None:
                yield Member(where, name, content)
            else:
                yield Member(
                    where, f"{name}.txt", _("这份佐证的文件不在存储中，请联系管理员从备份恢复。").encode()
                )


def index_document(folder: Folder, export_id: str) -> Document:
    """Return the index 目录 as a document: every heading with its activities and evidence."""
    blocks: list[Block] = [
        Paragraph(
            _("本目录列出“%(title)s”条目下的活动记录%(entries)d项、佐证材料%(files)d份。")
            % {
                "title": folder.title,
                "entries": len(folder.filed),
                "files": sum(len(item.evidence) for item in folder.filed),
            }
        )
    ]
    for heading in folder.heading.within():
        filed, unseen = folder.under(heading.number), folder.unseen.get(heading.number, 0)
        if not filed and not unseen:
            continue
        blocks.append(HeadingBlock(heading.words, 2))
        if filed:
            rows = [
                [str(n), f"{item.entry.day:%Y-%m-%d}", item.kind, item.entry.title, str(len(item.evidence))]
                for n, item in enumerate(filed, 1)
            ]
            blocks.append(
                Table(
                    [_("序号"), _("日期"), _("类别"), _("活动"), _("佐证（份）")],
                    rows,
                    widths=[0.8, 1.7, 1.8, 4.2, 1.3],
                    align=["center", "center", "left", "left", "right"],
                )
            )
        if unseen:
            blocks.append(Paragraph(unseen_words(unseen)))
    title = _("%(programme)s台账目录\n%(heading)s") % {
        "programme": folder.programme.title,
        "heading": folder.title,
    }
    return Document(title, blocks, export_id=export_id, author=folder.programme.school.name)


def unseen_words(count: int) -> str:
    """Say how many entries are filed but not for this reader's eyes."""
    return _("另有%(n)s项记录涉及个人隐私，不在查看范围，只计数。") % {"n": count_words(count, Sight.COUNTS)}


def index_workbook(folder: Folder, export_id: str) -> bytes:
    """Return the index as a workbook: headings, entries, evidence with hashes."""
    headings: list[list[Cell]] = [
        [
            heading.number,
            heading.plain_title,
            len(folder.under(heading.number)),
            sum(len(item.evidence) for item in folder.under(heading.number)),
            count_words(folder.unseen.get(heading.number, 0), Sight.COUNTS),
        ]
        for heading in folder.heading.within()
    ]
    entries: list[list[Cell]] = [
        [
            item.heading.number,
            item.entry.day,
            item.kind,
            item.entry.title,
            item.people,
            item.entry.place,
            len(item.evidence),
            timezone.localtime(item.entry.recorded_at),
        ]
        for item in folder.filed
    ]
    proofs: list[list[Cell]] = [
        [
            item.heading.number,
            name,
            item.entry.title,
            row.size // 1024 + 1,
            row.sha256,
            timezone.localtime(row.recorded_at),
        ]
        for item in folder.filed
        for row, name in zip(item.evidence, item.paths, strict=True)
    ]
    return write_workbook(
        [
            Sheet(
                _("目录"),
                [
                    Column(_("条目")),
                    Column(_("名称")),
                    Column(_("记录"), unit=_("项")),
                    Column(_("佐证"), unit=_("份")),
                    Column(_("只计数的记录"), unit=_("项")),
                ],
                headings,
                title=folder.title,
            ),
            Sheet(
                _("活动记录"),
                [
                    Column(_("条目")),
                    Column(_("日期")),
                    Column(_("类别")),
                    Column(_("活动")),
                    Column(_("参与")),
                    Column(_("地点")),
                    Column(_("佐证"), unit=_("份")),
                    Column(_("登记时间")),
                ],
                entries,
            ),
            Sheet(
                _("佐证材料"),
                [
                    Column(_("条目")),
                    Column(_("文件")),
                    Column(_("活动")),
                    Column(_("大小"), unit="KB"),
                    Column(_("校验值")),
                    Column(_("登记时间")),
                ],
                proofs,
            ),
        ],
        export_id=export_id,
        author=folder.programme.school.name,
        explanation=[_("校验值用于核对佐证文件登记后没有改动。")],
    )

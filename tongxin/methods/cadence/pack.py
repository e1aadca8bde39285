"""A programme pack: load it from a folder, a file, a text or a plain dict, and give it back as any of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .bounds import Number
from .declarations import (
    AnnouncedDeclaration,
    AttributeDeclaration,
    EventDeclaration,
    Figure,
    Heading,
    Kind,
    LinkDeclaration,
    PackSource,
    Phase,
    PlanItem,
    Post,
    Report,
    Vocabulary,
)
from .dependencies import check_dependencies
from .findings import Findings, PackUnreadable
from .located import LMap, Place, located, merge, plain, read_yaml
from .overriding import with_overrides
from .parse import read_obligation
from .parse_fractions import resolve_fractions
from .parse_pack import (
    named,
    read_announced,
    read_attribute,
    read_event,
    read_figure,
    read_heading,
    read_kind,
    read_link,
    read_phases,
    read_plan_items,
    read_post,
    read_report,
)
from .reading import Context, day_of, number_of, text_of, texts
from .shapes import misshapen
from .sharing import with_rivals
from .tree import Obligation

KEYS = (
    "pack", "version", "title", "title_en", "summary", "source", "school_kind", "programme_year", "problems", "goals",
    "posts", "attributes", "links", "events", "announced", "kinds", "headings", "plan", "obligations", "figures", "reports", "test_calendar",
    "budget", "case_scheme", "note",
)  # fmt: skip
MOST_BYTES = 5_000_000
MISSHAPEN = "misshapen"


@dataclass
class Pack:
    """What a pack says. budget: hours a week by post, "else" for everybody. case_scheme: the scheme of levels (packs/schemes) its schools begin with. raw: the whole of it as plain JSON-able data; findings: what the reader stumbled over.

    language: that of its words; where somebody has put them in another, `original` is the pack as it was written (a pack
    made from that one by `replace` stands for itself again).
    """

    slug: str
    title: str
    version: int = 1
    source: PackSource = field(default_factory=PackSource)
    programme_year: str = "calendar"
    problems: tuple[str, ...] = ()
    goals: tuple[str, ...] = ()
    posts: dict[str, Post] = field(default_factory=dict)
    attributes: dict[str, AttributeDeclaration] = field(default_factory=dict)
    links: dict[str, LinkDeclaration] = field(default_factory=dict)
    events: dict[str, EventDeclaration] = field(default_factory=dict)
    announced: dict[str, AnnouncedDeclaration] = field(default_factory=dict)
    kinds: dict[str, Kind] = field(default_factory=dict)
    headings: tuple[Heading, ...] = ()
    phases: dict[int, Phase] = field(default_factory=dict)
    plan_items: tuple[PlanItem, ...] = ()
    obligations: tuple[Obligation, ...] = ()
    figures: dict[str, Figure] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    test_calendar: dict[str, Any] = field(default_factory=dict)
    budget: dict[str, Number] = field(default_factory=dict)
    case_scheme: str = ""
    raw: dict[str, Any] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings, compare=False)
    language: str = "zh"
    original: Pack | None = field(default=None, init=False, compare=False, repr=False)
    places: dict[str, Place] = field(default_factory=dict, compare=False, repr=False)

    @property
    def as_written(self) -> Pack:
        """The pack in its own words: what is kept, compared or worked out goes by this one."""
        return self.original or self

    def versions(self, obligation: str) -> list[Obligation]:
        """All dated versions of an obligation, oldest first."""
        found = [item for item in self.obligations if item.id == obligation]
        return sorted(found, key=lambda item: item.since)

    def obligation_ids(self) -> list[str]:
        """Ids in the order of the pack, each once."""
        return list(dict.fromkeys(item.id for item in self.obligations))

    def all_headings(self) -> Iterator[Heading]:
        for heading in self.headings:
            yield from heading.within()

    def to_dict(self) -> dict[str, Any]:
        """The pack as plain JSON-able data; `pack_from_dict` reads it back to the same pack."""
        return self.raw

    def to_text(self) -> str:
        """The pack as one YAML text; `pack_from_text` reads it back to the same pack."""
        return yaml.dump(self.raw, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


# The C library writes the same three times as fast where it is there.
_Plain: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Plain):
    """Quotes every text that this reader or an ordinary YAML reader would take for something else."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    day = day_of(value)
    if day is not None and day.isoformat() == value:
        return dumper.represent_scalar("tag:yaml.org,2002:timestamp", value)
    simple = bool(value) and value[0].isalpha() and value.replace("-", "").replace("_", "").isalnum()
    if simple and value.lower() not in ("true", "false", "null", "yes", "no", "on", "off", "n", "y"):
        return dumper.represent_scalar("tag:yaml.org,2002:str", value)
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"')


_Dumper.add_representer(str, _text)


def load_pack(path: str | Path) -> Pack:
    """Read a pack folder (all its *.yaml, merged by top-level key) or a single file.

    Content that is wrong becomes `findings`. Raises PackUnreadable when there is nothing to read.
    """
    path = Path(path)
    files = sorted([*path.glob("*.yaml"), *path.glob("*.yml")]) if path.is_dir() else [path]
    if not files:
        raise PackUnreadable("文件夹里没有以 yaml 结尾的文件。请检查路径。", str(path))
    whole = sum(file.stat().st_size for file in files if file.is_file())
    if whole > MOST_BYTES:
        raise PackUnreadable(
            f"方案文件合起来超过{MOST_BYTES // 1_000_000}MB。请删去用不到的内容。", str(path)
        )
    return pack_from_documents([_document(file) for file in files])


def _document(file: Path) -> LMap:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise PackUnreadable("文件打不开。请检查路径是否存在、是否有权读取。", str(file)) from error
    if len(data) > MOST_BYTES:
        raise PackUnreadable("文件太大。请拆成几个文件。", str(file))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PackUnreadable("文件不是通用编码。请另存为“UTF-8”编码。", str(file)) from error
    return _mapping(read_yaml(text, str(file)), str(file))


def _mapping(document: Any, file: str) -> LMap:
    if not isinstance(document, LMap):
        raise PackUnreadable("文件最外层应是“pack:”“title:”这样的几项。", file)
    return document


def pack_from_text(text: str, file: str = "") -> Pack:
    """Read a pack from one YAML text. Raises PackUnreadable."""
    if len(text) > MOST_BYTES:
        raise PackUnreadable("文件太大。请拆成几个文件。", file)
    return pack_from_documents([_mapping(read_yaml(text, file), file)])


def pack_from_dict(data: dict[str, Any], file: str = "") -> Pack:
    """Read a pack from plain data as `Pack.to_dict` gives it. Raises PackUnreadable."""
    return pack_from_documents([_mapping(located(data, file), file)])


def pack_from_documents(documents: list[LMap]) -> Pack:
    """Read a pack from the located documents of its files."""
    document = merge(documents)
    context = Context(Vocabulary())
    pack = _declared(document, context)
    rules = resolve_fractions(list(_obligations(document, context)), context)
    check_dependencies(rules, context)
    pack.obligations = with_rivals(with_overrides(tuple(rules)))
    context.rule = ""
    pack.figures = named(document, "figures", "figure", read_figure, context)
    pack.findings = _with_shapes(context.findings, document)
    return pack


def _with_shapes(found: Findings, document: LMap) -> Findings:
    """What has the wrong shape is said once, also where a reader stumbled over it."""
    wrong = Findings()
    for place, said in misshapen(document):
        wrong.error(place, MISSHAPEN, said)
    known = {(finding.file, finding.line, finding.sentence) for finding in wrong}
    return Findings([*(f for f in found if (f.file, f.line, f.sentence) not in known), *dict.fromkeys(wrong)])


def _obligations(document: LMap, context: Context) -> Iterator[Obligation]:
    listed = document.get("obligations")
    if not isinstance(listed, list):
        context.error(
            document, "missing-obligations", "没有“obligations”这一项，或它不是列表。请写出应做的事项。"
        )
        return
    for value in listed:
        found = read_obligation(value, context)
        if found is not None:
            yield found


def _declared(document: LMap, context: Context) -> Pack:
    context.unknown_keys(document, KEYS, "包")
    slug = text_of(document.get("pack"))
    if not slug:
        context.error(document, "missing-pack", "没有写包的名称。请在最前面写“pack”，用英文小写和连字符。")
    plan = document["plan"] if isinstance(document.get("plan"), LMap) else LMap()
    listed = list(read_plan_items(plan, context))
    calendar = document.get("test_calendar")
    pack = Pack(
        slug=slug,
        title=text_of(document.get("title")),
        version=document["version"] if isinstance(document.get("version"), int) else 1,
        source=_source(document),
        programme_year=_programme_year(document, context),
        problems=_sentences(document.get("problems")),
        goals=_sentences(document.get("goals")),
        posts=named(document, "posts", "post", read_post, context),
        attributes=named(document, "attributes", "attribute", read_attribute, context),
        links=named(document, "links", "link", read_link, context),
        events=named(document, "events", "event", read_event, context),
        announced=named(document, "announced", "announced", read_announced, context),
        kinds=named(document, "kinds", "kind", read_kind, context),
        headings=tuple(named(document, "headings", "heading", read_heading, context).values()),
        phases=read_phases(plan, context),
        plan_items=tuple(item for item, _ in listed),
        reports=named(document, "reports", "report", read_report, context),
        budget=_budget(document, context),
        case_scheme=text_of(document.get("case_scheme")),
        test_calendar=plain(calendar) if isinstance(calendar, LMap) else {},
        raw=plain(document),
    )
    pack.places = _places(document, listed)
    context.names = vocabulary(pack)
    return pack


def _budget(document: LMap, context: Context) -> dict[str, Number]:
    """Hours a week that people have for the programme: a number for everybody, or by post."""
    said = document.get("budget")
    if said is None:
        return {}
    table = said if isinstance(said, LMap) else LMap({"else": said})
    listed = document["posts"] if isinstance(document.get("posts"), list) else []
    posts = {text_of(item.get("post")) for item in listed if isinstance(item, LMap)}
    found: dict[str, Number] = {}
    for post, value in table.items():
        hours = number_of(value)
        if post != "else" and post not in posts:
            context.error(
                table.at(post),
                "unknown-post",
                f"“budget”里的“{post}”不是声明过的岗位。请改正名称，或写 else。",
            )
        elif hours is None or hours <= 0 or hours > 168:
            context.error(
                document.at("budget"),
                "budget",
                "“budget”要写每人每周几小时，例如 5，或 {homeroom_teacher: 6, else: 4}。",
            )
        else:
            found[post] = hours
    return found


def _places(document: LMap, plan_items: list[tuple[PlanItem, LMap]]) -> dict[str, Place]:
    """Where named things stand, for the linter: "kind:home_visit", "item:fix-project", "pack" …"""
    places = {"pack": Place(document.file, document.lines.get("pack", 1))}
    for key in KEYS:
        if key in document:
            places[key] = document.at(key)
        for item in document[key] if isinstance(document.get(key), list) else []:
            if isinstance(item, LMap) and len(item):
                singular, name = next(iter(item.items()))
                places[f"{singular}:{text_of(name)}"] = Place(item.file, item.line)
    for item, where in plan_items:
        places[f"item:{item.name}"] = Place(where.file, where.line)
    return places


def vocabulary(pack: Pack) -> Vocabulary:
    """The names that obligations of the pack may use."""
    return Vocabulary(
        kinds=pack.kinds,
        attributes=pack.attributes,
        links=pack.links,
        posts=pack.posts,
        events=pack.events,
        headings={heading.number: heading for heading in pack.all_headings()},
        phases=pack.phases,
        months={item.month for item in pack.plan_items},
        published=pack.source.published,
    )


def _source(document: LMap) -> PackSource:
    said = document.get("source")
    if isinstance(said, LMap):
        return PackSource(text_of(said.get("document")), day_of(said.get("published")))
    return PackSource(text_of(said)) if isinstance(said, str) else PackSource()


def _programme_year(document: LMap, context: Context) -> str:
    said = text_of(document.get("programme_year")) or "calendar"
    if said not in ("calendar", "school"):
        context.error(
            document.at("programme_year"),
            "shape",
            "“programme_year”只能写 calendar（公历年）或 school（学年）。",
        )
        return "calendar"
    return said


def _sentences(value: Any) -> tuple[str, ...]:
    """Problems and goals: plain sentences, or mappings with a title."""
    if not isinstance(value, list):
        return ()
    return tuple(
        text_of(item.get("title")) if isinstance(item, LMap) else "".join(texts(item)) for item in value
    )

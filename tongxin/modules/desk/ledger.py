"""Lines of the ledger as somebody may read them: in full where they may, as a figure where they get figures only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Event, Subject
from tongxin.kernel.ledger.models import Entry, Evidence, Participation
from tongxin.kernel.ledger.queries import countable_entries, visible_entries
from tongxin.kernel.obligations.unrecorded import within_reach
from tongxin.kernel.programmes import queries as programmes
from tongxin.kernel.programmes.models import Programme, ProgrammeVersion
from tongxin.kernel.programmes.queries import OWN_FIRST, current_pack, with_text
from tongxin.methods.cadence.declarations import Heading, Kind
from tongxin.ui import prepared
from tongxin.ui.worded import called, plain, spoken, titled

from .people import matching, pickable

# Below this number of people a figure could point at somebody.
SMALL = 5
# Reading a record of this class and above is itself put on record.
COMPARTMENT = CLASSES.index("K4a")
PEOPLE = ("student", "staff", "guardian", "outsider")
NAMES_SHOWN = 4
FIELDS = ("public_id", "day", "kind", "title", "data_class", "start_day", "about", "about_event", "pk")


@dataclass
class Words:
    """The declared names of kinds and headings of all a school's programmes: its own first, then the newest."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    headings: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)  # as written, with the numbers of their own
    outline: list[tuple[Programme, Sequence[Heading]]] = field(default_factory=list)
    key: tuple = ()  # differs where anything of this may differ

    def kind_title(self, name: str) -> str:
        return called(self.kinds[name]) if name in self.kinds else _("其他活动")

    def heading_title(self, number: str) -> str:
        return f"{number} {self.headings_said.get(number, '')}".strip()

    @property
    def headings_said(self) -> dict[str, str]:
        """Return what each heading is called on the page, without its number."""
        return {number: plain(self.titles[number], words) for number, words in self.headings.items()}


def words_of(viewer: Viewer) -> Words:
    """Return what the school's programmes call things; one query, and the texts are read when one has changed."""
    rows = prepared.rows("programmes of a school", _programmes, {"school": viewer.school_id or 0})
    key = (spoken(), *rows)
    if key not in _words:
        if len(_words) >= MOST_WORDS:
            _words.clear()
        _words[key] = _words_in(viewer, key)
    return _words[key]


# Read by every request of a school, changed by none: the language of the page, a programme's row and the hash of its
# present text are the key.
_words: dict[tuple, Words] = {}
MOST_WORDS = 64


def _programmes(at: Mapping[str, Any]) -> QuerySet:
    columns = [field.attname for field in Programme._meta.concrete_fields]
    newest = ProgrammeVersion.objects.filter(programme=OuterRef("pk")).order_by("-number")
    found = Programme.objects.filter(school_id=at["school"]).order_by("-first_day", "pk")
    return found.annotate(text=Subquery(newest.values("sha256")[:1])).values_list(*columns, "text")


def _words_in(viewer: Viewer, key: tuple) -> Words:
    words = Words(key=key)
    programmes = with_text(Programme.objects.filter(school_id=viewer.school_id))
    for programme in programmes.order_by(OWN_FIRST, "-first_day", "pk"):
        pack = current_pack(programme)
        for name, kind in pack.kinds.items():
            words.kinds.setdefault(name, kind)
        for heading in pack.all_headings():
            words.headings.setdefault(heading.number, heading.plain_title)
            words.titles.setdefault(heading.number, heading.title)
        words.outline.append((programme, pack.headings))
    return words


@dataclass(frozen=True)
class Filters:
    """What a list of entries is narrowed to. who: a subject's public id; lacking: only entries without evidence."""

    kind: str = ""
    heading: str = ""
    first: date | None = None
    last: date | None = None
    who: str = ""
    lacking: bool = False
    own: bool = False

    @classmethod
    def from_address(cls, parameters: Mapping[str, str]) -> Filters:
        return cls(
            kind=parameters.get("kind", "")[:60],
            heading=parameters.get("heading", "")[:40],
            first=_day(parameters.get("from", "")),
            last=_day(parameters.get("to", "")),
            who=parameters.get("who", "")[:22],
            lacking=parameters.get("evidence") == "none",
            own=parameters.get("own") == "1",
        )

    @property
    def narrowed(self) -> bool:
        return self != Filters(own=self.own)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def entries(viewer: Viewer, filters: Filters, words: Words) -> QuerySet[Entry]:
    """Return the current entries of a list: in full or as figures.

    A search for a person only ever finds entries that may be read in full: a figure must not say who is in it.
    """
    found = visible_entries(viewer) if filters.who or filters.own else countable_entries(viewer)
    found = found.filter(superseded_at=FOREVER)
    if filters.own:
        played = Participation.objects.filter(
            entry=OuterRef("pk"), subject_id=viewer.person_id, superseded_at=FOREVER, absent=False
        )
        found = found.filter(Q(recorded_by=viewer.account) | Q(Exists(played)))
    if filters.kind:
        found = found.filter(kind=filters.kind)
    if filters.heading:
        found = found.filter(heading__in=below(words, filters.heading))
    if filters.first:
        found = found.filter(day__gte=filters.first)
    if filters.last:
        found = found.filter(day__lte=filters.last)
    if filters.who:
        part = Participation.objects.filter(
            entry=OuterRef("pk"),
            subject__public_id=filters.who,
            subject__school_id=viewer.school_id,
            superseded_at=FOREVER,
        )
        found = found.filter(Exists(part))
    if filters.lacking:
        proof = Evidence.objects.filter(entry=OuterRef("pk"), superseded_at=FOREVER)
        wanted = [name for name, kind in words.kinds.items() if kind.evidence]
        found = found.filter(~Exists(proof), kind__in=wanted)
    return found


def below(words: Words, number: str) -> set[str]:
    """Return the numbers of a heading and all below it, in every programme's outline."""
    numbers = {number}
    for _programme, outline in words.outline:
        for top in outline:
            for heading in top.within():
                if heading.number == number:
                    numbers |= {h.number for h in heading.within()}
    return numbers


@dataclass(frozen=True)
class Answered:
    """The earlier entry or event that an entry answers. public_id: of the entry's page; an event has none."""

    day: date
    title: str
    public_id: str = ""


@dataclass(frozen=True)
class Line:
    """One entry of a list. full: False when this viewer gets the figure only; then nothing points at a person.

    about: what it answers, where this viewer may read that, too.
    """

    public_id: str
    day: date
    kind: str
    title: str
    people: str
    evidence: str
    full: bool
    about: Answered | None = None


def lines(viewer: Viewer, rows: Sequence[tuple], words: Words) -> list[Line]:
    """Return list lines for value tuples of FIELDS. Three queries, however many rows; up to three more where some of
    them answer something."""
    ids = [row[-1] for row in rows]
    readable = prepared.rows(
        ("readable entries", viewer.signature),
        lambda at: visible_entries(viewer).filter(pk__in=at["ids"]).values_list("pk"),
        {"ids": ids},
    )
    full = {pk for (pk,) in readable}
    answered = _answered(viewer, [row for row in rows if row[-1] in full], words)
    names, sizes = who_was_there(ids)
    proofs = dict(prepared.rows("evidence of entries", _evidence_of, {"ids": ids}))
    made = []
    for public_id, day, kind, title, data_class, _start, _about, _event, pk in rows:
        compartment = CLASSES.index(data_class or "K1") >= COMPARTMENT
        shown = pk in full
        kind_title = words.kind_title(kind)
        made.append(
            Line(
                public_id=public_id,
                day=day,
                kind=kind_title,
                title=titled(title) if shown and not compartment else kind_title,
                people=people_words(names[pk], sizes[pk])
                if shown and not compartment
                else size_words(sizes[pk]),
                evidence=_proof_words(proofs.get(pk, 0), words.kinds.get(kind)),
                full=shown,
                about=answered.get(pk),
            )
        )
    return made


def _answered(viewer: Viewer, rows: Sequence[tuple], words: Words) -> dict[int, Answered]:
    """Return what entries answer, by their key: only entries that this viewer may read, and events of people in reach.

    An entry is named by its kind alone: its own page says more, and puts a reading on record where it must.
    """
    entry_of = {row[-1]: row[-3] for row in rows if row[-3]}
    event_of = {row[-1]: row[-2] for row in rows if row[-2]}
    found: dict[int, Answered] = {}
    if entry_of:
        seen = visible_entries(viewer).filter(pk__in={*entry_of.values()})
        earlier = {
            pk: Answered(day, words.kind_title(kind), public_id)
            for pk, day, kind, public_id in seen.values_list("pk", "day", "kind", "public_id")
        }
        found |= {pk: earlier[about] for pk, about in entry_of.items() if about in earlier}
    if event_of:
        told = _events(viewer, {*event_of.values()})
        found |= {pk: told[event] for pk, event in event_of.items() if event in told}
    return found


def _events(viewer: Viewer, ids: set[int]) -> dict[int, Answered]:
    declared = programmes.events(viewer.school, viewer.day) if viewer.school else {}
    rows = list(
        Event.objects.filter(pk__in=ids, school_id=viewer.school_id).values_list(
            "pk", "kind", "day", "subject"
        )
    )
    reach = {
        kind: set(within_reach(viewer, declared[kind]).values_list("pk", flat=True))
        for kind in {kind for _pk, kind, _day, _subject in rows}
        if kind in declared
    }
    return {
        pk: Answered(day, declared[kind].title)
        for pk, kind, day, subject in rows
        if subject in reach.get(kind, ())
    }


def who_was_there(ids: Sequence[int]) -> tuple[dict[int, list[str]], dict[int, int]]:
    """Return ({entry: first few names}, {entry: number of people}) of entries; those who were absent are left out."""
    names: dict[int, list[str]] = defaultdict(list)
    sizes: dict[int, int] = defaultdict(int)
    sizes.update(dict(prepared.rows("sizes of entries", _counted, {"ids": ids})))
    for entry, name in prepared.rows("names in entries", _named, {"ids": ids}):
        if len(names[entry]) <= NAMES_SHOWN and name not in names[entry]:
            names[entry].append(name)
    return names, sizes


def _evidence_of(at: Mapping[str, Any]) -> QuerySet:
    shown = Evidence.objects.filter(entry__in=at["ids"], superseded_at=FOREVER)
    return shown.values_list("entry").annotate(n=Count("pk"))


def _here(at: Mapping[str, Any]) -> QuerySet[Participation]:
    return Participation.objects.filter(entry__in=at["ids"], superseded_at=FOREVER, absent=False)


def _counted(at: Mapping[str, Any]) -> QuerySet:
    people = _here(at).filter(subject__type__in=PEOPLE)
    return people.values_list("entry").annotate(n=Count("subject", distinct=True))


def _named(at: Mapping[str, Any]) -> QuerySet:
    """A class stands for its members: only those who were picked themselves are named."""
    return _here(at).filter(via=None).order_by("pk").values_list("entry", "subject__name")


def people_words(names: Sequence[str], size: int) -> str:
    """Say who was there: 安小禾、刘洋, with the number when there were more."""
    said = "、".join(names[:NAMES_SHOWN])
    if size > len(names[:NAMES_SHOWN]):
        return _("%(names)s等%(n)d人") % {"names": said, "n": size}
    return said


def size_words(size: int) -> str:
    if not size:
        return ""
    if size < SMALL:
        return _("不到%(n)d人") % {"n": SMALL}
    return _("%(n)d人") % {"n": size}


def _proof_words(count: int, kind: Kind | None) -> str:
    if count:
        return _("佐证%(n)d件") % {"n": count}
    return _("没有佐证") if kind is not None and kind.evidence else ""


@dataclass
class Branch:
    """A line of the outline with its counts; depth 0 is the top. The addresses are filled in by the page."""

    number: str
    title: str
    depth: int
    count: int
    lacking: int
    url: str = ""
    folder_url: str = ""


def outline(viewer: Viewer, programme: Programme, headings: Sequence[Heading]) -> list[Branch]:
    """Return the plan's outline with how many entries of the programme's days lie at and below each heading.

    A number of entries is a figure of school work; who was in them is not shown here.
    """
    proof = Evidence.objects.filter(entry=OuterRef("pk"), superseded_at=FOREVER)
    rows = (
        countable_entries(viewer)
        .filter(superseded_at=FOREVER, day__gte=programme.first_day, day__lte=programme.last_day)
        .values_list("heading")
        .annotate(n=Count("pk"), with_proof=Count("pk", filter=Q(Exists(proof))))
    )
    counts = {heading: (n, n - with_proof) for heading, n, with_proof in rows}
    branches: list[Branch] = []

    def walk(heading: Heading, depth: int) -> None:
        inside = [counts.get(h.number, (0, 0)) for h in heading.within()]
        total, lacking = sum(n for n, _l in inside), sum(missing for _n, missing in inside)
        branches.append(
            Branch(heading.number, plain(heading.title, heading.plain_title), depth, total, lacking)
        )
        for child in heading.children:
            walk(child, depth + 1)

    for top in headings:
        walk(top, 0)
    return branches


def find_people(viewer: Viewer, typed: str) -> list[Subject]:
    """Return the people within reach that a name, its pinyin or initials may mean."""
    subjects = pickable(viewer, ("student", "staff", "guardian", "outsider"), viewer.day)
    return list(matching(subjects, typed).order_by("pinyin", "pk")[:30])

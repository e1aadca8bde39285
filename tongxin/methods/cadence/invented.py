"""The small invented world of a golden case: a school, a subject in scope of the rule, and the case's entries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from .conditions import Condition
from .counting import AmountWithin, Companion, Count, QualifierIs
from .declarations import Kind
from .facts import (
    ALWAYS,
    MADE_UP,
    NEVER,
    AttributeRow,
    Entry,
    EventRow,
    EvidenceRow,
    Facts,
    LinkRow,
    Participation,
    Subject,
    WaiverRow,
)
from .invented_sets import MEMBER, members_invented, numbers_set, other_end, share_of
from .pack import Pack
from .parse_counts import COLUMNS
from .reading import day_of, number_of, text_of, texts
from .satisfying import Wishes
from .tree import GROUP_LINKS, PERSON_TYPES, Obligation, Requirement

CHINA = ZoneInfo("Asia/Shanghai")
MOST = 2000  # entries or people that one line of a case may invent
SUBJECT, OTHER, SCHOOL, PARTNER, LINK = "subject", "other", "school", "partner", "pair"
ENDS = {  # of the links every school has
    "mentor_of": ("staff", "student"), "master_of": ("staff", "staff"), "guardian_of": ("guardian", "student"),
    "enrolled_in": ("student", "homeroom"), "branch_member": ("staff", "branch"), "in_department": ("staff", "department"),
    "teaches": ("staff", "homeroom"), "homeroom_liaison": ("staff", "homeroom"), "in_team": ("student", "team"),
    "of_family": ("student", "family"),
}  # fmt: skip
ENTRY_KEYS = (
    "kind", "on", "from", "to", "at", "times", "part", "who", "people", "with", "by", "evidence", "absent", "recorded",
    "evidence_recorded", "withdrawn", "counterpart", "about", "note",
)  # fmt: skip

EVENT_KEYS = ("event", "on", "at", "id", "retracted", "recorded", "withdrawn", "note")


class CaseProblem(Exception):
    """A golden case that cannot be read; the message is a sentence that says the mend."""


def instant_of(value: Any, end_of_day: bool = False) -> dt.datetime | None:
    """An aware instant from a day or a time; a day is its beginning, or its last microsecond."""
    if value is None:
        return None
    day = day_of(value)
    if day is not None and not isinstance(value, dt.datetime):
        clock = dt.time.max if end_of_day else dt.time.min
        return dt.datetime.combine(day, clock, CHINA)
    try:
        moment = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value).strip())
    except ValueError as error:
        raise CaseProblem(f"“{value}”不是日期或时间。请写成 2023-08-05 或 2023-08-05T10:00。") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def time_of(value: Any, day: dt.date) -> dt.datetime | None:
    """An aware instant from a time of day ("15:30") on a day; None for nothing."""
    if value is None:
        return None
    try:
        clock = dt.time.fromisoformat(text_of(value))
    except ValueError as error:
        raise CaseProblem(f"“{value}”不是时间。请写成“15:30”，并加引号。") from error
    return dt.datetime.combine(day, clock, CHINA)


def required_day(mapping: dict[str, Any], key: str) -> dt.date:
    day = day_of(mapping.get(key))
    if day is None:
        raise CaseProblem(f"用例里的“{key}”要写日期，例如 2023-08-01。")
    return day


class World:
    """Builds the Facts of one case."""

    def __init__(self, pack: Pack, rule: Obligation, case: dict[str, Any]) -> None:
        self.pack, self.rule, self.case = pack, rule, case
        self.facts = Facts()
        self.types: dict[str, str] = {}
        self.ends: dict[str, str] = {}  # of a pair: who stands at a and b
        self.judged = SUBJECT
        self.places = {
            "school": SCHOOL,
            "homeroom": "homeroom",
            "branch": "branch",
            "department": "department",
        }
        self._people()
        self._attributes()
        self._subject_links()
        self._waiver()
        self._events()
        members_invented(self, MOST)
        numbers_set(self)
        for number, spelled in enumerate(self._spelled_entries(), start=1):
            self._enter(number, spelled)
        self._named_people()

    # people and places

    def add(self, name: str, kind: str, first: dt.date = ALWAYS, last: dt.date = NEVER) -> str:
        """A subject by this id, made once."""
        if name not in self.types:
            self.types[name] = kind
            school = name if kind == "school" else self.places["school"]
            self.facts.subjects.append(Subject(name, kind, name, school, first, last))
        return name

    def link(self, kind: str, a: str, b: str, first: dt.date = ALWAYS, last: dt.date = NEVER) -> None:
        number = len(self.facts.links) + 1
        self.facts.links.append(LinkRow(f"link-{number}", kind, a, b, first, last))

    def _people(self) -> None:
        kind = {"member": "staff", "activity": "school"}.get(self.rule.subject.name, self.rule.subject.name)
        if self.rule.subject.is_pair:
            kind = self._pair()
        present = self.case.get("present") or {}
        if not isinstance(present, dict):
            raise CaseProblem("用例里的“present”要写 {from: 日期, to: 日期}。")
        if kind in self.places:
            self.places[kind] = SUBJECT
        first, last = day_of(present.get("from")) or ALWAYS, day_of(present.get("to")) or NEVER
        if self.ends:
            # What comes and goes is the link.
            a, b = self.ends["a"], self.ends["b"]
            self.facts.links.append(LinkRow(LINK, self.rule.subject.kind, a, b, first, last))
            self.judged, first, last = LINK, ALWAYS, NEVER
        self.add(SUBJECT, kind, first, last)
        for place_kind, name in self.places.items():
            self.add(name, place_kind)
        without = texts(self.case.get("not_links"))
        places = {"student": ["homeroom"], "staff": ["department"]}
        belongs = places.get(kind, [])
        belongs = [*belongs, "branch"] if self.rule.subject.name == "member" else belongs
        for place_kind in places.get(self.types[PARTNER], []) if self.ends else ():
            self.link(GROUP_LINKS[place_kind], PARTNER, self.places[place_kind])
        for place_kind in belongs:
            if GROUP_LINKS[place_kind] not in without and not self._gives(GROUP_LINKS[place_kind]):
                self.link(GROUP_LINKS[place_kind], SUBJECT, self.places[place_kind])
        for post in self.pack.posts.values():
            self.add(post.name, "staff")
            if post.name not in without:
                self.link(post.name, post.name, self.places.get(post.of, SCHOOL))
        if "secretary" not in self.pack.posts:
            self.link("secretary", self.add("secretary", "staff"), self.places["school"])

    def _pair(self) -> str:
        """Make the partner of a pair and return the type of the other: the one who plays the part that is counted."""
        a, b = self._ends_of(self.rule.subject.kind)
        items = self.rule.requirements()
        counted = items[0].count if items else Count(())
        parts = [self.pack.kinds[k].part(p) for k in counted.kinds[:1] for p in counted.parts[:1]]
        of = parts[0].of if parts and parts[0] else ()
        mine = "a" if a in of and b not in of else "b"
        self.ends = {mine: SUBJECT, "b" if mine == "a" else "a": PARTNER}
        kind, other = (a, b) if mine == "a" else (b, a)
        if other in self.places:
            self.places[other] = PARTNER
        self.add(PARTNER, other)
        return kind

    def _ends_of(self, link: str) -> tuple[str, str]:
        """The types a link stands between."""
        declared, post = self.pack.links.get(link), self.pack.posts.get(link)
        if declared:
            return declared.a or "staff", declared.b or "student"
        return ENDS.get(link, ("staff", post.of if post else "student"))

    def _gives(self, link: str) -> bool:
        """Does the case itself say when the subject has this link."""
        return any(
            text_of(item.get("link") if isinstance(item, dict) else item) == link
            for item in self._said_links()
        )

    def _said_links(self) -> list[Any]:
        said = []
        for key in ("links", "posts"):
            value = self.case.get(key) or []
            said += value if isinstance(value, list) else [value]
        return said

    def person(self, name: str, kind: str) -> str:
        """An invented person or thing; a place of this kind is the subject's own, a post's name is its holder."""
        if name in self.types:
            return name
        return self.add(name, kind)

    def stranger(self, kind: str) -> str:
        """Somebody of the same type who has nothing to do with the subject."""
        name = self.add(OTHER if kind == self.types[SUBJECT] else f"{OTHER}-{kind}", kind)
        if kind == "student" and not any(row.a == name for row in self.facts.links):
            self.link("enrolled_in", name, self.add("other-homeroom", "homeroom"))
        return name

    # attributes and links

    def _holder(self, attribute: str, owner: str = SUBJECT, end: str = "") -> str:
        """Who carries an attribute: the owner (of a pair, who stands at `end`), or the place of the first type that may."""
        if end in self.ends and owner == SUBJECT:
            owner = self.ends[end]
        declared = self.pack.attributes.get(attribute)
        of = declared.of if declared else ()
        if not of or self.types[owner] in of or ("member" in of and self.types[owner] in PERSON_TYPES):
            return owner
        if owner in self.ends.values() and not end and self.types[PARTNER] in of:
            return PARTNER
        return next((self.places[kind] for kind in of if kind in self.places), owner)

    def give(self, condition: Condition, owner: str) -> None:
        """Attributes and links that make the condition hold for an invented companion."""
        wishes = Wishes(self.pack.attributes)
        wishes.want(condition)
        for name, value in wishes.attributes.items():
            self.facts.attributes.append(AttributeRow(self._holder(name, owner), name, value))
        for link, end in wishes.links:
            self.link_up(link, owner, end=end)

    def _attributes(self) -> None:
        wishes = Wishes(self.pack.attributes)
        wishes.want_scope(self.rule)
        said = self._said_attributes()
        names = {row.name for row in said}
        rows = [
            AttributeRow(self._holder(n, end=wishes.ends.get(n, "")), n, v)
            for n, v in wishes.attributes.items()
            if n not in names
        ]
        self.facts.attributes += [*rows, *(row for row in said if row.value != "")]
        self._wished_links = wishes.links

    def _said_attributes(self) -> list[AttributeRow]:
        said = self.case.get("attributes") or {}
        if isinstance(said, dict):
            pairs = [{"attribute": name, "value": value} for name, value in said.items()]
        else:
            pairs = [item for item in said if isinstance(item, dict)]
        rows = []
        for item in pairs:
            name = text_of(item.get("attribute"))
            if name not in self.pack.attributes:
                raise CaseProblem(f"用例用了没有声明的属性“{name}”。请在“attributes”里声明，或改正名称。")
            first, last = day_of(item.get("from")) or ALWAYS, day_of(item.get("to")) or NEVER
            recorded, withdrawn = instant_of(item.get("recorded")), instant_of(item.get("withdrawn"))
            rows.append(
                AttributeRow(
                    self._holder(name, end=text_of(item.get("end"))),
                    name,
                    text_of(item.get("value")),
                    first,
                    last,
                    recorded,
                    withdrawn,
                )
            )
        return rows

    def _subject_links(self) -> None:
        said = self._said_links()
        names = {
            text_of(item.get("link") or item.get("post")) if isinstance(item, dict) else text_of(item)
            for item in said
        }
        without = texts(self.case.get("not_links"))
        for name, end in self._wished_links:
            if name not in names and name not in without:
                self.link_up(name, SUBJECT, end=end)
        for item in said:
            spelled = item if isinstance(item, dict) else {"link": item}
            first, last = day_of(spelled.get("from")) or ALWAYS, day_of(spelled.get("to")) or NEVER
            name, end = text_of(spelled.get("link") or spelled.get("post")), text_of(spelled.get("end"))
            other = self.link_up(name, SUBJECT, first, last, end, text_of(spelled.get("who")))
            if spelled.get("with") != "other":
                other_end(self, name, other)

    def link_up(
        self,
        name: str,
        owner: str,
        first: dt.date = ALWAYS,
        last: dt.date = NEVER,
        end: str = "",
        who: str = "",
    ) -> str:
        """A link of the owner (at `end` when said): to `who`, its place of the other end's type, or somebody invented.

        Returns the other end.
        """
        post, declared = self.pack.posts.get(name), self.pack.links.get(name)
        group = next((kind for kind, link in GROUP_LINKS.items() if link == name), "")
        ends = (declared.a, declared.b) if declared else ("staff", post.of if post else group or "school")
        ends = ENDS.get(name, ends) if declared is None and post is None and not group else ends
        if end == "b" or (end != "a" and ends[1] == self.types[owner] != ends[0]):
            other = self.add(who or f"{name}-a", ends[0] or "staff")
            self.link(name, other, owner, first, last)
            return other
        target = self.places.get(ends[1])
        if who or target is None or target == owner:
            target = self.add(who or f"{name}-b", ends[1] or "student")
        self.link(name, owner, target, first, last)
        return target

    def _named_people(self) -> None:
        """Attributes and links of others who play a part in the case's entries, by their names."""
        said = self.case.get("people") or {}
        if not isinstance(said, dict) or not all(isinstance(facts, dict) for facts in said.values()):
            raise CaseProblem("用例里的“people”要写成 {名字: {attributes: {…}, links: […]}}。")
        for name, facts in said.items():
            if name not in self.types:
                raise CaseProblem(f"用例的“people”里有“{name}”，但没有一次活动用到这个人。请改正名字。")
            for attribute, value in (facts.get("attributes") or {}).items():
                holder = self._holder(attribute, name)
                self.facts.attributes.append(AttributeRow(holder, attribute, text_of(value)))
            for link in facts.get("links") or []:
                self.link_up(text_of(link), name)

    def _waiver(self) -> None:
        said = self.case.get("waiver")
        if not said:
            return
        said = said if isinstance(said, dict) else {}
        first, last = day_of(said.get("from")) or ALWAYS, day_of(said.get("to")) or NEVER
        reason, by = text_of(said.get("reason")) or "已批准", text_of(said.get("by")) or "secretary"
        self.facts.waivers.append(WaiverRow(SUBJECT, self.rule.id, reason, by, first, last))

    def _events(self) -> None:
        said = self.case.get("events") or []
        if not isinstance(said, list) or not all(isinstance(item, dict) for item in said):
            raise CaseProblem("用例里的“events”要列出事件，每项写成 {event: …, on: 日期}。")
        for number, item in enumerate(said, start=1):
            for key in item:
                if key not in EVENT_KEYS:
                    raise CaseProblem(f"用例的事件里没有“{key}”这一项。可用的有：{'、'.join(EVENT_KEYS)}。")
            day = required_day(item, "on")
            self.facts.events.append(
                EventRow(
                    text_of(item.get("id")) or f"event-{number}",
                    SUBJECT,
                    text_of(item.get("event")),
                    day,
                    time_of(item.get("at"), day),
                    item.get("retracted") is True,
                    instant_of(item.get("recorded")) or instant_of(day),
                    instant_of(item.get("withdrawn")),
                )
            )

    # entries

    def _spelled_entries(self) -> Iterator[dict[str, Any]]:
        said = self.case.get("entries") or []
        if not isinstance(said, list):
            raise CaseProblem("用例里的“entries”要列出活动，每项前加连字符。")
        for item in said:
            if not isinstance(item, dict):
                raise CaseProblem("用例里的每次活动应写成 {kind: …, on: 日期}。")
            times = item.get("times", 1)
            if isinstance(times, bool) or not isinstance(times, int) or not 0 <= times <= MOST:
                raise CaseProblem(f"用例里的“times”要写 0 到 {MOST} 的整数。")
            yield from [item] * times

    def _enter(self, number: int, spelled: dict[str, Any]) -> None:
        kind = self._kind(spelled)
        item = self._requirement(kind.name)
        last = required_day(spelled, "on" if "on" in spelled else "to")
        first = required_day(spelled, "from") if "from" in spelled else last
        recorded = instant_of(spelled.get("recorded")) or instant_of(first)
        withdrawn = instant_of(spelled.get("withdrawn"))
        count = item.count if item else Count((kind.name,))
        part = self._part(spelled, kind, count)
        rows = list(self._rows(spelled, kind, count, part))
        evidence = self._evidence(spelled, item, recorded)
        name = f"entry-{number}"
        entry = Entry(
            name,
            kind.name,
            first,
            last,
            self.places["school"],
            time_of(spelled.get("at"), last),
            tuple(rows),
            evidence,
            recorded,
            withdrawn,
            self._about(spelled),
        )
        self.facts.entries.append(entry)
        if self.rule.subject.is_activity and kind.name == self.rule.subject.kind and self.judged == SUBJECT:
            self.judged = name

    def _about(self, spelled: dict[str, Any]) -> str:
        said = text_of(spelled.get("about"))
        return f"entry-{said}" if said.isdecimal() else said

    def _kind(self, spelled: dict[str, Any]) -> Kind:
        name = text_of(spelled.get("kind"))
        if not name:
            items = self.rule.requirements()
            name = items[0].count.kinds[0] if items and items[0].count.kinds else ""
        if name not in self.pack.kinds:
            raise CaseProblem(f"用例用了没有声明的活动“{name}”。请在“kinds”里声明，或改正名称。")
        kind = self.pack.kinds[name]
        known = {
            *ENTRY_KEYS,
            *COLUMNS,
            MADE_UP,
            *(a.name for a in kind.amounts),
            *(q.name for q in kind.qualifiers),
        }
        for key in spelled:
            if key not in known:
                raise CaseProblem(
                    f"用例里活动“{name}”没有“{key}”这一项。请在它的限定或数量里声明，或改正名称。"
                )
        return kind

    def _requirement(self, kind: str) -> Requirement | None:
        return next((item for item in self.rule.requirements() if kind in item.count.kinds), None)

    def _part(self, spelled: dict[str, Any], kind: Kind, count: Count) -> str:
        said = text_of(spelled.get("part"))
        if said and kind.part(said) is None:
            raise CaseProblem(f"活动“{kind.name}”没有“{said}”这个角色。请改正用例里的“part”。")
        if said or count.parts:
            return said or count.parts[0]
        mine = (
            {self.types[SUBJECT], "member"} if self.rule.subject.name == "member" else {self.types[SUBJECT]}
        )
        fitting = [part.name for part in kind.parts if mine & set(part.of)]
        return fitting[0] if fitting else kind.parts[0].name if kind.parts else ""

    def _rows(self, spelled: dict[str, Any], kind: Kind, count: Count, part: str) -> Iterator[Participation]:
        qualifiers, amounts = self._told(spelled, kind, count)
        counterpart = text_of(spelled.get("counterpart"))
        if counterpart:
            counterpart = self.person(counterpart, "enterprise")
        extra = dict(self._companions(spelled, kind, count))
        counterpart = extra.pop("counterpart", [counterpart])[0]
        absent = spelled.get("absent") is True
        for name in self._players(spelled, kind, part):
            yield Participation(part, name, absent, counterpart, dict(qualifiers), dict(amounts))
        for other, names in extra.items():
            for name in names:
                yield Participation(other, name, False, counterpart, dict(qualifiers), dict(amounts))

    def _told(
        self, spelled: dict[str, Any], kind: Kind, count: Count
    ) -> tuple[dict[str, str], dict[str, int]]:
        """Qualifiers and amounts of the rows: as said, else so that the rule's filters pass."""
        qualifiers: dict[str, str] = {}
        amounts: dict[str, int] = {}
        for test in count.only:
            if isinstance(test, QualifierIs) and test.values:
                qualifiers[test.qualifier] = test.values[0]
            elif isinstance(test, AmountWithin):
                amounts[test.amount] = int(
                    (test.low if test.low is not None else test.high or Fraction(0)) * 100
                )
        for key, value in spelled.items():
            if key in ENTRY_KEYS:
                continue
            number = number_of(value)
            if kind.amount(key) is None:
                qualifiers[key] = text_of(value)
            elif number is None:
                raise CaseProblem(f"用例里的“{key}”要写数字。")
            else:
                amounts[key] = int(Fraction(number) * 100)
        return qualifiers, amounts

    def _players(self, spelled: dict[str, Any], kind: Kind, part: str) -> Iterator[str]:
        """Who plays the main part."""
        who = text_of(spelled.get("who")) or "subject"
        if who == "nobody" or not part:
            return
        declared = kind.part(part)
        of = declared.of if declared and declared.of else ("staff",)
        own = self.types[SUBJECT]
        if who == "other":
            yield self.stranger(own if own in of else of[0])
        elif who != "subject":
            yield self.person(who, of[0])
        elif "people" not in spelled and own not in ("school",) and (own in of or own not in GROUP_LINKS):
            yield SUBJECT
        elif "people" not in spelled and of[0] in self.places:
            yield self.places[of[0]]
        else:
            yield from self._crowd(part, of, spelled.get("people", 1))

    def _crowd(self, part: str, of: tuple[str, ...], number: Any) -> Iterator[str]:
        """Invented people; members of the subject where the subject is a group."""
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= MOST:
            raise CaseProblem(f"用例里的人数要写 0 到 {MOST} 的整数。")
        kind = next((name for name in of if name in PERSON_TYPES), "staff" if "member" in of else of[0])
        own = self.types[SUBJECT]
        for at in range(1, number + 1):
            # Those of a share's set are the first to come.
            name = f"{MEMBER}-{at}" if share_of(self.rule) else f"{part}-{kind}-{at}"
            new = name not in self.types
            self.add(name, kind)
            if new and own in GROUP_LINKS:
                self.link(GROUP_LINKS[own], name, SUBJECT)
            if new and kind not in PERSON_TYPES:
                continue
            yield name

    def _companions(
        self, spelled: dict[str, Any], kind: Kind, count: Count
    ) -> Iterator[tuple[str, list[str]]]:
        """Further parts: as said under `with`, and whoever the rule's `by` and `with` ask for."""
        said = spelled.get("with")
        told = said if isinstance(said, dict) else {}
        for part, value in told.items():
            declared = kind.part(part)
            if declared is None:
                raise CaseProblem(f"活动“{kind.name}”没有“{part}”这个角色。请改正用例里的“with”。")
            of = declared.of or ("staff",)
            if isinstance(value, int):
                yield part, list(self._crowd(part, of, value))
            else:
                yield part, [self.places.get(name) or self.person(name, of[0]) for name in texts(value)]
        if self.ends and count.with_ is None and not told and spelled.get("with") not in ("nobody", "none"):
            of_partner = {self.types[PARTNER]}
            played = self._part(spelled, kind, count)
            fitting = [p.name for p in kind.parts if of_partner & set(p.of)]
            yield next((p for p in fitting if p != played), (fitting or [played])[0]), [PARTNER]
        for key, companion in count.companions():
            if companion.part in told or spelled.get(key) in ("nobody", "none"):
                continue
            part = companion.part or next((p.name for p in kind.parts if p.name not in count.parts), "")
            if part:
                who = (
                    PARTNER
                    if key == "with" and self.ends and spelled.get(key) != "other"
                    else self.stranger("staff")
                    if spelled.get(key) == "other"
                    else self._companion(companion, kind, part)
                )
                yield part, [who]

    def _companion(self, companion: Companion, kind: Kind, part: str) -> str:
        if companion.themself:
            return SUBJECT
        if companion.post and companion.subject_type != "member":
            name = companion.post
        else:
            declared = kind.part(part)
            of = companion.subject_type or (declared.of[0] if declared and declared.of else "staff")
            name = self.add(f"companion-{part}", "staff" if of == "member" else of)
        if companion.subject_type == "member":
            self.link("branch_member", name, self.places["branch"])
        if companion.post and name != companion.post:
            self.link(companion.post, name, self.places.get(companion.post_of, SCHOOL))
        if companion.link:
            self.link(companion.link, name, SUBJECT)
        self.give(companion.where, name)
        return name

    def _evidence(
        self, spelled: dict[str, Any], item: Requirement | None, recorded: dt.datetime | None
    ) -> tuple[EvidenceRow, ...]:
        """As said; else every type that any requirement on this kind asks for."""
        added = instant_of(spelled.get("evidence_recorded")) or recorded
        said = spelled.get("evidence", "")
        if "evidence" in spelled and said in (None, False, "none", []):
            return ()
        needed = item.evidence.types if item else ()
        types = needed if "evidence" not in spelled or said is True else texts(said)
        return tuple(EvidenceRow(name, added) for name in types)

"""Hold checked records against what the school has: who is new, who changed, who stays, who cannot be told.

Matching goes by numbers only: pupil number, identity number, student or staff number. Name and class alone are
never enough; they raise a question that a person answers.
"""

import gc
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tongxin.exchange.rosters.checks import Problem, Record, Result
from tongxin.exchange.rosters.fields import FIELDS, STUDENTS
from tongxin.exchange.rosters.homeroom_names import HomeroomName
from tongxin.exchange.rosters.known import KnownPerson, KnownSchool

NEW, CHANGED, UNCHANGED, LEFT_OUT = "new", "changed", "unchanged", "left_out"
SAME_PERSON, OTHER_PERSON, SKIP = "same", "new", "skip"
KEYS = {
    "students": ("pupil_number", "id_number", "local_number"),
    "staff": ("staff_number", "id_number"),
}
SHOWN = {
    "male": "男",
    "female": "女",
    "true": "是",
    "false": "否",
    "": "（空）",
}


@dataclass(slots=True)
class Change:
    """One value that will be another. before, after: as shown to people."""

    title: str
    before: str
    after: str


@dataclass(slots=True)
class Person:
    """What becomes of one record. known: whom it updates, None for somebody new. place: the class or department
    as shown. question: the known person it might be, by name and class."""

    record: Record
    verdict: str
    known: KnownPerson | None = None
    homeroom: int | None = None
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class Question:
    """A record without a matching number that has the name and class of somebody known."""

    row: int
    name: str
    place: str
    known: int


@dataclass
class Comparison:
    """The whole plan of an import, ready to be shown and applied."""

    kind: str
    people: list[Person] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    left_out: dict[int, str] = field(default_factory=dict)
    new_homerooms: dict[tuple, HomeroomName] = field(default_factory=dict)
    new_departments: list[str] = field(default_factory=list)
    new_branches: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: int = 0  # known people of this kind that the file does not name

    def of(self, verdict: str) -> list[Person]:
        return [person for person in self.people if person.verdict == verdict]

    @property
    def counts(self) -> dict[str, int]:
        counted = Counter(person.verdict for person in self.people)
        return {
            NEW: counted[NEW],
            CHANGED: counted[CHANGED],
            UNCHANGED: counted[UNCHANGED],
            LEFT_OUT: len(self.left_out),
            "new_homerooms": len(self.new_homerooms),
            "new_departments": len(self.new_departments),
            "new_branches": len(self.new_branches),
        }

    @property
    def nothing_to_do(self) -> bool:
        return not any(person.verdict in (NEW, CHANGED) for person in self.people)

    def fingerprint(self) -> str:
        """Return a short text that differs where another plan was shown than would be applied now."""
        plan = [
            (
                p.record.row,
                p.verdict,
                p.known.subject if p.known else 0,
                [(c.title, c.after) for c in p.changes],
            )
            for p in self.people
        ]
        text = json.dumps([plan, sorted(self.left_out)], ensure_ascii=False, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:24]


@contextmanager
def records_held() -> Iterator[None]:
    """Keep Python from searching hundreds of thousands of records for cycles again and again: they stay until the end."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@records_held()
def compare(
    result: Result,
    known: KnownSchool,
    *,
    answers: dict[int, str] | None = None,
    answer_all: str = SKIP,
) -> Comparison:
    """Return the plan for checked records.

    answers: {row: "same", "new" or "skip"} to the questions; answer_all holds where a row has no answer.
    """
    plan = Comparison(result.kind, left_out=dict(result.left_out))
    finder = _Finder(known, result.kind)
    taken: dict[int, int] = {}
    for record in result.records:
        person = _judge(record, finder, plan, answers or {}, answer_all)
        if person is None:
            continue
        if person.known:
            first = taken.setdefault(person.known.subject, record.row)
            if first != record.row:
                _refuse(plan, record, f"和第 {first} 行指的是系统里的同一个人，请核对号码。")
                continue
        plan.people.append(person)
    for person in plan.people:
        _place(person, known, plan)
        _find_changes(person, known, plan)
    plan.missing = sum(1 for subject in known.people if subject not in taken)
    _note(plan, known)
    return plan


class _Finder:
    """The known people by each of their numbers, and by name and class."""

    def __init__(self, known: KnownSchool, kind: str) -> None:
        self.known = known
        self.kind = kind
        self.by: dict[str, dict[str, KnownPerson]] = {key: {} for key in KEYS[kind]}
        self.by_name: dict[tuple[str, int | None], list[KnownPerson]] = {}
        for person in known.people.values():
            for key in KEYS[kind]:
                value = person.values.get(key)
                if value:
                    self.by[key][str(value)] = person
            place = person.homeroom if kind == STUDENTS else None
            self.by_name.setdefault((str(person.values["name"]), place), []).append(person)

    def by_number(self, record: Record) -> list[tuple[str, KnownPerson]]:
        values = record.values
        return [
            (key, self.by[key][values[key]])
            for key in KEYS[self.kind]
            if key in values and values[key] in self.by[key]
        ]

    def namesakes(self, record: Record, homeroom: int | None) -> list[KnownPerson]:
        """Known people of that name and class whose own numbers do not say they are somebody else."""
        if not self.by_name:
            return []
        place = homeroom if self.kind == STUDENTS else None
        values = record.values
        return [
            person
            for person in self.by_name.get((values["name"], place), [])
            if not any(
                person.values.get(key) and values.get(key) and person.values[key] != values[key]
                for key in KEYS[self.kind]
            )
        ]


def _judge(
    record: Record, finder: _Finder, plan: Comparison, answers: dict[int, str], answer_all: str
) -> Person | None:
    matches = finder.by_number(record) if finder.known.people else []
    subjects = {person.subject for _, person in matches}
    if len(subjects) > 1:
        titles = "、".join(FIELDS[plan.kind][key].title for key, _ in matches)
        _refuse(plan, record, f"{titles}在系统里属于不同的人，请核对。")
        return None
    if matches:
        key, person = matches[0]
        weak = key in ("local_number", "staff_number") and len(matches) == 1
        if weak and person.values["name"] != record.values["name"]:
            title = FIELDS[plan.kind][key].title
            _refuse(plan, record, f"系统里这个{title}是另一个人（姓名不同），请核对。", key)
            return None
        return Person(record, UNCHANGED, person)
    homeroom = _known_homeroom(record, finder.known)
    namesakes = finder.namesakes(record, homeroom)
    if not namesakes:
        return Person(record, NEW)
    answer = answers.get(record.row, answer_all)
    place = finder.known.homerooms.get(homeroom or 0, "")
    plan.questions.append(Question(record.row, record.values["name"], place, namesakes[0].subject))
    if answer == OTHER_PERSON:
        return Person(record, NEW)
    if answer == SAME_PERSON and len(namesakes) == 1:
        return Person(record, UNCHANGED, namesakes[0])
    plan.left_out[record.row] = (
        "系统里有同名同班的人，号码又对不上，分不清是不是同一个人，没有导入。"
        if plan.kind == STUDENTS
        else "系统里有同名的教职工，号码又对不上，分不清是不是同一个人，没有导入。"
    )
    return None


def _known_homeroom(record: Record, known: KnownSchool) -> int | None:
    if record.homeroom is None:
        return None
    return known.homeroom_keys.get(known.homeroom_key(record.homeroom))


def _refuse(plan: Comparison, record: Record, sentence: str, key: str = "name") -> None:
    title = FIELDS[plan.kind][key].title
    plan.problems.append(Problem(record.row, title, "", str(record.values.get(key, "")), sentence))
    plan.left_out[record.row] = sentence


def _place(person: Person, known: KnownSchool, plan: Comparison) -> None:
    """Find the class, department and branch a record names; new ones are collected for the plan."""
    record = person.record
    if record.homeroom is not None:
        key = known.homeroom_key(record.homeroom)
        person.homeroom = known.homeroom_keys.get(key)
        if person.homeroom is None:
            plan.new_homerooms.setdefault(key, record.homeroom)
    if plan.kind == STUDENTS:
        return
    for name, have, wanted in [
        ("department", known.departments, plan.new_departments),
        ("branch", known.branches, plan.new_branches),
    ]:
        value = record.values.get(name)
        if value and value not in have and value not in wanted:
            wanted.append(value)


def _find_changes(person: Person, known: KnownSchool, plan: Comparison) -> None:
    """Compare with what is known; an empty cell never takes anything away."""
    if person.known is None:
        return
    values = person.record.values
    changes: list[Change] = []
    for name in ("name", "sex", "birth_date", *KEYS[plan.kind], "teaching_subject", "job_title"):
        after = values.get(name)
        before = person.known.values.get(name, "")
        if after not in (None, "") and after != before:
            changes.append(_change(plan.kind, name, before, after))
    for name in ("ethnicity", "boarding", "duty"):
        after = values.get(name)
        before = person.known.attributes.get(name, (0, ""))[1]
        if after and after != before:
            changes.append(_change(plan.kind, name, before, after))
    for name, kind in [("phone", "phone"), ("address", "address"), ("email", "email")]:
        after = values.get(name)
        if after and (kind, after) not in person.known.contacts:
            changes.append(_change(plan.kind, name, "", after))
    _find_group_changes(person, known, plan, changes)
    if changes:
        person.changes = changes
        person.verdict = CHANGED


def _find_group_changes(person: Person, known: KnownSchool, plan: Comparison, changes: list[Change]) -> None:
    values, have = person.record.values, person.known
    assert have is not None
    if plan.kind == STUDENTS:
        if person.record.homeroom and (person.homeroom is None or person.homeroom != have.homeroom):
            before = known.homerooms.get(have.homeroom or 0, "")
            changes.append(Change("班级", before or SHOWN[""], person.record.homeroom.written))
        for name, phone, relation in guardians_of(values):
            guardian = have.guardians.get(name)
            if guardian is None:
                changes.append(Change("家长", SHOWN[""], name))
            elif phone and (name, phone) not in known.guardian_by_phone:
                changes.append(Change("家长电话", SHOWN[""], phone))
            del relation
        return
    groups = [("department", known.departments, "in_department"), ("branch", known.branches, "branch_member")]
    for name, ids, link in groups:
        after = values.get(name)
        if name == "branch" and values.get("party_member") == "false":
            continue
        if after and ids.get(after) not in have.links.get(link, {}):
            changes.append(Change(FIELDS[plan.kind][name].title, SHOWN[""], after))
    if values.get("party_member") == "true" and not values.get("branch") and len(known.branches) == 1:
        branch, subject = next(iter(known.branches.items()))
        if subject not in have.links.get("branch_member", {}):
            changes.append(Change("所在党支部", SHOWN[""], branch))
    if person.record.homeroom and (
        person.homeroom is None or person.homeroom not in have.links.get("homeroom_teacher", {})
    ):
        changes.append(Change("担任班主任的班级", SHOWN[""], person.record.homeroom.written))


# (name, phone, relation) columns of the guardians a row may name, and the relation a column of its own says.
_GUARDIANS = [
    ("guardian_name", "guardian_phone", "guardian_relation", ""),
    ("father_name", "father_phone", "father_relation", "father"),
    ("mother_name", "mother_phone", "mother_relation", "mother"),
    ("guardian2_name", "guardian2_phone", "guardian2_relation", ""),
]


def guardians_of(values: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return [(name, phone, relation)] of the guardians a student's row names."""
    found: dict[str, tuple[str, str]] = {}
    for name_key, phone_key, relation_key, relation in _GUARDIANS:
        name = values.get(name_key)
        if not name:
            continue
        phone = values.get(phone_key, "")
        kin = values.get(relation_key, "") or relation
        before = found.get(name)
        found[name] = (before[0] or phone, before[1] or kin) if before else (phone, kin)
    return [(name, phone, kin) for name, (phone, kin) in found.items()]


def _change(kind: str, name: str, before: Any, after: Any) -> Change:
    return Change(FIELDS[kind][name].title, _show(before), _show(after))


def _show(value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return SHOWN.get(str(value or ""), str(value or ""))


def _note(plan: Comparison, known: KnownSchool) -> None:
    """Say in sentences what the numbers alone would hide."""
    if plan.kind == STUDENTS:
        without = sum(1 for p in plan.people if p.verdict == NEW and p.record.homeroom is None)
        if without:
            plan.notes.append(f"有 {without} 名新学生没有写班级，导入后不在任何班里。")
        if plan.missing and plan.people:
            plan.notes.append(f"系统里另有 {plan.missing} 名学生不在这份名单里，导入不会改动他们。")
        return
    lost = sum(
        1
        for p in plan.people
        if p.record.values.get("party_member") == "true"
        and not p.record.values.get("branch")
        and len(known.branches) != 1
        and not (p.known and p.known.links.get("branch_member"))
    )
    if lost:
        plan.notes.append(
            f"有 {lost} 名党员没有写所在党支部，没有编入支部。请补一列“党支部”，或导入后再设置。"
        )
    if plan.missing and plan.people:
        plan.notes.append(f"系统里另有 {plan.missing} 名教职工不在这份名单里，导入不会改动他们。")

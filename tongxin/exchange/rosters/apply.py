"""Write a comparison into the database: everything or nothing, in the caller's transaction.

New people go in by `bulk`; what changes about people the school already has goes through `people.services`,
which supersedes instead of overwriting. What `undo` needs is collected on the way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import batched
from operator import itemgetter
from typing import Any

from django.utils import timezone

from tongxin.exchange.rosters.bulk import Inserter, Keys, Ranges
from tongxin.exchange.rosters.compare import CHANGED, NEW, Comparison, Person, guardians_of, records_held
from tongxin.exchange.rosters.fields import STUDENTS
from tongxin.exchange.rosters.homeroom_names import HomeroomName
from tongxin.exchange.rosters.known import KnownSchool
from tongxin.exchange.rosters.search_keys import search_keys
from tongxin.kernel.base.facts import PostChanged, publish
from tongxin.kernel.base.fields import ALWAYS, FOREVER, NO_END, to_microseconds
from tongxin.kernel.base.models import Account, Attribute, Link, Subject
from tongxin.kernel.base.sealing.fields import columns_of
from tongxin.kernel.people import guards, services
from tongxin.kernel.people import models as people

AT_ONCE = 10_000  # new people whose values are unpacked and sorted together
FIRST, FAR = ALWAYS.toordinal(), NO_END.toordinal()


@dataclass
class Undo:
    """What an import made and changed; stored with the run as JSON.

    created: {table: key ranges}. updated: [[table, key, {column: before}, {column: after}]].
    replaced: {table: [[keys that came], [keys that were superseded]]}.
    """

    created: dict[str, Ranges] = field(default_factory=dict)
    updated: list[list] = field(default_factory=list)
    replaced: dict[str, list[list[int]]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"created": self.created, "updated": self.updated, "replaced": self.replaced}

    def made(self, table: str, key: int) -> None:
        self.created.setdefault(table, []).append([key, key])

    def changed(self, table: str, came: set[int], went: set[int]) -> None:
        lists = self.replaced.setdefault(table, [[], []])
        lists[0] += sorted(came)
        lists[1] += sorted(went)


@records_held()
def apply(plan: Comparison, known: KnownSchool, *, since: date, by: Account | None) -> Undo:
    """Write the plan and return what undoes it. since: the first day on which new memberships hold.

    Raises PostRefused where a programme bars somebody's way to a class; the caller's transaction then undoes the rest.
    """
    writer = _Writer(plan, known, since, by)
    writer.make_groups()
    for people_at_once in batched((p for p in plan.people if p.verdict == NEW), AT_ONCE):
        writer.add(people_at_once)
    writer.flush()
    writer.ask_guards()
    for person in plan.people:
        if person.verdict == CHANGED:
            writer.update(person)
    writer.flush()
    writer.publish()
    return writer.finish()


class _Writer:
    def __init__(self, plan: Comparison, known: KnownSchool, since: date, by: Account | None) -> None:
        self.plan, self.known, self.since, self.by = plan, known, since, by
        self.undo = Undo()
        self._teachers: list[tuple[int, int]] = []
        self.school = known.school.pk
        self.first_day = since.toordinal()
        self.now = to_microseconds(timezone.now())
        self._keys = {model: Keys(model) for model in (Subject, Link, Attribute, people.Contact)}
        here = {"school_id": self.school}
        dated = here | {
            "valid_from": self.first_day,
            "valid_to": FAR,
            "recorded_at": self.now,
            "superseded_at": to_microseconds(FOREVER),
            "recorded_by_id": by.pk if by else None,
        }

        def into(model: Any, *columns: str, same: dict[str, Any] = here) -> Inserter:
            return Inserter(model, columns, self._keys.get(model), same)

        self._subjects = into(
            Subject, "type", "name", "pinyin", "initials", "present_from", same=here | {"present_to": FAR}
        )
        self._persons = into(people.Person, "subject_id", "sex", "birth_date", "id_number", "id_number_index")
        self._students = into(people.Student, "person_id", "pupil_number", "local_number", "entry_year")
        self._staff = into(people.Staff, "person_id", "staff_number", "teaching_subject", "job_title")
        self._links = into(Link, "kind", "a_id", "b_id", same=dated)
        self._attributes = into(Attribute, "subject_id", "name", "value", same=dated)
        self._contacts = into(people.Contact, "person_id", "kind", "value")
        self._homerooms: dict[tuple, int] = {}
        self._guardians = dict(known.guardian_by_phone)
        self._waiting: list[
            tuple[int, str, str, str, int]
        ] = []  # guardians: row, name, phone, relation, child
        self._facts: list[PostChanged] = []

    # Groups

    def make_groups(self) -> None:
        for name in self.plan.new_departments:
            subject = services.make_department(self.known.school, name).subject
            self.known.departments[name] = self._made_subject(subject)
        for name in self.plan.new_branches:
            subject = services.make_branch(self.known.school, name).subject
            self.known.branches[name] = self._made_subject(subject)
        for key, homeroom in self.plan.new_homerooms.items():
            self._homerooms[key] = self._made_subject(self._make_homeroom(homeroom))

    def _made_subject(self, subject: Subject) -> int:
        self.undo.made("subject", subject.pk)
        for key in Attribute.objects.filter(subject=subject).values_list("pk", flat=True):
            self.undo.made("attribute", key)
        return subject.pk

    def _make_homeroom(self, name: HomeroomName) -> Subject:
        known = self.known
        stage = name.stage if name.stage is not None else (known.stage or (9 if name.track else 6))
        grade = name.grade_in(known.school_year, stage)
        entry = name.entry_in(known.school_year, known.stage) or known.school_year
        if grade is None:
            subject = services.make_subject(known.school, "homeroom", name.written)
            people.Homeroom.objects.create(
                subject=subject,
                school=known.school,
                entry_year=entry,
                number=name.number,
                track=name.track[:40],
            )
            return subject
        return services.make_homeroom(
            known.school,
            name.written,
            entry_year=entry,
            number=name.number,
            grade=grade,
            since=self.since,
            track=name.track,
        ).subject

    def _homeroom_of(self, person: Person) -> int | None:
        if person.record.homeroom is None:
            return None
        return person.homeroom or self._homerooms[self.known.homeroom_key(person.record.homeroom)]

    # New people

    def add(self, people_at_once: Sequence[Person]) -> None:
        """Add new people in the order of their pinyin, so that the index of lists grows from left to right."""
        self._look_keys_up()
        rows = []
        for person in people_at_once:
            values = person.record.values
            rows.append((*search_keys(values["name"]), values, person))
        rows.sort(key=itemgetter(0))
        add = self._add_student if self.plan.kind == STUDENTS else self._add_staff
        for pinyin, initials, values, person in rows:
            add(pinyin, initials, values, person)
        if self._waiting:
            waiting = [(*search_keys(guardian[1]), *guardian) for guardian in self._waiting]
            waiting.sort(key=itemgetter(0, 2))  # brothers and sisters in the order of the file
            self._waiting = []
            for pinyin, initials, _row, name, phone, relation, child in waiting:
                self._add_guardian(pinyin, initials, name, phone, relation, child)

    def _look_keys_up(self) -> None:
        """Keys of ID numbers are looked up once per batch: one destroyed meanwhile is noticed with the next."""
        self._seal = people.Person._meta.get_field("id_number").sealer(self.school)
        self._index = people.Person._meta.get_field("id_number_index").indexer(self.school)

    def _add_student(self, pinyin: str, initials: str, values: dict[str, Any], person: Person) -> None:
        get, record = values.get, person.record
        key = self._add_person("student", pinyin, initials, self.first_day, values)
        entered = get("entry_date")
        entry = entered.year if entered else self._entry_year(record.homeroom)
        self._students.add(key, get("pupil_number", ""), get("local_number", ""), entry)
        homeroom = self._homeroom_of(person)
        if homeroom:
            self._links.add("enrolled_in", key, homeroom)
        for name, phone, relation in guardians_of(values):
            self._waiting.append((record.row, name, phone, relation, key))

    def _add_staff(self, pinyin: str, initials: str, values: dict[str, Any], person: Person) -> None:
        get = values.get
        hired = get("hired_on")
        arrived = hired.toordinal() if hired else self.first_day
        key = self._add_person("staff", pinyin, initials, arrived, values)
        self._staff.add(
            key, get("staff_number", ""), get("teaching_subject", "")[:40], get("job_title", "")[:40]
        )
        self._add_posts(key, values, self._homeroom_of(person))

    def _add_person(
        self, type_: str, pinyin: str, initials: str, arrived: int, values: dict[str, Any]
    ) -> int:
        get = values.get
        key = self._subjects.add(type_, values["name"], pinyin, initials, arrived)
        born, number = get("birth_date"), get("id_number", "")
        self._persons.add(
            key,
            get("sex", ""),
            born.toordinal() if born else None,
            self._seal(number, key),
            self._index(number),
        )
        for name in ("ethnicity", "boarding", "duty"):
            if value := get(name):
                self._attributes.add(key, name, value)
        for name in ("phone", "address", "email"):
            if value := get(name):
                self._contacts.add(key, name, value)
        return key

    def _entry_year(self, homeroom: HomeroomName | None) -> int | None:
        return homeroom.entry_in(self.known.school_year, self.known.stage) if homeroom else None

    def _link(self, kind: str, a: int, b: int) -> None:
        """Add a membership or post of a member of staff; who holds it now is told to the other rooms."""
        self._links.add(kind, a, b)
        self._facts.append(PostChanged(school_id=self.school, person_id=a, post=kind))

    def _add_guardian(
        self, pinyin: str, initials: str, name: str, phone: str, relation: str, child: int
    ) -> None:
        """One person for brothers and sisters: same name and phone means the same guardian."""
        guardian = self._guardians.get((name, phone)) if phone else None
        if guardian is None:
            guardian = self._subjects.add("guardian", name, pinyin, initials, FIRST)
            self._persons.add(guardian, "", None, None, "")
            if phone:
                self._guardians[name, phone] = guardian
                self._contacts.add(guardian, "phone", phone)
            if relation:
                self._attributes.add(guardian, "kinship", relation)
        self._links.add("guardian_of", guardian, child)

    def _add_posts(self, key: int, values: dict[str, Any], homeroom: int | None) -> None:
        if department := values.get("department"):
            self._link("in_department", key, self.known.departments[department])
        if branch := self._branch_of(values):
            self._link("branch_member", key, branch)
        if homeroom:
            self._end_teachers(homeroom, key)
            self._link("homeroom_teacher", key, homeroom)
            self._teachers.append((key, homeroom))

    def _branch_of(self, values: dict[str, Any]) -> int | None:
        """A branch named in the row, unless the row says no Party member; a member of a school with one branch."""
        if values.get("party_member") == "false":
            return None
        if name := values.get("branch"):
            return self.known.branches[name]
        if values.get("party_member") == "true" and len(self.known.branches) == 1:
            return next(iter(self.known.branches.values()))
        return None

    def _end_teachers(self, homeroom: int, teacher: int) -> None:
        for other, link in self.known.teacher_of.pop(homeroom, []):
            if other != teacher:
                self._replacing(
                    Link,
                    {"pk": link},
                    {"kind": "homeroom_teacher", "b_id": homeroom, "a_id": other},
                    lambda row: services.end_link(row, self.since - timedelta(days=1), by=self.by),
                )

    # People the school already has

    def update(self, person: Person) -> None:
        values, have = person.record.values, person.known
        assert have is not None
        subject = Subject.objects.get(pk=have.subject)
        self._update_columns(subject, values)
        for name in ("ethnicity", "boarding", "duty"):
            value = values.get(name)
            if value and value != have.attributes.get(name, (0, ""))[1]:
                self._set_attribute(subject, name, value)
        for name in ("phone", "address", "email"):
            value = values.get(name)
            if value and (name, value) not in have.contacts:
                self._contacts.add(subject.pk, name, value)
        homeroom = self._homeroom_of(person)
        if self.plan.kind == STUDENTS:
            if homeroom and homeroom != have.homeroom:
                self._move(subject, homeroom)
            for name, phone, relation in guardians_of(values):
                guardian = have.guardians.get(name)
                if guardian is None:
                    self._add_guardian(*search_keys(name), name, phone, relation, subject.pk)
                elif phone and (name, phone) not in self._guardians:
                    self._guardians[name, phone] = guardian
                    self._contacts.add(guardian, "phone", phone)
            return
        department = self.known.departments.get(values.get("department", ""))
        branch = self._branch_of(values)
        for kind, group in [
            ("in_department", department),
            ("branch_member", branch),
            ("homeroom_teacher", homeroom),
        ]:
            if group and group not in have.links.get(kind, {}):
                if kind == "homeroom_teacher":
                    self._end_teachers(group, subject.pk)
                self._open_link(kind, subject, group)

    def _update_columns(self, subject: Subject, values: dict[str, Any]) -> None:
        if values["name"] != subject.name:
            pinyin, initials = search_keys(values["name"])
            new = {"name": values["name"], "pinyin": pinyin, "initials": initials}
            self._update_row(Subject, subject.pk, new)
        for model, names in [
            (people.Person, ("sex", "birth_date", "id_number")),
            (people.Student, ("pupil_number", "local_number"))
            if self.plan.kind == STUDENTS
            else (people.Staff, ("staff_number", "teaching_subject", "job_title")),
        ]:
            self._update_row(model, subject.pk, {name: values[name] for name in names if values.get(name)})

    def _update_row(self, model: Any, key: int, new: dict[str, Any]) -> None:
        row = model.objects.get(pk=key)
        new = {name: value for name, value in new.items() if getattr(row, name) != value}
        if not new:
            return
        before = {name: _plain(getattr(row, name)) for name in new}
        _write(row, new)
        after = {name: _plain(value) for name, value in new.items()}
        self.undo.updated.append([model._meta.db_table, key, before, after])

    def _set_attribute(self, subject: Subject, name: str, value: str) -> None:
        rows = Attribute.objects.current().filter(subject=subject, name=name)
        before = set(rows.values_list("pk", flat=True))
        services.set_attribute(subject, name, value, since=self.since, by=self.by)
        after = set(rows.all().values_list("pk", flat=True))
        self.undo.changed("attribute", after - before, before - after)

    def _move(self, subject: Subject, homeroom: int) -> None:
        """End the old class the day before and begin the new one."""
        current = Link.objects.current().filter(a=subject, kind="enrolled_in", valid_to__gte=self.since)
        for link in list(current):
            self._replacing(
                Link,
                {"pk": link.pk},
                {"kind": "enrolled_in", "a_id": subject.pk},
                lambda row: services.end_link(row, self.since - timedelta(days=1), by=self.by),
            )
        self._open_link("enrolled_in", subject, homeroom)

    def _open_link(self, kind: str, subject: Subject, group: int) -> None:
        rows = Link.objects.current().filter(a=subject, kind=kind)
        before = set(rows.values_list("pk", flat=True))
        services.set_link(kind, subject, Subject.objects.get(pk=group), since=self.since, by=self.by)
        self.undo.changed("link", set(rows.all().values_list("pk", flat=True)) - before, set())

    def _replacing(
        self, model: type[Link], one: dict[str, Any], around: dict[str, Any], do: Callable[[Link], Any]
    ) -> None:
        """Run a service on one row and note which rows came and went around it."""
        rows = model.objects.current().filter(**around)
        before = set(rows.values_list("pk", flat=True))
        do(model.objects.get(**one))
        after = set(rows.all().values_list("pk", flat=True))
        self.undo.changed(model._meta.db_table, after - before, before - after)

    # The end

    def flush(self) -> None:
        for inserter in (
            self._subjects,
            self._persons,
            self._students,
            self._staff,
            self._links,
            self._attributes,
            self._contacts,
        ):
            inserter.flush()

    def ask_guards(self) -> None:
        """Ask for the new class teachers what `people.services` asks of every post."""
        named = Subject.objects.select_related("school").in_bulk(
            {pk for pair in self._teachers for pk in pair}
        )
        found = [
            obstacle
            for teacher, homeroom in self._teachers
            for obstacle in guards.obstacles("homeroom_teacher", named[teacher], named[homeroom], self.since)
        ]
        if found:
            raise guards.PostRefused(found)

    def publish(self) -> None:
        for fact in self._facts:
            publish(fact)

    def finish(self) -> Undo:
        for model, keys in self._keys.items():
            if keys.used:
                self.undo.created.setdefault(model._meta.db_table, []).extend(keys.used)
        return self.undo


def _write(row: Any, new: dict[str, Any]) -> None:
    """Write columns of a row; a sealed one is sealed by its row, and its blind index goes along."""
    for name, value in new.items():
        setattr(row, name, value)
    row.save(update_fields=columns_of(type(row), new))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value

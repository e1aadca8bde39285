"""What a scheme reads of people on a day: facts of the register, dated attributes, posts and what follows from them.

Everything is read for many people at once, in a fixed number of queries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from tongxin.kernel.base.fields import ALWAYS, FOREVER
from tongxin.kernel.base.models import Attribute, Link, School, Subject
from tongxin.kernel.people.models import Homeroom, Person, Staff
from tongxin.kernel.programmes.pairings import Pairing, sensitive_attributes
from tongxin.kernel.programmes.queries import school_packs
from tongxin.methods.matching.folder import SPLIT

TEACHES, CLASS_TEACHER, CONTACT = "teaches", "homeroom_teacher", "homeroom_liaison"
Values = dict[str, tuple[str, ...]]
Found = defaultdict[int, dict[str, set[str]]]
# More names than that are asked for without a list.
MOST_NAMED = 500


def _links(school: School, day: date, **of) -> list[tuple[str, int, int]]:
    rows = Link.objects.filter(
        school=school, superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day, **of
    )
    return list(rows.values_list("kind", "a_id", "b_id"))


def present(school: School, type_: str, day: date) -> list[Subject]:
    """Return everybody of a type at a school on a day, by pinyin."""
    rows = Subject.objects.filter(school=school, type=type_, present_from__lte=day, present_to__gte=day)
    return list(rows.order_by("pinyin", "pk"))


class Register:
    """Attributes of one school's people for one pairing on one day. Nothing above the pairing's own class is read."""

    def __init__(self, school: School, pairing: Pairing, day: date) -> None:
        self.school, self.pairing, self.day = school, pairing, day
        self.rooms = {
            kind: self._by_a(kind) for kind in (TEACHES, CLASS_TEACHER, CONTACT)
        }  # staff → classes, by how they know them
        self.grades = self._values_of("grade")
        self.room_of = {a: b for _kind, a, b in _links(school, day, kind="enrolled_in")}

    def _by_a(self, kind: str) -> dict[int, set[int]]:
        found: dict[int, set[int]] = defaultdict(set)
        for _kind, a, b in _links(self.school, self.day, kind=kind):
            found[a].add(b)
        return found

    def _rows(self, **of):
        return Attribute.objects.filter(
            school=self.school, superseded_at=FOREVER, valid_from__lte=self.day, valid_to__gte=self.day, **of
        )

    def _values_of(self, name: str) -> dict[int, str]:
        return dict(self._rows(name=name).values_list("subject_id", "value"))

    def readable(self, names: Iterable[str]) -> set[str]:
        """Return which dated attributes may be read: K3 and what nobody declared only where the pairing is that itself."""
        packs = [pack for _programme, pack in school_packs(self.school, self.day)]
        classes = sensitive_attributes([*packs])
        own = "K3" if self.pairing.sensitive else "K2"
        return {name for name in names if classes.get(name, "K3") <= own}

    def of(self, seat: str, subjects: list[Subject]) -> dict[int, Values]:
        """Return {subject: {attribute: values}} of what the scheme reads of a seat's people."""
        names = self.pairing.scheme.attributes_of(seat)
        found: Found = defaultdict(lambda: defaultdict(set))
        readable = self.readable(names)
        among = {one.pk for one in subjects}
        rows = self._rows(name__in=readable)
        if len(among) <= MOST_NAMED:
            rows = rows.filter(subject__in=among)
        for pk, name, value in rows.values_list("subject_id", "name", "value"):
            if pk in among:
                found[pk][name].update(part.strip() for part in SPLIT.split(value) if part.strip())
        type_ = self.pairing.use.type_of(seat)
        if type_ in ("staff", "student"):
            self._people(subjects, found, names)
        if type_ == "staff":
            self._staff(subjects, found, names)
        elif type_ == "student":
            self._students(subjects, found)
        elif type_ == "homeroom":
            self._homerooms(subjects, found, names)
        return {
            one.pk: {name: tuple(sorted(values)) for name, values in found[one.pk].items() if name in names}
            for one in subjects
        }

    def _people(self, subjects: list[Subject], found: Found, names: set[str]) -> None:
        if names & {"sex", "age"}:
            rows = Person.objects.filter(
                school=self.school, subject__type=subjects[0].type if subjects else ""
            )
            for pk, sex, born in rows.values_list("pk", "sex", "birth_date"):
                if sex:
                    found[pk]["sex"].add(sex)
                if born:
                    before = (self.day.month, self.day.day) < (born.month, born.day)
                    found[pk]["age"].add(str(self.day.year - born.year - before))
        if "years" in names:
            for one in subjects:
                if one.present_from != ALWAYS:
                    found[one.pk]["years"].add(str((self.day - one.present_from).days // 365))

    def _staff(self, subjects: list[Subject], found: Found, names: set[str]) -> None:
        for pk, taught, title in Staff.objects.filter(school=self.school).values_list(
            "pk", "teaching_subject", "job_title"
        ):
            if taught:
                found[pk]["subjects"].update(part.strip() for part in SPLIT.split(taught) if part.strip())
            if title:
                found[pk]["job_title"].add(title)
        if names & {"party_member", "branch", "department", "posts"}:
            self._posts(subjects, found)
        for one in subjects:
            rooms = self.rooms[TEACHES].get(one.pk, set()) | self.rooms[CLASS_TEACHER].get(one.pk, set())
            found[one.pk]["grades"].update(self.grades[room] for room in rooms if room in self.grades)
            found[one.pk]["homerooms"].update(map(str, rooms))
            if rooms:
                found[one.pk]["teaching"] = {"true"}

    def _posts(self, subjects: list[Subject], found: Found) -> None:
        among = {one.pk for one in subjects}
        members = set()
        for kind, a, b in _links(self.school, self.day, a__type="staff"):
            if a not in among:
                continue
            if kind == "branch_member":
                members.add(a)
                found[a]["branch"].add(str(b))
            elif kind == "in_department":
                found[a]["department"].add(str(b))
            else:
                found[a]["posts"].add(kind)
        for pk in among:
            found[pk]["party_member"] = {"true" if pk in members else "false"}

    def _students(self, subjects: list[Subject], found: Found) -> None:
        for one in subjects:
            room = self.room_of.get(one.pk)
            if room is None:
                continue
            found[one.pk]["homerooms"].add(str(room))
            if room in self.grades and not found[one.pk]["grade"]:
                found[one.pk]["grade"].add(self.grades[room])

    def _homerooms(self, subjects: list[Subject], found: Found, names: set[str]) -> None:
        for one in subjects:
            if one.pk in self.grades:
                found[one.pk]["grade"] = {self.grades[one.pk]}
        for pk, track in Homeroom.objects.filter(school=self.school).values_list("pk", "track"):
            if track:
                found[pk]["track"].add(track)
        if "lacks" in names:
            self._lacks(subjects, found)

    def _lacks(self, subjects: list[Subject], found: Found) -> None:
        """What a class's own teacher does not teach, of all that is taught here."""
        taught = {
            pk: {part.strip() for part in SPLIT.split(said) if part.strip()}
            for pk, said in Staff.objects.filter(school=self.school).values_list("pk", "teaching_subject")
        }
        every = set().union(*taught.values()) if taught else set()
        own: dict[int, set[str]] = defaultdict(set)
        for teacher, rooms in self.rooms[CLASS_TEACHER].items():
            for room in rooms:
                own[room] |= taught.get(teacher, set())
        for one in subjects:
            found[one.pk]["lacks"] = every - own[one.pk]

    def knows(self) -> dict[int, set[int]]:
        """Return {staff: classes they know from teaching}; being the class's contact counts unless that is what is formed."""
        kinds = [TEACHES, CLASS_TEACHER] + ([CONTACT] if CONTACT not in self.pairing.use.kinds() else [])
        found: dict[int, set[int]] = defaultdict(set)
        for kind in kinds:
            for staff, rooms in self.rooms[kind].items():
                found[staff] |= rooms
        return found

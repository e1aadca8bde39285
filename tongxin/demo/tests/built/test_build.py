"""The demo district: its stated sizes and its gaps."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import Count

from tongxin.demo.build import ACCOUNTS_FILE, build_demo
from tongxin.demo.days import YearDays
from tongxin.demo.invented import CHECK, WEIGHTS, Inventor
from tongxin.demo.world import CITY, DISTRICT
from tongxin.kernel.access.viewer import viewer_for
from tongxin.kernel.base.models import Account, Link, School, Subject
from tongxin.kernel.ledger import evidence
from tongxin.kernel.ledger.models import Entry, Evidence, Participation
from tongxin.kernel.obligations import queries
from tongxin.kernel.people.models import Branch, Person
from tongxin.kernel.programmes.models import Programme

from .conftest import TODAY

pytestmark = pytest.mark.django_db
A, B, C, D, E = "启岳职校", "云麓中学", "临溪学校", "岚江职院", "朗清小学"
PACKS = {
    A: "three-platforms-five-integrations",
    B: "heart-nurturing-branch",
    C: "party-building-plus",
    D: "one-plus-one-plus-one",
    E: "dual-guidance-mutual-aid",
}


def school(short: str) -> School:
    return School.objects.get(short_name=short)


def present(short: str, type: str) -> int:
    """How many of a type belong to a school today."""
    return Subject.objects.filter(
        school=school(short), type=type, present_from__lte=TODAY, present_to__gte=TODAY
    ).count()


def test_school_e_has_the_size_its_plan_states(demo):
    members = Link.objects.filter(school=school(E), kind="branch_member").values("a").distinct().count()
    counts = (present(E, "student"), present(E, "homeroom"), present(E, "staff"), members)
    assert counts == (1149, 32, 146, 23)


def test_school_a_is_a_general_branch_over_several_branches_in_three_grades(demo):
    general = Branch.objects.get(school=school(A), parent=None)
    assert general.children.count() == 4
    grades = Counter(room.grade(2026) for room in demo.made["a"].rooms_in(2026))
    assert grades == {1: 8, 2: 8, 3: 8}


def test_the_district_stands_over_six_schools_and_the_college_has_a_parent_of_its_own(demo):
    bureaus = {b.name: b.children.count() for b in School.objects.filter(kind=School.Kind.BUREAU)}
    assert bureaus == {DISTRICT.name: 6, CITY.name: 1}


def test_nothing_is_recorded_after_today(demo):
    assert not Entry.objects.filter(day__gt=TODAY).exists()
    assert Entry.objects.filter(day__gte=date(2026, 11, 16)).exists()


def declared(one: School) -> dict:
    """The kinds of activity that the programmes of a school declare."""
    found = [queries.ask(programme, TODAY).pack.kinds for programme in Programme.objects.filter(school=one)]
    return {name: kind for kinds in found for name, kind in kinds.items()}


def test_every_kind_and_part_in_the_ledger_is_declared_by_the_school_s_packs(demo):
    for one in School.objects.filter(kind=School.Kind.SCHOOL):
        kinds = declared(one)
        rows = Participation.objects.filter(school=one).values_list("kind", "part").distinct()
        assert {(kind, part) for kind, part in rows if kinds[kind].part(part) is None} == set()


def test_every_person_in_a_part_is_of_a_type_the_part_allows(demo):
    wider = {"person": {"staff", "student", "guardian", "outsider"}}
    for one in School.objects.filter(kind=School.Kind.SCHOOL):
        kinds = declared(one)
        rows = Participation.objects.filter(school=one, via=None)
        wrong = [
            (kind, part, type)
            for kind, part, type in rows.values_list("kind", "part", "subject__type").distinct()
            if type not in set().union(*(wider.get(name, {name}) for name in kinds[kind].part(part).of))
        ]
        assert wrong == []


def test_families_answered_and_id_numbers_lie_sealed(demo):
    from tongxin.kernel.consent.queries import may_process_each

    person = Person.objects.exclude(id_number_index="").order_by("pk").first()
    assert len(person.id_number) == 18
    assert person.id_number.encode() not in bytes(
        Person.objects.filter(pk=person.pk).values().get()["id_number"]
    )
    students = list(Subject.objects.filter(school=person.school, type="student"))
    said = Counter(
        answer.why for answer in may_process_each(person.school_id, students, "screening").values()
    )
    assert said["given"] > len(students) / 2
    assert said["refused"] > 0


def test_every_evidence_row_has_its_own_file_with_the_bytes_its_hash_says(demo):
    some = Evidence.objects.select_related("school").order_by("pk")[::400]
    assert len(some) >= 5
    for row in some:
        content = evidence.path_of(row.school.public_id, row.file).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (row.sha256, row.size)
    assert Evidence.objects.values("file").annotate(n=Count("id")).filter(n__gt=1).count() == 0


@cache
def verdicts(short: str, first_day: date) -> dict[str, Counter]:
    """How many verdicts of each sort every obligation of a programme has (the demo is built once)."""
    programme = Programme.objects.get(
        school=school(short), pack=PACKS.get(short, PACKS[E]), first_day=first_day
    )
    found: dict[str, Counter] = defaultdict(Counter)
    for verdict in queries.ask(programme, min(TODAY, programme.last_day)).verdicts():
        found[verdict.obligation][verdict.verdict] += 1
    return found


def coverage(short: str, obligation: str, first_day: date) -> float:
    counts = verdicts(short, first_day)[obligation]
    return counts["met"] / (counts["met"] + counts["missed"] + counts["open"])


@pytest.mark.parametrize(
    ("short", "obligation", "first_day", "low", "high"),
    [
        (A, "visit-priority", date(2026, 2, 1), 0.6, 0.95),
        (A, "member-lesson-fortnight", date(2026, 2, 1), 0.75, 0.97),
        (A, "moral-lesson-weekly", date(2026, 2, 1), 0.93, 0.998),
        (A, "base-founded", date(2026, 2, 1), 0.7, 0.8),
        (A, "alliance-founded", date(2026, 2, 1), 1, 1),
        (B, "pledge-six", date(2025, 9, 1), 0.6, 0.99),
        (B, "pair-helped-monthly", date(2025, 9, 1), 0.6, 0.99),
        (B, "state-of-mind-monthly", date(2025, 9, 1), 0.6, 0.99),
        (B, "poor-family-has-member", date(2025, 9, 1), 0.6, 1),
        (C, "tasks-taken-by-person", date(2025, 9, 1), 0.5, 1),
        (C, "teachers-open-door", date(2025, 9, 1), 0.4, 0.98),
        (C, "lesson-feedback-week", date(2025, 9, 1), 0.6, 0.98),
        (C, "teacher-appraised", date(2025, 9, 1), 0.5, 0.99),
        (D, "project-team-recipe", date(2025, 9, 1), 1, 1),
        (D, "project-team-stands", date(2025, 9, 1), 1, 1),
        (D, "project-trained-fortnight", date(2025, 9, 1), 0.6, 0.98),
        (D, "service-logged-monthly", date(2025, 9, 1), 0.5, 0.99),
        (E, "open-lesson-given", date(2025, 9, 1), 0.6, 0.9),
        (E, "open-lesson-five-invited", date(2025, 9, 1), 0.8, 0.98),
        (E, "eight-ones", date(2025, 9, 1), 0.5, 0.95),
        (E, "womens-home-monthly", date(2025, 9, 1), 0.6, 1),
    ],
)
def test_most_of_what_is_owed_is_done_and_some_is_not(demo, short, obligation, first_day, low, high):
    assert low <= coverage(short, obligation, first_day) <= high


@pytest.mark.parametrize("short", PACKS)
def test_every_programme_is_worked_at_some_school_this_year_and_last(demo, short):
    """Of the rules in force most have something done for them, in the year gone by and in the one that runs."""
    years = Programme.objects.filter(school=school(short), pack=PACKS[short]).values_list(
        "first_day", flat=True
    )
    begun = [day for day in years if day <= TODAY]
    assert begun
    for first_day, least in zip(sorted(begun)[-2:], (0.65, 0.4)[-len(begun) :], strict=True):
        found = verdicts(short, first_day).values()
        expected = [counts for counts in found if counts["met"] + counts["missed"] + counts["open"]]
        assert sum(1 for counts in expected if counts["met"]) >= least * len(expected), first_day


def test_one_school_is_far_behind_the_others(demo):
    shares = {s: coverage(s, "open-lesson-given", date(2025, 9, 1)) for s in (E, "望舒小学", "松石小学")}
    assert shares["松石小学"] < shares[E] - 0.2
    assert shares["松石小学"] < shares["望舒小学"] - 0.2


def test_visits_rise_from_spring_on(demo):
    visits = Entry.objects.filter(school=school(A), kind="home_visit", mode="in_person")
    by_month = Counter((day.year, day.month) for day in visits.values_list("day", flat=True))
    before = max(by_month[2026, month] for month in (1, 2, 3))
    assert min(by_month[2026, month] for month in (4, 5, 6, 7)) > 2 * before


def test_every_sign_in_of_the_list_leads_to_somebody_with_a_school_today(demo):
    rows = json.loads((Path(settings.DATA_DIR) / ACCOUNTS_FILE).read_text(encoding="utf-8"))
    assert len(rows) >= 35
    assert len({row["login"] for row in rows}) == len(rows)
    for row in rows:
        account = Account.objects.get(login=row["login"])
        person = Person.objects.get(account=account)
        assert viewer_for(account, person.school, TODAY).signed_in
        assert viewer_for(account, person.school, TODAY).school == person.school
        assert row["school"] == person.school.short_name
        assert not account.has_usable_password()


def test_administrators_of_accounts_of_security_and_of_audit_are_three_people(demo):
    for one in School.objects.filter(kind=School.Kind.SCHOOL):
        holders = [
            set(Link.objects.filter(school=one, kind=post).values_list("a", flat=True))
            for post in ("it_admin", "security_admin", "audit_admin")
        ]
        assert len(set().union(*holders)) == 3


def test_the_demo_never_mixes_with_real_records(demo):
    with pytest.raises(RuntimeError):
        build_demo(TODAY)


def test_id_numbers_have_a_true_check_digit_and_no_real_region():
    inventor = Inventor(1)
    numbers = {inventor.id_number(date(2010, 5, 1), sex) for sex in ("male", "female") for _ in range(600)}
    assert len(numbers) == 1200
    for number in numbers:
        total = sum(int(digit) * weight for digit, weight in zip(number, WEIGHTS, strict=False))
        assert number.startswith("99")
        assert number[17] == CHECK[total % 11]


@pytest.mark.parametrize("year", range(2021, 2036))
def test_terms_begin_and_end_on_working_days_around_the_festival(year):
    days = YearDays(year)
    (autumn, winter), (spring, summer) = days.autumn, days.spring
    assert all(day.weekday() < 5 for day in (autumn, winter, spring, summer))
    assert autumn < winter < days.festival < spring < summer

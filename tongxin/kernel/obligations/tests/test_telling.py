"""Nobody works out what one child owes or did from the figures of drafts, however they set them against each other."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from tongxin.kernel.access.viewer import viewer_for
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.obligations import telling
from tongxin.kernel.obligations.changes import changes
from tongxin.kernel.obligations.load import ASSUMED_SHARE, school_load
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.packs import parse
from tongxin.testing.cast import SINCE, TODAY, crowd
from tongxin.testing.pack import PACK

SPRING = date(2026, 4, 10)
TWICE = PACK.replace("    at_least: 1\n    window: term\n", "    at_least: 2\n    window: term\n", 1).replace(
    "      - {name: 没有家访，学期中算待完成, entries: [], as_of: 2026-11-18, verdict: open}\n",
    "      - {name: 一次不够, entries: [], as_of: 2026-11-18, verdict: open}\n",
    1,
)
# What an attacker writes: a harmless attribute that picks whom the rule means.
PICKED = "  - {attribute: picked, title: 选中, of: [student], type: boolean, class: K2}\n"
ONLY_PICKED = TWICE.replace("attributes:\n", "attributes:\n" + PICKED, 1).replace(
    "    subject: student\n", "    subject: student\n    where: {picked: true}\n", 1
)
CARE = PACK.replace("    subject: student\n", "    subject: student\n    where: {priority_care: true}\n", 1)


def pick(cast, students):
    for one in students:
        people.set_attribute(one, "picked", "true", since=SINCE, by=None)


def secretary_of_a_class(cast):
    people.appoint(cast.wang.subject, "homeroom_teacher", cast.room_one.subject, since=SINCE)
    return viewer_for(cast.wang.account, cast.school, TODAY)


def test_what_is_named_cannot_be_taken_off_a_sum(cast):
    for student in (*cast.students[1], *cast.students[2][:2]):
        cast.visit(student, SPRING)
    said = changes(secretary_of_a_class(cast), cast.school, parse(PACK), parse(TWICE), TODAY)
    assert {row.subject for row in said.rows} == set(cast.students[1])
    assert said.moves == [("met", "missed", 6)], "two more of the other class would show in a sum"
    assert said.beyond == []
    assert said.untold


@pytest.mark.parametrize("visited", [0, 1, 2, 4])
def test_nobody_and_few_look_the_same(cast, visited):
    for student in cast.students[2][:visited]:
        cast.visit(student, SPRING)
    said = changes(cast.wang.viewer(), cast.school, parse(PACK), parse(TWICE), TODAY)
    assert (said.rows, said.moves, said.beyond, said.untold) == ([], [], [], True)


def test_one_child_with_many_windows_is_one_child(cast):
    weekly = PACK.replace("    window: term\n", "    window: teaching_week\n", 1)
    for week in range(10):
        cast.visit(cast.students[2][0], date(2026, 3, 4 + 2 * week))
    with_more = weekly.replace("    at_least: 1\n", "    at_least: 2\n", 1)
    said = changes(cast.wang.viewer(), cast.school, parse(weekly), parse(with_more), TODAY)
    assert said.beyond == [], "ten windows of one child are no ten children"


def test_leaving_one_child_out_moves_the_figure_whoever_it_is(cast, monkeypatch):
    """The attack: a rule for a crowd and the same for all of it but one. Were the figure exact, or shifted by an amount that
    belongs to the very children counted, it would move exactly when the child left out is one of them."""
    monkeypatch.setattr(telling, "MOST_QUESTIONS", 1000)
    members = crowd(cast, 50)
    for member in members[:30]:
        cast.visit(member, SPRING)
    pick(cast, members)
    old, new = parse(PACK), parse(ONLY_PICKED)
    viewer = cast.wang.viewer()

    def asked():
        said = changes(viewer, cast.school, old, new, TODAY)
        return next((n for before, after, n in said.beyond if (before, after) == ("met", "missed")), None)

    moved = Counter()
    for member in members[10:50]:  # twenty who were visited, twenty who were not
        whole = asked()
        people.set_attribute(member, "picked", "false", since=SINCE, by=None)
        moved[member in members[:30], asked() != whole] += 1
        people.set_attribute(member, "picked", "true", since=SINCE, by=None)
    assert moved[True, True], "those visited may move it"
    assert moved[True, False], "but need not"
    assert moved[False, True], "and others move it too"


def test_the_same_question_has_the_same_answer(cast):
    for member in crowd(cast, 30):
        cast.visit(member, SPRING)
    first, again = (
        changes(cast.wang.viewer(), cast.school, parse(PACK), parse(TWICE), TODAY).beyond for _ in range(2)
    )
    assert first == again != []
    assert AuditRow.objects.filter(action=telling.ASKED).count() == 1


def test_after_so_many_questions_there_are_no_figures_today_whatever_they_are(cast, monkeypatch):
    monkeypatch.setattr(telling, "MOST_QUESTIONS", 2)
    for member in crowd(cast, 30):
        cast.visit(member, SPRING)
    viewer, old, new = cast.wang.viewer(), parse(PACK), parse(TWICE)
    for _again in range(2):
        assert not changes(viewer, cast.school, old, new, TODAY).refused
        cast.visit(cast.students[1][0], SPRING)
    said = changes(viewer, cast.school, old, new, TODAY)
    assert (said.beyond, said.refused) == ([], True)


def test_figures_are_of_ten_and_more_above_the_school(cast):
    assert telling.smallest_for(cast.wang.viewer()) == 5
    assert telling.smallest_for(cast.zhou.viewer()) == 10


@pytest.mark.parametrize("people", range(5))
@pytest.mark.parametrize("key", "abcdefgh")
def test_no_shift_lets_a_few_be_told(db, people, key):
    assert telling.Question(5, key).about(map(str, range(people))) is None


def test_what_is_told_is_rounded_and_near(db):
    ids = [str(n) for n in range(40)]
    told = [telling.Question(5, str(key)).about(ids) for key in range(300)]
    assert {n % 5 for n in told} == {0}
    assert set(told) == {35, 40, 45}
    assert abs(sum(told) / len(told) - 40) < 1


def hours(found):
    return {row.person.name: row.load.hours_per_week for row in found.rows}


def test_the_hours_of_a_class_do_not_tell_how_many_of_its_children_are_under_care(cast):
    nobody = hours(school_load(cast.wang.viewer(), cast.school, parse(CARE), 2026, TODAY))
    people.set_attribute(cast.students[1][0], "priority_care", "true", since=SINCE, by=None)
    viewer = cast.wang.viewer()
    one = school_load(viewer, cast.school, parse(CARE), 2026, TODAY)
    assert hours(one) == nobody
    assert one.assumed
    everybody = hours(school_load(viewer, cast.school, parse(PACK), 2026, TODAY))
    others = parse(CARE)
    others = replace(others, obligations=others.obligations[1:])
    rest = hours(school_load(viewer, cast.school, others, 2026, TODAY)).get("刘洋", 0)
    assert hours(one)["刘洋"] - rest == (everybody["刘洋"] - rest) * ASSUMED_SHARE


def test_who_may_know_the_children_sees_the_hours_they_really_take(cast):
    people.set_attribute(cast.students[1][0], "priority_care", "true", since=SINCE, by=None)
    found = school_load(cast.chen.viewer(), cast.school, parse(CARE), 2026, TODAY)
    assert not found.assumed
    assert "马超群" not in hours(found), "no child of this class is under care"

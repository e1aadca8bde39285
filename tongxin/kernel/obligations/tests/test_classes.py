"""Nobody reads a name by calling what is behind it less sensitive than the school knows it."""

from datetime import date

import pytest

from tongxin.kernel.obligations.changes import changes
from tongxin.kernel.obligations.classes import obligation_class
from tongxin.kernel.programmes.classes import guarded
from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.packs import parse
from tongxin.kernel.programmes.queries import current_version
from tongxin.kernel.programmes.services import CannotAdopt, adopt, change
from tongxin.testing.cast import TODAY
from tongxin.testing.pack import PACK

OWN = PACK.replace("pack: green-hill", "pack: our-own")
LOWERED = OWN.replace("class: K3", "class: K1")
HARMLESS = PACK.replace(
    "count: {kind: home_visit, part: visited}", "count: {kind: wellbeing_lesson, part: homeroom}"
)
SPRING = date(2026, 4, 10)


def visit_rule(pack):
    return pack.versions("visit-once-a-term")[0]


def test_a_programme_that_makes_a_kind_less_sensitive_is_refused_with_what_to_do(cast):
    with pytest.raises(CannotAdopt, match="密级是K3，不能改低为K1"):
        adopt(cast.school, "our-own", 2026, by=cast.wang.account, text=LOWERED)
    with pytest.raises(CannotAdopt, match="密级是K3"):
        change(cast.programme, PACK.replace("class: K3", "class: K2"), "", by=cast.wang.account, base=1)


def test_one_that_keeps_or_raises_the_class_is_adopted(cast):
    adopt(cast.school, "our-own", 2026, by=cast.wang.account, text=OWN)
    change(
        cast.programme,
        PACK.replace("title: 家访\n    class: K3", "title: 家访\n    class: K4b"),
        "",
        by=None,
        base=1,
    )
    assert current_version(cast.programme).number == 2


def test_a_bureau_cannot_lower_it_for_its_schools_either(cast):
    with pytest.raises(CannotAdopt, match="不能交给青山中学"):
        adopt(cast.bureau, "our-own", 2026, by=cast.zhou.account, text=LOWERED)
    assert not Programme.objects.filter(pack="our-own").exists()
    assert adopt(cast.bureau, "our-own", 2026, by=cast.zhou.account, text=OWN)


def test_a_school_that_does_not_know_a_kind_may_class_it_as_it_likes(cast):
    assert adopt(cast.other_school, "our-own", 2026, by=None, text=LOWERED)


def test_a_class_is_not_lowered_by_dropping_the_name_and_taking_it_up_again(cast):
    event = "  - {event: absent, title: 无故缺课, of: [student], class: K3}\n"
    assert event in PACK
    change(cast.programme, PACK.replace("events:\n" + event, ""), "去掉", by=None, base=1)
    with pytest.raises(CannotAdopt, match="无故缺课"):
        change(cast.programme, PACK.replace(event, event.replace("K3", "K1")), "再加", by=None, base=2)


def test_a_draft_is_read_with_the_classes_the_school_knows(cast):
    pack = guarded(cast.school, parse(LOWERED))
    assert obligation_class(pack, visit_rule(pack)) == "K3"
    assert pack.attributes["priority_care"].data_class == "K3"
    assert guarded(cast.school, parse(PACK)) == parse(PACK)


def test_a_change_is_told_with_the_names_of_those_whom_both_texts_show(cast):
    for student in cast.students[1]:
        cast.visit(student, SPRING)
    old, new = parse(PACK), parse(HARMLESS)
    said = changes(cast.wang.viewer(), cast.school, old, new, TODAY)
    assert (said.rows, said.untold) == ([], True)
    assert changes(cast.wang.viewer(), cast.school, new, old, TODAY).rows == []
    named = changes(cast.chen.viewer(), cast.school, old, new, TODAY)
    assert {row.subject for row in named.rows} == set(cast.students[1])


def test_a_change_of_a_lowered_draft_names_nobody_either(cast):
    for student in cast.students[1]:
        cast.visit(student, SPRING)
    lowered = LOWERED.replace("id: visit-once-a-term", "id: visit-again")
    said = changes(cast.wang.viewer(), cast.school, parse(PACK), parse(lowered), TODAY)
    assert not {row.subject for row in said.rows} & {s for room in cast.students.values() for s in room}


def test_of_what_is_shut_to_the_reader_not_even_a_figure_is_told(cast):
    shut = PACK.replace("title: 家访\n    class: K3", "title: 家访\n    class: K4d")
    for student in cast.students[1]:
        cast.visit(student, SPRING)
    twice = shut.replace("    at_least: 1\n    window: term\n", "    at_least: 2\n    window: term\n", 1)
    said = changes(cast.wang.viewer(), cast.school, parse(shut), parse(twice), TODAY)
    assert (said.rows, said.moves, said.beyond, said.untold) == ([], [], [], False)


def test_what_a_window_runs_from_counts_for_the_class():
    text = PACK.replace(
        "count: {kind: home_visit, part: visited}", "count: {kind: wellbeing_lesson, part: homeroom}"
    ).replace("    measure: times\n    at_least: 1\n    window: term\n", "    at_least: 1\n    window: {within: 3, unit: day, of: {kind: home_visit, part: visited}}\n", 1)  # fmt: skip
    pack = parse(text)
    rule = visit_rule(pack)
    assert rule.kinds() == {"wellbeing_lesson"}
    assert obligation_class(pack, rule) == "K3"

"""What a bureau adopts, its schools work with; they may tighten it in a programme of their own, and change nothing of it."""

from datetime import date

import pytest

from tongxin.kernel.base.models import School
from tongxin.kernel.programmes import queries, services
from tongxin.kernel.programmes.models import Programme
from tongxin.testing.again import again
from tongxin.testing.cast import TODAY, make_cast
from tongxin.testing.pack import PACK

OWN = PACK.replace("pack: green-hill", "pack: own-plan")


@pytest.fixture
def district(db, today):
    return again("handed down", handed_down)


def handed_down():
    made = make_cast()
    made.programme = services.adopt(made.bureau, "green-hill", 2026, by=made.zhou.account, text=PACK)
    return made


def at(school: School) -> Programme:
    return Programme.objects.get(school=school, pack="green-hill")


def test_every_school_of_the_bureau_works_with_what_it_adopts(district):
    for school in (district.school, district.other_school):
        assert at(school).locked
        assert queries.current_version(at(school)).text == PACK
        assert [p.pack for p, _pack in queries.school_packs(school, TODAY)] == ["green-hill"]


def test_a_school_changes_and_retires_nothing_of_it(district):
    with pytest.raises(services.CannotAdopt, match="上级统一采用"):
        services.change(at(district.school), PACK + "\n", "改", by=None, base=1)
    with pytest.raises(services.CannotAdopt):
        services.retire(at(district.school), TODAY, by=None)


def test_a_school_adopts_nothing_of_its_name_beside_it_until_it_ends(district):
    earlier = PACK.replace("准备阶段, from: 02-01", "准备阶段, from: 01-15")
    with pytest.raises(services.CannotAdopt, match="上级统一采用"):
        services.adopt(district.school, "", 2026, by=None, text=earlier)
    services.retire(district.programme, date(2026, 1, 10), by=None)
    assert not services.adopt(district.school, "", 2026, by=None, text=earlier).locked


def test_what_the_bureau_changes_or_ends_changes_and_ends_in_every_school(district):
    services.change(district.programme, PACK.replace("at_least: 4", "at_least: 6"), "加学时", by=None, base=1)
    for school in (district.school, district.other_school):
        assert "at_least: 6" in queries.current_version(at(school)).text
        assert at(school).versions.count() == 2
    services.retire(district.programme, TODAY, by=None)
    assert not queries.school_packs(district.school, TODAY)
    services.resume(district.programme, by=None)
    assert queries.school_packs(district.school, TODAY)


def test_a_school_that_joins_later_works_with_it_from_its_first_day(district):
    late = School.objects.create(name="新办中学", parent=district.bureau)
    assert at(late).locked


def test_a_school_that_had_adopted_it_itself_keeps_its_versions_and_follows_from_now_on(db, today):
    made = make_cast()
    own = PACK.replace("at_least: 4", "at_least: 8")
    services.adopt(made.school, "green-hill", 2026, by=None, text=own)
    services.adopt(made.bureau, "green-hill", 2026, by=None, text=PACK)
    assert at(made.school).locked
    assert [v.text for v in at(made.school).versions.order_by("number")] == [own, PACK]


def tightened(**changes: str) -> str:
    text = OWN.replace("    at_least: 4\n", "    at_least: 6\n    tightens: green-hill:study-hours\n")
    for before, after in changes.items():
        text = text.replace(before.replace("__", ": "), after)
    return text


def test_a_school_may_tighten_the_bureau_s_rule_and_never_loosen_it(district):
    services.adopt(district.school, "", 2026, by=None, text=tightened())
    packs = [p.pack for p, _pack in queries.school_packs(district.school, date(2026, 11, 18))]
    assert sorted(packs) == ["green-hill", "own-plan"]
    with pytest.raises(services.CannotAdopt, match="下级只能收紧"):
        services.adopt(district.other_school, "", 2026, by=None, text=tightened(at_least__6="at_least: 3"))

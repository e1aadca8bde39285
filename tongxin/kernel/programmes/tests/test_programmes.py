from datetime import date

import pytest

from tongxin.kernel.programmes import queries, services
from tongxin.kernel.programmes.models import Programme, ProgrammeVersion
from tongxin.kernel.programmes.packs import offered, parse, programme_days
from tongxin.testing.pack import PACK


def test_every_pack_on_offer_can_be_adopted(cast):
    assert {"three-platforms-five-integrations", "dual-guidance-mutual-aid"} <= set(offered())
    for slug in offered():
        programme = services.adopt(cast.school, slug, 2026, by=cast.wang.account)
        assert queries.current_pack(programme).obligation_ids()


def test_the_same_pack_is_adopted_once_a_year(cast):
    with pytest.raises(services.CannotAdopt):
        services.adopt(cast.school, "green-hill", 2026, by=cast.wang.account, text=PACK)
    assert Programme.objects.count() == 1


def test_a_pack_with_errors_is_not_adopted(cast):
    broken = PACK.replace("pack: green-hill", "pack: broken").replace(
        "kind: home_visit, part: visited", "kind: no_such, part: visited"
    )
    with pytest.raises(services.CannotAdopt) as refused:
        services.adopt(cast.school, "broken", 2026, by=cast.wang.account, text=broken)
    assert "no_such" in str(refused.value)
    assert not Programme.objects.filter(pack="broken").exists()


def test_a_change_is_a_new_version_and_the_old_one_stays(cast):
    programme = cast.programme
    services.change(
        programme, PACK.replace("title: 青山育人", "title: 青山育人二"), "改名", by=cast.wang.account, base=1
    )
    assert queries.current_pack(programme).title == "青山育人二"
    assert parse(ProgrammeVersion.objects.get(programme=programme, number=1).text).title == "青山育人"


def test_two_editors_do_not_overwrite_each_other(cast):
    services.change(cast.programme, PACK + "\n", "甲", by=cast.wang.account, base=1)
    with pytest.raises(services.CannotAdopt):
        services.change(cast.programme, PACK + "\n\n", "乙", by=cast.sun.account, base=1)
    assert cast.programme.versions.count() == 2


def test_the_programme_year_runs_from_its_first_to_its_last_phase(cast):
    assert programme_days(parse(PACK), 2026) == (date(2026, 2, 1), date(2026, 12, 31))


def test_a_retired_programme_is_not_in_force_but_its_kinds_are_still_known(cast, today):
    services.retire(cast.programme, today, by=cast.wang.account)
    assert not queries.active_programmes(cast.school, today).exists()
    assert queries.kinds(cast.school, today) == {}
    assert queries.kind_named(cast.school, "home_visit", today).title == "家访"
    services.resume(cast.programme, by=cast.wang.account)
    assert queries.active_programmes(cast.school, today).exists()


def test_plan_items_carry_their_days_and_the_last_note(cast, today):
    services.mark_plan_item(cast.programme, "self-review", "begun", today, "", by=cast.sun.account)
    services.mark_plan_item(cast.programme, "self-review", "done", today, "开过会", by=cast.sun.account)
    items = {i.name: i for i in queries.plan_items(cast.programme, parse(PACK))}
    assert (items["self-review"].first_day, items["self-review"].due) == (
        date(2026, 11, 10),
        date(2026, 11, 20),
    )
    assert items["self-review"].mark.note == "开过会"
    assert items["summary"].mark is None


def test_a_programme_is_seen_by_its_own_school_only(cast):
    assert cast.programme in queries.visible_programmes(cast.liu.viewer())
    assert cast.programme not in queries.visible_programmes(cast.zhao.viewer())


def test_loading_the_programmes_of_a_school_is_one_query(cast, today, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert len(queries.school_packs(cast.school, today)) == 1

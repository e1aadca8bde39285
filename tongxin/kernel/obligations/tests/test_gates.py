"""A gate refuses a post, in the service, until what it asks for is met or waived; and who may waive."""

from datetime import date

import pytest

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Link
from tongxin.kernel.obligations import waivers
from tongxin.kernel.obligations.models import Waiver
from tongxin.kernel.obligations.queries import obligation_named
from tongxin.kernel.people import services as people
from tongxin.kernel.people.guards import PostRefused
from tongxin.kernel.programmes.queries import current_pack
from tongxin.testing.cast import TODAY
from tongxin.testing.gate import add_gate


@pytest.fixture
def gated(cast):
    add_gate(cast)
    return cast


def appoint(cast, person, since=TODAY):
    return people.appoint(person.subject, "homeroom_teacher", cast.room_two.subject, since=since, alone=True)


def study(cast, person, day):
    cast.record("branch_study", day, {"attendee": [person.subject]}, by=cast.li, hours=1)


def rule_of(cast):
    pack = current_pack(cast.programme)
    return pack, obligation_named(pack, "study-before-class", TODAY)


def grant(cast, person, *, by, last=TODAY, reason="下学期补学"):
    pack, rule = rule_of(cast)
    return waivers.grant(
        cast.programme, pack, rule, person.subject, reason=reason, first=TODAY, last=last, by=by.viewer()
    )


def test_the_post_is_refused_in_words_and_the_present_holder_stays(gated):
    with pytest.raises(PostRefused) as refused:
        appoint(gated, gated.xu)
    assert "许静还不能担任班主任" in str(refused.value)
    assert "应做1，已做0" in str(refused.value)
    assert "请书记批准豁免" in str(refused.value)
    assert Link.objects.current().get(kind="homeroom_teacher", b=gated.room_two.subject).a == gated.ma.subject


def test_the_post_is_given_once_the_gate_is_met(gated):
    study(gated, gated.xu, date(2026, 11, 2))
    assert appoint(gated, gated.xu).a == gated.xu.subject


def test_what_was_done_after_the_day_or_too_long_before_does_not_open_the_gate(gated):
    study(gated, gated.xu, date(2026, 11, 12))
    with pytest.raises(PostRefused):
        appoint(gated, gated.xu, since=date(2026, 11, 10))
    study(gated, gated.li, date(2025, 10, 1))
    with pytest.raises(PostRefused):
        appoint(gated, gated.li)


def test_a_date_before_today_is_judged_on_that_day_and_says_so(gated):
    study(gated, gated.xu, date(2026, 11, 12))
    with pytest.raises(PostRefused) as refused:
        appoint(gated, gated.xu, since=date(2026, 11, 10))
    assert "按开始任职的11月10日判断，那天以后做的不算：许静还不能担任班主任" in str(refused.value)
    assert appoint(gated, gated.xu, since=date(2026, 11, 13)).valid_from == date(2026, 11, 13)


@pytest.mark.parametrize("since", [date(2026, 1, 9), date(2025, 12, 31), date(2019, 9, 1), date.min])
def test_a_date_before_the_gate_opens_none(gated, since):
    """The rule is in force from 2026-01-10, in a programme of 2026."""
    with pytest.raises(PostRefused) as refused:
        people.set_link("homeroom_teacher", gated.xu.subject, gated.room_two.subject, since=since)
    assert "许静还不能担任班主任" in str(refused.value)
    if since != date.min:
        assert "那时还没有这条要求，所以按今天判断" in str(refused.value)
    study(gated, gated.xu, date(2026, 11, 12))
    assert people.set_link("homeroom_teacher", gated.xu.subject, gated.room_two.subject, since=since)


def test_who_held_the_post_already_before_the_gate_may_have_it_by_a_waiver(gated):
    grant(gated, gated.xu, by=gated.wang)
    assert appoint(gated, gated.xu, since=date(2019, 9, 1)).a == gated.xu.subject


def test_a_term_of_office_that_is_over_before_the_gate_was_there_is_only_written_down(gated):
    days = {"since": date(2024, 9, 1), "until": date(2025, 7, 31)}
    assert people.set_link("homeroom_teacher", gated.xu.subject, gated.room_two.subject, **days)


def test_every_way_to_the_post_passes_the_gate_and_other_posts_do_not(gated):
    with pytest.raises(PostRefused):
        people.set_link("homeroom_teacher", gated.xu.subject, gated.room_two.subject, since=TODAY)
    people.appoint(gated.xu.subject, "branch_secretary", gated.branch.subject, since=TODAY)
    people.set_link("teaches", gated.xu.subject, gated.room_two.subject, since=TODAY)


def test_a_waiver_of_the_named_post_opens_the_gate_and_is_on_record(gated):
    waiver = grant(gated, gated.xu, by=gated.wang)
    assert appoint(gated, gated.xu).a == gated.xu.subject
    assert waiver.approved_by == gated.wang.account
    assert AuditRow.objects.filter(action="obligations.waived").count() == 1


def test_a_waiver_opens_the_gate_only_while_it_lasts_and_until_it_is_taken_back(gated):
    grant(gated, gated.xu, by=gated.wang)
    with pytest.raises(PostRefused):
        appoint(gated, gated.xu, since=date(2026, 11, 19))
    waivers.take_back(Waiver.objects.get(), by=gated.wang.viewer())
    with pytest.raises(PostRefused):
        appoint(gated, gated.xu)
    assert AuditRow.objects.filter(action="obligations.waiver_taken_back").count() == 1


@pytest.mark.parametrize("who", ["liu", "li", "sun", "guo", "zhou", "zhao"])
def test_nobody_else_may_waive(gated, who):
    with pytest.raises(waivers.CannotWaive):
        grant(gated, gated.xu, by=getattr(gated, who))


def test_nobody_waives_for_themselves(gated):
    with pytest.raises(waivers.CannotWaive):
        grant(gated, gated.wang, by=gated.wang)


@pytest.mark.parametrize(
    ("last", "reason", "said"),
    [
        (date(2027, 6, 1), "太久", "豁免最晚到2027-02-16"),
        (date(2026, 11, 1), "倒着", "结束日期早于开始日期"),
        (TODAY, "  ", "请写明豁免的理由"),
    ],
)
def test_a_waiver_needs_a_reason_and_an_end_within_the_rule_s_time(gated, last, reason, said):
    with pytest.raises(waivers.CannotWaive, match=said):
        grant(gated, gated.xu, by=gated.wang, last=last, reason=reason)


def test_the_gate_of_one_school_does_not_bar_another(gated):
    room = gated.zhao.viewer().posts["homeroom_teacher"]
    at = Link.objects.filter(b__in=room).first().b
    people.set_link("homeroom_teacher", gated.zhao.subject, at, since=TODAY)

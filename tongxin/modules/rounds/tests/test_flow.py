"""A round from its opening to what takes effect, as services do it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tongxin.kernel.base.models import Link
from tongxin.kernel.obligations.models import Message
from tongxin.kernel.people import services as people
from tongxin.modules.rounds import effect, saying, services
from tongxin.modules.rounds.models import Bond, Group, Member, Participant, Round
from tongxin.modules.rounds.reading import Reading
from tongxin.modules.rounds.schemes import of_text
from tongxin.testing.cast import SINCE, TODAY

from .conftest import STARTS

pytestmark = pytest.mark.django_db


def say(pairs, round_, player, wants=(), *, most=None, none=False, words="", answers=None):
    place = pairs.place(round_, player)
    ask = of_text(round_.school, round_.text, TODAY).use.ask(place.seat)
    wanted = [pairs.place(round_, one) for one in wants]
    said = saying.Said(wanted, answers or {}, most, none, words)
    return saying.say(player.viewer(), place, said, ask)


def publish(pairs, round_, by):
    round_.refresh_from_db()
    made = services.publish(by.viewer(), round_, round_.version)
    round_.refresh_from_db()
    return made


def take_effect(pairs, round_, by):
    round_.refresh_from_db()
    run = effect.ask(by.viewer(), round_, round_.version)
    round_.refresh_from_db()
    run.refresh_from_db()
    return run


def test_every_member_has_a_class_and_every_class_a_member(pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    seats = dict.fromkeys(("member", "homeroom"), 0)
    for one in Participant.objects.filter(round=round_):
        seats[one.seat] += 1
    assert seats == {"member": 3, "homeroom": 2}
    run = pairs.propose(round_, cast.wang)
    assert run.state == "done", run.failure
    found = pairs.groups(round_)
    # 刘洋 teaches class 1, 许静 class 2; 李梅 teaches none and fills up.
    assert {("刘洋", "七年级1班"), ("许静", "七年级2班")} <= found
    assert {name for name, _room in found} == {"刘洋", "许静", "李梅"}
    assert round_.state == Round.State.PROPOSED
    assert round_.proposal.found["missing"] == 0
    assert round_.proposal.found["gap"] == 0


def test_wishes_count_and_are_taken_from_the_other_side_only(pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    say(pairs, round_, cast.li, [cast.room_two.subject])
    pairs.propose(round_, cast.wang)
    assert ("李梅", "七年级2班") in pairs.groups(round_)
    with pytest.raises(services.Refused, match="不在这一轮"):
        say(pairs, round_, cast.li, [cast.xu])


def test_a_member_who_takes_nobody_says_why_and_is_left_out(pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    with pytest.raises(services.Refused, match="写一句原因"):
        say(pairs, round_, cast.li, none=True)
    say(pairs, round_, cast.li, none=True, words="下学期外出进修")
    pairs.propose(round_, cast.wang)
    assert "李梅" not in {name for name, _room in pairs.groups(round_)}
    assert pairs.place(round_, cast.li).words == "下学期外出进修"


def test_moving_one_pair_leaves_the_rest_and_is_undone(pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    pairs.propose(round_, cast.wang)
    before = pairs.groups(round_)
    liu, one, two = (
        pairs.place(round_, who) for who in (cast.liu, cast.room_one.subject, cast.room_two.subject)
    )
    services.move(cast.wang.viewer(), round_, round_.version, liu, one, two, "想换个年级组")
    round_.refresh_from_db()
    assert ("刘洋", "七年级2班") in pairs.groups(round_)
    assert ("刘洋", "七年级1班") not in pairs.groups(round_)
    assert {room for _name, room in pairs.groups(round_)} == {"七年级1班", "七年级2班"}
    together, apart = Reading(round_, of_text(round_.school, round_.text, TODAY)).changes(round_.proposal)
    assert "刘洋 — 七年级2班" in together
    assert "刘洋 — 七年级1班" in apart
    assert Bond.objects.get(kind="together").reason == "想换个年级组"
    services.undo(cast.wang.viewer(), round_, round_.version)
    round_.refresh_from_db()
    assert pairs.groups(round_) == before
    assert not Bond.objects.filter(ended_at=None).exists()


def test_whoever_comes_second_is_told_and_loses_nothing_of_the_first(pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    pairs.propose(round_, cast.wang)
    seen = round_.version
    liu, one, two = (
        pairs.place(round_, who) for who in (cast.liu, cast.room_one.subject, cast.room_two.subject)
    )
    services.keep_apart(cast.wang.viewer(), round_, seen, liu, one, "亲属")
    with pytest.raises(services.Stale, match="别人刚改过"):
        services.move(cast.sun.viewer(), round_, seen, liu, None, one, "就近")
    assert list(Bond.objects.values_list("kind", flat=True)) == ["apart"]
    assert two.round_id == round_.pk


def test_a_settled_pair_that_would_be_too_much_is_refused_with_the_way_out(pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    pairs.propose(round_, cast.wang)
    liu, one, two = (
        pairs.place(round_, who) for who in (cast.liu, cast.room_one.subject, cast.room_two.subject)
    )
    services.set_limits(cast.wang.viewer(), round_, round_.version, liu, 1, 1)
    round_.refresh_from_db()
    services.move(cast.wang.viewer(), round_, round_.version, liu, None, one, "本人要求")
    round_.refresh_from_db()
    with pytest.raises(services.Refused, match="先把上限改大"):
        services.move(cast.wang.viewer(), round_, round_.version, liu, None, two, "再加一个")
    round_.refresh_from_db()
    with pytest.raises(services.Refused, match="最少不能大于最多"):
        services.set_limits(cast.wang.viewer(), round_, round_.version, liu, 3, 2)


def test_somebody_left_over_is_told_why_and_one_more_place_is_the_way_out(pairs):
    cast = pairs.cast
    for child in cast.students[1][1:5]:
        people.set_attribute(child, "priority_care", True, since=SINCE)
    round_ = pairs.begin("growth-mentors", cast.chen)
    for player in (cast.liu, cast.xu, cast.li):
        services.set_limits(cast.chen.viewer(), round_, round_.version, pairs.place(round_, player), 0, 1)
        round_.refresh_from_db()
    pairs.propose(round_, cast.chen)
    shown = Reading(round_, of_text(round_.school, round_.text, TODAY)).show(round_.proposal)
    assert len(shown.left) == 3
    assert "只有 3 个" in shown.left[0].reason
    assert "再多 1 个名额就行" in shown.left[0].way
    assert any("成长导师一共 3 个名额" in said for said in shown.short)
    services.set_limits(cast.chen.viewer(), round_, round_.version, pairs.place(round_, cast.liu), 0, 2)
    round_.refresh_from_db()
    assert len(round_.proposal.found["left"]) == 2


def test_published_answered_and_in_force(pairs):
    cast = pairs.cast
    old = people.set_link("homeroom_liaison", cast.ma.subject, cast.room_one.subject, since=SINCE)
    round_ = pairs.begin("class-contacts", cast.wang)
    services.propose(cast.wang.viewer(), round_, round_.version, seconds=10, stable=False, fresh=True)
    publish(pairs, round_, cast.wang)
    own = saying.own_groups(cast.liu.viewer(), [pairs.place(round_, cast.liu)])
    assert [row.group.round for row in own] == [round_]
    for _click in range(2):
        saying.answer(cast.liu.viewer(), own[0], True, "")
    assert Member.objects.filter(answer="yes").count() == 1
    run = take_effect(pairs, round_, cast.wang)
    assert run.state == "done", run.failure
    links = Link.objects.current().filter(kind="homeroom_liaison", valid_from=STARTS)
    assert set(links.values_list("a__name", "b__name")) == pairs.groups(round_)
    assert {link.valid_to for link in links} == {date(2027, 8, 31)}
    ended = Link.objects.current().get(kind="homeroom_liaison", valid_from=SINCE)
    assert (ended.a, ended.b, ended.valid_to) == (old.a, old.b, STARTS - timedelta(days=1))
    assert round_.state == Round.State.IN_FORCE
    assert Message.objects.filter(
        topic="round_in_force", recipient=cast.liu.subject, cancelled_at=None
    ).exists()
    effect.take_effect(round_.pk, round_.version, None)
    assert Link.objects.current().filter(kind="homeroom_liaison", valid_from=STARTS).count() == len(
        pairs.groups(round_)
    )


def test_an_objection_takes_the_pair_apart_and_the_rest_keeps_its_answers(pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    pairs.propose(round_, cast.wang)
    publish(pairs, round_, cast.wang)
    (liu,) = saying.own_groups(cast.liu.viewer(), [pairs.place(round_, cast.liu)])
    xu = saying.own_groups(cast.xu.viewer(), [pairs.place(round_, cast.xu)])[0]
    saying.answer(cast.xu.viewer(), xu, True, "")
    with pytest.raises(services.Refused, match="为什么"):
        saying.answer(cast.liu.viewer(), liu, False, " ")
    saying.answer(cast.liu.viewer(), liu, False, "孩子在这个班")
    with pytest.raises(services.Refused, match="1 条意见"):
        take_effect(pairs, round_, cast.wang)
    round_.refresh_from_db()
    services.rework(cast.wang.viewer(), round_, round_.version, liu)
    round_.refresh_from_db()
    assert ("刘洋", "七年级1班") not in pairs.groups(round_)
    with pytest.raises(services.Refused, match="刚刚调整过"):
        saying.answer(cast.liu.viewer(), liu, True, "")
    publish(pairs, round_, cast.wang)
    assert Member.objects.get(pk=xu.pk).answer == "yes"
    assert Group.objects.get(pk=xu.group_id).withdrawn_at is None
    assert Group.objects.get(pk=liu.group_id).withdrawn_at is not None
    assert take_effect(pairs, round_, cast.wang).state == "done"


def test_an_objection_may_be_talked_over(pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    pairs.propose(round_, cast.wang)
    publish(pairs, round_, cast.wang)
    (liu,) = saying.own_groups(cast.liu.viewer(), [pairs.place(round_, cast.liu)])
    saying.answer(cast.liu.viewer(), liu, False, "课太多")
    round_.refresh_from_db()
    services.settle(cast.wang.viewer(), round_, round_.version, liu, "减了两节课，他同意了")
    assert services.objections(round_) == []
    assert take_effect(pairs, round_, cast.wang).state == "done"


def test_those_who_chose_each_other_stay_together_where_people_choose(pairs):
    cast = pairs.cast
    for player in (cast.liu, cast.xu):
        people.set_attribute(player.subject, "young_teacher", False, since=SINCE)
    for player in (cast.ma, cast.chen):
        people.set_attribute(player.subject, "young_teacher", True, since=SINCE)
    for player in (cast.liu, cast.xu, cast.ma, cast.chen):
        people.set_attribute(player.subject, "teaching", True, since=SINCE)
    round_ = pairs.begin("young-teachers", cast.wang)
    say(pairs, round_, cast.ma, [cast.xu])
    say(pairs, round_, cast.xu, [cast.ma], most=1)
    pairs.propose(round_, cast.wang)
    groups = {tuple(sorted(group["who"])): group for group in round_.proposal.found["groups"]}
    key = tuple(sorted((pairs.place(round_, cast.xu).pk, pairs.place(round_, cast.ma).pk)))
    assert groups[key]["fixed"]
    assert len(groups) == 2


def test_teams_of_three_are_formed(pairs):
    cast = pairs.cast
    for number, child in enumerate((*cast.students[1], *cast.students[2])):
        people.set_attribute(child, "student_member", number % 2 == 0, since=SINCE)
    round_ = pairs.begin("student-triads", cast.wang)
    run = pairs.propose(round_, cast.wang)
    assert run.state == "done", run.failure
    assert len(pairs.groups(round_)) == 3
    publish(pairs, round_, cast.wang)
    assert take_effect(pairs, round_, cast.wang).state == "done"
    teams = Link.objects.current().filter(kind="team_leader", valid_from=STARTS)
    assert {link.a.name for link in teams} == {"刘洋", "许静", "李梅"}
    for link in teams:
        seats = Link.objects.current().filter(b=link.b).values_list("kind", flat=True)
        assert sorted(seats) == [
            "in_team",
            "in_team",
            "in_team",
            "student_member_seat",
            "student_seat",
            "team_leader",
        ]
    assert all(group.made_id for group in Group.objects.filter(round=round_))


def test_filling_up_leaves_who_has_a_partner_alone(pairs):
    cast = pairs.cast
    people.set_link("mentor_of", cast.liu.subject, pairs.special[0], since=SINCE)
    round_ = pairs.begin("growth-mentors", cast.chen, fill=True)
    students = Participant.objects.filter(round=round_, seat="student").values_list(
        "subject__name", flat=True
    )
    assert list(students) == ["何雨桐"]
    pairs.propose(round_, cast.chen)
    publish(pairs, round_, cast.chen)
    take_effect(pairs, round_, cast.chen)
    kept = Link.objects.current().get(kind="mentor_of", b=pairs.special[0])
    assert kept.valid_to == date.max


def test_a_stable_round_says_so(pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    run = pairs.propose(round_, cast.wang, stable=True)
    assert run.state == "done", run.failure
    shown = Reading(round_, of_text(round_.school, round_.text, TODAY)).show(round_.proposal)
    assert any("稳定" in said for said in shown.sentences)


def test_a_cancelled_round_has_no_result_and_asks_nobody(pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    assert Message.objects.filter(topic="round_wishes", cancelled_at=None).count() == 3
    services.cancel(cast.wang.viewer(), round_, round_.version)
    assert Message.objects.filter(topic="round_wishes", cancelled_at=None).count() == 0
    with pytest.raises(services.Refused, match="不收志愿"):
        say(pairs, round_, cast.li)


def test_the_same_round_is_proposed_alike(pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    pairs.propose(round_, cast.wang)
    first = pairs.groups(round_)
    pairs.propose(round_, cast.wang)
    assert pairs.groups(round_) == first

"""Forming, changing and ending teams: the seat rules, yes from everybody, one team for two clicks."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from tongxin.kernel.base.models import Attribute, Link, Subject
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.people import services as people
from tongxin.kernel.people import teams
from tongxin.testing.cast import TODAY

from .. import forming, pool
from ..models import Change, Invited, Proposal, Topic
from ..rules import Refused
from .helpers import ONCE, formed, plan

pytestmark = pytest.mark.django_db


def proposed(school, token="p1"):
    return forming.propose(school.liu.viewer(), plan(), school.project(), token=token)


def form_data(school, **more):
    room = school.cast.room_one.subject.public_id
    return {
        "name": "智能小车", "theme": "contest", "room_student_member_seat": room, "student_member_seat": "安小禾",
        "room_student_seat": room, "student_seat": "白云飞", "once": ONCE,
    } | more  # fmt: skip


def test_a_team_is_formed_when_everybody_asked_has_said_yes(school):
    made = proposed(school)
    assert not Subject.objects.filter(type="team").exists()
    forming.answer(school.qian.viewer(), made, True)
    assert not Subject.objects.filter(type="team").exists()
    done = forming.answer(school.sun.viewer(), made, True)
    assert done.state == Proposal.State.FORMED
    seats = {(link.kind, link.a.name) for link in teams.seats_of([done.team_id], TODAY)}
    assert seats == {("team_leader", "刘洋"), ("student_member_seat", "安小禾"), ("student_seat", "白云飞")}
    entry = Entry.objects.current().get(kind="project_team_formation")
    assert (entry.mode, entry.theme, entry.day) == ("own", "contest", TODAY)
    assert Attribute.objects.current().get(subject=done.team, name="team_kind").value == "project"


def test_two_clicks_make_one_proposal_and_one_yes_twice_changes_nothing(school):
    made = proposed(school)
    assert proposed(school) == made
    forming.answer(school.qian.viewer(), made, True)
    forming.answer(school.qian.viewer(), made, True)
    assert Invited.objects.filter(proposal=made).count() == 3
    assert Invited.objects.get(proposal=made, person=school.sun.subject).answer == ""


def test_somebody_who_said_no_is_replaced_and_the_rest_need_not_answer_again(school):
    made = proposed(school)
    forming.answer(school.qian.viewer(), made, True)
    forming.answer(school.sun.viewer(), made, False)
    with pytest.raises(Refused, match="已经有人答应"):
        forming.ask_instead(
            school.liu.viewer(), made, "student_member_seat", school.qian.subject.pk, school.sun.subject.pk
        )
    third = school.cast.students[1][2]
    forming.ask_instead(school.liu.viewer(), made, "student_seat", school.sun.subject.pk, third.pk)
    assert set(made.invited.values_list("person__name", "answer")) == {
        ("刘洋", "yes"), ("安小禾", "yes"), ("程一诺", ""),
    }  # fmt: skip


def test_nobody_else_answers_and_a_withdrawn_proposal_cannot_be_answered(school):
    made = proposed(school)
    with pytest.raises(Refused):
        forming.answer(school.cast.xu.viewer(), made, True)
    with pytest.raises(Refused):
        forming.answer(school.liu.viewer(), made, False)
    forming.withdraw(school.liu.viewer(), made)
    with pytest.raises(Refused, match="撤回"):
        forming.answer(school.qian.viewer(), made, True)


def change_seat(school, seat, pk):
    return {**school.project(), seat: [pk]}


def test_the_seats_take_only_whom_the_programme_means(school):
    pupils, wrong = school.cast.students[1], {}
    wrong["两个都不是学生党员"] = change_seat(school, "student_member_seat", pupils[2].pk)
    wrong["两个都是学生党员"] = change_seat(school, "student_seat", school.qian.subject.pk)
    wrong["没有写明"] = change_seat(school, "student_seat", school.cast.students[2][0].pk)
    wrong["老师坐学生的席位"] = change_seat(school, "student_seat", school.cast.ma.subject.pk)
    wrong["外校"] = change_seat(school, "student_seat", school.cast.other_student.pk)
    wrong["缺一个"] = {"student_member_seat": [school.qian.subject.pk]}
    wrong["多一个"] = change_seat(school, "student_seat", pupils[1].pk) | {
        "student_seat": [pupils[1].pk, pupils[2].pk]
    }
    for name, members in wrong.items():
        with pytest.raises(Refused):
            formed(school, members=members, token=name)
    with pytest.raises(Refused, match="要由党员担任"):
        formed(school, members=school.project() | {"team_leader": [school.cast.ma.subject.pk]})
    assert not Subject.objects.filter(type="team").exists()
    assert not Entry.objects.exists()


def test_a_student_sits_in_one_project_team_at_a_time(school, team):
    with pytest.raises(Refused, match="已经在1个同类团队"):
        formed(school, token="t2")
    forming.disband(school.cast.wang.viewer(), team, TODAY - timedelta(days=1), "项目完成", token="d1")
    assert formed(school, token="t2", since=TODAY) != team


def test_a_pair_of_teachers_is_one_member_and_one_who_is_none(school):
    with pytest.raises(Refused, match="不能是党员"):
        formed(school, "course", {"colleague_seat": [school.cast.xu.subject.pk]})
    made = formed(school, "course", {"colleague_seat": [school.cast.ma.subject.pk]}, aim="across_ages")
    assert Entry.objects.current().get(kind="course_team_formation").extra["aim"] == "across_ages"
    assert made.name == "智能小车"


def problem(school, token="x1"):
    kind = plan("service").kind
    given = {"title": "主轴振动", "theme": "equipment", "enterprise": school.plant}
    return pool.add(school.liu.viewer(), kind, given, token=token)


def test_a_problem_is_taken_by_one_team_solved_or_given_back_when_the_team_ends(school):
    topic, seats = problem(school), {"enterprise_seat": [school.plant.pk]}
    assert Entry.objects.current().get(kind="problem_pool").theme == "equipment"
    with pytest.raises(Refused, match="企业难题"):
        formed(school, "service", seats)
    made = formed(school, "service", seats, topic=topic)
    entry = Entry.objects.current().get(kind="service_team_formation")
    assert (entry.extra["enterprises"], entry.extra["problems"]) == (100, 100)
    with pytest.raises(Refused, match="刚刚被别的团队认领"):
        formed(school, "service", seats, topic=topic, token="t2")
    assert Subject.objects.filter(type="team").count() == 1
    forming.disband(school.cast.wang.viewer(), made, TODAY, "企业搬迁", token="d1")
    topic.refresh_from_db()
    assert (topic.state, topic.team) == (Topic.State.OPEN, None)


def test_a_seat_changes_hands_with_date_and_reason_and_the_rules_still_hold(school, team):
    viewer, kind, day = school.liu.viewer(), plan().kind, date(2026, 10, 12)
    old, new = school.sun.subject, school.cast.students[1][3]
    with pytest.raises(Refused, match="还缺普通学生"):
        forming.replace(
            viewer, team, kind, "student_seat", old.pk, None, since=day, reason="转学", token="c0"
        )
    args = (viewer, team, kind, "student_seat", old.pk, new.pk)
    row = forming.replace(*args, since=day, reason="转学", token="c1")
    assert forming.replace(*args, since=day, reason="转学", token="c1") == row
    assert Change.objects.get().reason == "转学"
    assert {link.a.name for link in teams.seats_of([team.pk], day) if link.kind == "student_seat"} == {
        new.name
    }
    assert Link.objects.current().get(kind="student_seat", a=old).valid_to == day - timedelta(days=1)


def test_the_leader_proposes_on_the_phone_and_the_page_says_what_is_wrong(client, school):
    school.cast.sign_in(client, school.liu)
    url = reverse("teams:new", args=["project"])
    wrong = client.post(url, form_data(school, student_seat="没有这人"))
    assert wrong.status_code == 422
    assert "名单里没有：没有这人" in wrong.content.decode()
    assert "智能小车" in wrong.content.decode()
    for _click in range(2):
        answer = client.post(url, form_data(school))
        assert answer.status_code == 302
    assert Proposal.objects.count() == 1


def test_whoever_is_asked_finds_it_on_the_first_page_and_answers(client, school):
    made = proposed(school)
    school.cast.sign_in(client, school.qian)
    url = reverse("teams:proposal", args=[made.public_id])
    assert url in client.get(reverse("desk:home")).content.decode()
    assert client.post(url, {"answer": "yes"}).status_code == 302
    assert Invited.objects.get(proposal=made, person=school.qian.subject).answer == "yes"
    assert url not in client.get(reverse("desk:home")).content.decode()


def test_others_find_neither_the_form_nor_the_invitation(client, school):
    made = proposed(school)
    for who, name, args in (
        (school.cast.ma, "teams:new", ["project"]),
        (school.cast.xu, "teams:form", ["project"]),
        (school.cast.xu, "teams:proposal", [made.public_id]),
        (school.cast.wang, "teams:proposal", [made.public_id]),
        (school.cast.zhao, "teams:proposal", [made.public_id]),
    ):
        school.cast.sign_in(client, who)
        assert client.get(reverse(name, args=args)).status_code == 404, (who.subject.name, name)


def test_a_branch_secretary_forms_teams_of_the_own_branch_only(client, school):
    data = form_data(school, since=TODAY.isoformat(), team_leader=school.liu.subject.public_id)
    url = reverse("teams:form", args=["project"])
    school.cast.sign_in(client, school.other)
    assert client.post(url, data).status_code == 422
    school.cast.sign_in(client, school.cast.li)
    assert client.post(url, data).status_code == 302
    assert Subject.objects.filter(type="team").count() == 1


def test_an_office_forms_a_team_whose_leader_stopped_being_a_member_not(school):
    link = Link.objects.current().get(kind="branch_member", a=school.liu.subject)
    people.end_link(link, date(2026, 9, 1))
    with pytest.raises(Refused, match="要由党员担任"):
        formed(school)

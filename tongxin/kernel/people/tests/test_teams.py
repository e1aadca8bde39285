from datetime import date, timedelta

import pytest
from django.db import transaction

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Attribute, Link, Subject
from tongxin.kernel.people import services, teams

pytestmark = pytest.mark.django_db
FIRST = date(2026, 9, 21)


def formed(cast, token="t1", **more):
    members = {
        "team_leader": [cast.liu.subject.pk],
        "student_member_seat": [cast.students[1][0].pk],
        "student_seat": [cast.students[1][1].pk],
    }
    return teams.form_team(
        cast.school, "智能小车", members, since=FIRST, by=cast.liu.account, token=token, **more
    )


def seated(team, day):
    return {(link.kind, link.a.name) for link in teams.seats_of([team.pk], day)}


def test_a_team_has_its_seats_from_its_first_day_and_stands_for_its_people(cast):
    team = formed(cast, kind="project")
    assert seated(team, FIRST) == {
        ("team_leader", "刘洋"), ("student_member_seat", "安小禾"), ("student_seat", "白云飞"),
    }  # fmt: skip
    assert seated(team, FIRST - timedelta(days=1)) == set()
    assert Link.objects.current().filter(kind="in_team", b=team).count() == 3
    assert Attribute.objects.current().get(subject=team, name="team_kind").value == "project"
    assert AuditRow.objects.filter(action="people.team_formed").count() == 1


def test_an_equal_token_makes_one_team(cast):
    assert formed(cast) == formed(cast)
    assert Subject.objects.filter(type="team").count() == 1
    assert formed(cast, token="t2") != formed(cast)


def test_a_team_is_undone_with_the_callers_transaction(cast):
    with transaction.atomic():
        formed(cast)
        transaction.set_rollback(True)
    assert not Subject.objects.filter(type="team").exists()


@pytest.mark.parametrize("who", ["stranger", "twice", "nobody", "left"])
def test_nobody_of_elsewhere_nobody_twice_and_no_empty_team(cast, who):
    liu, child = cast.liu.subject.pk, cast.students[1][0]
    if who == "left":
        services.depart(child, FIRST - timedelta(days=1))
    members = {
        "stranger": {"team_leader": [liu], "student_seat": [cast.other_student.pk]},
        "twice": {"team_leader": [liu], "colleague_seat": [liu]},
        "nobody": {"team_leader": []},
        "left": {"team_leader": [liu], "student_seat": [child.pk]},
    }[who]
    with pytest.raises(teams.TeamRefused):
        teams.form_team(cast.school, "小车", members, since=FIRST, by=None, token="t")
    assert not Subject.objects.filter(type="team").exists()


def test_a_seat_changes_hands_on_a_day_and_the_past_stays(cast):
    team, day = formed(cast), date(2026, 10, 12)
    old, new = cast.students[1][1], cast.students[2][0]
    teams.replace_in_team(team, "student_seat", old.pk, new.pk, since=day, by=cast.liu.account)
    assert ("student_seat", "白云飞") in seated(team, day - timedelta(days=1))
    assert ("student_seat", "何雨桐") in seated(team, day)
    assert ("student_seat", "白云飞") not in seated(team, day)
    inside = Link.objects.current().filter(kind="in_team", b=team, valid_from__lte=day, valid_to__gte=day)
    assert {link.a_id for link in inside} == {cast.liu.subject.pk, cast.students[1][0].pk, new.pk}


def test_replacing_somebody_who_is_gone_or_by_somebody_inside_is_refused(cast):
    team, day = formed(cast), date(2026, 10, 12)
    old, inside = cast.students[1][1], cast.students[1][0]
    with pytest.raises(teams.TeamRefused):
        teams.replace_in_team(team, "student_seat", old.pk, inside.pk, since=day, by=None)
    teams.replace_in_team(team, "student_seat", old.pk, None, since=day, by=None)
    with pytest.raises(teams.TeamRefused):
        teams.replace_in_team(team, "student_seat", old.pk, cast.students[2][1].pk, since=day, by=None)


def test_a_disbanded_team_keeps_its_history_and_ends_once(cast):
    team, last = formed(cast), date(2026, 11, 1)
    assert teams.disband(team, last, by=cast.liu.account) is True
    assert teams.disband(team, last, by=cast.liu.account) is False
    assert len(seated(team, last)) == 3
    assert seated(team, last + timedelta(days=1)) == set()
    assert Subject.objects.get(pk=team.pk).present_to == last
    with pytest.raises(teams.TeamRefused):
        teams.disband(formed(cast, token="t2"), FIRST - timedelta(days=1), by=None)

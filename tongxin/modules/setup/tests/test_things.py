"""Teams, families, bases, enterprises and facilities: added, found, linked and put out of use like everybody else."""

import pytest
from django.urls import reverse

from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.ledger.models import Participation
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.services import change
from tongxin.modules.setup.people import THINGS
from tongxin.testing.pack import PACK


@pytest.mark.parametrize("type_", THINGS)
def test_the_office_adds_and_finds_one_and_teachers_may_not_add(client, cast, type_):
    cast.sign_in(client, cast.sun)
    empty = client.get(reverse("setup:people"), {"type": type_}).content.decode()
    assert "这里还没有人" in empty or "没有" in empty
    assert client.post(reverse("setup:person_new", args=[type_]), {"name": "新的一个"}).status_code == 302
    made = Subject.objects.get(type=type_, name="新的一个")
    assert made.school == cast.school
    found = client.post(reverse("setup:people"), {"type": type_, "q": "xdyg"}).content.decode()
    assert reverse("setup:person", args=[made.public_id]) in found
    assert client.get(reverse("setup:person", args=[made.public_id])).status_code == 200
    cast.sign_in(client, cast.liu)
    assert client.get(reverse("setup:person_new", args=[type_])).status_code == 404
    cast.sign_in(client, cast.zhao)
    assert client.get(reverse("setup:person", args=[made.public_id])).status_code == 404


def test_a_pupil_joins_a_team_from_their_own_page(client, cast):
    team = people.make_subject(cast.school, "team", "合唱团")
    pupil = cast.students[1][0]
    cast.sign_in(client, cast.sun)
    page = client.get(reverse("setup:add_link", args=[pupil.public_id])).content.decode()
    assert "团队成员" in page
    data = {"kind": "in_team", "other": team.public_id, "since": "2026-09-01"}
    assert client.post(reverse("setup:add_link", args=[pupil.public_id]), data).status_code == 302
    assert Link.objects.current().get(kind="in_team", b=team).a == pupil
    assert pupil.name in client.get(reverse("setup:person", args=[team.public_id])).content.decode()


def test_a_family_is_seen_by_those_who_see_a_child_of_it(client, cast):
    family = people.make_subject(cast.school, "family", "安家")
    people.set_link("of_family", cast.students[1][0], family)
    address = reverse("setup:person", args=[family.public_id])
    cast.sign_in(client, cast.liu)
    assert client.get(address).status_code == 200
    cast.sign_in(client, cast.ma)
    assert client.get(address).status_code == 404


def test_one_put_out_of_use_leaves_the_list_and_stays_among_the_old_ones(client, cast):
    base = people.make_subject(cast.school, "base", "青山农场")
    cast.sign_in(client, cast.sun)
    page = client.get(reverse("setup:depart", args=[base.public_id])).content.decode()
    assert "停用青山农场" in page
    client.post(reverse("setup:depart", args=[base.public_id]), {"last_day": "2026-10-31"})
    assert "青山农场" not in client.get(reverse("setup:people"), {"type": "base"}).content.decode()
    assert "青山农场" in client.get(reverse("setup:people"), {"type": "base", "gone": "1"}).content.decode()


def test_a_team_in_an_activity_stands_for_its_members_of_that_day(cast, today):
    text = PACK.replace("of: [branch, staff]", "of: [branch, staff, team]")
    change(cast.programme, text, "团队可以参加", by=cast.wang.account, base=1)
    team = people.make_subject(cast.school, "team", "合唱团")
    people.set_link("in_team", cast.students[1][0], team)
    people.set_link("in_team", cast.xu.subject, team)
    entry = cast.record("branch_study", today, {"attendee": [team]}, by=cast.li, hours=1)
    there = Participation.objects.filter(entry=entry).values_list("subject__name", flat=True)
    assert set(there) == {"合唱团", cast.students[1][0].name, "许静"}

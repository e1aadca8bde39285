"""A school that has imported its lists learns which facts its programme waits for, and records them in one go."""

from datetime import date

import pytest
from django.urls import reverse

from tongxin.exchange.rosters.services import default_since
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Account, Attribute, School
from tongxin.kernel.obligations.queries import todo
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.services import adopt, change
from tongxin.testing.cast import TODAY
from tongxin.testing.pack import PACK

LIST = reverse("setup:facts")
# The small programme, asking its visits only for children marked for care.
CARE = PACK.replace(
    "    subject: student\n", "    subject: student\n    where: {priority_care: true}\n", 1
).replace("算待完成, entries: []", "算待完成, attributes: {priority_care: true}, entries: []", 1)


def url(name="teaching"):
    return reverse("setup:facts_of", args=[name])


@pytest.fixture
def guided(cast):
    """The school has adopted 双引领双互助 and recorded nothing about its teachers."""
    adopt(cast.school, "dual-guidance-mutual-aid", 2026, by=cast.wang.account)
    return cast


def known(name="teaching"):
    return dict(Attribute.objects.current().filter(name=name).values_list("subject__name", "value"))


def test_the_programme_says_how_many_rules_wait_and_leads_to_them(guided, client):
    guided.sign_in(client, guided.wang)
    programme = guided.school.programmes.get(pack="dual-guidance-mutual-aid")
    page = client.get(reverse("desk:programme", args=[programme.public_id])).content.decode()
    assert "情况还没有登记" in page
    assert LIST in page
    listed = client.get(LIST).content.decode()
    assert "任课" in listed
    assert "每位教师每学期上一次公开课并收回听课反馈" in listed


def test_a_teacher_owes_their_lesson_from_the_moment_the_fact_is_recorded(guided, client):
    def owed():
        return {line.rule.id for line in todo(guided.xu.viewer())}

    assert "open-lesson-given" not in owed()
    guided.sign_in(client, guided.wang)
    chosen = {f"s-{guided.sun.subject.public_id}": "false"}
    client.post(url(), {"since": "2026-09-01", "rest": "true"} | chosen)
    assert "open-lesson-given" in owed()
    assert known()[guided.sun.subject.name] == "false"
    assert known()[guided.xu.subject.name] == "true"
    assert AuditRow.objects.filter(action="people.attribute_set").count() == len(known())
    assert client.get(url()).url == LIST


def test_saving_twice_or_in_two_windows_states_a_fact_once(guided, client):
    guided.sign_in(client, guided.wang)
    one = {"since": "2026-09-01", f"s-{guided.xu.subject.public_id}": "true"}
    for value in ("true", "false"):
        client.post(url(), one | {f"s-{guided.xu.subject.public_id}": value})
    assert known() == {guided.xu.subject.name: "true"}
    assert Attribute.objects.filter(name="teaching").count() == 1


def test_nothing_chosen_or_a_wrong_day_is_said_and_nothing_is_saved(guided, client):
    guided.sign_in(client, guided.wang)
    assert "还没有选" in client.post(url(), {"since": "2026-09-01"}).content.decode()
    page = client.post(url(), {"since": "昨天", "rest": "true"})
    assert page.status_code == 200
    assert not known()


def test_a_mark_of_a_child_is_decided_child_by_child(cast, client):
    change(cast.programme, CARE, "只访重点关爱的学生", by=cast.wang.account, base=1)
    cast.sign_in(client, cast.liu)
    page = client.get(url("priority_care")).content.decode()
    assert cast.students[1][0].name in page
    assert cast.students[2][0].name not in page
    assert "一律登记为" not in page
    client.post(url("priority_care"), {"since": "2026-09-01", "rest": "true"})
    assert not known("priority_care")
    client.post(
        url("priority_care"),
        {"since": "2026-09-01"}
        | {f"s-{who.public_id}": "true" for who in (cast.students[1][0], cast.students[2][0])},
    )
    assert known("priority_care") == {cast.students[1][0].name: "true"}


def test_a_secretary_is_not_sent_to_record_what_only_a_class_teacher_may(cast, client):
    change(cast.programme, CARE, "只访重点关爱的学生", by=cast.wang.account, base=1)
    address = reverse("desk:programme", args=[cast.programme.public_id])
    cast.sign_in(client, cast.wang)
    assert "还没有登记" not in client.get(address).content.decode()
    assert "登记方案要看的情况" in client.get(reverse("setup:next_steps")).content.decode()
    assert "都登记了" in client.get(LIST).content.decode()
    cast.sign_in(client, cast.liu)
    assert "重点关爱" in client.get(LIST).content.decode()


@pytest.mark.parametrize("who", ["xu", "ma", "sun", "guo", "zhou", "zhao"])
def test_who_may_not_know_a_mark_finds_no_page_and_no_count(cast, client, who):
    change(cast.programme, CARE, "只访重点关爱的学生", by=cast.wang.account, base=1)
    player = getattr(cast, who)
    cast.sign_in(client, player)
    if who != "ma":
        assert client.get(url("priority_care")).status_code == 404
        assert "重点关爱" not in client.get(LIST).content.decode()
    assert cast.students[1][0].name not in client.get(url("priority_care")).content.decode()


def test_the_first_list_of_staff_holds_from_the_start_of_the_year_although_its_founder_is_there(cast):
    assert default_since(cast.school, "staff", TODAY) == TODAY
    new = School.objects.create(name="新学校")
    founder = people.make_staff(new, "符建")
    founder.person.account = Account.objects.create(login="founder", is_founder=True)
    founder.person.save(update_fields=["account"])
    assert default_since(new, "staff", TODAY) == date(2026, 9, 1)
    people.make_staff(new, "来自名单")
    assert default_since(new, "staff", TODAY) == TODAY

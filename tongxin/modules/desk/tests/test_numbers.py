"""Numbers and days a programme leaves open: who is asked, what is saved, and what it does to what is owed."""

import pytest
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Attribute
from tongxin.kernel.obligations import queries
from tongxin.testing.cast import TODAY
from tongxin.testing.openings import add_openings


@pytest.fixture
def opened(cast):
    add_openings(cast)
    return cast


def address(cast, key=""):
    where = reverse("desk:numbers", args=[cast.programme.public_id])
    return f"{where}?number={key}" if key else where


def of_class(cast):
    return f"ask:visits-as-set@{cast.room_one.subject.public_id}"


def of_day(cast):
    school = cast.school.subjects.get(type="school")
    return f"announced:second-report-day@{school.public_id}"


def verdicts_of(cast, rule):
    asked = queries.ask(cast.programme, TODAY)
    return {verdict.subject: verdict for verdict in asked.verdicts([rule]) if verdict.obligation == rule}


def test_the_class_teacher_sets_the_number_of_the_class_and_it_is_owed_from_then_on(opened, client):
    opened.sign_in(client, opened.liu)
    assert "学生家访的次数由班主任定" in client.get(reverse("desk:home")).content.decode()
    assert "还没有填" in client.get(address(opened)).content.decode()
    before = verdicts_of(opened, "visits-as-set")
    assert {verdict.reason for verdict in before.values()} == {"not set"}
    client.post(address(opened, of_class(opened)), {"value": "30", "since": TODAY.isoformat()})
    row = Attribute.objects.current().get(name="ask:visits-as-set")
    assert (row.value, row.subject_id) == ("30", opened.room_one.subject.pk)
    assert AuditRow.objects.filter(action="obligations.number_set").count() == 1
    owed = [verdict.owed for verdict in verdicts_of(opened, "visits-as-set").values()]
    assert sorted(owed) == [0] * 6 + [30] * 6
    assert "现在是30" in client.get(address(opened)).content.decode()


def test_what_is_set_leaves_the_list_at_home(opened, client):
    opened.sign_in(client, opened.liu)
    client.post(address(opened, of_class(opened)), {"value": "0.5", "since": TODAY.isoformat()})
    assert "待定数字" not in client.get(reverse("desk:home")).content.decode()


@pytest.mark.parametrize("value", ["", "-1", "许多", "1.234"])
def test_what_is_no_number_is_not_saved(opened, client, value):
    opened.sign_in(client, opened.liu)
    page = client.post(address(opened, of_class(opened)), {"value": value, "since": TODAY.isoformat()})
    assert "field__error" in page.content.decode()
    assert not Attribute.objects.filter(name="ask:visits-as-set").exists()


def test_the_secretary_announces_a_day_and_can_move_it(opened, client):
    opened.sign_in(client, opened.wang)
    for day in ("2026-12-10", "2026-12-20"):
        client.post(address(opened, of_day(opened)), {"value": day})
    row = Attribute.objects.current().get(name="announced:second-report-day")
    assert row.value == "2026-12-20"
    verdicts = verdicts_of(opened, "study-by-the-day").values()
    assert {verdict.last.isoformat() for verdict in verdicts} == {"2026-12-20"}
    page = client.post(address(opened, of_day(opened)), {"value": "2025-12-01"}).content.decode()
    assert "这一天在今年的方案开始之前" in page


@pytest.mark.parametrize("who", ["xu", "li", "chen", "sun", "guo", "zhou", "zhao"])
def test_nobody_who_is_not_asked_finds_the_page(opened, client, who):
    opened.sign_in(client, getattr(opened, who))
    assert client.get(address(opened)).status_code == 404
    assert client.post(address(opened, of_class(opened)), {"value": "3"}).status_code == 404
    assert not Attribute.objects.filter(name="ask:visits-as-set").exists()


def test_the_number_of_another_class_is_not_there(opened, client):
    opened.sign_in(client, opened.ma)
    found = client.post(address(opened, of_class(opened)), {"value": "3", "since": TODAY.isoformat()})
    assert found.status_code == 404


NAMED = "announced:\n  - {announced: second-report-day, title: 第二次汇报日, title_en: the second report day}\nkinds:\n"


def test_what_is_announced_is_called_by_its_title_everywhere(opened, client):
    opened.add_rules("", ("kinds:\n", NAMED))
    opened.sign_in(client, opened.wang)
    rule, member = "study-by-the-day", opened.xu.subject
    verdict = next(v for v in verdicts_of(opened, rule).values() if v.subject == str(member.pk))
    assert verdict.verdict == "not_expected"
    duty = reverse("desk:duty", args=[opened.programme.public_id, rule])
    why = reverse("desk:why", args=[opened.programme.public_id, rule, member.public_id, verdict.first])
    assert "“第二次汇报日”还没有公布或填写" in client.get(why).content.decode()
    for page in (reverse("desk:home"), address(opened), duty, why):
        shown = client.get(page).content.decode()
        assert "第二次汇报日" in shown, page
        assert "second-report-day（" not in shown
        assert "（second-report-day）" not in shown
    client.post(address(opened, of_day(opened)), {"value": "2026-12-10"})
    assert verdicts_of(opened, rule)[str(member.pk)].verdict == "open"


def test_what_is_announced_without_a_title_is_called_by_its_id(opened, client):
    opened.sign_in(client, opened.wang)
    assert "在公布的日期（second-report-day）前" in client.get(address(opened)).content.decode()

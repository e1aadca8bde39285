"""Coverage: names for those who reach them, figures for others, small ones hidden; the same as Excel, on record."""

import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.people import services as people
from tongxin.testing.cast import SINCE

from .conftest import BEGUN


@pytest.fixture
def marked(two):
    """Four children of each class are to have somebody."""
    for one in two.cast.students[1][:4] + two.cast.students[2][:4]:
        people.set_attribute(one, "priority_care", True, since=SINCE)
    return two


def rows(client, player, kind="mentor_of", **query):
    client.force_login(player.account)
    answer = client.get(reverse("mentoring:coverage", args=[kind]), query)
    return (
        {row.subject.name: row.names for row in answer.context["rows"]} if answer.status_code == 200 else None
    )


def figures(client, player, kind="mentor_of"):
    client.force_login(player.account)
    found = client.get(reverse("mentoring:kinds")).context["kinds"]
    return next(([f.words for f in one["figures"]] for one in found if one["kind"].link == kind), None)


def test_the_counsellor_sees_every_child_and_who_has_nobody(client, marked):
    found = rows(client, marked.cast.chen)

    assert len(found) == 8
    assert found[marked.child.name] == [marked.cast.xu.subject.name]
    assert found[marked.cast.students[2][0].name] == []
    assert len(rows(client, marked.cast.chen, only="without")) == 7


def test_a_class_teacher_sees_the_own_class(client, marked):
    assert set(rows(client, marked.cast.ma)) == {one.name for one in marked.cast.students[2][:4]}


@pytest.mark.parametrize("who", ["wang", "sun", "li", "xu", "guo", "zhao"])
def test_who_does_not_reach_the_children_finds_no_list(client, marked, who):
    found = rows(client, getattr(marked.cast, who))

    assert found is None or not set(found) & {
        one.name for ones in marked.cast.students.values() for one in ones
    }


def test_the_secretary_sees_figures_and_few_are_hidden(client, marked):
    assert figures(client, marked.cast.wang)[1] == "人数太少，不显示"
    for one in marked.cast.students[1][1:4] + marked.cast.students[2][:4]:
        people.set_link("mentor_of", marked.cast.xu.subject, one, since=BEGUN)
    assert figures(client, marked.cast.wang)[1] == "8/8（100%）"
    client.force_login(marked.cast.wang.account)
    text = client.get(reverse("mentoring:kinds")).content.decode()
    assert all(one.name not in text for one in marked.cast.students[1])


def test_every_class_and_every_member_is_reckoned_for_the_second_class_teachers(client, two):
    assert figures(client, two.cast.wang, "homeroom_liaison") == ["1/3（33%）", "1/2（50%）"]
    assert rows(client, two.cast.wang, "homeroom_liaison") == {
        "七年级1班": [two.cast.li.subject.name],
        "七年级2班": [],
    }
    assert rows(client, two.cast.wang, "homeroom_liaison", side="a")[two.cast.xu.subject.name] == []


def test_a_name_or_its_pinyin_finds_people(client, marked):
    assert set(rows(client, marked.cast.chen, q="anxiaohe")) == {"安小禾"}
    assert set(rows(client, marked.cast.chen, q="白")) == {"白云飞"}
    assert rows(client, marked.cast.chen, q="nobody") == {}


def test_a_long_list_has_pages(client, marked, monkeypatch):
    monkeypatch.setattr("tongxin.modules.mentoring.coverage.PAGE", 5)
    first, second = rows(client, marked.cast.chen), rows(client, marked.cast.chen, page=2)

    assert (len(first), len(second)) == (5, 3)
    assert not set(first) & set(second)
    assert rows(client, marked.cast.chen, page="x") == first


def test_the_workbook_has_both_sides_and_is_on_record(client, two):
    client.force_login(two.cast.wang.account)
    answer = client.get(reverse("mentoring:coverage_export", args=["master_of"]))

    book = load_workbook(io.BytesIO(answer.content))
    text = "\n".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row)
    assert two.young.subject.name in text
    assert AuditRow.objects.get(action="pairs.coverage_exported").data["export"] in text


@pytest.mark.parametrize(("who", "kind"), [("wang", "mentor_of"), ("chen", "master_of"), ("xu", "master_of")])
def test_nobody_takes_away_what_they_do_not_reach(client, two, who, kind):
    client.force_login(getattr(two.cast, who).account)

    assert client.get(reverse("mentoring:coverage_export", args=[kind])).status_code == 404


def test_a_page_of_coverage_costs_the_same_queries_for_any_number(
    client, marked, django_assert_max_num_queries
):
    for one in marked.cast.students[1][1:] + marked.cast.students[2]:
        people.set_link("mentor_of", marked.cast.xu.subject, one, since=BEGUN)
    rows(client, marked.cast.chen)
    with django_assert_max_num_queries(25):
        client.get(reverse("mentoring:coverage", args=["mentor_of"]))

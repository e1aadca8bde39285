"""Before a programme or a change of one is approved: the hours it takes, and whose verdict it would change."""

import io
import re
from datetime import date

import openpyxl
import pytest
from django.urls import reverse

from tongxin.kernel.obligations.changes import changes
from tongxin.kernel.obligations.owing import would_owe
from tongxin.kernel.programmes.packs import parse
from tongxin.kernel.programmes.queries import current_version
from tongxin.kernel.programmes.services import change
from tongxin.testing.cast import TODAY, crowd
from tongxin.testing.pack import PACK

TWICE = PACK.replace("    at_least: 1\n    window: term\n", "    at_least: 2\n    window: term\n", 1).replace(
    "    cases:\n      - {name: 没有家访，学期中算待完成, entries: [], as_of: 2026-11-18, verdict: open}\n",
    "",
    1,
)
SPRING = date(2026, 4, 10)


def url(name, cast, *more):
    return reverse(f"desk:{name}", args=[cast.programme.public_id, *more])


@pytest.fixture
def changed(cast):
    """Everybody of the first class was visited once last term; the new version asks for two visits."""
    for student in cast.students[1]:
        cast.visit(student, SPRING)
    change(cast.programme, TWICE, "加一次", by=cast.wang.account, base=1)
    return cast


def texts(cast):
    versions = cast.programme.versions
    return parse(versions.get(number=1).text), parse(versions.get(number=2).text)


def test_the_last_term_is_judged_as_if_the_new_rule_had_been_in_force(changed):
    said = changes(changed.chen.viewer(), changed.school, *texts(changed), TODAY)
    assert (said.first, said.last) == (date(2026, 3, 2), date(2026, 7, 3))
    assert {row.subject for row in said.rows} == set(changed.students[1])
    assert {(row.before, row.after) for row in said.rows} == {("met", "missed")}
    assert said.moves == [("met", "missed", len(changed.students[1]))]
    assert (said.beyond, said.untold) == ([], False)


def test_names_are_told_within_reach_and_beyond_it_only_about_how_many(changed):
    for member in crowd(changed, 40):
        changed.visit(member, SPRING)
    told = changes(changed.liu.viewer(), changed.school, *texts(changed), TODAY)
    assert len(told.rows) == len(changed.students[1]) + 40
    told = changes(changed.wang.viewer(), changed.school, *texts(changed), TODAY)
    assert (told.rows, told.moves) == ([], [])
    ((before, after, n),) = told.beyond
    assert (before, after) == ("met", "missed")
    assert n % 5 == 0
    assert abs(n - 46) <= 7


def test_a_text_that_is_the_same_changes_nobody(cast):
    pack = parse(current_version(cast.programme).text)
    said = changes(cast.chen.viewer(), cast.school, pack, pack, TODAY)
    assert (said.rows, said.moves, said.beyond) == ([], [], [])


def test_the_page_counts_and_hides_the_names_its_reader_may_not_read(changed, client):
    for member in crowd(changed, 40):
        changed.visit(member, SPRING)
    changed.sign_in(client, changed.wang)
    page = client.get(url("version_people", changed, 2)).content.decode()
    assert re.search("不列姓名的大约有(40|45|50)个从“已完成”变为“未完成”", page)
    assert "安小禾" not in page
    assert "人数少的变化不显示" in page


def test_the_list_goes_page_by_page_and_out_as_a_workbook(cast, client):
    from python_calamine import CalamineWorkbook

    for member in crowd(cast, 3):
        cast.visit(member, SPRING)
    hours = {"attendee": [cast.xu.subject, cast.li.subject, cast.liu.subject]}
    cast.record("branch_study", SPRING, hours, by=cast.li, hours=5)
    more = PACK.replace("    at_least: 4\n", "    at_least: 6\n", 1)
    change(cast.programme, more, "加学时", by=cast.wang.account, base=1)
    cast.sign_in(client, cast.wang)
    page = client.get(url("version_people", cast, 2)).content.decode()
    assert "许静" in page
    assert client.get(url("version_people", cast, 2), {"page": "9"}).status_code == 404
    answer = client.get(url("version_people_export", cast, 2))
    rows = str(CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python())
    assert "许静" in rows
    assert "未完成" in rows


@pytest.mark.parametrize("who", ["liu", "li", "chen", "sun", "guo", "zhao"])
def test_others_find_neither_page(cast, client, who):
    cast.sign_in(client, getattr(cast, who))
    for address in (
        url("version_people", cast, 1),
        url("version_people_export", cast, 1),
        url("load_programme", cast),
        reverse("desk:load_offer", args=["three-platforms-five-integrations"]),
        reverse("desk:owing_offer", args=["three-platforms-five-integrations"]),
        reverse("desk:owing_offer_export", args=["three-platforms-five-integrations"]),
    ):
        assert client.get(address).status_code == 404


def test_the_hours_of_a_programme_name_who_is_full_and_what_takes_most(cast, client):
    cast.sign_in(client, cast.wang)
    page = client.get(url("load_programme", cast)).content.decode()
    assert "最紧的是" in page
    assert "每名学生每学期至少家访一次" in page
    client.post(url("load_programme", cast), {"hours": "0.1"})
    page = client.get(url("load_programme", cast)).content.decode()
    assert "个人的时间不够" in page
    assert "超出能用的0.1小时" in page
    assert "请填写小时数" in client.post(url("load_programme", cast), {"hours": ""}).content.decode()


def test_who_would_owe_what_is_read_and_exported_before_a_pack_is_adopted(cast, client):
    cast.sign_in(client, cast.wang)
    slug = "three-platforms-five-integrations"
    assert "看谁要做什么" in client.get(reverse("desk:adopt_pack", args=[slug])).content.decode()
    page = client.get(reverse("desk:owing_offer", args=[slug]))
    shown = [name for name, _rows in page.context["people"]]
    assert shown
    assert "个人要做事" in page.content.decode()
    answer = client.get(page.context["export_url"])
    book = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = [cell.value for row in book for cell in row]
    assert set(shown) <= set(rows)
    children = [one.name for room in cast.students.values() for one in room]
    assert not [name for name in children if name in str(rows) or name in page.content.decode()]
    assert client.get(reverse("desk:owing_offer", args=["nothing"])).status_code == 404


def test_duties_towards_children_whom_the_reader_may_not_name_tell_nothing_of_who_bears_them(cast):
    for_all = parse(PACK)
    found = would_owe(cast.wang.viewer(), cast.school, for_all, TODAY)
    (visits,) = [r for r in found.rows if r.rule.id == "visit-once-a-term" and r.person == cast.liu.subject]
    assert visits.about == len(cast.students[1]), "whom everybody has in a class is no secret"
    of_few = PACK.replace(
        "    subject: student\n", "    subject: student\n    where: {priority_care: true}\n", 1
    )
    found = would_owe(cast.wang.viewer(), cast.school, parse(of_few), TODAY)
    assert "visit-once-a-term" not in {row.rule.id for row in found.rows}
    assert found.untold


def test_the_hours_of_a_pack_are_seen_before_it_is_adopted(cast, client):
    cast.sign_in(client, cast.wang)
    slug = "three-platforms-five-integrations"
    assert "看要用去多少时间" in client.get(reverse("desk:adopt_pack", args=[slug])).content.decode()
    page = client.get(reverse("desk:load_offer", args=[slug]))
    assert "要用去多少时间" in page.content.decode()
    assert client.get(reverse("desk:load_offer", args=["nothing"])).status_code == 404

"""The daily room on a phone, as a teacher uses it between two lessons."""

import time

import pytest
from playwright.sync_api import expect

from tongxin.kernel.base import space
from tongxin.kernel.ledger.models import Entry, Evidence
from tongxin.testing.again import again
from tongxin.testing.browser import assert_sound, enter, violations
from tongxin.testing.cast import adopted_cast, picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def school(live_server, today):
    cast = again("cast", adopted_cast)
    cast.address = live_server.url
    return cast


def test_a_visit_with_a_photo_is_logged_from_the_to_do_list_in_under_thirty_seconds(school, phone, tmp_path):
    photo = tmp_path / "IMG_0001.jpg"
    photo.write_bytes(picture(1200))
    enter(phone, school.address, school.liu.account)
    phone.goto(school.address)
    begun = time.monotonic()
    phone.get_by_text("还差 6 个，逐个登记").click()
    phone.get_by_role("link", name="安小禾").click()
    phone.get_by_label("入户").check()
    phone.set_input_files("#evidence_photo", photo)
    phone.get_by_role("button", name="保存").click()
    phone.get_by_text("补上了一项：每名学生每学期至少家访一次").wait_for()
    assert time.monotonic() - begun < 30
    assert Entry.objects.get().mode == "in_person"
    assert Evidence.objects.get().type == "photo"
    assert violations(phone) == []


def test_a_full_disk_is_said_where_the_form_is_and_the_same_form_is_saved_once_there_is_room(
    school, phone, settings
):
    enter(phone, school.address, school.liu.account)
    student = school.students[1][1].public_id
    phone.goto(f"{school.address}/record/home_visit/?visited={student}&mode=online")
    usual, settings.LEAST_FREE_MIB = settings.LEAST_FREE_MIB, 2**40
    space.forget()
    phone.get_by_role("button", name="保存").click()
    expect(phone.get_by_text("服务器的磁盘满了，这一次没有保存。您填写的内容还在这里。")).to_be_visible()
    assert not Entry.objects.exists()
    settings.LEAST_FREE_MIB = usual
    space.forget()
    phone.get_by_role("button", name="重新发送").click()
    phone.get_by_role("button", name="撤销").wait_for()
    assert Entry.objects.count() == 1


def test_a_saved_visit_can_be_undone_from_the_toast(school, phone):
    enter(phone, school.address, school.liu.account)
    student = school.students[1][1].public_id
    phone.goto(f"{school.address}/record/home_visit/?visited={student}&mode=online")
    phone.get_by_role("button", name="保存").click()
    phone.get_by_role("button", name="撤销").click()
    phone.get_by_text("已撤销刚才的登记").wait_for()
    assert not Entry.objects.current().exists()


def test_a_colleague_is_found_by_initials_while_typing(school, phone):
    enter(phone, school.address, school.li.account)
    phone.goto(f"{school.address}/record/branch_study/")
    box = phone.locator("[data-people]").first
    phone.get_by_text("参加人：李梅").click()
    box.get_by_role("searchbox").fill("xj")
    box.get_by_label("许静").check()
    expect(box.locator(".people__chosen").get_by_text("许静")).to_be_visible()


PAGES = [
    "/",
    "/record/",
    "/record/home_visit/",
    "/ledger/",
    "/ledger/outline/",
    "/programmes/",
    "/calendar/",
    "/me/",
]


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_the_pages_are_accessible_and_fit(school, request, size):
    page = request.getfixturevalue(size)
    school.visit(school.students[1][0], school.programme.first_day)
    enter(page, school.address, school.chen.account)
    programme = f"/programmes/{school.programme.public_id}/"
    more = [
        programme,
        f"{programme}duties/",
        f"{programme}duties/visit-once-a-term/",
        f"{programme}schedule/",
    ]
    for address in [*PAGES, *more]:
        page.goto(school.address + address)
        assert_sound(page, address)

"""The staff's pages on a phone and on a desk: nothing runs over, everything can be reached and read; progress is live."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tongxin.kernel.obligations import outbox
from tongxin.modules.screening import instruments, sittings
from tongxin.modules.screening.models import InstrumentText
from tongxin.modules.screening.signals import of_sitting
from tongxin.testing.again import again
from tongxin.testing.browser import enter, looker, violations
from tongxin.testing.cast import adopted_cast
from tongxin.testing.screening import FIRST, LAST, make_hall, prove_page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
look = looker("manage")


@pytest.fixture
def school(live_server, today, keys):
    hall = again("hall", make_hall, again("cast", adopted_cast))
    hall.address = live_server.url
    again("answers for the staff", answer, hall)
    return hall


def answer(hall):
    outbox.beat()
    hall.enter({"1": "2", "2": "2", "3": "2", "4": "2", "5": "1", "6": "1"}, 1)
    hall.enter({"9": "1"}, 0)
    hall.begun(2)


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_every_page_of_the_counsellor_fits_and_can_be_read(school, screen, request):
    page = request.getfixturevalue(screen)
    enter(page, school.address, school.cast.chen.account)
    prove_page(page, school.address, school.cast.chen)
    plan = sittings.create(
        school.cast.school,
        sittings.Plan("春季测评", FIRST, LAST, [(InstrumentText.objects.get(), "student")]),
        by=school.cast.chen.viewer(),
    )
    room = school.cast.room_one.subject.public_id
    own = instruments.take(school.cast.school, "gad-7", by=school.cast.chen.account)
    running = school.sitting.public_id
    signal = of_sitting(school.sitting).filter(urgent=True).get()
    for name, arguments in (
        ("screening:home", []),
        ("screening:sitting_new", []),
        ("screening:sitting", [plan.public_id]),
        ("screening:sitting_open", [plan.public_id]),
        ("screening:sitting", [running]),
        ("screening:sitting_edit", [running]),
        ("screening:codes", [running]),
        ("screening:code", [running, room]),
        ("screening:code_slips", [running, room]),
        ("screening:progress", [running]),
        ("cases:chain", []),
        ("cases:duty", []),
        ("cases:signals", []),
        ("cases:signals_in_order", []),
        ("cases:signal", [signal.public_id]),
        ("cases:signals_done", []),
        ("screening:instruments", []),
        ("screening:instrument", [own.public_id]),
        ("screening:instrument_shipped", ["mht"]),
        ("screening:instrument_words", ["mht"]),
        ("screening:instrument_upload", []),
    ):
        page.goto(school.address + reverse(name, args=arguments))
        page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
        look(page, f"{name.partition(':')[2]}-{'plan' if plan.public_id in arguments else 'run'}")


def test_a_class_teacher_finds_the_own_class_on_a_phone(school, phone):
    enter(phone, school.address, school.cast.liu.account)
    phone.goto(school.address + reverse("screening:home"))
    look(phone, "teacher-home")
    phone.get_by_role("link", name="秋季测评").click()
    phone.get_by_text("还没交的是谁").click()
    phone.get_by_text("丁可欣").wait_for()
    expect(phone.get_by_text("七年级2班")).to_have_count(0)
    look(phone, "teacher-progress")


def test_progress_moves_by_itself_and_keeps_open_what_was_open(school, desktop):
    enter(desktop, school.address, school.cast.chen.account)
    desktop.goto(school.address + reverse("screening:progress", args=[school.sitting.public_id]))
    desktop.get_by_text("还没交的是谁").first.click()
    desktop.get_by_text("程一诺").wait_for()
    school.enter({}, 3)
    desktop.get_by_text("丁可欣").wait_for(state="detached")
    expect(desktop.get_by_text("程一诺").first).to_be_visible()


def test_who_is_called_takes_a_child_on_a_phone(school, phone):
    enter(phone, school.address, school.cast.chen.account)
    phone.goto(school.address)
    phone.get_by_role("link", name="打开").first.click()
    phone.get_by_role("button", name="我来处理 安小禾").click()
    phone.get_by_text("您接手了安小禾").wait_for()
    look(phone, "taken")


def test_how_many_are_asked_follows_the_boxes(school, desktop):
    enter(desktop, school.address, school.cast.chen.account)
    desktop.goto(school.address + reverse("screening:sitting_new"))
    desktop.get_by_text("2 个班的 12 名学生").wait_for()
    desktop.get_by_label("七年级1班").check()
    desktop.get_by_text("1 个班的 6 名学生").wait_for()
    desktop.locator("#id_who").press_sequentially("grade: 8")
    desktop.get_by_text("0 个班的 0 名学生").wait_for()
    assert violations(desktop) == []

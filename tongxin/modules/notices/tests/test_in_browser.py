"""The pages of notices on a phone and on a desk: nothing runs over, everything can be reached and read."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tongxin.exchange.notices import services
from tongxin.exchange.notices.models import Robot
from tongxin.kernel.obligations import outbox
from tongxin.kernel.obligations.reminders import remind
from tongxin.testing.again import again
from tongxin.testing.browser import assert_sound, enter

from .conftest import LAST, escalating

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def school(live_server, today):
    cast = again("escalating", escalating)
    remind(cast.school, LAST.replace(day=LAST.day + 3))
    outbox.put(
        "k",
        school_id=cast.school.pk,
        recipient_id=cast.wang.subject.pk,
        topic="due",
        data={"title": "述职报告"},
    )
    robot = Robot(school=cast.school, service="wecom", title="党员群", trouble="refused")
    services.save_robot(robot, key="wecomkey-1234", sign="", by=cast.guo.viewer())
    cast.address = live_server.url
    return cast


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_every_page_fits_and_can_be_read(school, screen, request):
    page = request.getfixturevalue(screen)
    enter(page, school.address, school.wang.account)
    for name in ("inbox", "matters", "settings", "robot_new", "preferences", "feed_page"):
        page.goto(school.address + reverse(f"notices:{name}"))
        if name == "matters":
            page.get_by_text("经过").first.click()
        if name == "feed_page":
            page.get_by_role("button", name="生成日历地址").click()
            page.get_by_role("link", name="在这台设备上订阅").wait_for()
        assert_sound(page, name)


def test_a_notice_is_known_from_the_first_page_on_a_phone(school, phone):
    enter(phone, school.address, school.wang.account)
    phone.goto(school.address)
    phone.get_by_text("述职报告，请留意。").wait_for()
    phone.get_by_role("button", name="知道了").first.click()
    expect(phone.get_by_text("述职报告")).to_have_count(0)

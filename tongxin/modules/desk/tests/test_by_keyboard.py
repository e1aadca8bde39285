"""From signing in to a closed gap with no mouse: every stop is reached by Tab, in order, and can be seen."""

import pytest
from playwright.sync_api import expect

from tongxin.kernel.ledger.models import Entry, Evidence
from tongxin.testing.again import again
from tongxin.testing.browser import enter, violations
from tongxin.testing.cast import adopted_cast, picture
from tongxin.testing.keyboard import Keyboard

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "qingshan-2026-anquan"


@pytest.fixture
def school(live_server, today):
    cast = again("cast", adopted_cast)
    cast.address = live_server.url
    cast.liu.account.set_password(PASSWORD)
    cast.liu.account.save()
    return cast


class Choosers:
    """The windows in which a file is chosen. Listened for from the beginning: a browser that is told only when the key is
    pressed sometimes opens its own instead, which nobody hears of."""

    def __init__(self, page):
        self.page, self.opened = page, []
        page.on("filechooser", self.note)

    def note(self, chooser):
        self.opened.append(chooser)

    def choose(self, keys, path):
        keys.press("Enter")
        for _look in range(300):
            if self.opened:
                break
            self.page.wait_for_timeout(100)
        self.opened.pop().set_files(path)


def test_a_visit_with_people_and_a_photo_is_logged_by_keyboard_and_the_gap_closes(school, desktop, tmp_path):
    photo = tmp_path / "IMG_0001.jpg"
    photo.write_bytes(picture(1200))
    keys, choosers = Keyboard(desktop), Choosers(desktop)
    desktop.goto(school.address)
    keys.reach("登录名", tag="input")
    keys.type("liu")
    keys.reach("密码", tag="input")
    keys.type(PASSWORD)
    keys.press("Enter")
    desktop.get_by_text("还差 6 个，逐个登记").wait_for()

    keys.reach("跳到正文")
    keys.press("Enter")
    keys.reach("还差 6 个，逐个登记")
    keys.press("Enter")
    keys.reach("安小禾")
    keys.press("Enter")
    desktop.get_by_role("heading", name="登记家访").wait_for()

    keys.reach("跳到正文")
    keys.press("Enter")
    keys.reach("受访学生：安小禾", tag="summary")
    keys.press("Enter")
    keys.reach("受访学生", tag="input")
    keys.type("byf")
    desktop.locator("li:not([hidden])", has_text="白云飞").first.wait_for()
    keys.press("Enter")
    desktop.get_by_role("button", name="白云飞").wait_for()
    keys.reach("入户", tag="input")
    keys.press("Space")
    keys.reach("照片", tag="input")
    choosers.choose(keys, photo)
    desktop.locator(".photos__list img").wait_for()
    keys.reach("保存", tag="button")
    keys.press("Enter")
    desktop.get_by_text("补上了").first.wait_for()
    assert {row.subject.name for row in Entry.objects.get().participations.filter(part="visited")} == {
        "安小禾",
        "白云飞",
    }
    assert (Entry.objects.get().mode, Evidence.objects.get().type) == ("in_person", "photo")
    keys.reach("跳到正文")
    keys.press("Enter")
    keys.reach("还差 4 个，逐个登记")
    assert violations(desktop) == []


def test_arrows_go_through_the_names_and_a_chosen_one_is_taken_out_again(school, desktop):
    keys = Keyboard(desktop)
    enter(desktop, school.address, school.liu.account)
    desktop.goto(f"{school.address}/record/home_visit/")
    keys.reach("受访学生", tag="input")
    desktop.locator("[data-people-list] li").first.wait_for()
    keys.press("ArrowDown", "Space", "ArrowDown", "Space")
    chosen = desktop.locator(".people__chosen").first
    expect(chosen.locator("button")).to_have_count(2)
    first = chosen.locator("button").first.text_content()
    keys.reach(f"去掉 {first}", tag="button", back=True)
    keys.press("Enter")
    expect(chosen.locator("button")).to_have_count(1)
    assert keys.here()["tag"] == "input", "the focus is back where names are looked for"

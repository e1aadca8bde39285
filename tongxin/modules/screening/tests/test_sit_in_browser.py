"""A child with a phone: the code on the board, what it is about, a connection that breaks, and a kind word at the end."""

from contextlib import suppress

import pytest
from playwright.sync_api import Error, expect

from tongxin.kernel.access.reading import opened_by_program
from tongxin.kernel.base.models import Account
from tongxin.kernel.people.models import Person
from tongxin.modules.screening.models import EntryCode, Page, Paper, SittingForm
from tongxin.testing.again import again
from tongxin.testing.browser import enter, looker
from tongxin.testing.cast import adopted_cast
from tongxin.testing.screening import make_hall

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
look = looker("sit")


@pytest.fixture
def hall(live_server, today, keys):
    cast = again("cast", adopted_cast)
    made = again("hall", make_hall, cast)
    cast.address = live_server.url
    return made


@pytest.fixture(params=["phone", "desktop"])
def page(request):
    return request.getfixturevalue(request.param)


def come_in(page, hall, number=0):
    """From the code on the board to the first page of questions."""
    code = EntryCode.objects.get(room=hall.cast.room_one.subject).code
    page.goto(f"{hall.cast.address}/sit/")
    look(page, "enter")
    page.get_by_label("测评码").fill(code.lower())
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("学号").fill(f"2026{number + 1:03}")
    page.get_by_label("姓名").fill(hall.child(number).name)
    look(page, "class")
    page.get_by_role("button", name="坐下来").click()
    page.get_by_role("heading", name="先看一看").wait_for()
    look(page, "agree")
    page.get_by_role("button", name="开始", exact=True).click()
    page.get_by_text("第1页，共4页").wait_for()


def choose(page, number, words):
    page.locator(f"fieldset[data-item='{number}']").get_by_text(words, exact=True).click()


def kept():
    rows = opened_by_program(Page.objects.order_by("number"), "scoring")
    return {item: said for row in rows for item, said in row.answers["items"].items()}


def test_a_child_fills_in_with_a_lost_connection_in_the_middle_and_loses_nothing(hall, page):
    come_in(page, hall)
    look(page, "page")
    state = page.locator("[data-state]")
    choose(page, 1, "有几天")
    expect(state).to_have_text("已保存")
    assert kept() == {"1": 1}
    page.context.set_offline(True)
    choose(page, 2, "从来没有")
    choose(page, 3, "有几天")
    expect(state).to_have_text("没有网络，答案先留在这一页，连上就保存。")
    look(page, "offline")
    page.get_by_role("button", name="下一页").click()
    expect(page.get_by_text("第1页，共4页")).to_be_visible()
    assert kept() == {"1": 1}
    stored = page.evaluate("[localStorage.length, sessionStorage.length]")
    assert stored == [0, 0]
    page.context.set_offline(False)
    expect(state).to_have_text("连上了，都保存好了，可以接着填。")
    assert kept() == {"1": 1, "2": 0, "3": 1}
    page.get_by_role("button", name="下一页").click()
    page.get_by_text("第2页，共4页").wait_for()
    choose(page, 4, "从来没有")
    page.get_by_role("button", name="下一页").click()
    page.get_by_text("这一页还有 2 题没有选").wait_for()
    look(page, "ask")
    page.get_by_role("button", name="跳过，下一页").click()
    page.get_by_text("第3页，共4页").wait_for()
    for number in (7, 8, 9):
        choose(page, number, "从来没有")
    page.get_by_role("button", name="下一页").click()
    page.get_by_text("第4页，共4页").wait_for()
    page.get_by_role("button", name="填好了，交上去").click()
    page.get_by_role("heading", name="还有 2 题没有选").wait_for()
    look(page, "finish")
    page.get_by_role("button", name="就这样交上去").click()
    page.get_by_role("heading", name="谢谢你认真填完").wait_for()
    assert "安*禾" not in page.content()
    look(page, "done")
    assert Paper.objects.get().finished_at
    assert not any("seat" in cookie["name"] for cookie in page.context.cookies())
    with suppress(Error):  # Chromium may hold no copy of the answer to a form; that is what is wanted.
        page.go_back()
    expect(page.get_by_text("安*禾")).to_have_count(0)
    page.goto(f"{hall.cast.address}/sit/paper/1/")
    page.get_by_role("heading", name="这里没有正在填的问卷").wait_for()
    look(page, "nobody")
    expect(page.locator("input:checked")).to_have_count(0)
    assert "安*禾" not in page.content()


def test_a_critical_answer_leads_to_people_and_numbers_and_then_on(hall, page):
    come_in(page, hall)
    page.goto(f"{hall.cast.address}/sit/paper/3/")
    for number in (7, 8):
        choose(page, number, "从来没有")
    choose(page, 9, "有几天")
    page.get_by_role("button", name="下一页").click()
    page.get_by_role("heading", name="你不是一个人").wait_for()
    look(page, "help")
    page.get_by_role("link", name="接着填").click()
    page.get_by_text("第4页，共4页").wait_for()


def test_the_questions_are_answered_by_keyboard_and_taken_back(hall, page):
    come_in(page, hall)
    page.locator("input[name='a-1']").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-state]")).to_have_text("已保存")
    assert kept() == {"1": 1}
    with page.expect_response("**/sit/keep/"):
        page.locator("fieldset[data-item='1']").get_by_role("button", name="不选了").click()
    expect(page.locator("[data-state]")).to_have_text("已保存")
    assert kept() == {}


def test_a_guardian_reads_answers_and_fills_in_about_the_own_child(hall, page):
    SittingForm.objects.create(sitting=hall.sitting, number=2, text=hall.form.text, form="parent")
    account = Account.objects.create_user("parent")
    Person.objects.filter(pk=hall.guardians[hall.child().pk].pk).update(account=account)
    enter(page, hall.cast.address, account)
    page.goto(hall.cast.address)
    look(page, "home-guardian")
    page.get_by_role("link", name="查看或更改").click()
    page.wait_for_url("**/sit/consent/")
    look(page, "consent")
    page.goto(f"{hall.cast.address}/sit/own/")
    look(page, "own")
    page.get_by_role("button", name="去填").click()
    page.get_by_text("关于安小禾").wait_for()
    look(page, "page-guardian")

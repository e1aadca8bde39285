"""A secretary writes a rule with no mouse: the slots keep the focus while the sentence changes beside them."""

import pytest
from django.urls import reverse

from tongxin.modules.authoring import services
from tongxin.modules.authoring.models import PackDraft
from tongxin.testing.again import again
from tongxin.testing.browser import enter, looker, violations
from tongxin.testing.cast import adopted_cast
from tongxin.testing.keyboard import Keyboard

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

look = looker("authoring")
RULE = {
    "id": "visits", "title": "每学期家访一次", "since": "2026-01-01", "subject": "staff", "bearer": "self",
    "count": {"kind": "home_visit", "part": "visitor"}, "at_least": 1, "window": "term", "heading": "1",
}  # fmt: skip


@pytest.fixture
def school(live_server, today):
    cast = again("cast", adopted_cast)
    cast.address = live_server.url
    return cast


def pick(page, keys, label, option):
    """Go to a list by Tab and to a choice of it by the arrow keys; the page fetches itself anew after each choice."""
    keys.reach(label, tag="select")
    # What can be chosen follows from the choice before; the list comes anew a moment after its sentence.
    page.locator("select:focus option").get_by_text(option, exact=True).wait_for(state="attached")
    chosen = "document.activeElement.selectedOptions?.[0]?.textContent"
    if page.evaluate(chosen) == option:
        return
    page.evaluate("document.querySelector('#rule-said').dataset.old = ''")
    for key in ("Home", *["ArrowDown"] * 40):
        keys.press(key)
        if page.evaluate(chosen) == option:
            break
    assert page.evaluate(chosen) == option
    page.locator("#rule-said:not([data-old])").wait_for(state="attached")
    assert label in keys.here()["said"], "the slot has kept the focus"


def test_a_rule_is_written_tried_and_saved_by_keyboard(school, desktop):
    keys = Keyboard(desktop)
    enter(desktop, school.address, school.wang.account)
    desktop.goto(f"{school.address}/authoring/")
    keys.reach("方案叫什么", tag="input")
    keys.type("阳光家访")
    keys.press("Enter")
    desktop.get_by_role("heading", name="阳光家访").first.wait_for()
    keys.reach("跳到正文")
    keys.press("Enter")
    keys.reach("写一条要求")
    keys.press("Enter")
    desktop.get_by_text("把空格填好").wait_for()

    keys.reach("跳到正文")
    keys.press("Enter")
    keys.reach("这条要求叫什么", tag="input")
    keys.type("每学期家访每名学生")
    pick(desktop, keys, "对谁的要求", "每名学生")
    pick(desktop, keys, "谁负责", "班主任")
    pick(desktop, keys, "哪类活动", "家访")
    pick(desktop, keys, "以什么身份", "受访学生")
    keys.reach("数量", tag="input")
    keys.type("1")
    pick(desktop, keys, "多久一次", "每学期")
    keys.reach("用上学期的数据试算", tag="button")
    keys.press("Enter")
    desktop.get_by_text("不列姓名的人里").wait_for()
    assert violations(desktop) == []
    keys.reach("跳到正文")
    keys.press("Enter")
    keys.reach("保存在草稿里", tag="button")
    keys.press("Enter")
    desktop.get_by_text("已保存在草稿里").wait_for()
    (rule,) = services.pack_of(PackDraft.objects.get(title="阳光家访")).obligations
    assert (rule.title, rule.subject.name, rule.bearer.names) == (
        "每学期家访每名学生",
        "student",
        ("homeroom_teacher",),
    )


def test_a_second_window_and_a_consequence_are_chosen_by_keyboard_on_a_phone(school, phone):
    """What few need lies in a fold; opened, it keeps its place while the page fetches itself anew."""
    keys = Keyboard(phone)
    viewer = school.wang.viewer()
    draft = services.start_blank(viewer.school, "阳光家访", "calendar", by=viewer.account, today=viewer.day)
    raw = services.pack_of(draft).raw | {"obligations": [RULE]}
    draft = services.save(draft, raw, "准备", by=viewer.account, revision=draft.revision)
    enter(phone, school.address, school.wang.account)
    phone.goto(f"{school.address}{reverse('authoring:rule', args=[draft.public_id, 0])}")
    keys.reach("更多", tag="summary")
    keys.press("Enter")
    pick(phone, keys, "同时还要", "每月")
    pick(phone, keys, "没做到会怎样", "一票否决……")
    pick(phone, keys, "关系到什么", "评选")
    phone.evaluate("scrollTo(0, 0)")  # the bar at the top lies over nothing then
    look(phone, "more")
    keys.reach("保存在草稿里", tag="button")
    keys.press("Enter")
    phone.get_by_text("已保存在草稿里").wait_for()
    rule = services.pack_of(PackDraft.objects.get(pk=draft.pk)).raw["obligations"][0]
    assert rule["windows"] == ["term", "month"]
    assert rule["consequence"] == {"veto": "selection"}

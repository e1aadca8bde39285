"""A year of a pair on a small phone and on an office screen: written, agreed, wished, followed, said, arranged."""

from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tongxin.kernel.people import services as people
from tongxin.modules.mentoring.models import Agreement, Feedback, GrowthRequest, Mark, Wish
from tongxin.testing.browser import enter, looker
from tongxin.testing.cast import SINCE, TODAY

from .conftest import BEGUN

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
look = looker()


def at(live_server, name, *more):
    return live_server.url + reverse(f"mentoring:{name}", args=more)


def filled(two):
    """Give the pair a little history, as after some weeks."""
    about = {"school": two.cast.school, "kind": "mentor_of", "a": two.cast.xu.subject, "b": two.child}
    for number, (day, exam, score) in enumerate(
        (
            (date(2026, 9, 29), "月考", 5200),
            (date(2026, 10, 30), "月考", 5800),
            (date(2026, 11, 12), "期中", 6650),
        )
    ):
        for course, more in (("数学", 0), ("英语", 900)):
            Mark.objects.create(
                **about, day=day, exam=exam, course=course, result={"score": score + more, "full": 10000},
                entered_by=two.cast.xu.subject, token=f"{number}{course}",
            )  # fmt: skip
    both = {"mentor": [two.cast.xu.subject], "mentee": [two.child]}
    for day, theme in ((date(2026, 10, 13), "talk"), (date(2026, 10, 27), "study_first")):
        two.cast.record("mentor_care", day, both, by=two.cast.xu, qualifiers={"theme": theme})


def test_mentor_and_child_agree_wish_and_fulfil_on_the_phone(phone, live_server, two):
    filled(two)
    link = two.mentor.public_id
    enter(phone, live_server.url, two.cast.xu.account)
    phone.goto(at(live_server, "home"))
    look(phone, "pairs-home")
    phone.goto(at(live_server, "agreement_write", link))
    look(phone, "pairs-agreement-write")
    phone.get_by_role("button", name="写好了").click()
    phone.get_by_role("button", name="确认").click()
    expect(phone.get_by_text("已确认。")).to_be_visible()
    look(phone, "pairs-agreement")
    enter(phone, live_server.url, two.pupil.account)
    phone.goto(at(live_server, "agreement", link))
    phone.get_by_role("button", name="确认").click()
    expect(phone.get_by_text("已确认。")).to_be_visible()
    assert Agreement.objects.get().signed
    phone.goto(at(live_server, "wish_new", link))
    phone.get_by_label("一个小心愿").fill("想要一本《昆虫记》")
    look(phone, "pairs-wish-new")
    phone.get_by_role("button", name="写好了").click()
    expect(phone.get_by_text("等老师认领")).to_be_visible()
    look(phone, "pairs-pair-child")
    enter(phone, live_server.url, two.cast.xu.account)
    phone.goto(at(live_server, "pair", link))
    look(phone, "pairs-pair-mentor")
    phone.get_by_role("link", name="去认领").click()
    look(phone, "pairs-wish")
    phone.get_by_role("button", name="我来实现").click()
    phone.get_by_role("link", name="登记实现").click()
    phone.get_by_label("送了东西").check()
    phone.get_by_role("button", name="登记实现").click()
    expect(phone.get_by_text("心愿实现了。")).to_be_visible()
    assert Wish.objects.get().fulfilled_on == TODAY
    phone.goto(at(live_server, "marks", link))
    look(phone, "pairs-marks")


def test_both_sides_say_how_it_goes_with_a_few_taps(phone, live_server, two):
    for player, name in ((two.pupil, "child"), (two.cast.xu, "mentor")):
        enter(phone, live_server.url, player.account)
        phone.goto(at(live_server, "feedback", two.mentor.public_id))
        for group in phone.locator("form.form fieldset").all()[:4]:
            group.get_by_label("4", exact=True).check()
        phone.get_by_label("愿意继续").check()
        look(phone, f"pairs-feedback-{name}")
        phone.get_by_role("button", name="交", exact=True).click()
        expect(phone.get_by_text("收到了，谢谢。")).to_be_visible()
    assert Feedback.objects.count() == 2
    enter(phone, live_server.url, two.parent.account)
    phone.goto(at(live_server, "pair", two.mentor.public_id))
    look(phone, "pairs-pair-parent")
    phone.goto(at(live_server, "ask", two.mentor.public_id))
    look(phone, "pairs-ask")


def test_a_young_teacher_asks_and_is_helped(phone, live_server, two):
    enter(phone, live_server.url, two.young.account)
    phone.goto(at(live_server, "growth"))
    look(phone, "pairs-growth-empty")
    phone.get_by_role("link", name="我要求助").click()
    phone.get_by_label("教学技能").check()
    phone.get_by_label("遇到了什么，希望怎样帮").fill("板书总是写不下，想听一节老教师的课。")
    look(phone, "pairs-growth-new")
    phone.get_by_role("button", name="交", exact=True).click()
    expect(phone.get_by_text("收到了，会有人来帮您。")).to_be_visible()
    row = GrowthRequest.objects.get()
    enter(phone, live_server.url, two.cast.wang.account)
    phone.goto(at(live_server, "growth_one", row.public_id))
    look(phone, "pairs-growth-assign")
    phone.get_by_label("请谁来帮").select_option(label="许静")
    phone.get_by_role("button", name="派给他").click()
    expect(phone.get_by_text("派好了，对方在首页看到。")).to_be_visible()
    enter(phone, live_server.url, two.cast.xu.account)
    phone.goto(at(live_server, "growth_one", row.public_id))
    look(phone, "pairs-growth-answer")


@pytest.mark.parametrize("screen", ["phone", "desktop"])
def test_the_organisers_pages_fit_both_screens(request, screen, live_server, two):
    page = request.getfixturevalue(screen)
    filled(two)
    for one in two.cast.students[1][:4] + two.cast.students[2][:4]:
        people.set_attribute(one, "priority_care", True, since=SINCE)
    people.set_link("mentor_of", two.cast.xu.subject, two.cast.students[2][0], since=BEGUN)
    enter(page, live_server.url, two.cast.chen.account)
    for name, more in (
        ("kinds", ()), ("coverage", ("mentor_of",)), ("unsigned", ()), ("rearrange", ()), ("results", ()),
        ("models", ()), ("pair", (two.mentor.public_id,)), ("arrange", (two.mentor.public_id,)),
    ):  # fmt: skip
        page.goto(at(live_server, name, *more))
        look(page, f"pairs-lead-{name}")
    enter(page, live_server.url, two.cast.wang.account)
    for name, more in (("kinds", ()), ("coverage", ("homeroom_liaison",)), ("model_new", ()), ("growth", ())):
        page.goto(at(live_server, name, *more))
        look(page, f"pairs-secretary-{name}")

"""A round of visits on a small phone: planned, confirmed by the family, walked, written down, with a difficulty and a signal."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tongxin.kernel.signals.models import Signal
from tongxin.modules.home_visits import answers, homes
from tongxin.modules.home_visits.models import FamilyRequest, HomePlace, Visit, VisitRecord, VisitRound
from tongxin.testing.browser import enter, looker

from .test_changes import DAYS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
look = looker("visits")


def sign(page):
    """Write on the canvas with the pointer."""
    pad = page.locator("canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 40, box["y"] + 50)
    page.mouse.down()
    for step in range(12):
        page.mouse.move(box["x"] + 40 + 14 * step, box["y"] + 30 + 22 * (step % 3))
    page.mouse.up()


def test_from_the_plan_to_the_signal_on_a_small_phone(phone, live_server, visits):
    cast, viewer = visits.cast, visits.cast.liu.viewer()
    for code, x, y in (
        ("东街", 900, -300),
        ("西街", -1200, 500),
        ("南街", 100, -1500),
        ("河西/一社区", -700, -900),
    ):
        homes.set_centre(viewer, code, x, y)
    enter(phone, live_server.url, cast.liu.account)
    phone.goto(live_server.url + reverse("home_visits:needs"))
    look(phone, "needs")
    phone.get_by_role("link", name="排家访", exact=True).first.click()
    phone.goto(live_server.url + reverse("home_visits:round_new"))
    look(phone, "round-new")
    phone.get_by_label("姓名或拼音").fill("xujing")
    phone.get_by_text("许静").check()
    phone.get_by_role("button", name="下一步").click()
    phone.get_by_role("button", name="开始排").click()
    expect(phone.get_by_role("button", name="发布")).to_be_visible()
    look(phone, "round")
    phone.get_by_role("button", name="发布").click()
    expect(phone.get_by_text("发布了。")).to_be_visible()
    mine = Visit.objects.get(student=visits.child)

    enter(phone, live_server.url, visits.parent.account)
    phone.goto(live_server.url + "/")
    phone.get_by_role("link", name="看时间、答复").click()
    look(phone, "family")
    phone.get_by_role("button", name="这个时间可以").click()
    expect(phone.get_by_text("您已经说可以")).to_be_visible()
    mine.refresh_from_db()
    assert mine.state == Visit.State.CONFIRMED

    enter(phone, live_server.url, cast.xu.account)
    phone.goto(live_server.url + reverse("home_visits:home"))
    look(phone, "home")
    phone.goto(live_server.url + reverse("home_visits:route", args=[mine.route.public_id]))
    look(phone, "route")
    phone.get_by_role("button", name=f"到了 {visits.child.name}").click()
    phone.get_by_role("link", name=f"访完，登记 {visits.child.name}").click()
    look(phone, "record-new")
    phone.get_by_text("母亲").check()
    phone.get_by_text("有安静的桌子").check()
    phone.get_by_label("还要记下的").fill("说好每周通一次电话。")
    sign(phone)
    phone.get_by_text("家里有困难要帮").first.click()
    phone.get_by_label("家里有困难要帮").select_option("economic")
    phone.get_by_label("需要什么").fill("一床被子")
    phone.get_by_text("有要让心理教师知道的").click()
    phone.get_by_text("请看看", exact=True).check()
    phone.get_by_label("看到了什么").fill("一直低着头，不愿说话。")
    look(phone, "record-filled")
    phone.get_by_role("button", name="登记", exact=True).click()
    expect(phone.get_by_text("登记好了")).to_be_visible()
    record = VisitRecord.objects.get()
    assert record.signed == "drawn"
    assert FamilyRequest.objects.get().words == "一床被子"
    assert Signal.objects.count() == 1
    phone.goto(live_server.url + reverse("home_visits:record", args=[record.public_id]))
    look(phone, "record")
    phone.goto(live_server.url + reverse("home_visits:request", args=[FamilyRequest.objects.get().public_id]))
    look(phone, "request")


def test_a_tap_on_the_map_fills_in_the_coordinates(phone, live_server, visits):
    viewer = visits.cast.liu.viewer()
    for code, x, y in (("东街", 900, -300), ("西街", -1200, 500), ("南街", 100, -1500)):
        homes.set_centre(viewer, code, x, y)
    enter(phone, live_server.url, visits.cast.liu.account)
    child = visits.children[1]
    phone.goto(live_server.url + reverse("home_visits:place", args=[child.public_id]))
    look(phone, "place")
    drawing = phone.locator(".sketch svg")
    box = drawing.bounding_box()
    drawing.click(position={"x": box["width"] * 0.75, "y": box["height"] * 0.25})
    expect(phone.get_by_text("标在这里了")).to_be_visible()
    phone.get_by_role("button", name="存好").click()
    expect(phone.get_by_text("存好了")).to_be_visible()
    spot = HomePlace.objects.get(student=child).spot
    assert spot["x"] > 0
    assert spot["y"] > 0
    phone.goto(live_server.url + reverse("home_visits:district"))
    look(phone, "district")
    phone.goto(live_server.url + reverse("home_visits:places"))
    look(phone, "places")


@pytest.mark.parametrize(
    "name",
    [
        "home",
        "card",
        "needs",
        "rounds",
        "round_new",
        "places",
        "places_import",
        "records",
        "requests",
        "coverage",
        "findings",
    ],
)
def test_the_pages_of_the_counsellor_on_an_office_screen(desktop, live_server, visits, name):
    enter(desktop, live_server.url, visits.cast.chen.account)
    desktop.goto(live_server.url + reverse(f"home_visits:{name}"))
    look(desktop, name)


def test_a_planned_round_and_what_is_left_out_on_an_office_screen(desktop, live_server, visits):
    liu = visits.cast.liu.viewer()
    homes.save_home(
        visits.children[2], spot=None, wants={"times": [], "minutes": 30, "skills": ["手语"]}, by=liu
    )
    homes.save_home(visits.children[3], spot={}, wants=None, by=liu)
    made: VisitRound = visits.planned()
    enter(desktop, live_server.url, visits.cast.liu.account)
    desktop.goto(live_server.url + reverse("home_visits:round", args=[made.public_id]))
    look(desktop, "round")
    visit = made.visits.filter(begin__isnull=False).first()
    desktop.goto(live_server.url + reverse("home_visits:visit", args=[visit.public_id]))
    look(desktop, "visit")


def test_a_colleague_comes_along_and_both_phones_say_so(phone, live_server, visits):
    cast, viewer = visits.cast, visits.cast.liu.viewer()
    enter(phone, live_server.url, cast.liu.account)
    phone.goto(live_server.url + reverse("home_visits:needs"))
    phone.get_by_role("link", name=f"和谁一起去 {visits.child.name}").click()
    phone.get_by_label("姓名或拼音").fill(cast.li.subject.name)
    phone.get_by_text(cast.li.subject.name, exact=True).first.click()
    look(phone, "together")
    phone.get_by_role("button", name="记下").click()
    expect(phone.get_by_text("下一次排家访时一起排")).to_be_visible()
    made = answers.publish(viewer, visits.planned(sessions=DAYS))
    declined = made.visits.exclude(student=visits.child).order_by("begin").first()
    answers.refuse(viewer, declined, "phone", "家里装修")
    phone.goto(live_server.url + reverse("home_visits:needs"))
    look(phone, "needs-marked")
    phone.get_by_role("button", name=f"再排家访 {declined.student.name}").click()
    expect(phone.get_by_text("点“尽量少改地再排”")).to_be_visible()
    mine = made.visits.get(student=visits.child)
    for who, route in ((cast.liu, mine.route), (cast.li, mine.joined)):
        enter(phone, live_server.url, who.account)
        phone.goto(live_server.url + reverse("home_visits:route", args=[route.public_id]))
        expect(phone.get_by_text("同时到").first).to_be_visible()
        look(phone, f"joint-{who.account}")
    phone.get_by_role("link", name=f"访完，登记 {visits.child.name}").click()
    phone.get_by_text("日期、时长、谁没有去成").click()
    phone.get_by_label(cast.xu.subject.name).check()
    look(phone, "record-joint")
    phone.get_by_role("button", name="登记", exact=True).click()
    expect(phone.get_by_text("登记好了")).to_be_visible()
    assert set(VisitRecord.objects.get().people) == {cast.liu.subject.pk, cast.li.subject.pk}

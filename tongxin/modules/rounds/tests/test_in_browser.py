"""A round on a small phone, through everybody's hands: it fits, breaks no rule of access, and each answers with a tap or two."""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tongxin.kernel.base.models import Link
from tongxin.kernel.people import services as people
from tongxin.modules.rounds import services
from tongxin.modules.rounds.models import Member, Participant, Round
from tongxin.testing.browser import enter, looker
from tongxin.testing.cast import SINCE, TODAY

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
look = looker("rounds")


def crowd(pairs):
    """More members and special students, so that a list looks like one."""
    cast = pairs.cast
    for number in range(9):
        staff = people.make_staff(cast.school, f"党员教师{number + 1}", since=SINCE, branch=cast.branch)
        people.set_link("teaches", staff.person.subject, (cast.room_one, cast.room_two)[number % 2].subject)
    for child in (*cast.students[1][1:], *cast.students[2][1:]):
        people.set_attribute(child, "priority_care", True, since=SINCE)


def test_a_round_of_classes_from_the_first_tap_to_its_effect(phone, live_server, pairs):
    cast, at = pairs.cast, live_server.url

    def go(player, name, *args):
        phone.context.clear_cookies()
        enter(phone, at, player.account)
        phone.goto(at + reverse(f"rounds:{name}", args=args))

    go(cast.wang, "home")
    look(phone, "home-empty")
    phone.get_by_role("link", name="开始一轮").first.click()
    look(phone, "choose")
    phone.get_by_role("link", name="选这一种 党员联系班级").click()
    look(phone, "new")
    phone.get_by_role("button", name="开始收志愿").click()
    expect(phone.get_by_text("3 人里 0 人填了志愿")).to_be_visible()
    look(phone, "round-open")
    round_ = Round.objects.get()

    go(cast.li, "home")
    phone.get_by_role("link", name="填志愿").first.click()
    look(phone, "wish")
    phone.get_by_label("第1志愿").select_option(label="七年级2班")
    phone.get_by_role("button", name="交志愿").click()
    expect(phone.get_by_text("志愿交了，谢谢")).to_be_visible()
    look(phone, "home-own")

    go(cast.wang, "round", round_.public_id)
    phone.get_by_role("button", name="开始算").click()
    expect(phone.get_by_role("heading", name="现在的排法")).to_be_visible()
    look(phone, "round-proposed")
    phone.get_by_role("link", name="看名单和理由").click()
    look(phone, "table")
    phone.get_by_role("link", name="连线图", exact=True).click()
    look(phone, "graph")
    go(cast.wang, "person", round_.public_id, Participant.objects.get(subject=cast.li.subject).public_id)
    look(phone, "person")
    go(cast.wang, "people", round_.public_id)
    look(phone, "people")
    go(cast.wang, "import", round_.public_id)
    look(phone, "import")
    go(cast.wang, "scheme", "class-contacts")
    look(phone, "scheme")
    go(cast.wang, "round", round_.public_id)
    phone.get_by_role("button", name="公布名单").click()
    expect(phone.get_by_text("公布了，每个人只看到自己的")).to_be_visible()
    look(phone, "round-published")

    mine = Participant.objects.get(subject=cast.liu.subject)
    go(cast.liu, "place", mine.public_id)
    look(phone, "place-published")
    phone.get_by_role("button", name="同意").first.click()
    expect(phone.get_by_text("收到了，谢谢。")).to_be_visible()
    theirs = Participant.objects.get(subject=cast.li.subject)
    go(cast.li, "place", theirs.public_id)
    phone.get_by_text("我有意见").first.click()
    phone.get_by_label("为什么").first.fill("孩子在这个班")
    phone.get_by_role("button", name="交意见").first.click()
    expect(phone.get_by_text("组织的老师会找您商量").first).to_be_visible()

    go(cast.wang, "round", round_.public_id)
    look(phone, "round-objection")
    phone.get_by_label("或者不变").fill("谈过，他同意")
    phone.get_by_role("button", name="说好了，不变").click()
    phone.get_by_role("button", name="生效").click()
    expect(phone.get_by_text("这里留着当时的结果")).to_be_visible()
    look(phone, "round-in-force")
    assert Link.objects.current().filter(kind="homeroom_liaison", valid_from=round_.starts_on).exists()
    assert Member.objects.filter(answer="no", settled_at__isnull=False).count() == 1


def test_special_students_on_the_organisers_desk_and_in_the_familys_hand(desktop, phone, live_server, pairs):
    crowd(pairs)
    cast, at = pairs.cast, live_server.url
    round_ = pairs.begin("growth-mentors", cast.chen)
    one = pairs.place(round_, cast.liu)
    services.set_limits(cast.chen.viewer(), round_, round_.version, one, 0, 1)
    pairs.propose(round_, cast.chen)
    enter(desktop, at, cast.chen.account)
    for name in ("round", "table", "graph", "people", "changes"):
        desktop.goto(at + reverse(f"rounds:{name}", args=[round_.public_id]))
        look(desktop, f"care-{name}")
    desktop.goto(at + reverse("rounds:person", args=[round_.public_id, one.public_id]))
    look(desktop, "care-person")
    enter(phone, at, cast.xu.account)
    phone.goto(at + reverse("rounds:place", args=[pairs.place(round_, cast.xu).public_id]))
    assert pairs.special[0].name not in phone.content()
    look(phone, "care-wish")
    services.publish(cast.chen.viewer(), round_, round_.version)
    phone.context.clear_cookies()
    enter(phone, at, pairs.parent.account)
    phone.goto(at + reverse("rounds:place", args=[pairs.place(round_, pairs.special[0]).public_id]))
    look(phone, "care-parent")
    phone.get_by_role("button", name="同意").click()
    expect(phone.get_by_text("收到了，谢谢。")).to_be_visible()


def test_a_teacher_answers_from_two_tabs_and_one_answer_stands(phone, desktop, live_server, pairs):
    cast, at = pairs.cast, live_server.url
    round_ = pairs.begin("class-contacts", cast.wang, wishes_by=TODAY, answers_by=TODAY + timedelta(days=3))
    pairs.propose(round_, cast.wang)
    services.publish(cast.wang.viewer(), round_, round_.version)
    address = at + reverse("rounds:place", args=[pairs.place(round_, cast.liu).public_id])
    for page in (phone, desktop):
        enter(page, at, cast.liu.account)
        page.goto(address)
    phone.get_by_role("button", name="同意").click()
    expect(phone.get_by_text("收到了，谢谢。")).to_be_visible()
    desktop.get_by_role("button", name="同意").click()
    expect(desktop.get_by_text("收到了，谢谢。")).to_be_visible()
    member = Member.objects.get(person=pairs.place(round_, cast.liu))
    assert member.answer == "yes"

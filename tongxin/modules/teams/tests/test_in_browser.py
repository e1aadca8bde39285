"""A team from the invitation to the first session on a small phone, and every page in both widths."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tongxin.kernel.base.models import Subject
from tongxin.kernel.ledger.models import Entry
from tongxin.testing.browser import enter, looker

from .. import contests, planning, pool
from ..kinds import all_kinds
from .helpers import formed
from .test_contests import SPAN
from .test_work import TODAY

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
look = looker()


def test_a_team_is_proposed_accepted_and_writes_its_first_session_on_the_phone(phone, live_server, school):
    enter(phone, live_server.url, school.liu.account)
    phone.goto(live_server.url + reverse("teams:home"))
    look(phone, "teams-home-empty")
    phone.get_by_role("link", name="我来组队 导师制团队").click()
    phone.get_by_label("团队名称").fill("智能小车")
    phone.get_by_label("项目", exact=True).select_option("contest")
    phone.get_by_label("学生党员的班级").select_option(label="七年级1班")
    phone.get_by_label("学生党员的姓名").fill("白云飞")
    phone.get_by_label("普通学生的班级").select_option(label="七年级1班")
    phone.get_by_label("普通学生的姓名").fill("程一诺")
    phone.get_by_role("button", name="发出邀请").click()
    expect(phone.get_by_text("学生党员要由学生党员担任，白云飞不是。请换一个人。")).to_be_visible()
    look(phone, "teams-new-refused")
    phone.get_by_label("学生党员的姓名").fill("安小禾")
    phone.get_by_label("普通学生的姓名").fill("白云飞")
    phone.get_by_role("button", name="发出邀请").click()
    expect(phone.get_by_text("还没答复").first).to_be_visible()
    look(phone, "teams-proposal")
    for who in (school.qian, school.sun):
        enter(phone, live_server.url, who.account)
        phone.goto(live_server.url + reverse("desk:home"))
        phone.get_by_role("link", name="去答复").first.click()
        phone.get_by_role("button", name="参加", exact=True).click()
        phone.wait_for_load_state()
    expect(phone.get_by_role("heading", name="智能小车")).to_be_visible()
    team = Subject.objects.get(type="team")
    enter(phone, live_server.url, school.liu.account)
    phone.goto(live_server.url + reverse("teams:team", args=[team.public_id]))
    phone.get_by_role("link", name="登记训练").click()
    phone.get_by_label("做了什么").fill("组装底盘，讨论工匠精神")
    phone.get_by_label("这次也是党建活动").check()
    phone.get_by_label("党建内容").select_option("values")
    look(phone, "teams-log")
    phone.get_by_role("button", name="登记").click()
    expect(phone.get_by_text("组装底盘，讨论工匠精神")).to_be_visible()
    assert Entry.objects.filter(kind="woven_activity").count() == 1


def filled(school):
    """A school with a team at work, a pool, and a contest."""
    team = formed(school)
    planning.add(
        school.liu.viewer(), team, "写项目方案", TODAY.replace(day=10), school.sun.subject.pk, token="s1"
    )
    done = planning.add(school.liu.viewer(), team, "组装底盘", TODAY.replace(day=12), None, token="s2")
    planning.change(school.liu.viewer(), done, "done")
    given = {"title": "主轴振动超差", "theme": "equipment", "enterprise": school.plant, "industry": "机械制造",
             "people_needed": "数控调试 3 人", "policy": "已享受首台套补贴", "words": "加工时主轴振动，表面粗糙度不稳定。"}  # fmt: skip
    topic = pool.add(school.liu.viewer(), all_kinds()["service"], given, token="x1")
    contest = contests.add(
        school.cast.wang.viewer(),
        {"name": "校职业技能大赛", "level": "school", "theme": "skills", **SPAN},
        token="k1",
    )
    contests.enter(
        school.cast.wang.viewer(), contest, school.cast.students[1][:4], coach=school.liu.subject.pk
    )
    return team, topic, contest


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_every_page_fits_and_breaks_no_rule(request, live_server, school, width):
    page = request.getfixturevalue(width)
    team, topic, contest = filled(school)
    visits = [
        ("liu", "team", [team.public_id]), ("liu", "change", [team.public_id]), ("liu", "end", [team.public_id]),
        ("liu", "topic", [topic.public_id]), ("liu", "topic_new", ["service"]), ("liu", "pool", []),
        ("liu", "contest_enter", [contest.public_id]), ("sun", "rate", [team.public_id]), ("sun", "team", [team.public_id]),
        ("sun", "contest", [contest.public_id]), ("wang", "home", []), ("wang", "gaps", []), ("wang", "results", []),
        ("wang", "form", ["service"]), ("wang", "contests", []), ("wang", "contest_new", []),
        ("wang", "contest_coverage", []), ("wang", "contest", [contest.public_id]),
        ("wang", "contest_results", [contest.public_id]), ("li", "team", [team.public_id]),
    ]  # fmt: skip
    for who, name, args in visits:
        player = {"sun": school.sun, "liu": school.liu}.get(who) or getattr(school.cast, who)
        enter(page, live_server.url, player.account)
        answer = page.goto(live_server.url + reverse(f"teams:{name}", args=args))
        assert answer.status == 200, (who, name)
        look(page, f"teams-{name}-{who}")

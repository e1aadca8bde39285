"""One child's way on a phone: signal, acknowledgement, interview, study meeting, finding, plan, a task without its reason,
follow-up, referral, leave and return, closing by a second person."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.consent import services as consent
from tongxin.kernel.consent.models import Consent, Purpose
from tongxin.kernel.obligations import outbox
from tongxin.kernel.people import services as people
from tongxin.modules.cases.models import Case
from tongxin.testing.browser import enter, looker
from tongxin.testing.cases import make_desk
from tongxin.testing.cast import make_cast, picture
from tongxin.testing.screening import prove_page

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
look = looker("case")


@pytest.fixture
def desk(live_server, today, keys, settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    cast = make_cast()
    cast.adopt()
    made = make_desk(cast)
    made.address = live_server.url
    outbox.beat()
    guardian = people.make_guardian(cast.school, "安家长", children=[made.child()]).subject
    consent.publish_text(cast.school, Purpose.SHARING, "给医院看什么。", renews=True, by=cast.wang.account)
    said = [consent.Said(made.child(), guardian, "given")]
    consent.record(
        cast.school,
        Purpose.SHARING,
        said,
        channel=Consent.Channel.PAPER,
        at=timezone.now(),
        by=cast.sun.account,
    )
    return made


def as_(desk, page, player) -> None:
    page.context.clear_cookies()
    enter(page, desk.address, player.account)
    if player is not desk.cast.liu:
        prove_page(page, desk.address, player)


def save(page) -> None:
    page.get_by_role("button", name="存好").click()
    page.get_by_text("已经存好").wait_for()


def test_a_child_is_taken_on_helped_and_let_go_on_a_phone(desk, phone, tmp_path):
    page, child = phone, desk.child()
    photo = tmp_path / "病历.jpg"
    photo.write_bytes(picture())
    desk.signal(child, 4, take=False)
    as_(desk, page, desk.cast.chen)
    page.goto(desk.address + reverse("cases:signals"))
    page.get_by_role("button", name=f"我来处理 {child.name}").click()
    page.get_by_text("您接手了").wait_for()
    page.goto(desk.address + reverse("cases:taken"))
    look(page, "taken")
    page.get_by_role("link", name=f"建个案 {child.name}").click()
    page.get_by_label("因为什么").select_option(label="教师或家长觉得不放心")
    page.get_by_label("看到了什么、听到了什么").fill("一个人坐在操场边，问了几句就哭了")
    look(page, "open")
    page.get_by_role("button", name="建个案").click()
    page.get_by_text("个案建好了").wait_for()
    look(page, "new")
    page.get_by_role("link", name="写访谈记录").click()
    page.get_by_label("学生怎么说自己的近况").fill("晚上睡不着，觉得没意思")
    page.get_by_text("草稿存好了").wait_for()
    page.get_by_label("有没有伤害自己的想法或做法").select_option(label="有想法")
    page.get_by_label("访谈人的看法").fill("愿意说，愿意见父母")
    look(page, "interview")
    save(page)
    case = Case.objects.get()
    page.get_by_role("link", name="写研判会记录").click()
    page.get_by_label("何敏").check()
    page.get_by_label("事实（只写看到的和听到的）").fill("一周没有好好吃饭")
    page.get_by_label("各人的意见").fill("先稳住，再请家长")
    page.get_by_label("会议决定").fill("专人负责")
    look(page, "meeting")
    save(page)
    page.get_by_role("link", name="写定级意见").click()
    page.get_by_label("定为哪一级").select_option(index=2)
    page.get_by_label("理由").fill("有想法，没有计划")
    save(page)
    page.get_by_role("link", name="写一人一案").click()
    page.get_by_label("目标 1").fill("每周来上四天课")
    page.get_by_label("怎么做").fill("每天早读前谈五分钟")
    page.get_by_label("陈晨").check()
    page.get_by_label("出现紧急情况时找谁、去哪里").fill("找何主任，电话在值班室")
    page.get_by_label("任务 1：请谁").select_option(label="刘洋（班主任）")
    page.get_by_label("做什么（对方会看到这句话，不要写原因）").first.fill("早读前和她说一句话")
    page.get_by_label("哪天以前").first.fill("2026-11-20")
    look(page, "plan")
    save(page)
    look(page, "follow")
    as_(desk, page, desk.cast.liu)
    page.goto(desk.address)
    page.get_by_role("link", name="看看").first.click()
    page.get_by_text("早读前和她说一句话").first.wait_for()
    look(page, "task")
    body = page.locator("main").inner_text()
    assert all(word not in body for word in ("个案", "访谈", "橙色", "睡不着", "心理"))
    page.get_by_label("怎么样").fill("说了，她点了点头")
    page.get_by_role("button", name="做完了").click()
    page.get_by_text("记下了，谢谢您").wait_for()
    as_(desk, page, desk.cast.chen)
    there = desk.address + reverse("cases:case", args=[case.public_id])
    page.goto(there)
    assert page.get_by_text("她点了点头").is_visible()
    page.get_by_role("link", name="写跟进记录").first.click()
    page.get_by_label("每周来上四天课").select_option(index=2)
    page.get_by_label("怎么样了").fill("来了三天")
    page.get_by_label("比上次").select_option(label="好一些")
    look(page, "follow-up")
    save(page)
    page.get_by_role("link", name="写转介单").click()
    page.get_by_label("转到哪里").fill("市第二医院")
    page.get_by_label("给医生的情况说明").fill("近两周睡眠差")
    look(page, "referral")
    save(page)
    page.get_by_role("link", name="写转介回执").first.click()
    page.get_by_label("医院的回执或病历").set_input_files(photo)
    page.get_by_label("医生对学校的建议").fill("先休养两周")
    save(page)
    page.get_by_role("link", name="写离校休养").click()
    page.get_by_label("从哪天起不在校").fill("2026-11-18")
    page.get_by_label("由谁照看").fill("母亲")
    page.get_by_label("学校谁保持联系，多久一次").fill("陈老师，每周两次")
    save(page)
    look(page, "away")
    page.get_by_role("link", name="写", exact=True).or_(
        page.get_by_role("link", name="写 复学评估")
    ).first.click()
    page.get_by_label("医院的复学证明").set_input_files(photo)
    page.get_by_label("现在的情况").fill("睡得好了")
    page.get_by_label("返校后怎样照顾（课业、座位、体育、用药）").fill("前两周不交作业")
    page.get_by_label("监护人知道并同意安排").select_option(label="是")
    look(page, "return")
    save(page)
    for form in ("meeting", "finding"):
        desk.write(case, form, rank=2)
    page.goto(there)
    page.get_by_role("link", name="写结案申请").click()
    page.get_by_label("为什么可以结案").fill("目标都做到了，两个月没有新的情况")
    page.get_by_label("结案后谁继续关心").fill("班主任")
    save(page)
    look(page, "closing")
    assert page.get_by_role("button", name="看过了，同意结案").count() == 0
    as_(desk, page, desk.leader)
    page.goto(there)
    look(page, "second")
    page.get_by_role("button", name="看过了，同意结案").click()
    page.get_by_text("已经结案").first.wait_for()
    look(page, "closed")
    case.refresh_from_db()
    assert case.phase == "closed"


def test_every_page_of_cases_fits_a_desk_and_can_be_read(desk, desktop):
    page = desktop
    first = desk.walk(desk.open(desk.child()), "follow", rank=5)
    desk.walk(desk.open(desk.child(1)), "closing")
    desk.open(desk.child(2), rank=2)
    desk.signal(desk.child(3))
    from tongxin.modules.cases.casework import handing

    handing.ask(first, desk.second.subject, desk.chen)
    as_(desk, page, desk.leader)
    paper = first.papers.filter(form="interview").get()
    for name, arguments in (
        ("mine", []), ("taken", []), ("new", []), ("handovers", []), ("case", [first.public_id]),
        ("paper", [first.public_id, paper.public_id]), ("write", [first.public_id, "plan"]), ("scheme", []),
        ("scheme_levels", []), ("scheme_form", ["interview"]), ("scheme_text", []), ("figures", []),
    ):  # fmt: skip
        page.goto(
            desk.address + reverse(f"cases:{name}", args=arguments) + ("?show=" if name == "mine" else "")
        )
        page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
        look(page, f"desk-{name}")


def test_a_plan_is_corrected_and_its_watchers_are_put_in_rows(phone, desk):
    page = phone
    case = desk.walk(desk.open(desk.child()), "follow")
    plan = case.papers.get(form="plan")
    as_(desk, page, desk.cast.chen)
    page.goto(desk.address + reverse("cases:paper", args=[case.public_id, plan.public_id]))
    page.get_by_role("link", name="写错了，更正").click()
    page.get_by_label("为什么更正").fill("看护的人写漏了")
    page.get_by_label("班次 1：谁").select_option(label="刘洋（班主任）")
    page.get_by_label("几点起").first.fill("12:10")
    page.get_by_label("到几点").first.fill("13:40")
    look(page, "correct")
    page.get_by_role("button", name="存好").click()
    expect(page.get_by_text("12:10—13:40（上学的日子）：刘洋")).to_be_visible()
    expect(page.get_by_text("更正原因：看护的人写漏了")).to_be_visible()
    look(page, "corrected")
    page.get_by_role("link", name="第 1 版").click()
    expect(page.get_by_text("这一版后来更正过")).to_be_visible()

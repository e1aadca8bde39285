"""The pages that explain, weigh and waive, on a phone and on a desktop."""

from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.obligations import queries
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.queries import current_version
from tongxin.kernel.programmes.services import adopt, change
from tongxin.testing.browser import enter, looker
from tongxin.testing.cast import TODAY
from tongxin.testing.gate import add_gate
from tongxin.testing.pack import PACK

from . import test_answering, test_consequences
from .test_chain import OWN
from .test_in_browser import school  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
look = looker()


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_waivers_hours_changes_and_the_chain_fit_both_widths(school, width, request):  # noqa: F811
    page = request.getfixturevalue(width)
    add_gate(school)
    attendee = {"attendee": [school.xu.subject, school.li.subject]}
    school.record("branch_study", date(2026, 4, 13), attendee, by=school.li, hours=4)
    text = current_version(school.programme).text.replace("    at_least: 4\n", "    at_least: 6\n", 1)
    change(school.programme, text.replace("还差一半", "还差"), "加学时", by=school.wang.account, base=2)
    enter(page, school.address, school.wang.account)
    programme = school.programme.public_id

    def open_(name, *more):
        page.goto(school.address + reverse(f"desk:{name}", args=more))

    open_("waive", programme, "study-before-class", school.xu.subject.public_id)
    page.get_by_label("理由").fill("下学期补学")
    page.get_by_label("到哪天止").fill("2026-12-31")
    page.get_by_role("button", name="批准豁免").click()
    page.get_by_text("王建国批准").wait_for()
    look(page, "waive")
    open_("load_programme", programme)
    look(page, "load")
    open_("owing_offer", "three-platforms-five-integrations")
    look(page, "owing")
    open_("version_people", programme, 3)
    page.get_by_text("许静").wait_for()
    look(page, "changes")
    page.goto(
        school.address
        + reverse("setup:add_link", args=[school.guo.subject.public_id])
        + "?kind=homeroom_teacher"
    )
    page.get_by_role("button", name="保存").click()
    page.get_by_text("郭维还不能担任班主任").wait_for()
    look(page, "refused")
    people.appoint(school.xu.subject, "homeroom_teacher", school.room_one.subject, since=TODAY)
    asked = queries.ask(school.programme, TODAY)
    mine = str(school.xu.subject.pk)
    (verdict,) = [v for v in asked.verdicts(["study-before-class"]) if v.subject == mine]
    open_("why", programme, "study-before-class", school.xu.subject.public_id, verdict.first)
    page.get_by_text("下学期补学").wait_for()
    look(page, "why-gate")
    adopt(school.bureau, "bureau-plan", 2026, by=None, text=PACK.replace("green-hill", "bureau-plan"))
    own = OWN.replace("green-hill:study-hours", "bureau-plan:study-hours")
    stricter = adopt(school.school, "own-plan", 2026, by=school.wang.account, text=own)
    open_("why", stricter.public_id, "study-hours", school.xu.subject.public_id, "2026-09-01")
    page.get_by_text("谁要求的").wait_for()
    look(page, "why")
    open_("duty", stricter.public_id, "study-hours")
    look(page, "duty")
    open_("edit_duty", stricter.public_id, "study-hours")
    page.get_by_label("至少").fill("9")
    page.get_by_role("button", name="看看会变什么").click()
    page.get_by_text("这样改会变成").wait_for()
    look(page, "effect")


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_an_answer_is_tied_to_what_it_answers(school, width, request):  # noqa: F811
    page = request.getfixturevalue(width)
    school.add_rules(test_answering.RULES, ("kinds:\n", test_answering.KINDS))
    asked = test_answering.request_of(school, school.xu, title="想听公开课")
    test_answering.request_of(school, school.liu)
    enter(page, school.address, school.wang.account)
    page.goto(f"{school.address}/ledger/{asked.public_id}/")
    page.get_by_role("link", name="登记成长答复").click()
    expect(page.get_by_label("针对哪一件")).to_have_value(f"entry-{asked.public_id}")
    look(page, "answering")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("已登记成长答复").wait_for()
    assert Entry.objects.get(kind="growth_answer").about == asked
    page.goto(f"{school.address}/ledger/{asked.public_id}/")
    expect(page.get_by_role("link", name="11月18日 成长答复")).to_be_visible()
    look(page, "answered")


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_what_follows_from_a_missed_duty_is_decided_on_both_widths(school, width, request):  # noqa: F811
    page = request.getfixturevalue(width)
    school.add_rules(test_consequences.RULES)
    enter(page, school.address, school.wang.account)
    page.goto(school.address + reverse("desk:consequences"))
    look(page, "consequences")
    page.get_by_role("link", name="许静").click()
    page.get_by_label("不追究").check()
    page.get_by_label("理由，本人看得到").fill("十月在外挂职，已补学。")
    look(page, "deciding")
    page.get_by_role("button", name="记下决定").click()
    page.get_by_text("已决定不追究").wait_for()

"""The room's pages on a phone and on a desktop: they fit, break no rule of access, and ask nothing of other hosts."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tongxin.kernel.access import openings, policy
from tongxin.kernel.access.models import Opening
from tongxin.kernel.base.models import Subject
from tongxin.kernel.people import services as people
from tongxin.modules.privacy import services
from tongxin.modules.privacy.models import Assessment, Incident, Sharing
from tongxin.testing.browser import enter, looker
from tongxin.testing.cast import TODAY, player
from tongxin.testing.screening import make_hall, prove_page

from .test_audit_pages import with_account

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
look = looker()
REASON = "昨晚家长来电，说孩子一夜没睡、说了让人担心的话，要马上弄清前两次谈话的情况。"


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_every_page_of_the_room_fits_and_reads_well(width, request, live_server, cast, keys):
    page, hall = request.getfixturevalue(width), make_hall(cast)
    child, chen, wang = hall.child(), cast.chen.viewer(proved=True), cast.wang.viewer()
    hall.enter({"9": "2"})
    glass = openings.ask(chen, child, ["K4d"], REASON, hours=12, kind=policy.BREAK_GLASS)
    grant = openings.ask(wang, child, ["K4c", "K5"], REASON, hours=48)
    openings.decide(chen, grant, approve=True, words="同意，只看这一次。")
    asked = services.register(
        child, hall.guardians[child.pk], "delete", "请删除上学期的测评", channel="paper",
        received_on=TODAY - timedelta(days=3), by=cast.sun.viewer(),
    )  # fmt: skip
    incident = Incident(school=cast.school, happened_on=TODAY, found_on=TODAY, people=32, what="名单发错了群")
    services.save_incident(incident, by=wang)
    assessed = Assessment(
        school=cast.school, title="秋季心理测评", data="答卷", why="早发现", effect="标签", measures="加密", outcome="changed",
        people="书记、心理教师", done_on=TODAY, next_on=TODAY,
    )  # fmt: skip
    services.save_line(assessed, "assessment", by=wang)
    given = Sharing(
        school=cast.school, to="市第二医院", kind="given", data="转介单", count=1, why="就医", from_on=TODAY
    )  # fmt: skip
    services.save_line(given, "sharing", by=wang)
    left = people.make_student(cast.school, "欧阳离校", homeroom=cast.room_one).person.subject
    people.set_attribute(left, "remark", "x")
    Subject.objects.filter(pk=left.pk).update(present_to=TODAY.replace(year=2022))
    keeper = player(cast.school, "审计二", "shenji2", audit_admin=people.school_subject(cast.school))
    guardian = with_account(hall.guardians[child.pk], "jiazhang")
    one = Opening.objects.get(pk=grant.pk)

    def see(who, *names, **kwargs):
        page.context.clear_cookies()
        enter(page, live_server.url, who.account)
        prove_page(page, live_server.url, who)
        for name in names:
            page.goto(f"{live_server.url}{reverse(f'privacy:{name}', kwargs=kwargs)}")
            look(page, f"{who.account.login}-{name}")

    see(
        cast.wang,
        "openings",
        "requests",
        "retention",
        "incidents",
        "incident_new",
        "assessments",
        "assessment_new",
        "sharings",
        "sharing_new",
        "compliance",
    )
    see(cast.wang, "opening", "opening_read", public_id=one.public_id)
    see(cast.wang, "opening", public_id=glass.public_id)
    see(cast.wang, "request", public_id=asked.public_id)
    see(cast.wang, "erase", "hold", "grant_ask", public_id=left.public_id)
    see(cast.chen, "openings")
    see(cast.chen, "grant_ask", public_id=child.public_id)
    see(cast.sun, "request_new", public_id=child.public_id)
    see(keeper, "audit", "anchors")
    see(guardian, "mine")
    page.get_by_role("link", name="提出请求").click()
    look(page, "guardian-request")
    page.get_by_label("要一份副本").check()
    page.get_by_role("button", name="提出").click()
    page.get_by_text("待答复").wait_for()
    look(page, "guardian-asked")

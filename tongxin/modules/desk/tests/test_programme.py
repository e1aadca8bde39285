import io
import re
from datetime import date

import pytest
from django.urls import reverse

from tongxin.kernel.programmes import services as programmes
from tongxin.kernel.programmes.models import PlanMark, Programme
from tongxin.testing.cast import TODAY, crowd, days_ago
from tongxin.testing.pack import PACK

TERM = date(2026, 9, 1)


def url(name, cast, *more):
    return reverse(f"desk:{name}", args=[cast.programme.public_id, *more])


def page_of(client, address, **parameters):
    response = client.get(address, parameters)
    assert response.status_code == 200
    return response.content.decode()


PAGES = [("programme",), ("duties",), ("duty", "visit-once-a-term"), ("duty", "study-hours"), ("schedule",)]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("who", ["liu", "chen", "wang", "sun", "li"])
def test_the_school_s_staff_read_its_programme(cast, client, page, who):
    cast.sign_in(client, getattr(cast, who))
    page_of(client, url(page[0], cast, *page[1:]))


@pytest.mark.parametrize("page", [*PAGES, ("heat",), ("versions",), ("edit",), ("edit_plan",)])
@pytest.mark.parametrize("who", ["zhao", "zhou", "guo"])
def test_others_do_not_find_it(cast, client, page, who):
    if who == "guo" and page[0] in ("programme", "duties", "duty", "schedule"):
        pytest.skip("系统管理员也是教职工，可以看方案")
    cast.sign_in(client, getattr(cast, who))
    assert client.get(url(page[0], cast, *page[1:])).status_code == 404


def test_a_class_teacher_reads_own_students_in_the_gap_list_and_no_others(cast, client):
    cast.sign_in(client, cast.liu)
    page = page_of(client, url("duty", cast, "visit-once-a-term"))
    assert "安小禾" in page
    assert "何雨桐" not in page


def test_a_secretary_reads_how_many_and_no_student_s_name(cast, client):
    cast.sign_in(client, cast.wang)
    page = page_of(client, url("duty", cast, "visit-once-a-term"))
    for student in (*cast.students[1], *cast.students[2]):
        assert student.name not in page
    assert "只计数，不列姓名" in page


def test_a_counsellor_reads_every_student_who_is_behind(cast, client):
    cast.sign_in(client, cast.chen)
    page = page_of(client, url("duty", cast, "visit-once-a-term"))
    assert "安小禾" in page
    assert "何雨桐" in page


def test_the_gap_list_can_be_narrowed_to_a_class(cast, client):
    cast.sign_in(client, cast.chen)
    address = url("duty", cast, "visit-once-a-term")
    page = page_of(client, address, group=cast.room_two.public_id)
    gaps = page.split('id="gaps"')[1]
    assert "何雨桐" in gaps
    assert "安小禾" not in gaps


def test_a_class_of_another_school_is_no_class_here(cast, client):
    cast.sign_in(client, cast.chen)
    other = cast.zhao.viewer().posts["homeroom_teacher"]
    from tongxin.kernel.base.models import Subject

    stranger = Subject.objects.get(pk__in=other)
    address = url("duty", cast, "visit-once-a-term")
    assert client.get(address, {"group": stranger.public_id}).status_code == 404


def test_the_gap_export_holds_the_names_the_page_shows(cast, client):
    from python_calamine import CalamineWorkbook

    cast.sign_in(client, cast.sun)
    response = client.get(url("duty_export", cast, "visit-once-a-term"))
    text = str(CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python())
    assert "安小禾" not in text
    response = client.get(url("duty_export", cast, "branch-study-monthly"))
    text = str(CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python())
    assert "第一党支部" in text


def why(cast, rule, subject, first):
    return url("why", cast, rule, subject.public_id, first.isoformat())


def test_why_says_the_sentence_the_window_and_what_would_close_it(cast, client):
    cast.sign_in(client, cast.liu)
    page = page_of(client, why(cast, "visit-once-a-term", cast.students[1][0], TERM))
    assert "还差1次" in page
    assert "青山中学育人方案" in page
    assert f"/record/home_visit/?visited={cast.students[1][0].public_id}" in page


def test_why_lists_what_counted_and_what_did_not_with_the_reason(cast, client):
    attendee = {"attendee": [cast.branch.subject]}
    cast.record("branch_study", days_ago(5), attendee, by=cast.li, hours=1, title="没拍照的学习")
    cast.sign_in(client, cast.li)
    address = why(cast, "branch-study-monthly", cast.branch.subject, date(2026, 11, 1))
    page = page_of(client, address)
    assert "没拍照的学习" in page
    assert "缺佐证材料：照片" in page
    cast.record("branch_study", days_ago(4), attendee, by=cast.li, hours=1, evidence=["photo"])
    assert "还没有计入的记录" not in page_of(client, address)


def test_why_about_a_student_out_of_reach_is_not_there(cast, client):
    address = why(cast, "visit-once-a-term", cast.students[1][0], TERM)
    for who in (cast.ma, cast.wang, cast.sun, cast.zhao, cast.zhou):
        cast.sign_in(client, who)
        assert client.get(address).status_code == 404


def test_everybody_reads_why_about_themselves(cast, client):
    cast.sign_in(client, cast.xu)
    page = page_of(client, why(cast, "study-hours", cast.xu.subject, TERM))
    assert "还差4" in page


def test_the_heat_map_is_drawn_on_asking(cast, client):
    cast.sign_in(client, cast.wang)
    assert "hx-get" in page_of(client, url("heat", cast))
    page = page_of(client, url("heat", cast), show="1")
    assert "党员每两周至少上一次心理课" in page
    assert "安小禾" not in page


def test_the_plan_s_progress_follows_the_ledger_and_the_notes(cast, client):
    cast.sign_in(client, cast.wang)
    page = page_of(client, url("schedule", cast))
    assert "推后" in page
    cast.record("leading_group_meeting", date(2026, 2, 10), {"attendee": [cast.wang.subject]}, by=cast.wang)
    page = page_of(client, url("schedule", cast))
    assert "2月10日完成" in page


def test_progress_is_noted_by_who_keeps_the_plan(cast, client):
    address = url("plan_mark", cast, "fix-project")
    cast.sign_in(client, cast.liu)
    assert client.post(address, {"state": "done", "day": TODAY.isoformat()}).status_code == 404
    cast.sign_in(client, cast.sun)
    client.post(address, {"state": "done", "day": "2026-02-20", "note": "会议已开"})
    mark = PlanMark.objects.get()
    assert (mark.state, mark.day, mark.note) == ("done", date(2026, 2, 20), "会议已开")
    assert client.post(address, {"state": "nonsense"}).status_code == 404


def test_the_calendar_shows_what_is_due_and_which_days_are_free(cast, client):
    cast.sign_in(client, cast.liu)
    page = page_of(client, reverse("desk:calendar"), month="2026-11")
    assert "自查自评" in page
    assert "month__off" in page
    cast.sign_in(client, cast.zhao)
    assert "自查自评" not in page_of(client, reverse("desk:calendar"), month="2026-11")


def test_me_and_help_speak_to_the_person(cast, client):
    cast.sign_in(client, cast.liu)
    assert "班主任（七年级1班）" in page_of(client, reverse("desk:me"))
    assert "采用和修改方案" not in page_of(client, reverse("desk:help"))
    cast.sign_in(client, cast.wang)
    assert "采用和修改方案" in page_of(client, reverse("desk:help"))


@pytest.mark.parametrize("page", [("programme",), ("duties",), ("duty", "visit-once-a-term"), ("schedule",)])
@pytest.mark.parametrize("size", [3, 40])
def test_pages_need_the_same_queries_for_any_size(cast, client, page, size, django_assert_max_num_queries):
    for student in crowd(cast, size)[:20]:
        cast.visit(student, days_ago(3))
    cast.sign_in(client, cast.chen)
    address = url(page[0], cast, *page[1:])
    client.get(address)
    with django_assert_max_num_queries(45):
        client.get(address)


def test_duties_stand_in_the_order_of_the_plan(cast, client):
    cast.sign_in(client, cast.wang)
    headings = re.findall(r"<h2[^>]*>(\d.*?)</h2>", page_of(client, url("duties", cast)))
    assert len(headings) > 1
    assert headings == sorted(headings)


ACTIVITY_RULE = """  - id: lesson-has-photo
    title: 心理课要有照片
    heading: "2.2"
    source: {document: 青山中学育人方案, at: 二(六), level: school, modality: must}
    since: 2026-01-10
    subject: "activity:wellbeing_lesson"
    bearer: lecturer
    count: {kind: wellbeing_lesson}
    at_least: 1
    evidence: [photo]
"""


def test_a_rule_about_activities_names_those_that_fall_short_and_says_why(client, cast):
    cast.add_rules(ACTIVITY_RULE)
    entry = cast.record(
        "wellbeing_lesson",
        date(2026, 9, 15),
        {"homeroom": [cast.room_one.subject], "lecturer": [cast.liu.subject]},
        title="认识情绪",
    )
    cast.sign_in(client, cast.wang)
    page = client.get(
        reverse("desk:duty", args=[cast.programme.public_id, "lesson-has-photo"])
    ).content.decode()
    why = reverse(
        "desk:why", args=[cast.programme.public_id, "lesson-has-photo", entry.public_id, "2026-09-15"]
    )
    assert "认识情绪（2026年9月15日）" in page
    assert why in page
    said = client.get(why).content.decode()
    assert "缺" in said
    assert reverse("desk:entry_evidence", args=[entry.public_id]) in said
    assert "登记心理课" not in said, "a new lesson does not mend this one"


@pytest.mark.parametrize("who", ["guo", "zhou"])
def test_why_of_an_activity_is_not_there_for_who_may_not_read_it(client, cast, who):
    cast.add_rules(ACTIVITY_RULE)
    entry = cast.record(
        "wellbeing_lesson",
        date(2026, 9, 15),
        {"homeroom": [cast.room_one.subject], "lecturer": [cast.liu.subject]},
    )
    cast.sign_in(client, getattr(cast, who))
    why = reverse(
        "desk:why", args=[cast.programme.public_id, "lesson-has-photo", entry.public_id, "2026-09-15"]
    )
    assert client.get(why).status_code == 404


def test_a_visit_that_falls_short_is_only_counted_for_who_may_not_read_visits(client, cast):
    rule = ACTIVITY_RULE.replace("wellbeing_lesson", "home_visit").replace('"2.2"', '"2.1"')
    cast.add_rules(rule.replace("bearer: lecturer", "bearer: visitor"))
    entry = cast.visit(cast.students[1][0], date(2026, 10, 12))
    cast.sign_in(client, cast.wang)
    page = client.get(
        reverse("desk:duty", args=[cast.programme.public_id, "lesson-has-photo"])
    ).content.decode()
    assert entry.public_id not in page
    why = reverse(
        "desk:why", args=[cast.programme.public_id, "lesson-has-photo", entry.public_id, "2026-10-12"]
    )
    assert client.get(why).status_code == 404


WITHOUT_END = """
  - id: tells-once
    title: 每名学生入学后填一次心愿
    source: {document: 青山中学育人方案, at: 一, level: school}
    since: 2026-02-01
    subject: student
    bearer: homeroom_teacher
    count: {kind: home_visit, part: visited}
    at_least: 1
    window: once
    heading: "2.1"
"""


def test_a_requirement_without_an_end_stands_in_the_heat_map_too(cast, client):
    cast.add_rules(WITHOUT_END)
    cast.sign_in(client, cast.chen)
    assert "每名学生入学后填一次心愿" in page_of(client, url("heat", cast), show="1")


def test_a_programme_that_the_bureau_decides_offers_no_page_to_change_it(cast, client):
    programmes.adopt(cast.bureau, "green-hill", 2026, by=cast.zhou.account, text=PACK)
    cast.sign_in(client, cast.wang)
    theirs = Programme.objects.get(school=cast.school, pack="green-hill")
    page = client.get(reverse("desk:programme", args=[theirs.public_id])).content.decode()
    assert reverse("desk:edit", args=[theirs.public_id]) not in page

"""Planning, opening and closing on pages; codes and slips; progress with names only for who may have them."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.obligations.models import Message
from tongxin.kernel.signals import chain
from tongxin.modules.screening import sittings
from tongxin.modules.screening.models import EntryCode, InstrumentText, Sitting
from tongxin.testing.cast import TODAY, crowd
from tongxin.testing.screening import FIRST, LAST


def text(answer) -> str:
    return answer.content.decode()


def at(name: str, sitting: Sitting, *rest: str) -> str:
    return reverse(f"screening:{name}", args=[sitting.public_id, *rest])


def typed(hall, **changes) -> dict:
    """A plan as the form sends it."""
    return {
        "title": "期中小调查", "first_day": TODAY.isoformat(), "last_day": LAST.isoformat(), "place": "机房",
        "text-0": InstrumentText.objects.get().public_id, "form-0": "student", "text-1": "", "form-1": "student",
        "rooms": [hall.cast.room_one.subject.public_id], "who": "", "kind": "", "before": "", "per_page": "3",
        "feedback": "on",
    } | changes  # fmt: skip


@pytest.fixture
def chen(hall, client):
    hall.cast.sign_in(client, hall.cast.chen)
    return client


@pytest.fixture
def plan(hall):
    made = sittings.Plan("再测一次", FIRST, LAST, [(hall.form.text, "student")])
    return sittings.create(hall.cast.school, made, by=hall.cast.chen.viewer())


# ------------------------------------------------------------------ list and plan


def test_the_list_is_searched_filtered_and_paged(hall, chen):
    for number in range(35):
        made = sittings.Plan(f"第{number}次", FIRST, LAST, [(hall.form.text, "student")])
        sittings.create(hall.cast.school, made, by=hall.cast.chen.viewer())
    first = text(chen.get(reverse("screening:home")))
    assert "第34次" in first
    assert "第3次" not in first
    assert "after=" in first
    assert "秋季测评" in text(chen.get(reverse("screening:home"), {"state": "open"}))
    found = text(chen.get(reverse("screening:home"), {"q": "第17"}))
    assert "第17次" in found
    assert "第34次" not in found
    assert "没有符合条件的测评" in text(chen.get(reverse("screening:home"), {"q": "没有"}))


def test_a_school_without_sittings_is_told_what_to_do(hall, chen):
    EntryCode.objects.all().delete()
    Sitting.objects.all().delete()
    assert "还没有测评" in text(chen.get(reverse("screening:home")))


def test_a_plan_is_written_and_changed(hall, chen):
    answer = chen.post(reverse("screening:sitting_new"), typed(hall, who="grade: {at_least: 7}"))
    made = Sitting.objects.get(title="期中小调查")
    assert answer.url == at("sitting", made)
    assert made.rooms == [hall.cast.room_one.subject.pk]
    assert [(one.text.slug, one.form) for one in made.forms.all()] == [("phq-9", "student")]
    page = text(chen.get(at("sitting_edit", made)))
    assert "grade: {at_least: 7}" in page
    assert "这样会问到 1 个班的 6 名学生" in page
    chen.post(
        at("sitting_edit", made), typed(hall, title="改了名称", rooms=[], before=hall.sitting.public_id)
    )
    made.refresh_from_db()
    assert (made.title, made.rooms, made.before) == ("改了名称", [], hall.sitting)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": ""}, "请写名称"),
        ({"last_day": (TODAY - timedelta(days=1)).isoformat()}, "结束日期早于开始日期"),
        ({"text-0": ""}, "请至少选一份量表"),
        ({"text-0": "x"}, "量表已经停用"),
        ({"who": "身高: 150"}, "身高"),
        ({"form-0": "parent"}, "不能由“家长填”"),
        ({"per_page": "99"}, "10"),
        ({"first_day": "明天"}, "请填写正确的日期"),
    ],
)
def test_a_plan_that_cannot_stand_says_why_and_keeps_what_was_typed(hall, chen, wrong, sentence):
    answer = chen.post(reverse("screening:sitting_new"), typed(hall, **wrong))
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert "机房" in text(answer)
    assert Sitting.objects.count() == 1


def test_how_many_are_asked_is_said_while_typing(hall, chen):
    address = reverse("screening:sitting_asked")
    assert "2 个班的 12 名学生" in text(chen.post(address, {"who": "", "first_day": TODAY.isoformat()}))
    assert "0 个班的 0 名学生" in text(chen.post(address, {"who": "grade: 8"}))
    assert "field__error" in text(chen.post(address, {"who": "grade 8"}))


def test_a_running_sitting_changes_only_its_name_place_and_end(hall, chen):
    later = LAST + timedelta(days=3)
    chen.post(
        at("sitting_edit", hall.sitting), typed(hall, title="延长", last_day=later.isoformat(), per_page="9")
    )
    hall.sitting.refresh_from_db()
    assert (hall.sitting.title, hall.sitting.last_day, hall.sitting.per_page) == ("延长", later, 3)
    assert len(hall.sitting.rooms) == 2


# ------------------------------------------------------------------ opening and closing


def test_what_is_missing_is_a_list_with_the_way_to_mend_it(hall, chen, plan):
    assert "都齐了" in text(chen.get(at("sitting", plan)))
    chain.ChainStep.objects.all().delete()
    page = text(chen.get(at("sitting", plan)))
    assert "还没有排满三个人" in page
    assert reverse("cases:chain") in page
    answer = chen.post(at("sitting_open", plan), follow=True)
    assert "还没有排满三个人" in text(answer)
    plan.refresh_from_db()
    assert plan.state == Sitting.State.DRAFT


def test_a_plan_is_opened_closed_and_neither_twice(hall, chen, plan):
    assert "12 名学生" in text(chen.get(at("sitting_open", plan)))
    assert chen.post(at("sitting_open", plan)).url == at("codes", plan)
    chen.post(at("sitting_open", plan))
    assert EntryCode.objects.filter(sitting=plan).count() == 2
    assert "还没开始 5 名" in text(chen.get(at("sitting_close", plan)))
    chen.post(at("sitting_close", plan))
    chen.post(at("sitting_close", plan))
    plan.refresh_from_db()
    assert plan.state == Sitting.State.CLOSED
    assert chen.get(at("sitting_edit", plan)).status_code == 302
    assert chen.get(at("codes", plan)).status_code == 404


def test_only_a_plan_is_discarded(hall, chen, plan):
    chen.post(at("sitting_discard", hall.sitting))
    chen.post(at("sitting_discard", plan))
    assert list(Sitting.objects.all()) == [hall.sitting]


@pytest.mark.parametrize("who", ["liu", "xu", "wang", "sun", "guo", "zhou", "zhao"])
def test_nobody_but_counsellors_plans(hall, client, plan, who):
    hall.cast.sign_in(client, getattr(hall.cast, who))
    for name in ("sitting", "sitting_edit", "sitting_open", "sitting_close", "sitting_discard", "codes"):
        assert client.get(at(name, plan)).status_code == 404
    assert client.get(reverse("screening:sitting_new")).status_code == 404
    assert client.post(reverse("screening:sitting_asked")).status_code == 404


# ------------------------------------------------------------------ codes


def test_a_class_code_is_shown_big_and_changed(hall, chen):
    room = hall.cast.room_one.subject
    code = EntryCode.objects.get(room=room, sitting=hall.sitting).code
    page = text(chen.get(at("code", hall.sitting, room.public_id)))
    assert f"{code[:3]} {code[3:]}" in page
    assert "qr--board" in page
    assert f"{code[:3]} {code[3:]}" in text(chen.get(at("codes", hall.sitting)))
    chen.post(at("code_new", hall.sitting, room.public_id))
    assert EntryCode.objects.get(room=room, sitting=hall.sitting).code != code


def test_the_big_screen_shows_a_class_nothing_but_the_code(hall, chen):
    hall.enter({"9": "1"}, 0)
    assert "有学生请您" in text(chen.get(at("codes", hall.sitting)))
    page = text(chen.get(at("code", hall.sitting, hall.cast.room_one.subject.public_id)))
    assert "有学生请您" not in page
    assert "<nav" not in page


def test_slips_are_for_those_with_consent_only(hall, chen):
    page = text(chen.get(at("code_slips", hall.sitting, hall.cast.room_one.subject.public_id)))
    assert page.count("slip__code") == 0
    assert "安小禾" in page
    assert "高子涵" not in page
    assert "有 1 名没有同意书" in page
    assert AuditRow.objects.get(action="screening.slips_printed").data["slips"] == 5


def test_the_codes_on_the_wall_and_on_the_slip_let_a_child_in(hall, chen, client, monkeypatch):
    from tongxin.modules.screening.views import codes

    drawn: list[str] = []
    monkeypatch.setattr(codes, "qr", lambda address, kind="": drawn.append(address) or "")
    room = hall.cast.room_one.subject.public_id
    chen.get(at("code", hall.sitting, room))
    chen.get(at("code_slips", hall.sitting, room))
    assert len(drawn) == 6
    client.logout()
    for address in drawn[:2]:
        answer = client.get(address.removeprefix("http://testserver"), follow=True)
        assert answer.status_code == 200
        assert "12356" in text(answer)


def test_a_class_teacher_shows_the_own_code_and_prints_no_slips(hall, client):
    one, two = hall.cast.room_one.subject.public_id, hall.cast.room_two.subject.public_id
    hall.cast.sign_in(client, hall.cast.liu)
    assert client.get(at("code", hall.sitting, one)).status_code == 200
    assert client.get(at("code", hall.sitting, two)).status_code == 404
    assert client.get(at("code_slips", hall.sitting, one)).status_code == 404
    assert client.post(at("code_new", hall.sitting, one)).status_code == 404


# ------------------------------------------------------------------ progress


def test_the_counsellor_sees_who_has_not_begun_and_never_what(hall, chen):
    hall.enter({"9": "3"}, 0)
    hall.begun(1)
    page = text(chen.get(at("progress", hall.sitting)))
    assert "安小禾" not in page
    assert "白云飞" in page
    assert "高子涵" not in page
    part = text(chen.get(at("progress", hall.sitting), headers={"HX-Request": "true"}))
    assert part.lstrip().startswith('<div id="progress"')
    assert "every 10s" in part


def test_a_class_teacher_sees_the_own_class_only(hall, client):
    hall.cast.sign_in(client, hall.cast.liu)
    page = text(client.get(at("progress", hall.sitting)))
    assert "白云飞" in page
    assert "七年级2班" not in page
    assert "秋季测评" in text(client.get(reverse("screening:home")))
    rows = list(
        load_workbook(io.BytesIO(client.get(at("progress_missing", hall.sitting)).content)).worksheets[0]
    )
    said = "".join(str(cell.value) for row in rows for cell in row)
    assert "白云飞" in said
    assert "高子涵" not in said
    assert not any(child.name in said for child in hall.cast.students[2])
    assert client.post(at("progress_remind", hall.sitting)).status_code == 404


def test_a_leader_finds_the_figures_and_no_name(hall, client):
    hall.cast.sign_in(client, hall.cast.wang)
    page = text(client.get(reverse("screening:home")))
    assert at("picture", hall.sitting) in page
    assert "白云飞" not in page


def test_a_plan_shows_no_progress_and_others_see_none(hall, client, plan):
    hall.cast.sign_in(client, hall.cast.liu)
    assert client.get(at("progress", plan)).status_code == 404
    for who in ("xu", "wang", "sun", "guo", "zhou", "zhao"):
        hall.cast.sign_in(client, getattr(hall.cast, who))
        assert client.get(at("progress", hall.sitting)).status_code == 404
        assert client.get(at("progress_missing", hall.sitting)).status_code == 404


def test_class_teachers_are_reminded_once_a_day_without_a_name(hall, chen, client):
    answer = chen.post(at("progress_remind", hall.sitting), follow=True)
    assert "提醒了 1 位班主任" in text(answer)
    chen.post(at("progress_remind", hall.sitting))
    message = Message.objects.get(topic="not_begun")
    assert message.recipient == hall.cast.liu.subject
    hall.cast.sign_in(client, hall.cast.liu)
    page = text(client.get(reverse("notices:inbox")))
    assert "您班上还有学生没有填" in page


def test_progress_asks_as_much_for_many_as_for_few(hall, chen, django_assert_max_num_queries):
    address = at("progress", hall.sitting)
    chen.get(address)
    with django_assert_max_num_queries(40) as few:
        chen.get(address)
    crowd(hall.cast, 60)
    with django_assert_max_num_queries(len(few)):
        chen.get(address)


# ------------------------------------------------------------------ the chain


def rows_of(*people, minutes="15") -> dict:
    data = {}
    for number, one in enumerate(people):
        data |= {f"person-{number}": one.subject.public_id, f"minutes-{number}": minutes}
    return data


def test_the_chain_is_set_in_order_with_minutes(hall, chen):
    cast = hall.cast
    chen.post(reverse("cases:chain"), rows_of(hall.deputy, cast.chen, cast.wang, minutes="20"))
    steps = chain.chain_of(cast.school)
    assert [(one.person, one.minutes, one.firm) for one in steps] == [
        (hall.deputy.subject, 20, False), (cast.chen.subject, 20, False), (cast.wang.subject, 20, True),
    ]  # fmt: skip
    page = text(chen.get(reverse("cases:chain")))
    assert "最后一位，不能再转" in page
    assert "只在页面上看得到" in page


def test_a_chain_of_two_is_refused_and_kept_on_the_page(hall, chen):
    answer = chen.post(reverse("cases:chain"), rows_of(hall.deputy, hall.cast.chen))
    assert answer.status_code == 422
    assert "至少要排三个人" in text(answer)
    assert len(chain.chain_of(hall.cast.school)) == 3
    answer = chen.post(reverse("cases:chain"), rows_of(hall.deputy, hall.cast.chen, hall.cast.liu))
    assert "没有相应的职务" in text(answer)


def test_the_trial_is_a_page_of_who_sets_the_chain(hall, chen, client):
    answer = chen.post(reverse("cases:chain_try"), follow=True)
    assert "给 3 个人发了试发的通知" in text(answer)
    for who in ("liu", "sun", "guo", "zhou", "zhao"):
        hall.cast.sign_in(client, getattr(hall.cast, who))
        assert client.get(reverse("cases:chain")).status_code in (404,)
        assert client.post(reverse("cases:chain_try")).status_code == 404
    hall.cast.sign_in(client, hall.cast.wang)
    assert client.get(reverse("cases:chain")).status_code == 200

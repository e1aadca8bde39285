"""Where a rule counts only what is about the very thing it waits on, the log form asks which one."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
from django.urls import reverse

from tongxin.kernel.ledger import services
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.obligations.queries import ask
from tongxin.kernel.people import services as people

KINDS = """kinds:
  - kind: growth_request
    title: 成长诉求
    class: K1
    heading: "1.2"
    parts: [{part: asker, title: 提出人, of: [staff], at_least: 1}]
  - kind: growth_answer
    title: 成长答复
    class: K1
    heading: "1.2"
    parts: [{part: answerer, title: 答复人, of: [staff], at_least: 1}]
  - kind: follow_up
    title: 缺课回访
    class: K3
    heading: "2.1"
    parts:
      - {part: student, title: 学生, of: [student], at_least: 1}
      - {part: caller, title: 回访人, of: [staff], at_least: 1}
"""
RULES = """
  - id: answered-in-time
    title: 成长诉求十天内答复
    heading: "1.2"
    source: {document: 青山中学育人方案, at: 三(一), level: school, modality: must}
    since: 2026-01-10
    subject: activity:growth_request
    bearer: secretary
    count: {kind: growth_answer, about: self}
    at_least: 1
    window: {within: 10d, of: self}
  - id: absence-followed-up
    title: 无故缺课三天内回访
    heading: "2.1"
    source: {document: 青山中学育人方案, at: 三(二), level: school, modality: must}
    since: 2026-01-10
    subject: student
    bearer: homeroom_teacher
    count: {kind: follow_up, part: student, about: event}
    at_least: 1
    window: {within: 3d, of: absent}
"""
ANSWER = reverse("desk:record_kind", args=["growth_answer"])
FOLLOW_UP = reverse("desk:record_kind", args=["follow_up"])


@pytest.fixture
def asking(cast):
    cast.add_rules(RULES, ("kinds:\n", KINDS))
    return cast


def request_of(cast, player, day=dt.date(2026, 11, 12), title=""):
    return cast.record("growth_request", day, {"asker": [player.subject]}, by=player, title=title)


def answer(cast, about, **more):
    people = {"part_answerer": [cast.wang.subject.public_id]}
    return {"day": "2026-11-17", **people, "about": about, "once": "a" * 32, **more}


def verdicts(cast, today, rule):
    return {v.subject.partition(":")[2] or v.subject: v for v in ask(cast.programme, today).verdicts([rule])}


def test_the_chosen_request_is_answered_and_no_other(asking, client, today):
    first, second = request_of(asking, asking.xu, title="想听公开课"), request_of(asking, asking.liu)
    asking.sign_in(client, asking.wang)
    page = client.get(ANSWER).content.decode()
    assert "11月12日 成长诉求 想听公开课 许静" in page
    assert client.post(ANSWER, answer(asking, f"entry-{first.public_id}")).status_code == 302
    assert Entry.objects.get(kind="growth_answer").about == first
    found = verdicts(asking, today, "answered-in-time")
    assert found[str(first.pk)].verdict == "met"
    assert found[str(second.pk)].verdict == "open"
    assert "想听公开课 许静（已有答复）" in client.get(ANSWER).content.decode()


def test_both_ends_of_an_answer_are_shown_and_lead_to_each_other(asking, client):
    first = request_of(asking, asking.xu)
    asking.sign_in(client, asking.wang)
    asked = reverse("desk:entry", args=[first.public_id])
    start = f"{ANSWER}?about=entry-{first.public_id}"
    assert start in client.get(asked).content.decode()
    assert f'<option value="entry-{first.public_id}" selected>' in client.get(start).content.decode()
    client.post(ANSWER, answer(asking, f"entry-{first.public_id}"))
    answered = reverse("desk:entry", args=[Entry.objects.get(kind="growth_answer").public_id])
    assert f'<a href="{answered}">11月17日 成长答复</a>' in client.get(asked).content.decode()
    assert f'<a href="{asked}">11月12日 成长诉求</a>' in client.get(answered).content.decode()


def test_nothing_is_asked_of_other_kinds_and_without_a_choice_it_answers_nothing(asking, client, today):
    first = request_of(asking, asking.xu)
    asking.sign_in(client, asking.wang)
    assert "针对哪一件" not in client.get(reverse("desk:record_kind", args=["branch_study"])).content.decode()
    assert client.post(ANSWER, answer(asking, "")).status_code == 302
    assert verdicts(asking, today, "answered-in-time")[str(first.pk)].verdict == "open"


def test_a_corrected_request_keeps_its_answer_and_a_corrected_answer_what_it_answers(asking, client, today):
    first = request_of(asking, asking.xu)
    asking.sign_in(client, asking.wang)
    client.post(ANSWER, answer(asking, f"entry-{first.public_id}"))
    written_by = Entry.objects.get(kind="growth_answer").recorded_by
    asker = {"part_asker": [asking.xu.subject.public_id]}
    correct = reverse("desk:entry_correct", args=[first.public_id])
    asking.sign_in(client, asking.xu)
    assert client.post(correct, {"day": "2026-11-11", **asker, "title": "想听课"}).status_code == 302
    now = Entry.objects.current().get(kind="growth_request")
    carried = Entry.objects.current().get(kind="growth_answer")
    assert (carried.about, carried.recorded_by) == (now, written_by)
    assert verdicts(asking, today, "answered-in-time")[str(now.pk)].verdict == "met"
    asking.sign_in(client, asking.wang)
    page = reverse("desk:entry_correct", args=[carried.public_id])
    assert f'<option value="entry-{now.public_id}" selected>' in client.get(page).content.decode()
    sent = answer(asking, f"entry-{now.public_id}", day="2026-11-16")
    assert client.post(page, sent).status_code == 302
    assert Entry.objects.current().get(kind="growth_answer").about == now


def test_a_request_withdrawn_and_put_back_keeps_its_answer(asking, client, today):
    first = request_of(asking, asking.xu)
    asking.sign_in(client, asking.wang)
    client.post(ANSWER, answer(asking, f"entry-{first.public_id}"))
    services.withdraw(first, "记错了", by=asking.xu.account)
    first.refresh_from_db()
    again = services.undo_withdrawal(first, by=asking.xu.account)
    assert verdicts(asking, today, "answered-in-time")[str(again.pk)].verdict == "met"


def test_a_follow_up_answers_the_very_absence(asking, client, today):
    student = asking.students[1][0]
    one = people.record_event(student, "absent", dt.date(2026, 11, 16), by=asking.liu.account)
    two = people.record_event(student, "absent", dt.date(2026, 11, 17), by=asking.liu.account)
    asking.sign_in(client, asking.liu)
    assert "11月16日 无故缺课 安小禾" in client.get(FOLLOW_UP).content.decode()
    sent = {
        "day": "2026-11-18",
        "part_student": [student.public_id],
        "part_caller": [asking.liu.subject.public_id],
        "about": f"event-{one.public_id}",
    }
    assert client.post(FOLLOW_UP, sent).status_code == 302
    found = {
        v.first: v.verdict
        for v in ask(asking.programme, today).verdicts(["absence-followed-up"])
        if v.subject == str(student.pk)
    }
    assert found == {one.day: "met", two.day: "open"}
    entry = reverse("desk:entry", args=[Entry.objects.get(kind="follow_up").public_id])
    assert "11月16日 无故缺课 安小禾" in client.get(entry).content.decode()


@pytest.mark.parametrize("who", ["ma", "xu", "zhao"])
def test_what_somebody_may_not_see_they_cannot_answer(asking, client, who):
    """An absence of another class's student is neither listed nor taken."""
    student = asking.students[1][0]
    event = people.record_event(student, "absent", dt.date(2026, 11, 16), by=asking.liu.account)
    player = getattr(asking, who)
    asking.sign_in(client, player)
    assert "无故缺课" not in client.get(FOLLOW_UP).content.decode()
    mine = asking.students[2][0]
    sent = {
        "day": "2026-11-18",
        "part_student": [mine.public_id],
        "part_caller": [player.subject.public_id],
        "about": f"event-{event.public_id}",
    }
    client.post(FOLLOW_UP, sent)
    assert not Entry.objects.filter(about_event=event).exists()


def test_an_entry_that_was_withdrawn_meanwhile_cannot_be_answered(asking, today):
    from tongxin.kernel.programmes.queries import kind_named

    first = request_of(asking, asking.xu)
    services.withdraw(first, "记错了", by=asking.xu.account)
    kind = kind_named(asking.school, "growth_answer", today)
    draft = services.Draft(day=today, parts={"answerer": [asking.wang.subject.pk]}, about=first.pk)
    with pytest.raises(services.Refused, match="要答复的那一件刚刚被更正或撤回了"):
        services.record_activity(asking.school, kind, draft, by=asking.wang.account, today=today)
    elsewhere = services.Draft(day=today, parts={"answerer": [asking.wang.subject.pk]}, about=10_000_000)
    with pytest.raises(services.Refused):
        services.record_activity(asking.school, kind, elsewhere, by=asking.wang.account, today=today)


LEDGER = reverse("desk:ledger")


def workbook_rows(response):
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).worksheets[0]
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_the_list_and_its_workbook_say_what_an_entry_answers(asking, client):
    first = request_of(asking, asking.xu)
    asking.sign_in(client, asking.wang)
    plain = client.get(LEDGER).content.decode()
    assert "针对" not in plain, "no entry answers anything yet"
    client.post(ANSWER, answer(asking, f"entry-{first.public_id}"))
    page = client.get(LEDGER).content.decode()
    entry = reverse("desk:entry", args=[first.public_id])
    assert f'<a href="{entry}">11月12日 成长诉求</a>' in page
    rows = workbook_rows(client.get(reverse("desk:ledger_export")))
    head = next(row for row in rows if "针对" in row)
    answered = [row[head.index("针对")] for row in rows if "成长答复" in row]
    assert answered == ["2026-11-12 成长诉求"]


def test_the_list_does_not_say_what_is_answered_to_who_may_not_read_that(asking, client):
    """马老师 wrote the answer; what it answers is another class's visit, which she may not read."""
    visit = asking.visit(asking.students[1][0], dt.date(2026, 11, 12))
    mine = asking.record(
        "growth_answer", dt.date(2026, 11, 13), {"answerer": [asking.ma.subject]}, by=asking.ma
    )
    Entry.objects.filter(pk=mine.pk).update(about=visit)
    asking.sign_in(client, asking.ma)
    page = client.get(LEDGER).content.decode()
    assert mine.public_id in page
    assert "针对" not in page
    assert visit.public_id not in page
    asking.sign_in(client, asking.wang)
    page = client.get(LEDGER).content.decode()
    assert "针对" not in page, "the secretary counts visits and reads none"
    rows = workbook_rows(client.get(reverse("desk:ledger_export")))
    head = next(row for row in rows if "针对" in row)
    assert all(row[head.index("针对")] in (None, "", "针对") for row in rows)


def test_an_event_that_is_answered_is_said_to_who_may_state_it_and_to_nobody_else(asking, client):
    child = asking.students[1][0]
    event = people.record_event(child, "absent", dt.date(2026, 11, 12), by=asking.liu.account)
    parts = {"student": [child], "caller": [asking.liu.subject]}
    call = asking.record("follow_up", dt.date(2026, 11, 13), parts, by=asking.liu)
    Entry.objects.filter(pk=call.pk).update(about_event=event)
    asking.sign_in(client, asking.liu)
    assert "11月12日 无故缺课" in client.get(LEDGER).content.decode()
    asking.sign_in(client, asking.wang)
    assert "无故缺课" not in client.get(LEDGER).content.decode()

"""What teachers, counsellors and leaders do: posts, reports about a child, tasks down, summaries up, what lasts too long."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.base.models import Link
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.obligations.models import Message
from tongxin.kernel.people import services as people
from tongxin.kernel.signals import origins, services
from tongxin.kernel.signals.models import Call, Signal
from tongxin.modules.network import assigned, concerns, durations, moods, posts, summaries
from tongxin.modules.network.models import ClassLook, Concern, MoodReport, NetworkReport, NetworkTask
from tongxin.testing.cast import SINCE, TODAY

from .test_below import ONCE, enter, page, words_of

QUERIES = 16


# ------------------------------------------------------------------ posts


def test_the_page_says_who_stands_where_and_what_is_missing_since_when(client, net):
    cast = net.cast
    people.end_post(Link.objects.current().get(kind="homeroom_teacher", a=cast.ma.subject), date(2026, 10, 9))
    enter(client, cast.chen)
    shown = words_of(page(client, "home"))
    for word in ("何敏", "陈晨", "刘洋", net.peer.subject.name, "10月10日起没有班主任", "还没有心理委员"):
        assert word in shown
    assert "1 个班没有班主任，1 个班没有心理委员。" in shown
    enter(client, cast.liu)
    assert net.peer.subject.name in words_of(page(client, "home"))
    enter(client, cast.xu)
    assert page(client, "home").status_code == 404


def test_a_homeroom_teacher_appoints_two_of_the_own_class_and_the_past_stays(client, net):
    cast, room = net.cast, net.cast.room_one.subject
    enter(client, cast.liu)
    second, third = cast.students[1][3], cast.students[1][4]
    page(client, "appoint", room.public_id, student=second.public_id)
    page(client, "appoint", room.public_id, student=third.public_id)
    assert {one.pk for one in posts.holders(cast.school, "peer_supporter", TODAY)} == {
        net.peer.subject.pk,
        second.pk,
    }
    assert (
        page(client, "appoint", cast.room_two.subject.public_id, student=third.public_id).status_code == 404
    )
    link = Link.objects.current().get(kind="peer_supporter", a=net.peer.subject)
    page(client, "end", link.public_id, x="1")
    page(client, "appoint", room.public_id, student=third.public_id)
    held = {one.pk for one in posts.holders(cast.school, "peer_supporter", TODAY + timedelta(days=1))}
    assert held == {second.pk, third.pk}
    assert len(posts.history(room, TODAY)) == 3
    enter(client, cast.ma)
    ended = Link.objects.current().get(kind="peer_supporter", a=second)
    assert page(client, "end", ended.public_id, x="1").status_code == 404


def test_the_committee_is_set_by_the_counsellor_and_never_by_a_homeroom_teacher(client, net):
    cast = net.cast
    enter(client, cast.liu)
    assert page(client, "committee").status_code == 404
    enter(client, cast.chen)
    page(client, "committee", post="committee_member", person=cast.xu.subject.public_id)
    page(client, "committee", post="secretary", person=cast.xu.subject.public_id)
    assert set(cast.xu.viewer().roles) == {"staff", "party_member", "committee_member"}


def test_the_list_of_the_four_levels_goes_into_the_ledger_once_a_day(client, ledgered):
    cast = ledgered.cast
    enter(client, cast.liu)
    assert page(client, "roster", x="1").status_code == 404
    enter(client, cast.chen)
    page(client, "roster", x="1")
    page(client, "roster", x="1")
    entry = Entry.objects.get(kind="network_roster")
    assert set(entry.participations.values_list("part", flat=True)) == {
        "committee", "counsellor", "homeroom_teacher", "peer_supporter",
    }  # fmt: skip


@pytest.mark.parametrize("rooms", [2, 12])
def test_the_page_of_the_network_asks_the_same_queries_for_any_number_of_classes(
    client, net, rooms, django_assert_num_queries
):
    for number in range(3, rooms + 1):
        room = people.make_homeroom(
            net.cast.school, f"七年级{number}班", entry_year=2026, number=number, grade=7
        )
        student = people.make_student(
            net.cast.school, f"新生{number}", homeroom=room, since=SINCE
        ).person.subject
        people.appoint(student, "peer_supporter", room.subject, since=SINCE)
    enter(client, net.cast.chen)
    page(client, "home")
    with django_assert_num_queries(QUERIES):
        page(client, "home")


# ------------------------------------------------------------------ about a child


def reported(client, net, **more):
    posted = {
        "what": "worry", "student": net.child.public_id, "when": "calm", "words": "这周一直不说话", "where": "", "harm": "",
        "once": ONCE,
    }  # fmt: skip
    return page(client, "concern", **(posted | more))


def test_a_teachers_word_is_one_signal_however_often_it_is_sent_and_only_the_counsellor_reads_it(client, net):
    cast = net.cast
    enter(client, cast.liu)
    assert "有人会处理" in words_of(reported(client, net))
    reported(client, net)
    row = Concern.objects.get()
    signal = Signal.objects.get()
    assert (signal.origin, signal.origin_id, signal.urgent) == ("worry", row.pk, False)
    for other in (cast.liu, cast.wang, net.leader, net.parent, cast.zhao):
        enter(client, other, proved=True)
        assert page(client, "concern_read", row.public_id).status_code == 404, other.account.login
    enter(client, cast.chen)
    assert page(client, "concern_read", row.public_id).status_code == 302
    enter(client, cast.chen, proved=True)
    assert "这周一直不说话" in words_of(page(client, "concern_read", row.public_id))
    assert "刘洋" in words_of(page(client, "concerns"))


def test_a_teacher_of_another_class_names_the_child_and_sees_no_roll(client, net):
    enter(client, net.cast.xu)
    shown = words_of(page(client, "concern"))
    assert not any(child.name in shown for room in net.cast.students.values() for child in room)
    other = {"student": "", "name": "安 小禾", "room": net.cast.room_one.subject.public_id}
    assert reported(client, net, **(other | {"name": "没有这个人"})).status_code == 422
    reported(client, net, **other)
    assert Concern.objects.get().student == net.child


def test_what_cannot_wait_calls_the_chain_and_tells_whoever_is_called_where_the_child_is(client, net):
    enter(client, net.cast.liu)
    assert reported(client, net, when="now").status_code == 422
    reported(client, net, when="now", where="操场看台，138 1111", words="说不想活了", harm="有人打他")
    row = Concern.objects.get()
    signal = Signal.objects.get()
    assert signal.urgent
    services.escalate(timezone.now() + timedelta(minutes=16))
    assert [call.person.name for call in Call.objects.order_by("step")] == ["陈晨", "何敏"]
    enter(client, net.leader, proved=True)
    shown = words_of(page(client, "concern_read", row.public_id))
    assert "操场看台，138 1111（刘洋）" in shown
    assert "不想活" not in shown
    assert "打他" not in shown
    enter(client, net.cast.wang, proved=True)
    assert page(client, "concern_read", row.public_id).status_code == 404
    enter(client, net.cast.chen, proved=True)
    assert "打他" in words_of(page(client, "concern_read", row.public_id))
    from tongxin.kernel.access.reading import opened

    opened(net.cast.chen.viewer(proved=True), [signal], "crisis")
    ((rank, sentence),) = origins.sentences(net.cast.chen.viewer(), [signal])
    assert (rank, sentence) == (5, "教师担心这名学生，可能有人伤害孩子")


def test_the_observation_sheet_asks_of_changes_and_some_of_them_call_at_once(client, net):
    enter(client, net.cast.liu)
    empty = {"student": net.child.public_id, "once": ONCE, "words": "", "where": ""}
    assert page(client, "observe", **empty).status_code == 422
    page(client, "observe", **(empty | {"sign-grades": "much", "sign-alone": "some"}))
    assert Signal.objects.get().urgent is False
    page(client, "observe", **(empty | {"sign-goodbye": "some", "once": "b" * 32}))
    assert Signal.objects.order_by("-pk").first().urgent is True
    enter(client, net.cast.chen, proved=True)
    shown = words_of(page(client, "concern_read", Concern.objects.order_by("pk").first().public_id))
    assert "成绩或作业突然变差" in shown
    enter(client, net.cast.ma)
    assert page(client, "look", net.cast.room_one.subject.public_id).status_code == 404
    enter(client, net.cast.liu)
    page(client, "look", net.cast.room_one.subject.public_id, once=ONCE)
    page(client, "look", net.cast.room_one.subject.public_id, once=ONCE)
    assert ClassLook.objects.get().homeroom == net.cast.room_one.subject


def test_a_child_that_is_reported_again_and_again_is_a_signal_of_its_own(net):
    for n, who in enumerate((net.cast.liu, net.cast.xu, net.parent)):
        told = concerns.Told(origin="family" if who is net.parent else "worry", token=f"t{n}", words="又")
        concerns.report(who.viewer(), net.child, told)
    lasting = Signal.objects.get(origin="duration")
    assert lasting.student == net.child
    assert not lasting.urgent


# ------------------------------------------------------------------ tasks down, summaries up


def test_a_task_goes_down_level_by_level_and_each_answers_its_own(client, ledgered):
    net, cast = ledgered, ledgered.cast
    enter(client, net.leader)
    posted = {
        "level": "counsellor",
        "title": "考前关心",
        "words": "考前两周",
        "due": "2026-12-01",
        "once": ONCE,
    }
    page(client, "task_new", **posted)
    page(client, "task_new", **posted)
    top = NetworkTask.objects.get()
    assert top.bearer == cast.chen.subject
    enter(client, cast.chen)
    assert "考前关心" in words_of(client.get(reverse("desk:home")))
    url = f"{reverse('network:task_new')}?from={top.public_id}"
    room = cast.room_one.subject.public_id
    client.post(
        url,
        {
            "level": "homeroom_teacher",
            "rooms": [room],
            "title": "考前关心",
            "due": "2026-12-01",
            "once": ONCE,
        },
    )
    middle = NetworkTask.objects.get(level="homeroom_teacher")
    assert (middle.parent, middle.bearer) == (top, cast.liu.subject)
    assert Message.objects.filter(recipient=cast.liu.subject, topic="task_given").exists()
    entry = Entry.objects.get(kind="network_task")
    enter(client, cast.ma)
    assert page(client, "task", middle.public_id).status_code == 404
    enter(client, cast.liu)
    page(client, "task", middle.public_id, words="班会上说过了")
    middle.refresh_from_db()
    assert middle.done_at is not None
    assert Entry.objects.get(kind="network_task_done").about == entry
    enter(client, cast.liu)
    page(client, "task_new", level="peer_supporter", title="提醒大家早睡", due="2026-12-01", once="c" * 32)
    low = NetworkTask.objects.get(level="peer_supporter")
    assert low.bearer == net.peer.subject
    enter(client, net.peer)
    assert "提醒大家早睡" in words_of(client.get(reverse("desk:home")))
    page(client, "task", low.public_id, words="说了")
    assert page(client, "task", middle.public_id).status_code == 404
    with pytest.raises(assigned.Refused):
        assigned.hand_down(
            cast.liu.viewer(), "homeroom_teacher", [], title="上派", words="", due=TODAY, token="x"
        )


def test_a_summary_is_frozen_and_counts_no_few_children(client, net, monkeypatch):
    cast = net.cast
    room = cast.room_one.subject
    for week, mood in ((date(2026, 10, 12), 4), (date(2026, 10, 19), 2)):
        MoodReport.objects.create(
            school=cast.school,
            homeroom=room,
            reporter=net.peer.subject,
            week=week,
            mood=mood,
            themes=["exams"],
        )
    october = summaries.Span(date(2026, 10, 1), date(2026, 10, 31))
    for n in range(7):
        Concern.objects.create(
            school=cast.school, student=cast.students[1][n % 6], by=cast.liu.subject, token=f"c{n}", day=date(2026, 10, 13),
            origin="worry" if n < 6 else "family",
        )  # fmt: skip
    enter(client, cast.liu)
    page(client, "report_new", "class", room.public_id, span=october.key, words="十月平稳")
    row = NetworkReport.objects.get()
    assert (row.figures["reported"], row.figures["low"], row.figures["themes"]) == (2, 1, {"exams": 2})
    assert "children" not in row.figures
    with pytest.raises(summaries.Refused):
        summaries.hand_up(cast.liu.viewer(), "class", room, october, "再交")
    with pytest.raises(summaries.Refused):
        summaries.hand_up(cast.liu.viewer(), "school", None, october, "")
    school = summaries.hand_up(cast.chen.viewer(), "school", None, october, "")
    told = school.figures["children"]
    assert told["family"] is None
    assert [name for name, count in told.items() if count is not None and 0 < count < 5] == []
    assert told["worry"] is None or told["total"] is None
    enter(client, cast.ma)
    assert page(client, "report", row.public_id).status_code == 404
    people.appoint(cast.xu.subject, "committee_member", people.school_subject(cast.school), since=SINCE)
    enter(client, cast.xu)
    assert page(client, "report", row.public_id).status_code == 404
    assert "人数少，不显示" in words_of(page(client, "report", school.public_id))


def test_a_class_that_is_low_or_silent_for_weeks_becomes_its_teachers_task_once(net):
    cast, low = net.cast, net.cast.room_one.subject
    monday = moods.week_of(TODAY)
    for back in (1, 2, 3):
        MoodReport.objects.create(
            school=cast.school,
            homeroom=low,
            reporter=net.peer.subject,
            week=monday - timedelta(weeks=back),
            mood=2,
        )
    assert durations.look(cast.school, TODAY) == 2
    assert durations.look(cast.school, TODAY) == 0
    found = {task.trigger: task.bearer for task in NetworkTask.objects.all()}
    assert found == {"mood_low": cast.liu.subject, "mood_silent": cast.ma.subject}
    NetworkTask.objects.all().delete()
    durations.change(cast.school, "mood_low", weeks=4, times=0, active=True, by=cast.chen.viewer())
    durations.change(cast.school, "mood_silent", weeks=3, times=0, active=False, by=cast.chen.viewer())
    assert durations.look(cast.school, TODAY) == 0
    assert durations.look(cast.school, date(2026, 8, 12)) == 0

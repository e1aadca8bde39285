"""What peer supporters, students and families do: a week of the class, a worry, a talk, a word to the school."""

from datetime import timedelta

from django.urls import reverse

from tongxin.kernel.access.reading import opened_by_program
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Link
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.obligations.models import Message
from tongxin.kernel.people import services as people
from tongxin.kernel.signals.models import Call, Signal
from tongxin.modules.network import posts, talks
from tongxin.modules.network.forms import MoodForm, PeerWorryForm
from tongxin.modules.network.models import Concern, FamilyWord, MoodReport, Talk
from tongxin.testing.cast import NOW, TODAY, Player
from tongxin.testing.screening import prove

from .conftest import account_for

ONCE = "a" * 32


def enter(client, who: Player, *, proved: bool = False):
    client.force_login(who.account)
    if proved:
        prove(client, who)


def page(client, name: str, /, *arguments, **posted):
    url = reverse(f"network:{name}", args=arguments)
    return client.post(url, posted) if posted else client.get(url)


def words_of(response) -> str:
    return response.content.decode()


def test_a_week_of_the_class_takes_two_taps_and_enters_the_ledger_without_name_or_answer(client, ledgered):
    net = ledgered
    enter(client, net.peer)
    assert "这周班里怎么样" in words_of(client.get(reverse("desk:home")))
    assert set(MoodForm().fields) == {"mood", "themes"}
    page(client, "mood", mood="4", themes=["exams"])
    page(client, "mood", mood="2", themes=["exams", "friends"])
    first, second = MoodReport.objects.order_by("pk")
    assert (first.is_current, second.is_current, second.mood, second.themes) == (
        False,
        True,
        2,
        ["exams", "friends"],
    )
    assert second.week == TODAY - timedelta(days=2)
    entry = Entry.objects.get(kind="class_mood")
    assert entry.recorded_by is None
    assert (entry.note, entry.extra, entry.title) == ("", {}, "班级心情周报")
    assert "peer" not in str(list(entry.participations.values_list("part", flat=True)))
    assert not entry.participations.filter(subject=net.peer.subject, part="reporter").exists()
    assert "这周班里怎么样" not in words_of(client.get(reverse("desk:home")))


def test_only_a_peer_supporter_of_the_class_they_are_in_reports_its_mood(client, net):
    for other in (net.pupil, net.cast.liu, net.parent):
        enter(client, other)
        assert page(client, "mood").status_code == 404
        assert page(client, "mood_worry").status_code == 404
    link = Link.objects.current().get(kind="peer_supporter")
    people.end_post(link, TODAY - timedelta(days=1))
    enter(client, net.peer)
    assert page(client, "mood", mood="4").status_code == 404
    assert not MoodReport.objects.exists()


def test_a_worry_of_a_classmate_is_a_name_and_no_word_and_its_writer_hears_received(client, net):
    enter(client, net.peer)
    shown = words_of(page(client, "mood_worry"))
    assert set(PeerWorryForm(classmates=[]).fields) == {"student", "when"}
    assert net.child.name in shown
    assert net.cast.students[2][0].name not in shown
    posted = {"student": net.child.public_id, "when": "now", "once": ONCE}
    answer = words_of(page(client, "mood_worry", **posted))
    assert "收到了" in answer
    assert "12356" in answer
    page(client, "mood_worry", **posted)
    signal = Signal.objects.get()
    assert (signal.origin, signal.student, signal.urgent, signal.source) == (
        "mood", net.child, True, f"network:{net.peer.subject.pk}:{ONCE}",
    )  # fmt: skip
    assert Call.objects.get().person == net.cast.chen.subject
    assert words_of(page(client, "concerns")).count(net.child.name) == 0
    stranger = net.cast.students[2][0]
    assert page(client, "mood_worry", student=stranger.public_id, when="now").status_code == 422
    assert Signal.objects.count() == 1


def test_a_student_asks_with_two_taps_and_only_they_and_the_counsellor_see_the_answer(client, net):
    enter(client, net.pupil)
    assert "我想找人聊聊" in words_of(client.get(reverse("desk:home")))
    posted = {"when": "now", "words": "心里很乱", "once": ONCE}
    assert "现在就来找你" in words_of(page(client, "talk", **posted))
    page(client, "talk", **posted)
    talk = Talk.objects.get()
    signal = Signal.objects.get()
    assert (signal.origin, signal.urgent, signal.origin_id) == ("talk", True, talk.pk)
    assert Message.objects.get().topic == "called"
    for other in (net.cast.liu, net.cast.wang, net.peer, net.parent):
        enter(client, other, proved=True)
        assert page(client, "talks").status_code == 404
        assert page(client, "talk_answer", talk.public_id).status_code == 404
    enter(client, net.cast.chen, proved=True)
    assert "心里很乱" in words_of(page(client, "talks"))
    page(client, "talk_answer", talk.public_id, day="2026-11-18", time="16:30", words="心理辅导室，我等你")
    enter(client, net.pupil)
    home = words_of(client.get(reverse("desk:home")))
    assert "陈晨" in home
    assert "今天 16:30" in home
    assert "我等你" in words_of(page(client, "talk"))
    enter(client, net.peer)
    assert "我等你" not in words_of(page(client, "talk"))


def test_whoever_answers_a_talk_cannot_name_a_time_that_has_passed(client, net):
    talk = talks.ask(net.pupil.viewer(), soon=False, words="", token="t1")
    assert Signal.objects.get().urgent is False
    enter(client, net.cast.chen, proved=True)
    answer = page(client, "talk_answer", talk.public_id, day="2026-11-17", time="16:30", words="来吧")
    assert answer.status_code == 422
    assert "已经过去了" in words_of(answer)


def test_a_parent_who_is_worried_calls_somebody_at_night_and_reads_nothing_back(client, net, monkeypatch):
    night = NOW.replace(hour=18)  # 02:00 at the school
    monkeypatch.setattr("django.utils.timezone.now", lambda: night)
    enter(client, net.parent)
    posted = {
        "student": net.child.public_id,
        "when": "now",
        "where": "在家，138 0000",
        "words": "不肯出房间",
        "harm": "",
        "once": ONCE,
    }
    answer = words_of(page(client, "family_worry", **posted))
    assert "马上和您联系" in answer
    call = Call.objects.get()
    assert (call.called_at, call.signal.origin) == (night, "family")
    assert Message.objects.get(recipient=net.cast.chen.subject).topic == "called"
    (row,) = opened_by_program([Concern.objects.get()], "statistics")
    assert row.words == "不肯出房间"
    others = {"student": net.cast.students[1][3].public_id, "when": "now", "where": "家"}
    assert page(client, "family_worry", **others).status_code == 422
    assert page(client, "concern_read", row.public_id).status_code == 404


def test_words_between_a_family_and_the_homeroom_teacher_stay_between_them(client, net):
    other = people.make_guardian(net.cast.school, "安爸爸", children=[net.child])
    father = account_for(other.subject, "father")
    enter(client, net.parent)
    assert (
        page(client, "own_thread", net.cast.students[1][1].public_id, "homeroom_teacher").status_code == 404
    )
    page(client, "own_thread", net.child.public_id, "homeroom_teacher", words="最近睡得晚", once=ONCE)
    page(client, "own_thread", net.child.public_id, "homeroom_teacher", words="最近睡得晚", once=ONCE)
    assert FamilyWord.objects.count() == 1
    where = (net.child.public_id, net.parent.subject.public_id, "homeroom_teacher")
    for stranger in (net.cast.ma, net.cast.wang, net.cast.zhao):
        enter(client, stranger, proved=True)
        assert page(client, "thread", *where).status_code == 404
    enter(client, net.cast.chen, proved=True)
    assert page(client, "thread", *where).status_code == 404
    enter(client, father)
    assert "最近睡得晚" not in words_of(page(client, "own_thread", net.child.public_id, "homeroom_teacher"))
    enter(client, net.cast.liu)
    assert "家长的留言" in words_of(client.get(reverse("desk:home")))
    assert "最近睡得晚" in words_of(page(client, "thread", *where))
    refused = page(client, "thread", *where, words="上次测评 82 分")
    assert (refused.status_code, FamilyWord.objects.count()) == (422, 1)
    page(client, "thread", *where, words="课上很好，今晚早点睡，10分钟前还在笑")
    enter(client, net.parent)
    assert "回复了您" in words_of(client.get(reverse("desk:home")))
    assert "今晚早点睡" in words_of(page(client, "own_thread", net.child.public_id, "homeroom_teacher"))


def test_words_to_the_counsellor_are_opened_for_the_two_sides_and_each_read_is_on_record(client, net):
    enter(client, net.parent)
    page(client, "own_thread", net.child.public_id, "counsellor", words="夜里常哭")
    where = (net.child.public_id, net.parent.subject.public_id, "counsellor")
    enter(client, net.cast.liu)
    assert page(client, "thread", *where).status_code == 404
    enter(client, net.cast.chen)
    assert page(client, "thread", *where).status_code == 302
    enter(client, net.cast.chen, proved=True)
    before = AuditRow.objects.filter(action="sealed.read").count()
    assert "夜里常哭" in words_of(page(client, "thread", *where))
    assert AuditRow.objects.filter(action="sealed.read").count() == before + 1
    page(client, "thread", *where, words="明天我们见一面")
    enter(client, net.parent)
    assert "明天我们见一面" in words_of(page(client, "own_thread", net.child.public_id, "counsellor"))


def test_the_room_of_a_supporter_who_changed_class_is_no_longer_theirs(net):
    enrolled = Link.objects.current().get(kind="enrolled_in", a=net.peer.subject)
    people.end_link(enrolled, TODAY - timedelta(days=1))
    people.set_link("enrolled_in", net.peer.subject, net.cast.room_two.subject, since=TODAY)
    assert posts.supported_room(net.peer.viewer()) is None

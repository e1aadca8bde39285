"""The pages: who finds which, what a wrong form says, and that no name of a special student reaches who may not know it."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from tongxin.kernel.access import holdings
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.people import services as people
from tongxin.kernel.people import together
from tongxin.modules.rounds import picking, services
from tongxin.modules.rounds.models import Member, Participant, Round, SchemeText, Wish
from tongxin.modules.rounds.waiting import waiting
from tongxin.testing.cast import TODAY

pytestmark = pytest.mark.django_db


def url(name, *args):
    return reverse(f"rounds:{name}", args=args)


def page(client, player, address, data=None):
    client.force_login(player.account)
    return client.post(address, data) if data is not None else client.get(address)


def words(response):
    return re.sub(r"\s+", " ", response.content.decode())


def openable(**more):
    return {
        "title": "秋季结对", "starts_on": "2026-12-08", "ends_on": "2027-08-31", "wishes_by": "2026-11-25",
        "answers_by": "2026-12-02", "fill": "", "once": "a" * 32, **more,
    }  # fmt: skip


@pytest.fixture
def chinese_afterwards():
    """The test client leaves the language of its last request to whoever comes next."""
    yield
    translation.activate(settings.LANGUAGE_CODE)


# ------------------------------------------------------------------ opening


def test_the_secretary_sees_how_many_take_part_and_opens_a_round_once(client, pairs):
    cast = pairs.cast
    said = words(page(client, cast.wang, url("new", "class-contacts")))
    assert "3（共" in said
    for _click in range(2):
        response = page(client, cast.wang, url("new", "class-contacts"), openable())
        assert response.status_code == 302
    assert Round.objects.count() == 1
    assert "填志愿" in words(page(client, cast.li, url("home")))


def test_dates_that_contradict_each_other_are_said_in_the_form(client, pairs):
    cast = pairs.cast
    response = page(client, cast.wang, url("new", "class-contacts"), openable(answers_by="2026-11-20"))
    assert response.status_code == 422
    assert "回答的日期要在志愿的日期之后" in words(response)
    response = page(client, cast.wang, url("new", "class-contacts"), openable(ends_on="2026-12-01"))
    assert "结束的日期要在开始之后" in words(response)
    assert not Round.objects.exists()


def test_nobody_to_take_part_is_said_before_the_round_begins(client, pairs):
    response = page(client, pairs.cast.wang, url("new", "masters"), openable())
    assert response.status_code == 422
    assert "没有人能坐" in words(response)


@pytest.mark.parametrize(("who", "name", "status"), [
    ("wang", "class-contacts", 200), ("sun", "class-contacts", 200), ("li", "class-contacts", 200),
    ("wang", "growth-mentors", 404), ("sun", "student-helpers", 404), ("li", "student-triads", 404),
    ("chen", "growth-mentors", 200), ("chen", "family-helpers", 200), ("chen", "class-contacts", 404),
    ("liu", "class-contacts", 404), ("zhao", "class-contacts", 404), ("wang", "nothing", 404),
])  # fmt: skip
def test_who_may_open_which_round(client, pairs, who, name, status):
    assert page(client, getattr(pairs.cast, who), url("new", name)).status_code == status


def test_a_branch_opens_a_round_of_its_own_members_only(client, pairs):
    cast = pairs.cast
    other = people.make_branch(cast.school, "第二党支部")
    people.make_staff(cast.school, "钱外支", branch=other)
    response = page(client, cast.li, url("new", "class-contacts"), openable(branch=other.public_id))
    assert response.status_code == 422
    response = page(client, cast.li, url("new", "class-contacts"), openable(branch=cast.branch.public_id))
    assert response.status_code == 302
    round_ = Round.objects.get()
    names = set(
        Participant.objects.filter(round=round_, seat="member").values_list("subject__name", flat=True)
    )
    assert names == {"刘洋", "许静", "李梅"}
    assert page(client, cast.wang, url("round", round_.public_id)).status_code == 200
    assert page(client, cast.chen, url("round", round_.public_id)).status_code == 404


# ------------------------------------------------------------------ wishes


def test_wishes_on_the_phone_and_again_until_the_time_is_over(client, pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    place = pairs.place(round_, cast.li)
    room = pairs.place(round_, cast.room_two.subject)
    address = url("place", place.public_id)
    assert "七年级2班" in words(page(client, cast.li, address))
    for most in ("1", "2"):
        response = page(client, cast.li, address, {"wish1": room.public_id, "most": most})
        assert response.status_code == 302
    place.refresh_from_db()
    assert (place.high, place.low) == (2, 1)
    assert Wish.objects.get().wants == room
    response = page(client, cast.li, address, {"most": "none", "words": ""})
    assert response.status_code == 422
    assert "写一句原因" in words(response)
    response = page(client, cast.li, address, {"wish1": room.public_id, "wish2": room.public_id, "most": "1"})
    assert "选了两次" in words(response)
    Round.objects.update(wishes_by=TODAY.replace(day=1))
    page(client, cast.li, address, {"most": "1"})
    place.refresh_from_db()
    assert place.high == 2
    assert page(client, cast.liu, address).status_code == 404


def test_a_wish_for_somebody_of_another_round_or_a_made_up_one_is_refused(client, pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    other = pairs.begin("class-contacts", cast.wang, token="other")
    strange = pairs.place(other, cast.room_two.subject)
    address = url("place", pairs.place(round_, cast.li).public_id)
    for key in (strange.public_id, "x" * 22):
        assert page(client, cast.li, address, {"wish1": key, "most": "1"}).status_code == 422
    assert not Wish.objects.exists()


# ------------------------------------------------------------------ privacy


def everything_a_teacher_finds(client, pairs, player, round_):
    """Whatever a teacher of a sensitive round may open while it is not published."""
    place = Participant.objects.get(round=round_, subject=player.subject)
    found = [page(client, player, url("home")), page(client, player, url("place", place.public_id)),
             page(client, player, reverse("desk:home")), page(client, player, reverse("notices:inbox"))]  # fmt: skip
    found.append(
        page(client, player, url("place", place.public_id), {"most": "2", "slot-strengths": "nonsense"})
    )
    found.append(
        page(
            client,
            player,
            url("place", place.public_id),
            {"most": "2", "slot-strengths": "learning_difficulty"},
        )
    )
    found.append(page(client, player, url("place_find", place.public_id)))
    return "".join(one.content.decode() for one in found)


def test_no_name_of_a_special_student_reaches_a_teacher_who_wishes(client, pairs):
    cast = pairs.cast
    marker = people.make_student(
        cast.school, "马克尔·特别学生", homeroom=cast.room_two, since=TODAY
    ).person.subject
    people.set_attribute(marker, "priority_care", True, since=TODAY)
    round_ = pairs.begin("growth-mentors", cast.chen)
    for player in (cast.xu, cast.li):
        text = everything_a_teacher_finds(client, pairs, player, round_)
        assert "马克尔" not in text
        assert marker.public_id not in text
        assert pairs.place(round_, marker).public_id not in text
    pairs.propose(round_, cast.chen)
    for player in (cast.xu, cast.li):
        assert "马克尔" not in everything_a_teacher_finds(client, pairs, player, round_)
    assert all("马克尔" not in str(line) for line in waiting(cast.xu.viewer()))
    # The organiser's pages exist for nobody else, whatever their post.
    names = ("round", "people", "table", "graph", "changes", "import", "template", "progress")
    for player in (cast.wang, cast.sun, cast.li, cast.liu, cast.guo):
        for name in names:
            assert page(client, player, url(name, round_.public_id)).status_code == 404
        one = pairs.place(round_, marker).public_id
        assert page(client, player, url("person", round_.public_id, one)).status_code == 404
        assert page(client, player, url("export", round_.public_id, "xlsx")).status_code == 404


def test_what_a_computation_of_a_sensitive_round_failed_for_names_no_student(pairs):
    cast = pairs.cast
    round_ = pairs.begin("growth-mentors", cast.chen)
    Participant.objects.filter(round=round_, seat="mentor").update(left_at=round_.opened_at)
    run = pairs.propose(round_, cast.chen)
    assert run.state == "failed"
    assert "还没有人参加" in run.failure
    assert not any(child.name in run.failure for child in pairs.special)


def test_once_published_a_mentor_sees_the_own_child_and_no_other(client, pairs):
    cast = pairs.cast
    round_ = pairs.begin("growth-mentors", cast.chen)
    pairs.propose(round_, cast.chen)
    services.publish(cast.chen.viewer(), round_, round_.version)
    groups = pairs.groups(round_)
    assert {child for _mentor, child in groups} == {"安小禾", "何雨桐"}
    alone = Participant.objects.filter(round=round_, seat="mentor").exclude(
        subject__name__in=[mentor for mentor, _child in groups]
    )
    player = next(one for one in (cast.xu, cast.li, cast.liu) if one.subject.pk == alone[0].subject_id)
    text = words(page(client, player, url("place", alone[0].public_id)))
    assert "这一轮没有和您配对的" in text
    assert "正在排" not in text
    for mentor, child in groups:
        player = {"刘洋": cast.liu, "许静": cast.xu, "李梅": cast.li}[mentor]
        others = {name for other, name in groups if other != mentor} - {child}
        text = words(page(client, player, url("place", pairs.place(round_, player).public_id)))
        assert child in text
        assert not any(name in text for name in others)


def test_a_child_and_the_family_see_the_mentor_and_never_why(client, pairs):
    cast = pairs.cast
    round_ = pairs.begin("growth-mentors", cast.chen)
    Round.objects.filter(pk=round_.pk).update(title="党员联系困难家庭")
    place = pairs.place(round_, pairs.special[0])
    for who in (pairs.pupil, pairs.parent):
        for address in (url("place", place.public_id), url("home"), reverse("desk:home")):
            answered = page(client, who, address)
            assert answered.status_code == 200
            assert "困难" not in words(answered)
    assert "党员联系困难家庭" in words(page(client, cast.xu, url("home")))
    holding = next(one for one in holdings.of_type("student") if one.name == "rounds.said")
    assert "困难" not in str(holding.tell(holdings.Reader(cast.chen.viewer(), "copy"), pairs.special[0]))
    mentor = pairs.place(round_, cast.xu)
    assert (
        page(client, pairs.parent, url("place", place.public_id), {"wish1": mentor.public_id}).status_code
        == 302
    )
    pairs.propose(round_, cast.chen)
    services.publish(cast.chen.viewer(), round_, round_.version)
    (own,) = (name for name, child in pairs.groups(round_) if child == pairs.special[0].name)
    for who in (pairs.pupil, pairs.parent):
        text = words(page(client, who, url("place", place.public_id)))
        assert own in text
        for word in ("重点关爱", "学业困难", "特殊", "困难", "志愿 +", "priority"):
            assert word not in text.split("<main", 1)[1]
    member = Member.objects.get(person=place)
    page(client, pairs.parent, url("answer", member.public_id), {"answer": "yes"})
    member.refresh_from_db()
    assert (member.answer, member.answered_by) == ("yes", pairs.parent.subject)
    stranger = pairs.cast.zhao
    assert page(client, stranger, url("answer", member.public_id), {"answer": "yes"}).status_code == 404
    assert (
        page(client, cast.liu, url("answer", member.public_id), {"answer": "no", "reason": "x"}).status_code
        == 404
    )


def test_what_was_said_is_told_to_its_person_and_erased_with_them(pairs):
    cast = pairs.cast
    round_ = pairs.begin("growth-mentors", cast.chen)
    place = pairs.place(round_, pairs.special[0])
    place.words, place.answers = "家里的事不想说", {"language": ["客家话"]}
    place.save()
    holding = next(one for one in holdings.of_type("student") if one.name == "rounds.said")
    reader = holdings.Reader(cast.chen.viewer(), "copy")
    assert "家里的事不想说" in str(holding.tell(reader, pairs.special[0]))
    assert holding.count([pairs.special[0].pk]) == {pairs.special[0].pk: 1}
    assert holding.erase(pairs.special[0], None).gone >= 1
    place.refresh_from_db()
    assert (place.words, place.answers) == ("", {})
    assert holding.count([pairs.special[0].pk]) == {}


# ------------------------------------------------------------------ the organiser's pages


def test_the_organiser_reads_why_looks_for_a_name_and_moves_a_pair(client, pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    page(
        client, cast.wang, url("propose", round_.public_id), {"version": "1", "seconds": "10", "how": "fresh"}
    )
    round_.refresh_from_db()
    text = words(page(client, cast.wang, url("table", round_.public_id)))
    assert "正在教这个班 +60" in text
    assert "刘洋" in words(page(client, cast.wang, url("table", round_.public_id), {"q": "liu"}))
    assert "没有找到" in words(page(client, cast.wang, url("table", round_.public_id), {"q": "zzz"}))
    assert "pair-graph" in words(page(client, cast.wang, url("graph", round_.public_id)))
    liu = pairs.place(round_, cast.liu)
    one, two = pairs.place(round_, cast.room_one.subject), pairs.place(round_, cast.room_two.subject)
    address = url("person", round_.public_id, liu.public_id)
    assert "七年级2班" in words(page(client, cast.wang, address))
    data = {"version": str(round_.version), "new": two.public_id, "old": one.public_id, "reason": ""}
    assert page(client, cast.wang, address, data).status_code == 422
    assert page(client, cast.wang, address, {**data, "reason": "换年级组"}).status_code == 302
    round_.refresh_from_db()
    assert ("刘洋", "七年级2班") in pairs.groups(round_)
    assert "换年级组" in words(page(client, cast.wang, url("bonds", round_.public_id)))
    # The second of two tabs is told, and nothing happens.
    page(client, cast.sun, address, {**data, "reason": "另一个标签页"})
    assert "别人刚改过" in words(page(client, cast.sun, url("round", round_.public_id)))
    page(client, cast.wang, url("undo", round_.public_id), {"version": str(round_.version)})
    round_.refresh_from_db()
    assert ("刘洋", "七年级1班") in pairs.groups(round_)


def test_many_people_are_searched_for_and_not_listed(client, pairs, monkeypatch):
    monkeypatch.setattr(picking, "MOST_TAPPED", 0)
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    pairs.propose(round_, cast.wang)
    liu, one, two = (
        pairs.place(round_, who) for who in (cast.liu, cast.room_one.subject, cast.room_two.subject)
    )
    address, found = (url(name, round_.public_id, liu.public_id) for name in ("person", "find"))
    assert 'data-url="' + found in words(page(client, cast.wang, address))
    assert f'value="{two.public_id}"' not in words(page(client, cast.wang, address))
    answer = page(client, cast.wang, f"{found}?q=2班").json()
    assert [(one["id"], one["name"]) for one in answer["people"]] == [(two.public_id, "七年级2班")]
    assert page(client, cast.chen, found).status_code == 404
    # Without a script the button asks for the same, and nothing is moved by it.
    data = {"version": str(round_.version), "reason": "换年级组", "find": "new", "new_q": "2班"}
    text = words(page(client, cast.wang, address, data))
    assert f'value="{two.public_id}"' in text
    assert "换年级组" in text
    assert "notice--error" not in text
    round_.refresh_from_db()
    assert str(round_.version) == data["version"]
    moved = {"version": data["version"], "reason": "换年级组", "new": two.public_id, "old": one.public_id}
    assert page(client, cast.wang, address, moved).status_code == 302
    round_.refresh_from_db()
    assert ("刘洋", "七年级2班") in pairs.groups(round_)
    own = pairs.place(round_, cast.li)
    assert "七年级2班" not in words(page(client, cast.li, url("place", own.public_id)))
    seen = page(client, cast.li, url("place_find", own.public_id) + "?q=2班").json()
    assert [one["id"] for one in seen["people"]] == [two.public_id]
    assert page(client, cast.liu, url("place_find", own.public_id)).status_code == 404


def test_the_graph_is_drawn_around_one_person(client, pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    liu, two = pairs.place(round_, cast.liu), pairs.place(round_, cast.room_two.subject)
    Wish.objects.create(round=round_, person=liu, wants=two, rank=2)
    pairs.propose(round_, cast.wang)
    graph = url("graph", round_.public_id)
    answer = page(client, cast.wang, graph, {"q": "刘洋"})
    assert answer["Location"].endswith(f"?of={liu.public_id}")
    text = words(page(client, cast.wang, answer["Location"]))
    assert "刘洋周围" in text
    assert "第 2 志愿：七年级2班" in text
    assert "pair-graph" in text
    assert "是哪一位" in words(page(client, cast.wang, graph, {"q": "七年级"}))
    assert "没有找到" in words(page(client, cast.wang, graph, {"q": "zzz"}))
    assert page(client, cast.wang, f"{graph}?of=nobody").status_code == 404


def test_those_left_over_for_one_reason_stand_together_and_one_by_one_a_tap_away(client, pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    pairs.propose(round_, cast.wang)
    round_.proposal.found["left"] = [
        {"who": key, "reason": "没有可以配的班级。", "way": "请加上班级。"}
        for key in Participant.objects.filter(round=round_, seat="member").values_list("pk", flat=True)
    ]
    round_.proposal.save()
    n = len(round_.proposal.found["left"])
    assert n > 1
    table = url("table", round_.public_id)
    text = words(page(client, cast.wang, table))
    assert text.count("没有可以配的班级") == 1
    assert f"等 {n} 人" in text
    text = words(page(client, cast.wang, f"{table}?show=left"))
    assert text.count("没有可以配的班级") == n
    assert "李梅" not in words(page(client, cast.wang, f"{table}?show=left", {"q": "刘洋"}))
    exported = page(client, cast.wang, url("export", round_.public_id, "xlsx") + "?show=left")
    book = openpyxl.load_workbook(io.BytesIO(exported.content))
    assert "没有可以配的班级。" in [cell.value for row in book["还没有着落"].rows for cell in row]


def test_every_page_of_a_new_round_has_something_to_say(client, pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    for name in ("round", "people", "bonds", "import", "cancel"):
        assert page(client, cast.wang, url(name, round_.public_id)).status_code == 200
    for name in ("table", "graph", "changes"):
        assert page(client, cast.wang, url(name, round_.public_id)).status_code == 404
    assert "还没有填" in words(page(client, cast.wang, url("people", round_.public_id)))
    assert "现在没有要您填的" in words(page(client, cast.guo, url("home")))


def test_the_list_leaves_with_a_number_and_an_audit_row(client, pairs):
    cast = pairs.cast
    round_ = pairs.begin("class-contacts", cast.wang)
    pairs.propose(round_, cast.wang)
    response = page(client, cast.wang, url("export", round_.public_id, "xlsx"))
    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).worksheets[0]
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value]
    assert "刘洋" in cells
    assert page(client, cast.wang, url("export", round_.public_id, "pdf")).content.startswith(b"%PDF")
    assert AuditRow.objects.filter(action="rounds.exported").count() == 2


@pytest.mark.parametrize("size", [6, 60])
def test_the_table_needs_the_same_queries_for_any_size(client, pairs, size, django_assert_max_num_queries):
    cast = pairs.cast
    for number in range(size):
        child = people.make_student(cast.school, f"学生{number:03d}", homeroom=cast.room_one).person.subject
        people.set_attribute(child, "priority_care", True)
    round_ = pairs.begin("growth-mentors", cast.chen)
    Participant.objects.filter(round=round_, seat="mentor").update(high=100)
    pairs.propose(round_, cast.chen)
    client.force_login(cast.chen.account)
    client.get(url("table", round_.public_id))
    with django_assert_max_num_queries(28):
        assert client.get(url("table", round_.public_id)).status_code == 200


def test_what_both_said_against_it_holds_until_the_organiser_lets_them(client, pairs, monkeypatch):
    cast = pairs.cast
    pair = (cast.liu.subject.pk, cast.room_one.subject.pk)
    monkeypatch.setattr(together, "_tellers", [lambda _school, _kind, _day: {pair: together.RATHER_NOT}])
    round_ = pairs.begin("class-contacts", cast.wang)
    pairs.propose(round_, cast.wang)
    assert ("刘洋", "七年级1班") not in pairs.groups(round_)
    liu, room = pairs.place(round_, cast.liu), pairs.place(round_, cast.room_one.subject)
    assert "上次的反馈是不再合适" in words(
        page(client, cast.wang, url("person", round_.public_id, liu.public_id))
    )
    address = url("apart", round_.public_id, liu.public_id, room.public_id)
    data = {"version": str(round_.version), "do": "let", "reason": ""}
    page(client, cast.wang, address, data)
    round_.refresh_from_db()
    assert ("刘洋", "七年级1班") not in pairs.groups(round_)
    page(client, cast.wang, address, {**data, "reason": "谈过，可以继续"})
    pairs.propose(round_, cast.wang)
    assert ("刘洋", "七年级1班") in pairs.groups(round_)


# ------------------------------------------------------------------ schemes


def test_a_scheme_is_changed_in_slots_as_a_new_version(client, pairs):
    cast = pairs.cast
    address = url("scheme", "class-contacts")
    form = {
        "weight-teaches": "10", "weight-grade": "30", "weight-again": "0", "weight-wishes": "80", "weight-even": "20",
        "low-member": "1", "high-member": "3", "low-homeroom": "1", "high-homeroom": "2", "decides": "computer",
        "note": "班级多", "version": "0",
    }  # fmt: skip
    before = pairs.begin("class-contacts", cast.wang)
    assert page(client, cast.wang, address, {**form, "low-member": "4"}).status_code == 422
    assert "最少 4 大于最多 3" in words(page(client, cast.wang, address, {**form, "low-member": "4"}))
    assert page(client, cast.wang, address, {**form, "weight-teaches": "-1"}).status_code == 422
    assert page(client, cast.wang, address, form).status_code == 302
    row = SchemeText.objects.get()
    assert (row.number, row.note) == (1, "班级多")
    stale = page(client, cast.sun, address, {**form, "weight-teaches": "99"})
    assert "别人刚改过这个方案" in words(stale)
    after = pairs.begin("class-contacts", cast.wang, token="after")
    assert pairs.place(after, cast.li).high == 3
    assert pairs.place(before, cast.li).high == 2
    assert page(client, cast.wang, address, {"back": "0", "version": "1"}).status_code == 302
    assert SchemeText.objects.count() == 2
    assert page(client, cast.liu, address).status_code == 404


def test_an_english_page_says_the_schemes_titles_in_english_and_keeps_them_as_written(
    client, pairs, chinese_afterwards
):
    cast = pairs.cast
    client.force_login(cast.wang.account)
    english = {"headers": {"accept-language": "en"}}

    def get(name, *args):
        return words(client.get(url(name, *args), **english))

    assert "Party members in touch with classes" in get("choose")
    assert "Teaches this class" in get("scheme", "class-contacts")
    assert 'value="Party members in touch with classes"' in get("new", "class-contacts")
    sent = openable(title="Party members in touch with classes")
    client.post(url("new", "class-contacts"), sent, **english)
    round_ = Round.objects.get()
    assert round_.title == "党员联系班级"
    pairs.propose(round_, cast.wang)
    text = get("table", round_.public_id)
    assert "Party members in touch with classes" in text
    assert "Teaches this class +60" in text
    assert "党员联系班级" not in text
    # The file is one for all languages.
    assert "第1志愿" in get("import", round_.public_id)
    form = re.findall(r'name="((?:weight|low|high)-[^"]+)" value="(\d+)"', get("scheme", "class-contacts"))
    assert form
    sent = {**dict(form), "version": "0", "note": "why", "decides": "computer"}
    client.post(url("scheme", "class-contacts"), sent, **english)
    row = SchemeText.objects.get()
    assert row.title == "党员联系班级"
    assert "Party members" not in row.text

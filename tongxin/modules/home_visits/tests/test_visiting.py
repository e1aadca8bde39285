"""Published visits: what teachers and families see and say; a visit written down closes what was owed."""

from __future__ import annotations

import base64
import io
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from PIL import Image, ImageDraw

from tongxin.exchange.notices import feed
from tongxin.kernel.access.erasing import erase
from tongxin.kernel.access.waiting import waiting_for
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.ledger.models import Entry, Evidence
from tongxin.kernel.obligations.models import Message
from tongxin.kernel.signals.models import Call, Signal
from tongxin.modules.home_visits import answers, calendar, difficulties, homes, needs
from tongxin.modules.home_visits.models import (
    FamilyRequest,
    HomePlace,
    Visit,
    VisitFinding,
    VisitRecord,
    VisitRound,
)
from tongxin.testing.cast import TODAY, picture

from .conftest import ADDRESS

State = Visit.State
ONCE = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def round(visits) -> VisitRound:
    made = visits.planned()
    return answers.publish(visits.cast.liu.viewer(), made)


def url(name: str, *args: str) -> str:
    return reverse(f"home_visits:{name}", args=args)


def body(answer) -> str:
    return answer.content.decode()


def drawn() -> str:
    image = Image.new("RGBA", (300, 100), (0, 0, 0, 0))
    ImageDraw.Draw(image).line([(20, 60), (120, 20), (260, 80)], fill=(20, 20, 20, 255), width=5)
    out = io.BytesIO()
    image.save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


def written(**more: object) -> dict[str, object]:
    return {
        "reason": "routine", "day": "2026-11-18", "mode": "in_person", "minutes": "30", "school_life": "on",
        "told": "上课专心", "words": "书桌靠窗", "tap_home": ["mother"], "tap_study": ["desk"], "once": ONCE,
    } | more  # fmt: skip


# ------------------------------------------------------------------ teachers


def test_who_goes_sees_name_address_and_time_and_never_why(client, visits, round):
    cast = visits.cast
    cast.sign_in(client, cast.xu)
    route = Visit.objects.get(round=round, student=visits.special).route
    page = body(client.get(url("route", route.public_id)))
    assert visits.special.name in page
    assert ADDRESS in page
    for word in ("先访", "重点", "特殊", "优先", "心理"):
        assert word not in page
    assert "13800000001" not in page  # a colleague from another class is not told the family's telephone
    for format in ("docx", "pdf"):
        answer = client.get(url("route_sheet", route.public_id, format))
        assert answer.status_code == 200
    assert AuditRow.objects.filter(action="home_visits.sheet_exported").count() == 2
    cast.sign_in(client, cast.liu)
    mine = Visit.objects.get(round=round, student=visits.child).route
    assert "13800000001" in body(client.get(url("route", mine.public_id)))


def test_another_teacher_sees_no_route_and_nobody_before_it_is_published(client, visits):
    made = visits.planned()
    route = made.routes.first()
    for who, found in (("xu", 404), ("ma", 404), ("liu", 200), ("chen", 200)):
        visits.cast.sign_in(client, getattr(visits.cast, who))
        assert client.get(url("route", route.public_id)).status_code == found
    answers.publish(visits.cast.liu.viewer(), made)
    for who, found in (("xu", 200), ("ma", 404), ("li", 404), ("wang", 404)):
        visits.cast.sign_in(client, getattr(visits.cast, who))
        assert client.get(url("route", route.public_id)).status_code == found


def test_names_and_addresses_close_by_themselves_two_weeks_after_a_round_nobody_ended(client, visits, round):
    visit = Visit.objects.get(round=round, student=visits.special)
    addresses = [
        url("route", visit.route.public_id),
        url("route_sheet", visit.route.public_id, "pdf"),
        url("record_visit", visit.public_id),
    ]
    for days, found in ((14, 200), (15, 404)):
        last = TODAY - timedelta(days=days)
        VisitRound.objects.filter(pk=round.pk).update(first_day=last, last_day=last)
        visits.cast.sign_in(client, visits.cast.xu)
        assert [client.get(address).status_code for address in addresses] == [found] * 3
    assert visits.special.name not in body(client.get(url("home")))
    visits.cast.sign_in(client, visits.cast.liu)
    assert (
        client.get(addresses[0]).status_code == 200
    )  # whoever plans for the class reads its family facts anyway


def test_an_outing_stands_in_the_calendar_without_a_name(visits, round):
    items = calendar.outings(visits.cast.xu.viewer())
    assert len(items) == round.routes.count()
    text = feed.calendar_bytes("家访", items, "school").decode().replace("\r\n ", "")
    assert "家访（" in text
    assert "DTSTART;TZID=Asia/Shanghai:20261" in text
    assert visits.special.name not in text
    assert ADDRESS not in text
    assert calendar.outings(visits.cast.ma.viewer()) == []


def test_everybody_is_told_where_to_look_and_no_notice_names_a_child(visits, round):
    topics = sorted(Message.objects.values_list("topic", flat=True))
    assert topics == ["visit_to_confirm", "visits_yours", "visits_yours"]
    assert all(message.data == {} for message in Message.objects.all())


# ------------------------------------------------------------------ families


def test_a_family_confirms_with_one_tap_and_sees_only_its_own_child(client, visits, round):
    visits.cast.sign_in(client, visits.parent)
    mine, other = (Visit.objects.get(round=round, student=child) for child in visits.children[:2])
    page = body(client.get(url("family")))
    assert visits.child.name in page
    assert not any(child.name in page for child in visits.children[1:])
    assert client.get(url("family_visit", other.public_id)).status_code == 404
    assert client.post(url("family_visit", other.public_id), {"what": "confirm"}).status_code == 404
    assert mine.code in body(client.get(url("family_visit", mine.public_id)))
    client.post(url("family_visit", mine.public_id), {"what": "confirm"})
    client.post(url("family_visit", mine.public_id), {"what": "confirm"})
    mine.refresh_from_db()
    assert mine.state == State.CONFIRMED
    assert AuditRow.objects.filter(action="home_visits.confirmed").count() == 1


def test_a_time_in_the_past_is_refused_in_words_and_a_good_one_waits_for_the_planner(client, visits, round):
    visits.cast.sign_in(client, visits.parent)
    mine = Visit.objects.get(round=round, student=visits.child)
    past = client.post(
        url("family_visit", mine.public_id), {"what": "propose", "day": "2026-11-10", "time": "18:00"}
    )
    assert past.status_code == 422
    assert "已经过去了" in body(past)
    client.post(
        url("family_visit", mine.public_id), {"what": "propose", "day": "2026-11-21", "time": "10:00"}
    )
    mine.refresh_from_db()
    assert mine.state == State.MOVING
    lines = [line.title for line in waiting_for(visits.cast.liu.viewer())]
    assert "有家长想换家访的时间" in lines


def test_a_refusal_becomes_another_way_that_is_kept_with_its_reason(client, visits, round):
    visits.cast.sign_in(client, visits.parent)
    mine = Visit.objects.get(round=round, student=visits.child)
    page = url("family_visit", mine.public_id)
    assert client.post(page, {"what": "refuse", "instead": "phone"}).status_code == 422
    client.post(page, {"what": "refuse", "instead": "phone", "words": "家里有病人"})
    mine.refresh_from_db()
    assert (mine.state, mine.instead, mine.answer, mine.route) == (State.REFUSED, "phone", "家里有病人", None)
    visits.cast.sign_in(client, visits.cast.liu)
    client.post(url("record_visit", mine.public_id), written(mode="phone"))
    record = VisitRecord.objects.get()
    assert record.mode == "phone"
    # The programme counts visits in person and online; a call is kept and the visit stays owed.
    assert not Entry.objects.filter(kind="home_visit").exists()
    assert "不算家访" in body(client.get(url("home")))
    assert "留作联系的记录" in body(client.get(url("record", record.public_id)))
    assert mine.student in [one.student for one in needs.needs(visits.cast.liu.viewer())]


def test_a_family_says_when_it_suits_and_contradictions_are_refused(client, visits):
    visits.cast.sign_in(client, visits.parent)
    page = url("family_times", visits.child.public_id)
    wrong = client.post(page, {"days0": ["1"], "from0": "20:00", "to0": "18:00"})
    assert wrong.status_code == 422
    assert "时间自相矛盾" in body(wrong)
    client.post(page, {"days0": ["1", "3"], "from0": "18:00", "to0": "20:00"})
    home = HomePlace.objects.get(student=visits.child)
    assert home.wants["times"] == [{"days": [1, 3], "from": "18:00", "to": "20:00"}]
    assert home.spot["address"].startswith(ADDRESS)
    other = url("family_times", visits.children[1].public_id)
    assert client.get(other).status_code == 404


# ------------------------------------------------------------------ records


def test_a_record_closes_what_was_owed_with_its_sheet_photo_and_signature(client, visits, round):
    cast = visits.cast
    cast.sign_in(client, cast.xu)
    visit = Visit.objects.get(round=round, student=visits.special)
    photo = io.BytesIO(picture())
    photo.name = "家里.jpg"
    data = written(signature=drawn(), photos=photo)
    answer = client.post(url("record_visit", visit.public_id), data)
    assert answer.status_code == 302
    visit.refresh_from_db()
    record, entry = VisitRecord.objects.get(), Entry.objects.get(kind="home_visit")
    assert visit.state == State.DONE
    assert record.signed == "drawn"
    assert set(record.people) == {cast.liu.subject.pk, cast.xu.subject.pk}
    assert sorted(Evidence.objects.filter(entry=entry).values_list("type", flat=True)) == [
        "photo",
        "record_sheet",
    ]
    assert visits.special not in [one.student for one in needs.needs(cast.liu.viewer())]
    page = body(client.get(url("record", record.public_id)))
    assert "书桌靠窗" in page
    assert "有安静的桌子" in page
    shown = client.get(url("record_signature", record.public_id))
    assert shown.content.startswith(b"\x89PNG")
    assert shown["Content-Disposition"].startswith("attachment")


def test_a_double_click_or_a_second_tab_makes_one_record(client, visits, round):
    visits.cast.sign_in(client, visits.cast.liu)
    visit = Visit.objects.get(round=round, student=visits.child)
    page = url("record_visit", visit.public_id)
    client.post(page, written())
    client.post(page, written())
    client.post(page, written(once="f" * 32))
    assert VisitRecord.objects.count() == 1
    assert Entry.objects.filter(kind="home_visit").count() == 1


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"day": "2026-11-19"}, "家访日期不能晚于今天"),
        ({"code": "xxxx"}, "确认码不对"),
        ({"signature": "data:image/png;base64,AAAA"}, "签名没有收到"),
        ({"difficulty": "economic", "owner": "", "due": ""}, "请写需要什么"),
        ({"finding": "now", "seen": "手上有伤"}, "请写孩子现在在哪里"),
    ],
)
def test_what_cannot_be_saved_is_said_and_nothing_is(client, visits, round, more, sentence):
    visits.cast.sign_in(client, visits.cast.liu)
    visit = Visit.objects.get(round=round, student=visits.child)
    answer = client.post(url("record_visit", visit.public_id), written(**more))
    assert answer.status_code == 422
    assert sentence in body(answer)
    assert "书桌靠窗" in body(answer)  # what was typed stays
    assert not VisitRecord.objects.exists()
    assert not Entry.objects.filter(kind="home_visit").exists()


def test_the_code_of_the_parent_confirms_without_a_signature(client, visits, round):
    visits.cast.sign_in(client, visits.cast.liu)
    visit = Visit.objects.get(round=round, student=visits.child)
    client.post(url("record_visit", visit.public_id), written(code=visit.code))
    assert VisitRecord.objects.get().signed == "code"


def test_a_difficulty_is_given_to_somebody_until_a_day_and_its_end_is_in_the_ledger(client, visits, round):
    cast = visits.cast
    cast.sign_in(client, cast.liu)
    visit = Visit.objects.get(round=round, student=visits.child)
    client.post(
        url("record_visit", visit.public_id),
        written(difficulty="economic", need="一床被子", owner=cast.li.subject.public_id, due="2026-11-25"),
    )
    row = FamilyRequest.objects.get()
    late = cast.li.viewer(TODAY + timedelta(days=9))
    assert any("应在" in fact for line in waiting_for(late) for fact in line.facts)
    found = Entry.objects.get(kind="family_difficulty")
    cast.sign_in(client, cast.ma)
    assert client.get(url("request", row.public_id)).status_code == 404
    cast.sign_in(client, cast.li)
    assert "一床被子" in body(client.get(url("request", row.public_id)))
    client.post(url("request", row.public_id), {"answer": "送到了"})
    row.refresh_from_db()
    assert row.answer == "送到了"
    assert Entry.objects.get(kind="family_difficulty_solved").about == found
    with pytest.raises(difficulties.Refused):
        difficulties.finish(cast.li.viewer(), row, "又一次")


def test_what_a_counsellor_has_to_know_is_a_signal_in_the_same_moment(client, visits, round):
    cast = visits.cast
    cast.sign_in(client, cast.xu)
    visit = Visit.objects.get(round=round, student=visits.special)
    client.post(
        url("record_visit", visit.public_id),
        written(finding="now", seen="手腕上有划痕", where="在家，打我电话"),
    )
    finding, signal = VisitFinding.objects.get(), Signal.objects.get()
    assert signal.urgent
    assert signal.source == f"home_visits:{finding.token}"
    assert Call.objects.filter(signal=signal).exists()
    # Neither the colleague nor the homeroom teacher reads the words; the record says nothing of it.
    record = VisitRecord.objects.get()
    for who in (cast.xu, cast.liu):
        cast.sign_in(client, who)
        assert client.get(url("finding", finding.public_id)).status_code == 404
        assert "划痕" not in body(client.get(url("record", record.public_id)))
    assert "划痕" not in Entry.objects.get(kind="home_visit").note
    cast.sign_in(client, cast.chen)
    assert client.get(url("findings")).status_code == 200


def test_the_record_of_a_child_is_read_by_whoever_needs_to_know(client, visits, round):
    cast = visits.cast
    visit = Visit.objects.get(round=round, student=visits.child)
    cast.sign_in(client, cast.liu)
    client.post(url("record_visit", visit.public_id), written(words="只给该看的人"))
    record = VisitRecord.objects.get()
    for who, found in (
        ("liu", 200),
        ("xu", 200),
        ("chen", 200),
        ("ma", 404),
        ("li", 404),
        ("wang", 404),
        ("guo", 404),
        ("zhao", 404),
    ):
        cast.sign_in(client, getattr(cast, who))
        assert client.get(url("record", record.public_id)).status_code == found, who
        assert ("安小禾" in body(client.get(url("records")))) == (found == 200)
    cast.sign_in(client, visits.parent)
    assert client.get(url("record", record.public_id)).status_code == 404


def test_an_erased_child_leaves_no_word_and_no_place(visits, round, client):
    cast = visits.cast
    cast.sign_in(client, cast.liu)
    visit = Visit.objects.get(round=round, student=visits.child)
    client.post(url("record_visit", visit.public_id), written())
    from tongxin.kernel.access import holdings

    for holding in holdings.of_type("student"):
        if holding.name.startswith("home_visits."):
            holding.erase(visits.child, cast.wang.account)
    assert not HomePlace.objects.filter(student=visits.child).exists()
    record = VisitRecord.objects.get()
    assert record.said is None
    assert "书桌靠窗" not in body(client.get(url("record", record.public_id)))
    assert erase is not None


def test_arriving_twice_is_once(client, visits, round):
    visits.cast.sign_in(client, visits.cast.xu)
    visit = Visit.objects.get(round=round, student=visits.child)
    for _again in range(2):
        client.post(url("visit_arrived", visit.public_id))
    visit.refresh_from_db()
    assert visit.arrived_at == timezone.now()
    assert AuditRow.objects.filter(action="home_visits.arrived").count() == 1
    visits.cast.sign_in(client, visits.cast.ma)
    assert client.post(url("visit_arrived", visit.public_id)).status_code == 404


def test_ending_a_round_gives_back_what_was_not_done(client, visits, round):
    visits.cast.sign_in(client, visits.cast.liu)
    client.post(url("round_close", round.public_id))
    assert set(round.visits.values_list("state", flat=True)) == {State.DROPPED}
    assert all(one.planned is None for one in needs.needs(visits.cast.liu.viewer()))
    assert homes.homes([visits.child.pk])
    assert date(2026, 11, 18) == TODAY

"""A mandatory report: written at once, only added to, seen by whom its writer names, and never by a suspect."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.access import erasing, holdings
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Attribute, Event
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.obligations.models import Message
from tongxin.kernel.people import services as people
from tongxin.kernel.signals import services
from tongxin.kernel.signals.models import Signal
from tongxin.modules.network import concerns, deadlines, families, harm
from tongxin.modules.network.models import Concern, FamilyWord, HarmEntry, HarmReport, NeverChanged
from tongxin.testing.cast import NOW, TODAY

from .test_below import ONCE, enter, page, words_of

SECRET = "手臂上有烟头烫的伤"


def filed(client, net, who, **more):
    posted = {
        "matter": "harm_suspected", "name": net.child.name, "room": net.cast.room_one.subject.public_id, "student": "",
        "day": "2026-11-18", "time": "09:30", "words": SECRET, "authority": "", "number": "", "contact": "",
        "suspect": "", "told": [net.leader.subject.public_id, net.cast.chen.subject.public_id], "once": ONCE,
    }  # fmt: skip
    enter(client, who)
    return page(client, "harm_new", **(posted | more))


def test_any_teacher_files_one_page_and_only_those_they_told_ever_see_it(client, ledgered):
    net, cast = ledgered, ledgered.cast
    assert filed(client, net, cast.xu).status_code == 302
    filed(client, net, cast.xu)
    report = HarmReport.objects.get()
    told = {message.recipient_id for message in Message.objects.filter(topic="harm_told")}
    assert told == {net.leader.subject.pk, cast.chen.subject.pk}
    assert SECRET in words_of(page(client, "harm_report", report.public_id))
    for one in (net.leader, cast.chen):
        enter(client, one, proved=True)
        assert SECRET in words_of(page(client, "harm_report", report.public_id))
    for other in (cast.wang, cast.liu, cast.sun, cast.guo, cast.zhou, cast.zhao, net.parent, net.pupil):
        enter(client, other, proved=True)
        for name in ("harm_report", "harm_add", "harm_tell", "harm_word"):
            assert page(client, name, report.public_id).status_code == 404, (other.account.login, name)
        assert net.child.name not in words_of(page(client, "harm"))


def test_nobody_changes_or_removes_what_was_written_and_a_change_in_the_database_shows(client, net):
    filed(client, net, net.cast.xu)
    report, entry = HarmReport.objects.get(), HarmEntry.objects.get()
    for row in (report, entry):
        with pytest.raises(NeverChanged):
            row.save()
        with pytest.raises(NeverChanged):
            row.delete()
    enter(client, net.leader, proved=True)
    page(
        client,
        "harm_add",
        report.public_id,
        authority="",
        day="2026-11-18",
        time="09:50",
        words="孩子说是昨天的事",
    )
    assert HarmEntry.objects.count() == 2
    assert "和审计记录一致" in words_of(page(client, "harm_report", report.public_id))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE harm_entry SET authority = 'police' WHERE id = %s", [entry.pk])
    assert "被人动过" in words_of(page(client, "harm_report", report.public_id))
    assert AuditRow.objects.filter(action="network.harm_entry").count() == 2


def test_a_suspect_of_the_school_is_never_told_and_the_school_ledger_stays_silent(client, ledgered):
    net, cast = ledgered, ledgered.cast
    wang, chen = cast.wang.subject.public_id, cast.chen.subject.public_id
    refused = filed(client, net, cast.liu, inside="on", suspect=wang, told=[wang, chen])
    assert refused.status_code == 422
    assert not HarmReport.objects.exists()
    filed(client, net, cast.liu, inside="on", suspect=wang, told=[chen])
    report = HarmReport.objects.get()
    page(
        client,
        "harm_add",
        report.public_id,
        authority="police",
        mode="oral",
        day="2026-11-18",
        time="09:55",
        words="报了案",
        number="A1",
        contact="李警官",
    )
    assert not Entry.objects.filter(kind="mandatory_report").exists()
    assert not Event.objects.filter(kind="harm_suspected").exists()
    assert not Message.objects.filter(recipient=cast.wang.subject).exists()
    assert "王建国" not in words_of(page(client, "harm_tell", report.public_id))
    enter(client, cast.wang)
    assert page(client, "harm_report", report.public_id).status_code == 404


def test_what_was_told_to_whom_is_counted_and_leaves_as_a_word_file(client, ledgered):
    net, cast = ledgered, ledgered.cast
    filed(client, net, cast.xu, authority="police", number="2026-118", contact="李警官")
    report = HarmReport.objects.get()
    assert harm.missing(report) == ["civil_affairs", "education"]
    entry = Entry.objects.get(kind="mandatory_report")
    assert (entry.theme, entry.note, entry.data_class) == ("police", "", "K4e")
    enter(client, cast.xu)
    answer = page(client, "harm_word", report.public_id)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as box:
        text = box.read("word/document.xml").decode()
    assert SECRET in text
    assert "2026-118" in text
    assert AuditRow.objects.filter(action="network.harm_exported").exists()


def test_the_deadlines_are_those_of_the_place_and_are_reminded_of(client, net):
    cast = net.cast
    school = people.school_subject(cast.school)
    known = NOW - timedelta(hours=1)
    plain = {one.title for one in deadlines.deadlines(cast.school, "serious_incident", known, TODAY)}
    people.set_attribute(school, "region", "shanghai")
    assert Attribute.objects.current().filter(name="region").exists()
    there = deadlines.deadlines(cast.school, "serious_incident", known, TODAY)
    assert plain == set()
    assert [(one.due, one.mode) for one in there] == [(known + timedelta(hours=24), "")]
    written = deadlines.deadlines(cast.school, "unnatural_death", known, TODAY)
    assert [(one.due - known, one.mode) for one in written] == [
        (timedelta(hours=1), ""), (timedelta(hours=2), ""), (timedelta(hours=8), "written"),
    ]  # fmt: skip
    filed(client, net, cast.liu, time="09:30")
    report = HarmReport.objects.get()
    assert harm.remind(timezone.now()) == 0
    late = timezone.now() + timedelta(hours=22)
    assert harm.remind(late) == 3
    assert harm.remind(late) == 0
    assert {one.met for one in harm.due(report, late)} == {False}
    assert "还没有报告" in words_of(client.get(reverse("desk:home")))


def test_erasing_a_child_takes_what_was_said_and_leaves_the_mandatory_report(client, net):
    cast = net.cast
    filed(client, net, cast.xu)
    concerns.report(
        cast.liu.viewer(), net.child, concerns.Told(origin="worry", token="a", words="不说话", harm="有人打")
    )
    families.write(
        net.parent.viewer(), families.Thread(net.child, net.parent.subject, "homeroom_teacher"), "睡得晚", "b"
    )
    services.take(Signal.objects.get(), cast.chen.viewer())
    titles = [one for one in holdings.of_type("student") if one.name.startswith("network.")]
    assert {
        one.count([net.child.pk]).get(net.child.pk, 0) for one in titles if "harm_report" in one.name
    } == set()
    done = erasing.erase(net.child, by=cast.wang.account, classes=["K3", "K4d", "K4e", "K5"])
    assert done.gone >= 3
    row = Concern.objects.get()
    assert (row.__dict__["words"], row.__dict__["harm"]) == (None, None)
    assert FamilyWord.objects.get().words == ""
    enter(client, cast.xu)
    assert SECRET in words_of(page(client, "harm_report", HarmReport.objects.get().public_id))

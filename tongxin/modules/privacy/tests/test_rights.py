import io
import zipfile
from datetime import date, timedelta

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.access import erasing
from tongxin.kernel.audit import services as audit
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Attribute, Subject
from tongxin.kernel.base.sealing import store
from tongxin.kernel.consent.models import Consent
from tongxin.kernel.ledger import evidence
from tongxin.kernel.ledger.models import Entry, Evidence, Participation
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Contact, Person
from tongxin.kernel.signals.models import Signal
from tongxin.modules.network.models import FamilyWord, HarmEntry, HarmReport, Talk
from tongxin.modules.privacy import compliance, owed
from tongxin.modules.privacy.models import Assessment, Incident, RightsRequest, Sharing
from tongxin.modules.screening.models import Page, Result
from tongxin.testing.cast import TODAY
from tongxin.testing.screening import prove

from .test_audit_pages import with_account


def unpacked(answer) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as box:
        return {name: box.read(name) for name in box.namelist()}


def words_of(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as box:
        return "".join(box.read(name).decode() for name in box.namelist() if name.endswith(".xml"))


def test_a_guardian_asks_the_office_answers_in_writing_with_reasons_and_in_time(client, hall):
    cast, child = hall.cast, hall.child()
    guardian = with_account(hall.guardians[child.pk], "jiazhang")
    cast.sign_in(client, guardian)
    new = reverse("privacy:request_new", args=[child.public_id])
    assert client.post(new, {"kind": "correct", "words": ""}).status_code == 422
    client.post(new, {"kind": "delete", "words": "请删除测评的内容"})
    made = RightsRequest.objects.get()
    assert (made.channel, made.due_on) == ("online", TODAY + timedelta(days=15))
    assert client.post(new, {"kind": "delete", "words": "再来"}).status_code == 422
    page = reverse("privacy:request", args=[made.public_id])
    # Whoever asked cannot answer themselves; a class teacher and another guardian find nothing.
    client.post(page, {"state": "done", "words": "好"})
    made.refresh_from_db()
    assert made.state == "open"
    for other in (cast.liu, with_account(hall.guardians[hall.child(1).pk], "bie")):
        cast.sign_in(client, other)
        assert client.get(page).status_code == 404
        assert client.get(reverse("privacy:request_new", args=[child.public_id])).status_code == 404
        assert client.get(reverse("privacy:copy", args=[child.public_id])).status_code == 404

    cast.sign_in(client, cast.sun)
    assert "1份个人信息请求待答复" in client.get(reverse("desk:home")).content.decode()
    text = client.get(page).content.decode()
    assert "请删除测评的内容" in text
    assert "测评的作答" in text.split("这些您看不到")[1]
    assert client.post(page, {"state": "refused", "words": " "}).status_code == 422
    client.post(page, {"state": "refused", "words": "孩子还在校，这次测评还没有谈完。"})
    cast.sign_in(client, guardian)
    assert "没有谈完" in client.get(page).content.decode()
    letter = words_of(client.get(reverse("privacy:request_letter", args=[made.public_id])).content)
    assert "没有同意。理由是" in letter
    assert "孩子还在校" in letter
    assert AuditRow.objects.get(action="privacy.answered").data["days"] == 0


def test_a_request_on_paper_is_entered_with_its_day_and_only_for_people_who_may_ask(client, hall):
    cast, child = hall.cast, hall.child()
    cast.sign_in(client, cast.sun)
    new = reverse("privacy:request_new", args=[child.public_id])
    found = client.post(reverse("privacy:requests"), {"q": child.name})
    assert new in found.content.decode()
    given = {"kind": "copy", "words": "", "received_on": "2026-11-02"}
    given["asked_by"] = hall.guardians[child.pk].public_id
    assert client.post(new, given | {"received_on": "2026-11-19"}).status_code == 422
    assert (
        client.post(new, given | {"asked_by": hall.guardians[hall.child(1).pk].public_id}).status_code == 422
    )
    client.post(new, given)
    made = RightsRequest.objects.get()
    assert (made.channel, made.due_on, made.state) == ("paper", date(2026, 11, 17), "open")
    assert "已经过期" in client.get(reverse("privacy:request", args=[made.public_id])).content.decode()


def test_a_copy_holds_what_its_reader_may_open_and_each_opening_is_on_record(client, hall):
    cast, child = hall.cast, hall.child()
    hall.enter({"9": "2"})
    copy = reverse("privacy:copy", args=[child.public_id])
    cast.sign_in(client, with_account(child, "xiaohe"))
    files = unpacked(client.get(copy))
    assert {
        "说明.docx",
        "测评的作答.xlsx",
        "测评的得分.xlsx",
        "登记的资料和联系方式.xlsx",
        "同意和不同意.xlsx",
    } <= set(files)
    # What a person has to say to the child is not handed over as a table.
    assert "请人看看的提示.xlsx" not in files
    assert "请人看看的提示" in words_of(files["说明.docx"])
    assert (
        AuditRow.objects.filter(action="sealed.read", object_id=str(child.pk), data__purpose="own").count()
        == 2
    )
    # The office gives the register; the counsellor the rest, with the second factor.
    cast.sign_in(client, cast.sun)
    files = unpacked(client.get(copy))
    assert "登记的资料和联系方式.xlsx" in files
    assert not [name for name in files if name.startswith(("测评", "登记的情况"))]
    cast.sign_in(client, cast.chen)
    assert client.get(copy).url.startswith(reverse("setup:second_factor_give"))
    prove(client, cast.chen)
    files = unpacked(client.get(copy))
    assert {"测评的作答.xlsx", "请人看看的提示.xlsx"} <= set(files)
    assert child.name in words_of(files["登记的资料和联系方式.xlsx"])


NAME, NUMBER, PHONE, FACT, NOTE, LATER = (
    "欧阳金丝雀", "110101201411230731", "13999990001", "canary-fact", "金丝雀家访记录", "一起的活动",
)  # fmt: skip


@pytest.fixture
def leaver(hall, papers, settings, tmp_path):
    """A student with something in every holding who left the school a week ago."""
    cast = hall.cast
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    student = people.make_student(cast.school, NAME, homeroom=cast.room_one, id_number=NUMBER).person.subject
    Contact.objects.create(school=cast.school, person_id=student.pk, kind="phone", value=PHONE)
    people.set_attribute(student, "remark", FACT)
    with_account(student, "ouyang-canary")
    entry = cast.visit(student, TODAY, evidence=["photo"])
    entry.note = NOTE
    entry.save(update_fields=["note"])
    from tongxin.testing.screening import answered_sitting

    answered_sitting(student, TODAY)
    papers(school_id=cast.school.pk, subject_id=student.pk, day=TODAY, word="谈话").save()
    Subject.objects.filter(pk=student.pk).update(present_to=TODAY - timedelta(days=1))
    student.refresh_from_db()
    return student


def live_files(settings, keys) -> dict[str, bytes]:
    places = {
        str(p): p.read_bytes() for p in (*settings.EVIDENCE_DIR.rglob("*"), *keys.rglob("*")) if p.is_file()
    }
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            places[table] = "\n".join(map(str, cursor.fetchall())).encode()
    return places


def test_erasing_leaves_nothing_of_the_person_and_says_what_stayed_and_why(
    client, hall, leaver, keys, settings
):
    cast = hall.cast
    canaries = (NAME, NUMBER, PHONE, FACT, NOTE, "ouyang-canary")
    before = "".join(held.decode(errors="replace") for held in live_files(settings, keys).values())
    assert [word for word in (NAME, PHONE, FACT, "ouyang-canary") if word not in before] == []
    photo = evidence.path_of(
        cast.school.public_id, Evidence.objects.get(entry__participations__subject=leaver).file
    )
    assert photo.exists()
    together = Participation.objects.count()
    cast.sign_in(client, cast.sun)
    page = reverse("privacy:erase", args=[leaver.public_id])
    assert client.get(page).status_code == 404
    cast.sign_in(client, cast.wang)
    assert client.post(page, {"what": "all", "name": "别人"}).status_code == 422
    assert client.post(page, {"what": "K9", "name": NAME}).status_code == 422
    with pytest.MonkeyPatch.context() as commit:
        commit.setattr("django.db.transaction.on_commit", lambda do: do())
        answer = client.post(page, {"what": "all", "name": NAME})
    assert answer.status_code == 200
    assert not photo.exists()
    held = live_files(settings, keys)
    assert [(where, word) for where, text in held.items() for word in canaries if word.encode() in text] == []
    assert not Page.objects.filter(student=leaver).exists()
    assert not Result.objects.filter(student=leaver).exists()
    assert not Attribute.objects.filter(subject=leaver).exists()
    # The key of the counselling notes is gone, so that old backups do not open them either.
    assert store.ids_of(school=cast.school.pk, subject=leaver.pk) == []
    # That something took place stays, for the figures, nameless.
    assert Participation.objects.count() == together
    assert Entry.objects.filter(participations__subject=leaver).get().note == ""
    row = AuditRow.objects.get(action="privacy.erased")
    assert (row.object_id, row.data["all"]) == (str(leaver.pk), True)


def test_a_legal_hold_stops_erasing_with_a_sentence_until_it_is_ended(client, hall, leaver):
    cast = hall.cast
    cast.sign_in(client, cast.wang)
    hold, page = (reverse(f"privacy:{name}", args=[leaver.public_id]) for name in ("hold", "erase"))
    assert client.post(hold, {"reason": ""}).status_code == 200
    client.post(hold, {"reason": "区法院调查令〔2026〕8号"})
    answer = client.post(page, {"what": "all", "name": NAME})
    assert "正在依法保留，不能删除" in answer.content.decode()
    assert Subject.objects.get(pk=leaver.pk).name == NAME
    client.post(hold)
    assert "结束" in client.get(hold).content.decode() or "以前的" in client.get(hold).content.decode()
    client.post(page, {"what": "K4a", "name": NAME})
    assert not Page.objects.filter(student=leaver).exists()
    assert Result.objects.filter(student=leaver).exists()
    assert Subject.objects.get(pk=leaver.pk).name == NAME


def test_somebody_still_at_the_school_loses_one_class_at_most_and_an_open_signal_is_never_erased(hall):
    hall.enter({"9": "2"})
    child = hall.child()
    with pytest.raises(erasing.StillHere, match="还在校"):
        erasing.erase(child, by=hall.cast.wang.viewer())
    report = erasing.erase(child, by=hall.cast.wang.viewer(), classes=["K4c"])
    assert Signal.objects.filter(student=child).exists()
    assert "没有人接手" in report.kept[0]
    assert Person.objects.get(pk=child.pk).subject.name == child.name
    assert Consent.objects.filter(student=child).exists()


def test_the_words_of_the_network_go_with_the_childs_keys_but_a_mandatory_report_keeps_its_own_unseen(
    client, hall, leaver, keys
):
    cast, guardian = hall.cast, hall.guardians[hall.child().pk]
    given = {"school": cast.school, "student": leaver}
    Talk.objects.create(**given, soon=False, token="t1", words="想聊聊")
    FamilyWord.objects.create(
        **given, guardian=guardian, by=guardian, to="homeroom_teacher", from_school=False, day=TODAY, token="t2",
        words="家里的事",
    )  # fmt: skip
    report = HarmReport.objects.create(
        **given,
        by=cast.liu.subject,
        matter="harm_suspected",
        known_at=timezone.now(),
        open_in_school=False,
        token="t3",
    )
    HarmEntry.objects.create(
        **given, report=report, by=cast.liu.subject, at=timezone.now(), token="t4", what={"words": "看到伤痕"}
    )
    cast.sign_in(client, cast.wang)
    page = reverse("privacy:erase", args=[leaver.public_id])
    answers = [client.get(page), client.post(page, {"what": "all", "name": NAME})]
    # Neither page tells the secretary that there is a report.
    assert not [
        answer
        for answer in answers
        if "强制报告" in answer.content.decode() or "法律" in answer.content.decode()
    ]
    assert FamilyWord.objects.values().get()["words"] is None
    assert not Talk.objects.exists()
    assert store.ids_of(school=cast.school.pk, subject=leaver.pk, data_class="K4d") == []
    entry = HarmEntry.objects.values().get()["what"]
    assert HarmEntry._meta.get_field("what").unsealed(HarmEntry.objects.get(), entry) == {"words": "看到伤痕"}


def test_what_is_past_its_time_is_listed_and_goes_class_by_class_by_hand(client, hall, leaver):
    cast = hall.cast
    gone = TODAY.replace(year=TODAY.year - 1) - timedelta(days=1)
    Subject.objects.filter(pk=leaver.pk).update(present_to=gone)
    cast.sign_in(client, cast.wang)
    page = reverse("privacy:retention")
    text = client.get(page).content.decode()
    assert "测评的作答" in text
    assert "1 人到期" in text
    assert client.post(page, {"class": "K3"}).status_code == 404
    erasing.hold(leaver, "公安调查", by=cast.wang.viewer(), day=TODAY)
    assert "1 人正在依法保留" in client.get(page).content.decode()
    assert client.post(page, {"class": "K4a"}).status_code == 302
    assert Page.objects.filter(student=leaver).exists()
    erasing.end_hold(leaver_hold(leaver), by=cast.wang.viewer())
    client.post(page, {"class": "K4a"})
    assert not Page.objects.filter(student=leaver).exists()
    assert Subject.objects.get(pk=leaver.pk).name == NAME
    for other in (cast.sun, cast.chen, cast.guo):
        cast.sign_in(client, other)
        assert client.get(page).status_code == 404


def leaver_hold(leaver):
    from tongxin.kernel.access.models import LegalHold

    return LegalHold.objects.get(subject=leaver, ended_at=None)


def test_an_incident_is_noted_with_who_was_told_when(client, hall):
    hall.cast.sign_in(client, hall.cast.wang)
    new = reverse("privacy:incident_new")
    given = {"happened_on": "2026-11-17", "found_on": "2026-11-16", "people": "32", "what": "名单发错了群"}
    assert client.post(new, given).status_code == 422
    client.post(new, given | {"found_on": "2026-11-17"})
    made = Incident.objects.get()
    assert b"\xe5\x90\x8d\xe5\x8d\x95" not in bytes(Incident.objects.values().get()["what"])
    page = reverse("privacy:incident", args=[made.public_id])
    assert "名单发错了群" in client.get(page).content.decode()
    client.post(
        page, given | {"found_on": "2026-11-17", "told_authority_on": "2026-11-17", "measures": "已经撤回"}
    )
    assert "已报告主管部门" in client.get(reverse("privacy:incidents")).content.decode()


ASSESSED = {
    "title": "秋季心理测评", "data": "答卷和得分，初一学生", "why": "早发现需要帮助的学生", "effect": "可能被贴标签",
    "measures": "只有心理教师看得到", "outcome": "changed", "people": "书记、心理教师", "done_on": "2026-09-01",
}  # fmt: skip
SHARED = {
    "to": "市第二医院", "kind": "given", "data": "转介单", "count": "1", "why": "就医，监护人同意", "from_on": "2026-10-08",
}  # fmt: skip


@pytest.mark.parametrize(("name", "model", "given", "wrong", "said", "again", "later"), [
    ("assessment", Assessment, ASSESSED, {"next_on": "2026-08-31"}, "下次评估要在这次之后", {"next_on": "2026-11-01"},
     "该重新评估了"),
    ("sharing", Sharing, SHARED, {"ended_on": "2026-10-07"}, "不能早于开始的日期", {"until_on": "2026-11-01"},
     "还没有归还或删除"),
])  # fmt: skip
def test_a_register_is_kept_gone_on_with_and_asks_again(
    client, hall, name, model, given, wrong, said, again, later
):
    cast = hall.cast
    cast.sign_in(client, cast.wang)
    new, listing = reverse(f"privacy:{name}_new"), reverse(f"privacy:{name}s")
    assert "没有登记过" in client.get(listing).text
    assert "请选择" in client.get(new).text
    answer = client.post(new, given | wrong)
    assert (answer.status_code, said in answer.text) == (422, True)
    assert not model.objects.exists()
    assert client.post(new, given).status_code == 302
    made = model.objects.get()
    assert str(made) in client.get(listing).text
    assert later not in client.get(listing).text
    page = reverse(f"privacy:{name}", args=[made.public_id])
    assert client.post(page, given | again).status_code == 302
    assert later in client.get(listing).text
    waiting = [line.url for line in owed.waiting(cast.wang.viewer())]
    assert listing in waiting
    actions = AuditRow.objects.filter(action__startswith=f"privacy.{name}").order_by("seq")
    assert [row.action for row in actions] == [f"privacy.{name}_recorded", f"privacy.{name}_changed"]
    for other in (cast.sun, cast.chen, cast.guo, cast.zhou):
        cast.sign_in(client, other)
        assert {client.get(url).status_code for url in (listing, new, page)} == {404}


def test_the_yearly_pack_tells_of_assessments_and_of_what_left_the_school(client, hall):
    cast = hall.cast
    cast.sign_in(client, cast.wang)
    client.post(reverse("privacy:assessment_new"), ASSESSED)
    client.post(reverse("privacy:sharing_new"), SHARED | {"from_on": "2025-10-08"})
    client.post(
        reverse("privacy:sharing_new"),
        SHARED | {"from_on": "2025-09-01", "ended_on": "2025-12-01", "to": "旧公司"},
    )
    document = compliance.document(cast.school, compliance.Year(2026), TODAY, export_id="x")
    text = repr(document)
    assert "秋季心理测评" in text
    assert "市第二医院" in text
    assert "旧公司" not in text


def test_the_yearly_pack_counts_reads_openings_requests_and_names_no_child(client, hall, leaver):
    from tongxin.kernel.access.reading import opened

    cast, child = hall.cast, hall.child()
    hall.enter({"9": "2"})
    with transaction.atomic():
        audit.write(cast.liu.account, "network.harm_filed", school_id=cast.school.pk)
        about = [("subject", str(child.pk), {"purpose": "harm_report", "rows": ["1"]})]
        audit.write_each(cast.liu.account, "sealed.read", about, school_id=cast.school.pk)
    opened(cast.chen.viewer(proved=True), Result.objects.filter(student=child), "screening_review", "scores")
    for reader in (cast.wang, hall.admins[1]):
        cast.sign_in(client, reader)
        assert "2026 年" in client.get(reverse("privacy:compliance")).content.decode()
        files = unpacked(client.get(reverse("privacy:compliance_pack", args=[2026])))
        (report,) = [words_of(content) for name, content in files.items() if name.endswith(".docx")]
        assert "陈晨" in report
        assert "看筛查结果" in report
        # Nobody learns from above that a mandatory report was filed, or by whom.
        figures = "".join(words_of(content) for name, content in files.items() if name.endswith(".xlsx"))
        assert "harm" not in report + figures
        assert "刘洋" not in report + figures
        assert "没有发现改动" in report
        assert [one.name for one in cast.students[1] if one.name in report] == []
    assert client.get(reverse("privacy:compliance_pack", args=[2027])).status_code == 404
    cast.sign_in(client, cast.guo)
    assert client.get(reverse("privacy:compliance_pack", args=[2026])).status_code == 404

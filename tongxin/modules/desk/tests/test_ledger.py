import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.ledger.models import Entry, Evidence
from tongxin.testing.cast import TODAY, crowd, days_ago, picture

LEDGER = reverse("desk:ledger")


@pytest.fixture
def visit(cast):
    return cast.visit(cast.students[1][0], days_ago(3), evidence=["photo"])


@pytest.fixture
def lesson(cast):
    parts = {"homeroom": [cast.room_one.subject], "lecturer": [cast.xu.subject]}
    return cast.record("wellbeing_lesson", days_ago(2), parts, by=cast.xu, hours=1, title="认识情绪")


def page_of(client, address, **parameters):
    return client.get(address, parameters).content.decode()


def test_the_author_reads_names_and_a_secretary_figures_only(cast, client, visit):
    cast.sign_in(client, cast.liu)
    assert "安小禾" in page_of(client, LEDGER)
    cast.sign_in(client, cast.wang)
    seen = page_of(client, LEDGER)
    assert "家访" in seen
    assert "安小禾" not in seen
    assert "不到5人" in seen


def test_a_figure_says_nobody_s_name_and_hands_out_no_picture(cast, client, visit):
    cast.sign_in(client, cast.wang)
    response = client.get(reverse("desk:entry", args=[visit.public_id]))
    assert response.status_code == 200
    body = response.content.decode()
    assert "安小禾" not in body
    assert "刘洋" not in body
    evidence = Evidence.objects.get()
    assert client.get(reverse("desk:evidence", args=[evidence.public_id])).status_code == 404
    assert client.get(reverse("desk:evidence_small", args=[evidence.public_id])).status_code == 404


def test_another_class_teacher_does_not_find_the_visit(cast, client, visit):
    cast.sign_in(client, cast.ma)
    assert visit.public_id not in page_of(client, LEDGER)
    assert client.get(reverse("desk:entry", args=[visit.public_id])).status_code == 404


@pytest.mark.parametrize("name", ["entry", "entry_correct", "entry_withdraw"])
@pytest.mark.parametrize("who", ["zhao", "zhou", "ma"])
def test_strangers_find_nothing_at_the_entry_s_addresses(cast, client, visit, name, who):
    cast.sign_in(client, getattr(cast, who))
    address = reverse(f"desk:{name}", args=[visit.public_id])
    assert client.get(address).status_code == 404
    if name != "entry":
        assert client.post(address, {"reason": "x"}).status_code == 404
    assert Entry.objects.current().count() == 1


def test_a_foreign_entry_and_a_missing_one_look_alike(cast, client, visit):
    cast.sign_in(client, cast.zhao)
    foreign = client.get(reverse("desk:entry", args=[visit.public_id]))
    missing = client.get(reverse("desk:entry", args=["x" * 22]))
    assert foreign.status_code == missing.status_code == 404
    assert without(foreign, visit.public_id) == without(missing, "x" * 22)


def without(response, public_id: str) -> str:
    """The body without the address itself and the form tokens, which differ every time."""
    body = response.content.decode().replace(public_id, "")
    return re.sub(r'(csrfmiddlewaretoken" value|X-CSRFToken": |nonce)[="]*"?[\w-]+', "", body)


def test_evidence_leaves_as_an_attachment_and_the_reading_is_on_record(cast, client, visit):
    cast.sign_in(client, cast.chen)
    evidence = Evidence.objects.get()
    response = client.get(reverse("desk:evidence", args=[evidence.public_id]))
    assert response["Content-Disposition"].startswith("attachment")
    assert "安小禾" not in response["Content-Disposition"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    row = AuditRow.objects.filter(action="ledger.evidence_read").get()
    assert row.account == cast.chen.account.pk


def test_reading_evidence_of_school_work_leaves_no_row(cast, client):
    parts = {"attendee": [cast.liu.subject]}
    cast.record("branch_study", TODAY, parts, hours=1, evidence=["photo"])
    cast.sign_in(client, cast.liu)
    client.get(reverse("desk:evidence", args=[Evidence.objects.get().public_id]))
    assert not AuditRow.objects.filter(action="ledger.evidence_read").exists()


def test_evidence_can_be_added_by_who_took_part_and_not_by_others(cast, client, lesson):
    address = reverse("desk:entry_evidence", args=[lesson.public_id])
    cast.sign_in(client, cast.ma)
    assert client.post(address, {"type": "photo", "files": []}).status_code == 404
    cast.sign_in(client, cast.xu)
    photo = SimpleUploadedFile("a.jpg", picture(), "image/jpeg")
    assert client.post(address, {"type": "photo", "files": [photo]}).status_code == 302
    assert Evidence.objects.current().count() == 1
    page = client.post(address, {"type": "photo"}).content.decode()
    assert "请先选择照片或文件。" in page


def test_evidence_can_be_taken_back_by_its_author(cast, client, visit):
    cast.sign_in(client, cast.liu)
    client.post(reverse("desk:evidence_take_back", args=[Evidence.objects.get().public_id]))
    assert not Evidence.objects.current().exists()


def test_a_correction_keeps_the_old_entry_readable(cast, client, lesson):
    cast.sign_in(client, cast.xu)
    address = reverse("desk:entry_correct", args=[lesson.public_id])
    form = {
        "day": days_ago(1).isoformat(),
        "part_homeroom": [cast.room_two.public_id],
        "part_lecturer": [cast.xu.person.public_id],
        "amount_hours": "2",
        "title": "认识压力",
    }
    response = client.post(address, form)
    new = Entry.objects.current().get()
    assert response["Location"] == reverse("desk:entry", args=[new.public_id])
    assert (new.title, new.day) == ("认识压力", days_ago(1))
    assert "看现在的记录" in page_of(client, reverse("desk:entry", args=[lesson.public_id]))
    assert "经过" in page_of(client, response["Location"])


def test_a_correction_form_starts_with_what_was_recorded(cast, client, visit):
    cast.sign_in(client, cast.liu)
    page = page_of(client, reverse("desk:entry_correct", args=[visit.public_id]))
    assert f'value="{cast.students[1][0].public_id}" checked' in page
    assert visit.day.isoformat() in page


def test_withdrawing_needs_a_reason_and_can_be_undone(cast, client, lesson):
    cast.sign_in(client, cast.xu)
    address = reverse("desk:entry_withdraw", args=[lesson.public_id])
    assert "请写明撤回的原因。" in client.post(address, {"reason": " "}).content.decode()
    client.post(address, {"reason": "登记错了班级"})
    assert not Entry.objects.current().exists()
    page = page_of(client, reverse("desk:entry", args=[lesson.public_id]))
    assert "登记错了班级" in page
    client.post(reverse("desk:entry_restore", args=[lesson.public_id]))
    assert Entry.objects.current().count() == 1


def test_the_office_may_withdraw_what_others_logged(cast, client, lesson):
    cast.sign_in(client, cast.sun)
    response = client.post(reverse("desk:entry_withdraw", args=[lesson.public_id]), {"reason": "重复登记"})
    assert response.status_code == 302
    assert not Entry.objects.current().exists()


def test_the_list_can_be_narrowed(cast, client, visit, lesson):
    cast.sign_in(client, cast.wang)
    assert "认识情绪" not in page_of(client, LEDGER, kind="home_visit")
    assert "认识情绪" in page_of(client, LEDGER, heading="2")
    assert "认识情绪" in page_of(client, LEDGER, evidence="none")
    assert "认识情绪" not in page_of(client, LEDGER, to=days_ago(5).isoformat())


def test_a_name_becomes_a_random_id_before_it_stands_in_an_address(cast, client, visit):
    cast.sign_in(client, cast.liu)
    response = client.post(reverse("desk:ledger_find"), {"q": "axh", "kept": "kind=home_visit"})
    assert response["Location"] == f"{LEDGER}?kind=home_visit&who={cast.students[1][0].public_id}"
    assert "只看与安小禾有关的记录" in client.get(response["Location"]).content.decode()


def test_a_figure_is_not_found_by_a_child_s_name(cast, client, visit):
    cast.sign_in(client, cast.wang)
    page = page_of(client, LEDGER, who=cast.students[1][0].public_id)
    assert "没有符合条件的记录" in page


def test_nobody_asks_for_a_person_beyond_their_reach(cast, client, visit):
    cast.sign_in(client, cast.ma)
    assert client.get(LEDGER, {"who": cast.students[1][0].public_id}).status_code == 404


def test_the_export_is_on_record_and_says_no_more_than_the_page(cast, client, visit):
    from python_calamine import CalamineWorkbook

    cast.sign_in(client, cast.sun)
    response = client.get(reverse("desk:ledger_export"))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()
    text = str(rows)
    assert "家访" in text
    assert "安小禾" not in text
    assert AuditRow.objects.filter(action="ledger.exported").count() == 1
    cast.sign_in(client, cast.liu)
    assert client.get(reverse("desk:ledger_export")).status_code == 404


def test_the_outline_counts_entries_under_their_headings(cast, client, visit, lesson):
    cast.sign_in(client, cast.wang)
    page = page_of(client, reverse("desk:outline"))
    assert "2.1 家访" in page
    assert "2 条" in page


@pytest.mark.parametrize("size", [3, 40])
def test_the_list_needs_the_same_queries_for_any_length(cast, client, size, django_assert_max_num_queries):
    for number, student in enumerate(crowd(cast, size)):
        cast.visit(student, days_ago(number))
    cast.sign_in(client, cast.liu)
    client.get(LEDGER)
    with django_assert_max_num_queries(14):
        client.get(LEDGER)

import io
import re

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from tongxin.exchange.models import ImportRun
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Link, Subject
from tongxin.kernel.people import services as people
from tongxin.kernel.people.models import Student

from .conftest import HEADINGS, LIN, WU, workbook

EVERYBODY = ("liu", "xu", "li", "chen", "wang", "sun", "guo", "zhou", "zhao")
MAY = {"wang", "sun", "guo"}


@pytest.mark.parametrize(
    "page", ["setup:imports", "setup:import_upload", ("setup:import_template", "students")]
)
def test_only_secretary_office_and_it_admin_may_import(client, cast, page):
    address = reverse(page) if isinstance(page, str) else reverse(page[0], args=[page[1]])
    answers = {}
    for who in EVERYBODY:
        cast.sign_in(client, getattr(cast, who))
        answers[who] = client.get(address).status_code
    assert {who for who, status in answers.items() if status == 200} == MAY
    assert {status for who, status in answers.items() if who not in MAY} == {404}


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_else_may_open_or_change_an_import(client, cast, upload, method):
    cast.sign_in(client, cast.sun)
    key = upload([HEADINGS, WU])
    before = Student.objects.count()
    names = ["result", "headings", "preview", "answers", "confirm", "problems", "undo", "drop"]
    for who in sorted(set(EVERYBODY) - MAY):
        cast.sign_in(client, getattr(cast, who))
        for name in names:
            assert getattr(client, method)(reverse(f"setup:import_{name}", args=[key])).status_code == 404
    assert Student.objects.count() == before
    assert ImportRun.objects.get().state == ImportRun.State.OPEN


def test_an_import_of_another_school_is_not_there(client, cast, upload):
    cast.sign_in(client, cast.sun)
    key = upload([HEADINGS, WU])
    there = people.appoint(
        cast.zhao.subject,
        "office",
        people.school_subject(cast.other_school),
        since=cast.liu.subject.present_from,
    )
    assert there
    cast.sign_in(client, cast.zhao)
    assert client.get(reverse("setup:imports")).status_code == 200
    for name in ("result", "headings", "preview"):
        theirs = client.get(reverse(f"setup:import_{name}", args=[key]))
        nothing = client.get(reverse(f"setup:import_{name}", args=["x" * 22]))
        assert (theirs.status_code, nothing.status_code) == (404, 404)
        assert same_for_all(theirs, key) == same_for_all(nothing, "x" * 22)
    assert client.post(reverse("setup:import_undo", args=[key])).status_code == 404


def same_for_all(answer, key):
    """Return a page without what differs on every request: its address, form token and nonce."""
    text = answer.content.decode().replace(key, "")
    return re.sub(r'[A-Za-z0-9]{64}|nonce="[^"]*"', "", text)


def test_strangers_are_led_to_the_sign_in_page(client, cast):
    answer = client.get(reverse("setup:imports"))
    assert answer.status_code == 302
    assert "sign-in" in answer["Location"]


def test_a_roster_goes_from_upload_to_result_and_back(client, cast, upload):
    cast.sign_in(client, cast.guo)
    before = Student.objects.count()
    key = upload([["某校七年级花名册"], HEADINGS, WU, LIN])
    page = client.get(reverse("setup:import_headings", args=[key])).content.decode()
    assert "吴军，林燕" in page  # samples beside each heading
    posted = client.post(
        reverse("setup:import_headings", args=[key]),
        {
            "sheet": "0",
            "first": "2",
            "last": "2",
            "column-0": "name",
            "column-1": "id_number",
            "column-2": "homeroom",
            "column-3": "guardian_name",
            "column-4": "guardian_phone",
        },
    )
    assert posted.status_code == 302
    shown = client.get(reverse("setup:import_preview", args=[key]))
    assert "将新建 1 个班级：七年级3班" in shown.content.decode()
    assert Student.objects.count() == before  # a preview writes nothing
    form = shown.context["form"]
    done = client.post(
        reverse("setup:import_confirm", args=[key]),
        {"since": "2026-09-01", "fingerprint": form["fingerprint"].value()},
    )
    assert done.status_code == 302
    result = client.get(done["Location"]).content.decode()
    assert "导入完成" in result
    assert "2026年9月1日" in result
    assert Student.objects.count() == before + 2
    wu = Subject.objects.get(name="吴军")
    assert Link.objects.get(kind="enrolled_in", a=wu).b == cast.room_one.subject
    client.post(reverse("setup:import_undo", args=[key]))
    assert Student.objects.count() == before
    assert "已撤销" in client.get(reverse("setup:import_result", args=[key])).content.decode()


def test_a_form_sent_twice_imports_once(client, cast, bring_in):
    cast.sign_in(client, cast.sun)
    key = bring_in([HEADINGS, WU])
    count = Student.objects.count()
    again = client.post(
        reverse("setup:import_confirm", args=[key]), {"since": "2026-09-01", "fingerprint": "x"}
    )
    assert again["Location"].endswith(reverse("setup:import_result", args=[key]))
    assert Student.objects.count() == count


def test_what_was_not_shown_is_shown_again_instead_of_imported(client, cast, upload):
    cast.sign_in(client, cast.sun)
    key = upload([HEADINGS, WU])
    count = Student.objects.count()
    answer = client.post(
        reverse("setup:import_confirm", args=[key]), {"since": "2026-09-01", "fingerprint": "another"}
    )
    assert answer.status_code == 422
    assert "请再看一遍" in answer.content.decode()
    assert Student.objects.count() == count


def test_problems_are_told_by_cell_and_can_be_downloaded(client, cast, upload):
    cast.sign_in(client, cast.sun)
    bad = [*LIN]
    bad[1] = "431129201211301041"
    key = upload([HEADINGS, WU, bad])
    page = client.get(reverse("setup:import_preview", args=[key])).content.decode()
    assert "B3" in page
    assert "最后一位校验不对" in page
    answer = client.post(reverse("setup:import_problems", args=[key]))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert rows[0] == ["原来的行号", "没有导入的原因", *HEADINGS]
    assert rows[1][0] == "3"
    assert rows[1][2:] == bad
    assert AuditRow.objects.filter(action="rosters.problems_exported").count() == 1


def test_the_downloaded_rows_can_be_corrected_and_uploaded(client, cast, upload):
    cast.sign_in(client, cast.sun)
    bad = [*LIN]
    bad[1] = "431129201211301041"
    key = upload([HEADINGS, bad])
    answer = client.post(reverse("setup:import_problems", args=[key]))
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    rows[1][3] = LIN[1]
    again = upload(rows)
    plan = client.get(reverse("setup:import_preview", args=[again])).context["plan"]
    assert plan.counts["new"] == 1


def test_spaces_in_names_go_with_one_press(client, cast, upload):
    cast.sign_in(client, cast.sun)
    key = upload([HEADINGS, ["吴 军", *WU[1:]]])
    address = reverse("setup:import_preview", args=[key])
    assert client.get(address).context["plan"].counts["new"] == 0
    client.post(reverse("setup:import_answers", args=[key]), {"join_names": "1"})
    assert client.get(address).context["new"][0]["name"] == "吴军"


def test_a_namesake_is_a_question_that_is_answered_on_the_page(client, cast, upload):
    cast.sign_in(client, cast.sun)
    known = cast.students[1][0].name
    key = upload([["姓名", "班级"], [known, "七年级1班"]])
    address = reverse("setup:import_preview", args=[key])
    shown = client.get(address)
    assert "这些人是不是同一个人" in shown.content.decode()
    client.post(reverse("setup:import_answers", args=[key]), {"answer_all": "skip", "row-2": "same"})
    assert client.get(address).context["counts"]["unchanged"] == 1


def test_two_columns_cannot_be_the_same_thing(client, cast, upload):
    cast.sign_in(client, cast.sun)
    key = upload([["甲", "乙"], ["吴军", "林燕"]])
    answer = client.post(
        reverse("setup:import_headings", args=[key]), {"sheet": "0", "column-0": "name", "column-1": "name"}
    )
    assert answer.status_code == 422
    assert "“甲”和“乙”选成了同一项" in answer.content.decode()


def test_a_sheet_without_names_leads_back_to_the_headings(client, cast, upload):
    cast.sign_in(client, cast.sun)
    key = upload([["甲", "乙"], ["1", "2"]])
    answer = client.get(reverse("setup:import_preview", args=[key]))
    assert answer.status_code == 422
    assert "没有找到姓名这一列" in answer.content.decode()


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7", b"PK\x03\x04broken", b"\x00" * 100])
def test_a_file_that_is_no_table_is_refused_on_the_form(client, cast, content):
    cast.sign_in(client, cast.sun)
    file = io.BytesIO(content)
    file.name = "名单.xlsx"
    answer = client.post(reverse("setup:import_upload"), {"kind": "students", "file": file})
    assert answer.status_code == 422
    assert "field__error" in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_an_undo_that_would_lose_later_work_is_refused_in_words(client, cast, bring_in):
    cast.sign_in(client, cast.sun)
    key = bring_in([HEADINGS, WU])
    people.set_link("mentor_of", cast.xu.subject, Subject.objects.get(name="吴军"))
    answer = client.post(reverse("setup:import_undo", args=[key]))
    assert answer.status_code == 409
    assert "没有撤销" in answer.content.decode()
    assert Subject.objects.filter(name="吴军").exists()


def test_an_import_given_up_leaves_no_file(client, cast, upload, data_folder):
    cast.sign_in(client, cast.sun)
    key = upload([HEADINGS, WU])
    client.post(reverse("setup:import_drop", args=[key]))
    assert not list((data_folder / "uploads").iterdir())
    assert client.get(reverse("setup:imports")).status_code == 200


def test_staff_come_in_by_the_same_pages(client, cast, bring_in):
    cast.sign_in(client, cast.guo)
    bring_in([["工号", "姓名", "部门", "职务"], ["T77", "胡晓晓", "教务处", "教务主任"]], kind="staff")
    hu = Subject.objects.get(name="胡晓晓")
    assert hu.type == "staff"
    # A title in a list gives no rights: those are given on the person's page.
    assert set(Link.objects.filter(a=hu).values_list("kind", flat=True)) == {"in_department"}


@pytest.mark.parametrize("kind", ["students", "staff"])
def test_the_template_can_be_read_by_the_import_itself(client, cast, kind, tmp_path):
    from tongxin.exchange.rosters.headings import find_header, guess_mapping
    from tongxin.exchange.rosters.reader import read_overview
    from tongxin.exchange.rosters.workbooks import TEMPLATE_FIELDS

    cast.sign_in(client, cast.sun)
    answer = client.get(reverse("setup:import_template", args=[kind]))
    file = tmp_path / "template.xlsx"
    file.write_bytes(answer.content)
    head = read_overview(file).sheets[0].head
    assert list(guess_mapping(find_header(head, kind).labels, kind).values()) == list(TEMPLATE_FIELDS[kind])


def test_pages_of_a_workbook_with_markup_in_cells_escape_it(client, cast, upload):
    cast.sign_in(client, cast.sun)
    key = upload([HEADINGS, ["<script>alert(1)</script>", *WU[1:]]])
    for name in ("headings", "preview"):
        assert b"<script>alert" not in client.get(reverse(f"setup:import_{name}", args=[key])).content


def test_the_name_of_an_uploaded_file_is_no_path(client, cast):
    cast.sign_in(client, cast.sun)
    client.post(
        reverse("setup:import_upload"),
        {"kind": "students", "file": workbook([HEADINGS, WU], "../../etc/名单.xlsx")},
    )
    assert ImportRun.objects.get().file_name == "名单.xlsx"


def test_a_sheet_that_bears_the_name_of_a_class_offers_it_for_everybody(client, cast):
    cast.sign_in(client, cast.sun)
    file = workbook([["姓名", "学号"], ["吴军", "1"]], sheet="七年级（1）班")
    answer = client.post(reverse("setup:import_upload"), {"kind": "students", "file": file})
    assert client.get(answer["Location"]).context["form"]["homeroom"].value() == "七年级1班"

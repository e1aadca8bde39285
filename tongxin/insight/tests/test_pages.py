"""Reports, figures, folders and gap lists: what each may show, to whom, and what stays on record."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date

import docx
import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from tongxin.insight.models import SubmittedFile, SubmittedReport
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.ledger import services as ledger
from tongxin.kernel.programmes.services import change
from tongxin.testing.pack import PACK

RICH = PACK.replace(
    """      - {heading: 一、家访, text: "全年家访{figure:visits}人次。", figures: [visits]}""",
    """      - heading: 一、家访
        text: "全年家访{figure:visits}人次，覆盖率{figure:visit-coverage}，{figure:lessons}节心理课。"
        figures: [visits, lessons]
        tables: [{obligation: visit-once-a-term}, {obligation: lesson-each-fortnight}]
        charts: [{kind: coverage_by_month, obligation: lesson-each-fortnight, title: 课}, {kind: heat_by_branch, obligation: lesson-each-fortnight}, {kind: coverage_by_homeroom, obligation: visit-once-a-term}]
        entries: {headings: ["1", "2"], most: 5}""",
).replace(
    """figures:
  - {figure: visits""",
    """figures:
  - {figure: lessons, title: 心理课节数, query: {entries: {kind: wellbeing_lesson}, measure: times}}
  - {figure: lecture-hours, title: 授课学时, query: {entries: {kind: wellbeing_lesson, part: lecturer}, measure: {sum: hours}}}
  - {figure: online, title: 线上家访人次, query: {entries: {kind: home_visit, part: visited, only: {mode: online}}, measure: person_times}}
  - {figure: lecturers, title: 授课人数, query: {entries: {kind: wellbeing_lesson, part: lecturer}, measure: people}}
  - {figure: lesson-waived, title: 免课人次, query: {obligation: lesson-each-fortnight, show: waived}}
  - {figure: lesson-not-asked, title: 不要求的课, query: {obligation: lesson-each-fortnight, show: not_expected}}
  - {figure: lesson-missed, title: 缺课人次, query: {obligation: lesson-each-fortnight, show: missed}}
  - {figure: visits""",
)


@pytest.fixture
def year(cast):
    """A bit of a year: three visits, two lessons, one with a photo."""
    change(cast.programme, RICH, "加指标", by=cast.wang.account, base=1)
    for student in cast.students[1][:2]:
        cast.visit(student, date(2026, 10, 12))
    cast.visit(cast.students[2][0], date(2026, 11, 3), by=cast.ma, mode="online")
    for day in (date(2026, 9, 15), date(2026, 11, 10)):
        cast.record(
            "wellbeing_lesson",
            day,
            {"homeroom": [cast.room_one.subject], "lecturer": [cast.liu.subject]},
            qualifiers={"theme": "情绪"},
            hours=1.5,
            evidence=["photo"] if day.month == 11 else [],
            title="认识情绪",
        )
    return cast


def url(name: str, cast, *args: str) -> str:
    return reverse(f"insight:{name}", args=[cast.programme.public_id, *args])


def body(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


PAGES = [
    ("preview", "outcome"),
    ("word", "outcome"),
    ("pdf", "outcome"),
    ("figures",),
    ("figure_table",),
    ("figure", "lessons"),
    ("figure", "lesson-waived"),
    ("figure", "lesson-not-asked"),
    ("figure", "visit-coverage"),
    ("folders",),
    ("folder", "2"),
    ("gap_list",),
]


def test_the_secretary_may_open_every_page_of_their_own_programme(client, year):
    year.sign_in(client, year.wang)

    answers = {page: client.get(url(page[0], year, *page[1:])).status_code for page in PAGES}

    assert set(answers.values()) == {200}, answers


@pytest.mark.parametrize("who", ["zhao", "liu", "guo", "zhou"])
def test_others_and_another_school_find_no_such_page(client, year, who):
    year.sign_in(client, getattr(year, who))

    answers = {page: client.get(url(page[0], year, *page[1:])).status_code for page in PAGES}

    assert set(answers.values()) == {404}, answers


def test_nobody_signed_in_is_sent_to_the_sign_in_page(client, year):
    assert client.get(url("preview", year, "outcome")).status_code == 302


def test_names_the_programme_does_not_have_are_not_found(client, year):
    year.sign_in(client, year.wang)

    for page in (("preview", "no-such"), ("figure", "no-such"), ("folder", "9.9")):
        assert client.get(url(page[0], year, *page[1:])).status_code == 404


def test_home_lists_reports_and_the_bureau_sees_only_what_was_handed_in(client, year):
    year.sign_in(client, year.wang)
    assert "青山中学2026年度青山育人成效报告" in client.get(reverse("insight:home")).content.decode()
    client.post(url("submit", year, "outcome"))

    year.sign_in(client, year.zhou)
    page = client.get(reverse("insight:home")).content.decode()
    assert "青山中学2026年度青山育人成效报告" in page
    assert url("figures", year) not in page


def test_preview_says_figures_with_small_ones_suppressed_for_readers_of_counts(client, year):
    year.sign_in(client, year.wang)

    page = client.get(url("preview", year, "outcome")).content.decode()

    assert "不足5" in page
    assert "安小禾" not in page
    assert "认识情绪" in page
    assert url("figure", year, "lessons") in page


@pytest.mark.parametrize(
    ("figure", "words"),
    [("lessons", "2"), ("lecture-hours", "3"), ("lecturers", "1"), ("lesson-missed", None)],
)
def test_a_figure_page_shows_its_number(client, year, figure, words):
    year.sign_in(client, year.wang)

    response = client.get(url("figure", year, figure))

    assert words is None or response.context["value"].words == words


def test_a_figure_of_visits_lists_no_child_to_the_secretary_but_counts_them(client, year):
    year.sign_in(client, year.wang)

    page = client.get(url("figure", year, "visits")).content.decode()

    assert "另有 不足5 项" in page
    assert not any(student.name in page for student in year.students[1])


def test_a_figure_of_an_obligation_lists_the_people_the_viewer_may_see(client, year):
    year.sign_in(client, year.wang)

    page = client.get(url("figure", year, "lesson-missed")).content.decode()

    assert year.xu.subject.name in page


def test_activities_after_the_day_asked_for_do_not_count(client, year):
    year.sign_in(client, year.wang)

    response = client.get(url("figure", year, "lessons"), {"day": "2026-10-01"})

    assert response.context["value"].words == "1"


def test_a_day_after_today_is_refused_in_words(client, year):
    year.sign_in(client, year.wang)

    page = client.get(url("figures", year), {"day": "2027-01-01"}).content.decode()

    assert "截至日期不能晚于今天" in page


def test_on_an_english_page_the_report_is_shown_in_english_and_written_in_chinese(client, year):
    """The file goes to an office that reads Chinese; so does what is handed in."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    year.sign_in(client, year.wang)
    page = body(client.get(url("preview", year, "outcome"))).decode()
    assert "Home visits" in page
    document = docx.Document(io.BytesIO(body(client.get(url("word", year, "outcome")))))
    written = "\n".join(p.text for p in document.paragraphs)
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    assert {"应做事项", "指标", "心理课", "9月15日"} <= cells
    assert not [text for text in (written, *cells) if "Home visits" in text or "September" in text]
    client.post(url("submit", year, "outcome"), {"once": "a" * 32})
    report = SubmittedReport.objects.get()
    assert {figure["title"] for figure in report.figures} >= {"心理课节数", "家访人次"}


def test_word_report_holds_title_figures_and_sources(client, year):
    year.sign_in(client, year.wang)

    document = docx.Document(io.BytesIO(body(client.get(url("word", year, "outcome")))))

    assert document.paragraphs[0].text == "青山中学2026年度青山育人成效报告"
    assert any("2〔数3〕节心理课" in paragraph.text for paragraph in document.paragraphs)
    sources = document.tables[-1]
    assert [cell.text for cell in sources.rows[0].cells] == ["编号", "指标", "数值", "数据来源"]
    assert len(document.inline_shapes) == 2


@pytest.mark.parametrize(
    "page", [("word", "outcome"), ("pdf", "outcome"), ("folder", "2"), ("gap_list",), ("figure_table",)]
)
def test_every_export_is_on_record_with_its_number(client, year, page):
    year.sign_in(client, year.wang)
    before = AuditRow.objects.count()

    client.get(url(page[0], year, *page[1:]))

    row = AuditRow.objects.order_by("-seq").first()
    assert AuditRow.objects.count() == before + 1
    assert row.action.startswith("insight.exported_")
    assert row.account == year.wang.account.pk
    assert len(row.data["export"]) == 10


def test_a_daily_routine_does_not_fill_the_table_of_activities(client, year):
    for day in range(2, 8):
        year.record("branch_study", date(2026, 11, day), {"attendee": [year.li.subject]}, by=year.li, hours=1)
    year.sign_in(client, year.wang)
    document = docx.Document(io.BytesIO(body(client.get(url("word", year, "outcome")))))
    (table,) = (t for t in document.tables if t.rows[0].cells[0].text == "日期")
    kinds = [row.cells[1].text for row in table.rows[1:]]
    assert kinds.count("支部学习") == 3
    assert kinds.count("心理课") == 2, "what happened less often has its place"


def test_a_submitted_report_keeps_its_files_and_figures_when_the_ledger_changes(client, year, monkeypatch):
    year.sign_in(client, year.wang)
    response = client.post(url("submit", year, "outcome"), {"once": "a" * 32})
    report = SubmittedReport.objects.get()
    assert response.url == reverse("insight:submitted", args=[report.public_id])
    first = body(client.get(reverse("insight:submitted_file", args=[report.public_id, "docx"])))
    later = timezone.now() + timezone.timedelta(hours=1)
    monkeypatch.setattr(timezone, "now", lambda: later)

    year.record(
        "wellbeing_lesson",
        date(2026, 10, 20),
        {"homeroom": [year.room_one.subject], "lecturer": [year.liu.subject]},
        hours=1,
    )

    again = body(client.get(reverse("insight:submitted_file", args=[report.public_id, "docx"])))
    frozen = client.get(url("figure", year, "lessons"), {"submitted": report.public_id})
    today = client.get(url("figure", year, "lessons"))
    assert again == first
    assert SubmittedFile.objects.filter(report=report).count() == 2
    assert {figure["name"]: figure["words"] for figure in report.figures}["lessons"] == "2"
    assert (frozen.context["value"].words, today.context["value"].words) == ("2", "3")
    assert AuditRow.objects.filter(action="insight.report_submitted").count() == 1


def test_a_form_sent_twice_submits_once(client, year):
    year.sign_in(client, year.wang)

    for _n in range(2):
        client.post(url("submit", year, "outcome"), {"once": "b" * 32})

    assert SubmittedReport.objects.count() == 1


@pytest.mark.parametrize("who", ["zhao", "liu", "guo"])
def test_a_submitted_report_is_not_there_for_others(client, year, who):
    year.sign_in(client, year.wang)
    client.post(url("submit", year, "outcome"))
    report = SubmittedReport.objects.get()

    year.sign_in(client, getattr(year, who))

    assert client.get(reverse("insight:submitted", args=[report.public_id])).status_code == 404
    assert client.get(reverse("insight:submitted_file", args=[report.public_id, "pdf"])).status_code == 404


def test_the_bureau_may_read_what_its_school_handed_in_but_not_the_records_behind(client, year):
    year.sign_in(client, year.wang)
    client.post(url("submit", year, "outcome"))
    report = SubmittedReport.objects.get()

    year.sign_in(client, year.zhou)
    page = client.get(reverse("insight:submitted", args=[report.public_id]))

    assert page.status_code == 200
    assert "/figures/" not in page.content.decode()


def test_a_report_handed_in_shows_those_above_no_figure_of_children_under_ten(client, year):
    for student in year.students[1][2:]:
        year.visit(student, date(2026, 10, 12))
    for student in year.students[2][1:5]:
        year.visit(student, date(2026, 10, 13), by=year.ma)
    year.sign_in(client, year.wang)
    assert "全年家访11人次" in plain(client.get(url("preview", year, "outcome")))
    client.post(url("submit", year, "outcome"), {"once": "b" * 32, "day": "2026-11-18"})
    report = SubmittedReport.objects.get()
    year.sign_in(client, year.zhou)
    word = body(client.get(reverse("insight:submitted_file", args=[report.public_id, "docx"])))
    rows = [
        [cell.text for cell in row.cells]
        for table in docx.Document(io.BytesIO(word)).tables
        for row in table.rows
    ]
    visits = next(row for row in rows if row[0] == "每名学生每学期至少家访一次")
    assert "不足10" in visits
    assert not any(word.isdigit() and 0 < int(word) < 10 for word in visits)
    assert any(row[0] == "党员每两周至少上一次心理课" and row[1].isdigit() for row in rows)


def test_a_branch_secretary_gets_the_report_of_the_own_branch_and_cannot_hand_it_in(client, year):
    year.sign_in(client, year.li)
    page = plain(client.get(url("preview", year, "outcome")))
    assert "只统计第一党支部的党员和活动。" in page
    assert "2节心理课" in page
    assert "提交定稿" not in page
    assert client.post(url("submit", year, "outcome"), {"once": "c" * 32}).status_code == 404
    assert "只统计第一党支部" in plain(client.get(url("figures", year)))


def plain(response) -> str:
    """Return a page's text without tags and marks of figures."""
    page = re.sub(r"<sup.*?</sup>", "", body(response).decode(), flags=re.DOTALL)
    return re.sub(r"<[^>]+>|\s+", "", page)


def test_a_folder_holds_index_entries_and_evidence_by_heading(client, year):
    year.sign_in(client, year.wang)

    response = client.get(url("folder", year, "2"))

    with zipfile.ZipFile(io.BytesIO(body(response))) as package:
        names = package.namelist()
        assert package.testzip() is None
        assert names[:2] == ["2 主要措施/目录.docx", "2 主要措施/目录.xlsx"]
        assert len(names) == 3
        assert names[2].startswith("2 主要措施/2.2 育人课程/2026-11-10 认识情绪 ")
        assert names[2].endswith("-01.jpg")
        book = openpyxl.load_workbook(io.BytesIO(package.read(names[1])))
    assert [row[3].value for row in book["活动记录"].iter_rows(min_row=2)] == ["认识情绪", "认识情绪"]
    assert "刘洋" in book["活动记录"]["E2"].value
    listed = [[cell.value for cell in row] for row in book["目录"].iter_rows(min_row=3)]
    assert ["2.1", "家访", 0, 0, "不足5"] in listed
    assert ["2.2", "育人课程", 2, 1, "0"] in listed


def test_a_folder_never_holds_another_schools_entries(client, year):
    year.sign_in(client, year.wang)
    line = next(line for line in client.get(url("folders", year)).context["lines"] if line["number"] == "2.2")

    assert line["count"] == 2


def test_a_withdrawn_activity_leaves_the_folder(client, year):
    from tongxin.kernel.ledger.models import Entry

    ledger.withdraw(Entry.objects.filter(kind="wellbeing_lesson").first(), "重复", by=year.wang.account)
    year.sign_in(client, year.wang)

    with zipfile.ZipFile(io.BytesIO(body(client.get(url("folder", year, "2"))))) as package:
        assert "2 主要措施/目录.xlsx" in package.namelist()
        book = openpyxl.load_workbook(io.BytesIO(package.read("2 主要措施/目录.xlsx")))
    assert book["活动记录"].max_row == 2


def test_gap_lists_name_members_but_no_children_for_the_secretary(client, year):
    year.sign_in(client, year.wang)

    book = openpyxl.load_workbook(io.BytesIO(body(client.get(url("gap_list", year)))))

    listed = [[cell.value for cell in row] for row in book["名单"].iter_rows(min_row=2)]
    names = {row[1] for row in listed}
    assert year.xu.subject.name in names
    assert not names & {student.name for room in year.students.values() for student in room}
    titles = [row[0].value for row in book["汇总"].iter_rows(min_row=3)]
    assert "每名学生每学期至少家访一次" in titles


def test_gap_list_of_one_obligation_and_none_of_an_unknown_one(client, year):
    year.sign_in(client, year.wang)

    book = openpyxl.load_workbook(
        io.BytesIO(body(client.get(url("gap_list", year), {"obligation": "lesson-each-fortnight"})))
    )

    assert book["汇总"].max_row == 3
    assert client.get(url("gap_list", year), {"obligation": "x"}).status_code == 404


@pytest.mark.parametrize("size", [3, 30])
def test_the_figure_board_needs_the_same_queries_for_any_number_of_entries(
    client, year, size, django_assert_max_num_queries
):
    for n in range(size):
        year.visit(year.students[1][n % 6], date(2026, 10, 1 + n % 28))
    year.sign_in(client, year.wang)

    with django_assert_max_num_queries(60):
        client.get(url("figures", year))

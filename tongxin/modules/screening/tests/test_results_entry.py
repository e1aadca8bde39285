"""Papers typed in and files brought in: by cell, all or nothing, signals in the same transaction, and taken back."""

import io
from datetime import timedelta

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.people.models import Student
from tongxin.kernel.signals.models import Signal
from tongxin.modules.screening import entries, papers
from tongxin.modules.screening.models import Page, Paper, Result

from .proving import signed_in, text_in


@pytest.fixture
def chen(hall):
    return signed_in(hall.cast.chen)


def page(name, hall, *more):
    return reverse(f"screening:{name}", args=[hall.sitting.public_id, *more])


def workbook(*rows) -> SimpleUploadedFile:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("答卷")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return SimpleUploadedFile("答卷.xlsx", out.getvalue())


HEAD = ("学号", "姓名", *(str(n) for n in range(1, 11)))


def line(hall, number, *answers, name=None):
    child = hall.child(number)
    code = Student.objects.get(pk=child.pk).local_number
    return (code, name or child.name, *answers)


def upload(hall, chen, *rows, **more):
    data = {"file": workbook(*rows), f"coding-{hall.form.pk}": "own"} | more
    return chen.post(page("import", hall), data)


NINE = [0] * 9


def test_a_file_is_shown_first_and_saved_only_when_confirmed(hall, chen):
    answer = upload(hall, chen, HEAD, line(hall, 0, *NINE, ""), line(hall, 1, 3, 3, 3, 3, *[0] * 4, 2, ""))
    assert answer.status_code == 200
    assert [row.name for row in answer.context["seen"].rows] == ["安小禾", "白云飞"]
    assert Paper.objects.count() == 0
    done = chen.post(page("import_confirm", hall), {"token": answer.context["token"]}, follow=True)
    assert "已导入2份" in done.content.decode()
    assert Paper.objects.filter(source="import", finished_at__isnull=False).count() == 2
    assert Signal.objects.filter(student=hall.child(1), urgent=True).count() == 1
    assert AuditRow.objects.get(action="screening.papers_imported").data["rows"] == 2


def test_the_answers_in_the_page_are_sealed_for_one_person_and_one_sitting(hall, chen):
    answer = upload(hall, chen, HEAD, line(hall, 0, *NINE, ""))
    token = answer.context["token"]
    assert "安小禾" not in token
    with pytest.raises(papers.Refused):
        entries.taken_from_page(hall.sitting, token, hall.cast.wang.viewer())
    with pytest.raises(papers.Refused):
        entries.taken_from_page(hall.sitting, token[:-4] + "AAAA", hall.cast.chen.viewer())
    refused = chen.post(page("import_confirm", hall), {"token": "x"})
    assert refused.status_code == 409
    assert Paper.objects.count() == 0


@pytest.mark.parametrize(
    ("row", "where", "words"),
    [
        (("202601", "安小禾", *[0] * 10), "A2", "没有安排这位学生"),
        (("2026001", "白云飞", *[0] * 10), "A2", "对不上"),
        (("", "没有这个人", *[0] * 10), "B2", "没有安排这位学生"),
        (("2026001", "安小禾", 7, *[0] * 9), "C2", "不在可选的答案里"),
        (("2026001", "安小禾", *[0] * 8, "是", 0), "K2", "不在可选的答案里"),
        (("2026006", "高子涵", *[0] * 10), "A2", "还没有收到同意"),
    ],
)
def test_one_wrong_cell_keeps_the_whole_file_out_and_is_named(hall, chen, row, where, words):
    answer = upload(hall, chen, HEAD, row, line(hall, 1, *NINE, ""))
    assert answer.status_code == 422
    (cell,) = answer.context["cells"]
    assert cell.where == where
    assert words in cell.sentence
    assert "token" not in answer.context
    assert Paper.objects.count() == 0


def test_the_same_child_twice_and_a_child_who_has_a_paper_are_told(hall, chen):
    hall.enter(number=1)
    answer = upload(
        hall, chen, HEAD, line(hall, 0, *NINE, ""), line(hall, 0, *NINE, ""), line(hall, 1, *NINE, "")
    )
    sentences = [cell.sentence for cell in answer.context["cells"]]
    assert "第 2 行" in sentences[0]
    assert "已经有了" in sentences[1]


def test_other_codings_are_read_and_a_blank_is_not_counted_as_nothing(hall, chen):
    answer = upload(
        hall,
        chen,
        HEAD,
        line(hall, 0, *["D"] * 5, "", "", "", "A", ""),
        **{f"coding-{hall.form.pk}": "letters"},
    )
    chen.post(page("import_confirm", hall), {"token": answer.context["token"]})
    paper = Paper.objects.get()
    result = Result.objects.get(paper=paper)
    from tongxin.kernel.access.reading import opened

    opened(hall.cast.chen.viewer(proved=True), [result], "screening_review")
    assert result.scores["scores"] == {}
    assert result.scores["missing"]["total"]["blanks"] == 3


def test_an_import_is_taken_back_and_its_signals_stay(hall, chen):
    answer = upload(hall, chen, HEAD, line(hall, 0, *[0] * 8, 3, ""))
    chen.post(page("import_confirm", hall), {"token": answer.context["token"]})
    at = Paper.objects.get().finished_at
    from tongxin.kernel.base.fields import to_microseconds

    chen.post(page("import_undo", hall, to_microseconds(at)))
    assert Paper.objects.get().finished_at is None
    assert not Page.objects.current().exists()
    assert Page.objects.exists()
    assert Signal.objects.count() == 1
    again = upload(hall, chen, HEAD, line(hall, 0, *NINE, ""))
    assert again.status_code == 200


def test_an_import_with_a_corrected_paper_is_not_taken_back(hall):
    by = hall.cast.chen.viewer()
    answers = {str(n): "0" for n in range(1, 10)}
    at = entries.save(hall.sitting, [(hall.child().pk, {hall.form.pk: answers})], by=by)
    later = at + timedelta(minutes=5)
    papers.correct(Paper.objects.get(), {hall.form.pk: answers | {"1": "1"}}, by=by, now=later)
    with pytest.raises(papers.Refused, match="更正过"):
        entries.take_back(hall.sitting, at, by=by)


def test_when_one_row_cannot_be_saved_none_is(hall):
    by = hall.cast.chen.viewer()
    answers = {str(n): "0" for n in range(1, 10)} | {"9": "3"}
    rows = [(hall.child(0).pk, {hall.form.pk: answers}), (hall.child(5).pk, {hall.form.pk: answers})]
    with pytest.raises(papers.Refused):
        entries.save(hall.sitting, rows, by=by)
    assert Paper.objects.count() == 0
    assert Signal.objects.count() == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "空"),
        (b"\x00\x01nonsense", ""),
        ("甲,乙\n1,2\n".encode(), "没有找到"),
        ("学号,姓名\n1,2\n".encode(), "题号"),
    ],
)
def test_a_file_that_is_no_sheet_of_papers_is_refused_in_words(hall, chen, content, words):
    file = SimpleUploadedFile("答卷.csv", content)
    answer = chen.post(page("import", hall), {"file": file, f"coding-{hall.form.pk}": "own"})
    assert answer.status_code == 422
    assert words in str(answer.context["form"].errors)
    assert answer.context["form"].errors["file"]


def test_the_template_names_who_is_missing_and_comes_back_as_it_is(hall, chen):
    hall.enter(number=1)
    content = chen.get(page("import_template", hall)).content
    words = text_in(content)
    assert "安小禾" in words
    assert "白云飞" not in words
    answer = chen.post(
        page("import", hall),
        {"file": SimpleUploadedFile("模板.xlsx", content), f"coding-{hall.form.pk}": "own"},
    )
    assert "表里没有答卷" in str(answer.context["form"].errors)


def test_a_paper_is_typed_in_and_the_next_child_comes(hall, chen):
    address = page("entry_form", hall, hall.child(0).public_id, "student")
    data = {f"{hall.form.pk}-{n}": "1" for n in range(1, 10)} | {f"coding-{hall.form.pk}": "own", "next": "1"}
    answer = chen.post(address, data)
    assert answer.url == page("entry_form", hall, hall.child(1).public_id, "student")
    assert Paper.objects.get().source == "paper"
    assert Paper.objects.get().entered_by == hall.cast.chen.account


def test_a_full_width_digit_is_read_and_another_coding_chosen_in_the_form(hall, chen):
    address = page("entry_form", hall, hall.child(0).public_id, "student")
    data = {f"{hall.form.pk}-{n}": "１" for n in range(1, 10)} | {f"coding-{hall.form.pk}": "1-4"}
    chen.post(address, data)
    from tongxin.kernel.access.reading import opened

    (page_row,) = opened(hall.cast.chen.viewer(proved=True), Page.objects.all(), "screening_review")
    assert page_row.answers["items"] == {str(n): 0 for n in range(1, 10)}


def test_who_has_no_consent_cannot_be_typed_in(hall, chen):
    address = page("entry_form", hall, hall.child(5).public_id, "student")
    data = {f"{hall.form.pk}-{n}": "1" for n in range(1, 10)} | {f"coding-{hall.form.pk}": "own"}
    answer = chen.post(address, data)
    assert answer.status_code == 422
    assert Paper.objects.count() == 0


def test_the_list_of_the_missing_finds_a_posted_name(hall, chen):
    hall.enter(number=1)
    rooms = chen.post(page("entry", hall), {"q": "方晓"}).context["rooms"]
    assert [[one.name for one in room["missing"]] for room in rooms] == [["方晓"]]
    body = chen.get(page("entry", hall)).content.decode()
    assert "白云飞" not in body

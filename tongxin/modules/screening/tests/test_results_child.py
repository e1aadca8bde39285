"""A child's page: history, norms, quality, item by item, correction and the letter – every opening on record."""

import io

import pytest
from django.urls import reverse

from tongxin.kernel.access.reading import READ
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.people.models import Person
from tongxin.kernel.signals.models import Signal
from tongxin.modules.screening import instruments, papers, sittings
from tongxin.modules.screening.models import Page, Paper, Result, Sitting, SittingForm
from tongxin.testing.cast import TODAY

from .proving import signed_in, text_in


@pytest.fixture
def chen(hall):
    return signed_in(hall.cast.chen)


def reads(**data):
    rows = AuditRow.objects.filter(action=READ)
    return [row for row in rows if all(row.data.get(name) == value for name, value in data.items())]


def child_page(hall, number=0):
    return reverse("screening:child", args=[hall.child(number).public_id])


def test_a_childs_page_shows_score_band_signals_and_says_what_cannot_be_computed(hall, chen):
    hall.enter({"1": "3", "2": "3", "3": "3", "9": "2"})
    body = chen.get(child_page(hall)).content.decode()
    for words in ("中度", "想到去死或自残", "算不出来", "没有公布的常模", "纸笔补录"):
        assert words in body
    assert "11" in body


def test_each_opening_of_a_childs_page_is_a_row_for_results_and_one_for_signals(hall, chen):
    hall.enter({"9": "1"})
    for times in (1, 2):
        chen.get(child_page(hall))
        assert len(reads(table="result", purpose="screening_review")) == times
        assert len(reads(table="signal", purpose="screening_review")) == times
    assert {row.object_id for row in reads(purpose="screening_review")} == {str(hall.child().pk)}


def test_answers_are_opened_item_by_item_only_when_asked_for(hall, chen):
    paper = hall.enter({"1": "2"})
    chen.get(child_page(hall))
    assert reads(table="answer_page") == []
    body = chen.get(reverse("screening:paper", args=[paper.public_id])).content.decode()
    assert "刚超过一半天数" in body
    assert len(reads(table="answer_page", purpose="screening_review")) == 1


def test_a_correction_scores_again_raises_what_shows_now_and_keeps_the_former_answers(hall, chen):
    paper = hall.enter({"1": "1"})
    address = reverse("screening:correct", args=[paper.public_id])
    form = chen.get(address).context["form"]
    data = {name: form[name].value() for name in form.fields} | {f"{hall.form.pk}-9": "3"}
    answer = chen.post(address, data, follow=True)
    assert "更正以前填的" in answer.content.decode()
    assert Signal.objects.filter(origin="paper", origin_id=paper.pk, urgent=True).count() == 1
    assert Page.objects.filter(paper=paper).count() == 2
    assert Result.objects.current().filter(paper=paper).count() == 1
    assert len(reads(purpose="screening_entry")) >= 1


def test_an_impossible_value_is_refused_beside_its_cell_and_nothing_changes(hall, chen):
    paper = hall.enter({"1": "1"})
    address = reverse("screening:correct", args=[paper.public_id])
    answer = chen.post(address, {f"{hall.form.pk}-1": "7"})
    assert answer.status_code == 422
    assert "不在可选的答案里" in str(answer.context["form"].errors[f"{hall.form.pk}-1"])
    assert Page.objects.filter(paper=paper).count() == 1


def test_a_published_norm_is_told_with_its_source_and_the_schools_own_is_marked_as_such(hall, chen):
    # K10 as a school completes it with its own words.
    words = "items: [" + ", ".join(f"{{id: {n}, text: 第{n}句}}" for n in range(1, 11)) + "]\n"
    whole = instruments.shipped()["k10"].text.replace("items: 10\n", words, 1)
    whole = whole.replace("wording: school", "wording: school\n  granted: 作者，2026 年 9 月")
    text = instruments.add(hall.cast.school, whole, by=hall.cast.chen.account)
    plan = sittings.Plan(
        title="心理困扰", first_day=TODAY, last_day=TODAY, forms=[(text, "student")], rooms=[hall.cast.room_one.subject.pk]
    )  # fmt: skip
    other = sittings.create(hall.cast.school, plan, by=hall.cast.chen.viewer())
    sittings.open_sitting(other, by=hall.cast.chen.viewer(), day=TODAY)
    other.refresh_from_db()
    form = other.forms.get()
    seat = papers.Seat(other, hall.child())
    answers = {str(n): "3" for n in range(1, 11)}
    papers.enter(seat, {form.pk: answers}, source="paper", by=hall.cast.chen.viewer())
    body = chen.get(child_page(hall), {"sitting": other.public_id}).content.decode()
    assert "2019 年全国中小学生（2019）：T 分 59" in body


def test_the_schools_own_norm_is_told_once_fifty_papers_are_there_and_marked(hall, monkeypatch):
    from tongxin.methods.psychometrics import norms
    from tongxin.modules.screening import history

    monkeypatch.setattr(norms.SchoolNorms.__init__, "__defaults__", (3,))
    for number, first in enumerate(("0", "1", "2", "3")):
        hall.enter({"1": first}, number=number)
    viewer = hall.cast.chen.viewer(proved=True)
    (chapter,) = history.history(viewer, hall.child(3))
    history.deepen(chapter, hall.child(3))
    assert "本校常模（不是公布的常模）" in chapter.sheets[0].blocks[0].lines[0].norm


def test_a_parents_form_stands_beside_the_childs_own(hall, chen):
    hall.enter()
    SittingForm.objects.create(sitting=hall.sitting, number=2, text=hall.form.text, form="parent")
    guardian = hall.guardians[hall.child().pk]
    seat = papers.Seat(hall.sitting, hall.child(), "parent", guardian)
    own = hall.sitting.forms.get(form="parent")
    papers.enter(seat, {own.pk: {"1": "3", "2": "1", "3": "1", "4": "1", "5": "1", "6": "1", "7": "1", "8": "1", "9": "0"}},
                 source="paper", by=hall.cast.chen.viewer())  # fmt: skip
    body = chen.get(child_page(hall)).content.decode()
    assert "家长填" in body
    assert guardian.name in body


def letter(hall, chen, **changed):
    data = {"kind": "talk", "contact": "陈老师，每天中午", "words": "", "format": "docx"} | changed
    return chen.post(reverse("screening:letter", args=[hall.child().public_id, hall.sitting.public_id]), data)


def test_the_letter_is_gentle_tells_no_score_and_is_on_record(hall, chen):
    hall.enter({"1": "3", "2": "3", "3": "3", "4": "3"})
    answer = letter(hall, chen)
    words = text_in(answer.content)
    assert "安小禾" in words
    assert "陈老师，每天中午" in words
    assert "12356" in words
    for secret in ("中度", "12分", "12 分", "抑郁"):
        assert secret not in words
    assert len(reads(purpose="letter")) == 1
    noted = AuditRow.objects.get(action="screening.letter_written")
    assert noted.data["export"] in words
    assert noted.data["standing"] is False


def test_the_band_is_told_only_where_the_counsellor_says_the_school_allows_it(hall, chen):
    hall.enter({"1": "3", "2": "3", "3": "3", "4": "3"})
    assert "中度" in text_in(letter(hall, chen, standing="on").content)
    assert AuditRow.objects.get(action="screening.letter_written").data["standing"] is True


def test_the_letter_is_a_pdf_too(hall, chen):
    hall.enter()
    answer = letter(hall, chen, format="pdf", kind="steady")
    assert answer["Content-Type"] == "application/pdf"
    assert io.BytesIO(answer.content).read(5) == b"%PDF-"


def test_there_is_no_letter_about_a_child_without_a_paper(hall, chen):
    assert letter(hall, chen).status_code == 404


def test_a_child_of_another_school_looks_absent(hall, chen):
    other = hall.cast.other_student
    assert chen.get(reverse("screening:child", args=[other.public_id])).status_code == 404
    assert chen.get(reverse("screening:child", args=["x" * 22])).status_code == 404


def test_the_second_factor_alone_opens_nothing_for_somebody_whose_post_has_ended(hall, chen):
    from tongxin.kernel.base.models import Link

    hall.enter()
    Link.objects.filter(kind="counsellor", a=hall.cast.chen.subject).update(valid_to=TODAY.replace(day=1))
    assert chen.get(child_page(hall)).status_code == 404
    assert Person.objects.filter(pk=hall.child().pk).exists()
    assert Paper.objects.count() == 1
    assert Sitting.objects.count() == 1

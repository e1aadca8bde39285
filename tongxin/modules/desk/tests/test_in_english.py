"""Pages in English: the words of the programme are English there, and what is kept is as the programme has it."""

from datetime import date

import pytest
from django.urls import reverse

from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.programmes.queries import current_pack, current_version
from tongxin.testing.cast import TODAY

from .test_editing import duty_form, url
from .test_record import HOME_VISIT, visit


@pytest.fixture
def in_english(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def test_an_activity_logged_on_an_english_page_keeps_its_kinds_own_title(cast, in_english):
    cast.sign_in(in_english, cast.liu)
    page = in_english.post(HOME_VISIT, visit(cast, cast.students[1][0]), follow=True).content.decode()
    assert "Home visits" in page
    entry = Entry.objects.get()
    assert entry.title == "家访"
    page = in_english.get(reverse("desk:entry", args=[entry.public_id])).content.decode()
    assert "家访</h1>" not in page
    assert "Student visited" in page
    # What the next reader sees does not depend on who asked before.
    page = in_english.get(reverse("desk:entry", args=[entry.public_id]), headers={"Accept-Language": "zh-CN"})
    assert "受访学生" in page.content.decode()
    page = in_english.get(reverse("desk:entry", args=[entry.public_id])).content.decode()
    assert "受访学生" not in page


def test_each_reader_has_the_words_of_their_own_language_whoever_came_first(cast, client):
    cast.sign_in(client, cast.liu)
    client.post(HOME_VISIT, visit(cast, cast.students[1][0]))
    entry = reverse("desk:entry", args=[Entry.objects.get().public_id])
    for language, words, others in (("zh-hans", "受访学生", "Student visited"), ("en", "Student visited", "受访学生"),
                                    ("zh-hans", "受访学生", "Student visited")):  # fmt: skip
        page = client.get(entry, HTTP_ACCEPT_LANGUAGE=language).content.decode()
        assert words in page
        assert others not in page


def test_hours_are_hours_in_every_language(cast, in_english):
    entry = cast.record("branch_study", TODAY, {"attendee": [cast.li.subject]}, by=cast.li, hours=2)
    cast.sign_in(in_english, cast.li)
    form = in_english.get(reverse("desk:record_kind", args=["branch_study"])).context["form"]
    assert form.fields["amount_hours"].widget.attrs["step"] == "0.5"
    page = in_english.get(reverse("desk:entry", args=[entry.public_id])).content.decode()
    assert "2 hours (each)" in page


def test_kinds_are_found_by_their_chinese_and_by_their_english_name(cast, in_english):
    cast.sign_in(in_english, cast.liu)
    for words in ("jf", "家访", "home"):
        page = in_english.get(reverse("desk:record"), {"q": words}).content.decode()
        assert "Home visits" in page
        assert "Branch study" not in page


def test_a_number_changed_on_an_english_page_leaves_the_rules_title_as_it_was_written(cast, in_english):
    cast.sign_in(in_english, cast.wang)
    page = in_english.get(url("edit_duty", cast, "study-hours")).content.decode()
    assert 'value="党员每学期学习不少于4学时"' in page
    form = duty_form(number="6", base="1")
    assert in_english.post(url("edit_duty", cast, "study-hours"), form).status_code == 200
    in_english.post(url("edit_duty", cast, "study-hours"), form | {"confirm": "1"})
    rules = current_pack(cast.programme).versions("study-hours")
    assert [(rule.since, rule.title) for rule in rules] == [
        (date(2026, 1, 10), "党员每学期学习不少于4学时"),
        (TODAY, "党员每学期学习不少于4学时"),
    ]


def test_nothing_changed_in_english_saves_nothing_either(cast, in_english):
    cast.sign_in(in_english, cast.wang)
    in_english.post(url("edit_duty", cast, "study-hours"), duty_form(confirm="1"))
    assert current_version(cast.programme).number == 1


def test_why_a_verdict_is_so_is_said_in_the_words_of_the_page(cast, in_english):
    cast.visit(cast.students[1][0], date(2026, 10, 12))
    cast.sign_in(in_english, cast.liu)
    duty = in_english.get(url("duty", cast, "visit-once-a-term")).content.decode()
    assert "must take part in home visits as student visited" in duty
    assert "homeroom teacher is responsible" in duty

"""Figures without names: small ones hidden, no view set against another, told to the secretary only once it has ended."""

import io
from random import Random

import pypdfium2
import pytest
from django.urls import reverse
from django.utils import translation
from docx import Document as opened_word
from hypothesis import given, settings
from hypothesis import strategies as st

from tongxin.kernel.access.reading import READ, READ_BY_PROGRAM
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import Subject
from tongxin.kernel.consent import services as consent
from tongxin.kernel.consent.models import Consent, Purpose
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.people import services as people
from tongxin.modules.screening import comparing, papers, picture, sittings
from tongxin.modules.screening.models import Page, Sitting
from tongxin.modules.screening.papers import Seat
from tongxin.testing.again import again
from tongxin.testing.cast import SINCE, TODAY

from .proving import signed_in, text_in

MANY = 24


@pytest.fixture
def full(hall):
    """七年级2班 with thirty children, all but the first six of whom filled in; the sitting has ended."""
    hall.more = again("full room", fill, hall)
    hall.sitting.refresh_from_db()
    return hall


def fill(hall):
    room = hall.cast.room_two
    names = [f"测{chr(0x4E00 + 40 * n)}记" for n in range(MANY)]
    made = [
        people.make_student(hall.cast.school, name, homeroom=room, since=SINCE).person.subject
        for name in names
    ]
    for child in made:
        guardian = people.make_guardian(hall.cast.school, f"{child.name}家长", children=[child]).subject
        consent.record(hall.cast.school, Purpose.SCREENING, [consent.Said(child, guardian, "given")],
                       channel=Consent.Channel.PAPER, at=hall.sitting.opened_at, by=hall.cast.sun.account)  # fmt: skip
    answer(hall, hall.sitting, made)
    close(hall.sitting)
    return made


def answer(hall, sitting, children, calmer=0):
    draw = Random(7)
    form = sitting.forms.get()
    for child in children:
        level = draw.choice([0, 0, 1, 1, 2, 3])
        said = {str(n): str(max(0, min(3, level + draw.choice([-1, 0, 0, 1]) - calmer))) for n in range(1, 9)}
        papers.enter(
            Seat(sitting, child), {form.pk: said | {"9": "0"}}, source="paper", by=hall.cast.chen.viewer()
        )


def close(sitting):
    Sitting.objects.filter(pk=sitting.pk).update(state=Sitting.State.CLOSED)
    sitting.refresh_from_db()


def page(name, hall, *more, sitting=None):
    return reverse(f"screening:{name}", args=[(sitting or hall.sitting).public_id, *more])


FIGURES = [
    ("picture",),
    ("picture_export",),
    ("report",),
    ("report_file", "docx"),
    ("report_file", "pdf"),
    ("compare",),
]


@pytest.mark.parametrize("who", ["wang", "chen"])
def test_no_figure_names_anybody_and_none_is_a_read_of_a_child(full, who):
    client = signed_in(getattr(full.cast, who))
    before = AuditRow.objects.filter(action=READ).count()
    names = list(Subject.objects.filter(type="student").values_list("name", flat=True))
    for address in FIGURES:
        answer_ = client.get(page(address[0], full, *address[1:]))
        assert answer_.status_code == 200
        body = answer_.content
        if body.startswith(b"PK"):
            words = text_in(body)
        elif body.startswith(b"%PDF"):
            words = "".join(p.get_textpage().get_text_range() for p in pypdfium2.PdfDocument(body))
        else:
            words = body.decode()
        assert [name for name in names if name in words] == []
    assert AuditRow.objects.filter(action=READ).count() == before
    assert AuditRow.objects.filter(action=READ_BY_PROGRAM, data__purpose="statistics").exists()


def test_who_reads_no_papers_sees_no_figure_while_the_sitting_runs(hall):
    hall.enter()
    client = signed_in(hall.cast.wang)
    for name in ("picture", "report", "compare"):
        assert "测评还在进行" in client.get(page(name, hall)).content.decode()
    assert client.get(page("picture_export", hall)).status_code == 404
    assert client.get(page("report_file", hall, "docx")).status_code == 404
    assert not AuditRow.objects.filter(action=READ_BY_PROGRAM, data__purpose="statistics").exists()


@pytest.mark.parametrize("who", ["liu", "sun", "guo", "zhou", "zhao", "li", "xu"])
def test_nobody_else_finds_the_figures(full, who):
    client = signed_in(getattr(full.cast, who))
    assert {client.get(page(one[0], full, *one[1:])).status_code for one in FIGURES} == {404}


def test_fewer_papers_than_the_limit_are_told_as_nothing_but_their_number(hall):
    for number in range(3):
        hall.enter(number=number)
    (one,) = picture.pictures(hall.sitting)
    assert one.rows[0].counts == (None,) * 7
    assert "人数少" in one.finding


WAYS = st.sampled_from(["a"] * 12 + ["b"] * 5 + ["c", "d"])
PLACES = st.lists(
    st.tuples(
        st.tuples(st.sampled_from(["7年级", "8年级"]), st.sampled_from(["1班", "2班", "3班"])),
        WAYS,
        WAYS,
        st.sampled_from([False] * 9 + [True]),
    ),
    max_size=150,
)
SCALES = {"mood": [*"abcd", picture.AGAIN], "worry": [*"abcd", picture.AGAIN]}


def told(drawn, least):
    placed = [
        (group, dict.fromkeys(SCALES, picture.AGAIN) if again else {"mood": mood, "worry": worry})
        for group, mood, worry, again in drawn
    ]
    return picture.tables(placed, SCALES, least)


@settings(deadline=None, max_examples=60)
@given(PLACES)
def test_no_shown_count_is_small_and_those_above_see_no_more_than_the_school(drawn):
    inside, above = told(drawn, picture.IN_SCHOOL), told(drawn, picture.ABOVE)
    for found, least in ((inside, 5), (above, 10)):
        for row in (row for rows in found.values() for row in rows):
            assert not [count for count in row.counts if count and count < least]
            # With a hidden count the rest of a row adds up to nothing small.
            hidden = None in row.counts and len(drawn) >= least
            assert not hidden or row.papers - sum(c or 0 for c in row.counts) >= least
    if len(drawn) >= picture.ABOVE:
        for scale in SCALES:
            for one, other in zip(inside[scale], above[scale], strict=True):
                assert one.name == other.name
                pairs = zip(one.counts, other.counts, strict=True)
                assert all(mine is not None or theirs is None for mine, theirs in pairs)


@settings(deadline=None, max_examples=60)
@given(PLACES)
def test_one_scale_does_not_fill_the_gaps_of_another(drawn):
    """Papers to look at again are the same people in every scale: hidden in one, hidden in all."""
    found = told(drawn, picture.IN_SCHOOL)
    again = [[row.counts[-1] for row in rows] for rows in found.values()]
    assert again[0] == again[1]


def test_small_classes_are_told_as_one_group_the_same_for_every_reader():
    sizes = {
        ("7年级", "1班"): 30,
        ("7年级", "2班"): 7,
        ("7年级", "3班"): 6,
        ("8年级", "1班"): 4,
        ("8年级", "2班"): 40,
    }
    found = picture._merged(sizes, picture.ABOVE)
    assert found["7年级", "2班"] == found["7年级", "3班"] == ("7年级", picture.FEW)
    assert found["7年级", "1班"] == ("7年级", "1班")
    assert found["8年级", "1班"] == found["8年级", "2班"] == ("8年级", picture.FEW)


def test_the_report_is_a_word_file_in_the_layout_of_offices_with_pictures_and_its_number(full):
    content = signed_in(full.cast.wang).get(page("report_file", full, "docx") + "?for=above").content
    word = opened_word(io.BytesIO(content))
    texts = [one.text for one in word.paragraphs]
    for heading in ("一、基本情况", "二、结果分布", "三、测量的可靠程度", "四、说明和下一步"):
        assert heading in texts
    captions = [text for text in texts if text.startswith("表 ")]
    assert [text.split("　")[0] for text in captions] == [f"表 {n}" for n in range(1, len(word.tables) + 1)]
    assert word.inline_shapes
    assert AuditRow.objects.get(action="screening.report_exported").data["export"] in text_in(content)
    distribution = word.tables[1]
    for row in distribution.rows[1:]:
        for cell in row.cells[2:]:
            assert cell.text in ("不显示", "0") or int(cell.text) >= 10


def second(full, calmer=1):
    plan = sittings.Plan(
        title="期末再测", first_day=TODAY, last_day=TODAY, forms=[(full.form.text, "student")],
        rooms=full.sitting.rooms, before=full.sitting,
    )  # fmt: skip
    again = sittings.create(full.cast.school, plan, by=full.cast.chen.viewer())
    sittings.open_sitting(again, by=full.cast.chen.viewer(), day=TODAY)
    again.refresh_from_db()
    answer(full, again, full.more, calmer)
    close(again)
    return again


def test_before_and_after_tells_size_interval_and_direction(full):
    again = second(full)
    (change,) = comparing.compare(full.sitting, again, picture.IN_SCHOOL)
    assert change.pairs == MANY
    assert change.better_down is True
    assert change.everybody.size < 0
    low, high = change.everybody.size_interval
    assert low < change.everybody.size < high < 0
    assert "往好的方向" in comparing.reading(change.everybody, True)
    body = signed_in(full.cast.wang).get(page("compare", full, sitting=again)).content.decode()
    assert "两次都做完的" in body
    report = signed_in(full.cast.wang).get(page("report", full, sitting=again)).content.decode()
    assert "四、前后对比" in report


@pytest.mark.parametrize("inside", [4, MANY - 4])
def test_a_group_of_few_or_leaving_few_out_is_not_told(full, inside):
    again = second(full)
    took = frozenset(child.pk for child in full.more[:inside])
    (change,) = comparing.compare(full.sitting, again, picture.IN_SCHOOL, took)
    assert change.took is change.rest is change.between is None
    assert "不足5人" in change.why_not


def test_those_of_an_activity_and_the_others_are_compared_where_both_are_enough(full):
    again = second(full)
    took = frozenset(child.pk for child in full.more[:12])
    (change,) = comparing.compare(full.sitting, again, picture.IN_SCHOOL, took)
    assert change.took.n == (12, 12)
    assert change.rest.n == (12, 12)
    assert change.between is not None


def test_who_reads_no_papers_cannot_choose_what_is_compared(full):
    again = second(full)
    client = signed_in(full.cast.wang)
    whole = client.get(page("compare", full, sitting=again)).context
    tried = client.get(
        page("compare", full, sitting=again), {"activity": "home_visit", "before": "x"}
    ).context
    assert tried["activity"] is None
    assert tried["filters"] == whole["filters"] == []
    assert tried["before"] == full.sitting


def test_the_counsellor_chooses_an_activity_of_the_ledger(full):
    Sitting.objects.filter(pk=full.sitting.pk).update(
        first_day=TODAY.replace(day=1), last_day=TODAY.replace(day=5)
    )
    full.sitting.refresh_from_db()
    for child in full.more[:10]:
        full.cast.visit(child, TODAY.replace(day=10), by=full.cast.ma)
    again = second(full)
    chen = signed_in(full.cast.chen)
    (one,) = [
        a
        for a in comparing.activities(full.cast.chen.viewer(), full.sitting, again)
        if a.code == "home_visit"
    ]
    assert len(one.students) == 10
    found = chen.get(page("compare", full, sitting=again), {"activity": "home_visit"}).context
    assert [row[1] for row in found["changes"][0]["rows"]] == [str(MANY), "10", str(MANY - 10)]
    Entry.objects.filter(pk=Entry.objects.order_by("pk").values("pk")[:1]).update(title="暑期家访")
    for language in ("zh-hans", "en"):
        with translation.override(language):
            listed = comparing.activities(full.cast.chen.viewer(), full.sitting, again)
            assert [a.code for a in listed] == ["home_visit"], "one title of its own parts nothing"


def test_careless_papers_are_in_neither_side_of_a_comparison_nor_in_a_band(full):
    again = second(full)
    for one in Page.objects.current().filter(paper__sitting=again, student=full.more[0]):
        from tongxin.kernel.access.reading import opened_by_program

        (row,) = opened_by_program([one], "statistics")
        row.answers = row.answers | {"seconds": 3}
        row.paper.source = "online"
        row.paper.save()
        row.save()
    (change,) = comparing.compare(full.sitting, again, picture.IN_SCHOOL)
    assert change.pairs == MANY - 1

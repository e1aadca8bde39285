"""Results of a sitting: the order, the papers apart, second sittings, the file – and who sees none of it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.access.reading import READ, READ_BY_PROGRAM
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.fields import to_microseconds
from tongxin.kernel.signals.models import Signal
from tongxin.modules.screening import listing, papers
from tongxin.modules.screening.models import Paper, Result, Sitting
from tongxin.testing.again import again
from tongxin.testing.cast import TODAY

from .proving import signed_in, text_in


@pytest.fixture
def chen(hall):
    return signed_in(hall.cast.chen)


@pytest.fixture
def filled(hall):
    """安小禾 nothing · 白云飞 moderate · 程一诺 item 9 only · 丁可欣 answered in a rush."""
    again("four papers", fill_in, hall)
    return hall


def fill_in(hall):
    hall.enter(number=0)
    hall.enter({"1": "3", "2": "3", "3": "3", "4": "2"}, number=1)
    hall.enter({"9": "1"}, number=2)
    rushed = hall.begun(3)
    for page in (1, 2, 3):
        papers.keep(rushed, page, {str(n): "1" for n in range(3 * page - 2, 3 * page + 1)}, seconds=1)
    papers.finish(rushed)


def page(name, hall, *more):
    return reverse(f"screening:{name}", args=[hall.sitting.public_id, *more])


def read_rows():
    return AuditRow.objects.filter(action=READ)


def test_the_list_begins_with_who_waits_for_somebody_at_once_and_says_the_instruments_own_words(filled, chen):
    body = chen.get(page("results", filled)).content.decode()
    order = [body.index(name) for name in ("程一诺", "白云飞", "安小禾")]
    assert order == sorted(order)
    assert "中度" in body
    assert "没有或极轻" in body
    for word in ("高风险", "红色", "问题学生", "无风险"):
        assert word not in body


def test_a_rushed_paper_stands_apart_with_its_reason_and_is_not_among_those_that_count(filled, chen):
    found = chen.get(page("results", filled)).context
    assert [row.name for row in found["again"]] == ["丁可欣"]
    assert "丁可欣" not in [row.name for row in found["rows"]]
    assert found["again"][0].reasons == ["答得太快，平均每题不到 2 秒"]
    assert found["counts"]["again"] == 1
    assert found["counts"]["clean"] == 3


def test_opening_the_list_writes_a_row_for_each_child_shown_and_one_for_the_program(filled, chen):
    before, programs = read_rows().count(), AuditRow.objects.filter(action=READ_BY_PROGRAM).count()
    chen.get(page("results", filled), {"room": filled.cast.room_one.subject.public_id})
    rows = read_rows().order_by("-pk")[: read_rows().count() - before]
    assert {row.object_id for row in rows} == {str(filled.child(n).pk) for n in range(4)}
    assert {row.data["purpose"] for row in rows} == {"screening_review"}
    assert AuditRow.objects.filter(action=READ_BY_PROGRAM).count() > programs


def test_a_name_is_posted_and_finds_one_child_whose_paper_alone_is_opened(filled, chen):
    before = read_rows().count()
    found = chen.post(page("results", filled), {"q": "白云"}).context
    assert [row.name for row in found["rows"]] == ["白云飞"]
    assert read_rows().count() == before + 1


def test_a_band_of_an_instrument_filters_the_list(filled, chen):
    choices = dict(listing.band_choices(filled.sitting))
    assert choices["1:total:moderate"].endswith("中度")
    found = chen.get(page("results", filled), {"band": "1:total:moderate"}).context
    assert [row.name for row in found["rows"]] == ["白云飞"]


@pytest.mark.parametrize("nonsense", ["1", "1:total", "x:y:z:w", "::", "1:total:<script>"])
def test_a_filter_that_makes_no_sense_shows_nothing_and_breaks_nothing(filled, chen, nonsense):
    answer = chen.get(page("results", filled), {"band": nonsense, "page": "99999", "room": "x"})
    assert answer.status_code == 200
    assert answer.context["rows"] == []


def test_a_second_sitting_is_offered_to_those_chosen_and_taken_back_while_nobody_has_begun(filled, chen):
    rushed = Paper.objects.get(student=filled.child(3))
    answer = chen.post(page("ask_again", filled), {"paper": rushed.public_id}, follow=True)
    again = Paper.objects.get(student=filled.child(3), attempt=2)
    assert "已请1位同学再做一次" in answer.content.decode()
    assert answer.context["again"][0].state == "已请再做一次，还没做"
    undo = page("ask_again_undo", filled, to_microseconds(again.started_at))
    assert f'action="{undo}"' in answer.content.decode()
    chen.post(undo)
    assert not Paper.objects.filter(attempt=2).exists()
    assert AuditRow.objects.filter(action="screening.asking_taken_back").count() == 1


def test_an_offer_that_was_taken_up_is_not_taken_back(filled):
    rushed = Paper.objects.get(student=filled.child(3))
    (again,) = papers.ask_each_again([rushed], by=filled.cast.chen.viewer())
    papers.keep(again, 1, {"1": "0"})
    assert papers.take_back_asking(filled.sitting, again.started_at, by=filled.cast.chen.viewer()) == 0
    assert Paper.objects.filter(pk=again.pk).exists()


def test_the_second_paper_counts_once_it_is_handed_in(filled, chen):
    rushed = Paper.objects.get(student=filled.child(3))
    (again,) = papers.ask_each_again([rushed], by=filled.cast.chen.viewer())
    for n in (1, 2, 3):
        papers.keep(again, n, {str(i): str(i % 2) for i in range(3 * n - 2, 3 * n + 1)}, seconds=20)
    papers.finish(again)
    found = chen.get(page("results", filled)).context
    assert found["again"] == []
    assert [row.state for row in found["rows"] if row.name == "丁可欣"] == ["第2次"]


def test_nobody_is_asked_again_when_the_sitting_has_ended(filled, chen):
    Sitting.objects.filter(pk=filled.sitting.pk).update(state=Sitting.State.CLOSED)
    rushed = Paper.objects.get(student=filled.child(3))
    answer = chen.post(page("ask_again", filled), {"paper": rushed.public_id}, follow=True)
    assert "不能再请人做" in answer.content.decode()
    assert not Paper.objects.filter(attempt=2).exists()


def test_the_workbook_bears_its_number_and_every_child_in_it_is_on_record(filled, chen):
    before = read_rows().count()
    answer = chen.get(page("results_export", filled))
    words = text_in(answer.content)
    noted = AuditRow.objects.get(action="screening.results_exported")
    assert noted.data["export"] in words
    assert "白云飞" in words
    assert "要再看的答卷" in words
    assert read_rows().count() == before + 4
    assert answer["Cache-Control"] == "no-store"


def test_without_the_second_factor_nothing_is_opened(filled):
    before = read_rows().count()
    client = signed_in(filled.cast.chen, proved=False)
    for name in ("results", "results_export", "reliability", "entry", "import"):
        body = client.get(page(name, filled)).content.decode()
        assert "白云飞" not in body
    assert read_rows().count() == before


@pytest.mark.parametrize("who", ["liu", "wang", "sun", "guo", "zhou", "zhao", "li"])
def test_nobody_but_the_counsellor_finds_results_children_or_papers(filled, who):
    client = signed_in(getattr(filled.cast, who))
    paper = Paper.objects.get(student=filled.child(1))
    child = filled.child(1)
    addresses = [
        page("results", filled), page("results_export", filled), page("reliability", filled), page("entry", filled),
        page("import", filled), page("import_template", filled),
        reverse("screening:child", args=[child.public_id]), reverse("screening:paper", args=[paper.public_id]),
        reverse("screening:correct", args=[paper.public_id]),
        reverse("screening:letter", args=[child.public_id, filled.sitting.public_id]),
        page("entry_form", filled, filled.child(4).public_id, "student"),
    ]  # fmt: skip
    assert {client.get(address).status_code for address in addresses} == {404}
    posts = [page("ask_again", filled), page("rescore", filled), page("import_confirm", filled)]
    assert {client.post(address).status_code for address in posts} == {404}


def test_a_sitting_of_another_school_and_one_that_was_never_opened_look_absent(filled, chen):
    foreign = Sitting.objects.create(
        school=filled.cast.other_school, title="外校", state="open", first_day=TODAY, last_day=TODAY
    )
    draft = Sitting.objects.create(school=filled.cast.school, title="草稿", first_day=TODAY, last_day=TODAY)
    for one in (foreign, draft):
        for name in ("results", "picture", "report", "compare", "reliability", "entry", "import"):
            assert chen.get(reverse(f"screening:{name}", args=[one.public_id])).status_code == 404


def test_reliability_says_what_cannot_be_computed_and_what_a_figure_means(filled, chen):
    body = chen.get(page("reliability", filled), {"by": "sex"}).content.decode()
    assert "α" in body
    assert "怎么看" in body
    assert "不足 30 份" in body


def test_scoring_again_keeps_the_former_results_and_raises_no_signal_twice(filled, chen):
    signals, results = Signal.objects.count(), Result.objects.count()
    chen.post(page("rescore", filled))
    assert Signal.objects.count() == signals
    assert Result.objects.count() == 2 * results
    assert Result.objects.current().count() == results


@pytest.mark.parametrize("size", [2, 4])
def test_the_list_needs_the_same_queries_for_any_number_of_children(
    hall, chen, size, django_assert_max_num_queries
):
    for number in range(size):
        hall.enter(number=number)
    with django_assert_max_num_queries(50):
        chen.get(page("results", hall))


def test_a_paper_of_another_day_is_told_by_its_latest_attempt_only(filled):
    later = timezone.now() + timedelta(minutes=1)
    rushed = Paper.objects.get(student=filled.child(3))
    again = papers.ask_again(rushed, by=filled.cast.chen.viewer(), now=later)
    from tongxin.modules.screening.results import looks

    (look,) = [one for one in looks(filled.sitting) if one.student == filled.child(3).pk]
    assert look.paper == rushed.pk
    assert look.asked_again
    assert again.attempt == 2

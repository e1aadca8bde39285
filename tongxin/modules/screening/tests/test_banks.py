"""A sitting with an item bank: each question follows from the answers before it, and it ends when that is enough."""

import re

import pytest
from django.urls import reverse

from tongxin.kernel.access.reading import opened
from tongxin.kernel.signals.models import Signal
from tongxin.methods.psychometrics.tests.test_banks import BANK
from tongxin.modules.screening import instruments, papers, seats, sittings
from tongxin.modules.screening.history import history
from tongxin.modules.screening.layout import path_of, sheets
from tongxin.modules.screening.models import Result
from tongxin.modules.screening.picture import pictures
from tongxin.modules.screening.results import standing_words
from tongxin.testing.cast import TODAY
from tongxin.testing.screening import FIRST, LAST


@pytest.fixture
def banked(hall):
    """The hall with a sitting over a bank of six items that asks at most four."""
    text = instruments.add(hall.cast.school, BANK, by=hall.cast.chen.account)
    plan = sittings.Plan(
        title="题库", first_day=FIRST, last_day=LAST, forms=[(text, "student")],
        rooms=[hall.cast.room_one.subject.pk],
    )  # fmt: skip
    made = sittings.create(hall.cast.school, plan, by=hall.cast.chen.viewer())
    sittings.open_sitting(made, by=hall.cast.chen.viewer(), day=TODAY)
    made.refresh_from_db()
    hall.sitting = made
    return hall


def asked_on(client):
    """Return the items that the page being shown asks."""
    return re.findall(r'name="a-(\w+)"', client.page.content.decode())


def walk_through(client, banked, choose):
    """Fill a paper in through the pages; return the items in the order in which they were asked."""
    client.cookies["seat"] = seats.ticket(banked.seat()).sealed()
    papers.begin(banked.seat())
    walked = []
    for _round in range(10):
        client.page = client.get(reverse("screening:sit_paper"), follow=True)
        items = set(asked_on(client))
        if not items:
            break
        (item,) = items
        walked.append(item)
        number = client.page.redirect_chain[-1][0].rstrip("/").rsplit("/", 1)[-1]
        address = reverse("screening:sit_page", args=[number])
        said = choose(item)
        client.post(address, ({f"a-{item}": said} if said else {"skip": "1"}) | {"go": "next"})
    return walked


def results(banked):
    rows = Result.objects.current().filter(paper__sitting=banked.sitting)
    return opened(banked.cast.chen.viewer(proved=True), rows, "screening_review")


def test_the_critical_item_comes_first_and_a_page_holds_one_item(banked, client, settings):
    settings.SEAT_COOKIE_NAME = "seat"
    walked = walk_through(client, banked, lambda item: "0")
    assert walked[0] == "5"
    assert 2 <= len(walked) <= 4
    assert len(set(walked)) == len(walked)


def test_what_is_asked_follows_from_the_answers_and_is_scored_with_them(banked, client, settings):
    settings.SEAT_COOKIE_NAME = "seat"
    walked = walk_through(client, banked, lambda item: "0" if item == "6" else "2")
    paper = papers.begin(banked.seat())
    papers.finish(paper)
    (result,) = results(banked)
    assert result.scores["bands"] == {"mood": "high"}
    assert result.standing["critical"] == ["harm"]
    assert Signal.objects.filter(origin="paper", origin_id=paper.pk).count() == 2
    sheet = sheets(banked.sitting, "student")[0]
    places = {item: 0 if item == "6" else 2 for item in walked}
    assert path_of(sheet, places, ())[: len(walked)] == walked


def test_a_skipped_question_is_not_asked_again_on_the_next_page(banked, client, settings):
    settings.SEAT_COOKIE_NAME = "seat"
    paper = papers.begin(banked.seat())
    papers.keep(paper, 1, {"5": "0"})
    papers.keep(paper, 2, {})
    papers.keep(paper, 3, {})
    client.cookies["seat"] = seats.ticket(banked.seat()).sealed()
    items = []
    for number in (1, 2, 3, 4):
        client.page = client.get(reverse("screening:sit_page", args=[number]))
        items += sorted(set(asked_on(client)))
    assert items[0] == "5"
    assert len(set(items)) == len(items) == 4


def test_its_score_stands_in_the_results_the_picture_and_the_history(banked):
    answers = {banked.form.pk: {"1": "2", "2": "2", "3": "2", "4": "1", "5": "0", "6": "0"}}
    for number in range(5):
        papers.enter(banked.seat(number), answers, source="paper", by=banked.cast.chen.viewer())
    (first, *_rest) = results(banked)
    words = standing_words(first.form, first.scores)
    assert words == "心情题库：偏高"
    (picture,) = pictures(banked.sitting)
    assert picture.columns[:2] == ("平稳", "偏高")
    viewer = banked.cast.chen.viewer(proved=True)
    (block,) = [
        block
        for chapter in history(viewer, banked.child())
        for sheet in chapter.sheets
        for block in sheet.blocks
    ]
    (line,) = block.lines
    assert (line.scale, line.band) == ("mood", "偏高")

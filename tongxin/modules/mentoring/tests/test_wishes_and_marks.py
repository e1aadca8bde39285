"""Small wishes and the marks that are followed: who may do what, and what the ledger learns of it."""

from datetime import date

import pytest
from django.urls import reverse

from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.people import services as people
from tongxin.modules.mentoring import marks
from tongxin.modules.mentoring.models import Mark, Wish
from tongxin.testing.cast import TODAY

from .conftest import account_for


def wish(client, player, link, words="想要一本《昆虫记》MARKER", once="a" * 32):
    client.force_login(player.account)
    url = reverse("mentoring:wish_new", args=[link.public_id])
    return client.post(url, {"words": words, "once": once})


def act(client, player, link, **sent):
    client.force_login(player.account)
    row = Wish.objects.get()
    return client.post(reverse("mentoring:wish", args=[link.public_id, row.public_id]), sent)


def test_a_wish_is_stated_once_taken_up_and_comes_true(client, two):
    wish(client, two.pupil, two.mentor)
    wish(client, two.pupil, two.mentor)
    act(client, two.cast.xu, two.mentor, take="1")
    assert Wish.objects.get().taken_at
    act(
        client,
        two.cast.xu,
        two.mentor,
        fulfil="1",
        day=TODAY.isoformat(),
        how="goods",
        words="一起去书店选的",
    )

    row = Wish.objects.get()
    assert (row.fulfilled_on, row.how, row.told) == (TODAY, "goods", "一起去书店选的")
    entry = Entry.objects.get(kind="mentor_care")
    assert entry.theme == "life_first"
    assert "MARKER" not in entry.title + entry.note


def test_money_needs_an_amount_which_the_ledger_counts_in_the_kind_the_programme_has(client, two):
    pupil = account_for(two.cast.students[1][1], "helped")
    wish(client, pupil, two.helper)
    sent = {"fulfil": "1", "day": TODAY.isoformat(), "how": "money"}
    assert act(client, two.cast.xu, two.helper, **sent).status_code == 422
    act(client, two.cast.xu, two.helper, **sent, amount="120.50")

    entry = Entry.objects.get(kind="paired_help")
    assert (entry.theme, entry.extra["money"]) == ("money", 12050)
    assert "120.5" in client.get(reverse("mentoring:pair", args=[two.helper.public_id])).content.decode()


@pytest.mark.parametrize("who", ["pupil", "parent"])
def test_only_the_teacher_says_that_it_came_true_and_the_family_reads_no_amount(client, two, who):
    wish(client, two.pupil, two.mentor)
    act(client, getattr(two, who), two.mentor, fulfil="1", day=TODAY.isoformat(), how="help")

    assert Wish.objects.get().fulfilled_on is None


def test_who_wished_may_take_it_back_and_the_words_are_gone(client, two):
    wish(client, two.pupil, two.mentor)
    act(client, two.pupil, two.mentor, back="1")

    row = Wish.objects.get()
    assert row.withdrawn_at
    assert row.words == ""


def test_organisers_read_but_state_none_and_others_find_nothing(client, two):
    assert wish(client, two.cast.chen, two.mentor).status_code == 404
    assert wish(client, two.cast.ma, two.mentor).status_code == 404
    assert not Wish.objects.exists()


def test_a_wish_waits_on_the_mentors_first_page(client, two):
    wish(client, two.pupil, two.mentor)
    client.force_login(two.cast.xu.account)

    assert f"{two.child.name}有一个心愿" in client.get(reverse("desk:home")).content.decode()


SENT = {
    "day": "2026-11-10",
    "exam": "期中",
    "course": "数学",
    "score": "61.5",
    "full": "100",
    "once": "c" * 32,
}


def mark(client, player, link, **changes):
    client.force_login(player.account)
    return client.post(reverse("mentoring:marks", args=[link.public_id]), SENT | changes)


def test_a_result_is_saved_once_and_sealed(client, two):
    mark(client, two.cast.xu, two.mentor)
    mark(client, two.cast.xu, two.mentor)

    row = Mark.objects.get()
    assert marks.said(row) == "61.5/100"
    assert b"6150" not in bytes(Mark.objects.values_list("result", flat=True).get())


@pytest.mark.parametrize(("who", "status"), [("pupil", 200), ("parent", 200), ("ma", 404), ("wang", 404)])
def test_the_child_and_the_parent_read_marks_and_nobody_else_of_the_school(client, two, who, status):
    mark(client, two.cast.xu, two.mentor)
    client.force_login((getattr(two, who, None) or getattr(two.cast, who)).account)
    answer = client.get(reverse("mentoring:marks", args=[two.mentor.public_id]))

    assert answer.status_code == status
    assert ("61.5/100" in answer.content.decode()) == (status == 200)
    assert client.post(reverse("mentoring:marks", args=[two.mentor.public_id]), SENT).status_code == 404


@pytest.mark.parametrize(
    "changes", [{"score": "120"}, {"day": "2026-12-01"}, {"course": ""}, {"score": "-1"}, {"full": "0"}]
)
def test_a_result_that_cannot_be_is_refused_in_words(client, two, changes):
    assert mark(client, two.cast.xu, two.mentor, **changes).status_code == 422
    assert not Mark.objects.exists()


def test_a_mark_typed_wrong_can_be_taken_out_by_the_mentor_only(client, two):
    mark(client, two.cast.xu, two.mentor)
    url = reverse("mentoring:mark_remove", args=[two.mentor.public_id, Mark.objects.get().public_id])
    client.force_login(two.pupil.account)
    assert client.post(url).status_code == 404
    client.force_login(two.cast.xu.account)
    client.post(url)

    assert not Mark.objects.exists()


def test_another_kind_of_pair_with_the_same_child_reads_its_own_marks_only(client, two):
    other = people.set_link("helps_student", two.cast.li.subject, two.child, since=date(2026, 9, 7))
    mark(client, two.cast.xu, two.mentor)
    client.force_login(two.cast.li.account)

    assert "61.5/100" not in client.get(reverse("mentoring:marks", args=[other.public_id])).content.decode()


def test_the_chart_says_what_has_changed_in_shares_of_the_full_mark():
    rows = [
        Mark(day=date(2026, 9, 30), course="数学", exam="月考", result={"score": 5000, "full": 10000}, pk=1),
        Mark(day=date(2026, 11, 10), course="数学", exam="期中", result={"score": 9000, "full": 15000}, pk=2),
        Mark(day=date(2026, 11, 10), course="语文", exam="期中", result={"score": 9000, "full": 15000}, pk=3),
    ]
    chart = marks.chart(rows, TODAY)

    assert chart is not None
    assert chart.title == "数学从 50% 升到 60%"
    assert [(one.name, list(one.values)) for one in chart.series] == [("数学", [50, 60])]
    assert marks.chart(rows[2:], TODAY) is None

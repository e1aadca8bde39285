"""Requests of young teachers, and models shown with consent."""

from datetime import date

import pytest
from django.urls import reverse

from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.people import services as people
from tongxin.modules.mentoring.models import GrowthRequest, Shown
from tongxin.testing.cast import TODAY, Player, days_ago, player

from .conftest import BEGUN


def ask(client, two, theme="teaching", words="板书总是乱MARKER", once="a" * 32):
    client.force_login(two.young.account)
    client.post(reverse("mentoring:growth_new"), {"theme": theme, "words": words, "once": once})
    return GrowthRequest.objects.latest("pk")


def do(client, who: Player, row, what, **sent):
    client.force_login(who.account)
    return client.post(reverse("mentoring:growth_one", args=[row.public_id]), {"do": what, **sent})


def assign(client, who, two, row, helper=None, due="2026-11-25"):
    helper = helper or two.cast.xu
    return do(client, who, row, "assign", helper=helper.subject.public_id, due=due)


def test_a_request_is_asked_once_given_to_somebody_answered_and_closed_with_thanks(client, two):
    row = ask(client, two)
    assert ask(client, two) == row
    assign(client, two.cast.sun, two, row)
    do(client, two.cast.xu, row, "answer", words="先分三栏", score=5)
    do(client, two.young, row, "close", thanks="谢谢许老师", score=5)

    row.refresh_from_db()
    assert row.answered_on == TODAY
    assert row.closed_at
    assert (row.asker_score, row.helper_score, row.thanks) == (5, 5, "谢谢许老师")
    request = Entry.objects.get(kind="growth_request")
    assert request.theme == "teaching"
    assert Entry.objects.get(kind="growth_answer").about == request
    assert "MARKER" not in str(request.__dict__)


@pytest.mark.parametrize("theme", ["thought", "life"])
def test_thought_and_life_are_read_by_the_asker_the_secretary_and_the_helper_only(client, two, theme):
    row = ask(client, two, theme)
    url = reverse("mentoring:growth_one", args=[row.public_id])
    head = player(
        two.cast.school,
        "组长",
        "head",
        department_head=people.make_department(two.cast.school, "语文组").subject,
    )
    for who in (two.cast.sun, two.cast.xu, two.cast.ma, two.cast.chen, two.cast.zhao, head):
        client.force_login(who.account)
        assert client.get(url).status_code == 404
        assert client.get(reverse("mentoring:growth")).status_code == 200
        assert two.young.subject.name not in client.get(reverse("mentoring:growth")).content.decode()
    assert assign(client, two.cast.sun, two, row).status_code == 404
    assign(client, two.cast.wang, two, row)
    for who in (two.young, two.cast.wang, two.cast.xu):
        client.force_login(who.account)
        assert "MARKER" in client.get(url).content.decode()
    assert not Entry.objects.filter(kind="growth_request").exists()


def test_of_teaching_the_department_head_reads_and_assigns_and_colleagues_do_not(client, two):
    row = ask(client, two)
    head = player(
        two.cast.school,
        "组长",
        "head",
        department_head=people.make_department(two.cast.school, "语文组").subject,
    )
    assert assign(client, two.cast.ma, two, row).status_code == 404
    assert assign(client, head, two, row).status_code == 302

    row.refresh_from_db()
    assert row.helper == two.cast.xu.subject


@pytest.mark.parametrize("due", ["2026-11-17", "2027-11-25", ""])
def test_a_day_that_cannot_be_is_refused(client, two, due):
    row = ask(client, two)

    assert assign(client, two.cast.wang, two, row, due=due).status_code == 422
    row.refresh_from_db()
    assert row.helper is None


def test_only_the_helper_answers_and_only_the_asker_closes(client, two):
    row = ask(client, two)
    assign(client, two.cast.wang, two, row)

    assert do(client, two.cast.wang, row, "answer", words="x").status_code == 404
    assert do(client, two.cast.xu, row, "close").status_code == 404
    row.refresh_from_db()
    assert row.answered_at is None
    assert row.closed_at is None


def test_what_is_late_is_said_to_the_helper_and_to_whoever_gave_it(client, two):
    row = ask(client, two)
    assign(client, two.cast.wang, two, row)
    GrowthRequest.objects.update(due=days_ago(2))
    client.force_login(two.cast.xu.account)
    assert "应在11月16日前答复" in client.get(reverse("desk:home")).content.decode()
    client.force_login(two.cast.wang.account)
    assert "1件过期没有答复" in client.get(reverse("desk:home")).content.decode()
    client.force_login(two.cast.ma.account)
    assert "求助" not in client.get(reverse("desk:home")).content.decode().split("<main")[1]


def test_the_figures_name_nobody(client, two):
    row = ask(client, two, "life")
    assign(client, two.cast.wang, two, row)
    client.force_login(two.cast.sun.account)
    answer = client.get(reverse("mentoring:growth"))

    assert [(one.title, one.asked, one.open) for one in answer.context["tallies"]] == [("生活", 1, 1)]
    assert two.young.subject.name not in answer.content.decode()


# ------------------------------------------------------------------ models


def mark(client, two, who, link=None, once="a" * 32, **sent):
    client.force_login(who.account)
    url = reverse("mentoring:model_new") + (f"?pair={link.public_id}" if link else "")
    return client.post(url, {"citation": "每周一节课MARKER", "once": once, **sent})


def say(client, who, agree="yes"):
    client.force_login(who.account)
    return client.post(reverse("mentoring:model_say", args=[Shown.objects.get().public_id]), {"agree": agree})


def text(client, who):
    client.force_login(who.account)
    return client.get(reverse("mentoring:models")).content.decode()


def test_a_pair_is_shown_once_both_agree(client, two):
    mark(client, two, two.cast.wang, two.master)
    mark(client, two, two.cast.wang, two.master)
    say(client, two.cast.xu)
    assert "MARKER" not in text(client, two.cast.ma)
    say(client, two.young)
    assert "MARKER" in text(client, two.cast.ma)
    assert "MARKER" in text(client, two.pupil)

    client.force_login(two.young.account)
    client.post(reverse("mentoring:model_withdraw", args=[Shown.objects.get().public_id]))
    assert "MARKER" not in text(client, two.cast.ma)


def test_who_declines_is_not_shown_and_nobody_agrees_for_another(client, two):
    mark(client, two, two.cast.wang, person=two.cast.xu.subject.public_id)
    assert say(client, two.cast.ma).status_code == 404
    say(client, two.cast.xu, "no")

    assert "MARKER" not in text(client, two.cast.ma)
    assert "本人不愿展示" in text(client, two.cast.wang)


def test_a_pair_with_a_child_is_never_shown(client, two):
    link = people.set_link("mentor_of", two.cast.ma.subject, two.cast.students[2][0], since=BEGUN)

    assert mark(client, two, two.cast.wang, link).status_code == 404
    assert mark(client, two, two.cast.chen, two.mentor).status_code == 404
    assert not Shown.objects.exists()


def test_the_class_teacher_agrees_for_the_class(client, two):
    mark(client, two, two.cast.wang, two.liaison)
    say(client, two.cast.li)
    say(client, two.cast.liu)

    assert "七年级1班" in text(client, two.cast.ma)


def test_late_requests_have_a_part_of_their_own_and_pages(client, two):
    """The late ones are found however many came after them."""
    late = GrowthRequest.objects.create(
        school=two.cast.school, theme="teaching", asker=two.young.subject, asked_on=date(2026, 9, 1), words="旧的",
        token="late", helper=two.cast.xu.subject, assigned_by=two.cast.wang.subject, due=date(2026, 9, 8),
    )  # fmt: skip
    for number in range(70):
        GrowthRequest.objects.create(
            school=two.cast.school, theme="life", asker=two.young.subject, asked_on=date(2026, 11, 1), words="新的",
            token=f"t{number}",
        )  # fmt: skip
    client.force_login(two.cast.wang.account)
    address = reverse("mentoring:growth")
    answer = client.get(f"{address}?only=late")
    assert [row.pk for row in answer.context["rows"]] == [late.pk]
    assert [part["count"] for part in answer.context["parts"]] == [71, 1, 0]
    seen = [row.pk for page in range(3) for row in client.get(f"{address}?page={page}").context["rows"]]
    assert len(seen) == len(set(seen)) == 71
    for nonsense in ("?page=x", "?page=999", "?only=x"):
        assert client.get(address + nonsense).status_code == 200
    # Somebody who may give out all but the personal ones sees no more of them in any part.
    client.force_login(two.cast.sun.account)
    assert [part["count"] for part in client.get(address).context["parts"]] == [1, 1, 0]

"""How pairs go on: asked for, renewed, handed over, ended; who left stands on the list; nothing is deleted."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from tongxin.kernel.base.models import Link
from tongxin.kernel.people import services as people
from tongxin.modules.mentoring.models import PairAsked, PairStep
from tongxin.testing.cast import TODAY

from .conftest import BEGUN


def ask(client, player, link, want="change", words="说不到一起MARKER", once="a" * 32):
    client.force_login(player.account)
    url = reverse("mentoring:ask", args=[link.public_id])
    return client.post(url, {"want": want, "reason": "fit", "words": words, "once": once})


def arrange(client, player, link, what, day=TODAY, once="b" * 32, **more):
    client.force_login(player.account)
    url = reverse("mentoring:arrange", args=[link.public_id])
    return client.post(
        url, {"what": what, "day": day.isoformat(), "reason": "wish", "once": once, "next_a": "", **more}
    )


def mentors(child, day):
    rows = Link.objects.current().filter(kind="mentor_of", b=child, valid_from__lte=day, valid_to__gte=day)
    return [link.a.name for link in rows]


def listed(client, player):
    client.force_login(player.account)
    return [(one.pair.b.name, one.why) for one in client.get(reverse("mentoring:rearrange")).context["shown"]]


def test_a_child_asks_and_only_the_organiser_reads_it(client, two):
    ask(client, two.pupil, two.mentor)
    ask(client, two.pupil, two.mentor)

    assert PairAsked.objects.count() == 1
    assert listed(client, two.cast.chen) == [(two.child.name, "一方请求调整")]
    assert "MARKER" in client.get(reverse("mentoring:arrange", args=[two.mentor.public_id])).content.decode()
    client.force_login(two.cast.xu.account)
    assert "MARKER" not in client.get(reverse("mentoring:pair", args=[two.mentor.public_id])).content.decode()
    client.force_login(two.cast.wang.account)
    assert two.child.name not in client.get(reverse("mentoring:rearrange")).content.decode()


def test_what_was_asked_waits_on_the_organisers_first_page_and_not_on_others(client, two):
    ask(client, two.pupil, two.mentor)
    client.force_login(two.cast.chen.account)
    assert "结对要重新安排" in client.get(reverse("desk:home")).content.decode()
    client.force_login(two.cast.wang.account)
    assert "结对要重新安排" not in client.get(reverse("desk:home")).content.decode()


def test_somebody_else_takes_over_from_a_day_and_both_spells_stay(client, two):
    ask(client, two.pupil, two.mentor)
    arrange(
        client, two.cast.chen, two.mentor, "handed", date(2026, 11, 20), next_a=two.cast.ma.subject.public_id
    )

    assert mentors(two.child, date(2026, 11, 19)) == [two.cast.xu.subject.name]
    assert mentors(two.child, date(2026, 11, 20)) == [two.cast.ma.subject.name]
    assert PairAsked.objects.get().decided_at
    assert listed(client, two.cast.chen) == []
    client.force_login(two.cast.xu.account)
    assert client.get(reverse("mentoring:pair", args=[two.mentor.public_id])).status_code == 200


def test_a_pair_is_ended_with_day_and_reason_and_sent_twice_it_is_one_step(client, two):
    arrange(client, two.cast.liu, two.mentor, "ended", TODAY)
    arrange(client, two.cast.liu, two.mentor, "ended", TODAY)

    step = PairStep.objects.get()
    assert (step.day, step.reason, step.by) == (TODAY, "wish", two.cast.liu.subject)
    assert mentors(two.child, TODAY) == [two.cast.xu.subject.name]
    assert mentors(two.child, TODAY + timedelta(days=1)) == []


def test_a_pair_that_ends_soon_is_renewed_for_another_year(client, two):
    people.end_link(two.mentor, TODAY + timedelta(days=10))
    assert listed(client, two.cast.chen) == [(two.child.name, "快到期了")]
    arrange(client, two.cast.chen, two.mentor, "renewed", date(2027, 8, 31))

    assert mentors(two.child, date(2027, 8, 31)) == [two.cast.xu.subject.name]
    assert listed(client, two.cast.chen) == []
    assert PairStep.objects.get().what == "renewed"


def test_a_pair_that_has_ended_begins_again_today(client, two):
    ended = people.end_link(two.mentor, TODAY - timedelta(days=10))
    assert listed(client, two.cast.chen) == [(two.child.name, "到期了，没有续")]
    arrange(client, two.cast.chen, ended, "renewed", date(2027, 8, 31))

    assert mentors(two.child, TODAY - timedelta(days=1)) == []
    assert mentors(two.child, TODAY) == [two.cast.xu.subject.name]


def test_who_leaves_the_school_puts_the_pairs_on_the_list_until_somebody_takes_over(client, two):
    people.depart(two.cast.xu.subject, TODAY - timedelta(days=1), by=None)

    assert sorted(listed(client, two.cast.chen)) == sorted(
        (one.name, "许静已经离校") for one in (two.child, two.cast.students[1][1])
    )
    link = Link.objects.current().get(kind="mentor_of", b=two.child)
    arrange(client, two.cast.chen, link, "handed", TODAY, next_a=two.cast.ma.subject.public_id)
    assert [name for name, _why in listed(client, two.cast.chen)] == [two.cast.students[1][1].name]


@pytest.mark.parametrize(
    ("what", "day", "more"),
    [
        ("handed", TODAY, {}),
        ("handed", BEGUN, {"next_a": "ma"}),
        ("ended", date(2026, 9, 1), {}),
        ("renewed", date(2027, 8, 31), {}),
    ],
)
def test_what_cannot_be_is_refused_in_words_and_changes_nothing(client, two, what, day, more):
    more = {key: getattr(two.cast, name).subject.public_id for key, name in more.items()}
    answer = arrange(client, two.cast.chen, two.mentor, what, day, **more)

    assert answer.status_code == 422
    assert not PairStep.objects.exists()
    assert mentors(two.child, TODAY) == [two.cast.xu.subject.name]


@pytest.mark.parametrize("who", ["xu", "ma", "wang", "li", "zhao", "guo"])
def test_nobody_beyond_their_reach_and_nobody_in_the_pair_arranges_it(client, two, who):
    assert arrange(client, getattr(two.cast, who), two.mentor, "ended").status_code == 404
    assert mentors(two.child, TODAY + timedelta(days=1)) == [two.cast.xu.subject.name]


def test_a_request_may_be_declined_and_the_pair_goes_on(client, two):
    ask(client, two.cast.xu, two.mentor, "end")
    arrange(client, two.cast.chen, two.mentor, "declined")

    assert PairAsked.objects.get().decided_at
    assert mentors(two.child, TODAY + timedelta(days=1)) == [two.cast.xu.subject.name]


def test_a_mentor_of_former_days_keeps_the_own_log_and_reads_nothing_else_of_the_child(client, two):
    both = {"mentor": [two.cast.xu.subject], "mentee": [two.child]}
    two.cast.record("mentor_care", date(2026, 11, 3), both, by=two.cast.xu, qualifiers={"theme": "talk"})
    people.end_link(two.mentor, TODAY - timedelta(days=1))
    client.force_login(two.cast.xu.account)
    answer = client.get(reverse("mentoring:pair", args=[two.mentor.public_id]))

    assert len(answer.context["done"]) == 1
    for name in ("agreement", "marks", "wish_new"):
        assert client.get(reverse(f"mentoring:{name}", args=[two.mentor.public_id])).status_code == 404
    client.force_login(two.pupil.account)
    assert client.get(reverse("mentoring:marks", args=[two.mentor.public_id])).status_code == 200


def test_with_a_child_that_leaves_the_pair_ends_and_so_does_what_the_mentor_may_read(client, two):
    people.depart(two.child, TODAY - timedelta(days=1), by=None)

    assert mentors(two.child, TODAY) == []
    assert two.child.pk not in two.cast.xu.viewer().reach("K3").people
    assert two.child.name not in [name for name, _why in listed(client, two.cast.chen)]

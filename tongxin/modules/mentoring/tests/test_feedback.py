"""Two-way feedback: a child's words never reach the teacher, adults see means once both answered, few are not counted."""

from datetime import date

import pytest
from django.urls import reverse

from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.people import services as people
from tongxin.kernel.people import together
from tongxin.modules.mentoring.kinds import pair_kinds
from tongxin.modules.mentoring.models import Feedback
from tongxin.testing.cast import TODAY

from .conftest import BEGUN, account_for


def give(client, player, two, link, score=4, again="again", words="", **more):
    client.force_login(player.account)
    side = "a" if player.subject.pk == link.a_id else "g" if player.subject.type == "guardian" else "b"
    kind = pair_kinds(two.cast.school, TODAY)[link.kind]
    scores = {f"q{n}": score for n in range(len(kind.questions(side)))}
    sent = scores | {"again": again, "words": words} | more
    return client.post(reverse("mentoring:feedback", args=[link.public_id]), sent)


def test_both_sides_answer_and_a_later_answer_takes_the_place_of_the_first(client, two):
    give(client, two.pupil, two, two.mentor, 3)
    give(client, two.pupil, two, two.mentor, 5)
    give(client, two.cast.xu, two, two.mentor, 4)

    said = {row.side: row.answers["scores"][0] for row in Feedback.objects.all()}
    assert said == {"a": 4, "b": 5}


def test_a_childs_words_and_scores_are_never_shown_to_the_teacher(client, two):
    give(client, two.pupil, two, two.mentor, 1, "rather_not", "老师总是忘记MARKER")
    give(client, two.cast.xu, two, two.mentor, 5)
    for name in ("pair", "feedback"):
        client.force_login(two.cast.xu.account)
        text = client.get(reverse(f"mentoring:{name}", args=[two.mentor.public_id])).content.decode()
        assert "MARKER" not in text
        assert "平均分" not in text
    for who in ("liu", "wang", "xu", "li"):
        client.force_login(getattr(two.cast, who).account)
        assert "MARKER" not in client.get(reverse("mentoring:results")).content.decode()
    client.force_login(two.cast.chen.account)
    assert "MARKER" in client.get(reverse("mentoring:results")).content.decode()


def test_nothing_of_it_lies_open(client, two):
    give(client, two.pupil, two, two.mentor, 1, "rather_not", "MARKER")
    raw = Feedback.objects.values_list("answers", "words").get()

    assert all(word not in bytes(column) for column in raw for word in (b"MARKER", b"rather_not"))


@pytest.mark.parametrize("who", ["ma", "chen", "wang"])
def test_nobody_answers_for_another(client, two, who):
    player = getattr(two, who, None) or getattr(two.cast, who)

    assert give(client, player, two, two.mentor).status_code == 404
    assert not Feedback.objects.exists()


def test_a_question_left_out_is_asked_for_again(client, two):
    assert give(client, two.pupil, two, two.mentor, q1="").status_code == 422


def test_master_and_apprentice_see_the_mean_once_both_answered_and_then_nothing_changes(client, two):
    url = reverse("mentoring:feedback", args=[two.master.public_id])
    give(client, two.young, two, two.master, 4)
    client.force_login(two.cast.xu.account)
    assert client.get(url).context["mean"] is None
    give(client, two.cast.xu, two, two.master, 5)
    assert client.get(url).context["mean"] == 4
    client.force_login(two.young.account)
    assert client.get(url).context["mean"] == 5

    assert give(client, two.young, two, two.master, 1).status_code == 422
    assert Feedback.objects.get(side="b").answers["scores"][0] == 4


def test_the_ledger_learns_that_master_and_apprentice_assessed_each_other_and_no_more(client, two):
    give(client, two.young, two, two.master, 4, words="MARKER")
    give(client, two.young, two, two.master, 5, words="MARKER")

    entry = Entry.objects.get(kind="two_way_feedback")
    assert {(p.part, p.subject_id) for p in entry.participations.all()} == {
        ("assessor", two.young.subject.pk),
        ("assessed", two.cast.xu.subject.pk),
    }
    assert "MARKER" not in str(entry.__dict__)


@pytest.mark.parametrize(
    ("mentor", "child", "told"),
    [
        ("again", "again", "again"),
        ("again", "either", "again"),
        ("again", "rather_not", "rather_not"),
        ("rather_not", "again", "rather_not"),
        ("either", "either", None),
    ],
)
def test_what_both_said_is_told_to_a_new_round(client, two, mentor, child, told):
    give(client, two.cast.xu, two, two.mentor, again=mentor)
    give(client, two.pupil, two, two.mentor, again=child)

    found = together.told(two.cast.school, "mentor_of", TODAY)
    assert found.get((two.mentor.a_id, two.mentor.b_id)) == told
    assert together.told(two.cast.school, "master_of", TODAY) == {}
    assert together.told(two.cast.other_school, "mentor_of", TODAY) == {}
    assert together.told(two.cast.school, "mentor_of", date(2028, 3, 1)) == {}


def test_a_mean_needs_five_answers_and_no_person_is_named_beside_it(client, two):
    children = two.cast.students[1] + two.cast.students[2]
    links = [people.set_link("mentor_of", two.cast.xu.subject, one, since=BEGUN) for one in children[1:5]]
    give(client, two.pupil, two, two.mentor, 2)
    for number, link in enumerate(links[:3]):
        give(client, account_for(link.b, f"p{number}"), two, link, 4)
    client.force_login(two.cast.wang.account)
    (shown,) = [
        one
        for one in client.get(reverse("mentoring:results")).context["shown"]
        if one["kind"].link == "mentor_of"
    ]
    assert [question.mean for question in shown["directions"][1].questions] == [None] * 4
    assert shown["directions"][1].again is None
    give(client, account_for(links[3].b, "p4"), two, links[3], 4)
    client.force_login(two.cast.wang.account)
    answer = client.get(reverse("mentoring:results"))
    (shown,) = [one for one in answer.context["shown"] if one["kind"].link == "mentor_of"]

    assert [question.mean for question in shown["directions"][1].questions] == [3.6] * 4
    assert all(one.name not in answer.content.decode() for one in children)


def test_near_the_end_of_the_term_both_are_reminded_on_their_first_page(client, two, monkeypatch):
    from datetime import UTC, datetime

    from django.utils import timezone

    monkeypatch.setattr(timezone, "now", lambda: datetime(2027, 1, 5, 2, tzinfo=UTC))
    client.force_login(two.pupil.account)
    assert "期末说说结对怎么样" in client.get(reverse("desk:home")).content.decode()
    give(client, two.pupil, two, two.mentor)
    assert "期末说说结对怎么样" not in client.get(reverse("desk:home")).content.decode()


# ------------------------------------------------------------------ the family


def test_the_family_says_its_own_word_beside_the_childs_and_neither_teacher_nor_child_reads_it(client, two):
    give(client, two.pupil, two, two.mentor, 5)
    give(client, two.parent, two, two.mentor, 2, "rather_not", "约好的电话没有来MARKER")
    give(client, two.parent, two, two.mentor, 1, "rather_not", "约好的电话没有来MARKER")
    said = {row.side: (row.answers["scores"][0], row.said_by) for row in Feedback.objects.all()}
    assert said == {"b": (5, two.pupil.subject), "g": (1, two.parent.subject)}
    for who in (two.cast.xu, two.pupil):
        for name in ("pair", "feedback"):
            client.force_login(who.account)
            assert (
                "MARKER"
                not in client.get(reverse(f"mentoring:{name}", args=[two.mentor.public_id])).content.decode()
            )
    for who in ("liu", "wang", "xu", "li"):
        client.force_login(getattr(two.cast, who).account)
        assert "MARKER" not in client.get(reverse("mentoring:results")).content.decode()
    client.force_login(two.cast.chen.account)
    text = client.get(reverse("mentoring:results")).content.decode()
    assert "MARKER" in text
    assert f"{two.child.name}的家长" in text
    assert together.told(two.cast.school, "mentor_of", TODAY) == {
        (two.mentor.a_id, two.mentor.b_id): "rather_not"
    }
    client.force_login(two.parent.account)
    mine = client.get(reverse("mentoring:feedback", args=[two.mentor.public_id])).content.decode()
    assert "结对老师和孩子都看不到" in mine
    assert "MARKER" in mine


def test_only_guardians_of_this_child_are_asked_and_only_where_the_kind_says_so(client, two, monkeypatch):
    other = people.make_guardian(two.cast.school, "别家家长", children=[two.cast.students[1][3]])
    stranger = account_for(other.subject, "stranger")
    assert give(client, stranger, two, two.mentor).status_code == 404
    kind = pair_kinds(two.cast.school, TODAY)["mentor_of"]
    assert kind.asks_family
    monkeypatch.setitem(kind.data["questions"], "family", [])
    assert give(client, two.parent, two, two.mentor).status_code == 404
    assert not Feedback.objects.exists()
    assert not pair_kinds(two.cast.school, TODAY)["master_of"].asks_family


def test_the_family_is_reminded_once_and_its_word_is_erased_with_the_guardian(client, two, monkeypatch):
    from datetime import UTC, datetime

    from django.utils import timezone

    from tongxin.kernel.access import holdings

    monkeypatch.setattr(timezone, "now", lambda: datetime(2027, 1, 5, 2, tzinfo=UTC))
    client.force_login(two.parent.account)
    assert "期末说说结对怎么样" in client.get(reverse("desk:home")).content.decode()
    give(client, two.parent, two, two.mentor)
    assert "期末说说结对怎么样" not in client.get(reverse("desk:home")).content.decode()
    holding = next(one for one in holdings.of_type("guardian") if one.name == "mentoring.family")
    guardian = two.parent.subject
    assert holding.count([guardian.pk]) == {guardian.pk: 1}
    assert holding.erase(guardian, None).gone == 1
    assert not Feedback.objects.exists()

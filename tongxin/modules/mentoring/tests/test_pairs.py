"""Who finds which pair, what its page says to each side, and how its work is logged."""

import pytest
from django.urls import reverse

from tongxin.kernel.people import services as people
from tongxin.testing.cast import TODAY, days_ago

from .conftest import BEGUN


def page(client, player, link, name="pair", **more):
    client.force_login(player.account)
    return client.get(reverse(f"mentoring:{name}", args=[link.public_id, *more.values()]))


@pytest.mark.parametrize("who", ["xu", "liu", "chen"])
def test_the_mentor_the_class_teacher_and_the_counsellor_find_a_childs_pair(client, two, who):
    answer = page(client, getattr(two.cast, who), two.mentor)

    assert answer.status_code == 200
    assert two.child.name in answer.content.decode()


@pytest.mark.parametrize("who", ["pupil", "parent"])
def test_the_child_and_the_parent_find_their_own_pair_and_read_nowhere_why(client, two, who):
    answer = page(client, getattr(two, who), two.mentor)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert two.cast.xu.subject.name in text
    assert "帮扶学生" not in text
    assert "重点关爱" not in text


@pytest.mark.parametrize("who", ["ma", "li", "wang", "sun", "guo", "zhao", "zhou"])
def test_nobody_else_finds_a_childs_pair(client, two, who):
    assert page(client, getattr(two.cast, who), two.mentor).status_code == 404


def test_a_child_finds_nobody_elses_pair(client, two):
    assert page(client, two.pupil, two.helper).status_code == 404


def test_the_secretary_leads_pairs_of_teachers_and_the_branch_secretary_those_of_the_branch(client, two):
    assert page(client, two.cast.wang, two.master).status_code == 200
    assert page(client, two.cast.li, two.master).status_code == 200  # 许老师 is of the branch
    assert page(client, two.cast.ma, two.master).status_code == 404
    outside = people.set_link("master_of", two.cast.ma.subject, two.young.subject, since=BEGUN)
    assert page(client, two.cast.li, outside).status_code == 404


def test_the_class_teacher_stands_for_the_class(client, two):
    client.force_login(two.cast.liu.account)
    text = client.get(reverse("mentoring:home")).content.decode()

    assert two.cast.li.subject.name in text
    assert "第二班主任" in text


def test_the_list_is_ones_own_and_says_what_is_owed(client, two):
    client.force_login(two.cast.xu.account)
    text = client.get(reverse("mentoring:home")).content.decode()

    assert two.child.name in text
    assert two.young.subject.name in text
    assert "导师每月帮扶结对学生" in text
    assert two.cast.students[2][0].name not in text


@pytest.mark.parametrize("who", ["pupil", "parent"])
def test_children_and_parents_see_their_list(client, two, who):
    client.force_login(getattr(two, who).account)
    text = client.get(reverse("mentoring:home")).content.decode()

    assert two.cast.xu.subject.name in text
    assert two.young.subject.name not in text


def test_somebody_without_pairs_is_told_so(client, two):
    client.force_login(two.cast.guo.account)

    assert "现在没有结对" in client.get(reverse("mentoring:home")).content.decode()


def test_one_tap_leads_to_the_log_form_with_both_and_the_theme_filled_in(client, two):
    text = page(client, two.cast.xu, two.mentor).content.decode()
    at = text.index("主动谈心谈话")
    url = text[text.rindex('href="', 0, at) + 6 : at].split('"')[0].replace("&amp;", "&")
    form = client.get(url)

    assert form.status_code == 200
    initial = form.context["form"].initial
    assert initial["part_mentor"] == [two.cast.xu.subject.public_id]
    assert initial["part_mentee"] == [two.child.public_id]
    assert initial["qualifier_theme"] == "talk"
    sent = {
        "day": TODAY.isoformat(), "part_mentor": initial["part_mentor"], "part_mentee": initial["part_mentee"],
        "qualifier_theme": "talk", "next": reverse("mentoring:pair", args=[two.mentor.public_id]),
    }  # fmt: skip
    saved = client.post(url.split("?")[0], sent)
    assert saved.status_code == 302
    assert saved.url == reverse("mentoring:pair", args=[two.mentor.public_id])
    after = client.get(saved.url)
    assert [one.title for one in after.context["done"]] == ["成长导师帮扶"]
    assert after.context["owed"] == []
    assert "主动谈心谈话 · 1" in after.content.decode()


def test_a_helper_may_name_the_child_in_the_log_form(client, two):
    client.force_login(two.cast.xu.account)
    sent = {
        "day": TODAY.isoformat(), "part_helper": two.cast.xu.subject.public_id,
        "part_helped": two.cast.students[1][1].public_id, "qualifier_theme": "tutoring",
    }  # fmt: skip
    assert client.post(reverse("desk:record_kind", args=["paired_help"]), sent).status_code == 302
    assert len(page(client, two.cast.xu, two.helper).context["done"]) == 1


def test_what_others_did_with_the_child_alone_is_not_shown_as_done_together(client, two):
    two.cast.visit(two.child, days_ago(5), by=two.cast.liu)
    two.cast.visit(two.child, days_ago(4), by=two.cast.xu)

    assert [one.day for one in page(client, two.cast.xu, two.mentor).context["done"]] == [days_ago(4)]


def test_an_address_of_a_former_row_still_leads_to_the_pair(client, two):
    old = two.mentor.public_id
    people.end_link(two.mentor, TODAY.replace(year=2027))

    client.force_login(two.cast.xu.account)
    assert client.get(reverse("mentoring:pair", args=[old])).status_code == 200


def test_a_pair_that_was_taken_back_altogether_is_gone(client, two):
    people.end_link(two.mentor, BEGUN.replace(day=1))

    assert page(client, two.cast.xu, two.mentor).status_code == 404


@pytest.mark.parametrize("size", [3, 12])
def test_the_list_costs_the_same_queries_for_any_number_of_pairs(
    client, two, size, django_assert_max_num_queries
):
    for student in (two.cast.students[1] + two.cast.students[2])[2 : 2 + size]:
        people.set_link("mentor_of", two.cast.xu.subject, student, since=BEGUN)
    client.force_login(two.cast.xu.account)
    client.get(reverse("mentoring:home"))
    with django_assert_max_num_queries(30):
        client.get(reverse("mentoring:home"))

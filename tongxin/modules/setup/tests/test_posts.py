"""Every post of the school on one page: what nobody holds is filled at once, from the duties of the staff list."""

import pytest
from django.urls import reverse

from tongxin.kernel.base.models import Link
from tongxin.kernel.people import services as people
from tongxin.testing.cast import SINCE

PAGE = reverse("setup:posts")


def newcomer(cast, name, duty, **more):
    person = people.make_staff(cast.school, name).person.subject
    people.set_attribute(person, "duty", duty, since=SINCE)
    return person


def filled(page, **changes):
    """What a browser sends of the form as it is shown, with some lines changed."""
    form = page.context["form"]
    return {name: form[name].value() or "" for name in form.fields} | changes


def holders(post):
    return set(Link.objects.current().filter(kind=post).values_list("a__name", flat=True))


def test_the_duties_of_the_staff_list_are_proposed_and_become_posts_with_one_press(cast, client):
    newcomer(cast, "高楠", "教导主任、工会主席")
    newcomer(cast, "苗森", "校长")
    cast.sign_in(client, cast.sun)
    page = client.get(PAGE)
    assert "苗森、高楠" in page.content.decode() or "高楠、苗森" in page.content.decode()
    assert client.post(PAGE, filled(page)).status_code == 302
    assert holders("administrator") == {"高楠", "苗森"}
    again = client.get(PAGE)
    assert "administrator" not in {seat.post for seat in again.context["vacant"]}


def test_duties_are_proposed_on_an_english_page_too(cast, client):
    newcomer(cast, "高楠", "分管心理健康的校领导")
    cast.sign_in(client, cast.sun)
    found = [
        {seat.field_name: seat.proposed for seat in client.get(PAGE, headers=headers).context["vacant"]}
        for headers in ({}, {"accept-language": "en"})
    ]
    assert found[0] == found[1]
    assert ["高楠"] in found[0].values()


def test_a_name_that_is_unknown_or_stands_for_two_is_said_and_nothing_is_saved(cast, client):
    newcomer(cast, "苗森", "校长")
    for _twice in (1, 2):
        newcomer(cast, "高楠", "")
    cast.sign_in(client, cast.sun)
    page = client.get(PAGE)
    line = next(seat.field_name for seat in page.context["vacant"] if seat.post == "care_leader")
    for name, said in (("没有人", "教职工里没有"), ("高楠", "有2位")):
        answer = client.post(PAGE, filled(page, **{line: name}))
        assert said in answer.content.decode()
        assert holders("administrator") == set()


def test_an_empty_form_asks_for_a_name(cast, client):
    cast.sign_in(client, cast.sun)
    assert "还没有填姓名" in client.post(PAGE, filled(client.get(PAGE))).content.decode()


@pytest.mark.parametrize(
    ("who", "may"), [("sun", True), ("guo", True), ("wang", True), ("liu", False), ("zhao", False)]
)
def test_who_may_fill_posts(cast, client, who, may):
    cast.sign_in(client, getattr(cast, who))
    assert (client.get(PAGE).status_code == 200) is may


def test_posts_of_another_school_are_neither_shown_nor_filled(cast, client):
    cast.sign_in(client, cast.sun)
    page = client.get(PAGE)
    assert cast.zhao.subject.name not in page.content.decode()
    line = next(seat.field_name for seat in page.context["vacant"] if seat.post == "administrator")
    answer = client.post(PAGE, filled(page, **{line: cast.zhao.subject.name}))
    assert "教职工里没有" in answer.content.decode()


def test_the_steps_of_a_new_school_name_the_posts_that_rules_rest_on(cast, client):
    cast.sign_in(client, cast.wang)
    steps = client.get(reverse("setup:next_steps")).context["steps"]
    assert PAGE in {row["url"] for row in steps}

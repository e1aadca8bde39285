import re

import pytest
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.access import services as access
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import School
from tongxin.kernel.calendar.models import SchoolYear
from tongxin.kernel.people import services as people
from tongxin.kernel.programmes.school_facts import known

PASSWORD = "A long enough passphrase"


def give_password(player):
    player.account.set_password(PASSWORD)
    player.account.save()


def test_signing_in_leads_home_and_is_on_record(client, cast):
    give_password(cast.liu)
    response = client.post(reverse("setup:sign_in"), {"login": "liu", "password": PASSWORD})
    assert response.status_code == 302
    assert response.url == "/"
    assert AuditRow.objects.filter(action="access.signed_in", account=cast.liu.account.pk).exists()
    assert client.get(reverse("setup:people")).status_code == 200


def test_a_wrong_password_and_an_unknown_login_get_the_same_answer(client, cast):
    give_password(cast.liu)
    bodies = []
    for login in ("liu", "nobody-of-that-name"):
        response = client.post(reverse("setup:sign_in"), {"login": login, "password": "wrong"})
        assert response.status_code == 200
        bodies.append(re.findall(r'role="alert">(.*?)<', response.content.decode()))
    assert bodies[0] == bodies[1]
    assert "登录名或密码不对" in bodies[0][0]


def test_the_session_gets_a_new_id_at_sign_in(client, cast):
    give_password(cast.liu)
    client.get(reverse("setup:sign_in"))
    client.session["something"] = 1
    client.session.save()
    before = client.session.session_key
    client.post(reverse("setup:sign_in"), {"login": "liu", "password": PASSWORD})
    assert client.session.session_key != before


def test_nobody_is_sent_to_another_site_after_signing_in(client, cast):
    give_password(cast.liu)
    data = {"login": "liu", "password": PASSWORD, "next": "//evil.example/x"}
    assert client.post(reverse("setup:sign_in"), data).url == "/"


def test_an_idle_session_ends(client, cast):
    give_password(cast.liu)
    client.post(reverse("setup:sign_in"), {"login": "liu", "password": PASSWORD})
    session = client.session
    session["seen"] -= 31 * 60
    session.save()
    assert client.get(reverse("setup:people")).status_code == 302


def test_pages_of_the_signed_in_are_not_kept_by_the_browser(client, cast):
    cast.sign_in(client, cast.liu)
    assert "no-store" in client.get(reverse("setup:people"))["Cache-Control"]


def test_a_slip_opens_the_account_and_signs_in(client, cast):
    person = people.make_staff(cast.school, "新老师").person
    _slip, code = access.issue_slip(person, by=cast.guo.viewer())
    page = client.get(reverse("setup:activate"), {"code": code})
    assert cast.school.name in page.content.decode()
    response = client.post(reverse("setup:activate"), {"code": code, "password": PASSWORD, "again": PASSWORD})
    assert response.status_code == 302
    assert client.get(reverse("setup:people")).status_code == 200


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [("short", "short", "8"), (PASSWORD, PASSWORD + "x", "不一样"), ("12345678", "12345678", "")],
)
def test_a_bad_new_password_is_refused_and_the_slip_stays_good(client, cast, first, second, said):
    person = people.make_staff(cast.school, "新老师").person
    _slip, code = access.issue_slip(person, by=cast.guo.viewer())
    page = client.post(reverse("setup:activate"), {"code": code, "password": first, "again": second})
    assert page.status_code == 200
    assert said in page.content.decode()
    assert access.slip_for(code)


def test_a_wrong_code_is_said_in_words(client, cast):
    page = client.post(reverse("setup:activate"), {"code": "AAAA-BBBB-CCCC"}).content.decode()
    assert "这个开通码不对" in page


def test_the_demo_door_does_not_exist_outside_the_demo(client, cast):
    assert client.post(reverse("setup:demo_sign_in"), {"login": "liu"}).status_code == 404


def test_an_empty_installation_begins_with_the_first_run_page(client, db):
    assert client.get(reverse("setup:sign_in")).url == reverse("setup:first_run")
    data = {
        "school_name": "新芽小学",
        "stage": "primary",
        "region": "other",
        "your_name": "罗安",
        "post": "secretary",
        "login": "luoan",
        "password": PASSWORD,
    }
    response = client.post(reverse("setup:first_run"), data)
    assert response.url == reverse("setup:next_steps")
    school = School.objects.get()
    assert SchoolYear.objects.filter(school=school).count() == 1
    page = client.get(response.url)
    assert "下一步" in page.content.decode()
    assert client.get(reverse("setup:settings")).status_code == 200
    recorded = {name: at.value for name, at in known(school, timezone.localdate()).items()}
    assert recorded == {"institution": "school", "stage": "primary", "region": "other"}


def test_the_first_run_page_is_closed_once_there_is_a_school(client, cast):
    assert client.get(reverse("setup:first_run")).status_code == 404
    assert client.post(reverse("setup:first_run"), {"school_name": "又一所"}).status_code == 404
    assert School.objects.filter(name="又一所").count() == 0


def test_changing_the_password_needs_the_present_one(client, cast):
    give_password(cast.liu)
    cast.sign_in(client, cast.liu)
    new = {"password": "Another good passphrase", "again": "Another good passphrase"}
    assert client.post(reverse("setup:change_password"), {**new, "old": "wrong"}).status_code == 200
    assert client.post(reverse("setup:change_password"), {**new, "old": PASSWORD}).status_code == 302


def test_somebody_with_two_schools_can_go_over_and_a_stranger_cannot(client, cast):
    second = people.make_staff(cast.other_school, "刘洋").person
    second.account = cast.liu.account
    second.save()
    cast.sign_in(client, cast.liu)
    assert (
        client.post(reverse("setup:choose_school"), {"school": cast.other_school.public_id}).status_code
        == 302
    )
    cast.sign_in(client, cast.ma)
    assert (
        client.post(reverse("setup:choose_school"), {"school": cast.other_school.public_id}).status_code
        == 404
    )


@pytest.mark.django_db
@pytest.mark.parametrize(("wanted", "leads_to"), [
    ("/people/?q=1", "/people/?q=1"), ("10000-01-01", "/"), ("people", "/"), ("//elsewhere.invalid/", "/"), ("", "/"),
])  # fmt: skip
def test_the_other_language_leads_back_to_the_page_and_nowhere_else(client, wanted, leads_to):
    answer = client.post(reverse("setup:language"), {"language": "en", "next": wanted})
    assert (answer.status_code, answer.url) == (302, leads_to)

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from tongxin.kernel.consent.models import Consent, ConsentText
from tongxin.kernel.consent.queries import may_process
from tongxin.kernel.people import services as people
from tongxin.testing.cast import crowd

OVERVIEW = reverse("setup:consents")


@pytest.fixture
def slips(cast):
    """The explanation is out; 安小禾 and 白云飞 have a mother each."""
    ConsentText.objects.create(
        school=cast.school,
        purpose="screening",
        version=1,
        body="说明全文",
        published_at=datetime(2026, 11, 1, tzinfo=UTC),
    )
    children = cast.students[1][:2]
    for child in children:
        child.mother = people.make_guardian(cast.school, f"{child.name}的妈妈", children=[child]).subject
    return children


def address(cast, room=None):
    return reverse("setup:consents_of", args=["screening", (room or cast.room_one).public_id])


def form(*rows, on="2026-11-10"):
    data = {"signed_on": on}
    for child, what, who in rows:
        data |= {f"what-{child.public_id}": what, f"who-{child.public_id}": who.public_id if who else ""}
    return data


@pytest.mark.parametrize("who", ["liu", "sun", "chen", "wang"])
def test_the_slips_of_a_class_are_recorded_at_once(client, cast, slips, who):
    cast.sign_in(client, getattr(cast, who))
    first, second = slips
    data = form((first, "given", first.mother), (second, "refused", second.mother))
    page = client.post(address(cast), data, follow=True).content.decode()
    assert "记下了2份回执" in page
    assert may_process(first, "screening")
    assert may_process(second, "screening").why == "refused"
    assert Consent.objects.filter(recorded_by=getattr(cast, who).account, channel="paper").count() == 2
    overview = client.get(OVERVIEW).content.decode()
    assert '<td class="num">1</td><td class="num">1</td><td class="num">4</td>' in overview


@pytest.mark.parametrize("who", ["ma", "xu", "guo", "zhao", "li"])
def test_nobody_else_records_for_this_class(client, cast, slips, who):
    cast.sign_in(client, getattr(cast, who))
    assert client.get(address(cast)).status_code == 404
    assert client.post(address(cast), form((slips[0], "given", slips[0].mother))).status_code == 404
    assert not Consent.objects.exists()


def test_a_homeroom_teacher_finds_only_the_own_class(client, cast, slips):
    cast.sign_in(client, cast.liu)
    page = client.get(OVERVIEW).content.decode()
    assert "七年级1班" in page
    assert "七年级2班" not in page


def test_who_may_not_record_finds_no_page(client, cast):
    for who in (cast.xu, cast.guo, cast.zhou):
        cast.sign_in(client, who)
        assert client.get(OVERVIEW).status_code == 404
    cast.sign_in(client, cast.liu)
    assert client.get(reverse("setup:consent_text", args=["screening"])).status_code == 404
    assert client.get("/consents/anything/").status_code == 404


@pytest.mark.parametrize(
    ("on", "word"), [("2026-11-19", "不能晚于今天"), ("2026-10-01", "还没有公布说明"), ("soon", "日期")]
)
def test_a_wrong_day_is_said_and_nothing_is_saved_or_lost(client, cast, slips, on, word):
    cast.sign_in(client, cast.liu)
    page = client.post(address(cast), form((slips[0], "refused", slips[0].mother), on=on)).content.decode()
    assert word in page
    assert not Consent.objects.exists()


def test_a_signature_of_somebody_from_another_family_is_refused_beside_the_child(client, cast, slips):
    cast.sign_in(client, cast.liu)
    first, second = slips
    page = client.post(
        address(cast), form((first, "given", first.mother), (second, "given", first.mother))
    ).content.decode()
    assert "请选是谁签的字" in page
    assert 'value="given" selected' in page
    assert not Consent.objects.exists()


def test_a_young_child_does_not_sign_alone(client, cast, slips):
    cast.sign_in(client, cast.liu)
    page = client.post(address(cast), form((slips[0], "given", slips[0]))).content.decode()
    assert "未满十四周岁" in page
    assert not Consent.objects.exists()


def test_a_sheet_with_nothing_chosen_says_what_to_do(client, cast, slips):
    cast.sign_in(client, cast.liu)
    assert "还没有选任何一位" in client.post(address(cast), form()).content.decode()


def test_a_withdrawal_can_be_recorded_only_where_a_yes_holds(client, cast, slips):
    cast.sign_in(client, cast.liu)
    page = client.get(address(cast)).content.decode()
    assert "withdrawn" not in page
    assert 'value="2026-11-18"' in page  # today, as the browser's date field wants it
    client.post(address(cast), form((slips[0], "given", slips[0].mother)))
    assert "withdrawn" in client.get(address(cast)).content.decode()
    client.post(address(cast), form((slips[0], "withdrawn", slips[0].mother), on="2026-11-12"))
    assert may_process(slips[0], "screening").why == "withdrawn"


def test_a_counsellor_publishes_what_people_consent_to(client, cast):
    cast.sign_in(client, cast.chen)
    assert "还没有公布说明" in client.get(OVERVIEW).content.decode()
    page = reverse("setup:consent_text", args=["screening"])
    assert "不同意不影响" in client.get(page).content.decode()
    client.post(page, {"body": "第一版的话", "renews": "on"})
    client.post(page, {"body": "第二版的话"})
    assert list(ConsentText.objects.order_by("version").values_list("version", "renews")) == [
        (1, True),
        (2, False),
    ]
    shown = client.get(page).content.decode()
    assert "第一版的话" in shown
    assert "还没有" not in client.post(page, {"body": "", "renews": "on"}).content.decode().split("<h1>")[0]
    assert ConsentText.objects.count() == 2


def test_the_class_list_needs_the_same_queries_for_any_size(
    client, cast, slips, django_assert_max_num_queries
):
    cast.sign_in(client, cast.liu)
    client.get(address(cast))
    with django_assert_max_num_queries(40) as few:
        client.get(address(cast))
    crowd(cast, 30)
    with django_assert_max_num_queries(len(few)):
        client.get(address(cast))
    assert date(2026, 11, 18) == cast.liu.viewer().day

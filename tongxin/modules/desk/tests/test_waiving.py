import pytest
from django.urls import reverse

from tongxin.kernel.obligations import queries
from tongxin.kernel.obligations.models import Waiver
from tongxin.kernel.people import services as people
from tongxin.testing.cast import TODAY
from tongxin.testing.gate import add_gate


def address(cast, who, *more):
    name = "waiver_take_back" if more else "waive"
    where = [cast.programme.public_id, "study-before-class", who.subject.public_id, *more]
    return reverse(f"desk:{name}", args=where)


def form(**changes):
    return {"reason": "下学期补学", "first": TODAY.isoformat(), "last": "2026-12-31"} | changes


def test_the_named_post_waives_and_takes_back(cast, client):
    add_gate(cast)
    cast.sign_in(client, cast.wang)
    assert "给许静批准豁免" in client.get(address(cast, cast.xu)).content.decode()
    client.post(address(cast, cast.xu), form())
    waiver = Waiver.objects.current().get()
    page = client.get(address(cast, cast.xu)).content.decode()
    assert "下学期补学" in page
    assert "王建国批准" in page
    client.post(address(cast, cast.xu, waiver.pk))
    assert not Waiver.objects.current().exists()


def test_a_refused_waiver_says_why_and_saves_nothing(cast, client):
    add_gate(cast)
    cast.sign_in(client, cast.wang)
    page = client.post(address(cast, cast.xu), form(last="2027-08-01")).content.decode()
    assert "豁免最晚到2027-02-16" in page
    assert not Waiver.objects.exists()


@pytest.mark.parametrize("who", ["liu", "xu", "li", "chen", "sun", "guo", "zhou", "zhao"])
def test_nobody_else_finds_the_page(cast, client, who):
    add_gate(cast)
    cast.sign_in(client, getattr(cast, who))
    assert client.get(address(cast, cast.xu)).status_code == 404
    assert client.post(address(cast, cast.xu), form()).status_code == 404
    assert not Waiver.objects.exists()


def test_nobody_waives_for_themselves_and_not_without_a_rule_that_says_so(cast, client):
    add_gate(cast)
    cast.sign_in(client, cast.wang)
    assert client.get(address(cast, cast.wang)).status_code == 404
    where = [cast.programme.public_id, "study-hours", cast.xu.subject.public_id]
    assert client.get(reverse("desk:waive", args=where)).status_code == 404


def test_why_shows_the_waiver_and_who_approved_it(cast, client):
    add_gate(cast)
    cast.sign_in(client, cast.wang)
    client.post(address(cast, cast.xu), form())
    cast.record("branch_study", TODAY, {"attendee": [cast.xu.subject]}, by=cast.li, hours=1)
    people.appoint(cast.xu.subject, "homeroom_teacher", cast.room_one.subject, since=TODAY)
    where = [cast.programme.public_id, "study-before-class", cast.xu.subject.public_id]
    asked = queries.ask(cast.programme, TODAY)
    (verdict,) = [v for v in asked.verdicts(["study-before-class"]) if v.subject == str(cast.xu.subject.pk)]
    page = client.get(reverse("desk:why", args=[*where, verdict.first])).content.decode()
    assert "下学期补学" in page
    assert "王建国批准" in page
    assert address(cast, cast.xu) in page
    cast.sign_in(client, cast.xu)
    page = client.get(reverse("desk:why", args=[*where, verdict.first])).content.decode()
    assert "下学期补学" in page
    assert address(cast, cast.xu) not in page

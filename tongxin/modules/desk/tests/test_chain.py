"""Every reader sees who asks a duty above the school, and who made it stricter."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tongxin.kernel.programmes import services
from tongxin.kernel.programmes.models import Programme
from tongxin.testing.again import again
from tongxin.testing.cast import TODAY, make_cast
from tongxin.testing.pack import PACK

OWN = (
    PACK.replace("pack: green-hill", "pack: own-plan")
    .replace("title: 青山育人", "title: 本校更严")
    .replace(
        "    at_least: 4\n",
        "    at_least: 6\n    tightens: green-hill:study-hours\n    consequence: {points: -1, per: missing_unit}\n",
    )
)


@pytest.fixture
def district(db, today):
    return again("two levels of rules", two_levels)


def two_levels():
    made = make_cast()
    services.adopt(made.bureau, "green-hill", 2026, by=made.zhou.account, text=PACK)
    made.programme = services.adopt(made.school, "", 2026, by=made.wang.account, text=OWN)
    return made


def page(client, name, programme, *more):
    return client.get(
        reverse(f"desk:{name}", args=[programme.public_id, "study-hours", *more])
    ).content.decode()


def test_the_duty_says_what_it_tightens_and_the_one_above_what_tightened_it(district, client):
    district.sign_in(client, district.li)
    mine = page(client, "duty", district.programme)
    assert "这一项收紧了" in mine
    assert "学时合计至少4" in mine
    theirs = page(client, "duty", Programme.objects.get(school=district.school, pack="green-hill"))
    assert "又被收紧为" in theirs
    assert "学时合计至少6" in theirs


def test_why_says_the_chain_the_consequence_and_the_force_of_the_source(district, client):
    district.sign_in(client, district.xu)
    said = page(client, "why", district.programme, district.xu.subject.public_id, "2026-09-01")
    assert "这一项收紧了" in said
    assert "每少一个扣1分" in said
    assert "青山中学育人方案 一(二)（学校，原则上）" in said


def test_both_are_judged_and_a_programme_of_the_bureau_cannot_be_edited(district, client):
    theirs = Programme.objects.get(school=district.school, pack="green-hill")
    attendee = {"attendee": [district.xu.subject]}
    district.record("branch_study", TODAY, attendee, by=district.li, hours=5)
    district.sign_in(client, district.xu)
    where = (district.xu.subject.public_id, "2026-09-01")
    assert "已完成" in page(client, "why", theirs, *where)
    assert "还差1" in page(client, "why", district.programme, *where)
    district.sign_in(client, district.wang)
    for name, *more in (
        ("edit",),
        ("retire",),
        ("edit_plan",),
        ("edit_duty", "study-hours"),
        ("version_restore", 1),
    ):
        address = reverse(f"desk:{name}", args=[theirs.public_id, *more])
        if name != "version_restore":
            assert client.get(address).status_code == 404
        assert client.post(address, {"confirm": "1", "base": "1"}).status_code == 404
    assert theirs.versions.count() == 1
    file = SimpleUploadedFile("pack.yaml", PACK.replace("title: 青山育人", "title: 青山新育人").encode())
    refused = client.post(reverse("desk:adopt"), {"year": "2026", "file": file})
    assert "上级统一采用" in refused.content.decode()
    assert "上级统一采用" in client.get(reverse("desk:versions", args=[theirs.public_id])).content.decode()

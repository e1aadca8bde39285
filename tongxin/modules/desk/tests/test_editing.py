from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tongxin.kernel.programmes.models import Programme
from tongxin.kernel.programmes.queries import current_pack, current_version
from tongxin.kernel.programmes.services import change
from tongxin.modules.desk import rewriting
from tongxin.testing.cast import TODAY
from tongxin.testing.pack import PACK


def url(name, cast, *more):
    return reverse(f"desk:{name}", args=[cast.programme.public_id, *more])


def duty_form(**changes):
    return {
        "title": "党员每学期学习不少于4学时",
        "number": "4",
        "since": TODAY.isoformat(),
        "until": "",
    } | changes


def test_a_changed_number_is_a_new_dated_version_of_the_rule(cast, client):
    cast.sign_in(client, cast.wang)
    form = duty_form(number="6", base="1")
    page = client.post(url("edit_duty", cast, "study-hours"), form).content.decode()
    assert "这样改会变成" in page
    assert current_version(cast.programme).number == 1
    client.post(url("edit_duty", cast, "study-hours"), form | {"confirm": "1"})
    rules = current_pack(cast.programme).versions("study-hours")
    assert [rule.since for rule in rules] == [date(2026, 1, 10), TODAY]


def test_the_effect_on_verdicts_is_shown_first_with_those_who_may_be_named(cast, client):
    attendee = {"attendee": [cast.xu.subject]}
    cast.record("branch_study", date(2026, 4, 13), attendee, by=cast.xu, hours=4)
    cast.sign_in(client, cast.wang)
    form = duty_form(number="6", base="1")
    page = client.post(url("edit_duty", cast, "study-hours"), form).content.decode()
    assert "按本校上一学期的数据：1个从“已完成”变为“未完成”" in page
    assert "许静" in page


def test_nothing_changed_saves_nothing(cast, client):
    cast.sign_in(client, cast.wang)
    page = client.post(url("edit_duty", cast, "study-hours"), duty_form(confirm="1")).content.decode()
    assert "没有改动" in page
    assert current_version(cast.programme).number == 1


def test_an_obligation_can_be_ended(cast, client):
    cast.sign_in(client, cast.wang)
    form = duty_form(until=TODAY.isoformat(), base="1", confirm="1")
    client.post(url("edit_duty", cast, "study-hours"), form)
    assert current_pack(cast.programme).versions("study-hours")[-1].until == TODAY


def test_two_editors_do_not_overwrite_each_other(cast, client):
    cast.sign_in(client, cast.wang)
    client.post(url("edit_duty", cast, "study-hours"), duty_form(title="学习", base="1", confirm="1"))
    late = duty_form(title="读书", base="1", confirm="1")
    page = client.post(url("edit_duty", cast, "study-hours"), late).content.decode()
    assert "别人刚刚改过这个方案" in page
    assert current_version(cast.programme).number == 2


def plan_form(cast, client, **changes):
    form = client.get(url("edit_plan", cast)).context["form"]
    data = {}
    for name, field in form.fields.items():
        value = field.initial
        data[name] = value.isoformat() if isinstance(value, date) else value
    return data | {"base": str(current_version(cast.programme).number)} | changes


def test_days_and_owners_of_the_plan_can_be_changed(cast, client):
    cast.sign_in(client, cast.wang)
    form = plan_form(cast, client, **{"item-summary-due": "2026-12-20", "item-summary-owner": "office"})
    assert "12-20" in client.post(url("edit_plan", cast), form).content.decode()
    client.post(url("edit_plan", cast), form | {"confirm": "1"})
    item = next(i for i in current_pack(cast.programme).plan_items if i.name == "summary")
    assert (item.due, item.owner) == ("12-20", "office")


def test_a_due_day_before_the_first_is_refused(cast, client):
    cast.sign_in(client, cast.wang)
    form = plan_form(cast, client, **{"item-summary-due": "2026-11-20"})
    assert "截止日期早于开始日期" in client.post(url("edit_plan", cast), form).content.decode()


def test_an_earlier_version_can_be_compared_and_restored(cast, client):
    cast.sign_in(client, cast.wang)
    client.post(url("edit_duty", cast, "study-hours"), duty_form(title="党员学习", base="1", confirm="1"))
    page = client.get(url("version", cast, 2)).content.decode()
    assert "党员学习" in page
    assert "不少于4学时" in page
    client.post(url("version_restore", cast, 1))
    version = current_version(cast.programme)
    assert version.number == 3
    assert version.text == cast.programme.versions.get(number=1).text


def test_a_version_that_cannot_be_restored_is_refused_in_a_sentence(cast, client):
    guarded = PACK.replace("title: 家访\n    class: K3", "title: 家访\n    class: K4b")
    change(cast.programme, guarded, "提高密级", by=None, base=1)
    cast.sign_in(client, cast.wang)
    answer = client.post(url("version_restore", cast, 1), follow=True)
    assert "不能改低为K3" in answer.content.decode()
    assert current_version(cast.programme).number == 2


@pytest.mark.parametrize("who", ["liu", "chen", "sun", "zhao", "zhou"])
def test_only_who_may_edit_finds_the_editor(cast, client, who):
    cast.sign_in(client, getattr(cast, who))
    for address in (
        url("edit", cast),
        url("edit_plan", cast),
        url("edit_duty", cast, "study-hours"),
        url("versions", cast),
        url("version", cast, 1),
        url("retire", cast),
    ):
        assert client.get(address).status_code == 404
    # A bureau adopts for its schools.
    assert client.get(reverse("desk:adopt")).status_code == (200 if who == "zhou" else 404)
    assert client.post(url("version_restore", cast, 1)).status_code == 404


def test_a_programme_can_be_ended_and_taken_up_again(cast, client):
    cast.sign_in(client, cast.wang)
    client.post(url("retire", cast))
    assert Programme.objects.get().retired_on == TODAY
    client.post(url("retire", cast))
    assert Programme.objects.get().retired_on is None


def test_packs_on_offer_show_what_they_hold(cast, client):
    cast.sign_in(client, cast.wang)
    page = client.get(reverse("desk:adopt")).content.decode()
    assert "三平台五融通" in page
    page = client.get(reverse("desk:adopt_pack", args=["three-platforms-five-integrations"])).content.decode()
    assert "项要求" in page
    assert client.get(reverse("desk:adopt_pack", args=["no-such-pack"])).status_code == 404


def test_a_school_s_own_pack_is_adopted_from_a_file_and_its_errors_are_said(cast, client):
    cast.sign_in(client, cast.wang)
    bad = SimpleUploadedFile("a.yaml", PACK.replace("home_visit, part", "homevisit, part").encode())
    page = client.post(reverse("desk:adopt"), {"year": "2027", "file": bad}).content.decode()
    assert "方案文件有错误" in page
    good = SimpleUploadedFile("a.yaml", PACK.encode())
    assert client.post(reverse("desk:adopt"), {"year": "2027", "file": good}).status_code == 302
    again = SimpleUploadedFile("a.yaml", PACK.encode())
    page = client.post(reverse("desk:adopt"), {"year": "2027", "file": again}).content.decode()
    assert "已经采用了这个方案" in page


def test_days_are_written_as_packs_write_them():
    assert rewriting.spelled(date(2026, 3, 1), 2026) == "03-01"
    assert rewriting.spelled(date(2027, 1, 31), 2026) == "+1 01-31"


def test_the_phases_of_a_pack_on_offer_are_said_in_days(cast, client):
    cast.sign_in(client, cast.wang)
    page = client.get(reverse("desk:adopt_pack", args=["dual-guidance-mutual-aid"])).content.decode()
    assert "9月1日—次年1月31日" in page
    assert "+1 " not in page

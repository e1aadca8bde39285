"""Agreements: written from a template, acknowledged by both, versions, as Word and PDF, and who has not signed."""

import io
import zipfile
from datetime import date

import pytest
from django.urls import reverse

from tongxin.kernel.audit.models import AuditRow
from tongxin.modules.mentoring.models import Agreement

GOALS = "每月读一本书\n数学补到及格MARKER"
SENT = {"first": "2026-11-18", "last": "2027-08-31", "goals": GOALS, "measures": "每周一次", "once": "a" * 32}


def url(link, name="agreement", *more):
    return reverse(f"mentoring:{name}", args=[link.public_id, *more])


def write(client, two, **changes):
    client.force_login(two.cast.xu.account)
    return client.post(url(two.mentor, "agreement_write"), SENT | changes)


def sign(client, player, link, number=1):
    client.force_login(player.account)
    return client.post(url(link, "agreement_sign"), {"number": number})


def test_the_form_begins_with_the_template_of_the_kind_and_the_school_year(client, two):
    client.force_login(two.cast.xu.account)
    initial = client.get(url(two.mentor, "agreement_write")).context["form"].initial

    assert "学习上优先辅导" in initial["measures"]
    assert initial["last"] == date(2027, 8, 31)


def test_both_sides_acknowledge_and_the_parent_may_for_the_child(client, two):
    write(client, two)
    sign(client, two.cast.xu, two.mentor)
    sign(client, two.parent, two.mentor)

    row = Agreement.objects.get()
    assert row.signed
    assert row.b_signed_by == two.parent.subject
    assert "双方都确认了" in client.get(url(two.mentor, "pair")).content.decode()


def test_a_second_tap_and_a_resend_change_nothing(client, two):
    write(client, two)
    write(client, two)
    sign(client, two.pupil, two.mentor)
    first = Agreement.objects.get().b_signed_at
    sign(client, two.pupil, two.mentor)
    sign(client, two.parent, two.mentor)

    row = Agreement.objects.get()
    assert (row.b_signed_at, row.b_signed_by) == (first, two.pupil.subject)


def test_a_new_version_has_to_be_acknowledged_anew_and_the_old_one_is_kept(client, two):
    write(client, two)
    sign(client, two.cast.xu, two.mentor)
    write(client, two, goals="新的目标", once="b" * 32)
    answer = sign(client, two.pupil, two.mentor, number=1)

    old, new = Agreement.objects.order_by("number")
    assert answer.status_code == 302
    assert (old.goals, new.goals) == (GOALS.replace("\n", "\r\n"), "新的目标") or old.goals == GOALS
    assert old.a_signed_at
    assert not new.a_signed_at
    assert not new.b_signed_at


@pytest.mark.parametrize("who", ["pupil", "parent"])
def test_the_other_side_cannot_write_it(client, two, who):
    client.force_login(getattr(two, who).account)

    assert client.post(url(two.mentor, "agreement_write"), SENT).status_code == 404
    assert not Agreement.objects.exists()


def test_an_organiser_reads_but_does_not_sign(client, two):
    write(client, two)
    assert sign(client, two.cast.chen, two.mentor).status_code == 404
    assert client.get(url(two.mentor)).status_code == 200


def test_a_term_that_ends_before_it_begins_is_refused_and_nothing_typed_is_lost(client, two):
    answer = write(client, two, last="2026-01-01")

    assert answer.status_code == 422
    assert "数学补到及格" in answer.content.decode()


@pytest.mark.parametrize(("format", "mark"), [("docx", b"PK"), ("pdf", b"%PDF")])
def test_word_and_pdf_carry_a_number_that_is_on_record(client, two, format, mark):
    write(client, two)
    answer = client.get(url(two.mentor, "agreement_file", format))

    assert answer.content.startswith(mark)
    number = AuditRow.objects.get(action="pairs.agreement_exported").data["export"]
    if format == "docx":
        with zipfile.ZipFile(io.BytesIO(answer.content)) as box:
            assert "数学补到及格MARKER" in box.read("word/document.xml").decode()
            assert number in box.read("word/header1.xml").decode()


def test_the_words_lie_sealed(client, two):
    write(client, two)
    raw = bytes(Agreement.objects.values_list("goals", flat=True).get())

    assert b"MARKER" not in raw


def test_organisers_see_whose_agreement_is_missing_within_their_reach(client, two):
    write(client, two)
    sign(client, two.cast.xu, two.mentor)
    client.force_login(two.cast.chen.account)
    text = client.get(reverse("mentoring:unsigned")).content.decode()
    assert "学生还没有确认" in text
    client.force_login(two.cast.wang.account)
    text = client.get(reverse("mentoring:unsigned")).content.decode()
    assert two.young.subject.name in text
    assert two.child.name not in text
    assert client.get(reverse("mentoring:unsigned"), {"kind": "homeroom_liaison"}).status_code == 200


def test_teachers_without_a_post_find_no_list_of_unsigned_agreements(client, two):
    client.force_login(two.cast.xu.account)

    assert client.get(reverse("mentoring:unsigned")).status_code == 404


def test_what_waits_for_ones_tap_stands_on_the_first_page(client, two):
    write(client, two)
    client.force_login(two.pupil.account)

    assert "请看成长导师结对协议" in client.get(reverse("desk:home")).content.decode()

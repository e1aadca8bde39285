import re
from datetime import timedelta

import pyotp
import pytest
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.access import second_factor as factor
from tongxin.kernel.access import services as access
from tongxin.kernel.access.models import RecoveryCode, SecondFactor
from tongxin.kernel.audit.models import AuditRow
from tongxin.testing.cast import NOW, TODAY
from tongxin.testing.sealed import Paper

SET, GIVE, OVERVIEW, RECOVERY = (
    f"setup:{name}"
    for name in ("second_factor_set", "second_factor_give", "second_factor", "second_factor_recovery")
)


@pytest.fixture
def clock(cast, monkeypatch):
    """A clock that can be set on: `clock(minutes=11)`."""
    now = [NOW]
    monkeypatch.setattr(timezone, "now", lambda: now[0])

    def on(**span):
        now[0] += timedelta(**span)

    return on


def code(account, off=0):
    """Return what the phone shows now."""
    secret = SecondFactor.objects.get(account=account).secret
    return pyotp.TOTP(secret).generate_otp(int(timezone.now().timestamp()) // 30 + off)


@pytest.fixture
def chen(client, cast, clock, keys):
    """陈老师, signed in, with a second factor set; returns her recovery codes too."""
    cast.sign_in(client, cast.chen)
    pending = factor.begin(cast.chen.account)
    codes = factor.confirm(
        cast.chen.account, pyotp.TOTP(pending).at(timezone.now()), school_id=cast.school.pk
    )
    clock(minutes=2)
    return cast.chen, codes


@pytest.fixture
def pages(settings, cast, papers):
    settings.ROOT_URLCONF = "tongxin.modules.setup.tests.guarded_pages"
    child = cast.students[1][0]
    Paper(school_id=cast.school.pk, subject_id=child.pk, day=TODAY, answers=[3, 1, 2]).save()


# ---------------------------------------------------------------- setting it


def test_a_counsellor_scans_gives_the_first_code_and_prints_recovery_codes(client, cast, clock):
    cast.sign_in(client, cast.chen)
    page = client.get(reverse(SET))
    shown = re.search(r'slip__code hash">([A-Z2-7 ]+)<', page.content.decode()).group(1).replace(" ", "")
    wrong = client.post(reverse(SET), {"second_factor_code": "000000"})
    assert "验证码不对" in wrong.content.decode()
    done = client.post(
        reverse(SET), {"second_factor_code": pyotp.TOTP(shown).at(timezone.now()), "next": "/people/"}
    )
    codes = re.findall(r'slip__code">([0-9A-Z]{5}-[0-9A-Z]{5})<', done.content.decode())
    assert len(codes) == 10
    assert 'href="/people/"' in done.content.decode()
    assert factor.is_set(cast.chen.account)
    assert "已经设好" in client.get(reverse(OVERVIEW)).content.decode()
    assert AuditRow.objects.filter(action="access.second_factor_set", account=cast.chen.account.pk).exists()


def test_the_secret_lies_sealed_and_the_codes_only_as_hashes(chen):
    player, codes = chen
    stored = SecondFactor.objects.filter(account=player.account).values().get()
    secret = SecondFactor.objects.get(account=player.account).secret
    assert secret.encode() not in bytes(stored["secret"])
    assert not RecoveryCode.objects.filter(code_hash__contains=codes[0][:5]).exists()


def test_a_secretary_sets_it_too_for_a_permission_opens_what_is_sealed(client, cast):
    cast.sign_in(client, cast.wang)
    assert [client.get(reverse(name)).status_code for name in (OVERVIEW, SET)] == [200, 200]


@pytest.mark.parametrize("who", ["liu", "sun", "guo", "zhao"])
def test_whoever_opens_nothing_sealed_finds_no_such_pages(client, cast, who):
    cast.sign_in(client, getattr(cast, who))
    for name in (OVERVIEW, SET, GIVE):
        assert client.get(reverse(name)).status_code == 404
    assert client.post(reverse(RECOVERY)).status_code == 404


# ---------------------------------------------------------------- giving it


def test_sealed_answers_are_shown_after_the_code_and_for_ten_minutes(client, chen, pages, clock):
    player, _ = chen
    asked = client.get("/papers/")
    assert asked.url == f"{reverse(GIVE)}?next=%2Fpapers%2F"
    assert (
        client.post(asked.url, {"second_factor_code": code(player.account), "next": "/papers/"}).url
        == "/papers/"
    )
    assert "答卷[[3, 1, 2]]" in client.get("/papers/").content.decode()
    clock(minutes=9, seconds=59)
    assert client.get("/papers/").status_code == 200
    clock(seconds=2)
    assert client.get("/papers/").url.startswith(reverse(GIVE))


def test_a_page_that_forgot_its_door_asks_all_the_same(client, chen, pages):
    player, _ = chen
    assert client.get("/papers/forgetful/").url.startswith(reverse(GIVE))
    sent = client.post("/papers/forgetful/", {"note": "谈话"})
    assert "请再验证一次" in sent.content.decode()
    assert "答卷" not in sent.content.decode()
    again = client.post("/papers/forgetful/", {"note": "谈话", "second_factor_code": code(player.account)})
    assert "答卷[[3, 1, 2]]谈话['note']" in again.content.decode()


def test_what_was_typed_for_longer_than_ten_minutes_is_kept(client, chen, pages, clock):
    player, _ = chen
    sent = client.post("/papers/", {"note": "写了很久的话"})
    assert 'name="note" value="写了很久的话"' in sent.content.decode()
    wrong = client.post("/papers/", {"note": "写了很久的话", "second_factor_code": "123"})
    assert "验证码不对" in wrong.content.decode()
    assert 'value="写了很久的话"' in wrong.content.decode()
    right = client.post("/papers/", {"note": "写了很久的话", "second_factor_code": code(player.account)})
    assert "写了很久的话['note']" in right.content.decode()


def test_who_has_not_set_one_is_led_there_first(client, cast, clock, pages):
    cast.sign_in(client, cast.chen)
    assert client.get(client.get("/papers/").url).url.startswith(reverse(SET))


def test_a_part_of_a_page_sends_the_whole_page_to_the_question(client, chen, pages):
    answer = client.get(
        "/papers/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/people/?q=1"}
    )
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == f"{reverse(GIVE)}?next=%2Fpeople%2F"


def test_nobody_is_sent_to_another_site_after_the_code(client, chen):
    player, _ = chen
    data = {"second_factor_code": code(player.account), "next": "//evil.example/x"}
    assert client.post(reverse(GIVE), data).url == "/"


def test_a_code_works_once(client, chen, clock):
    player, _ = chen
    used = code(player.account)
    assert factor.check(player.account, used, school_id=1) == "code"
    with pytest.raises(factor.CodeUsed):
        factor.check(player.account, used, school_id=1)
    # Nor does one that is older than the last, though the clock's window would allow it.
    with pytest.raises(factor.CodeUsed):
        factor.check(player.account, code(player.account, -1), school_id=1)
    assert factor.check(player.account, code(player.account, 1), school_id=1) == "code"
    answer = client.post(reverse(GIVE), {"second_factor_code": used})
    assert "刚用过" in answer.content.decode()


@pytest.mark.parametrize("text", ["", "12345", "1234567", "abcdef", "٣٤٥٦٧٨", "000000", "0" * 400])
def test_nonsense_is_refused_in_words(client, chen, text):
    answer = client.post(reverse(GIVE), {"second_factor_code": text})
    assert answer.status_code == 200
    assert "验证码不对" in answer.content.decode()


def test_guessing_is_stopped_for_the_account_on_whatever_device_and_time_frees_it(client, chen, clock):
    player, _ = chen
    for guess in range(5):
        with pytest.raises(factor.WrongCode):
            factor.check(player.account, f"{guess:06d}", school_id=1)
    answer = client.post(reverse(GIVE), {"second_factor_code": code(player.account)})
    assert "15分钟" in answer.content.decode()
    clock(minutes=16)
    assert factor.check(player.account, code(player.account), school_id=1) == "code"


def test_proof_of_one_account_is_no_proof_of_the_next_on_the_same_device(client, chen, cast, pages):
    player, _ = chen
    client.post(reverse(GIVE), {"second_factor_code": code(player.account)})
    assert client.get("/papers/").status_code == 200
    client.post(reverse("setup:sign_out"))
    cast.sign_in(client, cast.chen)
    assert client.get("/papers/").status_code == 302


def test_the_session_gets_a_new_id_with_the_code(client, chen):
    player, _ = chen
    before = client.session.session_key
    client.post(reverse(GIVE), {"second_factor_code": code(player.account)})
    assert client.session.session_key != before


# ---------------------------------------------------------------- without the phone


def test_a_recovery_code_works_once_and_is_on_record(client, chen, pages):
    player, codes = chen
    assert (
        client.post(reverse(GIVE), {"second_factor_code": codes[0].lower(), "next": "/papers/"}).url
        == "/papers/"
    )
    assert client.get("/papers/").status_code == 200
    assert AuditRow.objects.filter(action="access.recovery_code_used").exists()
    with pytest.raises(factor.WrongCode):
        factor.check(player.account, codes[0], school_id=1)
    assert factor.codes_left(player.account) == 9


def test_new_recovery_codes_need_the_code_and_end_the_old_ones(client, chen):
    player, codes = chen
    assert "请再验证一次" in client.post(reverse(RECOVERY)).content.decode()
    page = client.post(reverse(RECOVERY), {"second_factor_code": code(player.account)})
    assert "恢复码" in page.content.decode()
    with pytest.raises(factor.WrongCode):
        factor.check(player.account, codes[0], school_id=1)


def test_another_phone_needs_the_old_ones_proof(client, chen):
    player, _ = chen
    assert client.get(reverse(SET)).url.startswith(reverse(GIVE))
    old = SecondFactor.objects.get(account=player.account).secret
    client.post(reverse(GIVE), {"second_factor_code": code(player.account)})
    assert client.get(reverse(SET)).status_code == 200
    # Until the new one gave its first code the old one stays in force.
    assert SecondFactor.objects.get(account=player.account).secret == old


def test_a_lost_phone_is_replaced_by_a_slip_that_an_admin_prints(client, chen, cast):
    player, codes = chen
    cast.sign_in(client, cast.guo)
    page = client.get(reverse("setup:person", args=[player.subject.public_id]))
    assert "重设第二步验证" in page.content.decode()
    sheet = client.post(reverse("setup:factor_slip", args=[player.subject.public_id])).content.decode()
    slip = re.search(r'slip__code">([0-9A-Z-]{14})<', sheet).group(1)
    assert factor.is_set(player.account)
    cast.sign_in(client, player)
    assert client.post(reverse(GIVE), {"second_factor_code": slip}).url == reverse(SET)
    assert not factor.is_set(player.account)
    actions = set(AuditRow.objects.values_list("action", flat=True))
    assert {"access.factor_slip_issued", "access.second_factor_reset"} <= actions
    with pytest.raises(factor.NotSet):
        factor.check(player.account, codes[0], school_id=1)


def test_the_slip_sets_no_password_and_a_password_slip_resets_no_factor(chen, cast):
    player, _ = chen
    _, factor_slip = access.issue_factor_slip(player.person, by=cast.guo.viewer())
    with pytest.raises(access.SlipNotValid):
        access.slip_for(factor_slip)
    _, password_slip = access.issue_slip(player.person, by=cast.sun.viewer())
    with pytest.raises(factor.WrongCode):
        factor.check(player.account, password_slip, school_id=1)


def test_one_admin_alone_cannot_take_a_guarded_account_over(client, chen, cast):
    player, _ = chen
    person = player.person
    access.issue_factor_slip(person, by=cast.guo.viewer())
    with pytest.raises(access.SameIssuer):
        access.issue_slip(person, by=cast.guo.viewer())
    cast.sign_in(client, cast.guo)
    answer = client.post(reverse("setup:slip", args=[player.subject.public_id]), follow=True)
    assert "两个人分别打印" in answer.content.decode()
    access.issue_slip(person, by=cast.sun.viewer())
    with pytest.raises(access.SameIssuer):
        access.issue_factor_slip(person, by=cast.sun.viewer())


@pytest.mark.parametrize("who", ["liu", "chen", "xu", "zhao"])
def test_others_print_no_such_slip(client, chen, cast, who):
    cast.sign_in(client, getattr(cast, who))
    assert client.post(reverse("setup:factor_slip", args=[cast.chen.subject.public_id])).status_code == 404


def test_a_slip_for_somebody_without_a_factor_says_so(client, cast, clock):
    cast.sign_in(client, cast.guo)
    answer = client.post(reverse("setup:factor_slip", args=[cast.liu.subject.public_id]), follow=True)
    assert "还没有设" in answer.content.decode()


# ---------------------------------------------------------------- the demo


def test_the_demo_shows_a_code_that_works_again_and_again(client, chen, settings):
    player, _ = chen
    with pytest.raises(PermissionError):
        factor.demo_code(player.account)
    settings.DEMO = True
    page = client.get(reverse(GIVE)).content.decode()
    shown = re.search(r'slip__code">(\d{6})<', page).group(1)
    assert client.post(reverse(GIVE), {"second_factor_code": shown}).url == "/"
    again = re.search(r'slip__code">(\d{6})<', client.get(reverse(GIVE)).content.decode()).group(1)
    assert again != shown
    assert client.post(reverse(GIVE), {"second_factor_code": again}).url == "/"


def test_outside_the_demo_no_page_shows_a_code(client, chen):
    assert "演示" not in client.get(reverse(GIVE)).content.decode()

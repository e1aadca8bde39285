from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.access.models import Opening
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.people import services as people
from tongxin.testing.cast import NOW, player
from tongxin.testing.screening import prove

REASON = "家长来电说孩子一夜没睡，要弄清情况"


def test_a_secretary_asks_a_counsellor_approves_and_only_what_was_granted_can_be_read_until_it_ends(
    client, hall, monkeypatch
):
    cast, child = hall.cast, hall.child()
    hall.enter({"9": "2"})
    cast.sign_in(client, cast.wang)
    page = client.post(reverse("privacy:openings"), {"q": child.name})
    assert reverse("privacy:grant_ask", args=[child.public_id]) in page.content.decode()
    ask = reverse("privacy:grant_ask", args=[child.public_id])
    refused = client.post(ask, {"classes": ["K4a"], "reason": REASON, "hours": 24})
    assert refused.status_code == 422
    assert client.post(ask, {"classes": ["K4c"], "reason": "看", "hours": 24}).status_code == 422
    client.post(ask, {"classes": ["K4c"], "reason": REASON, "hours": 24})
    made = Opening.objects.get()
    read = reverse("privacy:opening_read", args=[made.public_id])
    assert client.get(read).status_code == 404
    act = reverse("privacy:opening_act", args=[made.public_id])
    client.post(act, {"do": "approve"})
    made.refresh_from_db()
    assert made.state == "waiting"

    cast.sign_in(client, cast.chen)
    assert "查看申请等批准" in client.get(reverse("desk:home")).content.decode()
    assert REASON in client.get(reverse("privacy:opening", args=[made.public_id])).content.decode()
    assert client.post(act, {"do": "nonsense"}).status_code == 404
    client.post(act, {"do": "approve", "words": "同意，只看提示"})

    cast.sign_in(client, cast.wang)
    asked = client.get(read)
    assert "请人看看的提示" not in asked.content.decode()
    prove(client, cast.wang)
    text = client.get(read).content.decode()
    assert "请人看看的提示" in text
    assert "测评的得分" not in text
    rows = AuditRow.objects.filter(account=cast.wang.account.pk, data__openings=[made.pk])
    assert set(rows.values_list("action", flat=True)) == {"access.granted_read", "sealed.read"}
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=24))
    cast.sign_in(client, cast.wang)
    prove(client, cast.wang)
    assert client.get(read).status_code == 404


def test_break_glass_is_reviewed_by_the_secretary_and_shown_to_the_security_admin_without_child_or_reason(
    client, hall, monkeypatch
):
    cast, child = hall.cast, hall.child()
    cast.sign_in(client, cast.chen)
    ask = reverse("privacy:grant_ask", args=[child.public_id]) + "?urgent"
    assert "现在打开" in client.get(ask).content.decode()
    client.post(ask, {"classes": ["K4d"], "reason": REASON, "hours": 4})
    made = Opening.objects.get()
    page, act = (reverse(f"privacy:{name}", args=[made.public_id]) for name in ("opening", "opening_act"))
    assert made.state == "open"

    security = hall.admins[0]
    cast.sign_in(client, security)
    text = client.get(reverse("privacy:openings")).content.decode() + client.get(page).content.decode()
    assert "一名学生" in text
    assert child.name not in text
    assert REASON not in text
    assert "等复核" not in text
    cast.sign_in(client, cast.guo)
    assert client.get(reverse("privacy:openings")).status_code == 404
    assert client.get(page).status_code == 404

    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(days=3, minutes=1))
    cast.sign_in(client, security)
    assert "1次已经过了期限" in client.get(reverse("desk:home")).content.decode()
    assert "等复核" in client.get(reverse("privacy:openings")).content.decode()
    cast.sign_in(client, cast.wang)
    assert "1次紧急打开要复核" in client.get(reverse("desk:home")).content.decode()
    client.post(act, {"do": "proper"})
    made.refresh_from_db()
    assert made.reviewed_at is None
    client.post(act, {"do": "proper", "words": "孩子当晚有危险，必要"})
    made.refresh_from_db()
    assert made.proper is True
    assert "紧急打开要复核" not in client.get(reverse("desk:home")).content.decode()


def test_the_security_admin_ends_an_opening_and_a_teacher_finds_none_of_it(client, hall):
    cast, child = hall.cast, hall.child()
    from tongxin.kernel.access import openings, policy

    made = openings.ask(
        cast.chen.viewer(proved=True), child, ["K4d"], REASON, hours=4, kind=policy.BREAK_GLASS
    )
    act = reverse("privacy:opening_act", args=[made.public_id])
    stranger = player(cast.school, "外岗", "waigang", administrator=people.school_subject(cast.school))
    cast.sign_in(client, stranger)
    assert client.post(act, {"do": "end"}).status_code == 404
    cast.sign_in(client, cast.liu)
    assert client.get(reverse("privacy:grant_ask", args=[child.public_id])).status_code == 404
    assert client.post(act, {"do": "end"}).status_code == 404
    cast.sign_in(client, hall.admins[0])
    client.post(act, {"do": "end"})
    made.refresh_from_db()
    assert made.state == "ended"

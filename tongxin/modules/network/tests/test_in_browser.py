"""What children, families and teachers do on a small phone: it fits, breaks no rule of access, and two taps are enough."""

import pytest
from django.urls import reverse

from tongxin.modules.network.models import MoodReport
from tongxin.testing.browser import enter, looker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
look = looker()


def test_a_peer_supporter_reports_the_week_with_two_taps(phone, live_server, net):
    enter(phone, live_server.url, net.peer.account)
    phone.goto(live_server.url + reverse("network:mood"))
    look(phone, "network-mood")
    phone.get_by_text("不错").click()
    phone.get_by_role("button", name="报给老师").click()
    phone.get_by_text("收到了，谢谢你。").wait_for()
    assert MoodReport.objects.get().mood == 4
    phone.goto(live_server.url + reverse("network:mood_worry"))
    look(phone, "network-worry")


@pytest.mark.parametrize(
    ("who", "name"),
    [
        ("pupil", "talk"),
        ("parent", "family_worry"),
        ("liu", "concern"),
        ("liu", "observe"),
        ("liu", "harm_new"),
    ],
)
def test_the_pages_of_a_call_for_help_fit_a_small_phone(phone, live_server, net, who, name):
    player = getattr(net, who, None) or getattr(net.cast, who)
    enter(phone, live_server.url, player.account)
    phone.goto(live_server.url + reverse(f"network:{name}"))
    look(phone, f"network-{name}")

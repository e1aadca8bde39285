"""The report's pages in a real browser: accessible, nothing refused, nothing wider than the screen."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from tongxin.insight.models import SubmittedReport
from tongxin.kernel.programmes.services import change
from tongxin.testing.browser import assert_sound

from .test_pages import RICH

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_the_pages_of_a_report_are_accessible_and_fit_the_screen(live_server, client, cast, request, width):
    change(cast.programme, RICH, "加指标", by=cast.wang.account, base=1)
    cast.visit(cast.students[1][0], date(2026, 10, 12))
    for day in (date(2026, 9, 15), date(2026, 11, 10)):
        parts = {"homeroom": [cast.room_one.subject], "lecturer": [cast.liu.subject]}
        cast.record("wellbeing_lesson", day, parts, title="认识情绪", hours=1.5)
    cast.sign_in(client, cast.wang)
    programme = cast.programme.public_id
    client.post(reverse("insight:submit", args=[programme, "outcome"]))
    submitted = SubmittedReport.objects.get()
    page = request.getfixturevalue(width)
    name, value = next((key, morsel.value) for key, morsel in client.cookies.items() if "session" in key)
    page.context.add_cookies([{"name": name, "value": value, "url": live_server.url}])

    for path in (
        reverse("insight:home"),
        reverse("insight:preview", args=[programme, "outcome"]),
        reverse("insight:figures", args=[programme]),
        reverse("insight:figure", args=[programme, "lessons"]),
        reverse("insight:folders", args=[programme]),
        reverse("insight:submitted", args=[submitted.public_id]),
    ):
        page.goto(live_server.url + path)
        assert_sound(page, path)

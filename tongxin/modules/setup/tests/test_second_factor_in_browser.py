"""A counsellor on a phone: scan, first code, recovery codes, and later the code again."""

import re

import pytest
from playwright.sync_api import expect

from tongxin.testing.browser import enter, looker

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
look = looker()


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_a_counsellor_sets_the_second_factor_and_gives_it_later(width, request, live_server, cast, settings):
    settings.DEMO = True  # its pages show what the invented person's phone would
    page = request.getfixturevalue(width)
    enter(page, live_server.url, cast.chen.account)
    page.goto(f"{live_server.url}/second-factor/")
    look(page, "factor-overview")
    page.click("text=现在设")
    expect(page.locator("#factor-code")).to_be_visible()
    look(page, "factor-set")
    secret = re.sub(r"\s", "", page.inner_text(".slip__code.hash"))
    shown = page.inner_text(".notice .slip__code")
    assert len(secret) == 32
    assert re.fullmatch(r"\d{6}", shown)
    page.fill("#factor-code", shown)
    page.click("button:has-text('设好')")
    expect(page.locator(".recovery li")).to_have_count(10)
    look(page, "factor-recovery")
    page.context.clear_cookies()
    enter(page, live_server.url, cast.chen.account)
    page.goto(f"{live_server.url}/second-factor/give/?next=/people/")
    look(page, "factor-give")
    page.fill("#factor-code", page.inner_text(".notice .slip__code"))
    page.click("button:has-text('继续')")
    page.wait_for_url("**/people/")

"""The counsellor's pages on a phone and an office screen: they fit, break no rule of access, and take a paper by keyboard."""

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import expect

from tongxin.modules.screening.models import Page, Paper
from tongxin.testing.browser import looker

from .proving import signed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
look = looker()


def enter(page, address, player):
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": signed_in(player).cookies[name].value, "url": address}])


@pytest.fixture(params=["phone", "desktop"])
def page(request, live_server, hall):
    page = request.getfixturevalue(request.param)
    enter(page, live_server.url, hall.cast.chen)
    return page


def test_results_a_child_and_the_figures_fit_and_are_told_to_everybody(page, live_server, hall):
    hall.enter({"1": "3", "2": "3", "3": "3", "9": "1"})
    paper = hall.enter(number=1)
    own = [hall.sitting.public_id]
    for name, args in (
        ("results", own), ("reliability", own), ("picture", own), ("report", own), ("compare", own), ("entry", own),
        ("import", own), ("child", [hall.child().public_id]), ("paper", [paper.public_id]),
        ("letter", [hall.child().public_id, hall.sitting.public_id]),
    ):  # fmt: skip
        address = reverse(f"screening:{name}", args=args)
        page.goto(live_server.url + address)
        assert page.url == live_server.url + address
        look(page, f"results-{name}")


def test_a_paper_is_typed_in_with_digits_alone(page, live_server, hall):
    address = reverse(
        "screening:entry_form", args=[hall.sitting.public_id, hall.child().public_id, "student"]
    )
    page.goto(live_server.url + address)
    look(page, "results-typing")
    page.locator("[data-code]").first.focus()
    page.keyboard.type("012301230")
    cells = page.locator("[data-code]")
    expect(cells).to_have_count(10)
    for cell, value in zip(cells.all(), [*"012301230", ""], strict=True):
        expect(cell).to_have_value(value)
    # 7 is no answer: it stays where it is and says so; the right one goes on.
    page.keyboard.type("7")
    last = page.locator("[data-code]").last
    expect(last).to_have_attribute("aria-invalid", "true")
    page.keyboard.type("2")
    expect(last).to_have_attribute("aria-invalid", "false")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url("**/enter/**")
    assert Paper.objects.get().source == "paper"
    assert Page.objects.count() == 1

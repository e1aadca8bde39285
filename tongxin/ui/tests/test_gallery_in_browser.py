"""The gallery in a real browser: no refused resource, no accessibility fault, and the scripts do what they promise."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from tongxin.testing.browser import assert_sound, faults
from tongxin.ui.tests import pages

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def site(live_server, settings):
    settings.ROOT_URLCONF = "tongxin.ui.tests.pages"
    pages.received.clear()
    return live_server.url


def see_everything(page):
    for place in range(0, page.evaluate("document.documentElement.scrollHeight"), 500):
        page.evaluate(f"scrollTo(0, {place})")
        page.wait_for_timeout(30)
    page.wait_for_selector("[data-chart][data-drawn] svg")


@pytest.mark.parametrize("width", ["phone", "desktop"])
def test_the_gallery_is_accessible_and_nothing_on_it_is_refused(site, request, width):
    page = request.getfixturevalue(width)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{site}/gallery/")
    see_everything(page)
    page.hover("[data-chart][data-drawn]")
    assert errors == []
    assert_sound(page)


def test_the_gallery_is_readable_in_the_dark(site, desktop):
    desktop.emulate_media(color_scheme="dark")
    desktop.goto(f"{site}/gallery/")
    see_everything(desktop)
    assert faults(desktop) == []


def test_the_page_is_light_and_asks_no_other_host(site, phone):
    sizes, hosts = {}, set()

    def note(response):
        hosts.add(response.url.split("/")[2])
        sizes[response.url.split("?")[0]] = len(response.body())

    phone.on("response", note)
    phone.goto(f"{site}/form/")
    phone.wait_for_load_state("networkidle")
    assert hosts == {site.split("/")[2]}
    assert sum(sizes.values()) <= 150_000, sizes


def test_fingers_find_targets_of_44_pixels(site, phone):
    phone.goto(f"{site}/gallery/")
    small = phone.evaluate(
        "[...document.querySelectorAll('.btn, .bottom a, .tabs a, .people__list label, .menu > summary, select')]"
        ".filter((e) => e.offsetParent && e.getBoundingClientRect().height < 43.5).map((e) => e.outerHTML.slice(0, 90))"
    )
    assert small == []


@pytest.mark.parametrize(
    ("typed", "found"), [("oyzh", "欧阳子涵"), ("zengke", "曾可"), ("单", "单文博"), ("lvsheng", "吕昇")]
)
def test_people_are_found_by_initials_pinyin_and_characters(site, phone, typed, found):
    phone.goto(f"{site}/gallery/")
    box = phone.locator("#visited")
    box.locator("[data-people-q]").fill(typed)
    expect(box.locator("[data-people-list] li:visible .people__name")).to_have_text([found])


def test_a_whole_class_is_chosen_at_once_and_one_is_dropped_again(site, phone):
    phone.goto(f"{site}/gallery/")
    box = phone.locator("#visited")
    box.locator("[data-people-group]").select_option("r2")
    box.locator("[data-people-all]").click()
    chosen = box.locator(".people__chosen button")
    expect(chosen).to_have_count(5)
    assert set(chosen.all_inner_texts()) == {"林晓雨", "单文博", "欧阳子涵", "仇一诺", "阿卜杜拉·买买提"}
    chosen.filter(has_text="仇一诺").click()
    expect(box.locator("input:checked")).to_have_count(4)


def test_enter_takes_the_first_person_found_and_sends_nothing(site, phone):
    phone.goto(f"{site}/gallery/")
    box = phone.locator("#visited")
    box.locator("[data-people-q]").fill("zz")
    box.locator("[data-people-q]").press("Enter")
    expect(box.locator(".people__chosen")).to_contain_text("赵喆")
    assert phone.url.endswith("/gallery/")


def photo(width, height):
    out = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(out, "JPEG", quality=95)
    return out.getvalue()


def test_a_photo_is_made_small_before_it_is_sent(site, phone):
    phone.goto(f"{site}/form/")
    phone.set_input_files(
        "#photo", {"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": photo(3200, 2400)}
    )
    phone.wait_for_selector(".photos__list img")
    phone.fill("#note", "两张照片")
    phone.click("#go")
    phone.wait_for_url("**/done/")
    [sent] = pages.received
    assert Image.open(io.BytesIO(sent["files"][0])).size == (1600, 1200)
    expect(phone.locator("#said")).to_have_text("两张照片")
    expect(phone.locator("#toasts")).to_contain_text("Saved")
    expect(phone.locator("#toasts form")).to_have_count(1)


def test_a_failed_send_keeps_what_was_typed_and_sends_again(site, phone):
    phone.goto(f"{site}/form/")
    phone.fill("#note", "走访三户")
    phone.context.set_offline(True)
    phone.click("#go")
    again = phone.locator(".sending button")
    again.wait_for()
    assert phone.input_value("#note") == "走访三户"
    phone.context.set_offline(False)
    again.click()
    phone.wait_for_url("**/done/")
    assert [one["note"] for one in pages.received] == ["走访三户"]


def test_a_draft_comes_back_after_leaving_and_goes_after_saving(site, phone):
    phone.goto(f"{site}/form/")
    phone.fill("#note", "写了一半")
    phone.goto(f"{site}/done/")
    phone.goto(f"{site}/form/")
    expect(phone.locator("#note")).to_have_value("写了一半")
    phone.click("#go")
    phone.wait_for_url("**/done/")
    phone.goto(f"{site}/form/")
    expect(phone.locator("#note")).to_have_value("")


def test_pressing_twice_sends_once(site, desktop):
    desktop.goto(f"{site}/form/")
    desktop.evaluate("document.querySelector('#twice').click(); document.querySelector('#twice').click();")
    desktop.wait_for_url("**/plain/")
    assert pages.received == [{"plain": True}]


def test_the_keyboard_reaches_the_content_first(site, desktop):
    desktop.goto(f"{site}/form/")
    desktop.keyboard.press("Tab")
    assert desktop.evaluate("document.activeElement.className") == "skip"


def test_without_scripts_every_chart_has_its_table(site, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/gallery/")
    assert page.locator("figure.chart table").count() >= 6
    context.close()

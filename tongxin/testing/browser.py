"""Chromium for the browser tests and for screenshots: one browser per run, pages in two widths, Chinese fonts.

The fonts come from the Python package that the documents use too, so no system fonts are needed.
Fixtures: `chromium` (session), `phone` (360 pixels wide), `desktop` (1280). Mark the tests with `browser`.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

PHONE: "ViewportSize" = {"width": 360, "height": 740}
DESKTOP: "ViewportSize" = {"width": 1280, "height": 860}
# Nothing of the browser itself may reach out, and the sandbox does not start for root.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
]
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SYSTEM_FONTS = ("/usr/share/fonts", "/usr/local/share/fonts")


class BrowserUnavailable(Exception):
    """No browser can be started here; the text says what is missing."""


def executable() -> str:
    """Return the path of Chromium. Raises BrowserUnavailable when there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise BrowserUnavailable("没有找到 Chromium 浏览器，网页测试需要它：apt-get install chromium")


def font_settings(folder: Path) -> Path:
    """Write a fontconfig file into folder that knows the packaged Chinese fonts; return its path."""
    package = find_spec("pylopdf_fonts_zh_cn")
    packaged = [str(Path(package.origin).parent)] if package and package.origin else []
    listed = "".join(f"<dir>{path}</dir>" for path in (*packaged, *SYSTEM_FONTS))
    preferred = "".join(f"<family>{name}</family>" for name in ("Noto Sans SC", "DejaVu Sans"))
    file = folder / "fonts.conf"
    file.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">'
        f"<fontconfig>{listed}<cachedir>{folder}/cache</cachedir>"
        f"<alias><family>sans-serif</family><prefer>{preferred}</prefer></alias>"
        "<alias><family>serif</family><prefer><family>Noto Serif SC</family></prefer></alias></fontconfig>",
        encoding="utf-8",
    )
    return file


@contextmanager
def launch() -> Iterator["Browser"]:
    """Start Chromium, give it, end it. Raises BrowserUnavailable when it cannot be started."""
    program = executable()
    try:
        from playwright.sync_api import expect, sync_playwright
    except ImportError as error:
        raise BrowserUnavailable("没有安装 playwright，网页测试需要它。") from error
    # As long as everything else waits: five seconds are too few where other programs want the processor.
    expect.set_options(timeout=30_000)
    with tempfile.TemporaryDirectory(prefix="tongxin-fonts-") as scratch, sync_playwright() as playwright:
        environment: dict[str, str | float | bool] = {
            **os.environ,
            "FONTCONFIG_FILE": str(font_settings(Path(scratch))),
        }
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS, env=environment)
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """The browser of this run; tests that need it are skipped by name where there is none."""
    try:
        executable()
    except BrowserUnavailable as error:
        pytest.skip(str(error))
    with launch() as browser:
        yield browser


def new_page(browser: "Browser", size: "ViewportSize", language: str = "zh-CN", **options: Any) -> "Page":
    """Return a page of its own context that fails the test on a refused resource: see `violations`."""
    context = browser.new_context(viewport=size, locale=language, **options)
    page = context.new_page()
    page.add_init_script(
        "window.violations = [];"
        "document.addEventListener('securitypolicyviolation',"
        " (e) => window.violations.push(`${e.violatedDirective} ${e.blockedURI}`));"
    )
    return page


def violations(page: "Page") -> list[str]:
    """Return what the content security policy refused on this page so far."""
    return page.evaluate("window.violations")


def assert_sound(page: "Page", name: str = "") -> None:
    """A page fits its width, breaks no rule of access, and asks nothing of other hosts."""
    # A click waits until the next page has begun to come, not until there is anything on it.
    page.wait_for_load_state()
    found = (
        page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"),
        faults(page),
        violations(page),
    )
    assert (name, *found) == (name, True, [], [])


def looker(room: str = "") -> "Callable[[Page, str], None]":
    """Return what looks at a page: it is sound, and a picture of it goes into the folder TONGXIN_SHOTS if there is one.

    The pictures are called by the room, the name and the width.
    """
    folder = os.environ.get("TONGXIN_SHOTS", "")

    def look(page: "Page", name: str) -> None:
        assert_sound(page, name)
        if folder:
            file = "-".join(filter(None, (room, name, str(page.evaluate("window.innerWidth")))))
            page.screenshot(path=Path(folder) / f"{file}.png", full_page=True)

    return look


def enter(page: "Page", address: str, account: Any) -> None:
    """Sign in by session; the sign-in page has its own tests."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(account)
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])


def faults(page: "Page") -> list[tuple[str, list[str]]]:
    """Return what axe finds against WCAG 2.2 A and AA: (rule, up to four pieces of the page)."""
    found = _found_by_axe(page)
    if any(rule == "target-size" for rule, _pieces in found):
        # What a bar at the edge of the screen half covers is free a little further on; what is too small stays so.
        page.evaluate("scrollBy(0, scrollY > 120 ? -120 : 120)")
        still = dict(_found_by_axe(page))
        found = [(rule, [one for one in pieces if one in still.get(rule, [])]) for rule, pieces in found]
    return [(rule, pieces) for rule, pieces in found if pieces]


def _found_by_axe(page: "Page") -> list[tuple[str, list[str]]]:
    from axe_playwright_python.sync_playwright import Axe

    # What it finds in order is not told piece by piece: naming every piece takes as long as looking.
    results = Axe().run(page, options={"runOnly": STANDARDS, "resultTypes": ["violations"]})
    return [
        (fault["id"], [node["html"][:160] for node in fault["nodes"]][:4])
        for fault in results.response["violations"]
    ]


@pytest.fixture
def phone(chromium: "Browser") -> Iterator["Page"]:
    """A page as wide as a small phone."""
    page = new_page(chromium, PHONE, has_touch=True)
    yield page
    page.context.close()


@pytest.fixture
def desktop(chromium: "Browser") -> Iterator["Page"]:
    """A page as wide as an office screen."""
    page = new_page(chromium, DESKTOP)
    yield page
    page.context.close()

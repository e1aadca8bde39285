"""What every test run shares: nothing is left out silently, and `--all` lets nothing be left out at all."""

import gc
import os

import pytest
from django.utils import translation
from hypothesis import HealthCheck, settings

pytest_plugins = ["tongxin.testing.browser", "tongxin.testing.database"]

EVERYTHING = os.environ.get("TONGXIN_TEST_ALL") == "1"
LONG = os.environ.get("TONGXIN_TEST_LONG") == "1"
ONLY_DATABASE = os.environ.get("TONGXIN_TEST_ONLY_DATABASE") == "1"
NEEDS_A_PROGRAM = ("browser", "postgres", "faketime")


# How fast an example comes says something about the machine and what else runs on it, nothing about the product.
settings.register_profile("shared-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared-machine")

# Looking for cycles every 700 objects takes a tenth of the whole time, most of it over modules that stay for the run.
gc.set_threshold(50_000, 20, 100)


def pytest_collection_finish(session: pytest.Session) -> None:
    """What is loaded now stays until the end: the collector need not look at it again."""
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test's language is its own: a page answered in English leaves its thread in English."""
    translation.deactivate()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long tests to `start.py test --long`, by name; for another database run only what asks one."""
    if ONLY_DATABASE:
        asking = [
            item for item in items if {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
        ]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(asking)])
        items[:] = asking
    if LONG:
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="要跑几分钟，只在 start.py test --long 时运行"))


def _asks_the_database(item: pytest.Item) -> bool:
    if item.get_closest_marker("django_db"):
        return True
    return bool({"db", "transactional_db"} & set(getattr(item, "fixturenames", ())))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Under --all a test that misses a program it needs has failed, not been skipped."""
    report = yield
    missing = report.skipped and not hasattr(report, "wasxfail") and call.excinfo is not None
    if EVERYTHING and missing and any(item.get_closest_marker(name) for name in NEEDS_A_PROGRAM):
        report.outcome = "failed"
        report.longrepr = f"缺少测试需要的程序：{call.excinfo.value}"
    return report

from datetime import date

import pytest

from tongxin.exchange.rosters import services
from tongxin.kernel.base.models import Account, School
from tongxin.kernel.people import services as people

from .workbooks import write_xlsx

TODAY = date(2026, 11, 22)
SINCE = date(2026, 9, 1)


@pytest.fixture
def school(db):
    made = School.objects.create(name="同心中学")
    people.set_attribute(people.school_subject(made), "stage", "junior")
    return made


@pytest.fixture
def office(db):
    return Account.objects.create_user("office")


@pytest.fixture(autouse=True)
def data_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "data"
    return settings.DATA_DIR


@pytest.fixture
def bring_in(school, office, tmp_path):
    """Return a function that uploads rows, confirms them and returns (run, preview)."""

    def bring(rows, kind="students", since=SINCE, answer_all=None, confirm=True, **choices):
        path = write_xlsx(tmp_path / "名单.xlsx", rows)
        run = services.start(school, kind, [path.read_bytes()], path.name, by=office)
        if choices:
            layout = services.layout(run)
            services.choose(run, services.Choices(**choices), layout.header.labels)
        if answer_all:
            services.answer(run, {}, answer_all)
        seen = services.preview(run, day=TODAY)
        if confirm:
            run = services.confirm(run, seen.fingerprint, day=TODAY, since=since, by=office)
        return run, seen

    return bring

"""A world that is put back is the world that was made; with anything in the way the services make it."""

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction

from tongxin.kernel.access.reading import opened_by_program
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School
from tongxin.modules.screening.models import Page
from tongxin.testing.again import _rows, again
from tongxin.testing.cast import adopted_cast, today  # noqa: F401
from tongxin.testing.database import written_tables
from tongxin.testing.screening import make_hall


class Undone:
    """A piece of work whose rows are taken back at its end, as those of a test are."""

    def __enter__(self):
        self.atomic = transaction.atomic()
        self.atomic.__enter__()

    def __exit__(self, *error):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)


@pytest.fixture
def made():
    """How often each world was made by the services."""
    return {"cast": 0, "papers": 0}


@pytest.fixture
def worlds(db, today, settings, tmp_path, made):  # noqa: F811
    """A function that puts cast, hall and two papers into the database, with a key store of the given name."""

    def cast():
        made["cast"] += 1
        return adopted_cast()

    def papers(hall):
        made["papers"] += 1
        hall.enter({"1": "3"}, 0)
        hall.enter({"9": "1"}, 1)

    def put(keys, between=lambda cast: None):
        settings.KEYS_DIR = tmp_path / keys
        settings.MASTER_KEY_FILE = settings.KEYS_DIR / "master.key"
        world = again(f"cast of {tmp_path}", cast)
        between(world)
        hall = again("hall", make_hall, world)
        again("papers", papers, hall)
        return hall

    return put


def answers() -> list:
    pages = opened_by_program(list(Page.objects.order_by("pk")), "scoring")
    return [page.answers["items"] for page in pages]


def test_a_world_put_back_is_row_for_row_the_one_that_was_made(worlds, made):
    with Undone():
        first = worlds("one")
        rows, said = _rows(), answers()
    assert written_tables() == []
    with Undone():
        worlds("put back and left at once")
    with Undone():
        second = worlds("two")
        assert (_rows(), answers(), made) == (rows, said, {"cast": 1, "papers": 1})
        assert second.cast.liu == first.cast.liu
        assert (second.sitting, second.guardians) == (first.sitting, first.guardians)
        assert second.sitting is not first.sitting
        second.enter({"1": "3"}, 2)
        assert audit.verify()[1] == []


def test_what_stands_in_the_way_has_the_world_made_anew(worlds, made):
    def another(cast):
        School.objects.create(name="还有一所")

    with Undone():
        worlds("one")
    with Undone():
        worlds("two", between=another)
        assert School.objects.filter(name="还有一所").exists()
    assert made == {"cast": 1, "papers": 2}
    with Undone():
        School.objects.create(name="早就有的")
        worlds("three")
    assert made["papers"] == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_time", ["the first time", "after a test that committed"])
def test_a_test_that_commits_leaves_nothing_but_the_permissions(today, _time):  # noqa: F811
    assert written_tables() == []
    assert Permission.objects.exists()
    adopted_cast()
    assert School.objects.count() == 3

"""An installation of its own for every test of this folder, each copied from one that was filled once."""

import shutil

import pytest

from .harness import told


@pytest.fixture(scope="session")
def new_installation(migrated_database, tmp_path_factory):
    """Make a data folder whose database is migrated and empty."""

    def make():
        data = tmp_path_factory.mktemp("installation")
        if migrated_database is not None:
            shutil.copyfile(migrated_database, data / "tongxin.sqlite3")
        return data

    return make


@pytest.fixture(scope="session")
def filled_once(new_installation):
    data = new_installation()
    return data, told(data, "prepare")


@pytest.fixture
def installation(filled_once, tmp_path):
    """A data folder with the cast, and what their browsers need to know."""
    data, made = filled_once
    shutil.copytree(data, tmp_path, dirs_exist_ok=True)
    return tmp_path, made

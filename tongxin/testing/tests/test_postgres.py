"""The throw-away PostgreSQL server."""

from pathlib import Path

import pytest

from tongxin.testing import postgres

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def server():
    reason = postgres.why_unavailable()
    if reason:
        pytest.skip(reason)
    return postgres.shared()


def test_the_server_answers_from_its_own_folder(server):
    with server.connect() as connection:
        (folder,) = connection.execute("SHOW data_directory").fetchone()
    assert Path(folder).resolve().is_relative_to(server.folder.resolve())


def test_the_server_listens_on_loopback_only(server):
    with server.connect() as connection:
        (addresses,) = connection.execute("SHOW listen_addresses").fetchone()
    assert addresses == "127.0.0.1"


def test_a_stopped_server_leaves_no_folder_behind():
    if reason := postgres.why_unavailable():
        pytest.skip(reason)
    server = postgres.start()
    server.stop()
    server.stop()
    assert not server.folder.exists()


def test_missing_programs_are_explained_in_words(monkeypatch, tmp_path):
    monkeypatch.setattr(postgres, "Path", lambda _text: tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "请先安装" in postgres.why_unavailable()

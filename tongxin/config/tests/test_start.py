"""start.py stands alone: these tests load it as a file, as any Python would."""

import ast
import importlib.util
import json
import os
import socket
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def start(monkeypatch):
    spec = importlib.util.spec_from_file_location("start_under_test", ROOT / "start.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def script(folder, name, text):
    """Make a program that stands in for a Python."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return str(file)


def test_it_reads_as_python_3_9_and_imports_only_the_standard_library():
    tree = ast.parse((ROOT / "start.py").read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= set(sys.stdlib_module_names)


@pytest.mark.skipif(os.name == "nt", reason="替身程序是 shell 脚本")
def test_a_dead_shim_an_old_python_and_one_that_lacks_parts_are_passed_over(start, tmp_path, monkeypatch):
    dead = script(tmp_path, "dead", "exit 127")
    old = script(tmp_path, "old", "echo 3.8.18; echo /old")
    bare = script(tmp_path, "bare", "echo 'No module named ensurepip' >&2; exit 1")
    absent = str(tmp_path / "absent")
    monkeypatch.setattr(start, "candidates", lambda: iter([dead, absent, old, bare, sys.executable]))
    assert Path(start.find_python()).exists()
    assert start.probe(dead)[0] is None
    assert "太旧" in start.probe(old)[1]
    assert "ensurepip" in start.probe(bare)[1]


@pytest.mark.skipif(os.name == "nt", reason="替身程序是 shell 脚本")
def test_without_any_python_it_says_what_was_tried_and_how_to_get_one(start, tmp_path, monkeypatch):
    old = script(tmp_path, "old", "echo 3.8.18; echo /old")
    monkeypatch.setattr(start, "candidates", lambda: iter([old]))
    monkeypatch.setattr(start, "offer_download", lambda: None)
    with pytest.raises(start.Stop, match=r"版本太旧：3\.8\.18") as refused:
        start.find_python()
    assert "python3-venv" in str(refused.value)


def test_a_python_that_a_version_manager_keeps_aside_is_looked_at(start, tmp_path, monkeypatch):
    kept = tmp_path / ".pyenv/versions/3.12.9/bin/python3"
    kept.parent.mkdir(parents=True)
    kept.touch()
    monkeypatch.setattr(start.Path, "home", lambda: tmp_path)
    assert str(kept) in list(start.candidates())


def test_a_taken_port_is_refused_when_asked_for_and_passed_over_otherwise(start, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(start.Stop, match="已经被别的程序占用"):
            start.choose_port(port)
        monkeypatch.setattr(start, "DEFAULT_PORT", port)
        assert start.choose_port(None) > port


@pytest.mark.parametrize(
    "arguments", [["demo", "--port", "many"], ["demo", "more"], ["--port"], ["setup", "--port=0"]]
)
def test_a_wrong_call_is_refused_before_anything_is_installed(start, monkeypatch, arguments):
    monkeypatch.setattr(start, "install", lambda want: pytest.fail("nothing may be installed"))
    with pytest.raises(start.Usage):
        start.main(arguments)


def test_the_demo_has_a_data_folder_of_its_own_and_says_so_to_its_children(start, monkeypatch):
    monkeypatch.delenv("TONGXIN_DATA", raising=False)
    monkeypatch.delenv("TONGXIN_ADDRESS", raising=False)
    environment, address = start.environment_for(None, None, demo=True)
    assert environment["TONGXIN_DATA"].endswith(os.path.join("data", "demo"))
    assert environment["TONGXIN_DEMO"] == "1"
    assert environment["TONGXIN_ADDRESS"] == address
    environment, _ = start.environment_for("elsewhere", None, demo=True)
    assert environment["TONGXIN_DATA"].endswith("elsewhere")


def test_what_is_installed_is_known_by_the_hash_of_the_lock(start, tmp_path, monkeypatch):
    monkeypatch.setattr(start, "STAMP", tmp_path / "stamp.json")
    monkeypatch.setattr(start, "VENV_PYTHON", Path(sys.executable))
    assert not start.installed("product")
    start.STAMP.write_text(json.dumps({"product": start.lock_hash("requirements.txt")}))
    assert start.installed("product")
    assert not start.installed("tests")


def test_what_the_whole_suite_needs_and_cannot_be_installed_is_named(start, monkeypatch):
    monkeypatch.setattr(start, "program_path", lambda name: None)
    monkeypatch.setattr(start.shutil, "which", lambda name: None)
    with pytest.raises(start.Stop, match="chromium、postgresql、gettext"):
        start.install_programs()


def test_every_test_file_is_run_by_exactly_one_part(start):
    files = [path for top in ("tongxin", "tests") for path in (ROOT / top).rglob("test_*.py")]
    for file in files:
        below = [str(parent.relative_to(ROOT)) for parent in file.parents if ROOT in parent.parents]
        runs = []
        for part in start.TEST_PARTS:
            named, *left_out = start.part_of_tests(part)
            if named in below and not {one.removeprefix("--ignore=") for one in left_out} & set(below):
                runs.append(part)
        assert len(runs) == 1, (file, runs)
    assert len(files) > 100

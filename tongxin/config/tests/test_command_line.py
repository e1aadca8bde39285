import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tongxin.config import command_line
from tongxin.config.refusal import Refused

ROOT = Path(__file__).resolve().parents[3]


def tongxin(*arguments, **environment):
    """Run the command line as a person does, with a data folder of its own."""
    return subprocess.run(
        [sys.executable, "-m", "tongxin.config.command_line", *arguments],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "", **environment}
        | {"DJANGO_SETTINGS_MODULE": "tongxin.config.settings"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["backup"], ["serve", "--port", "many"], ["verify-audit"]]
)
def test_a_wrong_call_ends_with_2_and_says_in_chinese_what_is_wrong(arguments, capsys):
    assert command_line.main(arguments) == 2
    assert "用法不对" in capsys.readouterr().err


def test_the_help_names_every_command(capsys):
    assert command_line.main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in ("serve", "worker", "backup", "restore", "verify-audit", "setup", "demo", "bench"):
        assert name in shown


def test_what_a_command_cannot_do_is_said_in_a_sentence_and_ends_with_1(capsys):
    def refuse(_):
        raise Refused("磁盘满了。")

    assert command_line.answer(module_that(refuse), command_line.argparse.Namespace()) == 1
    assert capsys.readouterr().err == "磁盘满了。\n"


def test_an_unforeseen_error_shows_neither_a_traceback_nor_the_row_it_quotes(capsys, monkeypatch):
    monkeypatch.delenv("TONGXIN_DEBUG", raising=False)

    def fail(_):
        raise ValueError("身份证号 11010119900307000X 重复")

    assert command_line.answer(module_that(fail), command_line.argparse.Namespace()) == 1
    shown = capsys.readouterr().err
    assert "ValueError" in shown
    assert "1101" not in shown
    assert "Traceback" not in shown


def test_a_missing_file_is_named(capsys):
    assert command_line.main(["verify-audit", "nowhere.zip"]) == 1
    assert "nowhere.zip" in capsys.readouterr().err


def test_nonsense_in_a_setting_is_refused_in_words(tmp_path):
    done = tongxin("setup", TONGXIN_DATA=str(tmp_path), TONGXIN_THREADS="many")
    assert done.returncode == 1
    assert "TONGXIN_THREADS 要写一个整数" in done.stderr
    done = tongxin("setup", TONGXIN_DATA=str(tmp_path), TONGXIN_DATABASE="mysql://root@localhost/x")
    assert done.returncode == 1
    assert "TONGXIN_DATABASE" in done.stderr


def test_setup_backup_restore_and_verify_audit_work_on_a_new_installation(tmp_path):
    data, copy, second = tmp_path / "data", tmp_path / "copy.zip", tmp_path / "second"
    assert tongxin("setup", "--data", str(data)).returncode == 0
    made = tongxin("backup", str(copy), "--data", str(data), "--json")
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["files"] == 1
    restored = tongxin("restore", str(copy), "--data", str(second))
    assert restored.returncode == 0, restored.stderr
    assert "数据库完整。" in restored.stdout
    again = tongxin("restore", str(copy), "--data", str(second))
    assert again.returncode == 1
    assert "已经有东西" in again.stderr
    assert tongxin("verify-audit", str(copy)).returncode == 0


def test_serving_others_without_encryption_is_refused(tmp_path, migrated_database):
    if migrated_database is not None:
        shutil.copyfile(migrated_database, tmp_path / "tongxin.sqlite3")
    assert tongxin("setup", "--data", str(tmp_path)).returncode == 0
    done = tongxin("serve", TONGXIN_DATA=str(tmp_path), TONGXIN_ADDRESS="0.0.0.0:8461")
    assert done.returncode == 1
    assert "没有加密" in done.stderr


def module_that(run):
    module = ModuleType("command")
    module.run = run
    return module

import json
from datetime import date

import pytest

from tongxin.config import recovery, safety
from tongxin.config.command_line import build_parser
from tongxin.config.commands import keys as command
from tongxin.config.refusal import Refused
from tongxin.kernel.base.sealing import rotation, store
from tongxin.testing.sealed import Paper


def run(*words):
    parser, _ = build_parser()
    return command.run(parser.parse_args(["keys", *words]))


@pytest.fixture
def sealed_row(papers, monkeypatch):
    monkeypatch.setattr(rotation, "columns", lambda: [Paper._meta.get_field("family")])
    row = Paper(school_id=1, subject_id=7, day=date(2026, 10, 8), family="父母分居")
    row.save()
    return row


def test_the_state_of_the_keys_is_said_in_a_sentence(sealed_row, capsys):
    assert run("status") == 0
    assert "在用 1 把" in capsys.readouterr().out
    run("status", "--json")
    assert json.loads(capsys.readouterr().out)["current"] == 1


def test_keys_are_backed_up_apart_and_brought_back(sealed_row, tmp_path, capsys):
    copy = tmp_path / "keys.backup"
    assert run("backup", str(copy)) == 0
    assert "分开放" in capsys.readouterr().out
    run("backup", str(copy))  # always the newest one only
    store.file().unlink()
    assert "没有数据库内容的密钥" in safety.lost_key_refusals()[0]
    with pytest.raises(Refused, match="keys restore"):
        run("status")
    with pytest.raises(Refused, match="keys restore"):
        recovery.check_keys()
    assert run("restore", str(copy)) == 0
    assert safety.lost_key_refusals() == []
    assert "都有密钥" in recovery.check_keys()
    assert Paper.objects.get(pk=sealed_row.pk).family == "父母分居"


def test_a_command_without_its_file_says_so(keys):
    with pytest.raises(Refused, match="要写一个文件"):
        run("backup")


def test_new_keys_can_be_had_at_once(sealed_row, capsys):
    before = Paper.objects.filter(pk=sealed_row.pk).values().get()["family"]
    run("rotate", "--now")
    assert "换下了 1 把" in capsys.readouterr().out
    assert Paper.objects.filter(pk=sealed_row.pk).values().get()["family"] != before
    assert Paper.objects.get(pk=sealed_row.pk).family == "父母分居"


def test_a_new_master_key_opens_everything(sealed_row, keys, capsys):
    before = (keys / "master.key").read_text()
    run("change-master")
    assert (keys / "master.key").read_text() != before
    assert Paper.objects.get(pk=sealed_row.pk).family == "父母分居"


def test_a_start_without_the_right_master_key_or_cipher_is_refused(sealed_row, keys, settings):
    settings.CIPHER = "rot13"
    assert "aes 或 sm4" in safety.key_refusals()[0]
    settings.CIPHER = "aes"
    (keys / "master.key").write_text("11" * 32)
    assert "对不上" in safety.key_refusals()[0]
    assert "对不上" in " ".join(safety.storage_refusals())
    with pytest.raises(Refused, match="对不上"):
        run("backup", str(keys / "copy"))

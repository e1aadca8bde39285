import json
import shutil
import sqlite3
import zipfile
from types import SimpleNamespace

import pytest

from tongxin.config import archive
from tongxin.config.commands import verify_audit
from tongxin.config.refusal import Refused
from tongxin.kernel.audit import chain


def audit_row(previous, school, seq, action="sign_in"):
    row = {"school": school, "seq": seq, "at": 1_700_000_000_000_000 + seq, "account": 7, "action": action}
    row |= {"object_type": "entry", "object_id": str(seq), "data": {"kind": "家访"}}
    return row | {"hash": chain.row_hash(previous, row)}


@pytest.fixture
def installation(tmp_path):
    """A database with audit rows of two schools, in use with its log, and one evidence file."""
    data = tmp_path / "data"
    evidence = data / "evidence" / "s1" / "ab"
    evidence.mkdir(parents=True)
    (evidence / "photo.jpg").write_bytes(b"photo" * 1000)
    database = sqlite3.connect(data / "tongxin.sqlite3")
    database.execute("PRAGMA journal_mode=WAL")
    database.execute(f"CREATE TABLE audit_row ({', '.join(archive.COLUMNS)})")
    database.execute("CREATE TABLE audit_head (school, seq, hash)")
    for school, count in ((1, 5), (2, 3)):
        previous = chain.GENESIS
        for seq in range(1, count + 1):
            row = audit_row(previous, school, seq)
            values = [json.dumps(row[c]) if c == "data" else row[c] for c in archive.COLUMNS]
            database.execute(f"INSERT INTO audit_row VALUES ({','.join('?' * len(values))})", values)
            previous = row["hash"]
        database.execute("INSERT INTO audit_head VALUES (?, ?, ?)", (school, count, previous))
    database.commit()
    settings = SimpleNamespace(
        DATA_DIR=data,
        EVIDENCE_DIR=data / "evidence",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": data / "tongxin.sqlite3"}},
    )
    yield SimpleNamespace(settings=settings, database=database, folder=tmp_path)
    database.close()


def test_a_backup_made_in_use_holds_database_evidence_and_the_ends_of_the_audit_chains(installation):
    target = installation.folder / "copy.zip"
    manifest = archive.make(target, installation.settings)
    assert set(manifest.files) == {"database.sqlite3", "evidence/s1/ab/photo.jpg"}
    assert [(school, seq) for school, seq, _ in manifest.anchors] == [(1, 5), (2, 3)]
    out = installation.folder / "out"
    with zipfile.ZipFile(target) as opened:
        archive.extract(opened, archive.read_manifest(opened), out)
    assert (out / "evidence/s1/ab/photo.jpg").read_bytes() == b"photo" * 1000
    assert len(list(archive.audit_rows(out / "database.sqlite3"))) == 8


def test_a_backup_does_not_overwrite_anything(installation):
    target = installation.folder / "copy.zip"
    target.write_text("mine")
    with pytest.raises(Refused, match="已经存在"):
        archive.make(target, installation.settings)
    assert target.read_text() == "mine"


def test_a_backup_with_a_changed_byte_is_refused(installation):
    target, forged = installation.folder / "copy.zip", installation.folder / "forged.zip"
    archive.make(target, installation.settings)
    with zipfile.ZipFile(target) as old, zipfile.ZipFile(forged, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b"photo", b"phony") if "photo" in name else content)
    with zipfile.ZipFile(forged) as opened, pytest.raises(Refused, match="和清单对不上"):
        archive.extract(opened, archive.read_manifest(opened), installation.folder / "out")


def test_a_backup_that_lacks_a_file_is_refused(installation):
    target, forged = installation.folder / "copy.zip", installation.folder / "forged.zip"
    archive.make(target, installation.settings)
    with zipfile.ZipFile(target) as old, zipfile.ZipFile(forged, "w") as new:
        for name in old.namelist():
            if "photo" not in name:
                new.writestr(name, old.read(name))
    with zipfile.ZipFile(forged) as opened, pytest.raises(Refused, match="缺失或损坏"):
        archive.extract(opened, archive.read_manifest(opened), installation.folder / "out")


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/../../b", "c:\\x", ""])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path, name):
    with pytest.raises(Refused, match="文件名不正常"):
        archive.safe_target(tmp_path, name)


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 broken"])
def test_what_is_no_backup_is_refused_in_words(tmp_path, content, capsys):
    file = tmp_path / "some.zip"
    file.write_bytes(content)
    with pytest.raises(Refused):
        list(archive.audit_rows(file))


def test_a_zip_that_is_no_backup_is_refused(tmp_path):
    file = tmp_path / "some.zip"
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("readme.txt", "hello")
    with zipfile.ZipFile(file) as opened, pytest.raises(Refused, match="不是同心的备份"):
        archive.read_manifest(opened)


TAMPERINGS = {
    "a changed row": ("UPDATE audit_row SET action='other' WHERE school=1 AND seq=3", (1, 3)),
    "a changed account": ("UPDATE audit_row SET account=8 WHERE school=1 AND seq=2", (1, 2)),
    "a removed row": ("DELETE FROM audit_row WHERE school=1 AND seq=2", (1, 3)),
    "two rows exchanged": (
        "UPDATE audit_row SET seq=CASE seq WHEN 2 THEN 3 ELSE 2 END WHERE school=1 AND seq IN (2,3)",
        (1, 2),
    ),
    "a cut end": ("DELETE FROM audit_row WHERE school=2 AND seq=3", (2, 3)),
    "a whole chain removed": ("DELETE FROM audit_row WHERE school=2", (2, 3)),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_the_offline_check_names_the_first_bad_row(installation, what, capsys):
    statement, (school, seq) = TAMPERINGS[what]
    anchors = installation.folder / "anchors.txt"
    manifest = archive.make(installation.folder / "copy.zip", installation.settings)
    anchors.write_text("# 六月底\n" + "\n".join(f"{s} {n} {h}" for s, n, h in manifest.anchors))
    assert check(installation.folder / "copy.zip", anchors) == 0
    installation.database.execute(statement)
    installation.database.commit()
    capsys.readouterr()
    assert check(installation.folder / "data/tongxin.sqlite3", anchors) == 1
    assert f"学校 {school}：第 {seq} 条起不可信" in capsys.readouterr().out


def test_a_chain_rewritten_from_the_start_is_caught_by_the_anchors_alone(installation):
    manifest = archive.make(installation.folder / "copy.zip", installation.settings)
    anchors = installation.folder / "anchors.txt"
    anchors.write_text("\n".join(f"{s} {n} {h}" for s, n, h in manifest.anchors))
    previous = chain.GENESIS
    for seq in range(1, 6):
        row = audit_row(previous, 1, seq, action="forged")
        installation.database.execute(
            "UPDATE audit_row SET action='forged', hash=? WHERE school=1 AND seq=?", (row["hash"], seq)
        )
        previous = row["hash"]
    installation.database.execute("UPDATE audit_head SET hash=? WHERE school=1", (previous,))
    installation.database.commit()
    database = installation.folder / "data/tongxin.sqlite3"
    assert check(database, None) == 0
    assert check(database, anchors) == 1


def test_unreadable_anchors_are_refused_with_their_line(tmp_path):
    file = tmp_path / "anchors.txt"
    file.write_text("1 2\n")
    with pytest.raises(Refused, match="第 1 行"):
        verify_audit.read_anchors(file)


def test_values_of_a_postgres_copy_line_are_read_back():
    texts = dict.fromkeys(archive.COLUMNS, "x") | {"school": "1", "seq": "2", "at": "3", "account": "\\N"}
    texts["data"] = '{"note": "a\\\\\\\\b\\\\n"}'
    row = archive._row_of_copy(texts)
    assert (row["account"], json.loads(row["data"])) == (None, {"note": "a\\b\n"})


def check(file, anchors):
    given = [str(anchors)] if anchors else []
    arguments = SimpleNamespace(file=str(file), anchors=given, add_anchors=None, json=False)
    return verify_audit.run(arguments)


def test_evidence_that_is_erased_during_the_backup_is_left_out(installation, monkeypatch):
    photo = installation.settings.EVIDENCE_DIR / "s1/ab/photo.jpg"
    listed = [photo]
    monkeypatch.setattr(archive, "evidence_files", lambda _: listed)
    shutil.rmtree(installation.settings.EVIDENCE_DIR)
    manifest = archive.make(installation.folder / "copy.zip", installation.settings)
    assert set(manifest.files) == {"database.sqlite3"}

"""A backup archive: one zip file with the database, the evidence files and a manifest with every file's hash.

The database is copied by its own means, never as a file under a running server. It goes first: evidence is on
disk before its row commits, so every row of the copy finds its file in the copy.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any

from tongxin.config.refusal import Refused

FORMAT = 1
MANIFEST = "manifest.json"
SQLITE_MEMBER = "database.sqlite3"
POSTGRES_MEMBER = "database.dump"
EVIDENCE = "evidence"
CHUNK = 1 << 20


@dataclass
class Manifest:
    """What an archive says about itself. files: {member name: {"size": bytes, "sha256": hex}}.

    anchors: the newest audit row of each school when the copy was made, as [school, seq, hash].
    """

    made_at: str
    engine: str
    engine_version: str
    format: int = FORMAT
    anchors: list[tuple[int, int, str]] = field(default_factory=list)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)


# ---------------------------------------------------------------- making


def make(target: Path, settings: Any) -> Manifest:
    """Write a backup of the running installation to `target`, which must not exist yet."""
    if target.exists():
        raise Refused(f"{target} 已经存在，备份不覆盖别的文件，请换一个名字。")
    partial = target.with_name(target.name + ".partial")
    database = settings.DATABASES["default"]
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            copy, manifest = snapshot(database, Path(folder))
            with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                _add(archive, copy.name, copy, manifest)
                for file in evidence_files(settings.EVIDENCE_DIR):
                    name = PurePosixPath(EVIDENCE, *file.relative_to(settings.EVIDENCE_DIR).parts)
                    _add(archive, str(name), file, manifest, missing_ok=True)
                archive.writestr(MANIFEST, json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
        _sync(partial)
        partial.rename(target)
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def snapshot(database: Mapping[str, Any], folder: Path) -> tuple[Path, Manifest]:
    """Copy the database into `folder` by its own means; return the copy and a manifest without files."""
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    if database["ENGINE"].endswith("sqlite3"):
        copy = folder / SQLITE_MEMBER
        snapshot_sqlite(Path(database["NAME"]), copy)
        manifest = Manifest(made_at, "sqlite", sqlite3.sqlite_version)
    else:
        copy = folder / POSTGRES_MEMBER
        postgres_program(
            "pg_dump", database, "--format=custom", "--no-owner", "--no-privileges", f"--file={copy}"
        )
        manifest = Manifest(made_at, "postgresql", "")
    newest: dict[int, tuple[int, str]] = {}
    for row in audit_rows(copy):
        newest[row["school"]] = (row["seq"], row["hash"])
    manifest.anchors = [(school, seq, digest) for school, (seq, digest) in sorted(newest.items())]
    return copy, manifest


def snapshot_sqlite(source: Path, target: Path) -> None:
    """Copy a SQLite database in one step, so that writers in between cannot make it start again."""
    if not source.exists():
        raise Refused(f"找不到数据库 {source}。")
    reading, writing = sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True), sqlite3.connect(target)
    try:
        reading.backup(writing, pages=-1)
        writing.execute("PRAGMA journal_mode=DELETE")  # one file, no companions
    finally:
        writing.close()
        reading.close()


def postgres_program(program: str, database: Mapping[str, Any], *arguments: str) -> None:
    """Run one of PostgreSQL's own programs against the database of the settings."""
    given = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    environment = os.environ | {name: str(database[key]) for name, key in given.items() if database.get(key)}
    try:
        done = subprocess.run(
            [postgres_tool(program), *arguments, f"--dbname={database['NAME']}"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise Refused(f"找不到程序 {program}，请安装 PostgreSQL 的客户端。") from error
    if done.returncode:
        raise Refused(f"{program} 没有完成，数据库没有复制。请检查数据库能否连上、版本是否一致。")


def postgres_tool(program: str) -> str:
    """Return where a program of PostgreSQL is; Debian keeps some outside the search path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return shutil.which(program) or (str(found[-1]) if found else program)


def evidence_files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield Path(parent) / name


def _add(
    archive: zipfile.ZipFile, name: str, file: Path, manifest: Manifest, missing_ok: bool = False
) -> None:
    """Stream one file into the archive and note its size and hash; `missing_ok`: it may have been erased since."""
    digest, size = hashlib.sha256(), 0
    try:
        source = file.open("rb")
    except FileNotFoundError:
        if missing_ok:
            return
        raise
    with source, archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as out:
        while block := source.read(CHUNK):
            digest.update(block)
            size += len(block)
            out.write(block)
    manifest.files[name] = {"size": size, "sha256": digest.hexdigest()}


def _sync(file: Path) -> None:
    """Wait until a file is on the disk."""
    with file.open("rb+") as handle:
        os.fsync(handle.fileno())


# ---------------------------------------------------------------- reading


def is_archive(file: Path) -> bool:
    return zipfile.is_zipfile(file)


def read_manifest(archive: zipfile.ZipFile) -> Manifest:
    """Return what the archive says about itself; refuse what is not a backup of ours."""
    try:
        found = json.loads(archive.read(MANIFEST))
        manifest = Manifest(**found)
    except (KeyError, ValueError, TypeError) as error:
        raise Refused("这个文件不是同心的备份，或者已经损坏。") from error
    if manifest.format > FORMAT:
        raise Refused("这个备份是更新的版本做的，请先更新程序再恢复。")
    return manifest


def extract(archive: zipfile.ZipFile, manifest: Manifest, folder: Path, only: str | None = None) -> None:
    """Unpack the files that the manifest names into `folder`, checking sizes and hashes on the way."""
    for name, expected in manifest.files.items():
        if only is not None and name != only:
            continue
        target = safe_target(folder, name)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            with archive.open(name) as source, target.open("xb") as out:
                size, digest = _copy(source, out, expected["size"])
        except (KeyError, zipfile.BadZipFile) as error:
            raise Refused(f"备份不完整：{name} 缺失或损坏。") from error
        if (size, digest) != (expected["size"], expected["sha256"]):
            raise Refused(f"备份被改动或损坏：{name} 和清单对不上。")


def safe_target(folder: Path, name: str) -> Path:
    """Return where a member may be written; a name that leads out of the folder is refused."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
        raise Refused(f"备份里的文件名不正常：{name}。")
    return folder.joinpath(*parts)


def _copy(source: IO[bytes], out: IO[bytes], most: int) -> tuple[int, str]:
    """Copy a stream and return its size and hash; stops soon after `most` bytes, so a bomb cannot fill the disk."""
    digest, size = hashlib.sha256(), 0
    while (block := source.read(CHUNK)) and size <= most:
        size += len(block)
        digest.update(block)
        out.write(block)
    out.flush()
    os.fsync(out.fileno())
    return size, digest.hexdigest()


# ---------------------------------------------------------------- audit rows of a file


def audit_rows(database: Path) -> Iterator[dict[str, Any]]:
    """Yield the audit rows of a database file or a pg_dump file as the verifier wants them, in chain order."""
    if _starts_as_dump(database):
        yield from sorted(_rows_of_dump(database), key=lambda row: (row["school"], row["seq"]))
    else:
        yield from _rows_of_sqlite(database)


def audit_heads(database: Path) -> dict[int, tuple[int, str]]:
    """Return where the database itself notes the end of each chain: {school: (number, hash)}."""
    if _starts_as_dump(database):
        return {
            int(row["school"]): (int(row["seq"]), row["hash"])
            for row in _lines_of_dump(database, "audit_head")
            if int(row["seq"])
        }
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
    try:
        found = connection.execute("SELECT school, seq, hash FROM audit_head WHERE seq > 0").fetchall()
    except sqlite3.DatabaseError as error:
        raise Refused("这个文件不是同心的数据库，或者已经损坏。") from error
    finally:
        connection.close()
    return {school: (seq, digest) for school, seq, digest in found}


def _starts_as_dump(database: Path) -> bool:
    with database.open("rb") as handle:
        return handle.read(5) == b"PGDMP"


COLUMNS = ("school", "seq", "at", "account", "action", "object_type", "object_id", "data", "hash")


def _rows_of_sqlite(database: Path) -> Iterator[dict[str, Any]]:
    connection = sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)
    try:
        query = f"SELECT {', '.join(COLUMNS)} FROM audit_row ORDER BY school, seq"
        for values in connection.execute(query):
            yield dict(zip(COLUMNS, values, strict=True))
    except sqlite3.DatabaseError as error:
        raise Refused("这个文件不是同心的数据库，或者已经损坏。") from error
    finally:
        connection.close()


def _rows_of_dump(dump: Path) -> Iterator[dict[str, Any]]:
    """Read audit_row out of a pg_dump file."""
    return map(_row_of_copy, _lines_of_dump(dump, "audit_row"))


def _lines_of_dump(dump: Path, table: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a table of a pg_dump file as the texts of COPY; needs pg_restore, but no server."""
    command = [postgres_tool("pg_restore"), "--data-only", f"--table={table}", "--file=-", str(dump)]
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise Refused("找不到程序 pg_restore，请安装 PostgreSQL 的客户端。") from error
    assert process.stdout is not None
    names: list[str] | None = None
    with process:
        for raw in process.stdout:
            line = raw.decode("utf-8").rstrip("\n")
            if names is None:
                if line.startswith("COPY "):
                    names = [n.strip().strip('"') for n in line.split("(")[1].split(")")[0].split(",")]
            elif line == "\\.":
                names = None
            else:
                yield dict(zip(names, line.split("\t"), strict=True))
    if process.returncode:
        raise Refused("这个备份里的数据库读不出来，可能已经损坏。")


def _row_of_copy(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return one row from the values of a COPY line."""
    escapes = {"t": "\t", "n": "\n", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}

    def plain(text: str) -> str:
        parts, rest = [], text
        while "\\" in rest:
            before, _, after = rest.partition("\\")
            parts += [before, escapes.get(after[:1], after[:1])]
            rest = after[1:]
        return "".join([*parts, rest])

    row: dict[str, Any] = {name: plain(texts[name]) for name in COLUMNS}
    for name in ("school", "seq", "at"):
        row[name] = int(row[name])
    row["account"] = None if texts["account"] == "\\N" else int(row["account"])
    return row

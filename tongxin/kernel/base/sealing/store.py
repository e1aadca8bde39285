"""The key store: wrapped data keys in a small SQLite file apart from the data, backed up apart from it.

Destroying a key here makes everything sealed under it unreadable, in the database and in every backup of it.
One file also beside PostgreSQL; whoever runs several web machines keeps the folder where all of them reach it.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from .master import KeysRefused, fingerprint, master_file, master_key, sync_folder, write_new

NAME = "keys.sqlite3"
# A destroyed key is forgotten by every process at once (the file has changed), and after this in any case.
REMEMBER_SECONDS = 60.0
_TABLES = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS key (
    id INTEGER PRIMARY KEY, school INTEGER NOT NULL, data_class TEXT NOT NULL, year INTEGER NOT NULL,
    subject INTEGER NOT NULL, wrapped BLOB, made_at INTEGER NOT NULL, retired_at INTEGER, destroyed_at INTEGER
);
CREATE UNIQUE INDEX IF NOT EXISTS key_current ON key (school, data_class, year, subject) WHERE retired_at IS NULL;
"""


class KeyDestroyed(KeysRefused):
    """The key of this content was destroyed: it is erased."""


@dataclass(frozen=True)
class Scope:
    """What one key is for. school 0: the installation; year 0: no year; subject 0: not one child's own key."""

    school: int
    data_class: str
    year: int = 0
    subject: int = 0

    def as_bytes(self, key_id: int) -> bytes:
        return f"tongxin key|{key_id}|{self.school}|{self.data_class}|{self.year}|{self.subject}".encode()


@dataclass(frozen=True)
class Key:
    """A data key ready for use: 32 bytes."""

    id: int
    material: bytes
    aes: AESGCM


@dataclass(frozen=True)
class KeyRow:
    """A key as it is listed, without its bytes. Times in seconds since 1970, None: not (yet)."""

    id: int
    scope: Scope
    made_at: int
    retired_at: int | None
    destroyed_at: int | None


class _Memory:
    """Unwrapped keys of this process, thrown away as soon as the store's file changes."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.mark: tuple = ()
        self.until = 0.0
        self.by_id: dict[int, Key] = {}
        self.by_scope: dict[Scope, Key] = {}

    def fresh(self) -> None:
        mark = _mark()
        if mark != self.mark or time.monotonic() > self.until:
            self.by_id, self.by_scope = {}, {}
            self.mark, self.until = mark, time.monotonic() + REMEMBER_SECONDS


_memory = _Memory()


def file() -> Path:
    return Path(settings.KEYS_DIR) / NAME


def _mark() -> tuple:
    """Return what changes whenever the store does. Asked for every value: a Path would cost more than the sealing."""
    name = f"{settings.KEYS_DIR}{os.sep}{NAME}"
    try:
        seen = os.stat(name)
    except FileNotFoundError:
        return (name,)
    return (name, seen.st_ino, seen.st_mtime_ns, seen.st_size, settings.MASTER_KEY)


@contextmanager
def _opened(*, writing: bool) -> Iterator[sqlite3.Connection]:
    """Open the store for one piece of work; a new one is made with its tables and the master key's mark."""
    path = file()
    new = not path.exists()
    if new:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        sync_folder(path.parent)
    connection = sqlite3.connect(path, timeout=20, isolation_level=None)
    try:
        # No write-ahead log: it would keep the bytes of destroyed keys until somebody overwrites it.
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA synchronous=EXTRA")
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("BEGIN IMMEDIATE" if writing or new else "BEGIN")
        if new or not connection.execute("SELECT 1 FROM sqlite_master WHERE name='meta'").fetchone():
            if not writing and not new:
                connection.execute("ROLLBACK")
                connection.execute("BEGIN IMMEDIATE")
            for statement in filter(str.strip, _TABLES.split(";")):
                connection.execute(statement)
        before = connection.total_changes
        yield connection
        connection.execute("COMMIT")
        if connection.total_changes != before:
            # The clock behind a file's time is coarse; an exact one lets every process see that the keys changed.
            os.utime(path, ns=(time.time_ns(),) * 2)
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        connection.close()


def _master(connection: sqlite3.Connection, *, writing: bool = False) -> bytes:
    """Return the master key this store was wrapped under; refuse another one."""
    noted = connection.execute("SELECT value FROM meta WHERE name='master'").fetchone()
    if noted is None:
        key = master_key()
        if writing:
            connection.execute("INSERT INTO meta VALUES ('master', ?)", (fingerprint(key),))
        return key
    _finish_change(noted[0])
    key = master_key(make=False)
    if fingerprint(key) != noted[0]:
        raise KeysRefused(
            "主密钥和密钥库对不上：换过主密钥，或者拿错了文件。请换回原来的那一份；要更换主密钥，请用 tongxin keys change-master。"
        )
    return key


def key_for(scope: Scope) -> Key:
    """Return the current key of a scope, made on first use. It is on disk before anything is sealed under it."""
    with _memory.lock:
        _memory.fresh()
        known = _memory.by_scope.get(scope)
        if known is not None:
            return known
        with _opened(writing=True) as connection:
            master = _master(connection, writing=True)
            found = connection.execute(
                "SELECT id, wrapped, destroyed_at FROM key WHERE school=? AND data_class=? AND year=? AND subject=?"
                " AND retired_at IS NULL",
                (scope.school, scope.data_class, scope.year, scope.subject),
            ).fetchone()
            if found is not None and found[2] is not None:
                raise KeyDestroyed("这部分内容已经按规定销毁，不能再写入。")
            key = _unwrapped(master, scope, found[0], found[1]) if found else _made(connection, master, scope)
        _memory.by_id[key.id] = _memory.by_scope[scope] = key
        return key


def key_by_id(key_id: int) -> Key:
    """Return the key something was sealed under. Raises KeyDestroyed, or KeysRefused when the store never had it."""
    with _memory.lock:
        _memory.fresh()
        known = _memory.by_id.get(key_id)
        if known is not None:
            return known
        with _opened(writing=False) as connection:
            row = connection.execute(
                "SELECT school, data_class, year, subject, wrapped FROM key WHERE id=?", (key_id,)
            ).fetchone()
            if row is None:
                raise KeysRefused("密钥库里没有这段内容的密钥，可能恢复了旧的密钥库。请恢复最新的密钥备份。")
            if row[4] is None:
                raise KeyDestroyed("这部分内容已经按规定销毁。")
            key = _unwrapped(_master(connection), Scope(*row[:4]), key_id, row[4])
        _memory.by_id[key_id] = key
        return key


def _made(connection: sqlite3.Connection, master: bytes, scope: Scope) -> Key:
    key_id, material = secrets.randbits(62) | 1, secrets.token_bytes(32)
    connection.execute(
        "INSERT INTO key VALUES (?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
        (key_id, scope.school, scope.data_class, scope.year, scope.subject,
         _wrapped(master, scope, key_id, material), int(time.time())),
    )  # fmt: skip
    return Key(key_id, material, AESGCM(material))


def _wrapped(master: bytes, scope: Scope, key_id: int, material: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + AESGCM(master).encrypt(nonce, material, scope.as_bytes(key_id))


def _unwrapped(master: bytes, scope: Scope, key_id: int, wrapped: bytes) -> Key:
    try:
        material = AESGCM(master).decrypt(wrapped[:12], wrapped[12:], scope.as_bytes(key_id))
    except InvalidTag as error:
        raise KeysRefused("密钥库被改动或损坏了。请恢复最新的密钥备份。") from error
    return Key(key_id, material, AESGCM(material))


# ---------------------------------------------------------------- looking after the store


def make() -> None:
    """Make the master key and the store on a first start; doing it again changes nothing."""
    with _opened(writing=True) as connection:
        _master(connection, writing=True)


def rows() -> list[KeyRow]:
    """Return every key there is or was, oldest first."""
    if not file().exists():
        return []
    with _opened(writing=False) as connection:
        query = "SELECT id, school, data_class, year, subject, made_at, retired_at, destroyed_at FROM key"
        return [
            KeyRow(r[0], Scope(*r[1:5]), *r[5:]) for r in connection.execute(f"{query} ORDER BY made_at, id")
        ]


def retire(school: int | None = None) -> int:
    """Let the next writes make new keys; return how many keys were retired. Old rows stay readable."""
    with _opened(writing=True) as connection:
        _master(connection, writing=True)
        # The blind index is no ciphertext: under a new key old rows would no longer be found.
        where = "retired_at IS NULL AND destroyed_at IS NULL AND data_class <> 'KX'"
        done = connection.execute(
            f"UPDATE key SET retired_at=? WHERE {where}" + ("" if school is None else " AND school=?"),
            (int(time.time()), *(() if school is None else (school,))),
        )
        return done.rowcount


def retired_ids() -> set[int]:
    """Return the keys that are retired and not destroyed: what lies under them waits for a new key."""
    return {row.id for row in rows() if row.retired_at is not None and row.destroyed_at is None}


def destroy(key_ids: list[int]) -> int:
    """Destroy keys for good; return how many still were there. Whatever was sealed under them is erased."""
    if not key_ids or not file().exists():
        return 0
    with _opened(writing=True) as connection:
        marks = ",".join("?" * len(key_ids))
        done = connection.execute(
            f"UPDATE key SET wrapped=NULL, destroyed_at=? WHERE wrapped IS NOT NULL AND id IN ({marks})",
            (int(time.time()), *key_ids),
        ).rowcount
    if done:
        connection = sqlite3.connect(file(), isolation_level=None)
        try:
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("VACUUM")  # no page may keep the bytes
        finally:
            connection.close()
        os.utime(file(), ns=(time.time_ns(),) * 2)
    return done


def ids_of(
    *, school: int, subject: int | None = None, data_class: str = "", year: int | None = None
) -> list[int]:
    """Return the undestroyed keys of a school, narrowed to one child, one class or one school year."""
    return [
        row.id
        for row in rows()
        if row.destroyed_at is None
        and row.scope.school == school
        and (subject is None or row.scope.subject == subject)
        and (not data_class or row.scope.data_class == data_class)
        and (year is None or row.scope.year == year)
    ]


def note(name: str, value: str | None = None) -> str:
    """Keep a word beside the keys (how far a rotation came), or read it back."""
    with _opened(writing=value is not None) as connection:
        if value is not None:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))
            return value
        row = connection.execute("SELECT value FROM meta WHERE name=?", (name,)).fetchone()
        return row[0] if row else ""


def refusals() -> list[str]:
    """Return why the keys cannot be used as they are; none when all is well. Makes nothing."""
    try:
        if file().exists():
            with _opened(writing=False) as connection:
                _master(connection)
        elif settings.MASTER_KEY or master_file().exists():
            master_key(make=False)
    except KeysRefused as error:
        return [str(error)]
    except sqlite3.DatabaseError:
        return [f"密钥库 {file()} 读不出来，可能已经损坏。请恢复最新的密钥备份。"]
    return []


def copy_to(target: Path) -> int:
    """Copy the store by SQLite's own means over a file of the same kind; return the number of usable keys in it.

    One copy, always replaced: a pile of old copies would keep what was destroyed.
    """
    with _opened(writing=True) as connection:
        _master(connection, writing=True)
    partial = target.with_name(target.name + ".partial")
    partial.unlink(missing_ok=True)
    os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    reading, writing = sqlite3.connect(file(), timeout=20), sqlite3.connect(partial)
    try:
        reading.backup(writing, pages=-1)
        usable = writing.execute("SELECT count(*) FROM key WHERE wrapped IS NOT NULL").fetchone()[0]
    finally:
        writing.close()
        reading.close()
    with partial.open("rb+") as handle:
        os.fsync(handle.fileno())
    partial.replace(target)
    return usable


def take_back(copy: Path) -> int:
    """Put a copy made by `copy_to` in the place of an absent or empty store; return its usable keys."""
    try:
        with sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True) as source:
            usable = source.execute("SELECT count(*) FROM key WHERE wrapped IS NOT NULL").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise KeysRefused(f"{copy} 不是密钥备份，或者已经损坏。") from error
    if rows():
        raise KeysRefused(f"{file()} 里已经有密钥，不覆盖。要换成备份里的，请先把它移开。")
    path = file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(path.name + ".partial")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    draft.write_bytes(copy.read_bytes())
    with draft.open("rb+") as handle:
        os.fsync(handle.fileno())
    draft.replace(path)
    sync_folder(path.parent)
    return usable


def change_master() -> None:
    """Wrap every key under a new master key. A crash in the middle is finished by whoever starts next."""
    if settings.MASTER_KEY:
        raise KeysRefused(
            "主密钥由 TONGXIN_MASTER_KEY 给出，这里换不了。请先把它写进文件，去掉这个设置，再更换。"
        )
    path, waiting = master_file(), _waiting()
    waiting.unlink(missing_ok=True)
    new = secrets.token_bytes(32)
    with _opened(writing=True) as connection:
        old = _master(connection, writing=True)
        write_new(waiting, new)
        for key_id, *scope, wrapped in connection.execute(
            "SELECT id, school, data_class, year, subject, wrapped FROM key WHERE wrapped IS NOT NULL"
        ).fetchall():
            place = Scope(*scope)
            key = _unwrapped(old, place, key_id, wrapped)
            connection.execute(
                "UPDATE key SET wrapped=? WHERE id=?", (_wrapped(new, place, key_id, key.material), key_id)
            )
        connection.execute("UPDATE meta SET value=? WHERE name='master'", (fingerprint(new),))
    waiting.replace(path)
    sync_folder(path.parent)


def _waiting() -> Path:
    return master_file().with_name(master_file().name + ".new")


def _finish_change(noted: str) -> None:
    """Put a new master key in place that a crash left waiting, if the store is already wrapped under it."""
    waiting = _waiting()
    if settings.MASTER_KEY or not waiting.exists():
        return
    key = bytes.fromhex(waiting.read_text(encoding="ascii").strip())
    if fingerprint(key) == noted:
        waiting.replace(master_file())
        sync_folder(master_file().parent)

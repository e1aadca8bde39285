"""What must hold before Tongxin serves anybody: each check returns the sentences why it may not start.

The settings say what is wanted; these checks read back what the database and the machine really do, because a
database that quietly ignores `synchronous` loses acknowledged work at the next power cut.
"""

import ipaddress
import shutil
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

OLDEST_POSTGRES = 150000
SYNCHRONOUS_FULL = 2
SYNCHRONOUS_EXTRA = 3
# SQLite's locks and its shared memory do not work over these; its authors say so, and databases were lost to it.
NETWORK_FILE_SYSTEMS = {
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "9p", "drvfs",
    "fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.s3fs", "fuse.rclone", "davfs", "fuse.davfs2",
}  # fmt: skip
FIRST_WITHOUT_WAL_BUG = (3, 51, 3)


def refusals() -> list[str]:
    """Return every reason why the server may not start, as Chinese sentences; none when all is well."""
    return [*address_refusals(settings.ADDRESS), *storage_refusals()]


def address_refusals(address: str) -> list[str]:
    """Return why this address may not be served as the settings stand."""
    try:
        host, _ = split_address(address)
    except ValueError:
        return [f"地址“{address}”写得不对，请写成“主机:端口”，例如 127.0.0.1:8000。"]
    found = []
    if bool(settings.CERTIFICATE) != bool(settings.CERTIFICATE_KEY):
        found.append("证书和私钥要一起设置：TONGXIN_CERTIFICATE 和 TONGXIN_CERTIFICATE_KEY。")
    for file in filter(None, (settings.CERTIFICATE, settings.CERTIFICATE_KEY)):
        if not Path(file).is_file():
            found.append(f"找不到证书文件 {file}。")
    if is_loopback(host):
        return found
    if not settings.BEHIND_TLS:
        found.append(
            f"地址 {address} 会让其他机器连进来，但没有加密，学生和家庭的资料会被看到。"
            "请设置证书（TONGXIN_CERTIFICATE），或放在有证书的代理后面并设 TONGXIN_TLS=1；"
            "只在本机用，请改回 127.0.0.1。"
        )
    if settings.DEBUG:
        found.append("调试方式会把内部资料显示给来访的人，只能在本机地址上用。请去掉 TONGXIN_DEBUG。")
    if settings.DEMO:
        found.append("演示不用密码就能登录，只能在本机地址上用。请改回 127.0.0.1，或去掉 TONGXIN_DEMO。")
    return found


def storage_refusals() -> list[str]:
    """Return why the data folder, the keys or the database may not be trusted with anything."""
    found = [*space_refusals(settings.DATA_DIR), *key_refusals()]
    if connection.vendor == "sqlite":
        return [*found, *network_refusals(settings.DATA_DIR), *sqlite_refusals(connection)]
    return [*found, *postgres_refusals(connection)]


def key_refusals() -> list[str]:
    """Return why nothing could be sealed or opened: no master key, another one, one that others may read."""
    from tongxin.kernel.base.sealing import cipher, store

    return [*cipher.refusals(), *store.refusals(), *chain_refusals()]


def chain_refusals() -> list[str]:
    """Return why the rows of the audit record could not be linked as the settings want."""
    from tongxin.kernel.audit import chain

    if settings.CHAIN_DIGEST not in chain.DIGESTS:
        return [f"TONGXIN_CHAIN 只能写 sha256 或 sm3，不能写“{settings.CHAIN_DIGEST}”。"]
    if settings.CHAIN_DIGEST not in chain.digests():
        return ["这台机器的加密库没有国密 SM3。请去掉 TONGXIN_CHAIN，或换一个带 SM3 的 Python。"]
    return []


def table_refusals() -> list[str]:
    """Return why this program and the database's tables do not fit each other: one of them is newer.

    By the names of the migrations alone; reading them in would make every start a second longer.
    """
    done = set(MigrationRecorder(connection).applied_migrations())
    rooms = {app.label: Path(app.path, "migrations") for app in apps.get_app_configs()}
    known = {(room, file.stem) for room, folder in rooms.items() for file in folder.glob("[0-9]*.py")}
    if known - done:
        return [
            "数据库还是以前版本的样子。请先备份，再运行 python3 start.py（或 tongxin setup）把它更新好，然后启动。"
        ]
    if any(room in rooms for room, _name in done - known):
        return ["数据库已经被更新的版本用过，这个版本读不了它。请换回更新的版本，或恢复那以前的备份。"]
    return []


def lost_key_refusals() -> list[str]:
    """Return what of the database lies under keys that the key store does not have; needs the present tables."""
    from tongxin.kernel.base.sealing import rotation

    lost = rotation.unknown_keys()
    if not lost:
        return []
    return [
        f"密钥库 {settings.KEYS_DIR} 里没有数据库内容的密钥（{'、'.join(lost)}），这些内容打不开。"
        "请用 tongxin keys restore 放回最新的密钥备份，并放回主密钥，再启动。"
    ]


def split_address(address: str) -> tuple[str, int]:
    """Return host and port of `host:port`, `[ipv6]:port`; ValueError when it is neither."""
    host, separator, port = address.rpartition(":")
    if not separator or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(address)
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach the host; a name other than localhost counts as reachable."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def space_refusals(folder: Path) -> list[str]:
    free_mib = shutil.disk_usage(folder).free // 2**20
    if free_mib >= settings.LEAST_FREE_MIB:
        return []
    return [
        f"数据文件夹所在的磁盘只剩 {free_mib} 兆，少于 {settings.LEAST_FREE_MIB} 兆，写到一半可能写不下。"
        "请先腾出空间再启动。"
    ]


def network_refusals(folder: Path) -> list[str]:
    kind = file_system_kind(folder)
    if kind not in NETWORK_FILE_SYSTEMS:
        return []
    return [
        f"数据文件夹在网络盘上（{kind}），数据库的锁在那里不可靠，数据会损坏。请换到本机磁盘，或改用 PostgreSQL。"
    ]


def file_system_kind(folder: Path, mounts: Iterable[str] | None = None) -> str:
    """Return the kind of file system a folder lies on, "" when the machine does not tell.

    mounts: lines of /proc/self/mountinfo, read from there when not given.
    """
    if sys.platform == "win32":
        return _windows_kind(folder)
    if mounts is None:
        table = Path("/proc/self/mountinfo")
        if not table.exists():
            return ""
        mounts = table.read_text(encoding="utf-8", errors="replace").splitlines()
    best, kind = -1, ""
    for line in mounts:
        left, _, right = line.partition(" - ")
        point = left.split(" ")[4].encode().decode("unicode_escape")
        if folder.is_relative_to(point) and len(point) >= best:  # the later line covers the earlier one
            best, kind = len(point), right.split(" ")[0]
    return kind


def _windows_kind(folder: Path) -> str:
    """Return "smbfs" for a drive that Windows calls remote; only called on Windows."""
    import ctypes

    drive_remote = 4
    kernel32 = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    remote = str(folder).startswith("\\\\") or kernel32.GetDriveTypeW(folder.anchor) == drive_remote
    return "smbfs" if remote else ""


def sqlite_refusals(database: BaseDatabaseWrapper) -> list[str]:
    """Return what differs from the profile when it is read back from the open database."""
    with database.cursor() as cursor:
        profile = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    found = []
    if profile["journal_mode"] != "wal":
        found.append("数据库没有用预写日志（WAL），读和写会互相堵住。请检查数据文件夹所在的磁盘。")
    if profile["synchronous"] not in (SYNCHRONOUS_FULL, SYNCHRONOUS_EXTRA):
        found.append("数据库没有在每次保存时写到磁盘上（synchronous），断电会丢失已经保存的内容。")
    if not profile["foreign_keys"]:
        found.append("数据库没有检查关联（foreign_keys），可能留下对不上的记录。")
    return found


def postgres_refusals(database: BaseDatabaseWrapper) -> list[str]:
    """Return which durability settings of the PostgreSQL server are unsafe."""
    with database.cursor() as cursor:
        shown = {}
        for name in ("fsync", "full_page_writes", "synchronous_commit", "server_version_num"):
            cursor.execute(f"SHOW {name}")
            shown[name] = cursor.fetchone()[0]
    found = [
        f"PostgreSQL 的 {name} 关着，断电会丢失或损坏已经保存的内容。请打开后再启动。"
        for name in ("fsync", "full_page_writes", "synchronous_commit")
        if shown[name] == "off"
    ]
    if int(shown["server_version_num"]) < OLDEST_POSTGRES:
        found.append("PostgreSQL 的版本太旧，需要 15 或更新的版本。")
    return found


def database_line() -> str:
    """Return one line that names the database and its version, for the start."""
    if connection.vendor == "sqlite":
        line = f"数据库：SQLite {sqlite3.sqlite_version}，{settings.DATABASES['default']['NAME']}"
        if sqlite3.sqlite_version_info < FIRST_WITHOUT_WAL_BUG:
            line += "（3.51.3 起修正了一个少见的日志缺陷；这里已经绕开，有条件时仍请升级）"
        return line
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"数据库：PostgreSQL {cursor.fetchone()[0]}"

"""Bring an archive back into an empty installation and prove that it works before anybody relies on it."""

import hashlib
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader

from tongxin.config import archive
from tongxin.config.refusal import Refused

# Made at the first start, or put there before a restore; not part of a backup.
KEPT_APART = {"secret.key", "keys"}


def restore(file: Path) -> Iterator[str]:
    """Unpack, check and bring up to date; yields a sentence per step that held. Raises Refused and leaves nothing."""
    _refuse_if_in_use()
    for folder in (settings.DATA_DIR, settings.STATIC_ROOT):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with zipfile.ZipFile(file) as opened:
            manifest = archive.read_manifest(opened)
            _refuse_other_engine(manifest)
            archive.extract(opened, manifest, settings.DATA_DIR)
    except zipfile.BadZipFile as error:
        raise Refused("这个文件不是同心的备份，或者已经损坏。") from error
    except Refused:
        _clear()
        raise
    try:
        yield f"解开了 {len(manifest.files)} 个文件，和清单逐个核对一致。"
        _put_database_in_place()
        yield from proofs(manifest)
    except Refused:
        _clear()
        raise


def proofs(manifest: archive.Manifest) -> Iterator[str]:
    """Yield what holds of the restored installation; raises Refused at the first thing that does not."""
    yield check_integrity()
    yield bring_up_to_date()
    yield check_keys()
    yield check_audit(manifest)
    yield check_sign_in()
    yield check_evidence()
    _end_sessions()


def _refuse_if_in_use() -> None:
    present = {path.name for path in settings.DATA_DIR.iterdir()} if settings.DATA_DIR.exists() else set()
    if present - KEPT_APART:
        raise Refused(f"{settings.DATA_DIR} 里已经有东西，恢复只写进空的数据文件夹。请用 --data 换一个。")
    if connection.vendor == "postgresql" and connection.introspection.table_names():
        raise Refused("数据库里已经有表，恢复只写进空的数据库。")


def _refuse_other_engine(manifest: archive.Manifest) -> None:
    if manifest.engine != connection.vendor:
        raise Refused(
            f"这个备份来自 {manifest.engine}，现在设置的数据库是 {connection.vendor}。"
            "请按备份的数据库设置或去掉 TONGXIN_DATABASE，再恢复。"
        )


def _put_database_in_place() -> None:
    if connection.vendor == "sqlite":
        (settings.DATA_DIR / archive.SQLITE_MEMBER).rename(settings.DATABASES["default"]["NAME"])
        return
    dump = settings.DATA_DIR / archive.POSTGRES_MEMBER
    archive.postgres_program(
        "pg_restore", settings.DATABASES["default"], "--no-owner", "--single-transaction", str(dump)
    )
    dump.unlink()


def _clear() -> None:
    """Take a failed restore out again: the folder was empty before it began."""
    connection.close()
    for path in settings.DATA_DIR.iterdir():
        if path.name in KEPT_APART:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def check_integrity() -> str:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            found = cursor.execute("PRAGMA integrity_check").fetchall()
            dangling = cursor.execute("PRAGMA foreign_key_check").fetchall()
        if found != [("ok",)] or dangling:
            raise Refused("恢复出来的数据库没有通过完整性检查，请换一个备份。")
    return "数据库完整。"


def check_keys() -> str:
    """Make sure that what lies sealed can be opened, and destroy again what was destroyed after the keys' backup."""
    from tongxin.config.safety import key_refusals, lost_key_refusals
    from tongxin.kernel.audit import keys

    refused = key_refusals() or lost_key_refusals()
    if refused:
        raise Refused("\n".join(refused))
    again = keys.finish()
    return "加密的内容都有密钥。" + (f"按审计记录重新销毁了 {again} 把密钥。" if again else "")


def bring_up_to_date() -> str:
    """Migrate an older backup to the present form; a backup of a newer version is refused."""
    loader = MigrationLoader(connection)
    unknown = [key for key in loader.applied_migrations or {} if key not in loader.disk_migrations]
    if unknown:
        raise Refused("这个备份是更新的版本做的，请先更新程序再恢复。")
    call_command("migrate", interactive=False, verbosity=0)
    return "数据库是现在的版本。"


def check_audit(manifest: archive.Manifest) -> str:
    from tongxin.kernel.audit import services as audit

    anchors = {(school, seq): digest for school, seq, digest in manifest.anchors}
    count, breaks = audit.verify(anchors)
    if breaks:
        first = breaks[0]
        raise Refused(f"审计记录不可信：学校 {first.school} 第 {first.seq} 条起，{first.reason}。")
    return f"审计记录 {count} 条，前后相接，和备份时的末尾一致。"


def check_sign_in() -> str:
    """Sign an account in through the real pages and undo it; nothing of it stays."""
    from django.test import Client

    from tongxin.kernel.base.models import Account

    account = Account.objects.filter(is_active=True).order_by("is_founder", "pk").first()
    if account is None:
        return "备份里还没有账号，没有可试的登录。"
    client = Client(raise_request_exception=False, SERVER_NAME="127.0.0.1")
    with transaction.atomic():
        client.force_login(account)
        response = client.get("/", secure=settings.BEHIND_TLS, follow=True)
        transaction.set_rollback(True)
    if response.status_code != 200 or str(settings.LOGIN_URL) == _view_name(response):
        raise Refused("恢复出来的账号登录不了，请换一个备份。")
    return "用备份里的一个账号试着登录，首页正常打开。"


def _view_name(response: object) -> str:
    return getattr(getattr(response, "resolver_match", None), "view_name", "")


def check_evidence() -> str:
    """Read every file that a row names and compare its hash."""
    from tongxin.kernel.ledger import evidence
    from tongxin.kernel.ledger.models import Evidence

    count = 0
    rows = Evidence.objects.values_list("school__public_id", "file", "sha256")
    for school, name, digest in rows.iterator(chunk_size=2000):
        path = evidence.path_of(school, name)
        if not path.is_file():
            raise Refused("有的佐证材料在备份里找不到，请换一个备份。")
        if hashlib.sha256(evidence.read(school, name)).hexdigest() != digest:
            raise Refused("有的佐证材料和登记时不一样，请换一个备份。")
        count += 1
    return f"佐证材料 {count} 件，都在，内容没有变。"


def _end_sessions() -> None:
    """Nobody stays signed in by a session of the old machine."""
    from django.contrib.sessions.models import Session

    Session.objects.all().delete()

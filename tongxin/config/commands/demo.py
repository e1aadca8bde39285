"""`tongxin demo`: build the demo district in the data folder, unless it is there already."""

import argparse
import json
import shutil
import time

on_an_installation = True

NOTE = "demo.json"


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    subparsers.add_parser("demo", help="建立演示用的学校和数据（全部是编造的）")


def run(args: argparse.Namespace) -> int:
    """Build the demo once. A build that was interrupted is thrown away; a real school's folder is never touched."""
    from django.conf import settings
    from django.db import connection

    from tongxin.config.commands.setup import prepare
    from tongxin.config.refusal import Refused

    note = settings.DATA_DIR / NOTE
    state = json.loads(note.read_text(encoding="utf-8")) if note.exists() else None
    if state and state.get("built"):
        prepare()
        return 0
    if state is None and _holds_a_school():
        raise Refused(f"{settings.DATA_DIR} 里已经有正式的数据，演示请用 --data 换一个空文件夹。")
    if state and connection.vendor == "sqlite":
        _throw_away()
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps({"built": False}), encoding="utf-8")
    prepare()
    _build()
    note.write_text(json.dumps({"built": True}), encoding="utf-8")
    return 0


def _holds_a_school() -> bool:
    from django.db import connection

    from tongxin.kernel.base.models import School

    return School._meta.db_table in connection.introspection.table_names() and School.objects.exists()


def _throw_away() -> None:
    """Remove a half-built demo: its database and its evidence."""
    from django.conf import settings
    from django.db import connection

    connection.close()
    for file in settings.DATA_DIR.glob("tongxin.sqlite3*"):
        file.unlink()
    shutil.rmtree(settings.EVIDENCE_DIR, ignore_errors=True)


def _build() -> None:
    from tongxin.demo.build import build_demo
    from tongxin.kernel.base import checkpoints

    checkpoints.start()

    print("正在编造演示学校和一学年的记录，大约需要一分钟……", flush=True)
    began = time.monotonic()
    build_demo()
    print(f"演示数据建好了，用了 {time.monotonic() - began:.0f} 秒。", flush=True)

"""`tongxin setup`: make the data folder and bring the database to the present form."""

import argparse

on_an_installation = True


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    subparsers.add_parser("setup", help="建立数据文件夹，把数据库更新到现在的版本")


def run(args: argparse.Namespace) -> int:
    prepare()
    return 0


def prepare() -> None:
    """Create the data folder, check that it can be trusted, migrate. Doing it again takes a moment only."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from tongxin.config.refusal import Refused
    from tongxin.config.safety import lost_key_refusals, storage_refusals
    from tongxin.kernel.base.sealing import store

    for folder in (settings.DATA_DIR, settings.EVIDENCE_DIR, settings.STATIC_ROOT):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    refused = storage_refusals()
    if refused:
        raise Refused("\n".join(refused))
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)
    if not lost_key_refusals():
        store.make()

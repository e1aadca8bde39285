"""`tongxin worker`: do the work that pages hand over."""

import argparse

on_an_installation = True


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("worker", help="启动后台任务")
    parser.add_argument("--quiet", action="store_true", help="不说明启动")


def run(args: argparse.Namespace) -> int:
    from tongxin.config import safety, worker
    from tongxin.config.refusal import Refused

    refused = safety.storage_refusals() or safety.table_refusals() or safety.lost_key_refusals()
    if refused:
        raise Refused("\n".join(refused))
    if not args.quiet:
        print("后台任务已经启动。按 Ctrl-C 停止。", flush=True)
    worker.run()
    return 0

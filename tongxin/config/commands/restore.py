"""`tongxin restore FILE`: bring a backup into an empty data folder and prove that it works."""

import argparse
import json
import time
from pathlib import Path

on_an_installation = True


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("restore", help="把备份恢复到空的数据文件夹，并当场检验")
    parser.add_argument("file", metavar="文件", help="备份文件")
    parser.add_argument("--json", action="store_true", help="每一步输出一行 JSON")


def run(args: argparse.Namespace) -> int:
    from tongxin.config import recovery

    began = time.monotonic()
    for sentence in recovery.restore(Path(args.file)):
        print(json.dumps({"ok": sentence}, ensure_ascii=False) if args.json else sentence, flush=True)
    if not args.json:
        print(f"恢复完成，用了 {time.monotonic() - began:.0f} 秒。所有人需要重新登录。")
    return 0

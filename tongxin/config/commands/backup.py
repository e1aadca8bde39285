"""`tongxin backup FILE`: copy database and evidence into one archive while the server runs on."""

import argparse
import json
from pathlib import Path

on_an_installation = True


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("backup", help="把数据库和佐证材料备份成一个文件")
    parser.add_argument("file", metavar="文件", help="要写的备份文件，不能已经存在")
    parser.add_argument("--keys", metavar="文件", help="同时把密钥库备份到这个文件（覆盖旧的），请放在别处")
    parser.add_argument("--json", action="store_true", help="输出一行 JSON")


def run(args: argparse.Namespace) -> int:
    from django.conf import settings

    from tongxin.config import archive

    target = Path(args.file).absolute()
    manifest = archive.make(target, settings)
    keys = None
    if args.keys:
        from tongxin.config.commands.keys import back_up

        keys = back_up(Path(args.keys).absolute())
    if args.json:
        size = target.stat().st_size
        print(
            json.dumps({"file": str(target), "files": len(manifest.files), "bytes": size}, ensure_ascii=False)
        )
        return 0
    print(f"备份好了：{target}，共 {len(manifest.files)} 个文件，{target.stat().st_size / 2**20:.1f} 兆。")
    if keys is None:
        print("备份里没有密钥。请另用 tongxin keys backup 备份密钥库，和这个文件分开保管。")
    print("请把备份放到另一台机器上。下面是审计记录此刻的末尾，请打印或抄到别处，以后用它查有没有被改动：")
    for school, seq, digest in manifest.anchors:
        print(f"{school} {seq} {digest}")
    return 0

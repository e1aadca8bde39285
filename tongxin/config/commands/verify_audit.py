"""`tongxin verify-audit FILE --anchors FILE`: check the audit record of a backup or a database, offline."""

import argparse
import contextlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tongxin.config.refusal import Refused


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("verify-audit", help="检查审计记录有没有被改动，不需要启动服务")
    parser.add_argument("file", metavar="文件", help="备份文件，或数据库文件")
    parser.add_argument("--anchors", metavar="文件", help="外部留存的校验值，每行：学校 序号 校验值")
    parser.add_argument("--json", action="store_true", help="每条结果输出一行 JSON")


def run(args: argparse.Namespace) -> int:
    from tongxin.config import archive
    from tongxin.kernel.audit import chain

    anchors = read_anchors(Path(args.anchors)) if args.anchors else {}
    with database_of(Path(args.file)) as database:
        count, breaks = chain.verify(archive.audit_rows(database), anchors)
    for found in breaks:
        if args.json:
            line = {"school": found.school, "seq": found.seq, "reason": found.reason}
            print(json.dumps(line, ensure_ascii=False))
        else:
            print(f"学校 {found.school}：第 {found.seq} 条起不可信，{found.reason}。")
    if args.json:
        print(json.dumps({"rows": count, "anchors": len(anchors), "breaks": len(breaks)}))
    elif not breaks:
        checked = f"，和留存的 {len(anchors)} 个校验值一致" if anchors else "（没有和外部留存的校验值比对）"
        print(f"查了 {count} 条审计记录，没有发现改动{checked}。")
    return 1 if breaks else 0


@contextlib.contextmanager
def database_of(file: Path) -> Iterator[Path]:
    """Give the database inside a backup, or the file itself."""
    from tongxin.config import archive

    if not file.is_file():
        raise Refused(f"找不到文件：{file}。")
    with tempfile.TemporaryDirectory() as folder:
        if archive.is_archive(file):
            with zipfile.ZipFile(file) as opened:
                manifest = archive.read_manifest(opened)
                member = archive.SQLITE_MEMBER if manifest.engine == "sqlite" else archive.POSTGRES_MEMBER
                archive.extract(opened, manifest, Path(folder), only=member)
            yield Path(folder) / member
        else:
            yield file


def read_anchors(file: Path) -> dict[tuple[int, int], str]:
    """Read lines `school seq hash`; empty lines and lines that begin with # do not count."""
    anchors = {}
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) != 3 or not words[0].isdigit() or not words[1].isdigit() or len(words[2]) != 64:
            raise Refused(f"{file} 第 {number} 行看不懂，应写：学校 序号 校验值。")
        anchors[int(words[0]), int(words[1])] = words[2].lower()
    return anchors

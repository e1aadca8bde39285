"""`tongxin verify-audit FILE --anchors FILE`: check the audit record of a backup or a database, offline.

With `--add-anchors FILE` the ends of a record that stood the check are added to a file that is kept elsewhere.
"""

import argparse
import contextlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tongxin.config.refusal import Refused


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("verify-audit", help="检查审计记录有没有被改动，不需要启动服务")
    parser.add_argument("file", metavar="文件", help="备份文件，或数据库文件")
    parser.add_argument(
        "--anchors",
        metavar="文件",
        action="append",
        default=[],
        help="外部留存的校验值，每行：学校 序号 校验值；可以写几个文件",
    )
    parser.add_argument("--add-anchors", metavar="文件", help="核对无误后，把现在的末尾添到这个文件里")
    parser.add_argument("--json", action="store_true", help="每条结果输出一行 JSON")


def run(args: argparse.Namespace) -> int:
    from tongxin.config import archive
    from tongxin.kernel.audit import chain

    anchors: dict[tuple[int, int], str] = {}
    for file in args.anchors:
        anchors |= read_anchors(Path(file))
    with database_of(Path(args.file)) as database:
        heads = archive.audit_heads(database)
        count, breaks = chain.verify(archive.audit_rows(database), anchors, heads)
    for found in breaks:
        if args.json:
            print(json.dumps(vars(found), ensure_ascii=False))
        else:
            print(f"学校 {found.school}：第 {found.seq} 条起不可信，{found.reason}。{_where(found)}")
    if not breaks and args.add_anchors:
        add_anchors(
            Path(args.add_anchors), {(school, seq): digest for school, (seq, digest) in heads.items()}
        )
    if args.json:
        print(json.dumps({"rows": count, "anchors": len(anchors), "breaks": len(breaks)}))
    elif not breaks:
        checked = f"，和留存的 {len(anchors)} 个校验值一致" if anchors else "（没有和外部留存的校验值比对）"
        print(f"查了 {count} 条审计记录，没有发现改动{checked}。")
    return 1 if breaks else 0


def _where(found: Any) -> str:
    """Say where a change can lie when a whole stretch was written anew."""
    if found.reason not in ("与外部留存的校验值不符", "外部留存过这一条，现在找不到了"):
        return ""
    if found.since:
        return f"改动在第 {found.since + 1} 条到第 {found.seq} 条之间：第 {found.since} 条和留存的一致。"
    return f"改动在第 1 条到第 {found.seq} 条之间。"


def add_anchors(file: Path, ends: dict[tuple[int, int], str]) -> None:
    """Add the ends that a file does not have yet."""
    known = read_anchors(file) if file.exists() else {}
    lines = [
        f"{school} {seq} {digest}\n"
        for (school, seq), digest in sorted(ends.items())
        if (school, seq) not in known
    ]
    with file.open("a", encoding="utf-8") as out:
        out.writelines(lines)


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
        if len(words) != 3 or not words[0].isdecimal() or not words[1].isdecimal() or len(words[2]) != 64:
            raise Refused(f"{file} 第 {number} 行看不懂，应写：学校 序号 校验值。")
        anchors[int(words[0]), int(words[1])] = words[2].lower()
    return anchors

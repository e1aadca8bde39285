"""`tongxin keys …`: look after the keys of what lies encrypted."""

import argparse
import json
from pathlib import Path

from tongxin.config.refusal import Refused

on_an_installation = True
DOING = {
    "status": "说明有哪些密钥，能不能打开加密的内容",
    "backup": "把密钥库备份到一个文件；总是只留最新的一份",
    "restore": "把备份的密钥库放回来",
    "rotate": "换新的数据密钥，由后台任务把旧内容换过去",
    "change-master": "换一把主密钥",
}


def add_parser(subparsers: argparse._SubParsersAction) -> None:
    parser = subparsers.add_parser("keys", help="管理加密用的密钥")
    parser.add_argument(
        "doing", metavar="做什么", choices=DOING, help="；".join(f"{k} {v}" for k, v in DOING.items())
    )
    parser.add_argument("file", metavar="文件", nargs="?", help="backup 和 restore 的文件")
    parser.add_argument("--now", action="store_true", help="rotate：当场换完，不等后台任务")
    parser.add_argument("--json", action="store_true", help="输出一行 JSON")


def run(args: argparse.Namespace) -> int:
    from tongxin.kernel.base.sealing.master import KeysRefused

    if args.doing in ("backup", "restore") and not args.file:
        raise Refused(f"tongxin keys {args.doing} 后面要写一个文件。")
    try:
        said = {
            "status": _status,
            "backup": lambda args: _backed_up(Path(args.file).absolute()),
            "restore": _restore,
            "rotate": _rotate,
            "change-master": _change_master,
        }[args.doing](args)
    except KeysRefused as error:
        raise Refused(str(error)) from error
    print(json.dumps(said, ensure_ascii=False) if args.json else said["sentence"])
    return 0


def _status(args: argparse.Namespace) -> dict:
    from tongxin.config import safety
    from tongxin.kernel.base.sealing import rotation, store

    refused = safety.key_refusals() or safety.lost_key_refusals()
    if refused:
        raise Refused("\n".join(refused))
    rows = store.rows()
    counts = {
        "current": sum(r.retired_at is None and r.destroyed_at is None for r in rows),
        "retired": sum(r.retired_at is not None and r.destroyed_at is None for r in rows),
        "destroyed": sum(r.destroyed_at is not None for r in rows),
    }
    sentence = (
        f"密钥库正常：在用 {counts['current']} 把，换下 {counts['retired']} 把，已销毁 {counts['destroyed']} 把。"
        + ("正在把旧内容换到新密钥下。" if rotation.wanted() else "")
    )
    return counts | {"rotating": rotation.wanted(), "sentence": sentence}


def back_up(target: Path) -> int:
    from tongxin.kernel.base.sealing import store
    from tongxin.kernel.base.sealing.master import KeysRefused

    try:
        return store.copy_to(target)
    except KeysRefused as error:
        raise Refused(str(error)) from error


def _backed_up(target: Path) -> dict:
    from tongxin.kernel.base.sealing import store

    count = store.copy_to(target)
    sentence = (
        f"密钥库备份好了：{target}，{count} 把密钥。请和数据的备份分开放，旧的密钥备份请删掉，"
        "不然销毁过的还打得开。主密钥要另外抄一份，锁在柜子里。"
    )
    return {"file": str(target), "keys": count, "sentence": sentence}


def _restore(args: argparse.Namespace) -> dict:
    from tongxin.kernel.base.sealing import store

    count = store.take_back(Path(args.file))
    refused = store.refusals()
    if refused:
        raise Refused("\n".join(refused))
    return {"keys": count, "sentence": f"密钥库放回来了，{count} 把密钥。"}


def _rotate(args: argparse.Namespace) -> dict:
    from tongxin.kernel.audit import keys
    from tongxin.kernel.base import checkpoints

    checkpoints.start()
    retired, moved = keys.rotate(now=args.now)
    sentence = f"换下了 {retired} 把密钥。" + (
        f"已经把 {moved} 处内容换到新密钥下。"
        if args.now
        else "后台任务会把旧内容换到新密钥下，期间照常使用。"
    )
    return {"retired": retired, "moved": moved, "sentence": sentence}


def _change_master(args: argparse.Namespace) -> dict:
    from tongxin.kernel.audit import keys

    keys.change_master()
    return {"sentence": "主密钥换好了。请把新的主密钥抄一份锁好，再做一次 tongxin keys backup。"}

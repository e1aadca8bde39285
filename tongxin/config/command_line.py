"""The command line: `tongxin COMMAND …` or `python -m tongxin.config.command_line COMMAND …`.

Every module of `tongxin.config.commands` that has `add_parser(subparsers)` and `run(args) -> int` is a command
(or a few). `needs_django = True` in a module sets Django up before its `run`; the others start without it.
`on_an_installation = True` does that too and gives the command `--data DIR`, the installation's data folder.
Exit codes: 0 done, 1 refused or found errors (said in sentences), 2 wrong call. Never a traceback.
"""

import argparse
import gc
import importlib
import io
import os
import pkgutil
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

from tongxin.config import commands
from tongxin.config.refusal import Refused

WORDS = {
    "usage: ": "用法：",
    "positional arguments": "必填",
    "options": "选项",
    "show this help message and exit": "显示本说明",
    "the following arguments are required: %s": "还缺：%s",
    "unrecognized arguments: %s": "看不懂：%s",
    "invalid %(type)s value: %(value)r": "值 %(value)r 写得不对",
    "invalid choice: %(value)r (choose from %(choices)s)": "%(value)r 不在可选的范围里，可以写：%(choices)s",
    "expected one argument": "后面要写一个值",
    "expected at least one argument": "后面至少要写一个值",
    "not allowed with argument %s": "不能和 %s 一起用",
    "one of the arguments %s is required": "要写 %s 中的一个",
    "ambiguous option: %(option)s could match %(matches)s": "%(option)s 不明确，可能是 %(matches)s",
    "argument %(argument_name)s: %(message)s": "%(argument_name)s：%(message)s",
    "%(prog)s: error: %(message)s\n": "用法不对，%(message)s。\n",
}


class Parser(argparse.ArgumentParser):
    """Argparse in Chinese that does not guess shortened options."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]


def speak_chinese() -> None:
    """Give argparse its words in Chinese; it looks them up by a module-level function meant for that."""
    translate: Callable[[str], str] = lambda text: WORDS.get(text, text)  # noqa: E731
    setattr(argparse, "_", translate)  # noqa: B010


def command_modules(asked: str = "") -> list[ModuleType]:
    """Return the modules that are commands, by name; the bench's parts are not commands of their own.

    asked: only the module of that name. A server starts a second sooner without the others.
    """
    found = []
    for info in sorted(pkgutil.iter_modules(commands.__path__), key=lambda info: info.name):
        if info.name.startswith("bench_") or asked not in ("", info.name.replace("_", "-")):
            continue
        module = importlib.import_module(f"{commands.__name__}.{info.name}")
        if hasattr(module, "add_parser"):
            found.append(module)
    return found


def build_parser(asked: str = "") -> tuple[Parser, dict[str, ModuleType]]:
    """Return the parser and which module stands behind which command. asked: the one that is wanted, "" = all."""
    speak_chinese()
    parser = Parser(prog="tongxin", description="同心：从计划到报告的一学年。")
    subparsers = parser.add_subparsers(dest="command", metavar="命令", title="命令", required=True)
    owners: dict[str, ModuleType] = {}
    for module in command_modules(asked):
        before = set(subparsers.choices)
        module.add_parser(subparsers)
        for name in set(subparsers.choices) - before:
            owners[name] = module
            if getattr(module, "on_an_installation", False):
                subparsers.choices[name].add_argument("--data", metavar="文件夹", help="数据文件夹")
    return parser, owners


def set_up_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongxin.config.settings")
    import django

    django.setup()


def answer(module: ModuleType, args: argparse.Namespace) -> int:
    """Run one command and turn what may go wrong into a sentence and an exit code."""
    try:
        if getattr(module, "on_an_installation", False):
            if args.data:
                os.environ["TONGXIN_DATA"] = args.data
            set_up_django()
        elif getattr(module, "needs_django", False):
            set_up_django()
        code = module.run(args)
        sys.stdout.flush()
        return int(code or 0)
    except Refused as error:
        print(error, file=sys.stderr)
    except FileNotFoundError as error:
        print(f"找不到文件：{error.filename}。", file=sys.stderr)
    except PermissionError as error:
        print(f"没有权限读写：{error.filename}。", file=sys.stderr)
    except BrokenPipeError:
        # The reader of our output has gone, as `| head` does; nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if os.environ.get("TONGXIN_DEBUG") == "1":
            raise
        # The message may hold a pupil's data (a database error quotes the row): only its kind is said.
        print(
            f"命令没有完成，出了没有料到的问题（{type(error).__name__}）。设 TONGXIN_DEBUG=1 再运行可以看到细节。",
            file=sys.stderr,
        )
    return 1


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code; 2 is returned, not raised, for a wrong call."""
    # What is read in at the start stays; looking for cycles every 700 objects takes a fifth of the time until it is done.
    gc.set_threshold(20_000, 20, 20)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    asked = next(iter(sys.argv[1:] if argv is None else argv), "")
    parser, owners = build_parser(asked)
    if asked not in owners:  # a question, a wrong word, or a command of a module with another name
        parser, owners = build_parser()
    try:
        args = parser.parse_args(argv)
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return answer(owners[args.command], args)


if __name__ == "__main__":
    sys.exit(main())

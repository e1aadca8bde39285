"""The tree as the architecture tests read it."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = {
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".ico",
    ".woff",
    ".woff2",
    ".ttf",
    ".otf",
    ".xlsx",
    ".xls",
    ".docx",
    ".mo",
    ".zip",
}


def tracked() -> list[Path]:
    """Return every file that git would carry: those known to it and those new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> Iterator[tuple[Path, str]]:
    """Yield every text file of the tree with its content."""
    for path in tracked():
        if path.suffix not in BINARY:
            try:
                yield path, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def product_modules() -> Iterator[tuple[Path, ast.Module]]:
    """Yield the product's Python files with their trees; tests and migrations are left out."""
    for path in sorted((ROOT / "tongxin").rglob("*.py")):
        if not {"tests", "migrations"} & set(path.relative_to(ROOT).parts):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def environment_variables() -> set[str]:
    """Return the names of all variables of ours that the product and start.py read."""
    files = [ROOT / "start.py", *(path for path, _ in product_modules())]
    quoted = re.compile(r"[\"'](TONGXIN_[A-Z_]+)[\"']")
    found = {name for file in files for name in quoted.findall(file.read_text(encoding="utf-8"))}
    return found - {"TONGXIN_"}

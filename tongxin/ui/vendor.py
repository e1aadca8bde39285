"""The files of others that we serve ourselves (ECharts), their licences and their checksums.

A maintainer renews them with `python -m tongxin.ui.vendor`; that needs npm and the network, running Tongxin does not.
"""

import gzip
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent / "static" / "vendor"
CHECKSUMS = FOLDER / "CHECKSUMS"
ECHARTS_VERSION = "6.1.0"
ECHARTS_FILES = {
    "dist/echarts.min.js": "echarts.min.js",
    "LICENSE": "LICENSE",
    "NOTICE": "NOTICE",
    "licenses/LICENSE-d3": "licenses/LICENSE-d3",
}


def files() -> list[Path]:
    """Return every vendored file, sorted, without the list of sums itself."""
    return sorted(path for path in FOLDER.rglob("*") if path.is_file() and path != CHECKSUMS)


def checksums() -> dict[str, str]:
    """Return {path below the folder: SHA-256} of the files as they are now."""
    return {
        path.relative_to(FOLDER).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files()
    }


def recorded() -> dict[str, str]:
    """Return {path: SHA-256} as written in the list."""
    lines = CHECKSUMS.read_text().splitlines()
    return {path: digest for digest, path in (line.split("  ", 1) for line in lines if line)}


def refresh() -> None:
    """Fetch ECharts by npm, lay its files down with a compressed copy, and write the sums anew."""
    target = FOLDER / "echarts"
    with tempfile.TemporaryDirectory() as scratch:
        packed = subprocess.run(
            ["npm", "pack", f"echarts@{ECHARTS_VERSION}", "--silent"],
            cwd=scratch,
            check=True,
            capture_output=True,
            text=True,
        )
        with tarfile.open(Path(scratch) / packed.stdout.strip().splitlines()[-1]) as archive:
            archive.extractall(scratch, filter="data")
        for source, name in ECHARTS_FILES.items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(Path(scratch) / "package" / source, target / name)
    compress(target / "echarts.min.js")
    write_checksums()


def compress(path: Path) -> None:
    """Write a gzip copy beside a file, the same bytes each time; WhiteNoise serves it to browsers that take it."""
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


def write_checksums() -> None:
    CHECKSUMS.write_text("".join(f"{digest}  {path}\n" for path, digest in checksums().items()))


if __name__ == "__main__":
    refresh()
    sys.stdout.write(CHECKSUMS.read_text())

"""The power goes while activities are saved: what was acknowledged is on the disk, and the database is whole.

The data folder lies on a disk of its own, a file behind a loop device that writes straight through; cloning that file is
what a power cut leaves: everything the disk had been told and had done, nothing that only lay in memory. Each clone is
mounted, as after a restart, and looked at.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from tongxin.config import archive
from tongxin.kernel.audit import chain
from tongxin.kernel.ledger import evidence

from .harness import Server
from .test_activities import savers, wait_for_work

CUTS = 60
SEED = 20261201
OUTER_MIB, INNER_MIB = 6_000, 400
NEEDED = ("mkfs.ext4", "losetup", "mount", "umount")


def run(*words: str) -> str:
    """Run a program of the system; skips where the machine does not let us have disks of our own."""
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"这台机器不许做小磁盘：{' '.join(words[:2])} {done.stderr.strip()[:200]}")
    return done.stdout.strip()


def blank(file: Path, mib: int) -> None:
    with file.open("wb") as out:
        out.truncate(mib * 2**20)


@contextmanager
def mounted(image: Path, at: Path) -> Iterator[None]:
    """Mount a disk image through a loop device that keeps nothing in memory by itself."""
    device = run("losetup", "--find", "--show", "--direct-io=on", str(image))
    try:
        at.mkdir(exist_ok=True)
        run("mount", device, str(at))
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", str(at)], check=False)
    finally:
        subprocess.run(["losetup", "--detach", device], check=False)


@contextmanager
def disk_that_can_be_cloned(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield (the data folder, the image behind it); the image lies where a file can be cloned at one moment."""
    kind = next((one for one in ("btrfs", "xfs") if shutil.which(f"mkfs.{one}")), None)
    if kind is None or not all(map(shutil.which, NEEDED)) or os.geteuid() != 0:
        pytest.skip("要有 mkfs.btrfs 或 mkfs.xfs，并能挂载磁盘，才能模拟断电")
    outer = folder / "outer.img"
    blank(outer, OUTER_MIB)
    run(f"mkfs.{kind}", "-q", str(outer))
    with ExitStack() as stack:
        stack.enter_context(mounted(outer, folder / "outer"))
        image = folder / "outer" / "disk.img"
        blank(image, INNER_MIB)
        run("mkfs.ext4", "-q", str(image))
        stack.enter_context(mounted(image, folder / "data"))
        yield folder / "data", image


def cut(image: Path, number: int) -> Path:
    """Return what the disk holds if the power goes now."""
    clone = image.with_name(f"cut-{number}.img")
    run("cp", "--reflink=always", str(image), str(clone))
    return clone


def after(clone: Path, at: Path, acknowledged: set[str]) -> int:
    """Start anew from a clone and compare it with what had been acknowledged; return how many entries it holds."""
    with mounted(clone, at):
        with closing(sqlite3.connect(at / "tongxin.sqlite3")) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []
            tokens = {token.split(":")[1] for (token,) in database.execute("SELECT token FROM entry")}
            assert acknowledged - tokens == set(), "acknowledged and lost"
            files = database.execute(
                "SELECT s.public_id, v.file FROM evidence v JOIN school s ON s.id = v.school_id"
            ).fetchall()
        for school, file in files:
            assert (at / "evidence" / school / file).read_bytes().startswith(evidence.SEALED), (
                "a photograph is not whole"
            )
        _count, breaks = chain.verify(archive.audit_rows(at / "tongxin.sqlite3"))
        assert breaks == []
        return len(tokens)


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="Windows 不能挂载一个小磁盘")
def test_activities_survive_a_power_cut(filled_once, tmp_path):
    filled, world = filled_once
    choice = random.Random(SEED)
    clones: list[tuple[Path, set[str]]] = []
    with disk_that_can_be_cloned(tmp_path) as (data, image):
        shutil.copytree(filled, data, dirs_exist_ok=True)
        os.sync()  # the copy itself, which nobody was told of, is not what is tested
        server = Server(data, TONGXIN_LEAST_FREE_MIB="20", TONGXIN_BALLAST_MIB="8")
        server.start()
        clients = savers(server, world)
        try:
            for client in clients:
                client.start()
            for number in range(CUTS):
                wait_for_work(clients)
                time.sleep(choice.uniform(0, 0.1))
                acknowledged = set().union(*(client.acknowledged for client in clients))
                clones.append((cut(image, number), acknowledged))
        finally:
            for client in clients:
                client.stopping.set()
            for client in clients:
                client.join(timeout=40)
            server.kill_everything()
        held = [after(clone, tmp_path / "after", acknowledged) for clone, acknowledged in clones]
    assert held[-1] > CUTS
    sys.stdout.write(f"{CUTS} power cuts, {held[-1]} activities at the last\n")

"""The lock files: every package pinned with its hashes, no address, and nothing asked for that they lack."""

import re

import pytest

from .tree import ROOT

LOCKS = ["requirements.txt", "requirements-dev.txt", "requirements-installer.txt"]
PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)")
ASKED = re.compile(r"^([A-Za-z0-9._-]+)")


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned(lock):
    """Return {package: version} of a lock; a package may stand twice with different versions of Python."""
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    return {normal(m[1]): m[2] for line in lines if (m := PINNED.match(line))}


def asked(source):
    """Return the packages that an .in file asks for, those of the files it includes too."""
    found = set()
    for line in (ROOT / source).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            found |= asked(line[3:].strip())
        elif match := ASKED.match(line):
            found.add(normal(match[1]))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_with_its_hashes(lock):
    blocks = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text(encoding="utf-8").strip())
    assert blocks
    loose = [b.split("\n")[0] for b in blocks if not PINNED.match(b) or "--hash=sha256:" not in b]
    assert loose == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_an_address_or_an_index(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"https?://|--index-url|--extra-index-url|--find-links|@ ", text)


@pytest.mark.parametrize("lock", LOCKS)
def test_whatever_is_asked_for_is_locked(lock):
    assert asked(lock.replace(".txt", ".in")) - set(pinned(lock)) == set()


def test_the_tests_run_on_the_products_own_versions():
    product, tests = pinned("requirements.txt"), pinned("requirements-dev.txt")
    assert {name: tests.get(name) for name in product} == product

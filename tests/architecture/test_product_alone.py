"""The product runs on its own lock: nothing it imports comes from what only the tests install."""

import subprocess
import sys
from importlib.metadata import packages_distributions

from .test_locks import normal, pinned
from .tree import ROOT, product_modules

# Start with the product's packages only: every other import fails as it would in a school.
PROGRAM = """
import importlib, sys

hidden = set({hidden!r})

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in hidden:
            raise ModuleNotFoundError("not in the product's lock: " + name, name=name)

sys.meta_path.insert(0, Hide())
import django
django.setup()
for name in {modules!r}:
    importlib.import_module(name)
"""


def test_every_module_of_the_product_imports_without_the_tests_packages(tmp_path):
    product = set(pinned("requirements.txt"))
    hidden = [
        name
        for name, owners in packages_distributions().items()
        if not {normal(owner) for owner in owners} & product
        and name not in sys.stdlib_module_names
        and name != "tongxin"
    ]
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path, _ in product_modules()
        if "testing" not in path.parts and "bench_" not in path.name and path.name != "settings_test.py"
    ]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(hidden=hidden, modules=modules)],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "tongxin.config.settings", "TONGXIN_DATA": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]

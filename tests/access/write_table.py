"""Print who can open what now, as the first draft of lines of expected.yaml and elsewhere.yaml. Review every line by hand.

Run as a test would: `pytest tests/access/write_table.py -s`.
"""

from __future__ import annotations

from collections import defaultdict

from tongxin.testing.cast import cast, today  # noqa: F401
from tongxin.testing.sealed import keys  # noqa: F401

from .test_matrix import METHODS, _enter, ask, cells, open_to, whole_world  # noqa: F401
from .things import ROLES


def test_print_the_tables(client, whole_world):  # noqa: F811
    _cast, people, own, far = whole_world
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for role in ROLES:
        _enter(client, people[role])
        for address, which, url in cells(own, far):
            for method in METHODS:
                answer, _text = ask(client, method, url)
                if open_to(answer, address) and (which == "own" or answer.status_code != 405):
                    found[which][address.name].append(role)
                    break
    for which, pages in found.items():
        print(f"{which}:")  # noqa: T201
        for name, roles in pages.items():
            print(f"  {name}: {' '.join(roles)}")  # noqa: T201

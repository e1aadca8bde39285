"""Print who can open what now, as the first draft of expected.yaml for a new address. Review every line by hand.

Run as a test would: `pytest tests/access/write_table.py -s`.
"""

from __future__ import annotations

from django.urls import reverse

from tongxin.testing.cast import cast, today  # noqa: F401
from tongxin.testing.sealed import keys  # noqa: F401

from .test_matrix import _enter, ask, open_to, walked, world  # noqa: F401
from .things import ROLES


def test_print_the_table(client, world):  # noqa: F811
    _cast, people, own, _other = world
    found: dict[str, list[str]] = {a.name: [] for a in walked()}
    for role in ROLES:
        _enter(client, people[role])
        for address in walked():
            answer, _text = ask(client, "get", reverse(address.name, kwargs=own.arguments(address)))
            if open_to(answer, address):
                found[address.name].append(role)
    for name, roles in found.items():
        print(f"{name}: {' '.join(roles)}")  # noqa: T201

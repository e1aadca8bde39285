"""Every address × every role × objects of the own and of another school, against a reviewed table.

expected.yaml says who may open what; it is a file of its own, so that a slip in the policy cannot hide itself.
A page that is there answers anything but 404 (or, when nobody is signed in, the way to the sign-in page).
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from django.db import transaction
from django.urls import reverse

from tongxin.testing.cast import cast, today  # noqa: F401

from .things import ROLES, Address, addresses, everybody, text_of, things_of

EXPECTED = yaml.safe_load(Path(__file__).with_name("expected.yaml").read_text(encoding="utf-8"))
METHODS = ("get", "post")
# Pages that end the session or answer nothing but a post of their own form are walked last.
ENDS_SESSION = ("setup:sign_out",)


def open_to(answer, address: Address) -> bool:
    """Say whether a page was there for this person."""
    if answer.status_code == 302 and answer.url.startswith(reverse("setup:sign_in")):
        return False
    return answer.status_code != 404


def ask(client, method: str, url: str):
    """Send a request whose effects are undone, so that each cell of the matrix meets the same school."""
    with transaction.atomic():
        answer = getattr(client, method)(url)
        text = text_of(answer)
        transaction.set_rollback(True)
    return answer, text


@pytest.fixture
def world(cast):  # noqa: F811
    return cast, everybody(cast), things_of(cast, "own"), things_of(cast, "other")


def walked() -> list[Address]:
    return [a for a in addresses() if a.name not in ENDS_SESSION and not a.name.startswith("ui:")]


def test_every_address_is_in_the_reviewed_table():
    names = {a.name for a in walked()}
    assert names - set(EXPECTED) == set()
    assert set(EXPECTED) - names == set()


def test_every_role_finds_exactly_what_the_table_says(client, world):
    cast_, people, own, _other = world
    deviations = []
    for role in ROLES:
        _enter(client, people[role])
        for address in walked():
            url = reverse(address.name, kwargs=own.arguments(address))
            for method in METHODS:
                answer, _text = ask(client, method, url)
                if answer.status_code >= 500:
                    deviations.append((role, method, address.name, answer.status_code))
                may = role in EXPECTED[address.name].split()
                if method == "get" and open_to(answer, address) != may:
                    deviations.append((role, method, address.name, "open" if not may else "closed"))
                if method == "post" and open_to(answer, address) and not may:
                    deviations.append((role, method, address.name, "open"))
    assert deviations == []
    assert cast_


def test_nobody_reaches_the_things_of_another_school(client, world):
    cast_, people, _own, other = world
    names = ("外校学生",)
    deviations = []
    for role in ROLES:
        if role in ("anonymous", "zhao"):
            continue
        _enter(client, people[role])
        for address in walked():
            arguments = other.arguments(address)
            url = reverse(address.name, kwargs=arguments)
            for method in METHODS:
                answer, text = ask(client, method, url)
                about = set(arguments) & {"public_id", "programme", "pk", "subject"}
                if about and open_to(answer, address):
                    deviations.append((role, method, address.name, "open"))
                if any(name in text for name in names):
                    deviations.append((role, method, address.name, "a name of the other school"))
    assert deviations == []
    assert cast_


def test_names_of_children_show_up_only_for_those_who_may_know_them(client, world):
    cast_, people, own, _other = world
    first = [s.name for s in cast_.students[1]]
    second = [s.name for s in cast_.students[2]]
    hidden = {
        "liu": second,
        "ma": first,
        "xu": first + second,
        "li": first + second,
        "zhou": first + second,
        "zhao": first + second,
        "security_admin": first + second,
        "audit_admin": first + second,
        "union_organiser": first + second,
        "department_head": first + second,
        "branch_organiser": first + second,
        "mentor": [*first, second[0], *second[2:]],
        "parent": [*first, *second[:5]],
        "pupil": [*first, *second[:4], second[5]],
        "left": first + second,
        "anonymous": first + second,
    }
    leaks = []
    for role, names in hidden.items():
        _enter(client, people[role])
        for address in walked():
            url = reverse(address.name, kwargs=own.arguments(address))
            for method in METHODS:
                _answer, text = ask(client, method, url)
                leaks += [(role, method, address.name, name) for name in names if name in text]
    assert leaks == []


def test_family_facts_are_not_named_to_those_who_get_figures(client, world):
    """A secretary knows every name, but not which child's home was visited."""
    cast_, people, own, _other = world
    student = own.student.name
    leaks = []
    for role in ("wang", "sun", "administrator", "deputy_secretary"):
        _enter(client, people[role])
        for address in walked():
            if not address.name.startswith(("desk:", "insight:")) or "people" in address.name:
                continue
            url = reverse(address.name, kwargs=own.arguments(address))
            _answer, text = ask(client, "get", url)
            if student in text:
                leaks.append((role, address.name))
    assert leaks == []
    assert cast_


def _enter(client, player) -> None:
    client.logout()
    client.raise_request_exception = False
    if player is not None:
        client.force_login(player.account)

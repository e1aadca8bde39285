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
from django.utils import timezone

from tongxin.kernel.access.middleware import PROVED, SCHOOL
from tongxin.testing.cast import cast, today  # noqa: F401
from tongxin.testing.sealed import keys  # noqa: F401

from .things import ROLES, Address, addresses, everybody, text_of, things_of

TABLE = yaml.safe_load(Path(__file__).with_name("expected.yaml").read_text(encoding="utf-8"))
EXPECTED = {
    page: " ".join(TABLE["GROUPS"].get(word, word) for word in who.split())
    for page, who in TABLE["PAGES"].items()
}
METHODS = ("get", "post")
# The bureau reads the reports that its schools handed in.
ACROSS_SCHOOLS = {"zhou": ("insight:submitted", "insight:submitted_file")}
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
def world(cast, keys):  # noqa: F811
    return cast, everybody(cast), things_of(cast, "own"), things_of(cast, "other")


def walked() -> list[Address]:
    return [a for a in addresses() if a.name not in ENDS_SESSION and not a.name.startswith("ui:")]


def test_every_address_is_in_the_reviewed_table():
    names = {a.name for a in walked()}
    assert names - set(EXPECTED) == set()
    assert set(EXPECTED) - names == set()


def hidden_names(cast_) -> dict[str, list[str]]:
    """Return the children's names that each role must never meet, whatever it opens."""
    first = [s.name for s in cast_.students[1]]
    second = [s.name for s in cast_.students[2]]
    nobody = (
        "xu",
        "li",
        "zhou",
        "zhao",
        "security_admin",
        "audit_admin",
        "union_organiser",
        "department_head",
    )
    nobody += ("branch_organiser", "left", "anonymous", "committee_member")
    return dict.fromkeys(nobody, first + second) | {
        "liu": second,
        "ma": first,
        "mentor": [*first, second[0], *second[2:]],
        "parent": [*first, *second[:5]],
        "pupil": [*first, *second[:4], second[5]],
        "peer": second,
    }


# The register and the choice of people in the log form show names and nothing about them; so does the choice of a class's
# peer supporters, and so do the pages on which somebody asks to see a child's record, or answers, holds and erases: what they copy stops at the register (K2).
NAMES_ONLY = (
    "setup:",
    "desk:record_kind",
    "network:room",
    "privacy:grant_ask",
    "privacy:opening",
    "privacy:request",
    "privacy:copy",
    "privacy:erase",
    "privacy:hold",
)
# Roles that know every name, but learn of family facts (here: whose home was visited) only as figures.
FIGURES_ONLY = ("wang", "sun", "administrator", "deputy_secretary", "care_leader")
# … but whoever works on cases knows whose they are.
WORKS_ON = {"care_leader": ("cases:",)}


def test_every_role_finds_what_the_table_says_and_no_name_beyond_its_reach(client, world):
    cast_, people, own, other = world
    hidden = hidden_names(cast_)
    deviations = []
    for role in ROLES:
        _enter(client, people[role])
        for address in walked():
            may = role in EXPECTED[address.name].split()
            for method in METHODS:
                answer, text = ask(client, method, reverse(address.name, kwargs=own.arguments(address)))
                found = open_to(answer, address)
                if answer.status_code >= 500:
                    deviations.append((role, method, address.name, answer.status_code))
                refused_method = method == "post" and answer.status_code == 405
                if (method == "get" and found != may) or (found and not may and not refused_method):
                    deviations.append((role, method, address.name, "open" if found else "closed"))
                names = [*hidden.get(role, ()), "外校学生"] if role != "zhao" else hidden[role]
                if (
                    role in FIGURES_ONLY
                    and method == "get"
                    and not address.name.startswith((*NAMES_ONLY, *WORKS_ON.get(role, ())))
                ):
                    names = [own.student.name]
                deviations += [(role, method, address.name, name) for name in names if name in text]
            deviations += elsewhere(client, role, address, other)
    assert not deviations, "\n".join(map(str, deviations))


def elsewhere(client, role: str, address: Address, other) -> list[tuple]:
    """Ask for the same page about a thing of the other school: it must look absent."""
    arguments = other.arguments(address)
    if role in ("anonymous", "zhao") or not set(arguments) & {
        "public_id",
        "programme",
        "pk",
        "subject",
        "matter",
        "robot",
    }:
        return []
    found = []
    for method in METHODS:
        answer, text = ask(client, method, reverse(address.name, kwargs=arguments))
        # A page that takes no such method says so before it looks for the thing.
        if (
            open_to(answer, address)
            and answer.status_code != 405
            and address.name not in ACROSS_SCHOOLS.get(role, ())
        ):
            found.append((role, method, address.name, "a thing of the other school"))
        if "外校学生" in text:
            found.append((role, method, address.name, "a name of the other school"))
    return found


def _enter(client, player) -> None:
    client.logout()
    client.raise_request_exception = False
    if player is not None:
        client.force_login(player.account)
        # Whoever has a second factor has just given it: the pages behind it are walked, not the one that asks for it.
        session = client.session
        session[SCHOOL] = player.school.pk
        session[PROVED] = [player.account.pk, int(timezone.now().timestamp())]
        session.save()

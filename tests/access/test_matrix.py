"""Every address × method × role × things of the own class, another class, another school, another bureau, of children
who graduated and who moved to another school, against reviewed tables.

expected.yaml says who may open what of the own class, elsewhere.yaml what of all others; they are files of their own, so
that a slip in the policy cannot hide itself. Every answer, files too, is searched for names it must not hold.
A page that is there answers anything but 404 (or, when nobody is signed in, the way to the sign-in page).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from tongxin.kernel.access.middleware import PROVED, SCHOOL
from tongxin.testing.cast import cast, today  # noqa: F401
from tongxin.testing.sealed import keys  # noqa: F401

from .things import (
    MARKERS,
    ROLES,
    WITHIN,
    Address,
    Things,
    addresses,
    everybody,
    text_of,
    things_of,
    things_within,
)

TABLE = yaml.safe_load(Path(__file__).with_name("expected.yaml").read_text(encoding="utf-8"))
EXPECTED = {
    page: " ".join(TABLE["GROUPS"].get(word, word) for word in who.split())
    for page, who in TABLE["PAGES"].items()
}
ELSEWHERE = yaml.safe_load(Path(__file__).with_name("elsewhere.yaml").read_text(encoding="utf-8"))
METHODS = ("get", "post")
# The roles walked here and those walked by test_matrix_other_roles: two files, so that two cores share the walk.
HALVES = (ROLES[::2], ROLES[1::2])
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
    return cast, everybody(cast), things_of(cast, "own"), things_of(cast, "other school")


@pytest.fixture
def whole_world(transactional_db, cast, keys):  # noqa: F811
    """(cast, people, things of the own class, {relation: things}); committed, so that undoing a cell costs little.

    Verdicts are worked out in temporary tables: in a transaction that has made one, SQLite reads its whole schema anew
    after every savepoint that is undone.
    """
    people, own = everybody(cast), things_of(cast, "own")
    far = {which: things_of(cast, which) for which in ("other school", "other bureau")}
    return cast, people, own, far | {which: things_within(cast, own, which) for which in WITHIN}


def walked() -> list[Address]:
    return [a for a in addresses() if a.name not in ENDS_SESSION and not a.name.startswith("ui:")]


def test_every_address_is_in_the_reviewed_table():
    names = {a.name for a in walked()}
    assert names - set(EXPECTED) == set()
    assert set(EXPECTED) - names == set()
    assert set(ELSEWHERE) == set(MARKERS)
    assert {name for pages in ELSEWHERE.values() for name in pages} - names == set()


def hidden_names(cast_) -> dict[str, list[str]]:
    """Return the children's names that each role must never meet, whatever it opens."""
    left = [MARKERS["archived"], MARKERS["transferred"]]
    first = [*(s.name for s in cast_.students[1]), *left]
    second = [*(s.name for s in cast_.students[2]), MARKERS["other class"]]
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
        # What a class teacher did for a child who has left stays in the teacher's own log.
        "liu": second,
        "ma": first,
        "mentor": [*first, second[0], *second[2:]],
        "parent": [*first, *second[:5], *second[6:]],
        "pupil": [*first, *second[:4], *second[5:]],
        "peer": [*second, *left],
    }


# The register and the choice of people in the log form show names and nothing about them; so does the choice of a class's
# peer supporters, and so do the pages on which somebody asks to see a child's record, or answers, holds and erases: what they copy stops at the register (K2).
NAMES_ONLY = (
    "setup:",
    "desk:record_kind",
    "network:room",
    "teams:contest_enter",
    "teams:contest_coverage",
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


def names_not_to_meet(
    hidden: dict[str, list[str]], own: Things, role: str, method: str, name: str
) -> list[str]:
    """Return the names that must not be in what a role gets from a page."""
    if role == "zhao":
        # The child that moved is in zhao's class now.
        return [one for one in hidden[role] if one != MARKERS["transferred"]]
    far = [MARKERS["other school"], MARKERS["other bureau"]]
    names_only = name.startswith((*NAMES_ONLY, *WORKS_ON.get(role, ())))
    if role in FIGURES_ONLY and method == "get" and not names_only:
        return [own.student.name, *(MARKERS[which] for which in WITHIN), *far]
    return [*hidden.get(role, ()), *far]


def roles_of(who: str) -> set[str]:
    return {role for word in who.split() for role in TABLE["GROUPS"].get(word, word).split()}


def may_find(which: str, role: str, name: str) -> bool:
    """Say whether a role finds a page about a thing of a relation, as the reviewed tables tell it."""
    told = EXPECTED[name] if which == "own" else ELSEWHERE[which].get(name, "")
    return role in roles_of(told)


def cells(own: Things, far: dict[str, Things]) -> Iterator[tuple[Address, str, str]]:
    """Yield (address, relation, url): each address about the own class, then about each thing that lies elsewhere."""
    for address in walked():
        seen = {reverse(address.name, kwargs=own.arguments(address))}
        yield address, "own", next(iter(seen))
        for which, things in far.items():
            url = reverse(address.name, kwargs=things.arguments(address))
            if url not in seen:
                yield address, which, url


def test_every_role_finds_what_the_tables_say_and_no_name_beyond_its_reach(client, whole_world):
    assert sorted(role for half in HALVES for role in half) == sorted(ROLES)
    walk(client, whole_world, HALVES[0])


def walk(client, whole_world, roles: Sequence[str]) -> None:
    """Ask for every cell of some roles; fails with every deviation from the tables and every name that must not be met."""
    cast_, people, own, far = whole_world
    hidden = hidden_names(cast_)
    all_cells = list(cells(own, far))
    deviations: list[tuple] = []
    reached: set[tuple[str, str, str]] = set()
    asked, began, clock = 0, time.process_time(), time.perf_counter()
    for role in roles:
        _enter(client, people[role])
        for address, which, url in all_cells:
            may = may_find(which, role, address.name)
            for method in METHODS:
                answer, text = ask(client, method, url)
                asked += 1
                found, cell = open_to(answer, address), (role, method, address.name, which)
                if answer.status_code >= 500:
                    deviations.append((*cell, answer.status_code))
                # A page that takes no such method says so before it looks for the thing.
                refused_method = answer.status_code == 405 and (method == "post" or which != "own")
                if found and not refused_method and (method == "get" or which != "own"):
                    reached.add((role, address.name, which))
                if found and not may and not refused_method:
                    deviations.append((*cell, "open"))
                names = names_not_to_meet(hidden, own, role, method, address.name)
                deviations += [(*cell, name) for name in names if name in text]
            if may and (role, address.name, which) not in reached:
                deviations.append((role, address.name, which, "closed"))
    spent, passed = time.process_time() - began, time.perf_counter() - clock
    print(f"{asked} cells, {asked / spent:.0f} a second of CPU, {asked / passed:.0f} by the clock")  # noqa: T201
    assert {which for _address, which, _url in all_cells} == {"own", *MARKERS}
    assert not deviations, "\n".join(map(str, deviations))


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

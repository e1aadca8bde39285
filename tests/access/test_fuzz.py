"""Requests nobody's browser would send: every answer is a page, a file or a sentence, never an error of ours.

Seeded, so a failure comes again; each request is undone. The forms of a page are filled with odd values in the fields it
really has.
"""

from __future__ import annotations

import random
import re
from urllib.parse import quote

import pytest
from django.db import transaction
from django.urls import reverse

from tongxin.testing.cast import cast, today  # noqa: F401
from tongxin.testing.sealed import keys  # noqa: F401

from .test_matrix import _enter, walked, whole_world  # noqa: F401
from .things import text_of

REQUESTS, REQUESTS_LONG = 1_000, 10_000
SEED = 20261201
ROLES = (
    "anonymous",
    "wang",
    "chen",
    "liu",
    "sun",
    "guo",
    "zhou",
    "parent",
    "pupil",
    "audit_admin",
    "care_leader",
)
MARK = "<script>xyzzy()</script>"
ODD = (
    "", " ", "\x00", "\x00abc", "0", "-1", "999999999999999999999999", "1e999", "NaN", "1.5", "٣", "②",
    "0000-00-00", "9999-12-31", "10000-01-01", "2026-02-30", "2026-13-01", "25:61", "true", "null", "None", "[]", "{}",
    '{"a": [1, {"b": null}]}', "'; DROP TABLE subject; --", "%", "_", "\\", "../../etc/passwd", "a" * 20_000, "长" * 3_000,
    "\u202e反", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "\r\nSet-Cookie: a=b", MARK, '" autofocus onfocus="x',
    "{{ 7|add:7 }}", "{% include 'x' %}", "=1+1", "@", "\u0000\ufeff", "١٢٣", "1,2,3", "a=b&c=d", "http://example.invalid/",
)  # fmt: skip
COMMON = (
    "q",
    "page",
    "after",
    "before",
    "sort",
    "day",
    "from",
    "to",
    "show",
    "kind",
    "once",
    "next",
    "format",
    "student",
)
METHODS = ("get",) * 4 + ("post",) * 7 + ("put", "delete", "head", "options", "patch")


class Fuzzer:
    """Makes and sends one odd request after another. draw: the source of chance."""

    def __init__(self, client, people, things, draw: random.Random) -> None:
        self.client, self.people, self.things, self.draw = client, people, things, draw
        self.addresses = walked()
        self.fields: dict[tuple[str, str], list[str]] = {}
        self.role = ""

    def enter(self) -> None:
        self.role = self.draw.choice(ROLES)
        _enter(self.client, self.people[self.role])

    def value(self) -> str:
        return self.draw.choice(ODD)

    def address(self) -> tuple[str, str]:
        """Return (name, path): mostly of things there are, at times with odd values in the path."""
        address = self.draw.choice(self.addresses)
        known = self.things.arguments(address)
        path = reverse(address.name, kwargs=known)
        if known and self.draw.random() < 0.25:
            for value in known.values():
                odd = quote(
                    self.draw.choice(
                        ("0", "-1", "x", "9" * 30, "%00", "字", "..", "a b", "%ff", "none", "new")
                    )
                )
                path = path.replace(f"/{value}/", f"/{odd}/")
        return address.name, path

    def names(self, page: str, path: str) -> list[str]:
        """Return the names of the fields a page has for this role, and some that pages often read."""
        key = (self.role, page)
        if key not in self.fields:
            answer = self.client.get(path)
            text = text_of(answer) if answer.status_code == 200 else ""
            self.fields[key] = sorted(
                set(re.findall(r'\sname="([^"]{1,60})"', text)) - {"csrfmiddlewaretoken"}
            )
        return [*self.fields[key], *self.draw.sample(COMMON, 3)]

    def one(self) -> tuple[str, int, str]:
        """Send a request; return (what was sent, status, the text of the answer)."""
        name, path = self.address()
        method = self.draw.choice(METHODS)
        data = {}
        for field in self.names(name, path):
            if self.draw.random() < 0.6:
                many = self.draw.random() < 0.1
                data[field] = [self.value(), self.value()] if many else self.value()
        headers = (
            {"HX-Request": "true", "HX-Target": self.value()[:40].strip() or "x"}
            if self.draw.random() < 0.2
            else {}
        )
        headers = {key: value for key, value in headers.items() if value.isprintable()}
        said = f"{self.role} {method} {path} { ({k: str(v)[:60] for k, v in data.items()}) }"
        if method in ("get", "post", "head"):
            answer = getattr(self.client, method)(path, data, headers=headers)
        else:
            body = self.draw.choice((b"", b"\xff\xfe", b"{", b"a=b", b"[1]"))
            kinds = (
                "application/json",
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data",
            )
            answer = self.client.generic(method.upper(), path, body, content_type=self.draw.choice(kinds))
        return said, answer.status_code, text_of(answer)


def fuzz(client, world, requests: int) -> None:
    _cast, people, own, _far = world
    draw = random.Random(SEED)
    fuzzer = Fuzzer(client, people, own, draw)
    failed = []
    for number in range(requests):
        if number % 100 == 0:
            fuzzer.enter()
        with transaction.atomic():
            said, status, text = fuzzer.one()
            transaction.set_rollback(True)
        if status >= 500:
            failed.append(f"{status} {said}")
        if MARK in text:
            failed.append(f"unescaped {said}")
    assert not failed, "\n".join(failed)


def test_a_thousand_odd_requests_are_answered(client, whole_world):  # noqa: F811
    fuzz(client, whole_world, REQUESTS)


@pytest.mark.long
def test_ten_thousand_odd_requests_are_answered(client, whole_world):  # noqa: F811
    fuzz(client, whole_world, REQUESTS_LONG)

"""The audit record speaks the users' language: every code that is written has its words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.urls import reverse

from tongxin.kernel.people import services as people
from tongxin.modules.privacy.record import TYPES, about_words
from tongxin.modules.privacy.record_words import ACTIONS

SOURCES = Path(__file__).resolve().parents[3]
# Whoever writes a row hands its code to one of these.
WRITERS = {"write", "write_each", "note", "_note"}
CODE = re.compile(r"[a-z_]+\.[a-z_]+")


def codes_of(tree: ast.Module) -> Iterator[str]:
    """Yield the codes that a file hands to the audit record; of a code put together, what it begins with and "*"."""
    named: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target, value in _each(node.targets[0], node.value):
                named |= {target.id: value} if isinstance(target, ast.Name) else {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _name(node.func) not in WRITERS:
            continue
        for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
            known = named.get(argument.id, argument) if isinstance(argument, ast.Name) else argument
            yield from _texts(known)


def _each(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        yield from zip(target.elts, value.elts, strict=True)
    else:
        yield target, value


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        first = node.values[0]
        if isinstance(first, ast.Constant) and re.fullmatch(r"[a-z_]+\.[a-z_]*", str(first.value)):
            yield f"{first.value}*"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def written_codes() -> set[str]:
    found: set[str] = set()
    for path in SOURCES.rglob("*.py"):
        if not {"tests", "migrations"} & set(path.parts):
            found |= set(codes_of(ast.parse(path.read_text(encoding="utf-8"))))
    return found


def test_every_code_of_the_audit_record_has_words():
    written = written_codes()
    assert {"ledger.entry_read", "sealed.read", "signal.raised", "cases.exported"} <= written
    whole = {code for code in written if not code.endswith("*")}
    begun = {code.removesuffix("*") for code in written - whole}
    assert whole - set(ACTIONS) == set()
    assert {start for start in begun if not any(code.startswith(start) for code in ACTIONS)} == set()


def test_codes_are_found_however_they_are_handed_on():
    source = """
A, B = "rooms.one", "rooms.two"
audit.write(viewer, A)
audit.write_each(viewer, "rooms.three" if x else "rooms.four", about)
outgoing.note(viewer, f"rooms.exported_{what}", school_id=1)
other.call("rooms.five")
"""
    assert set(codes_of(ast.parse(source))) == {"rooms.one", "rooms.three", "rooms.four", "rooms.exported_*"}


def test_the_audit_page_says_what_was_done(client, cast, today):
    people.appoint(cast.xu.subject, "audit_admin", people.school_subject(cast.school), since=today)
    people.depart(cast.ma.subject, today, by=cast.wang.account)
    cast.sign_in(client, cast.xu)
    page = client.get(reverse("privacy:audit")).content.decode()
    assert "办理离校" in page
    assert "people.departed" not in page


# What no row of the record is about.
SILENT = {
    "audit_row", "audit_head", "heartbeat", "acknowledgement", "delivery", "delivery_item", "participation",
    "import_mapping", "sign_in_failure",
}  # fmt: skip


def test_whatever_a_row_may_be_about_is_said_in_words():
    tables = {
        model._meta.db_table for model in apps.get_models() if model.__module__.startswith("tongxin.")
    } - SILENT
    assert sorted(tables - TYPES.keys()) == []
    assert about_words("made_up_later", "7") == "一条记录 7"

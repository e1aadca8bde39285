"""Imports and foreign keys point down."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from .tree import ROOT

FLOORS = ["methods", "ui", "kernel", "exchange", "modules", "insight", "demo", "config"]
KERNEL = [
    "base",
    "audit",
    "people",
    "calendar",
    "access",
    "consent",
    "programmes",
    "ledger",
    "obligations",
    "signals",
    "solving",
]

# Which room's tables may point to which room's: a new line here is a decision, not a formality.
ALLOWED = {
    "people": {"base"},
    "calendar": {"base"},
    "access": {"base", "people"},
    "consent": {"base"},
    "programmes": {"base", "calendar"},
    "ledger": {"base", "programmes"},
    "obligations": {"base", "programmes", "ledger"},
    "signals": {"base"},
    "solving": {"base"},
    "exchange": {"base", "people"},
    "setup": {"base", "people"},
    "desk": {"base", "people", "programmes", "ledger", "obligations"},
    "authoring": {"base", "programmes"},
    "screening": {"base"},
    "cases": {"base", "signals"},
    "network": {"base"},
    "home_visits": {"base"},
    "mentoring": {"base"},
    "rounds": {"base"},
    "privacy": {"base"},
    "teams": {"base", "ledger"},
    "insight": {"base", "programmes"},
}


def test_imports_point_down_and_rooms_do_not_import_each_other():
    program = Path(sys.executable).parent / "lint-imports"
    command = [str(program if program.exists() else shutil.which("lint-imports"))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def our_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("tongxin.")]


def height(model: type[models.Model]) -> tuple[int, int]:
    """Return how high a model's room lies: its floor, and its place inside the kernel."""
    _, floor, *rest = model.__module__.split(".")
    return FLOORS.index(floor), KERNEL.index(rest[0]) if floor == "kernel" else 0


def keys() -> list[tuple[models.Field, type[models.Model], type[models.Model]]]:
    """Return every foreign key of ours with its own model and the one it points to."""
    return [
        (field, model, field.related_model)
        for model in our_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
    ]


def test_foreign_keys_point_down_and_only_where_the_list_allows():
    wrong = []
    for field, model, target in keys():
        own, other = model._meta.app_label, target._meta.app_label
        if own == other or not target.__module__.startswith("tongxin."):
            continue
        if height(target) >= height(model) or other not in ALLOWED.get(own, set()):
            wrong.append(f"{model.__name__}.{field.name} → {target.__name__}")
    assert wrong == []


def test_audit_rows_have_no_foreign_keys_so_that_nothing_erases_them():
    assert [field for field, model, _ in keys() if model._meta.app_label == "audit"] == []


SCHOOL_LESS = {
    "School",
    "Account",
    "SignInFailure",
    "SecondFactor",
    "RecoveryCode",
    "AuditHead",
    "Heartbeat",
    "AuditRow",
}


def test_every_row_knows_its_school():
    """A table without a school of its own must hang on one that has it, by a key that cannot be empty."""
    known = {model for model in our_models() if model.__name__ in SCHOOL_LESS or has_school(model)}
    while found := {model for model in set(our_models()) - known if hangs_on(model, known)}:
        known |= found
    assert {model.__name__ for model in set(our_models()) - known} == set()


def has_school(model: type[models.Model]) -> bool:
    return any(field.name == "school" for field in model._meta.get_fields())


def hangs_on(model: type[models.Model], known: set) -> bool:
    fields = [f for f in model._meta.get_fields() if isinstance(f, models.ForeignKey) and not f.null]
    return any(field.related_model in known and field.related_model.__name__ != "Account" for field in fields)


def test_no_audited_table_is_erased_by_the_database_behind_our_back():
    by_database = [
        f"{model.__name__}.{field.name}"
        for field, model, _ in keys()
        if isinstance(field, models.ForeignKey)
        and getattr(field.remote_field.on_delete, "__name__", str(field.remote_field.on_delete)).startswith(
            "DB_"
        )
    ]
    assert by_database == []


@pytest.mark.django_db
def test_the_models_and_the_migrations_agree():
    from django.core.management import call_command

    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_migrations_say_in_their_name_what_they_change():
    unnamed = [p for p in (ROOT / "tongxin").rglob("migrations/[0-9]*.py") if "_auto_" in p.name]
    assert unnamed == []

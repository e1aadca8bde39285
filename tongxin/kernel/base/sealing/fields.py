"""Model fields that lie sealed, and the blind index beside them.

A value is sealed when its row is saved (save, bulk_create) and opened when the attribute is read. The classes K4 and K5
open only through `kernel.access.reading.opened`, which writes the audit row first. `values()` gives Sealed bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from django.core import checks
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils import timezone

from .cipher import Blinder, Place, Sealed, Sealer, open_sealed, seal
from .store import Scope

OWN_KEY = ("K4d", "K5")  # each child has a key of its own, so that one child's notes can be erased
_CLASS = re.compile(r"K[0-5][a-e]?|KT|KA|KS")
_BETWEEN, _COUNTRY = re.compile(r"[\s\-－—()（）]"), re.compile(r"^(\+86|0086)")
FIRST_MONTH = 8  # a school year is named after the year in which it begins; newcomers arrive in August


class NotOpened(RuntimeError):
    """A K4 or K5 value was read without `opened(viewer, rows, purpose)`: nobody would know who looked."""


def guarded_class(data_class: str) -> bool:
    """Say whether every read of this class must be on record."""
    return data_class.startswith(("K4", "K5"))


def school_year_of(day: date) -> int:
    return day.year if day.month >= FIRST_MONTH else day.year - 1


class SealedAttribute(DeferredAttribute):
    """Opens the value of its row on first access and keeps it in the row's memory only."""

    field: SealedField

    def __get__(self, instance, cls=None):
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            if guarded_class(self.field.class_of(instance)):
                raise NotOpened(f"{instance._meta.db_table}.{self.field.column}")
            value = instance.__dict__[self.field.attname] = self.field.unsealed(instance, value)
        return self.field.empty if value is None else value

    def __set__(self, instance, value):
        instance.__dict__[self.field.attname] = value


class SealedField(models.BinaryField):
    """Base of the sealed fields.

    data_class: the class of data, or the name of the attribute that says it for each row ("@data_class").
    row: attributes that name the row; they must be set before it is saved and never change (a random id, a parent's key).
    school: attribute of the school's id; "" for what belongs to the installation. year: attribute of a day that says
    the school year of the key, "now" for the day of writing, "" for none. subject: attribute of the child's id,
    needed for K4 and K5, whose reads are noted under the child.
    """

    # What the type checker takes an attribute for (see django-stubs).
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any
    descriptor_class = SealedAttribute
    empty: Any = None

    def __init__(
        self, *args, data_class: str, row: str | tuple[str, ...] = "public_id", school: str = "school_id",
        year: str = "", subject: str = "", **kwargs,
    ):  # fmt: skip
        self.data_class, self.school, self.year, self.subject = data_class, school, year, subject
        self.row = (row,) if isinstance(row, str) else tuple(row)
        kwargs |= {"null": True, "blank": True, "default": None}
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        for each in ("null", "blank", "default"):
            kwargs.pop(each, None)
        kwargs |= {"data_class": self.data_class, "row": self.row, "school": self.school}
        kwargs |= {"year": self.year, "subject": self.subject}
        return name, path, args, kwargs

    def check(self, **kwargs):
        found = super().check(**kwargs)
        if not self.data_class.startswith("@"):
            if not _CLASS.fullmatch(self.data_class):
                found.append(
                    checks.Error(f"unknown data class {self.data_class}", obj=self, id="sealing.E001")
                )
            elif guarded_class(self.data_class) and not self.subject:
                found.append(
                    checks.Error("K4 and K5 need the child they are about", obj=self, id="sealing.E002")
                )
        return found

    # ------------------------------------------------------------ what a row says about its key

    def class_of(self, instance) -> str:
        return getattr(instance, self.data_class[1:]) if self.data_class.startswith("@") else self.data_class

    def scope(self, instance) -> Scope:
        data_class = self.class_of(instance)
        own = data_class in OWN_KEY
        return Scope(
            school=getattr(instance, self.school) or 0 if self.school else 0,
            data_class=data_class,
            year=0 if own else self._year(instance),
            subject=getattr(instance, self.subject) if own else 0,
        )

    def _year(self, instance) -> int:
        if not self.year:
            return 0
        return school_year_of(timezone.localdate() if self.year == "now" else getattr(instance, self.year))

    def place(self, instance) -> Place:
        return self.place_of(*(getattr(instance, name) for name in self.row))

    def place_of(self, *row) -> Place:
        """Return the place of a row named by the values of its `row` attributes."""
        if any(part in (None, "") for part in row):
            raise ValueError(f"{self.model._meta.db_table}.{self.column}: the row has no {self.row} yet")
        return Place(self.model._meta.db_table, str(self.column), "|".join(map(str, row)))

    # ------------------------------------------------------------ to and from the database

    def to_bytes(self, value) -> bytes:
        return str(value).encode()

    def from_bytes(self, plain: bytes):
        return plain.decode()

    def is_empty(self, value) -> bool:
        return value is None or value == ""

    def sealed(self, instance, value) -> Sealed:
        return seal(self.to_bytes(value), self.scope(instance), self.place(instance))

    def unsealed(self, instance, value: Sealed):
        return self.from_bytes(open_sealed(value, self.place(instance)))

    def read(self, value, *row):
        """Open what `values()` gave, for lists; the row is named by its `row` attributes. Not for K4 and K5."""
        if guarded_class(self.data_class) or self.data_class.startswith("@"):
            raise NotOpened(f"{self.model._meta.db_table}.{self.column}")
        return self.empty if value is None else self.from_bytes(open_sealed(value, self.place_of(*row)))

    def sealer(self, school_id: int) -> Callable[..., Sealed | None]:
        """Return what seals (value, *row) for a batch of rows of a school that are written without their objects.

        For fields without year and own class only. The key is looked up, or made, with the first value.
        """
        assert not self.year
        assert not self.data_class.startswith("@")
        assert self.data_class not in OWN_KEY
        made: Sealer | None = None

        def seal_one(value: Any, *row: Any) -> Sealed | None:
            nonlocal made
            if self.is_empty(value):
                return None
            place = self.place_of(*row)
            if made is None:
                made = Sealer(Scope(school_id, self.data_class), place.table, place.column)
            return made.seal(self.to_bytes(value), place.row)

        return seal_one

    def storing(self) -> Callable[[Any], Sealed | None]:
        """Return what gives the value of each row of a batch as the column holds it; a key is looked up once."""
        sealers: dict[Scope, Sealer] = {}

        def store(row: Any) -> Sealed | None:
            value = row.__dict__.get(self.attname)
            if isinstance(value, Sealed):
                return value
            if self.is_empty(value):
                return None
            scope, place = self.scope(row), self.place(row)
            sealer = sealers.get(scope)
            if sealer is None:
                sealer = sealers[scope] = Sealer(scope, place.table, place.column)
            return sealer.seal(self.to_bytes(value), place.row)

        return store

    def pre_save(self, model_instance, add):
        return self.storing()(model_instance)

    def from_db_value(self, value, expression, connection):
        return None if value is None else Sealed(value)

    def get_prep_value(self, value):
        if value is not None and not isinstance(value, Sealed):
            raise TypeError(
                f"{self.name} lies sealed: write it with save() or bulk_create(), find it by its blind index"
            )
        return value

    def get_db_prep_value(self, value, connection, prepared=False):
        value = self.get_prep_value(value)
        return None if value is None else connection.Database.Binary(bytes(value))

    def to_python(self, value):
        return value

    def value_to_string(self, obj):
        raise TypeError(f"{self.name} lies sealed and is not written out")


class SealedTextField(SealedField):
    """Text that lies sealed; "" is stored as nothing."""

    empty = ""


_as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode


class SealedJSONField(SealedField):
    """Lists, dicts, numbers that lie sealed; None is stored as nothing."""

    def to_bytes(self, value) -> bytes:
        return _as_json(value).encode()

    def from_bytes(self, plain: bytes):
        return json.loads(plain)

    def is_empty(self, value) -> bool:
        return value is None


class BlindIndexField(models.CharField):
    """The blind index of a sealed field of the same row: exact search, equal values equal within a school only."""

    def __init__(self, *args, source: str, school: str = "school_id", **kwargs):
        self.source, self.school = source, school
        kwargs |= {"max_length": 32, "blank": True, "default": "", "editable": False}
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        for each in ("max_length", "blank", "default", "editable"):
            kwargs.pop(each, None)
        return name, path, args, kwargs | {"source": self.source, "school": self.school}

    def index_of(self, school_id: int, text: str) -> str:
        """Return what to look for."""
        return self.indexer(school_id)(text)

    def indexer(self, school_id: int) -> Callable[[str], str]:
        """Return what gives the index of each value of a batch of rows of a school; "" for nothing."""
        made: Blinder | None = None

        def index_one(text: str) -> str:
            nonlocal made
            plain = normal(text)
            if not plain:
                return ""
            if made is None:
                made = Blinder(school_id, self.source)
            return made.blind(plain)

        return index_one

    def pre_save(self, model_instance, add):
        value = model_instance.__dict__.get(self.source)
        if not isinstance(value, Sealed):  # sealed: read from the database and not changed
            found = self.index_of(getattr(model_instance, self.school), value or "")
            setattr(model_instance, self.attname, found)
        return super().pre_save(model_instance, add)


def normal(text: str) -> str:
    """Return a number as it is compared: no spaces or dashes, capitals, no +86."""
    if not (text.isascii() and text.isalnum()):
        text = _BETWEEN.sub("", text)
    return _COUNTRY.sub("", text).upper()


def sealed_fields(model: type[models.Model]) -> list[SealedField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, SealedField)]


def guarded_fields(model: type[models.Model]) -> list[SealedField]:
    """Return the fields of a model whose reads must be on record."""
    return [
        f for f in sealed_fields(model) if not f.data_class.startswith("@") and guarded_class(f.data_class)
    ]


def unseal(row: models.Model, fields: list[SealedField]) -> None:
    """Open guarded values of a row in its memory. Only kernel.access.reading calls this, after the audit row."""
    for field in fields:
        value = row.__dict__.get(field.attname)
        if isinstance(value, Sealed):
            row.__dict__[field.attname] = field.unsealed(row, value)


def columns_of(model: type[models.Model], names: Iterable[str]) -> list[str]:
    """Return the names with the blind indexes that belong to them, for `save(update_fields=…)`."""
    wanted = list(names)
    indexes = [
        f for f in model._meta.concrete_fields if isinstance(f, BlindIndexField) and f.source in wanted
    ]
    return wanted + [field.name for field in indexes]

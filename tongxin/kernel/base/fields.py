"""Days and instants as integers in the database, dates and datetimes in Python.

The set-based evaluator compares integers only, so the same SQL runs on every engine; "no end" is a
value and never NULL, so no comparison needs an OR.
"""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta

from django.core import exceptions
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _

ALWAYS = date.min  # day 1: "from always"
NO_END = date.max  # day 3652059: "no last day"
FOREVER = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_microseconds(moment: datetime) -> int:
    """Return an aware moment as whole microseconds since 1970-01-01 UTC (exact, no floats)."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


def new_public_id() -> str:
    """Return 128 random bits as 22 URL-safe characters, for paths."""
    return secrets.token_urlsafe(16)


class DayField(models.Field):
    """A calendar day, stored as its proleptic ordinal (`date.toordinal()`)."""

    description = _("日期")
    default_error_messages = {"invalid": _("请填写正确的日期，例如 2026-09-01。")}

    def get_internal_type(self) -> str:
        return "IntegerField"

    def from_db_value(self, value, expression, connection):
        return None if value is None else date.fromordinal(value)

    def to_python(self, value):
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        if isinstance(value, datetime):
            return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
        if isinstance(value, int):
            return date.fromordinal(value)
        try:
            day = parse_date(str(value))
        except ValueError:
            day = None
        if day is None:
            raise exceptions.ValidationError(self.error_messages["invalid"], code="invalid")
        return day

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        day = self.to_python(value)
        return None if day is None else day.toordinal()

    def value_to_string(self, obj):
        value = self.value_from_object(obj)
        return "" if value is None else value.isoformat()  # type: ignore[attr-defined]

    def formfield(self, **kwargs):
        from django import forms

        return super().formfield(form_class=forms.DateField, **kwargs)


class InstantField(models.Field):
    """A moment in time, stored as microseconds since 1970-01-01 UTC."""

    description = _("时刻")

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def from_db_value(self, value, expression, connection):
        return None if value is None else from_microseconds(value)

    def to_python(self, value):
        if isinstance(value, int):
            return from_microseconds(value)
        return value

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        if value is None or isinstance(value, int):
            return value
        if timezone.is_naive(value):
            raise ValueError("InstantField needs an aware datetime")
        return to_microseconds(value)

    def value_to_string(self, obj):
        value = self.value_from_object(obj)
        return "" if value is None else value.isoformat()  # type: ignore[attr-defined]


class SupersedingQuerySet(models.QuerySet):
    """Rows that are never overwritten: a correction is a new row, the old one gets `superseded_at`."""

    def current(self):
        return self.filter(superseded_at=FOREVER)

    def as_known_at(self, moment: datetime | None):
        """Rows as they stood at a moment; None means now."""
        if moment is None:
            return self.current()
        return self.filter(recorded_at__lte=moment, superseded_at__gt=moment)


class Superseding(models.Model):
    """Mixin: when a row was written down and when another row (or a withdrawal) took its place."""

    recorded_at = InstantField(default=timezone.now, editable=False)
    superseded_at = InstantField(default=FOREVER, editable=False)

    class Meta:
        abstract = True

    @property
    def is_current(self) -> bool:
        return self.superseded_at == FOREVER


class Dated(models.Model):
    """Mixin: the first and last day on which a row holds, both included."""

    valid_from = DayField(default=ALWAYS)
    valid_to = DayField(default=NO_END)

    class Meta:
        abstract = True

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to

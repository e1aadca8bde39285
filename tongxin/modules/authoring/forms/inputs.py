"""The fields that the forms of a rule are made of."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _

from .. import labels

NOTHING = [("", "—")]


def rows(filled: int, most: int) -> int:
    """How many rows to show: what is filled in and one more, up to a number that only a written rule goes beyond."""
    return max(filled, min(filled + 1, most))


def text(
    label: str, initial: str, *, required: bool = False, most: int = 60, help_text: str = ""
) -> forms.CharField:
    return forms.CharField(
        label=label, initial=initial, required=required, max_length=most, help_text=help_text,
        error_messages={"required": _("请填写%(what)s。") % {"what": label}},
    )  # fmt: skip


def number_text(label: str, initial: str, help_text: str = "") -> forms.CharField:
    """A whole number, which may be negative, as a text: what else is typed gets the sentence of the parser."""
    return forms.CharField(
        label=label, initial=initial, required=False, max_length=8, help_text=help_text,
        widget=forms.TextInput(attrs={"size": 6}),
    )  # fmt: skip


def choice(label: str, choices: labels.Choices, initial: str, own: str = "") -> forms.ChoiceField:
    """own: what the rule says now, which stays on offer even where the list has no word for it."""
    if own and own not in dict(choices):
        choices = [*choices, (own, own)]
    return forms.ChoiceField(
        label=label, choices=choices, initial=initial, required=False,
        error_messages={"invalid_choice": _("请从列表里选。")},
    )  # fmt: skip


def day(label: str, initial: str) -> forms.DateField:
    return forms.DateField(
        label=label, initial=initial, required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": _("请填写正确的日期。")},
    )  # fmt: skip

"""Form widgets that browsers understand in every language."""

from typing import Any

from django import forms


class DayInput(forms.DateInput):
    """A native day picker. Its value is always YYYY-MM-DD; the browser shows it in the reader's own way."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    """A native time picker, HH:MM."""

    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs=attrs, format="%H:%M")

"""A school that joins a bureau works with the bureau's programmes from its first day."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from tongxin.kernel.base.models import School

from .queries import active_programmes
from .services import hand_down


def on_new_school(sender: type[School], instance: School, created: bool, **kwargs: Any) -> None:
    """Hand the programmes of whoever stands above down to a school that was just made."""
    if not created or instance.parent is None:
        return
    for programme in active_programmes(instance.parent, timezone.localdate()):
        hand_down(programme, [instance], by=None)

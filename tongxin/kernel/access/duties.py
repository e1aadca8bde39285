"""Reading by duty: single rows that somebody may open because of what they were asked to do, and nothing beside them.

A room names, for a model and a class, the condition on rows (`let`); the policy names the roles that a duty opens
anything for (sealed: role → class → duty). The bearer of a task reads the task, the keeper of a case its notes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db import models
from django.db.models import Q

from . import policy
from .viewer import Viewer

DUTY = "duty"
Condition = Callable[[Viewer], Q]
# (model, class) → (condition, whether a second factor is needed)
_duties: dict[tuple[type[models.Model], str], tuple[Condition, bool]] = {}


def let(model: type[models.Model], data_class: str, condition: Condition, *, proof: bool = True) -> None:
    """Let a duty open rows of a model. proof: only with a second factor just given."""
    _duties[model, data_class] = (condition, proof)


def covered(viewer: Viewer, rows: Iterable[models.Model], data_class: str) -> tuple[set[int], bool]:
    """Return (keys of the rows a duty opens for a viewer, whether that needs a second factor)."""
    rows = list(rows)
    table = policy.table()["sealed"]
    if (
        not rows
        or viewer.person_id is None
        or all(table.get(r, {}).get(data_class) != DUTY for r in viewer.roles)
    ):
        return set(), False
    model = type(rows[0])
    condition, proof = _duties.get((model, data_class), (None, True))
    if condition is None:
        return set(), False
    found = model._base_manager.filter(condition(viewer), pk__in=[row.pk for row in rows])
    return set(found.values_list("pk", flat=True)), proof

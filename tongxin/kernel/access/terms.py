"""How long each class of data is kept and how long things stay open at one school: as shipped, but for what it has set.

A school may choose within BOUNDS. The law wants no longer than the purpose needs (个人信息保护法 art. 19) and an answer within
fifteen days (未成年人网络保护条例 art. 36); what helps a child or proves what was done for it is kept at least so long.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.audit import services as audit
from tongxin.ui import prepared

from . import policy
from .models import SchoolTerm
from .rules import Term

KEEP = "keep:"
SHORTEST_REASON = 4


class OutOfBounds(ValueError):
    """The number is not within what the law and the purpose allow; the sentence says what is."""


@dataclass(frozen=True)
class Bounds:
    """The least and the most a school may choose, and in what: years, days or hours."""

    least: int
    most: int
    unit: str


BOUNDS = {
    "keep:K3": Bounds(1, 6, "years"),
    "keep:K4a": Bounds(1, 3, "years"),
    "keep:K4b": Bounds(1, 3, "years"),
    "keep:K4c": Bounds(1, 3, "years"),
    "keep:K4d": Bounds(3, 10, "years"),
    "keep:K4e": Bounds(3, 10, "years"),
    "keep:K5": Bounds(3, 15, "years"),
    "grant_days": Bounds(1, 30, "days"),
    "glass_hours": Bounds(1, 48, "hours"),
    "review_days": Bounds(1, 7, "days"),
    "request_days": Bounds(1, 15, "days"),
    "kept_open_days": Bounds(0, 90, "days"),
}


@cache
def shipped_schedule() -> dict[str, Term]:
    """Return {class: term} from retention.yaml. Raises ValueError for an unknown class or no whole years."""
    raw = yaml.safe_load(Path(__file__).with_name("retention.yaml").read_text(encoding="utf-8"))
    for name, years in raw.items():
        if name not in policy.CLASSES or not (years is None or (isinstance(years, int) and years > 0)):
            raise ValueError(f"retention.yaml: {name}: {years}")
    return {name: Term(name, years) for name, years in raw.items()}


def shipped(name: str) -> int:
    """Return what holds where a school has set nothing."""
    if name.startswith(KEEP):
        return shipped_schedule()[name.removeprefix(KEEP)].years or 0
    return policy.limit(name)


def set_by(school_id: int) -> dict[str, int]:
    """Return what a school has set itself."""
    return dict(
        prepared.rows(
            "terms of a school",
            lambda at: (
                SchoolTerm.objects.current().filter(school_id=at["school"]).values_list("name", "number")
            ),
            {"school": school_id},
        )
    )


def limit(school_id: int | None, name: str) -> int:
    """Return one of policy.LIMITS as it holds at a school."""
    return set_by(school_id or 0).get(name, policy.limit(name))


def schedule(school_id: int) -> dict[str, Term]:
    """Return {class: term} as it holds at a school."""
    own = set_by(school_id)
    return {
        name: term if term.years is None else Term(name, own.get(KEEP + name, term.years))
        for name, term in shipped_schedule().items()
    }


@transaction.atomic
def choose(school_id: int, name: str, number: int, why: str, *, by) -> SchoolTerm | None:
    """Set a term or a limit of a school; None when it already holds. Raises OutOfBounds; nothing is changed then."""
    bounds = BOUNDS[name]
    if not bounds.least <= number <= bounds.most:
        raise OutOfBounds(
            _("请填%(least)d到%(most)d之间的数。") % {"least": bounds.least, "most": bounds.most}
        )
    held = set_by(school_id).get(name, shipped(name))
    if number == held:
        return None
    if len(why.strip()) < SHORTEST_REASON:
        raise OutOfBounds(_("请写一句依据：为什么要改。"))
    now = timezone.now()
    for old in SchoolTerm.objects.current().filter(school_id=school_id, name=name):
        old.superseded_at = now
        old.save(update_fields=["superseded_at"])
    made = SchoolTerm.objects.create(
        school_id=school_id, name=name, number=number, why=why.strip(), recorded_at=now,
        recorded_by_id=getattr(by, "account_id", None),
    )  # fmt: skip
    audit.write(by, "privacy.term_changed", made, name=name, number=number, before=held)
    return made

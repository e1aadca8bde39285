"""What a school is – its stage, where it lies, how many it teaches – as packs declare it of schools, dated like any fact.

Rules about everybody in a school read these of the school itself; where one is not recorded they expect nothing of
anybody (Meaning 2). So a school is asked when it is founded, and keeps them on its settings pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import ALWAYS
from tongxin.kernel.base.models import Attribute, School, SubjectType
from tongxin.kernel.people import services as people
from tongxin.methods.cadence.declarations import AttributeDeclaration

from .packs import offered, parse
from .queries import attributes

# What an installation knows without asking: it is a school's or a bureau's from its first day.
KIND = "institution"


def declared(school: School | None, day: date) -> dict[str, AttributeDeclaration]:
    """Return the facts about schools by name: those of the school's programmes, then those of the packs on offer."""
    own = attributes(school, day) if school is not None else {}
    found = {name: one for name, one in own.items() if SubjectType.SCHOOL in one.of}
    for offer in offered().values():
        for name, one in parse(offer.text).attributes.items():
            if SubjectType.SCHOOL in one.of:
                found.setdefault(name, one)
    return found


@dataclass(frozen=True)
class Known:
    """The value of a fact as stored, and since when (ALWAYS: as long as the school has stood)."""

    value: str
    since: date


def known(school: School, day: date) -> dict[str, Known]:
    """Return what is recorded of the school itself on a day, by name; one query."""
    rows = Attribute.objects.current().filter(
        school=school, subject__type=SubjectType.SCHOOL, valid_from__lte=day, valid_to__gte=day
    )
    return {
        name: Known(value, since) for name, value, since in rows.values_list("name", "value", "valid_from")
    }


@transaction.atomic
def state(school: School, values: Mapping[str, str], *, by, since: date = ALWAYS, day: date) -> int:
    """Record facts about a school from a day on; return how many changed.

    values: as stored, by name. by: a viewer or an account. What the installation knows by itself goes with them.
    """
    subject, before = people.school_subject(school), known(school, max(since, day))
    given = {KIND: school.kind, **values} if KIND not in before else dict(values)
    changed = {
        name: value for name, value in given.items() if name not in before or before[name].value != value
    }
    for name, value in changed.items():
        row = people.set_attribute(subject, name, value, since=since, by=people.account_of(by))
        audit.write(by, "people.attribute_set", row, name=name)
    return len(changed.keys() & values.keys())

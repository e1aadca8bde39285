"""The people who are called when a child's answers need somebody at once: at least three, the last cannot decline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.access import policy
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link, School, Subject

from .models import ChainStep

LEAST = 3
LEAST_MINUTES, MOST_MINUTES = 5, 60
# Kept apart, so that nobody alone can give rights, use them and wipe out the traces.
ADMINS = ("it_admin", "security_admin", "audit_admin")


class Refused(ValueError):
    """The chain cannot stand like this; the sentence says what to do."""


@dataclass(frozen=True)
class Wanted:
    """A place in the chain as somebody sets it."""

    person: Subject
    minutes: int = 15


def chain_of(school: School | int) -> list[ChainStep]:
    """Return the chain in force, in order."""
    steps = ChainStep.objects.current().filter(school=school).select_related("person")
    return list(steps.order_by("number"))


def able(school: School, day: date) -> QuerySet[Subject]:
    """Return whom a chain may name: present staff who may answer signals and can sign in."""
    posts = [post for post in policy.POSTS if "signals" in policy.table()["do"].get(post, ())]
    holding = Link.objects.filter(
        school=school, kind__in=posts, superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
    )
    return Subject.objects.filter(
        school=school, type="staff", present_from__lte=day, present_to__gte=day,
        pk__in=holding.values("a_id"), person__account__is_active=True,
    ).order_by("pinyin", "pk")  # fmt: skip


@transaction.atomic
def set_chain(school: School, wanted: Sequence[Wanted], *, by, day: date) -> list[ChainStep]:
    """Replace the chain. Raises Refused; the last of those named is the one who cannot decline."""
    ids = [each.person.pk for each in wanted]
    if len(set(ids)) != len(ids):
        raise Refused(_("同一个人只能排一次。"))
    if len(ids) < LEAST:
        raise Refused(_("至少要排三个人：前面的人没有回应时，后面还有人。"))
    if set(ids) - set(able(school, day).filter(pk__in=ids).values_list("pk", flat=True)):
        raise Refused(_("有人现在不能处理：不在校、没有账号，或没有相应的职务。请换一位。"))
    if any(not LEAST_MINUTES <= each.minutes <= MOST_MINUTES for each in wanted):
        raise Refused(
            _("回应的时间请定在 %(least)d 到 %(most)d 分钟。")
            % {"least": LEAST_MINUTES, "most": MOST_MINUTES}
        )
    now, account = timezone.now(), getattr(by, "account_id", None)
    ChainStep.objects.current().filter(school=school).update(superseded_at=now)
    steps = ChainStep.objects.bulk_create(
        [
            ChainStep(
                school=school, number=number, person=each.person, minutes=each.minutes,
                firm=number == len(wanted), recorded_at=now, recorded_by_id=account,
            )
            for number, each in enumerate(wanted, 1)
        ]
    )  # fmt: skip
    audit.write(by, "signal.chain_set", school_id=school.pk, people=ids)
    return steps


def vacancies(school: School, day: date) -> list[str]:
    """Return what keeps the chain from being staffed on a day, one sentence each; nothing when all is well."""
    steps = chain_of(school)
    if len(steps) < LEAST:
        return [_("应急联系人还没有排满三个人。请先在“应急联系人”里排好。")]
    there = set(
        able(school, day).filter(pk__in=[step.person_id for step in steps]).values_list("pk", flat=True)
    )
    return [
        _("应急联系人%(name)s现在不能处理（不在校、账号停用或已不担任职务），请换一位。")
        % {"name": step.person.name}
        for step in steps
        if step.person_id not in there
    ]


def admins_missing(school: School, day: date) -> bool:
    """Say whether the three administrators are not yet three different people."""
    held = Link.objects.filter(
        school=school, kind__in=ADMINS, superseded_at=FOREVER, valid_from__lte=day, valid_to__gte=day
    ).values_list("kind", "a_id")
    people: dict[str, set[int]] = {}
    for post, person in held:
        people.setdefault(post, set()).add(person)
    if set(people) != set(ADMINS):
        return True
    everybody = [person for post in ADMINS for person in people[post]]
    return len(set(everybody)) != len(everybody)

"""Adopt a pack, change a programme, note progress of its plan. Every change is a new version; nothing is deleted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.facts import ProgrammeChanged, publish
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Account, School
from tongxin.methods.cadence.findings import Finding

from .classes import lowered
from .models import PlanMark, Programme, ProgrammeVersion
from .packs import findings, offered, parse, programme_days
from .queries import current_version, texts_around


class CannotAdopt(ValueError):
    """The programme cannot be adopted or changed; the sentence says why."""


@transaction.atomic
def adopt(school: School, slug: str, year: int, *, by: Account | None, text: str | None = None) -> Programme:
    """Take a pack on as this school's programme of a year.

    year: the calendar year in which the programme year begins. text: an own pack instead of one on offer.
    Raises CannotAdopt when the pack has errors, is unknown, is adopted for that year already or was handed down for it.
    """
    if text is None:
        offer = offered().get(slug)
        if offer is None:
            raise CannotAdopt(_("没有找到这个方案包。"))
        text = offer.text
    wrong = errors_of(school, text)
    if wrong:
        raise CannotAdopt(_("方案包有错误，不能采用：%(first)s") % {"first": wrong[0].sentence})
    pack = parse(text)
    first_day, last_day = programme_days(pack, year)
    _refuse_beside_locked(school, pack.slug, first_day, last_day)
    try:
        with transaction.atomic():
            programme = Programme.objects.create(
                school=school,
                pack=pack.slug,
                title=pack.title,
                first_day=first_day,
                last_day=last_day,
                adopted_by=by,
            )
    except IntegrityError as error:
        raise CannotAdopt(_("本校这一年已经采用了这个方案。")) from error
    _add_version(programme, text, _("采用方案包"), by)
    audit.write(by, "programmes.adopted", programme)
    publish(ProgrammeChanged(school.pk, programme.pk))
    hand_down(programme, School.objects.filter(parent=school), by=by)
    return programme


def errors_of(school: School, text: str) -> list[Finding]:
    """Return the errors of a text where a school would work with it: what it tightens is asked above the school, and
    what the school knows as sensitive stays so."""
    others = texts_around(school, timezone.localdate())
    wrong = [finding for finding in findings(text, others) if finding.level == "error"]
    return wrong or lowered(school, parse(text))


def refuse_locked(programme: Programme) -> None:
    """Raise CannotAdopt when somebody above the school decides the text of its programme."""
    if programme.locked:
        raise CannotAdopt(locked_words())


def locked_words() -> str:
    return _("这个方案由上级统一采用，本校不能改。要求更严时，请另写一个方案来收紧。")


def _refuse_beside_locked(school: School, slug: str, first_day: date, last_day: date) -> None:
    """A pack that was handed down is not adopted over again in a text of one's own."""
    locked = Programme.objects.filter(
        Q(retired_on__isnull=True) | Q(retired_on__gt=first_day),
        school=school,
        pack=slug,
        handed_down__isnull=False,
        first_day__lte=last_day,
        last_day__gte=first_day,
    )
    if locked.exists():
        raise CannotAdopt(locked_words())


def hand_down(programme: Programme, schools: Iterable[School], *, by: Account | None) -> None:
    """Let schools work with the programme of whoever stands above them, in its text, and those below them too.

    Raises CannotAdopt when a school keeps something of the text as more sensitive; call it inside a transaction.
    """
    text = current_version(programme).text
    for school in schools:
        if wrong := lowered(school, parse(text)):
            raise CannotAdopt(
                _("不能交给%(school)s：%(first)s") % {"school": school.name, "first": wrong[0].sentence}
            )
        below, made = Programme.objects.get_or_create(
            school=school,
            pack=programme.pack,
            first_day=programme.first_day,
            defaults={
                "title": programme.title,
                "last_day": programme.last_day,
                "adopted_by": by,
                "handed_down": programme,
                "retired_on": programme.retired_on,
            },
        )
        if not made:
            Programme.objects.filter(pk=below.pk).update(
                handed_down=programme, title=programme.title, retired_on=programme.retired_on
            )
        if made or current_version(below).text != text:
            _add_version(below, text, _("上级采用的方案"), by)
            publish(ProgrammeChanged(school.pk, below.pk))
        audit.write(by, "programmes.handed_down", below)
        hand_down(below, School.objects.filter(parent=school), by=by)


def _add_version(programme: Programme, text: str, note: str, by: Account | None) -> ProgrammeVersion:
    last = programme.versions.order_by("-number").first()
    return ProgrammeVersion.objects.create(
        programme=programme,
        number=(last.number if last else 0) + 1,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        note=note[:200],
        recorded_by=by,
    )


@transaction.atomic
def change(programme: Programme, text: str, note: str, *, by: Account | None, base: int) -> ProgrammeVersion:
    """Give a programme a new text.

    base: number of the version the editor started from; if somebody saved another meanwhile nothing is changed.
    Raises CannotAdopt.
    """
    refuse_locked(programme)
    Programme.objects.select_for_update().get(pk=programme.pk)
    last = programme.versions.order_by("-number").first()
    if last is not None and last.number != base:
        raise CannotAdopt(_("别人刚刚改过这个方案。请刷新页面，看过新的内容再改。"))
    wrong = errors_of(programme.school, text)
    if wrong:
        raise CannotAdopt(_("改动有错误，没有保存：%(first)s") % {"first": wrong[0].sentence})
    version = _add_version(programme, text, note, by)
    audit.write(by, "programmes.changed", programme, version=version.number)
    publish(ProgrammeChanged(programme.school_id, programme.pk))
    hand_down(programme, School.objects.filter(parent=programme.school_id), by=by)
    return version


@transaction.atomic
def retire(programme: Programme, on: date, *, by: Account | None) -> None:
    """End a programme; what was owed and done until then stays readable."""
    refuse_locked(programme)
    _retire(programme.pk, on)
    audit.write(by, "programmes.retired", programme)


@transaction.atomic
def resume(programme: Programme, *, by: Account | None) -> None:
    refuse_locked(programme)
    _retire(programme.pk, None)
    audit.write(by, "programmes.resumed", programme)


def _retire(programme: int, on: date | None) -> None:
    """Set the last day of a programme and of all that follow it."""
    ids = [programme]
    while ids:
        Programme.objects.filter(pk__in=ids).update(retired_on=on)
        ids = list(Programme.objects.filter(handed_down__in=ids).values_list("pk", flat=True))


@transaction.atomic
def mark_plan_item(
    programme: Programme, item: str, state: str, day: date, note: str, *, by: Account | None
) -> PlanMark:
    """Note the progress of an item of the plan; the earlier note is superseded."""
    now = timezone.now()
    PlanMark.objects.filter(programme=programme, item=item, superseded_at=FOREVER).update(superseded_at=now)
    mark = PlanMark.objects.create(
        programme=programme, item=item, state=state, day=day, note=note[:200], recorded_at=now, recorded_by=by
    )
    audit.write(by, "programmes.plan_marked", programme, item=item, state=state)
    return mark

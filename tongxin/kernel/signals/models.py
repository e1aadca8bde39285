"""Signals, whom they were put before, and who is there to be called.

Signal     immutable, in the transaction of whatever showed it ─ Call (who was asked to look, by when)
LeftOut    who must not learn of a signal, because it is about them
ChainStep  whom the school calls, in order ─ DutyShift (who comes first on a night, a weekend, a holiday)
CounsellorHours  how much of the queue can be seen in a week
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import (
    FOREVER,
    DayField,
    InstantField,
    Superseding,
    SupersedingQuerySet,
    new_public_id,
)
from tongxin.kernel.base.models import Account, School, Subject
from tongxin.kernel.base.sealing.fields import SealedJSONField


class ChainStep(Superseding):
    """A member of staff who is called when a child's answers need somebody at once, in order.

    minutes: how long they have before the next is called. firm: they cannot hand it on; the last one is.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    person = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    minutes = models.PositiveSmallIntegerField(_("几分钟内回应"), default=15)
    firm = models.BooleanField(default=False)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "signal_chain"
        verbose_name = verbose_name_plural = _("应急联系人")
        constraints = [
            models.UniqueConstraint(
                fields=["school", "number"], condition=Q(superseded_at=FOREVER), name="signal_chain_number"
            ),
            models.UniqueConstraint(
                fields=["school", "person"], condition=Q(superseded_at=FOREVER), name="signal_chain_person"
            ),
        ]


class DutyShift(Superseding):
    """Somebody is called first from one instant to another: a night, a weekend, a holiday. Shifts do not overlap."""

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    from_at = InstantField(_("从"))
    to_at = InstantField(_("到"))
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "duty_shift"
        verbose_name = verbose_name_plural = _("值班")
        constraints = [
            models.CheckConstraint(condition=Q(to_at__gt=F("from_at")), name="duty_shift_has_length"),
        ]
        indexes = [models.Index(fields=["school", "to_at"], name="duty_shift_at")]


class CounsellorHours(Superseding):
    """How many minutes a week a counsellor has for first talks, and how long one takes."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    minutes_a_week = models.PositiveSmallIntegerField(_("每周多少分钟"))
    minutes_each = models.PositiveSmallIntegerField(_("每人多少分钟"), default=20)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "counsellor_hours"
        verbose_name = verbose_name_plural = _("访谈时间")
        constraints = [
            models.UniqueConstraint(
                fields=["school", "person"], condition=Q(superseded_at=FOREVER), name="counsellor_hours_once"
            ),
        ]


class Signal(models.Model):
    """Something about a child that a person has to look at. Written with what showed it, never changed.

    origin, origin_id: which room's row showed it ("paper", 17). source: unique, so that the same thing is one signal
    however often it is saved. bundle: the calm notices of one bundle, person and day are one.
    what: {"rank": 1 (lightest) to 5, and what the room of origin needs to say it in words}.
    urgent: somebody is called at once. minutes: how long each who is called has to answer.
    """

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    student = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    origin = models.CharField(max_length=20)
    origin_id = models.BigIntegerField(null=True)
    bundle = models.CharField(max_length=40, blank=True)
    source = models.CharField(max_length=160, unique=True)
    raised_at = InstantField(default=timezone.now)
    day = DayField()
    urgent = models.BooleanField()
    minutes = models.PositiveSmallIntegerField(null=True)
    what = SealedJSONField(data_class="K4c", year="day", subject="student_id")

    class Meta:
        db_table = "signal"
        verbose_name = verbose_name_plural = _("提示")
        indexes = [
            models.Index(fields=["school", "-raised_at", "-id"], name="signal_list"),
            models.Index(fields=["origin", "origin_id"], name="signal_origin"),
            models.Index(fields=["school", "bundle"], name="signal_bundle"),
        ]


class LeftOut(models.Model):
    """Somebody who must not learn of a signal: whoever wrote said that it is about them, or does not want them told.

    They are never called about it, and no page shows it to them.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    signal = models.ForeignKey(Signal, on_delete=models.CASCADE, related_name="left_out")
    person = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "signal_left_out"
        constraints = [models.UniqueConstraint(fields=["signal", "person"], name="signal_left_out_once")]
        indexes = [models.Index(fields=["person"], name="signal_left_out_person")]


class Call(models.Model):
    """One person of the chain was asked to look at a signal. answered_at: they said that they are on it."""

    class Answer(models.TextChoices):
        WAITING = "", _("等回应")
        TAKEN = "taken", _("已接手")
        PASSED = "passed", _("转给下一位")
        LATE = "late", _("超时，转给下一位")

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, related_name="calls")
    round = models.PositiveSmallIntegerField(default=0)
    step = models.PositiveSmallIntegerField()
    person = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    firm = models.BooleanField(default=False)
    called_at = InstantField(default=timezone.now)
    due_at = InstantField()
    answer = models.CharField(max_length=6, choices=Answer.choices, blank=True, default="")
    answered_at = InstantField(null=True)

    class Meta:
        db_table = "signal_call"
        verbose_name = verbose_name_plural = _("呼叫")
        constraints = [
            models.UniqueConstraint(fields=["signal", "round", "step"], name="signal_call_once"),
            models.UniqueConstraint(fields=["signal"], condition=Q(answer="taken"), name="signal_taken_once"),
        ]
        indexes = [models.Index(fields=["answer", "due_at"], name="signal_call_due")]

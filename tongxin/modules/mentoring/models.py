"""The life of a pair. A pair itself is a link a → b of a kind; rows here hang on (kind, a, b), so that they stay when its
dates change. Nothing is deleted; words lie sealed.

Agreement      a version of what both agreed, and who acknowledged it
Wish           a small wish of the second side, who took it up, how it came true
Mark           one result of a student, as the pair follows it
Feedback       what one side answered about the other in a period
PairAsked      one side asks for a change; PairStep: what the organiser did (renewed, handed over, ended, declined)
GrowthRequest  a young teacher asks for help
Shown          a pair or a person shown as a model, with consent
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import DayField, InstantField, new_public_id
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.base.sealing.fields import SealedJSONField, SealedTextField


def _person(**more: Any) -> Any:
    return models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", **more)


def _school() -> Any:
    return models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")


def _public_id() -> Any:
    return models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)


class OfPair(models.Model):
    """Mixin: a row about the pair a → b of a kind of link."""

    public_id = _public_id()
    school = _school()
    kind = models.CharField(max_length=40)
    a = _person()
    b = _person()

    class Meta:
        abstract = True


class Agreement(OfPair):
    """A version of an agreement. A new version stands in the place of the last; an acknowledged one is never changed."""

    number = models.PositiveSmallIntegerField()
    first_day = DayField()
    last_day = DayField()
    goals = SealedTextField(data_class="K3")
    measures = SealedTextField(data_class="K3")
    written_by = _person()
    written_at = InstantField(default=timezone.now)
    token = models.CharField(max_length=64, unique=True)
    a_signed_at = InstantField(null=True)
    b_signed_at = InstantField(null=True)
    b_signed_by = _person(null=True)

    class Meta:
        db_table = "pair_agreement"
        verbose_name = verbose_name_plural = _("结对协议")
        constraints = [
            models.UniqueConstraint(fields=["kind", "a", "b", "number"], name="pair_agreement_version")
        ]

    @property
    def signed(self) -> bool:
        return self.a_signed_at is not None and self.b_signed_at is not None


class Wish(OfPair):
    """A small wish. how, amount_yuan: the way it came true; amount in hundredths of a yuan."""

    class How(models.TextChoices):
        HELP = "help", _("陪伴或帮忙")
        GOODS = "goods", _("送了东西")
        MONEY = "money", _("资助了钱")

    words = SealedTextField(data_class="K3")
    stated_by = _person()
    stated_at = InstantField(default=timezone.now)
    token = models.CharField(max_length=64, unique=True)
    taken_at = InstantField(null=True)
    fulfilled_on = DayField(null=True)
    how = models.CharField(max_length=6, choices=How.choices, blank=True)
    amount = models.PositiveIntegerField(null=True)
    told = SealedTextField(data_class="K3")
    withdrawn_at = InstantField(null=True)

    class Meta:
        db_table = "pair_wish"
        verbose_name = verbose_name_plural = _("微心愿")
        indexes = [models.Index(fields=["kind", "a", "b"], name="pair_wish_of_pair")]


class Mark(OfPair):
    """A result. result: {"score": hundredths, "full": hundredths} or {"rank": place}."""

    day = DayField()
    exam = models.CharField(max_length=20)
    course = models.CharField(max_length=20)
    result = SealedJSONField(data_class="K3")
    entered_by = _person()
    entered_at = InstantField(default=timezone.now)
    token = models.CharField(max_length=64, unique=True)

    class Meta:
        db_table = "pair_mark"
        verbose_name = verbose_name_plural = _("跟踪的成绩")
        indexes = [models.Index(fields=["kind", "a", "b", "day"], name="pair_mark_of_pair")]


class Feedback(OfPair):
    """One side's answer in a period. side: who answered, "a", "b" or the child's family "g"; since, until: the days of the period.

    answers: {"scores": [1 … 5, …], "again": "again" | "either" | "rather_not"}.
    """

    side = models.CharField(max_length=1)
    since = DayField()
    until = DayField()
    said_by = _person()
    said_at = InstantField(default=timezone.now)
    answers = SealedJSONField(data_class="K3")
    words = SealedTextField(data_class="K3")

    class Meta:
        db_table = "pair_feedback"
        verbose_name = verbose_name_plural = _("双向反馈")
        constraints = [
            models.UniqueConstraint(fields=["kind", "a", "b", "since", "side"], name="pair_feedback_once")
        ]
        indexes = [models.Index(fields=["school", "kind", "since"], name="pair_feedback_period")]


class Want(models.TextChoices):
    CHANGE = "change", _("换一位")
    END = "end", _("不再结对")
    RENEW = "renew", _("下一学年接着结对")


class PairAsked(OfPair):
    """One side asks the organiser for a change. decided_at: when it was settled."""

    side = models.CharField(max_length=1)
    want = models.CharField(max_length=6, choices=Want.choices)
    reason = models.CharField(max_length=8)
    words = SealedTextField(data_class="K3")
    asked_by = _person()
    asked_at = InstantField(default=timezone.now)
    token = models.CharField(max_length=64, unique=True)
    decided_at = InstantField(null=True)

    class Meta:
        db_table = "pair_asked"
        verbose_name = verbose_name_plural = _("请求调整结对")
        indexes = [models.Index(fields=["school", "decided_at", "kind"], name="pair_asked_open")]


class PairStep(OfPair):
    """What an organiser did to a pair. day: from when, or the last day; next_a: who takes over."""

    class What(models.TextChoices):
        RENEWED = "renewed", _("续期")
        HANDED_OVER = "handed", _("换人接手")
        ENDED = "ended", _("解除")
        DECLINED = "declined", _("暂不调整")

    what = models.CharField(max_length=8, choices=What.choices)
    day = DayField()
    reason = models.CharField(max_length=8, blank=True)
    words = SealedTextField(data_class="K3")
    next_a = _person(null=True)
    by = _person()
    at = InstantField(default=timezone.now)
    token = models.CharField(max_length=64, unique=True)

    class Meta:
        db_table = "pair_step"
        verbose_name = verbose_name_plural = _("结对的变化")
        indexes = [models.Index(fields=["kind", "a", "b"], name="pair_step_of_pair")]


class GrowthRequest(models.Model):
    """A young teacher asks for help. scores: 1 … 5, what each thought of the other's part once it was closed.

    entry_id: the ledger's entry of the request, which its answer answers.
    """

    class Theme(models.TextChoices):
        TEACHING = "teaching", _("教学技能")
        CLASS = "class_management", _("班主任管理")
        THOUGHT = "thought", _("思想")
        WORK = "work", _("工作")
        LIFE = "life", _("生活")

    public_id = _public_id()
    school = _school()
    theme = models.CharField(max_length=16, choices=Theme.choices)
    asker = _person()
    asked_on = DayField()
    asked_at = InstantField(default=timezone.now)
    words = SealedTextField(data_class="K3")
    token = models.CharField(max_length=64, unique=True)
    helper = _person(null=True)
    assigned_by = _person(null=True)
    assigned_at = InstantField(null=True)
    due = DayField(null=True)
    answer = SealedTextField(data_class="K3")
    answered_at = InstantField(null=True)
    answered_on = DayField(null=True)
    closed_at = InstantField(null=True)
    asker_score = models.PositiveSmallIntegerField(null=True)
    helper_score = models.PositiveSmallIntegerField(null=True)
    thanks = SealedTextField(data_class="K3")
    entry_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "growth_request"
        verbose_name = verbose_name_plural = _("青年教师求助")
        indexes = [models.Index(fields=["school", "closed_at", "due"], name="growth_request_open")]


class Shown(models.Model):
    """A pair (kind, a, b) or a person (a alone) shown as a model. Seen by others only while all who are asked agree.

    a_said, b_said: None not answered, else whether they agree; b stands for the second side, "" of an individual.
    """

    public_id = _public_id()
    school = _school()
    kind = models.CharField(max_length=40, blank=True)
    a = _person()
    b = _person(null=True)
    citation = models.CharField(_("事迹"), max_length=400)
    marked_by = _person()
    marked_at = InstantField(default=timezone.now)
    token = models.CharField(max_length=64, unique=True)
    a_said = models.BooleanField(null=True)
    b_said = models.BooleanField(null=True)
    withdrawn_at = InstantField(null=True)

    class Meta:
        db_table = "pair_shown"
        verbose_name = verbose_name_plural = _("示范结对")
        indexes = [models.Index(fields=["school", "withdrawn_at"], name="pair_shown_list")]

"""A round forms pairs or teams: from who takes part and what they wish, over a proposal, to what takes effect.

SchemeText   a school's own version of a scheme
Round        one round of a scheme, with the text of the scheme as it stood when the round began
Participant  somebody who takes part, on one seat, with what they wish and how many they take
Wish         somebody would like to be with somebody
Bond         the organiser's word on two people: together, or not
Proposal     what the computer made of it; never changed, the round points to the present one
Step         one step of the organiser, with what undoes it
Group        a pair or a team that was published; Member: what each of its people answered

What is said about people in words lies sealed (K3): reasons, and everything a proposal says. No name stands in it.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import DayField, InstantField, new_public_id
from tongxin.kernel.base.models import Account, School, Subject, SubjectType
from tongxin.kernel.base.sealing.fields import SealedJSONField, SealedTextField
from tongxin.ui.worded import said

CLASS = "K3"


def _id() -> Any:
    return models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)


def _school() -> Any:
    return models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")


def _person(**more: Any) -> Any:
    return models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", **more)


class SchemeText(models.Model):
    """A version of a scheme as a school has changed it; the newest of a name is used by rounds that begin."""

    public_id = _id()
    school = _school()
    name = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(_("为什么改"), max_length=200, blank=True)
    recorded_at = InstantField(default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "pairing_text"
        verbose_name = verbose_name_plural = _("结对方案")
        constraints = [
            models.UniqueConstraint(fields=["school", "name", "number"], name="pairing_text_number")
        ]


class Round(models.Model):
    """branch: a round of one branch, whose members alone sit on the first seat. fill: only those without a partner take
    part. stable: no two may rather have each other. seconds: how long the computer may look. version: counts every
    change of the organiser's side, so that two who work at once do not overwrite each other.
    """

    class State(models.TextChoices):
        OPEN = "open", _("收志愿")
        PROPOSED = "proposed", _("排结果")
        PUBLISHED = "published", _("公布，等回答")
        IN_FORCE = "in_force", _("已经生效")
        CANCELLED = "cancelled", _("已经取消")

    ACTIVE = (State.OPEN, State.PROPOSED, State.PUBLISHED)

    public_id = _id()
    school = _school()
    scheme = models.CharField(max_length=80)
    text = models.TextField()
    title = models.CharField(_("名称"), max_length=80)
    data_class = models.CharField(max_length=4)
    branch = _person(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    starts_on = DayField(_("从哪天起"))
    ends_on = DayField(_("到哪天为止"))
    wishes_by = DayField(_("志愿填到"))
    answers_by = DayField(_("回答到"))
    fill = models.BooleanField(default=False)
    stable = models.BooleanField(default=False)
    seconds = models.PositiveSmallIntegerField(default=30)
    version = models.PositiveIntegerField(default=1)
    proposal = models.ForeignKey("Proposal", null=True, on_delete=models.PROTECT, related_name="+")
    opened_by = _person()
    opened_at = InstantField(default=timezone.now, editable=False)
    published_at = InstantField(null=True)
    in_force_at = InstantField(null=True)
    cancelled_at = InstantField(null=True)
    token = models.CharField(max_length=64, unique=True)

    class Meta:
        db_table = "pairing_round"
        verbose_name = verbose_name_plural = _("结对")
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="pairing_round_days"),
        ]
        indexes = [models.Index(fields=["school", "state", "-opened_at"], name="pairing_round_list")]

    def __str__(self) -> str:
        return self.title

    @property
    def called(self) -> str:
        """Its title in the language of the page, where it is called as its scheme is."""
        return said(self.title)


class Participant(models.Model):
    """low, high: partners (or teams) at least and at most. none: would rather have nobody, `words` says why.

    answers: {question of the scheme: values}. said_at: when the wishes were given; said_by: who wrote them down.
    """

    public_id = _id()
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="people")
    school = _school()
    subject = _person()
    seat = models.CharField(max_length=80)
    low = models.PositiveSmallIntegerField()
    high = models.PositiveSmallIntegerField()
    none = models.BooleanField(default=False)
    answers = models.JSONField(default=dict)
    words = SealedTextField(data_class=CLASS)
    said_at = InstantField(null=True)
    said_by = _person(null=True)
    left_at = InstantField(null=True)

    class Meta:
        db_table = "pairing_participant"
        verbose_name = verbose_name_plural = _("参加结对的人")
        constraints = [
            models.UniqueConstraint(fields=["round", "subject"], name="pairing_participant_once"),
            models.CheckConstraint(condition=Q(low__lte=F("high")), name="pairing_participant_limits"),
        ]
        indexes = [models.Index(fields=["subject", "left_at"], name="pairing_participant_of")]

    @property
    def title(self) -> str:
        """What the round is called before this person and the family. A child reads no name that says why it is on the
        list of a sensitive round."""
        hidden = self.round.data_class >= "K3" and self.subject.type == SubjectType.STUDENT
        return str(_("结对")) if hidden else self.round.called


class Wish(models.Model):
    """rank: 1 is wished most."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="wishes")
    person = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="wishes")
    wants = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="wished_by")
    rank = models.PositiveSmallIntegerField()

    class Meta:
        db_table = "pairing_wish"
        constraints = [
            models.UniqueConstraint(fields=["person", "wants"], name="pairing_wish_once"),
            models.UniqueConstraint(fields=["person", "rank"], name="pairing_wish_rank"),
        ]


class Bond(models.Model):
    """kind: together; apart; let – what both said against it does not hold. ended_at: taken back."""

    class Kind(models.TextChoices):
        TOGETHER = "together", _("定在一起")
        APART = "apart", _("不配在一起")
        LET = "let", _("照样可以配")

    public_id = _id()
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="bonds")
    school = _school()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    a = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="+")
    b = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="+")
    reason = SealedTextField(data_class=CLASS)
    by = _person()
    made_at = InstantField(default=timezone.now, editable=False)
    ended_at = InstantField(null=True)

    class Meta:
        db_table = "pairing_bond"
        indexes = [models.Index(fields=["round", "ended_at"], name="pairing_bond_of")]


class Proposal(models.Model):
    """found: see proposing.py; it names participants by their keys only."""

    public_id = _id()
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="proposals")
    school = _school()
    number = models.PositiveIntegerField()
    before = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    groups = models.PositiveIntegerField()
    left = models.PositiveIntegerField()
    found = SealedJSONField(data_class=CLASS)
    made_at = InstantField(default=timezone.now, editable=False)

    class Meta:
        db_table = "pairing_proposal"
        verbose_name = verbose_name_plural = _("结对的排法")
        constraints = [models.UniqueConstraint(fields=["round", "number"], name="pairing_proposal_number")]


class Step(models.Model):
    """kind: solve, move, apart, let, release, limit, leave, objection. undo: what takes it back, keys only. proposal: the one
    before the step, which comes back with it."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="steps")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    undo = models.JSONField(default=dict)
    proposal = models.ForeignKey(Proposal, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=Round.State.choices)
    by = _person(null=True)
    at = InstantField(default=timezone.now, editable=False)
    undone_at = InstantField(null=True)

    class Meta:
        db_table = "pairing_step"
        constraints = [models.UniqueConstraint(fields=["round", "number"], name="pairing_step_number")]


class Group(models.Model):
    """A pair or a team as published. withdrawn_at: it was put apart again. made: the subject of a team in force."""

    public_id = _id()
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="groups")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=80, blank=True)
    published_at = InstantField(default=timezone.now, editable=False)
    withdrawn_at = InstantField(null=True)
    made = _person(null=True)

    class Meta:
        db_table = "pairing_group"
        constraints = [models.UniqueConstraint(fields=["round", "number"], name="pairing_group_number")]


class Member(models.Model):
    """asked: whether an answer is waited for (a class gives none). settled: an objection the organiser talked over."""

    class Answer(models.TextChoices):
        NONE = "", _("还没有回答")
        YES = "yes", _("同意")
        NO = "no", _("有意见")

    public_id = _id()
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="members")
    school = _school()
    person = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="memberships")
    asked = models.BooleanField(default=True)
    answer = models.CharField(max_length=3, choices=Answer.choices, default=Answer.NONE, blank=True)
    reason = SealedTextField(data_class=CLASS)
    answered_at = InstantField(null=True)
    answered_by = _person(null=True)
    settled = SealedTextField(data_class=CLASS)
    settled_at = InstantField(null=True)

    class Meta:
        db_table = "pairing_member"
        constraints = [models.UniqueConstraint(fields=["group", "person"], name="pairing_member_once")]

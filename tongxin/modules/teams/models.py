"""The life of a team. The team itself is a subject with dated seats (kernel.people.teams), its work is the ledger's.

Topic      what a team may take up: a project, a course or topic, a problem of an enterprise
Proposal   a team somebody wants to form, with one Invited per seat: yes or no, on the phone
Step       one step of a team's plan           Change   who left or came on which day, and why
Rating     what a member thinks of the own ability before and after; only means of enough people are ever shown
Showing    whether somebody may be named where results are shown
Contest    a contest of the school or above it, with one Entrant per student
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import DayField, InstantField, new_public_id
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.base.sealing.fields import SealedJSONField, SealedTextField
from tongxin.kernel.ledger.models import Entry


def _subject(**more: Any) -> Any:
    return models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", **more)


def _public_id() -> Any:
    return models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)


def _school() -> Any:
    return models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")


def _token() -> Any:
    """Made by the form, so that a double click or a resend makes one row."""
    return models.CharField(max_length=64, unique=True)


class Topic(models.Model):
    """Something to be taken up by a team of a kind. visit: the visit to the enterprise on which the problem was heard."""

    class State(models.TextChoices):
        OPEN = "open", _("可以认领")
        TAKEN = "taken", _("已有团队")
        SOLVED = "solved", _("已完成")
        WITHDRAWN = "withdrawn", _("已撤下")

    public_id = _public_id()
    school = _school()
    kind = models.CharField(max_length=12)
    theme = models.CharField(max_length=40, blank=True)
    title = models.CharField(_("名称"), max_length=60)
    words = models.TextField(_("内容"), max_length=1000, blank=True)
    enterprise = _subject(null=True)
    industry = models.CharField(_("行业"), max_length=60, blank=True)
    people_needed = models.CharField(_("人才需求"), max_length=200, blank=True)
    policy = models.CharField(_("政策落实"), max_length=200, blank=True)
    visit = models.ForeignKey(Entry, null=True, on_delete=models.PROTECT, related_name="+")
    by = _subject()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    team = _subject(null=True)
    added_on = DayField()
    state_on = DayField()
    token = _token()

    class Meta:
        db_table = "team_topic"
        verbose_name = verbose_name_plural = _("选题与难题")
        indexes = [models.Index(fields=["school", "kind", "state", "-added_on"], name="team_topic_list")]

    def __str__(self) -> str:
        return self.title


class Proposal(models.Model):
    """A team that one member wants to form. The proposer leads it; it is formed when everybody asked has said yes."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等答复")
        FORMED = "formed", _("已组成")
        WITHDRAWN = "withdrawn", _("已撤回")

    public_id = _public_id()
    school = _school()
    kind = models.CharField(max_length=12)
    name = models.CharField(_("团队名称"), max_length=40)
    theme = models.CharField(max_length=40, blank=True)
    aim = models.CharField(max_length=40, blank=True)
    place = models.CharField(max_length=40, blank=True)
    topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT, related_name="+")
    by = _subject()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    team = _subject(null=True)
    made_at = InstantField(default=timezone.now)
    token = _token()

    class Meta:
        db_table = "team_proposal"
        verbose_name = verbose_name_plural = _("组队邀请")
        indexes = [models.Index(fields=["school", "state", "by"], name="team_proposal_of")]


class Invited(models.Model):
    """A seat of a proposal and what whoever was asked said. An enterprise has nobody to ask: it counts as yes."""

    class Answer(models.TextChoices):
        NONE = "", _("还没答复")
        YES = "yes", _("参加")
        NO = "no", _("不参加")

    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="invited")
    school = _school()
    seat = models.CharField(max_length=40)
    person = _subject()
    answer = models.CharField(max_length=3, choices=Answer.choices, blank=True, default="")
    answered_at = InstantField(null=True)

    class Meta:
        db_table = "team_invited"
        verbose_name = verbose_name_plural = _("被邀请的人")
        constraints = [models.UniqueConstraint(fields=["proposal", "person"], name="team_invited_once")]
        indexes = [models.Index(fields=["person", "answer"], name="team_invited_waiting")]


class Step(models.Model):
    """A step of a team's plan."""

    public_id = _public_id()
    school = _school()
    team = _subject()
    title = models.CharField(_("要做什么"), max_length=60)
    bearer = _subject(null=True)
    due = DayField(_("完成日期"))
    done_on = DayField(null=True)
    by = _subject()
    token = _token()

    class Meta:
        db_table = "team_step"
        verbose_name = verbose_name_plural = _("计划步骤")
        indexes = [models.Index(fields=["team", "due"], name="team_step_in_order")]


class Change(models.Model):
    """Who left a seat and who came, or that the team ended (seat ""), and why. Rows are only ever added."""

    public_id = _public_id()
    school = _school()
    team = _subject()
    day = DayField()
    seat = models.CharField(max_length=40, blank=True)
    leaving = _subject(null=True)
    coming = _subject(null=True)
    reason = SealedTextField(data_class="K3", year="day")
    by = _subject()
    recorded_at = InstantField(default=timezone.now)
    token = _token()

    class Meta:
        db_table = "team_change"
        verbose_name = verbose_name_plural = _("团队变更")
        indexes = [models.Index(fields=["team", "day"], name="team_change_in_order")]


class Rating(models.Model):
    """One member's own view, 1 to 5: {"innovation", "skill", "teamwork", "problem_solving"}. Nobody but the member reads it."""

    class Moment(models.TextChoices):
        BEFORE = "before", _("组队时")
        AFTER = "after", _("项目结束时")

    public_id = _public_id()
    school = _school()
    team = _subject()
    person = _subject()
    moment = models.CharField(max_length=6, choices=Moment.choices)
    day = DayField()
    scores = SealedJSONField(data_class="K3", year="day")

    class Meta:
        db_table = "team_rating"
        verbose_name = verbose_name_plural = _("能力自评")
        constraints = [models.UniqueConstraint(fields=["team", "person", "moment"], name="team_rating_once")]


class Showing(models.Model):
    """Whether a member may be named on the page of results; the last word counts."""

    school = _school()
    team = _subject()
    person = _subject()
    shown = models.BooleanField()
    said_at = InstantField(default=timezone.now)

    class Meta:
        db_table = "team_showing"
        verbose_name = verbose_name_plural = _("风采署名")
        constraints = [models.UniqueConstraint(fields=["team", "person"], name="team_showing_once")]


class Contest(models.Model):
    """A contest. results_on: when its results were entered in the ledger; round: how often they were."""

    public_id = _public_id()
    school = _school()
    name = models.CharField(_("比赛名称"), max_length=60)
    level = models.CharField(_("级别"), max_length=20)
    theme = models.CharField(_("赛事"), max_length=40)
    first_day = DayField(_("开始日期"))
    last_day = DayField(_("结束日期"))
    by = _subject()
    results_on = DayField(null=True)
    round = models.PositiveSmallIntegerField(default=0)
    token = _token()

    class Meta:
        db_table = "contest"
        verbose_name = verbose_name_plural = _("比赛")
        indexes = [models.Index(fields=["school", "-first_day"], name="contest_list")]

    def __str__(self) -> str:
        return self.name


class Entrant(models.Model):
    """A student in a contest. award: a code of the programme, "" before the results. goes_on: chosen for the level above."""

    contest = models.ForeignKey(Contest, on_delete=models.CASCADE, related_name="entrants")
    school = _school()
    student = _subject()
    team = _subject(null=True)
    coach = _subject(null=True)
    award = models.CharField(max_length=20, blank=True)
    goes_on = models.BooleanField(default=False)
    entered_at = InstantField(default=timezone.now)

    class Meta:
        db_table = "contest_entrant"
        verbose_name = verbose_name_plural = _("参赛学生")
        constraints = [models.UniqueConstraint(fields=["contest", "student"], name="contest_entrant_once")]
        indexes = [models.Index(fields=["student"], name="contest_entrant_of")]

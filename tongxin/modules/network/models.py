"""The four-level network: what people in it report, ask and answer. Words about a child lie sealed from the first row on.

MoodReport   a class's week, by a peer supporter: how it was and what took up its time, no child, no symptom
Concern      somebody is worried about a child, or something happened: one row, one signal
ClassLook    a homeroom teacher went through the class with the observation sheet
Talk         a student's own button, and TalkAnswer with a time
FamilyWord   one message between a family and a homeroom teacher or counsellor
NetworkTask  a task handed down, with its deadline          NetworkReport  a summary handed up
HarmReport   a mandatory report (and of accidents), with HarmEntry rows that only ever grow, and HarmTold: who was told
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.db import models
from django.db.models import Q
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
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.base.sealing.fields import SealedJSONField, SealedTextField
from tongxin.kernel.base.sealing.store import Scope


def _person(**more: Any) -> Any:
    return models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+", **more)


class NeverChanged(RuntimeError):
    """A row that is kept as it was written was to be changed or deleted."""


class Kept(models.Model):
    """Mixin: a row that is written once. Only the erasure of a child's keys takes its words away."""

    class Meta:
        abstract = True

    def save(self, *args, **kwargs) -> None:
        if not self._state.adding:
            raise NeverChanged(self._meta.db_table)
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise NeverChanged(self._meta.db_table)


class KeptJSONField(SealedJSONField):
    """A sealed value that is kept by law: its key is the school's, so that erasing a child's own keys does not reach it."""

    def scope(self, instance) -> Scope:
        return replace(super().scope(instance), subject=0)


class MoodReport(Superseding):
    """How a class was in a week, as one peer supporter saw it. A second look in the same week supersedes the first.

    week: its Monday. mood: 1 (heavy) … 5 (light). themes: coded, see moods.THEMES.
    """

    class Mood(models.IntegerChoices):
        LIGHT = 5, _("很好")
        GOOD = 4, _("不错")
        PLAIN = 3, _("平常")
        DULL = 2, _("有点闷")
        HEAVY = 1, _("很闷")

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    homeroom = _person()
    reporter = _person()
    week = DayField()
    mood = models.PositiveSmallIntegerField(choices=Mood.choices)
    themes = models.JSONField(default=list)

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "mood_report"
        verbose_name = verbose_name_plural = _("班级心情")
        constraints = [
            models.UniqueConstraint(
                fields=["homeroom", "week", "reporter"],
                condition=Q(superseded_at=FOREVER),
                name="mood_report_once",
            ),
            models.CheckConstraint(condition=Q(mood__gte=1, mood__lte=5), name="mood_report_mood"),
        ]
        indexes = [models.Index(fields=["school", "week", "homeroom"], name="mood_report_week")]


class Concern(Kept):
    """What somebody wrote about one child. The signal it raised has the source "network:" + token.

    by: who wrote it. words, sheet: what was seen (K4d); harm: what others do to the child (K5); where: where the child is
    now and how to reach whoever wrote (K4e), for whoever is called. sheet: {sign: "some" | "much"}, see signs.yaml.
    """

    class Origin(models.TextChoices):
        WORRY = "worry", _("教师的担心")
        INCIDENT = "incident", _("发生的事")
        OBSERVATION = "observation", _("观察表")
        MOOD = "mood", _("同学的担心")
        FAMILY = "family", _("家长的担心")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    student = _person()
    by = _person()
    origin = models.CharField(max_length=12, choices=Origin.choices)
    urgent = models.BooleanField(default=False)
    day = DayField()
    recorded_at = InstantField(default=timezone.now)
    token = models.CharField(max_length=64, unique=True)
    words = SealedTextField(data_class="K4d", subject="student_id")
    sheet = SealedJSONField(data_class="K4d", subject="student_id")
    harm = SealedTextField(data_class="K5", subject="student_id")
    where = SealedTextField(data_class="K4e", year="day", subject="student_id")

    class Meta:
        db_table = "concern"
        verbose_name = verbose_name_plural = _("报上来的")
        indexes = [
            models.Index(fields=["school", "-recorded_at", "-id"], name="concern_list"),
            models.Index(fields=["student", "day"], name="concern_of_student"),
        ]


class ClassLook(Kept):
    """A homeroom teacher went through the whole class with the sheet; children who stood out are Concerns of their own."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    homeroom = _person()
    by = _person()
    day = DayField()
    recorded_at = InstantField(default=timezone.now)
    token = models.CharField(max_length=64, unique=True)

    class Meta:
        db_table = "class_look"
        verbose_name = verbose_name_plural = _("全班观察")
        indexes = [models.Index(fields=["school", "homeroom", "day"], name="class_look_of_room")]


class Talk(Kept):
    """A student wants to talk. soon: now, not some time this week."""

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    student = _person()
    soon = models.BooleanField()
    asked_at = InstantField(default=timezone.now)
    token = models.CharField(max_length=64, unique=True)
    words = SealedTextField(data_class="K4d", subject="student_id")

    class Meta:
        db_table = "talk"
        verbose_name = verbose_name_plural = _("想找人聊聊")
        indexes = [models.Index(fields=["school", "asked_at"], name="talk_list")]


class TalkAnswer(Kept):
    """A counsellor's answer: when and where. Another time is another row; the newest holds."""

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    talk = models.ForeignKey(Talk, on_delete=models.PROTECT, related_name="answers")
    student = _person()
    by = _person()
    at = InstantField()
    answered_at = InstantField(default=timezone.now)
    words = SealedTextField(data_class="K4d", subject="student_id")

    class Meta:
        db_table = "talk_answer"
        verbose_name = verbose_name_plural = _("答复")
        indexes = [models.Index(fields=["talk", "answered_at"], name="talk_answer_newest")]


class FamilyWord(Kept):
    """One message of the channel between one guardian and one side of the school about the guardian's child.

    to: which side of the school it is kept with. from_school: the school wrote it, and `by` says who. Words to the
    homeroom teacher are K3, those to the counsellor K4d; only one of the two columns is filled.
    """

    class To(models.TextChoices):
        HOMEROOM = "homeroom_teacher", _("班主任")
        COUNSELLOR = "counsellor", _("心理教师")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    student = _person()
    guardian = _person()
    to = models.CharField(max_length=16, choices=To.choices)
    by = _person()
    from_school = models.BooleanField()
    day = DayField()
    written_at = InstantField(default=timezone.now)
    token = models.CharField(max_length=64, unique=True)
    words = SealedTextField(data_class="K3", year="day")
    guarded = SealedTextField(data_class="K4d", subject="student_id")

    class Meta:
        db_table = "family_word"
        verbose_name = verbose_name_plural = _("家校沟通")
        indexes = [
            models.Index(fields=["school", "to", "written_at"], name="family_word_list"),
            models.Index(fields=["student", "guardian", "to", "written_at"], name="family_word_thread"),
        ]


class NetworkTask(models.Model):
    """A task handed down one level, with its deadline. parent: the task it was broken down from.

    homeroom: the class it is for, None for the whole school. trigger: the duration rule that made it, "" for a person.
    """

    class Level(models.TextChoices):
        COUNSELLOR = "counsellor", _("心理教师")
        HOMEROOM = "homeroom_teacher", _("班主任")
        PEER = "peer_supporter", _("心理委员")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="parts")
    level = models.CharField(max_length=16, choices=Level.choices)
    bearer = _person()
    homeroom = _person(null=True)
    giver = _person(null=True)
    trigger = models.CharField(max_length=40, blank=True)
    title = models.CharField(_("任务"), max_length=60)
    due = DayField(_("完成期限"))
    given_at = InstantField(default=timezone.now)
    done_at = InstantField(null=True)
    token = models.CharField(max_length=64, unique=True)
    words = SealedTextField(data_class="K3", year="now")
    answer = SealedTextField(data_class="K3", year="now")

    class Meta:
        db_table = "network_task"
        verbose_name = verbose_name_plural = _("网络任务")
        indexes = [models.Index(fields=["school", "bearer", "done_at"], name="network_task_of_bearer")]


class NetworkReport(Kept):
    """A summary handed up: drawn from what was recorded, small counts hidden, with a few words of whoever signs it.

    figures: frozen as handed in (see summaries.py); they name nobody.
    """

    class Level(models.TextChoices):
        CLASS = "class", _("班级报心理教师")
        SCHOOL = "school", _("心理教师报指导委员会")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=6, choices=Level.choices)
    homeroom = _person(null=True)
    by = _person()
    first_day = DayField()
    last_day = DayField()
    figures = models.JSONField(default=dict)
    recorded_at = InstantField(default=timezone.now)
    token = models.CharField(max_length=64, unique=True)
    words = SealedTextField(data_class="K3", year="last_day")

    class Meta:
        db_table = "network_report"
        verbose_name = verbose_name_plural = _("逐级报告")
        indexes = [models.Index(fields=["school", "level", "-recorded_at"], name="network_report_list")]


class HarmReport(Kept):
    """A mandatory report on a child who is or may be harmed, or on an accident. It exists from the moment it is filed.

    matter: what the law asks for, and the event from which the deadlines run. open_in_school: entered in the ledger too;
    not where somebody of the school is suspected.
    """

    class Matter(models.TextChoices):
        HARM = "harm_suspected", _("受到侵害，或疑似受到侵害")
        ACCIDENT = "serious_incident", _("学生伤害事故")
        DEATH = "unnatural_death", _("非正常死亡或重伤")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    student = _person()
    by = _person()
    matter = models.CharField(max_length=20, choices=Matter.choices)
    known_at = InstantField()
    filed_at = InstantField(default=timezone.now)
    open_in_school = models.BooleanField()
    token = models.CharField(max_length=64, unique=True)

    class Meta:
        db_table = "harm_report"
        verbose_name = verbose_name_plural = _("强制报告")
        indexes = [models.Index(fields=["school", "-filed_at"], name="harm_report_list")]


class HarmEntry(Kept):
    """What was written in a mandatory report, first and later, and each call to an authority.

    authority: "" for words alone. mode: oral or written. what: {"words", "number", "contact", "salt"}, in the first also
    {"name", "room", "suspect"} (K5); the audit row
    holds its SHA-256, so that a change would show.
    """

    class Authority(models.TextChoices):
        NONE = "", _("补充")
        POLICE = "police", _("公安机关")
        CIVIL_AFFAIRS = "civil_affairs", _("民政部门")
        EDUCATION = "education", _("教育行政部门")

    class Mode(models.TextChoices):
        ORAL = "oral", _("口头（电话）")
        WRITTEN = "written", _("书面")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    report = models.ForeignKey(HarmReport, on_delete=models.PROTECT, related_name="entries")
    student = _person()
    by = _person()
    authority = models.CharField(max_length=14, choices=Authority.choices, blank=True, default="")
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.ORAL)
    at = InstantField()
    written_at = InstantField(default=timezone.now)
    token = models.CharField(max_length=64, unique=True)
    what = KeptJSONField(data_class="K5", subject="student_id")

    class Meta:
        db_table = "harm_entry"
        verbose_name = verbose_name_plural = _("报告内容")
        indexes = [models.Index(fields=["report", "written_at"], name="harm_entry_in_order")]


class HarmTold(Kept):
    """Somebody in the school whom the one who filed the report lets know. Nobody else in the school sees it."""

    report = models.ForeignKey(HarmReport, on_delete=models.PROTECT, related_name="told")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    person = _person()
    told_at = InstantField(default=timezone.now)

    class Meta:
        db_table = "harm_told"
        verbose_name = verbose_name_plural = _("告知的人")
        constraints = [models.UniqueConstraint(fields=["report", "person"], name="harm_told_once")]


class DurationRule(Superseding):
    """How long something may last at a school before somebody is asked, where it differs from triggers.yaml."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=40)
    weeks = models.PositiveSmallIntegerField()
    times = models.PositiveSmallIntegerField(default=0)
    active = models.BooleanField(default=True)

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "duration_rule"
        verbose_name = verbose_name_plural = _("持续多久")
        constraints = [
            models.UniqueConstraint(
                fields=["school", "name"], condition=Q(superseded_at=FOREVER), name="duration_rule_once"
            ),
        ]

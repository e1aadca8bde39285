"""Sittings, papers, results and the signals they raise. Answers, scores and ranks lie sealed from the first row on.

Sitting ─ SittingForm (which instrument, filled in by whom) ─ EntryCode (a class's way in)
Paper   one child's, one respondent's, one attempt ─ Page (one row for each page of answers) ─ Result (scores, rank)
Signal  immutable, in the transaction of the answer that caused it ─ Call (who was asked to look, by when)
"""

from __future__ import annotations

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
from tongxin.kernel.base.models import Account, School, Subject
from tongxin.kernel.base.sealing.fields import SealedJSONField


class InstrumentText(models.Model):
    """One version of an instrument as a school uses it: its whole definition (YAML), never changed.

    A change is another row; sittings keep the one they were opened with. shipped: it came with the program.
    """

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    slug = models.CharField(max_length=60)
    title = models.CharField(_("量表"), max_length=80)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    shipped = models.BooleanField(default=False)
    recorded_at = InstantField(default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    retired_at = InstantField(null=True)

    class Meta:
        db_table = "instrument_text"
        verbose_name = verbose_name_plural = _("量表")
        constraints = [
            models.UniqueConstraint(fields=["school", "slug", "sha256"], name="instrument_text_once")
        ]

    def __str__(self) -> str:
        return self.title


class Sitting(models.Model):
    """One measurement of some children in some days.

    rooms: ids of the classes ([] = all). who: a condition on the children, as in the rule language ("" = everybody).
    kind: the kind of activity of the ledger that taking part counts as ("" = none). before: the sitting this one is
    compared with. per_page: questions on a phone page. feedback: whether the child is told something gentle at the end.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("准备中")
        OPEN = "open", _("进行中")
        CLOSED = "closed", _("已结束")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(_("名称"), max_length=80)
    state = models.CharField(max_length=6, choices=State.choices, default=State.DRAFT)
    first_day = DayField(_("开始日期"))
    last_day = DayField(_("结束日期"))
    place = models.CharField(_("地点"), max_length=80, blank=True)
    rooms = models.JSONField(default=list)
    who = models.TextField(_("只给符合条件的学生"), blank=True)
    kind = models.CharField(max_length=60, blank=True)
    before = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="after")
    per_page = models.PositiveSmallIntegerField(_("每页题数"), default=3)
    feedback = models.BooleanField(_("答完给学生几句话"), default=True)
    created_at = InstantField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = InstantField(null=True)
    closed_at = InstantField(null=True)

    class Meta:
        db_table = "sitting"
        verbose_name = verbose_name_plural = _("测评")
        indexes = [models.Index(fields=["school", "-first_day", "-id"], name="sitting_list")]

    def __str__(self) -> str:
        return self.title


class SittingForm(models.Model):
    """An instrument of a sitting and who fills it in: the student, a guardian, or a teacher."""

    class Form(models.TextChoices):
        STUDENT = "student", _("学生填")
        PARENT = "parent", _("家长填")
        TEACHER = "teacher", _("教师填")

    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE, related_name="forms")
    number = models.PositiveSmallIntegerField()
    text = models.ForeignKey(InstrumentText, on_delete=models.PROTECT, related_name="+")
    form = models.CharField(max_length=7, choices=Form.choices, default=Form.STUDENT)

    class Meta:
        db_table = "sitting_form"
        constraints = [models.UniqueConstraint(fields=["sitting", "text", "form"], name="sitting_form_once")]


class EntryCode(models.Model):
    """The code that lets a class into a sitting, on the board or as a QR; another one makes it void."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE, related_name="codes")
    room = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=8, unique=True)

    class Meta:
        db_table = "sitting_code"
        constraints = [models.UniqueConstraint(fields=["sitting", "room"], name="sitting_code_once")]


class Paper(models.Model):
    """What one respondent filled in about one child in one sitting. attempt 2: a second sitting was offered.

    respondent: the child itself on a student form. source: how the answers came in.
    """

    class Source(models.TextChoices):
        ONLINE = "online", _("在线")
        PAPER = "paper", _("纸笔补录")
        IMPORT = "import", _("导入")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    sitting = models.ForeignKey(Sitting, on_delete=models.PROTECT, related_name="papers")
    student = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    form = models.CharField(max_length=7, choices=SittingForm.Form.choices)
    respondent = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    attempt = models.PositiveSmallIntegerField(default=1)
    source = models.CharField(max_length=6, choices=Source.choices, default=Source.ONLINE)
    started_at = InstantField(default=timezone.now)
    finished_at = InstantField(null=True)
    entered_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "paper"
        verbose_name = verbose_name_plural = _("答卷")
        constraints = [
            models.UniqueConstraint(
                fields=["sitting", "student", "form", "respondent", "attempt"], name="paper_once"
            )
        ]
        indexes = [models.Index(fields=["school", "student", "started_at"], name="paper_of_student")]


class Page(Superseding):
    """One page of answers: one row however many questions it has. A correction of a finished paper is another row.

    answers: {"form": id of the SittingForm, "items": {item: place of the answer | words}, "seconds": looked at so long}.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    paper = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="pages")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    student = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    day = DayField()
    number = models.PositiveSmallIntegerField()
    answers = SealedJSONField(data_class="K4a", year="day", subject="student_id")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "answer_page"
        verbose_name = verbose_name_plural = _("作答")
        constraints = [
            models.UniqueConstraint(
                fields=["paper", "number"], condition=Q(superseded_at=FOREVER), name="answer_page_once"
            )
        ]


class Result(Superseding):
    """What one instrument of a paper came to. Scoring it again is another row.

    scores: {"scores", "missing", "blanks", "validity", "broken", "unsure", "bands", "undetermined"}.
    standing: {"rank", "critical", "patterns", "texts"}: what would call somebody.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    paper = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="results")
    form = models.ForeignKey(SittingForm, on_delete=models.PROTECT, related_name="+")
    student = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    day = DayField()
    scores = SealedJSONField(data_class="K4b", year="day", subject="student_id")
    standing = SealedJSONField(data_class="K4c", year="day", subject="student_id")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "result"
        verbose_name = verbose_name_plural = _("结果")
        constraints = [
            models.UniqueConstraint(
                fields=["paper", "form"], condition=Q(superseded_at=FOREVER), name="result_once"
            )
        ]
        indexes = [models.Index(fields=["school", "student", "superseded_at"], name="result_of_student")]

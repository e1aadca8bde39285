"""A child's case: taken on, written down, planned, followed up, handed over, closed by two people. Rows are added, not changed.

Case ─ Standing (its rank, each with who said so) ─ Outcome (what became of a signal) ─ Step (what happened when)
     ─ CasePaper (forms, sealed by class) ─ CaseFile ─ CaseTask (what somebody was asked to do) ─ Handover
"""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import DayField, InstantField, new_public_id
from tongxin.kernel.base.models import Account, School, Subject
from tongxin.kernel.base.sealing.fields import SealedJSONField, SealedTextField
from tongxin.kernel.signals.models import Signal


class SchemeText(models.Model):
    """A version of a school's scheme, never changed; new cases begin with the newest, each case keeps its own."""

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    slug = models.CharField(max_length=80)
    title = models.CharField(_("分级方案"), max_length=80)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    recorded_at = InstantField(default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "scheme_text"
        verbose_name = verbose_name_plural = _("分级方案")
        constraints = [models.UniqueConstraint(fields=["school", "number"], name="scheme_text_number")]

    def __str__(self) -> str:
        return self.title


class Case(models.Model):
    """One child taken on. state, phase: as its scheme says. due_at: until when it may stay in its state.

    follow_due: until when the next follow-up is owed. proposed_by: who asked to close it; somebody else has to agree.
    """

    class Phase(models.TextChoices):
        OPEN = "open", _("进行中")
        AWAY = "away", _("离校")
        CLOSING = "closing", _("等同意结案")
        CLOSED = "closed", _("已结案")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    student = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    scheme = models.ForeignKey(SchemeText, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=80)
    phase = models.CharField(max_length=7, choices=Phase.choices, default=Phase.OPEN)
    owner = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    opened_at = InstantField(default=timezone.now)
    opened_by = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    state_since = InstantField(default=timezone.now)
    due_at = InstantField(null=True)
    follow_due = InstantField(null=True)
    proposed_by = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = InstantField(null=True)

    class Meta:
        db_table = "child_case"
        verbose_name = verbose_name_plural = _("个案")
        constraints = [
            models.UniqueConstraint(fields=["school", "number"], name="case_number"),
            models.UniqueConstraint(fields=["student"], condition=~Q(phase="closed"), name="case_open_once"),
        ]
        indexes = [
            models.Index(fields=["school", "phase", "-id"], name="case_list"),
            models.Index(fields=["owner", "phase"], name="case_of_owner"),
            models.Index(fields=["phase", "due_at"], name="case_due"),
            models.Index(fields=["phase", "follow_due"], name="case_follow_due"),
        ]


class OfCase(models.Model):
    """What every row of a case has. student: the child, under whose key and name it is sealed and read."""

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    student = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    at = InstantField(default=timezone.now)
    day = DayField()

    class Meta:
        abstract = True


class CasePaperQuerySet(models.QuerySet["CasePaper"]):
    def newest_versions(self) -> CasePaperQuerySet:
        """Leave out what was corrected later, in the order in which the papers were first written (`first`)."""
        first = Coalesce(F("corrects_id"), F("pk"))
        newer = CasePaper.objects.filter(corrects_id=OuterRef("first"), pk__gt=OuterRef("pk"))
        return self.annotate(first=first).filter(~Exists(newer)).order_by("first")


class CasePaper(OfCase):
    """A form that somebody filled in. notes, plan, deep: its answers by class, {field: value}; state: where the case stood.

    corrects: the paper as it was first written, of which this is a later version; why it was corrected is sealed with
    the plan, as "_why". What a version says of a class above its writer's reach stays in the versions before it.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="papers")
    form = models.CharField(max_length=80)
    state = models.CharField(max_length=80)
    by = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="corrections")
    notes = SealedJSONField(data_class="K4d", year="day", subject="student_id")
    plan = SealedJSONField(data_class="K4e", year="day", subject="student_id")
    deep = SealedJSONField(data_class="K5", year="day", subject="student_id")

    objects = CasePaperQuerySet.as_manager()

    class Meta:
        db_table = "case_paper"
        verbose_name = verbose_name_plural = _("个案材料")
        indexes = [models.Index(fields=["case", "form", "-id"], name="case_paper_of_form")]

    @property
    def first_pk(self) -> int:
        """Key of the paper as it was first written: its rank, tasks and files hang on that."""
        return self.corrects_id or self.pk


class Standing(OfCase):
    """The rank of a case from a moment on: {"rank": 1 to 5}. by: who said so; a signal only ever raises it."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("建个案时")
        SIGNAL = "signal", _("新的提示")
        FINDING = "finding", _("定级")
        STEP_DOWN = "step_down", _("降级")

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="standings")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    by = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT, related_name="+")
    paper = models.ForeignKey(CasePaper, null=True, on_delete=models.PROTECT, related_name="+")
    rank = SealedJSONField(data_class="K4c", year="day", subject="student_id")

    class Meta:
        db_table = "case_standing"
        indexes = [models.Index(fields=["case", "-id"], name="case_standing_of_case")]


class Outcome(OfCase):
    """What became of a signal: it joined a case, or somebody looked and saw that none is needed (why, in words)."""

    signal = models.OneToOneField(Signal, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="outcomes")
    by = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT, related_name="+")
    why = SealedTextField(data_class="K4d", year="day", subject="student_id")

    class Meta:
        db_table = "signal_outcome"
        constraints = [
            models.CheckConstraint(
                condition=Q(case__isnull=False) | Q(by__isnull=False), name="signal_outcome_named"
            ),
        ]


class Step(models.Model):
    """What happened to a case and when; ids and codes only, so that who may know of it at all may read it."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("建个案")
        JOINED = "joined", _("新的提示并入")
        PAPER = "paper", _("写了材料")
        CORRECTED = "corrected", _("更正了材料")
        MOVED = "moved", _("转到")
        TASK = "task", _("请人做事")
        TASK_DONE = "task_done", _("做完一件")
        TASK_BACK = "task_back", _("收回一件")
        WITHOUT_CONSENT = "without_consent", _("情况紧急，先送医再补同意")
        PROPOSED = "proposed", _("申请结案")
        NOT_CLOSED = "not_closed", _("没有同意结案")
        CLOSED = "closed", _("第二个人同意结案")
        REOPENED = "reopened", _("重新打开")
        HANDED = "handed", _("请人接手")
        RECEIVED = "received", _("接手")

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="steps")
    at = InstantField(default=timezone.now)
    kind = models.CharField(max_length=15, choices=Kind.choices)
    by = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=80, blank=True)
    paper = models.ForeignKey(CasePaper, null=True, on_delete=models.PROTECT, related_name="+")
    to = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "case_step"
        indexes = [models.Index(fields=["case", "-id"], name="case_step_of_case")]


class CaseDraft(models.Model):
    """A form that somebody has begun: kept for its writer alone, overwritten, gone when the paper is saved."""

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    student = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="drafts")
    form = models.CharField(max_length=80)
    author = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    saved_at = InstantField(default=timezone.now)
    day = DayField()
    values = SealedJSONField(data_class="K5", subject="student_id")

    class Meta:
        db_table = "case_draft"
        constraints = [models.UniqueConstraint(fields=["case", "form", "author"], name="case_draft_once")]


class CaseFile(OfCase):
    """A file of a paper: a hospital paper, a signed consent. Its content lies sealed in the folder of evidence."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="files")
    paper = models.ForeignKey(CasePaper, on_delete=models.PROTECT, related_name="files")
    field = models.CharField(max_length=80)
    file = models.CharField(max_length=80, unique=True)
    content_type = models.CharField(max_length=100)
    size = models.PositiveIntegerField()
    name = SealedTextField(data_class="K5", subject="student_id")

    class Meta:
        db_table = "case_evidence"


class CaseTask(OfCase):
    """What somebody was asked to do for a child until a day, without the reason. words, answer: for its bearer too."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="tasks")
    paper = models.ForeignKey(CasePaper, null=True, on_delete=models.PROTECT, related_name="+")
    bearer = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    until = DayField(_("哪天以前"))
    words = SealedTextField(_("做什么"), data_class="K4e", year="day", subject="student_id")
    answer = SealedTextField(_("做得怎样"), data_class="K4e", year="day", subject="student_id")
    done_at = InstantField(null=True)
    back_at = InstantField(null=True)

    class Meta:
        db_table = "case_task"
        verbose_name = verbose_name_plural = _("请人做的事")
        indexes = [
            models.Index(fields=["bearer", "done_at", "until"], name="case_task_of_bearer"),
            models.Index(fields=["done_at", "back_at", "until"], name="case_task_due"),
        ]


class Handover(models.Model):
    """A case that needs another keeper. to_person: who is asked; received_at: they said that they have it."""

    class Reason(models.TextChoices):
        ASKED = "asked", _("负责人请人接手")
        POST = "post", _("负责人不再担任职务")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="handovers")
    from_person = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    to_person = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=5, choices=Reason.choices)
    at = InstantField(default=timezone.now)
    received_at = InstantField(null=True)

    class Meta:
        db_table = "case_handover"
        verbose_name = verbose_name_plural = _("个案交接")
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(received_at=None), name="case_handover_once")
        ]

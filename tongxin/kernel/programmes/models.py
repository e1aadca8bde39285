"""A school's adopted programmes. Nothing of a pack is copied into rows: a version keeps the pack's whole text."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import DayField, InstantField, Superseding, SupersedingQuerySet, new_public_id
from tongxin.kernel.base.models import Account, School


class Programme(models.Model):
    """A pack as one school works with it in one programme year."""

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="programmes")
    pack = models.CharField(_("方案包"), max_length=80)
    title = models.CharField(_("名称"), max_length=120)
    first_day = DayField(_("开始日期"))
    last_day = DayField(_("结束日期"))
    adopted_at = InstantField(default=timezone.now, editable=False)
    adopted_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    retired_on = DayField(_("停用日期"), null=True, blank=True)
    # The bureau's programme that this one follows: its text is the bureau's, and the school cannot change it.
    handed_down = models.ForeignKey(
        "self", null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="schools"
    )

    class Meta:
        db_table = "programme"
        verbose_name = verbose_name_plural = _("方案")
        ordering = ["-first_day", "title"]
        constraints = [
            models.UniqueConstraint(fields=["school", "pack", "first_day"], name="programme_once_a_year"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def locked(self) -> bool:
        """Does somebody above the school decide its text."""
        return self.handed_down_id is not None


class ProgrammeVersion(models.Model):
    """The text of a programme from a day on. Applying a new one never deletes: the older stay readable."""

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("版本"))
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(_("修改说明"), max_length=200, blank=True)
    recorded_at = InstantField(default=timezone.now, editable=False)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "programme_version"
        ordering = ["programme", "number"]
        constraints = [
            models.UniqueConstraint(fields=["programme", "number"], name="programme_version_number"),
        ]


class PlanMark(Superseding):
    """What somebody noted about an item of the plan: begun, done, put off, with a sentence."""

    class State(models.TextChoices):
        BEGUN = "begun", _("已开始")
        DONE = "done", _("已完成")
        DELAYED = "delayed", _("推迟")

    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="plan_marks")
    item = models.CharField(max_length=80)
    state = models.CharField(_("进展"), max_length=8, choices=State.choices)
    day = DayField(_("日期"))
    note = models.CharField(_("说明"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "plan_mark"
        indexes = [models.Index(fields=["programme", "item"], name="plan_mark_by_item")]

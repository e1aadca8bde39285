"""What the exchange floor remembers: how a school names its columns, and every import with what undoes it."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import DayField, InstantField, new_public_id
from tongxin.kernel.base.models import Account, School
from tongxin.kernel.base.sealing.fields import SealedJSONField


class ImportMapping(models.Model):
    """What a heading means at a school. An empty field means: leave this column alone."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10)
    heading = models.CharField(max_length=120)
    field = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "import_mapping"
        verbose_name = verbose_name_plural = _("导入表头")
        constraints = [models.UniqueConstraint(fields=["school", "kind", "heading"], name="heading_once")]


class ImportRun(models.Model):
    """One import: from the uploaded file to its result, and back.

    file_key: name of the uploaded file in the data folder while it is needed. choices: what the user chose
    (sheet, headings, answers). counts: figures shown afterwards. undo: see `rosters.undo`; None once it is spent.
    """

    class State(models.TextChoices):
        OPEN = "open", _("还没有导入")
        APPLIED = "applied", _("已导入")
        UNDONE = "undone", _("已撤销")
        DROPPED = "dropped", _("已放弃")

    class Kind(models.TextChoices):
        STUDENTS = "students", _("学生名单")
        STAFF = "staff", _("教职工名单")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("名单"), max_length=10, choices=Kind.choices)
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.OPEN)
    file_name = models.CharField(_("文件"), max_length=200)
    file_key = models.CharField(max_length=40, blank=True)
    choices = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    undo = SealedJSONField(data_class="K3")
    since = DayField(_("从哪天起有效"), null=True)
    created_at = InstantField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    applied_at = InstantField(null=True)
    undone_at = InstantField(null=True)

    class Meta:
        db_table = "import_run"
        verbose_name = verbose_name_plural = _("导入")
        indexes = [models.Index(fields=["school", "state", "created_at"], name="import_run_list")]

    def __str__(self) -> str:
        return self.file_name


from .notices.models import CalendarFeed, NoticeSettings, Preference, Robot  # noqa: E402

__all__ = ["CalendarFeed", "ImportMapping", "ImportRun", "NoticeSettings", "Preference", "Robot"]

"""Reports that were handed in. What they said is kept as it was, byte for byte."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import DayField, InstantField, new_public_id
from tongxin.kernel.base.models import Account, School
from tongxin.kernel.programmes.models import Programme


class SubmittedReport(models.Model):
    """A results report as handed in.

    as_of, known_at: the day and the moment its figures stand for; version: the programme's text they follow.
    figures: [{code, name, title, words, behind}] in the order of the report.
    data_class: the highest class it reads; full_class: the highest of family facts and above that it shows without
    suppression ("" = none), which only readers of that whole class may open.
    """

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="submitted_reports")
    report = models.CharField(max_length=80)
    title = models.CharField(_("标题"), max_length=200)
    version = models.PositiveIntegerField(_("方案版本"))
    as_of = DayField(_("截至日期"))
    known_at = InstantField()
    figures = models.JSONField(default=list)
    data_class = models.CharField(max_length=4, default="K1")
    full_class = models.CharField(max_length=4, blank=True)
    export_id = models.CharField(max_length=22)
    submitted_at = InstantField(default=timezone.now, editable=False)
    submitted_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    token = models.CharField(max_length=64, null=True, blank=True, unique=True)

    class Meta:
        db_table = "submitted_report"
        verbose_name = verbose_name_plural = _("已提交的报告")
        ordering = ["-submitted_at", "-pk"]
        indexes = [models.Index(fields=["school", "-submitted_at"], name="submitted_report_list")]

    def __str__(self) -> str:
        return self.title


class SubmittedFile(models.Model):
    """One file of a submitted report, unchanged, with its hash."""

    class Format(models.TextChoices):
        WORD = "docx", _("Word 文档")
        PDF = "pdf", _("PDF 文档")

    report = models.ForeignKey(SubmittedReport, on_delete=models.CASCADE, related_name="files")
    format = models.CharField(max_length=4, choices=Format.choices)
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        db_table = "submitted_file"
        constraints = [models.UniqueConstraint(fields=["report", "format"], name="submitted_file_once")]

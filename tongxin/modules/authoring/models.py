"""Programmes that somebody is still writing."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import InstantField, new_public_id
from tongxin.kernel.base.models import Account, School
from tongxin.kernel.programmes.models import Programme


class PackDraft(models.Model):
    """A programme being written, as the text of a pack; it may still have errors.

    programme, base: the adopted programme it changes and the number of the version it began with; None for a new one.
    revision: counts saves, so that two tabs cannot overwrite each other. before: the text before the last save, for undo.
    """

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="pack_drafts")
    programme = models.ForeignKey(
        Programme, null=True, blank=True, on_delete=models.CASCADE, related_name="drafts"
    )
    base = models.PositiveIntegerField(null=True, blank=True)
    title = models.CharField(_("名称"), max_length=120)
    text = models.TextField()
    before = models.TextField(blank=True)
    last_change = models.CharField(max_length=200, blank=True)
    revision = models.PositiveIntegerField(default=1)
    started_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    saved_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    saved_at = InstantField(default=timezone.now)

    class Meta:
        db_table = "pack_draft"
        verbose_name = verbose_name_plural = _("方案草稿")
        indexes = [models.Index(fields=["school", "-saved_at"], name="pack_draft_list")]

    def __str__(self) -> str:
        return self.title

"""The consent ledger: what a guardian or child said about each purpose. Rows are only ever added."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import InstantField, new_public_id
from tongxin.kernel.base.models import Account, School, Subject

from .rules import GIVEN, REFUSED, WITHDRAWN


class OnlyAdded(RuntimeError):
    """A row of the consent ledger was to be changed or removed."""


class AddingQuerySet(models.QuerySet):
    """Rows that are added and read, never changed."""

    def _refuse(self, *args, **kwargs):
        raise OnlyAdded(self.model.__name__)

    update = bulk_update = delete = update_or_create = _refuse


class OnlyAdding(models.Model):
    objects = AddingQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs) -> None:
        if not self._state.adding:
            raise OnlyAdded(type(self).__name__)
        super().save(*args, **(kwargs | {"force_insert": True}))

    def delete(self, *args, **kwargs):
        raise OnlyAdded(type(self).__name__)


class Purpose(models.TextChoices):
    """What a child's sensitive data are processed for; each needs a consent of its own."""

    SCREENING = "screening", _("心理测评")
    COUNSELLING = "counselling", _("心理辅导")
    SHARING = "sharing", _("与医院等校外机构交换情况")


class ConsentText(OnlyAdding):
    """A version of the explanation for a purpose. renews: consents to earlier versions end with it."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    version = models.PositiveIntegerField()
    body = models.TextField(_("说明"))
    renews = models.BooleanField(default=True)
    published_at = InstantField(default=timezone.now)
    published_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "consent_text"
        verbose_name = verbose_name_plural = _("知情说明")
        constraints = [
            models.UniqueConstraint(fields=["school", "purpose", "version"], name="consent_text_version")
        ]


class Consent(OnlyAdding):
    """What one person said about one child and purpose, from a moment on. who: a guardian, or the child."""

    class What(models.TextChoices):
        GIVEN = GIVEN, _("同意")
        REFUSED = REFUSED, _("不同意")
        WITHDRAWN = WITHDRAWN, _("撤回同意")

    class Channel(models.TextChoices):
        PAPER = "paper", _("纸质回执")
        ONLINE = "online", _("网上")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    student = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="consents")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    what = models.CharField(max_length=9, choices=What.choices)
    who = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=6, choices=Channel.choices)
    at = InstantField()
    recorded_at = InstantField(default=timezone.now)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "consent"
        verbose_name = verbose_name_plural = _("同意")
        indexes = [models.Index(fields=["school", "purpose", "student", "at"], name="consent_of_student")]

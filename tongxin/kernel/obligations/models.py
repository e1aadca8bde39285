"""What surrounds verdicts. Verdicts themselves are never stored: they are computed from the ledger."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import (
    Dated,
    DayField,
    InstantField,
    Superseding,
    SupersedingQuerySet,
    new_public_id,
)
from tongxin.kernel.base.models import Account, Link, School, Subject
from tongxin.kernel.base.sealing.fields import SealedTextField
from tongxin.kernel.programmes.models import Programme


class Waiver(Dated, Superseding):
    """A named post excused somebody from an obligation, with a reason and an end.

    link: where a pair was excused; `subject` is then its end b, for whom it is.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="waivers")
    obligation = models.CharField(max_length=80)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    link = models.ForeignKey(Link, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(_("理由"), max_length=200)
    approved_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "waiver"
        verbose_name = verbose_name_plural = _("豁免")
        indexes = [models.Index(fields=["programme", "obligation", "subject"], name="waiver_of")]


class StatedReason(Superseding):
    """Why something that is asked in principle was not done, in the words of whoever answers for it. The verdict stays.

    first: the first day of the window. link: where it is about a pair; `subject` is then its end b, for whom it is.
    """

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="reasons")
    obligation = models.CharField(max_length=80)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    link = models.ForeignKey(Link, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    first = DayField()
    reason = SealedTextField(_("原因"), data_class="K3")
    stated_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "stated_reason"
        verbose_name = verbose_name_plural = _("没做到的原因")
        indexes = [models.Index(fields=["programme", "obligation", "first"], name="reason_of")]


class ConsequenceDecision(Superseding):
    """What a person decided of the consequences of a missed duty: confirmed or waived, and why. Nothing follows without it.

    first: the first day of the window.
    """

    class Decision(models.TextChoices):
        CONFIRMED = "confirmed", _("确认后果")
        WAIVED = "waived", _("不追究")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    obligation = models.CharField(max_length=80)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    first = DayField()
    decision = models.CharField(max_length=9, choices=Decision.choices)
    reason = SealedTextField(_("理由"), data_class="K3")
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "consequence_decision"
        verbose_name = verbose_name_plural = _("没做到的后果怎样定")
        indexes = [models.Index(fields=["programme", "obligation", "first"], name="consequence_of")]


class Heartbeat(models.Model):
    """When a background worker was last alive."""

    name = models.CharField(max_length=40, primary_key=True)
    at = InstantField()

    class Meta:
        db_table = "heartbeat"


from .notices import Acknowledgement, Delivery, DeliveryItem, Matter, Message  # noqa: E402

__all__ = [
    "Acknowledgement",
    "ConsequenceDecision",
    "Delivery",
    "DeliveryItem",
    "Heartbeat",
    "Matter",
    "Message",
    "StatedReason",
    "Waiver",
]

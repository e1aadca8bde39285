"""What surrounds verdicts. Verdicts themselves are never stored: they are computed from the ledger."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import Dated, DayField, InstantField, Superseding, SupersedingQuerySet
from tongxin.kernel.base.models import Account, School, Subject
from tongxin.kernel.programmes.models import Programme


class Waiver(Dated, Superseding):
    """A named post excused somebody from an obligation, with a reason and an end."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="waivers")
    obligation = models.CharField(max_length=80)
    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    reason = models.CharField(_("理由"), max_length=200)
    approved_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "waiver"
        verbose_name = verbose_name_plural = _("豁免")
        indexes = [models.Index(fields=["programme", "obligation", "subject"], name="waiver_of")]


class Message(models.Model):
    """The outbox: what somebody is to be told. Lease, deliver, then confirm; a key makes each unique."""

    key = models.CharField(max_length=200, unique=True)
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    recipient = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="messages")
    topic = models.CharField(max_length=40)
    data = models.JSONField(default=dict)
    created_at = InstantField(default=timezone.now)
    due_day = DayField(null=True)
    leased_until = InstantField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    delivered_at = InstantField(null=True)
    read_at = InstantField(null=True)
    cancelled_at = InstantField(null=True)

    class Meta:
        db_table = "message"
        indexes = [
            models.Index(fields=["recipient", "read_at", "-created_at"], name="message_inbox"),
            models.Index(fields=["delivered_at", "cancelled_at", "leased_until"], name="message_to_send"),
        ]


class Heartbeat(models.Model):
    """When a background worker was last alive."""

    name = models.CharField(max_length=40, primary_key=True)
    at = InstantField()

    class Meta:
        db_table = "heartbeat"

"""The rows of reminders and escalation: what is followed up, what people are told, how it left the house.

No row names a child: a matter is kept by the person who owes it, and whom it is about is worked out from the
verdicts each time it is shown.
"""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import DayField, InstantField, new_public_id
from tongxin.kernel.base.models import Account, School, Subject
from tongxin.kernel.programmes.models import Programme


class Matter(models.Model):
    """What one bearer owes of one obligation in one window, from the day somebody was first told of it.

    It is no verdict: whether something is still open is computed. `closed_at` notes when that was seen to be over.
    """

    class Closed(models.TextChoices):
        MET = "met", _("已完成")
        WAIVED = "waived", _("已免除")
        STATED = "stated", _("已说明原因")
        GONE = "gone", _("不再要求")
        DROPPED = "dropped", _("方案改了，不再要求")
        RETIRED = "retired", _("方案已停用")
        ENDED = "ended", _("方案年度已结束")
        LAPSED = "lapsed", _("已过去很久")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="matters")
    obligation = models.CharField(max_length=80)
    window = models.CharField(max_length=120)
    first_day = DayField()
    due_day = DayField()
    bearer = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    opened_at = InstantField(default=timezone.now)
    closed_at = InstantField(null=True)
    closed_as = models.CharField(max_length=8, choices=Closed.choices, blank=True)

    class Meta:
        db_table = "matter"
        verbose_name = verbose_name_plural = _("跟进的事")
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "obligation", "window", "first_day", "bearer"], name="matter_once"
            )
        ]
        indexes = [models.Index(fields=["school", "-due_day", "-id"], name="matter_list")]


class Acknowledgement(models.Model):
    """Somebody above the bearer said 知道了: the matter goes no further up."""

    matter = models.ForeignKey(Matter, on_delete=models.CASCADE, related_name="acknowledgements")
    person = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    at = InstantField(default=timezone.now)

    class Meta:
        db_table = "acknowledgement"
        constraints = [models.UniqueConstraint(fields=["matter", "person"], name="acknowledged_once")]


class Message(models.Model):
    """The outbox: what somebody is to be told. Lease, deliver, then confirm; a key makes each unique.

    step: days from the due day, before it negative. delivered_at: when it lay on the recipient's own page.
    """

    key = models.CharField(max_length=200, unique=True)
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    recipient = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="messages")
    matter = models.ForeignKey(Matter, null=True, on_delete=models.CASCADE, related_name="messages")
    step = models.SmallIntegerField(null=True)
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


class Delivery(models.Model):
    """One e-mail to one person, or one post to one group robot, with all the messages it tells of.

    channel: "email", or the robot as "wecom:7". key: unique, so that a digest put together twice is one digest.
    trouble: a short code of what went wrong last ("" = nothing). urgent: it waits for no hour and no day.
    """

    key = models.CharField(max_length=200, unique=True)
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=40)
    recipient = models.ForeignKey(Subject, null=True, on_delete=models.CASCADE, related_name="+")
    created_at = InstantField(default=timezone.now)
    not_before = InstantField(default=timezone.now)
    leased_until = InstantField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = InstantField(null=True)
    dropped_at = InstantField(null=True)
    trouble = models.CharField(max_length=40, blank=True)
    urgent = models.BooleanField(default=False)

    class Meta:
        db_table = "delivery"
        indexes = [models.Index(fields=["sent_at", "dropped_at", "not_before"], name="delivery_waiting")]


class DeliveryItem(models.Model):
    """A message in a delivery; each message leaves by each channel at most once."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="items")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="items")
    channel = models.CharField(max_length=40)

    class Meta:
        db_table = "delivery_item"
        constraints = [
            models.UniqueConstraint(fields=["message", "channel"], name="message_once_per_channel")
        ]

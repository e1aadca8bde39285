from django.db import models
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
from tongxin.kernel.base.sealing.fields import SealedTextField


class ActivationSlip(models.Model):
    """A printed one-time code. Only its hash is kept.

    purpose: it opens an account or sets a new password, or it lets a second factor be set anew. issued_by: who printed it.
    """

    class Purpose(models.TextChoices):
        ACCOUNT = "account", _("开通账号")
        SECOND_FACTOR = "second_factor", _("重设第二步验证")

    purpose = models.CharField(max_length=13, choices=Purpose.choices, default=Purpose.ACCOUNT)
    issued_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="slips")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    code_hash = models.CharField(max_length=64, unique=True)
    created_at = InstantField(default=timezone.now)
    expires_at = InstantField()
    used_at = InstantField(null=True)

    class Meta:
        db_table = "activation_slip"


class SecondFactor(models.Model):
    """The time-based code (RFC 6238) of an account. last_step: the newest 30-second step whose code was used.

    pending: a secret that is shown as a QR code and waits for its first right code.
    """

    account = models.OneToOneField(
        Account, primary_key=True, on_delete=models.CASCADE, related_name="second_factor"
    )
    secret = SealedTextField(data_class="KS", row="account_id", school="")
    pending = SealedTextField(data_class="KS", row="account_id", school="")
    confirmed_at = InstantField(null=True)
    last_step = models.BigIntegerField(default=0)

    class Meta:
        db_table = "second_factor"


class RecoveryCode(models.Model):
    """A printed code that stands in for the phone once. Only its hash is kept."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64, unique=True)
    used_at = InstantField(null=True)

    class Meta:
        db_table = "recovery_code"


class SignInFailure(models.Model):
    """A failed sign-in, by hashed login and device; never by address alone, a whole school shares one."""

    login_hash = models.CharField(max_length=64)
    device_hash = models.CharField(max_length=64)
    at = InstantField(default=timezone.now)

    class Meta:
        db_table = "sign_in_failure"
        indexes = [models.Index(fields=["login_hash", "at"], name="sign_in_failure_recent")]


class Opening(models.Model):
    """One person may read some classes of one child's data for a time: a grant somebody approved, or break-glass.

    classes: what was asked for. until: when it ends, once it is open. review_due: when the review of break-glass is owed.
    proper: what the reviewer found.
    """

    class Kind(models.TextChoices):
        GRANT = "grant", _("申请查看")
        BREAK_GLASS = "break_glass", _("紧急打开")

    class State(models.TextChoices):
        WAITING = "waiting", _("等批准")
        OPEN = "open", _("可以看")
        REFUSED = "refused", _("没有批准")
        ENDED = "ended", _("已结束")

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    state = models.CharField(max_length=7, choices=State.choices)
    student = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    classes = models.JSONField(default=list)
    day = DayField()
    hours = models.PositiveSmallIntegerField()
    reason = SealedTextField(_("理由"), data_class="K3", year="day")
    asked_at = InstantField(default=timezone.now)
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = InstantField(null=True)
    decision = SealedTextField(_("批复"), data_class="K3", year="day")
    until = InstantField(null=True)
    ended_at = InstantField(null=True)
    review_due = InstantField(null=True)
    reviewed_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = InstantField(null=True)
    proper = models.BooleanField(null=True)
    review = SealedTextField(_("复核意见"), data_class="K3", year="day")

    class Meta:
        db_table = "opening"
        verbose_name = verbose_name_plural = _("查看许可")
        indexes = [
            models.Index(fields=["account", "student", "state"], name="opening_of_reader"),
            models.Index(fields=["school", "state", "-asked_at"], name="opening_list"),
        ]


class SchoolTerm(Superseding):
    """A term of keeping or a limit as a school has set it (see terms.py). Rows are added; what held before stays on file."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=20)
    number = models.PositiveSmallIntegerField()
    why = models.CharField(_("依据"), max_length=200)
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SupersedingQuerySet.as_manager()

    class Meta:
        db_table = "school_term"
        verbose_name = verbose_name_plural = _("期限")
        constraints = [
            models.UniqueConstraint(
                fields=["school", "name"],
                condition=models.Q(superseded_at=FOREVER),
                name="school_term_once",
            )
        ]


class LegalHold(models.Model):
    """Nothing about this person may be erased or let go while a hold lasts: a court, the police, an inquiry asks for it."""

    public_id = models.CharField(max_length=22, unique=True, default=new_public_id, editable=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    day = DayField()
    reason = SealedTextField(_("依据"), data_class="K3", year="day")
    set_at = InstantField(default=timezone.now)
    set_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = InstantField(null=True)
    ended_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "legal_hold"
        verbose_name = verbose_name_plural = _("依法保留")
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=models.Q(ended_at=None), name="legal_hold_once"
            )
        ]

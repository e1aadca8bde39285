from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tongxin.kernel.base.fields import InstantField
from tongxin.kernel.base.models import Account, School
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

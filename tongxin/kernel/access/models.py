from django.db import models
from django.utils import timezone

from tongxin.kernel.base.fields import InstantField
from tongxin.kernel.base.models import Account, School


class ActivationSlip(models.Model):
    """A printed one-time code that opens an account or sets a new password. Only its hash is kept."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="slips")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    code_hash = models.CharField(max_length=64, unique=True)
    created_at = InstantField(default=timezone.now)
    expires_at = InstantField()
    used_at = InstantField(null=True)

    class Meta:
        db_table = "activation_slip"


class SignInFailure(models.Model):
    """A failed sign-in, by hashed login and device; never by address alone, a whole school shares one."""

    login_hash = models.CharField(max_length=64)
    device_hash = models.CharField(max_length=64)
    at = InstantField(default=timezone.now)

    class Meta:
        db_table = "sign_in_failure"
        indexes = [models.Index(fields=["login_hash", "at"], name="sign_in_failure_recent")]

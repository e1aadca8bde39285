"""The second factor: a code from a phone app (RFC 6238, by pyotp), printed recovery codes, and a slip to set it anew.

pyotp and not django-allauth[mfa]: one module without tables, pages or middleware of its own; accounts here are opened by
slips, and every installed application costs start time.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta

import pyotp
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Account

from .models import ActivationSlip, RecoveryCode, SecondFactor, SignInFailure
from .services import _ALPHABET, LOCK_MINUTES, TooManyFailures, _hash, normal_code

STEP_SECONDS = 30
WINDOW = 1  # steps a phone's clock may be off
RECOVERY_CODES = 10
RECOVERY_LENGTH = 10
FAILURES = 5


class WrongCode(ValueError):
    """Neither the app's code nor an unused recovery code or slip."""


class CodeUsed(WrongCode):
    """The right code, but it (or a newer one) was given before."""


class NotSet(ValueError):
    """This account has no second factor yet."""


def is_set(account: Account) -> bool:
    return SecondFactor.objects.filter(account=account, confirmed_at__isnull=False).exists()


def begin(account: Account) -> str:
    """Return the secret that waits to be scanned; the same one until it is confirmed."""
    factor, _ = SecondFactor.objects.get_or_create(account=account)
    if not factor.pending:
        factor.pending = pyotp.random_base32()
        factor.save(update_fields=["pending"])
    return factor.pending


def address(account: Account, secret: str, school_name: str) -> str:
    """Return the otpauth:// address for the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=account.login, issuer_name=f"同心 {school_name}".strip())


@transaction.atomic
def _confirmed(account: Account, text: str, school_id: int) -> list[str] | None:
    """Put the pending secret in force if the code is right, and return new recovery codes."""
    factor = SecondFactor.objects.select_for_update().filter(account=account).first()
    if factor is None or not factor.pending:
        raise NotSet
    step = _step_of(factor.pending, text)
    if step is None:
        return None
    factor.secret, factor.pending = factor.pending, ""
    factor.confirmed_at, factor.last_step = timezone.now(), step
    factor.save()
    audit.write(account, "access.second_factor_set", school_id=school_id)
    return _new_codes(account)


def confirm(account: Account, text: str, *, school_id: int) -> list[str]:
    """Take the pending secret into use with its first code; return the recovery codes, readable only now.

    Raises WrongCode, TooManyFailures, NotSet.
    """
    _refuse_guessing(account)
    codes = _confirmed(account, text, school_id)
    if codes is None:
        _note_failure(account)
        raise WrongCode
    return codes


def check(account: Account, text: str, *, school_id: int) -> str:
    """Say by what the account proved itself: "code", "recovery", or "slip" (then the factor is gone and is set anew).

    Raises WrongCode, CodeUsed, TooManyFailures, NotSet. A code works once; failures count by account.
    """
    factor = SecondFactor.objects.filter(account=account, confirmed_at__isnull=False).first()
    if factor is None:
        raise NotSet
    _refuse_guessing(account)
    step = _step_of(factor.secret, text)
    try:
        if step is not None:
            return _use_code(factor, step, school_id)
        return _use_printed(account, normal_code(text), school_id)
    except WrongCode:
        _note_failure(account)
        raise


@transaction.atomic
def _use_code(factor: SecondFactor, step: int, school_id: int) -> str:
    newer = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step).update(last_step=step)
    if not newer:
        raise CodeUsed
    audit.write(factor.account, "access.second_factor_given", school_id=school_id)
    return "code"


@transaction.atomic
def _use_printed(account: Account, code: str, school_id: int) -> str:
    now = timezone.now()
    mine = {"account": account, "code_hash": _hash(code), "used_at": None}
    if RecoveryCode.objects.filter(**mine).update(used_at=now):
        audit.write(account, "access.recovery_code_used", school_id=school_id)
        return "recovery"
    slips = ActivationSlip.objects.filter(
        **mine, purpose=ActivationSlip.Purpose.SECOND_FACTOR, expires_at__gt=now
    )
    if slips.update(used_at=now):
        RecoveryCode.objects.filter(account=account).delete()
        SecondFactor.objects.filter(account=account).delete()
        audit.write(account, "access.second_factor_reset", school_id=school_id)
        return "slip"
    raise WrongCode


@transaction.atomic
def new_recovery_codes(account: Account, *, school_id: int) -> list[str]:
    """Return ten new codes; the earlier ones end."""
    audit.write(account, "access.recovery_codes_made", school_id=school_id)
    return _new_codes(account)


def _new_codes(account: Account) -> list[str]:
    RecoveryCode.objects.filter(account=account).delete()
    codes = [
        "".join(secrets.choice(_ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)
    ]
    RecoveryCode.objects.bulk_create(RecoveryCode(account=account, code_hash=_hash(code)) for code in codes)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def codes_left(account: Account) -> int:
    return RecoveryCode.objects.filter(account=account, used_at=None).count()


def demo_code(account: Account, *, pending: bool = False) -> str:
    """Return a code that would be taken now. For the demo only, where nobody has the invented person's phone."""
    if not settings.DEMO:
        raise PermissionError("demo only")
    factor = SecondFactor.objects.filter(account=account).first()
    secret = factor and (factor.pending if pending else factor.secret)
    if not factor or not secret:
        return ""
    step = _now_step() if pending else max(_now_step(), factor.last_step + 1)
    return pyotp.TOTP(secret).generate_otp(step)


def _now_step() -> int:
    return int(timezone.now().timestamp()) // STEP_SECONDS


def _step_of(secret: str, text: str) -> int | None:
    """Return the step whose code this is, within the window, or None."""
    code = "".join(c for c in text if c.isdecimal() and c.isascii())
    if len(code) != 6 or len(text.strip()) > 8:
        return None
    totp, now = pyotp.TOTP(secret), _now_step()
    steps = [
        now + off
        for off in range(-WINDOW, WINDOW + 1)
        if hmac.compare_digest(totp.generate_otp(now + off), code)
    ]
    return max(steps, default=None)


def _guesses(account: Account) -> str:
    return _hash(f"second factor|{account.pk}")


def _refuse_guessing(account: Account) -> None:
    since = timezone.now() - timedelta(minutes=LOCK_MINUTES)
    if SignInFailure.objects.filter(login_hash=_guesses(account), at__gt=since).count() >= FAILURES:
        raise TooManyFailures


def _note_failure(account: Account) -> None:
    SignInFailure.objects.create(login_hash=_guesses(account), device_hash="", at=timezone.now())

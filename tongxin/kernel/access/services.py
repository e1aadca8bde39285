"""Accounts: slips that open them, sign-in with throttling, locking."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.utils import timezone

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import Account
from tongxin.kernel.people.models import Person

from .models import ActivationSlip, SecondFactor, SignInFailure

# Without 0 O 1 I L, so that nobody misreads a printed code.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
SLIP_DAYS = 30
FAILURES_PER_DEVICE = 5
FAILURES_PER_ACCOUNT = 50
# A shared tablet passes through many hands.
TRIES_PER_DEVICE = 10
LOCK_MINUTES = 15
_DUMMY_HASH = ""


class SlipNotValid(ValueError):
    """The code is unknown, used or too old."""


class SameIssuer(ValueError):
    """The other of the two slips that would open this account was printed by the same person."""


class TooManyFailures(ValueError):
    """Too many failed sign-ins; try again later."""


class WrongLogin(ValueError):
    """Login or password are not right (which of the two is not said)."""


def _hash(text: str) -> str:
    return hashlib.sha256(f"{settings.SECRET_KEY}|{text}".encode()).hexdigest()


def normal_code(code: str) -> str:
    return "".join(c for c in code.upper() if c in _ALPHABET)


@transaction.atomic
def issue_slip(person: Person, *, by, login: str = "") -> tuple[ActivationSlip, str]:
    """Make a one-time code for a person (and an account if there is none); earlier codes end.

    Returns the slip and the code in groups of four; the code can be read only now. Raises SameIssuer.
    """
    account = person.account
    if account is None:
        account = Account.objects.create_user(_free_login(login or person.subject.initials or "t"))
        Person.objects.filter(pk=person.pk).update(account=account)
        person.account = account
    return _slip(account, person.school_id, ActivationSlip.Purpose.ACCOUNT, by)


@transaction.atomic
def issue_factor_slip(person: Person, *, by) -> tuple[ActivationSlip, str]:
    """Make a one-time code with which a person sets the second factor anew. Raises SlipNotValid, SameIssuer."""
    account = person.account
    if (
        account is None
        or not SecondFactor.objects.filter(account=account, confirmed_at__isnull=False).exists()
    ):
        raise SlipNotValid
    return _slip(account, person.school_id, ActivationSlip.Purpose.SECOND_FACTOR, by)


def _slip(account: Account, school_id: int, purpose: str, by) -> tuple[ActivationSlip, str]:
    """Make a slip; whoever printed one of the two that open a guarded account may not print the other."""
    now = timezone.now()
    issuer = getattr(by, "account_id", None) or getattr(by, "pk", None)
    if SecondFactor.objects.filter(account=account, confirmed_at__isnull=False).exists():
        since = now - timedelta(days=SLIP_DAYS)
        other = ActivationSlip.objects.filter(account=account, created_at__gt=since).exclude(purpose=purpose)
        if other.filter(issued_by_id=issuer).exists():
            raise SameIssuer
    ActivationSlip.objects.filter(account=account, used_at=None, purpose=purpose).update(expires_at=now)
    code = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    slip = ActivationSlip.objects.create(
        account=account,
        school_id=school_id,
        purpose=purpose,
        issued_by_id=issuer,
        code_hash=_hash(code),
        created_at=now,
        expires_at=now + timedelta(days=SLIP_DAYS),
    )
    action = (
        "access.slip_issued" if purpose == ActivationSlip.Purpose.ACCOUNT else "access.factor_slip_issued"
    )
    audit.write(by, action, slip, account=account.pk)
    return slip, "-".join(code[i : i + 4] for i in (0, 4, 8))


def _free_login(wish: str) -> str:
    number = 0
    while True:
        login = f"{wish}{number or ''}"
        if not Account.objects.filter(login=login).exists():
            return login
        number += 1


def slip_for(code: str) -> ActivationSlip:
    """Return the open slip of a code that opens an account. Raises SlipNotValid."""
    slip = (
        ActivationSlip.objects.select_related("account", "school")
        .filter(
            code_hash=_hash(normal_code(code)),
            purpose=ActivationSlip.Purpose.ACCOUNT,
            used_at=None,
            expires_at__gt=timezone.now(),
        )
        .first()
    )
    if slip is None:
        raise SlipNotValid
    return slip


@transaction.atomic
def use_slip(code: str, password: str) -> Account:
    """Set the password of the slip's account; the slip is spent. Raises SlipNotValid."""
    slip = slip_for(code)
    spent = ActivationSlip.objects.filter(pk=slip.pk, used_at=None).update(used_at=timezone.now())
    if not spent:
        raise SlipNotValid
    account = slip.account
    account.set_password(password)
    account.is_active = True
    account.save(update_fields=["password", "is_active"])
    audit.write(account, "access.slip_used", slip, school_id=slip.school_id)
    return account


def authenticate(login: str, password: str, device: str) -> Account:
    """Return the account of a login and password.

    device: random id of the browser. Raises TooManyFailures or WrongLogin; unknown logins cost the same time.
    """
    login_hash, device_hash = _hash(login.strip().lower()), _hash(device)
    since = timezone.now() - timedelta(minutes=LOCK_MINUTES)
    recent = SignInFailure.objects.filter(login_hash=login_hash, at__gt=since)
    if (
        recent.filter(device_hash=device_hash).count() >= FAILURES_PER_DEVICE
        or recent.count() >= FAILURES_PER_ACCOUNT
    ):
        raise TooManyFailures
    account = Account.objects.filter(login=login.strip()).first()
    if account is not None and account.is_active and account.check_password(password):
        SignInFailure.objects.filter(login_hash=login_hash, device_hash=device_hash).delete()
        return account
    if account is None or not account.has_usable_password():
        check_password(password, _dummy())
    SignInFailure.objects.create(login_hash=login_hash, device_hash=device_hash)
    raise WrongLogin


def _dummy() -> str:
    global _DUMMY_HASH
    _DUMMY_HASH = _DUMMY_HASH or make_password("not a password")
    return _DUMMY_HASH


def refuse_after_failures(what: str, device: str, *, most_in_all: int | None = None) -> None:
    """Raise TooManyFailures when a device, or everybody together, got something wrong too often just now.

    what: what was tried, e.g. the code of a class. A device without its cookie counts as a new one; `most_in_all`
    bounds those together.
    """
    since = timezone.now() - timedelta(minutes=LOCK_MINUTES)
    recent = SignInFailure.objects.filter(login_hash=_hash(f"try:{what}"), at__gt=since)
    if recent.filter(device_hash=_hash(device)).count() >= TRIES_PER_DEVICE:
        raise TooManyFailures
    if most_in_all is not None and recent.count() >= most_in_all:
        raise TooManyFailures


def note_failure(what: str, device: str) -> None:
    SignInFailure.objects.create(login_hash=_hash(f"try:{what}"), device_hash=_hash(device))


def forget_failures(what: str, device: str) -> None:
    """Somebody on this device got it right."""
    SignInFailure.objects.filter(login_hash=_hash(f"try:{what}"), device_hash=_hash(device)).delete()


@transaction.atomic
def set_active(person: Person, active: bool, *, by) -> None:
    """Open or lock an account; sessions end with the next request."""
    if person.account is None:
        raise SlipNotValid
    Account.objects.filter(pk=person.account.pk).update(is_active=active)
    audit.write(by, "access.account_opened" if active else "access.account_locked", person)


__all__ = ["SlipNotValid", "TooManyFailures", "WrongLogin", "authenticate", "issue_slip", "use_slip"]

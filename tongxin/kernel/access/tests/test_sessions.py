"""Sessions and accounts by prepared queries: the same answers as Django's own."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore as Ordinary
from django.contrib.sessions.models import Session
from django.utils import timezone

from tongxin.kernel.access.sessions import SessionStore
from tongxin.kernel.base.models import Account


def held(store) -> tuple[dict, str | None]:
    return dict(store.items()), store.session_key


def test_a_session_is_read_as_django_reads_it_until_it_ends(db):
    made = SessionStore()
    made["school"] = 3
    made.save()
    other = SessionStore()
    other["school"] = 4
    other.save()
    for key in (made.session_key, other.session_key, "no-such-session-at-all", None):
        assert held(SessionStore(key)) == held(Ordinary(key))
    assert held(SessionStore(made.session_key)) == ({"school": 3}, made.session_key)
    for ends, found in ((timedelta(seconds=5), {"school": 3}), (timedelta(), {}), (-timedelta(days=1), {})):
        Session.objects.filter(pk=made.session_key).update(expire_date=timezone.now() + ends)
        assert held(SessionStore(made.session_key))[0] == held(Ordinary(made.session_key))[0] == found
    Session.objects.filter(pk=other.session_key).update(session_data="broken")
    assert (
        held(SessionStore(other.session_key)) == held(Ordinary(other.session_key)) == ({}, other.session_key)
    )


@pytest.mark.parametrize("lost", ["closed", "deleted"])
def test_an_account_that_may_no_longer_sign_in_is_nobody_at_once(client, db, rf, lost):
    account = Account.objects.create_user("liu", language="en")
    client.force_login(account)
    request = rf.get("/")
    request.session = client.session
    found = get_user(request)
    assert (found, found.language, found.is_authenticated) == (account, "en", True)
    if lost == "closed":
        Account.objects.update(is_active=False)
    else:
        Account.objects.all().delete()
    assert not get_user(request).is_authenticated

"""Sign-in by name and password, as Django does it; finding the account, which every page does, has its SQL written once."""

from __future__ import annotations

from django.contrib.auth.backends import ModelBackend

from tongxin.kernel.base.models import Account
from tongxin.ui import prepared


class AccountBackend(ModelBackend):
    def get_user(self, user_id: int) -> Account | None:
        """Return the account of a session, None when there is none any more or it may no longer sign in."""
        found = prepared.instances(
            Account, "an account", lambda at: Account.objects.filter(pk=at["pk"]), {"pk": int(user_id)}
        )
        return found[0] if found and self.user_can_authenticate(found[0]) else None

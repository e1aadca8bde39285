"""Sessions in the database, as Django keeps them; reading one, which every page does, has its SQL written once."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.db import DatabaseError
from django.utils import timezone

from tongxin.kernel.base import space
from tongxin.ui import prepared


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        """Return what the session holds; empty, with no key of its own, when it has ended or never was."""
        found = prepared.rows(
            "a session",
            lambda at: self.model.objects.filter(pk=at["key"]).values_list("session_data", "expire_date"),
            {"key": self.session_key or ""},
        )
        if not found or found[0][1] <= timezone.now():
            self._session_key = None
            return {}
        return self.decode(found[0][0])

    def save(self, must_create: bool = False) -> None:
        """Write the session; on a full disk with the room of the ballast, else a reader would be sent away."""
        try:
            super().save(must_create)
        except DatabaseError as error:
            if not (space.is_full(error) and space.release()):
                raise
            super().save(must_create)

"""How many there are beyond a reader's reach, when the reader chooses what is counted.

Who tries one draft after another can set two figures against each other: the second draft leaves one child out, and the
difference tells of this child. So no figure of this kind is exact. It counts people, not their windows. It is shifted
before it is rounded, by an amount that nobody can tell without the installation's key and that changes with the question
and with anything the school writes down: that a figure moved says nothing of whoever was left out. Few and nobody look
the same. And a reader gets figures on so many questions a day only, each noted in the audit record, for the shifts of
hundreds of questions could be averaged away. (Random rounding is how statistical offices publish counts of few: Fellegi
and Phillips 1974; that figures which may differ by one person need it is the "differencing" of their handbooks.)
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base.models import School

from .engine import state_of
from .pairs import ends_of

# Under this many people nothing is told; what is told is a multiple of it.
SMALLEST_COUNT = 5
SMALLEST_ABOVE = 10
MOST_QUESTIONS = 30
ASKED = "obligations.figures_told"


def smallest_for(viewer: Viewer) -> int:
    """The fewest people a viewer is told the number of: more of them above the school."""
    school = viewer.school
    above = school is not None and school.kind == School.Kind.BUREAU
    return SMALLEST_ABOVE if above else SMALLEST_COUNT


@dataclass(frozen=True)
class Question:
    """What somebody asks figures on. smallest: see `smallest_for`; key: the question with the state of the school's records."""

    smallest: int
    key: str

    def about(self, subjects: Iterable[str], figure: str = "") -> int | None:
        """Return about how many people some subjects (ids as text) are, None when they are too few or nobody.

        A pair counts as the one it is for. figure: which one of several figures of the question this is.
        """
        people = len({ends[0] for ends in ends_of(subjects).values()})
        seen = people + self._shift(figure)
        # A child more or less must not decide for sure whether there is a figure, so the limit itself is shifted.
        if people < self.smallest or seen < self.smallest + self.smallest // 2:
            return None
        return self.smallest * ((seen + self.smallest // 2) // self.smallest)

    def _shift(self, figure: str) -> int:
        """A whole number from -smallest to smallest, each as likely."""
        text = f"about|{self.key}|{figure}"
        drawn = hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).digest()
        return int.from_bytes(drawn[:8], "big") % (2 * self.smallest + 1) - self.smallest


@transaction.atomic
def ask(viewer: Viewer, *what: object) -> Question | None:
    """Note that a reader asks for figures; None when they have asked too many different questions today.

    what: all that the figures follow from but the records. Whether there is an answer depends on what was asked alone,
    never on what the figures would be.
    """
    assert viewer.school_id is not None  # there are no figures without a school
    state = state_of(viewer.school_id)
    records = (state.people, state.ledger)
    key = hashlib.sha256(f"{viewer.school_id}|{records}|{what!r}".encode()).hexdigest()
    begun = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    rows = AuditRow.objects.filter(
        school=viewer.school_id, action=ASKED, at__gte=begun, account=viewer.account_id
    )
    asked = {data.get("question") for data in rows.values_list("data", flat=True)}
    if key[:16] not in asked:
        if len(asked) >= MOST_QUESTIONS:
            return None
        audit.write(viewer, ASKED, question=key[:16])
    return Question(smallest_for(viewer), key)

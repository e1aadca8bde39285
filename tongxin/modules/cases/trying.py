"""A trial of the chain: the same way as a real call, with words that say that it is one."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from tongxin.exchange.notices import topics
from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School
from tongxin.kernel.obligations import outbox
from tongxin.kernel.signals.chain import chain_of


@transaction.atomic
def try_chain(school: School, *, by: Viewer) -> int:
    """Put a trial before everybody of the chain; pressed twice in a minute it is one. Return how many there are."""
    steps = chain_of(school)
    minute = f"{timezone.now():%Y%m%dT%H%M}"
    for step in steps:
        outbox.put(
            f"try:{school.pk}:{step.person_id}:{minute}",
            school_id=school.pk, recipient_id=step.person_id, topic=topics.CALLED_TRY, data={},
        )  # fmt: skip
    audit.write(by, "signal.chain_tried", school_id=school.pk, people=[step.person_id for step in steps])
    return len(steps)

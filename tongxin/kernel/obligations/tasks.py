"""Work for the background worker. Each task may run twice without harm."""

from datetime import date

from django.core.management import call_command
from django.db import transaction
from django.tasks import task
from django.utils import timezone

from tongxin.kernel.ledger import evidence
from tongxin.kernel.ledger.models import Evidence

from . import outbox
from .reminders import remind


@task()
def daily_reminders(day: str = "") -> int:
    """Put the reminders of a day (ISO; default today) in the outbox, school by school."""
    today = date.fromisoformat(day) if day else timezone.localdate()
    return sum(remind(school, today) for school in outbox.schools())


@task()
def prune_jobs() -> None:
    """Forget finished jobs older than a day; the queue is no archive."""
    call_command("ox_prune", older_than="1d", verbosity=0)


@task()
def sweep_evidence() -> int:
    """Remove evidence files that no row names, in the ledger or in a room (left by a crash between file and row)."""
    with transaction.atomic():
        rows = Evidence.objects.select_related("school").values_list("school__public_id", "file")
        known = {f"{school}/{file}" for school, file in rows.iterator()} | evidence.kept_for_rooms()
    gone = 0
    for path in evidence.orphans(known):
        path.unlink(missing_ok=True)
        gone += 1
    return gone

"""Run the background worker: reminders, imports and exports that a page does not wait for."""

from django.core.management import call_command

from tongxin.config import watching
from tongxin.kernel.base import checkpoints, space

LOCK_TIMEOUT_S = 60.0
# So that a long computation does not hold up the calls for a child.
AT_ONCE = 2


def run() -> None:
    """Take tasks from the database until told to stop; a task whose worker died is taken again."""
    checkpoints.start()
    space.start()
    watching.start()
    call_command("ox_worker", lock_timeout=LOCK_TIMEOUT_S, interval=1.0, concurrency=AT_ONCE, verbosity=0)

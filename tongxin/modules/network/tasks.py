"""Work of the room for the background worker. Each may run twice without harm."""

from django.tasks import task
from django.utils import timezone

from tongxin.kernel.obligations import outbox

from . import durations, harm


@task()
def look_at_durations() -> int:
    """Hand out the tasks of what has lasted too long, school by school."""
    today = timezone.localdate()
    return sum(durations.look(school, today) for school in outbox.schools())


@task()
def watch_harm() -> int:
    """Say where the deadline of a report is near."""
    return harm.remind(timezone.now())

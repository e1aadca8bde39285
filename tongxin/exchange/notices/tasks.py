"""The worker's round for notices. It may run twice without harm, and two of it beside each other."""

from django.tasks import task
from django.utils import timezone

from tongxin.kernel.obligations import outbox

from . import dispatch


@task()
def send_messages() -> int:
    """Say that the worker is alive, show what waits on people's pages, and send what may leave now."""
    now = timezone.now()
    outbox.beat()
    outbox.show_in_page(now=now)
    return dispatch.run(now)

"""Work for the background worker. Each task may run twice without harm."""

from django.tasks import task

from . import services


@task()
def solve(run: int) -> bool:
    """Compute one run, unless somebody else does or did."""
    return services.work(run)


@task()
def take_up_runs() -> int:
    """Take up what a stopped worker left."""
    return services.take_up()

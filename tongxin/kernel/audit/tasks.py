"""Background work on the keys."""

from django.tasks import task

from tongxin.kernel.base.sealing import rotation

ROWS_AT_ONCE = 20_000


@task()
def move_to_new_keys() -> None:
    """Go on bringing old rows under new keys, if somebody asked for new keys."""
    if rotation.wanted():
        rotation.rotate(most=ROWS_AT_ONCE)

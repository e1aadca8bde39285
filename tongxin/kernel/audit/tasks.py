"""Background work on the keys and on the anchors of the audit record."""

from pathlib import Path

from django.conf import settings
from django.tasks import task
from django.utils import timezone

from tongxin.kernel.base.sealing import rotation

from . import services

ROWS_AT_ONCE = 20_000


@task()
def move_to_new_keys() -> None:
    """Go on bringing old rows under new keys, if somebody asked for new keys."""
    if rotation.wanted():
        rotation.rotate(most=ROWS_AT_ONCE)


@task()
def keep_anchors() -> int:
    """Add the end of each chain to a file on another machine, if the installation names one; return how many lines.

    The file is only ever added to. What is there already is not written twice.
    """
    if not settings.ANCHORS_FILE:
        return 0
    file, ends = Path(settings.ANCHORS_FILE), services.anchors()
    known = set(file.read_text(encoding="utf-8").splitlines()) if file.exists() else set()
    lines = [f"{school} {seq} {digest}" for (school, seq), digest in sorted(ends.items())]
    new = [line for line in lines if line not in known]
    if new:
        with file.open("a", encoding="utf-8") as out:
            out.write(f"# {timezone.localtime():%Y-%m-%d %H:%M}\n" + "".join(f"{line}\n" for line in new))
    return len(new)

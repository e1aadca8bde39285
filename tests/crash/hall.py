"""Fill a new installation with a hall of pupils for the real server: run as a program, prints what clients need.

As `escalate` it is the worker's round over and over, in a child that its parent makes anew whenever it is killed.
"""

import os
import sys
import time
from datetime import timedelta

from tongxin.config.submitting import hall


def escalate() -> None:
    """Let the call that ran out first be followed by the next, again and again: minutes pass in no time."""
    from django.db import connection
    from django.db.models import Min

    from tongxin.kernel.signals import services as signals
    from tongxin.kernel.signals.models import Call

    while True:
        first = Call.objects.filter(answer="").aggregate(at=Min("due_at"))["at"]
        if first is not None:
            signals.escalate(first + timedelta(microseconds=1))
        connection.close()
        time.sleep(0.01)


def keep_escalating() -> None:
    from tongxin.config.command_line import set_up_django

    set_up_django()
    from django.db import connections

    while True:
        connections.close_all()
        child = os.fork()
        if not child:
            try:
                escalate()
            finally:
                os._exit(1)
        _pid, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            sys.exit("the round ended by itself")


if __name__ == "__main__":
    if sys.argv[1] == "escalate":
        keep_escalating()
    else:
        hall.main()

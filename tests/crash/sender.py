"""One round of the worker over a real installation, some minutes from now: run as a program, killed by the test."""

import os
import sys
from datetime import timedelta


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tongxin.config.settings"
    import django

    django.setup()
    from django.utils import timezone

    from tongxin.exchange.notices import dispatch

    if sys.argv[1] == "fill":
        fill(int(sys.argv[2]))
    else:
        dispatch.run(timezone.now() + timedelta(minutes=int(sys.argv[2])))


def fill(count: int) -> None:
    """Put letters for one teacher in the outbox, one message each."""
    from django.utils import timezone

    from tongxin.exchange.notices.models import NoticeSettings, Preference
    from tongxin.kernel.base.models import Account
    from tongxin.kernel.obligations import outbox
    from tongxin.kernel.people.models import Person

    person = Person.objects.get(account=Account.objects.get(login="liu"))
    NoticeSettings.objects.create(
        school=person.school, email_on=True, quiet_from=0, quiet_to=0, skip_days_off=False, digest_hour=0
    )
    # Only what the test puts there: the teacher's own reminders are older than this wish.
    Preference.objects.create(
        person=person.subject, school=person.school, email="liu@school.invalid", rhythm="weekly", muted=True
    )
    for number in range(count):
        message, _new = outbox.put(
            f"m{number}",
            school_id=person.school_id,
            recipient_id=person.pk,
            topic="t",
            data={"text": "有一件事"},
        )
        outbox.bundle(
            f"letter-{number}",
            "email",
            [message],
            school_id=person.school_id,
            recipient_id=person.pk,
            now=timezone.now(),
        )


if __name__ == "__main__":
    main()

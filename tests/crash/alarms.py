"""People who are called and a signal about a child, in a real installation: run as a program, prints what was made.

prepare        the cast with a chain of three
raise SOURCE   one signal of the gravest rank
"""

import json
import sys


def prepare() -> None:
    from django.utils import timezone

    from tongxin.config.commands.setup import prepare as migrate_and_make_keys
    from tongxin.kernel.people import services as people
    from tongxin.kernel.signals import chain
    from tongxin.testing.cast import make_cast, player

    from .prepare import PASSWORD

    migrate_and_make_keys()
    cast = make_cast()
    deputy = player(cast.school, "何敏", "he", deputy_secretary=people.school_subject(cast.school))
    called = (cast.chen, deputy, cast.wang)
    wanted = [chain.Wanted(one.subject, 5) for one in called]
    chain.set_chain(cast.school, wanted, by=None, day=timezone.localdate())
    cast.chen.account.set_password(PASSWORD)
    cast.chen.account.save()
    json.dump({"people": [one.subject.pk for one in called], "login": cast.chen.account.login}, sys.stdout)


def raise_one(source: str) -> None:
    from django.db import transaction

    from tongxin.kernel.base.models import Subject
    from tongxin.kernel.signals import services as signals
    from tongxin.kernel.signals.models import ChainStep

    school = ChainStep.objects.values("school")[:1]
    child = Subject.objects.filter(type="student", school__in=school).earliest("pk")
    with transaction.atomic():
        made = signals.raise_signal(
            school_id=child.school_id, student_id=child.pk, origin="person", source=source, rank=5
        )
    assert made is not None
    json.dump({"signal": made.pk}, sys.stdout)


if __name__ == "__main__":
    from tongxin.config.command_line import set_up_django

    set_up_django()
    prepare() if sys.argv[1] == "prepare" else raise_one(sys.argv[2])

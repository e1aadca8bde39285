"""Fill a new installation with the tests' cast, for the real server: run as a program, prints what clients need.

The clock is the real one here, so the small programme is adopted for this year.
"""

import json
import os
import sys

PASSWORD = "青山绿水-2026-绕行"
LOGINS = ("liu", "ma", "xu")


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tongxin.config.settings"
    import django

    django.setup()
    from django.urls import reverse
    from django.utils import timezone

    from tongxin.config.commands.setup import prepare as migrate_and_make_keys
    from tongxin.kernel.programmes.services import adopt
    from tongxin.testing.cast import make_cast
    from tongxin.testing.pack import PACK

    migrate_and_make_keys()
    cast = make_cast()
    today = timezone.localdate()
    adopt(cast.school, "green-hill", today.year, by=cast.wang.account, text=PACK)
    people = {}
    for login, player, room in (("liu", cast.liu, 1), ("ma", cast.ma, 2), ("xu", cast.xu, None)):
        player.account.set_password(PASSWORD)
        player.account.save()
        visited = [student.public_id for student in cast.students[room]] if room else []
        people[login] = {"self": player.subject.public_id, "students": visited}
    cast.sun.account.set_password(PASSWORD)
    cast.sun.account.save()
    json.dump(
        {
            "today": today.isoformat(),
            "people": people,
            "sign_in": reverse("setup:sign_in"),
            "visit": reverse("desk:record_kind", args=["home_visit"]),
            "upload": reverse("setup:import_upload"),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()

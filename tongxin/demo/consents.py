"""What families of the demo said about screening: most yes, a few no, some slips not yet back."""

from __future__ import annotations

import base64
import hashlib
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link
from tongxin.kernel.consent.models import Consent, ConsentText, Purpose
from tongxin.kernel.consent.rules import OWN_AGE, birthday
from tongxin.kernel.people.models import Person

from .inserting import insert
from .population import Populated

TEXT = """一、为什么：每学期做一次心理测评，早点发现需要帮助的孩子。
二、收集什么：问卷的回答和得分，不问家庭收入，不录音录像。
三、谁能看：学校的心理教师；班主任只知道要做什么，看不到得分。结果不进成绩，不用来评优和分班。
四、存多久：到毕业后一年，加密保存。
五、不同意不影响孩子上学、评优和其他任何活动。
六、随时可以撤回，找班主任或心理教师。"""
# Of every fifty families: two say no, three have not handed the slip in.
REFUSED, SILENT = {7, 31}, {3, 19, 44}


def say(out: Populated, year: int, today: date) -> None:
    """Publish the explanation and record the slips that came back within the two weeks after, in two autumns.

    Newcomers are asked in the second autumn; most of those who turn fourteen are asked themselves soon after.
    """
    rounds = [day for day in (date(year - 1, 9, 3), date(year, 9, 3)) if day < today]
    keeper = out.holder("secretary").account
    at = timezone.make_aware(datetime.combine(rounds[0], time(8)))
    text = ConsentText(
        school=out.school,
        purpose=Purpose.SCREENING.value,
        version=1,
        body=TEXT,
        published_at=at,
        published_by=keeper,
    )
    insert(ConsentText, [text])
    students = Person.objects.filter(school=out.school, subject__type="student").order_by("pk")
    facts = list(students.values_list("pk", "birth_date", "subject__present_from", "subject__present_to"))
    guardians: dict[int, int] = {}
    links = Link.objects.filter(school=out.school, kind="guardian_of", superseded_at=FOREVER)
    for guardian, child in links.order_by("pk").values_list("a_id", "b_id"):
        guardians.setdefault(child, guardian)
    said: set[tuple[int, bool]] = set()
    rows = []
    for number, (child, birth, first, last) in enumerate(facts):
        if number % 50 in SILENT:
            continue
        for day in _days(rounds, number, birth, today):
            own = birth is not None and day > birthday(birth, OWN_AGE)
            who = child if own else guardians.get(child)
            if who is None or (child, own) in said or not first <= day <= last:
                continue
            said.add((child, own))
            rows.append(
                Consent(
                    public_id=_public_id(out.school.public_id, child, own),
                    school=out.school,
                    student_id=child,
                    purpose=Purpose.SCREENING.value,
                    what=Consent.What.REFUSED.value if number % 50 in REFUSED else Consent.What.GIVEN.value,
                    who_id=who,
                    text=text,
                    channel=Consent.Channel.PAPER.value,
                    at=timezone.make_aware(datetime.combine(day, time.min)),
                    recorded_at=timezone.make_aware(datetime.combine(day, time(16))),
                    recorded_by=keeper,
                )
            )
    insert(Consent, rows)


def _days(rounds: list[date], number: int, birth: date | None, today: date) -> list[date]:
    """Return when one child is asked: in each autumn, and (of eight all but one) when it may decide itself."""
    days = [published + timedelta(days=2 + number % 10) for published in rounds]
    if birth is not None and number % 8:
        days.append(birthday(birth, OWN_AGE) + timedelta(days=1 + number % 10))
    return sorted(day for day in days if rounds[0] < day <= today)


def _public_id(school: str, child: int, own: bool) -> str:
    """The same every time, without a draw that would change the rest of the demo's world."""
    digest = hashlib.sha256(f"consent|{school}|{child}|{own}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).decode()[:22]

"""Write in the consent ledger: publish an explanation, record what people said. Nothing is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.facts import ConsentChanged, publish
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Account, Link, School, Subject
from tongxin.kernel.people.models import Person

from .models import Consent, ConsentText, Purpose
from .rules import GIVEN, Child, Span


class Refused(ValueError):
    """It cannot be recorded as it is; the sentence says what to do. student: whose row it was, where it was one."""

    def __init__(self, sentence: str, student: Subject | None = None):
        super().__init__(sentence)
        self.student = student


@dataclass(frozen=True)
class Said:
    """What one person said about one child. what: given, refused or withdrawn; who: a guardian or the child."""

    student: Subject
    who: Subject
    what: str


@transaction.atomic
def publish_text(school: School, purpose: str, body: str, *, renews: bool, by: Account | None) -> ConsentText:
    """Publish a new version of the explanation. renews: everybody is asked again."""
    if not body.strip():
        raise Refused(_("请写说明：收集什么、用来做什么、谁能看、不同意会怎样、怎样撤回。"))
    last = ConsentText.objects.filter(school=school, purpose=purpose).order_by("-version").first()
    text = ConsentText.objects.create(
        school=school,
        purpose=Purpose(purpose),
        version=last.version + 1 if last else 1,
        body=body.strip(),
        renews=renews or last is None,
        published_at=timezone.now(),
        published_by=by,
    )
    audit.write(by, "consent.text_published", text, purpose=purpose, version=text.version, renews=text.renews)
    return text


def record_papers(
    school: School, purpose: str, said: Sequence[Said], *, signed_on: date, by: Account | None
) -> list[Consent]:
    """Record signed paper slips, all or none. They hold from the day they were signed; today's from now on.

    A word given online later that same day therefore stands above the paper. Raises Refused.
    """
    now = timezone.now()
    today = timezone.localtime(now).date()
    if signed_on > today:
        raise Refused(_("签字的日期不能晚于今天。"))
    at = now if signed_on == today else timezone.make_aware(datetime.combine(signed_on, time.min))
    # A slip signed on the day its text came out was signed after that.
    until = min(now, timezone.make_aware(datetime.combine(signed_on, time.min)) + timedelta(days=1))
    return record(school, purpose, said, channel=Consent.Channel.PAPER, at=at, text_of=until, by=by)


@transaction.atomic
def record(
    school: School,
    purpose: str,
    said: Sequence[Said],
    *,
    channel: str,
    at: datetime,
    by: Account | None,
    text_of: datetime | None = None,
) -> list[Consent]:
    """Add what was said, all or none, each with its audit row. text_of: the moment whose text was read (`at`)."""
    if at > timezone.now():
        raise Refused(_("时间不能晚于现在。"))
    texts = ConsentText.objects.filter(school=school, purpose=purpose, published_at__lte=text_of or at)
    text = texts.order_by("-version").first()
    if text is None:
        raise Refused(_("那一天还没有公布说明。请先公布说明，或核对签字的日期。"))
    _check(school, purpose, said, timezone.localtime(at).date())
    rows = [
        Consent(
            school=school,
            student=each.student,
            purpose=Purpose(purpose),
            what=Consent.What(each.what),
            who=each.who,
            text=text,
            channel=Consent.Channel(channel),
            at=at,
            recorded_at=timezone.now(),
            recorded_by=by,
        )
        for each in said
    ]
    rows = Consent.objects.bulk_create(rows)
    about = [
        (
            "consent",
            str(row.pk),
            {"student": row.student_id, "who": row.who_id, "purpose": purpose, "what": str(row.what),
             "version": text.version, "channel": str(channel)},
        )
        for row in rows
    ]  # fmt: skip
    if about:
        audit.write_each(by, "consent.recorded", about, school_id=school.pk)
    for row in rows:
        publish(ConsentChanged(school.pk, row.student_id, purpose))
    return rows


def _check(school: School, purpose: str, said: Sequence[Said], day: date) -> None:
    """Raise Refused for the first row that nobody could have signed that day."""
    ids = [each.student.pk for each in said]
    if len({(each.student.pk, each.who.pk) for each in said}) != len(said):
        raise Refused(_("同一个人为同一个学生填了两次，请只留一次。"))
    pairs = set(
        Link.objects.filter(
            school=school, kind="guardian_of", b_id__in=ids, superseded_at=FOREVER,
            valid_from__lte=day, valid_to__gte=day,
        ).values_list("a_id", "b_id")
    )  # fmt: skip
    births = dict(Person.objects.filter(school=school, pk__in=ids).values_list("pk", "birth_date"))
    for each in said:
        student = each.student
        if student.school_id != school.pk or not student.present_from <= day <= student.present_to:
            raise Refused(_("%(name)s那一天不在本校。") % {"name": student.name}, student)
        if each.who.pk == student.pk:
            child = Child(student.pk, births.get(student.pk), Span(student.present_from, student.present_to))
            if each.what == GIVEN and not child.decides_alone(day) and not _said_no(student, purpose):
                raise Refused(
                    _("%(name)s那一天未满十四周岁（或没有登记出生日期），要由监护人同意。")
                    % {"name": student.name},
                    student,
                )
        elif (each.who.pk, student.pk) not in pairs:
            raise Refused(
                _("签字的人那一天不是%(name)s的监护人。请先在人员里登记监护人。") % {"name": student.name},
                student,
            )


def _said_no(student: Subject, purpose: str) -> bool:
    """Say whether a child's own last word is no: a young child's yes takes that back, and is no consent by itself."""
    own = Consent.objects.filter(student=student, who=student, purpose=purpose).order_by("-at", "-pk")
    last = own.values_list("what", flat=True).first()
    return last is not None and last != GIVEN

"""What somebody may say about a child taking part: the child itself, or a guardian of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from tongxin.kernel.base.models import Subject
from tongxin.kernel.consent import services
from tongxin.kernel.consent.models import Consent, ConsentText, Purpose
from tongxin.kernel.consent.queries import current_text, may_process
from tongxin.kernel.consent.rules import GIVEN, Answer, Child, Span
from tongxin.kernel.people.models import Person

SCREENING = Purpose.SCREENING


@dataclass(frozen=True)
class Asked:
    """One child as one person is asked about it. own: this person's last word, "" for none; answer: what holds now.

    grown: the child is of an age to decide by itself. text: what is to be read first, None before it is published.
    """

    student: Subject
    who: Subject
    text: ConsentText | None
    answer: Answer
    own: str
    own_version: int
    grown: bool

    @property
    def itself(self) -> bool:
        return self.student.pk == self.who.pk

    @property
    def decides(self) -> bool:
        """A yes of this person counts: the guardian's for a young child, its own from fourteen on."""
        return self.grown == self.itself

    @property
    def open(self) -> bool:
        """This person is still to say something: nothing said yet, or only to an explanation that has changed."""
        return self.text is not None and self.decides and (not self.own or self.answer.why == "outdated")

    @property
    def may_start(self) -> bool:
        return bool(self.answer)


def asked_about(student: Subject, who: Subject, at: datetime | None = None) -> Asked:
    """Return how one person stands to a child taking part."""
    at = at or timezone.now()
    said = Consent.objects.filter(student=student, who=who, purpose=SCREENING, at__lte=at)
    last = said.order_by("-at", "-pk").values_list("what", "text__version").first()
    birth = Person.objects.filter(pk=student.pk).values_list("birth_date", flat=True).first()
    child = Child(student.pk, birth, Span(student.present_from, student.present_to))
    return Asked(
        student, who, current_text(student.school, SCREENING, at), may_process(student, SCREENING, at),
        last[0] if last else "", last[1] if last else 0, child.decides_alone(timezone.localtime(at).date()),
    )  # fmt: skip


class Refused(ValueError):
    """Nothing was recorded; the sentence says what to do."""


def say(asked: Asked, what: str, version: str, *, by) -> None:
    """Record what somebody said after reading a version of the explanation. Saying it again adds nothing.

    Raises Refused.
    """
    if asked.text is None:
        raise Refused(_("说明还没有公布，请等一等。"))
    if what not in Consent.What.values:
        raise Refused(_("请选同意或不同意。"))
    if version != str(asked.text.version):
        raise Refused(_("说明刚刚更新了，请先看一遍新的，再决定。"))
    if what == Consent.What.WITHDRAWN and asked.own != GIVEN:
        what = Consent.What.REFUSED
    if asked.own == what and asked.own_version == asked.text.version:
        return
    said = services.Said(asked.student, asked.who, what)
    try:
        services.record(
            asked.student.school, SCREENING, [said], channel=Consent.Channel.ONLINE, at=timezone.now(), by=by
        )
    except services.Refused as refused:
        raise Refused(str(refused)) from refused

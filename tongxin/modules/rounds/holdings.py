"""What the rounds hold about one person: wishes, words and answers; told, counted, erased. No proposal holds a name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.holdings import Erased, Holding, Reader, Section, register
from tongxin.kernel.base.models import Account, Subject
from tongxin.ui.formats import listed

from .models import CLASS, Bond, Member, Participant, Round, Wish

TYPES = ("student", "staff", "guardian")
SHOWN = (Round.State.PUBLISHED, Round.State.IN_FORCE)


def _tell(reader: Reader, subject: Subject) -> list[Section]:
    """Who they were put together with is told once it was published; what the organiser wrote about it is the organiser's."""
    own = Participant.objects.filter(subject=subject).select_related("round", "subject").order_by("pk")
    said = []
    for one in own:
        wants = Wish.objects.filter(person=one).select_related("wants__subject").order_by("rank")
        names = listed(wish.wants.subject.name for wish in wants)
        answers = listed(str(value) for values in one.answers.values() for value in values)
        said.append((one.title, names, answers, one.words, _at(one.said_at)))
    rows = (
        Member.objects.filter(
            person__subject=subject, group__withdrawn_at=None, group__round__state__in=SHOWN
        )
        .select_related("group__round", "person__round", "person__subject")
        .order_by("pk")
    )
    groups = [
        (
            row.person.title,
            _partners(row),
            str(row.get_answer_display()),
            row.reason,
            _at(row.answered_at),
        )
        for row in rows
    ]
    return [
        Section(_("结对的志愿"), (_("哪一轮"), _("想和谁"), _("回答"), _("说明"), _("时间")), said),
        Section(_("结对的结果"), (_("哪一轮"), _("和谁"), _("回答"), _("说明"), _("时间")), groups),
    ]


def _partners(row: Member) -> str:
    others = Member.objects.filter(group=row.group_id).exclude(pk=row.pk).select_related("person__subject")
    return listed(one.person.subject.name for one in others.order_by("pk"))


def _at(moment) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""


def _count(ids: Sequence[int]) -> dict[int, int]:
    """Rows that still say something in words or answers."""
    found = Counter(
        Participant.objects.filter(subject__in=ids)
        .exclude(words=None, answers={})
        .values_list("subject", flat=True)
    )
    found.update(
        Member.objects.filter(person__subject__in=ids)
        .exclude(reason=None, settled=None)
        .values_list("person__subject", flat=True)
    )
    for bond in Bond.objects.filter(_about(ids)).exclude(reason=None).select_related("a", "b"):
        found.update({one.subject_id for one in (bond.a, bond.b)} & set(ids))
    return dict(found)


def _about(ids: Sequence[int]) -> Q:
    return Q(a__subject__in=ids) | Q(b__subject__in=ids)


def _erase(subject: Subject, by: Account | None) -> Erased:
    """Empty words, answers, reasons and wishes; that there was a round stays, with the nameless row, for its figures."""
    own = Participant.objects.filter(subject=subject)
    gone = own.exclude(words=None, answers={}).update(words=None, answers={})
    gone += Wish.objects.filter(Q(person__in=own) | Q(wants__in=own)).delete()[0]
    gone += Bond.objects.filter(_about([subject.pk])).exclude(reason=None).update(reason=None)
    members = Member.objects.filter(person__in=own).exclude(reason=None, settled=None)
    return Erased(gone + members.update(reason=None, settled=None))


def register_all() -> None:
    register(
        Holding(
            "rounds.said",
            gettext_lazy("结对的志愿和回答"),
            CLASS,
            _tell,
            _count,
            _erase,
            types=TYPES,
            order=60,
        )
    )

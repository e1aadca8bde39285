"""May these people sit in these seats? Answers are sentences that say what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from django.utils.translation import gettext as _

from tongxin.kernel.base.models import Attribute, Link, School, Subject

from .kinds import Seat, TeamKind

Members = Mapping[str, Sequence[int]]


class Refused(ValueError):
    """It cannot be done like this; the message is a sentence for the reader. `field`: the form field it is about."""

    def __init__(self, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


def check(
    kind: TeamKind, school: School, members: Members, day: date, *, team: Subject | None = None
) -> None:
    """Raise Refused with the first thing that is wrong with these seats on a day. team: itself, when it is changed."""
    ids = [pk for seated in members.values() for pk in seated]
    people = Subject.objects.filter(school=school, pk__in=ids).in_bulk()
    if len(people) != len(set(ids)):
        raise Refused(_("有的人不在本校名册中，请重新选择。"))
    if len(ids) != len(set(ids)):
        raise Refused(_("同一个人不能坐两个席位，请换一个人。"))
    for seat in kind.seats:
        seated = members.get(seat.name, ())
        _count(seat, len(seated))
        for pk in seated:
            if people[pk].type != seat.of:
                raise Refused(_("%(seat)s这个席位选错了人，请重新选择。") % {"seat": seat.title}, seat.name)
    for seat in kind.seats:
        chosen = [people[pk] for pk in members.get(seat.name, ())]
        if chosen:
            _may_sit(kind, seat, chosen, day, team)


def _count(seat: Seat, n: int) -> None:
    if n < seat.least:
        raise Refused(_("还缺%(seat)s，请选一位。") % {"seat": seat.title}, seat.name)
    if n > seat.most:
        raise Refused(
            _("%(seat)s正好一位，请去掉多选的。") % {"seat": seat.title}
            if seat.most == 1
            else _("%(seat)s最多%(n)d位，请去掉几位。") % {"seat": seat.title, "n": seat.most},
            seat.name,
        )


def _may_sit(kind: TeamKind, seat: Seat, chosen: Iterable[Subject], day: date, team: Subject | None) -> None:
    ids = [one.pk for one in chosen]
    members = set(_links("branch_member", day).filter(a__in=ids).values_list("a_id", flat=True))
    stated = stated_of(seat.attribute, ids, day) if seat.attribute else {}
    held = Counter(
        _links(seat.name, day)
        .filter(a__in=ids, b__type="team", b__in=_of_kind(kind, day))
        .exclude(b=team)
        .values_list("a_id", flat=True)
    )
    for one in chosen:
        said = {"name": one.name, "seat": seat.title}
        if not one.present_from <= day <= one.present_to:
            raise Refused(_("%(name)s这一天不在本校，请换一个人。") % said, seat.name)
        if seat.member is True and one.pk not in members:
            raise Refused(_("%(seat)s要由党员担任，%(name)s不在任何一个支部。请换一个人。") % said, seat.name)
        if seat.member is False and one.pk in members:
            raise Refused(_("%(seat)s不能是党员，%(name)s已经在支部里。请换一个人。") % said, seat.name)
        if seat.attribute:
            _stated(seat, one, stated.get(one.pk))
        if seat.at_once and held[one.pk] >= seat.at_once:
            raise Refused(
                _("%(name)s已经在%(n)d个同类团队里了，不能再加。请换一个人。") % {**said, "n": held[one.pk]},
                seat.name,
            )


def _stated(seat: Seat, one: Subject, value: str | None) -> None:
    said = {"name": one.name, "seat": seat.title}
    if value is None:
        raise Refused(_("还没有写明%(name)s是不是学生党员。请先请办公室在人员资料里写上。") % said, seat.name)
    if value != str(seat.wanted).lower():
        sentence = (
            _("%(seat)s要由学生党员担任，%(name)s不是。请换一个人。")
            if seat.wanted
            else _("%(seat)s不能是学生党员，%(name)s是。请换一个人。")
        )
        raise Refused(sentence % said, seat.name)


def stated_of(attribute: str, ids: Iterable[int], day: date) -> dict[int, str]:
    """Return {subject: value} of an attribute on a day; who has none is left out."""
    rows = Attribute.objects.current().filter(
        subject__in=list(ids), name=attribute, valid_from__lte=day, valid_to__gte=day
    )
    return dict(rows.values_list("subject_id", "value"))


def _links(link: str, day: date):
    return Link.objects.current().filter(kind=link, valid_from__lte=day, valid_to__gte=day)


def _of_kind(kind: TeamKind, day: date):
    return _links(kind.mark, day).values("b")

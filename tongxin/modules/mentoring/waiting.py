"""What of pairs waits for somebody on their first page."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.access.waiting import Waiting
from tongxin.kernel.base.models import School
from tongxin.ui import formats

from . import agreements, feedback, growth, lives, shining
from .kinds import FAMILY, pair_kinds
from .models import Feedback, PairAsked, Wish
from .pairs import GUARDIAN, LEAD, A, Pair, own, side_of

SHOWN = 3


def waiting(viewer: Viewer) -> list[Waiting]:
    """Return the lines of this room for a viewer: one query more for those who are in no pair."""
    if viewer.school is None or viewer.person is None or viewer.school.kind != School.Kind.SCHOOL:
        return []
    made: list[Waiting] = []
    if viewer.may("pairs"):
        kinds = pair_kinds(viewer.school, viewer.day)
        mine = [one for one in own(viewer, kinds) if one.holds_on(viewer.day)]
        if mine:
            made += _of_pairs(viewer, mine)
    if viewer.may("growth"):
        made += _growth(viewer)
    if viewer.roles & {"staff"}:
        made += _models(viewer)
    if viewer.may(LEAD):
        made += _lead(viewer)
    return made


def _of_pairs(viewer: Viewer, mine: list[Pair]) -> Iterator[Waiting]:
    if not viewer.roles & {"staff"}:
        # Children and families have no place for it in the menu below; teachers find it beside what they owe.
        yield Waiting(_("我的结对"), reverse("mentoring:home"), _("打开"), quiet=True)
    sign = [one for one in agreements.standings(mine, viewer.day) if agreements.waits_for(viewer, one)]
    for one in sign[:SHOWN]:
        url = reverse("mentoring:agreement", args=[one.pair.public_id])
        yield Waiting(
            _("请看%(what)s") % {"what": one.pair.kind.agreement["title"]},
            url,
            _("去确认"),
            (_other(viewer, one.pair),),
        )
    wishes = Wish.objects.filter(
        school_id=viewer.school_id, a_id=viewer.person_id, taken_at=None, fulfilled_on=None, withdrawn_at=None,
        kind__in={one.kind.link for one in mine},
    )  # fmt: skip
    taken = {(row.kind, row.a_id, row.b_id) for row in wishes.defer("words")}
    for pair in [one for one in mine if one.key in taken][:SHOWN]:
        yield Waiting(
            _("%(name)s有一个心愿") % {"name": pair.b.name},
            reverse("mentoring:pair", args=[pair.public_id]),
            _("看一看"),
        )
    yield from _feedback(viewer, mine)


def _other(viewer: Viewer, pair: Pair) -> str:
    side = side_of(viewer, pair)
    return pair.b.name if side in (A, GUARDIAN) else pair.a.name


def _feedback(viewer: Viewer, mine: list[Pair]) -> Iterator[Waiting]:
    assert viewer.school is not None
    when = feedback.period(viewer.school, viewer.day)
    if not when.asks_now(viewer.day):
        return
    # What one guardian said is the family's word; the other is not asked again.
    by_me = Q(said_by_id=viewer.person_id) | Q(side=FAMILY, b__in=viewer.children)
    rows = Feedback.objects.filter(by_me, school=viewer.school, since=when.first)
    said = set(rows.values_list("kind", "a_id", "b_id"))
    left = [one for one in mine if feedback.speaks(viewer, one) and one.key not in said]
    for one in left[:SHOWN]:
        yield Waiting(
            _("期末说说结对怎么样"),
            reverse("mentoring:feedback", args=[one.public_id]),
            _("点几下"),
            (_other(viewer, one), formats.until_words(when.last, viewer.day)),
        )


def _growth(viewer: Viewer) -> Iterator[Waiting]:
    for row in growth.open_for(viewer).select_related("asker").defer("words")[:SHOWN]:
        late = row.due is not None and row.due < viewer.day
        fact = (
            _("应在%(day)s前答复") % {"day": formats.plain_day(row.due, viewer.day)}
            if late
            else formats.until_words(row.due, viewer.day)
        )
        yield Waiting(
            _("%(name)s的求助") % {"name": row.asker.name},
            reverse("mentoring:growth_one", args=[row.public_id]),
            _("去答复"),
            (str(row.get_theme_display()), fact),
        )
    n = growth.unassigned(viewer).count() if viewer.may(growth.ASSIGN) else 0
    if n:
        left = ngettext("%(n)d件求助等您派人", "%(n)d件求助等您派人", n) % {"n": n}
        yield Waiting(_("青年教师的求助"), reverse("mentoring:growth"), _("去派人"), (left,))
    late_ones = growth.overdue(viewer).count()
    if late_ones:
        left = ngettext("%(n)d件过期没有答复", "%(n)d件过期没有答复", late_ones) % {"n": late_ones}
        url = f"{reverse('mentoring:growth')}?only=late"
        yield Waiting(_("派出去的求助"), url, _("看一看"), (left,))


def _models(viewer: Viewer) -> Iterator[Waiting]:
    for _row in shining.asked(viewer)[:SHOWN]:
        yield Waiting(_("有人推选您做示范"), reverse("mentoring:models"), _("看一看"))


def _lead(viewer: Viewer) -> Iterator[Waiting]:
    """What was asked for waits; the whole list of what to arrange is worked out on its own page."""
    assert viewer.school is not None
    if not PairAsked.objects.filter(school=viewer.school, decided_at=None).exists():
        return
    n = lives.asked_count(viewer, pair_kinds(viewer.school, viewer.day))
    if n:
        left = ngettext("%(n)d对请求调整", "%(n)d对请求调整", n) % {"n": n}
        yield Waiting(_("结对要重新安排"), reverse("mentoring:rearrange"), _("去安排"), (left,))

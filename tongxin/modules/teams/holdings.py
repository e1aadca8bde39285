"""What the teams hold about one person: told, counted, erased. That somebody sat in a team is a link and not told here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.holdings import Erased, Holding, Reader, Section, register
from tongxin.kernel.base.models import Account, Subject
from tongxin.ui.formats import listed

from .measuring import ABILITIES
from .models import Change, Entrant, Invited, Rating, Showing


def _counted(rows: QuerySet, column: str) -> dict[int, int]:
    return dict(Counter(rows.values_list(column, flat=True)))


def _count(model, column: str) -> Callable[[Sequence[int]], dict[int, int]]:
    return lambda ids: _counted(model.objects.filter(**{f"{column}__in": ids}), column)


def _erase(model, column: str) -> Callable[[Subject, Account | None], Erased]:
    return lambda person, by: Erased(model.objects.filter(**{column: person}).delete()[0])


# ------------------------------------------------------------------ what one thinks of oneself


def _tell_ratings(reader: Reader, person: Subject) -> list[Section]:
    rows = Rating.objects.filter(person=person).select_related("team").order_by("day", "pk")
    said = [
        (
            f"{row.day:%Y-%m-%d}",
            row.team.name,
            str(row.get_moment_display()),
            listed(
                (f"{title} {(row.scores or {}).get(name, '')}" for name, title in ABILITIES.items()), "；"
            ),
        )
        for row in rows
    ]
    return [Section(_("能力自评"), (_("日期"), _("团队"), _("时点"), _("分数")), said)]


# ------------------------------------------------------------------ why somebody left


def _changes(person: Subject) -> QuerySet[Change]:
    return Change.objects.filter(Q(leaving=person) | Q(coming=person))


def _tell_changes(reader: Reader, person: Subject) -> list[Section]:
    rows = _changes(person).select_related("team").order_by("day", "pk")
    said = [
        (
            f"{row.day:%Y-%m-%d}",
            row.team.name,
            _("离开") if row.leaving_id == person.pk else _("加入"),
            row.reason or "",
        )
        for row in rows
    ]
    return [Section(_("团队变更"), (_("日期"), _("团队"), _("变更"), _("原因")), said)]


def _count_changes(ids: Sequence[int]) -> dict[int, int]:
    rows = Change.objects.filter(Q(leaving__in=ids) | Q(coming__in=ids)).exclude(reason=None)
    found: Counter[int] = Counter()
    for pair in rows.values_list("leaving", "coming"):
        found.update(pk for pk in pair if pk in ids)
    return dict(found)


def _erase_changes(person: Subject, by: Account | None) -> Erased:
    """Empty the reason; that a seat changed hands stays with the team."""
    return Erased(_changes(person).exclude(reason=None).update(reason=None))


# ------------------------------------------------------------------ contests


def _tell_contests(reader: Reader, person: Subject) -> list[Section]:
    rows = (
        Entrant.objects.filter(student=person).select_related("contest").order_by("contest__first_day", "pk")
    )
    said = [(f"{row.contest.first_day:%Y-%m-%d}", row.contest.name, row.award) for row in rows]
    return [Section(_("参赛"), (_("日期"), _("比赛"), _("结果")), said)]


def _tell_nothing(reader: Reader, person: Subject) -> list[Section]:
    return []


def register_all() -> None:
    everybody = ("student", "staff")
    register(
        Holding("teams.ratings", gettext_lazy("能力自评"), "K3", _tell_ratings, _count(Rating, "person"),
                _erase(Rating, "person"), types=everybody)
    )  # fmt: skip
    register(
        Holding("teams.changes", gettext_lazy("团队变更"), "K3", _tell_changes, _count_changes, _erase_changes,
                types=everybody)
    )  # fmt: skip
    register(
        Holding("teams.contests", gettext_lazy("参赛"), "K2", _tell_contests, _count(Entrant, "student"),
                _erase(Entrant, "student"))
    )  # fmt: skip
    register(
        Holding("teams.invitations", gettext_lazy("组队邀请"), "K2", _tell_nothing, _count(Invited, "person"),
                _erase(Invited, "person"), types=everybody)
    )  # fmt: skip
    register(
        Holding("teams.showing", gettext_lazy("风采署名"), "K2", _tell_nothing, _count(Showing, "person"),
                _erase(Showing, "person"), types=everybody)
    )  # fmt: skip

"""What members think of their own abilities before and after a project, shown only as means of enough people.

Innovation, skill, teamwork, problem solving, each 1 to 5 in the member's own view. A team of three is never shown: three
people can be told apart. The school's comparison is of the same people before and after, with its interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.audit import services as audit
from tongxin.kernel.base.models import School, Subject
from tongxin.kernel.ledger import services as ledger
from tongxin.kernel.people import teams
from tongxin.kernel.programmes import queries as programmes
from tongxin.methods.psychometrics import effects
from tongxin.ui.worded import as_written

from .kinds import LEADER, TeamKind
from .models import Rating
from .rules import Refused

ABILITIES = {
    "innovation": gettext_lazy("创新意识"),
    "skill": gettext_lazy("专业技能"),
    "teamwork": gettext_lazy("团队协作"),
    "problem_solving": gettext_lazy("分析解决问题"),
}
SMALLEST = 5
Moment = Rating.Moment


@dataclass(frozen=True)
class Growth:
    """One ability before and after, of the same n people. means on the scale of 1 to 5; interval of the difference."""

    title: str
    n: int
    before: float
    after: float
    difference: float
    interval: tuple[float, float]
    size: float | None

    @property
    def sure(self) -> bool:
        return self.interval[0] > 0 or self.interval[1] < 0


def learners(kind: TeamKind, team: Subject, day: date) -> list[int]:
    """Return who of a team rates the own abilities."""
    return [link.a_id for link in teams.seats_of([team.pk], day) if link.kind in kind.learners]


def next_moment(viewer: Viewer, kind: TeamKind, team: Subject) -> str | None:
    """Return which rating is open to a viewer: before at once, after when 30 days lie between, None when none is."""
    if not kind.measured or viewer.person_id not in learners(kind, team, viewer.day):
        return None
    done = dict(Rating.objects.filter(team=team, person_id=viewer.person_id).values_list("moment", "day"))
    if Moment.BEFORE not in done:
        return Moment.BEFORE
    if Moment.AFTER not in done and (viewer.day - done[Moment.BEFORE]).days >= 30:
        return Moment.AFTER
    return None


@transaction.atomic
def rate(viewer: Viewer, kind: TeamKind, team: Subject, moment: str, scores: Mapping[str, int]) -> Rating:
    """Keep what a member thinks of the own abilities; sent twice, the first stays. Raises Refused.

    When everybody of the team has answered, the measure is entered in the ledger – that it was done, without a number.
    """
    Subject.objects.select_for_update().get(pk=team.pk)
    known = Rating.objects.filter(team=team, person_id=viewer.person_id, moment=moment).first()
    if known is not None:
        return known
    if next_moment(viewer, kind, team) != moment:
        raise Refused(_("现在不用填这一次。"))
    row = Rating.objects.create(
        school_id=team.school_id, team=team, person_id=viewer.person_id, moment=moment, day=viewer.day,
        scores={name: int(scores[name]) for name in ABILITIES},
    )  # fmt: skip
    audit.write(viewer, "teams.rated", row, moment=moment)
    _enter_when_whole(viewer, kind, team, moment)
    return row


def _enter_when_whole(viewer: Viewer, kind: TeamKind, team: Subject, moment: str) -> None:
    ids = set(learners(kind, team, viewer.day))
    done = set(Rating.objects.filter(team=team, moment=moment).values_list("person_id", flat=True))
    activity = programmes.kinds(team.school, viewer.day).get(kind.measured)
    if not ids <= done or activity is None:
        return
    leaders = [link.a_id for link in teams.seats_of([team.pk], viewer.day) if link.kind == LEADER]
    parts = {"team": [team.pk], "student": sorted(ids), "leader": leaders}
    draft = ledger.Draft(
        day=viewer.day,
        title=f"{as_written(activity.title)}：{team.name}",
        parts={part: found for part, found in parts.items() if activity.part(part)},
        qualifiers={"theme": moment},
        token=f"team-rating:{team.pk}:{moment}",
        source="teams",
    )
    ledger.record_activity(team.school, activity, draft, by=None, today=viewer.day)


def growth(school: School, found: Iterable[int] | None = None) -> list[Growth]:
    """Compare each ability before and after over teams (all of the school's by default); [] below five people."""
    rows = Rating.objects.filter(school=school)
    if found is not None:
        rows = rows.filter(team__in=list(found))
    pairs: dict[tuple[int, int], dict[str, Mapping[str, int]]] = {}
    for row in rows:
        if row.scores:
            pairs.setdefault((row.team_id, row.person_id), {})[row.moment] = row.scores
    whole = [pair for pair in pairs.values() if len(pair) == 2]
    if len(whole) < SMALLEST:
        return []
    made = []
    for name, title in ABILITIES.items():
        effect = effects.paired(
            [pair[Moment.BEFORE][name] for pair in whole], [pair[Moment.AFTER][name] for pair in whole]
        )
        if effect is not None:
            made.append(
                Growth(
                    str(title),
                    effect.n[0],
                    *effect.means,
                    effect.difference,
                    effect.difference_interval,
                    effect.size,
                )
            )
    return made

"""Before and after: what changed between two sittings for the children who took part in both, and how surely."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tongxin.kernel.access.viewer import Viewer
from tongxin.kernel.ledger.models import Participation
from tongxin.kernel.ledger.queries import visible_entries
from tongxin.kernel.programmes import queries as programmes
from tongxin.methods.psychometrics.effects import Effect, independent, paired
from tongxin.methods.psychometrics.instrument import Instrument, Scale
from tongxin.ui.worded import as_written

from .describing import say
from .instruments import ready
from .models import Sitting
from .results import STUDENT, Look, looks, scale_title

MOST_ACTIVITIES = 40


@dataclass(frozen=True)
class Change:
    """One scale. took, rest: those of an activity and the others (None = not told); between: their changes compared."""

    title: str
    better_down: bool | None
    pairs: int
    everybody: Effect | None
    took: Effect | None = None
    rest: Effect | None = None
    between: Effect | None = None
    why_not: str = ""


@dataclass(frozen=True)
class Activity:
    """A kind of activity of the ledger, or those of it with one title, with how many students were there."""

    code: str
    words: str
    students: frozenset[int]


def earlier(sitting: Sitting) -> list[Sitting]:
    """Return what a sitting may be compared with: opened before it, with an instrument in common; its own pair first."""
    slugs = set(sitting.forms.filter(form=STUDENT).values_list("text__slug", flat=True))
    found = (
        Sitting.objects.filter(school=sitting.school_id, forms__form=STUDENT, forms__text__slug__in=slugs)
        .exclude(pk=sitting.pk).exclude(state=Sitting.State.DRAFT)
        .filter(first_day__lte=sitting.first_day).distinct().order_by("-first_day", "-pk")
    )  # fmt: skip
    return sorted(found, key=lambda one: one.pk != sitting.before_id)


def activities(viewer: Viewer, before: Sitting, after: Sitting) -> list[Activity]:
    """Return what students took part in between two sittings, as far as this viewer may read it."""
    rows = Participation.objects.current().filter(
        entry__in=visible_entries(viewer), subject__type="student", absent=False,
        day__gte=before.last_day, day__lte=after.first_day,
    )  # fmt: skip
    titles = {name: kind.title for name, kind in programmes.kinds(after.school, after.first_day).items()}
    by_kind: dict[str, set[int]] = {}
    by_title: dict[tuple[str, str], set[int]] = {}
    for kind, title, student in rows.values_list("kind", "entry__title", "subject_id").distinct():
        by_kind.setdefault(kind, set()).add(student)
        if title and title != as_written(titles.get(kind, "")):
            by_title.setdefault((kind, title), set()).add(student)
    found = [Activity(kind, titles.get(kind, kind), frozenset(who)) for kind, who in by_kind.items()]
    several = Counter(kind for kind, _title in by_title)
    found += [
        Activity(f"{kind}|{title}", f"{titles.get(kind, kind)} · {title}", frozenset(who))
        for (kind, title), who in by_title.items()
        if several[kind] > 1
    ]
    return sorted(found, key=lambda one: (-len(one.students), one.words))[:MOST_ACTIVITIES]


def compare(
    before: Sitting,
    after: Sitting,
    least: int,
    took: frozenset[int] | None = None,
    found: Sequence[Look] | None = None,
) -> list[Change]:
    """Return the change on every scale that both sittings measured; careless papers count in neither.

    least: the fewest children a figure is told of. took: who was in an activity; told only when they and the others
    are enough, for one figure could be taken from another. found: the looks of the later sitting.
    """
    first, second = _scores(looks(before)), _scores(looks(after) if found is None else found)
    told = []
    for key, (instrument, scale, later) in second.items():
        if key not in first:
            continue
        sooner = first[key][2]
        both = sorted(set(sooner) & set(later))
        title = say(instrument.title)
        if len(instrument.told_scales) > 1:
            title = f"{title} · {scale_title(instrument, scale.id)}"
        down = better_down(scale)
        if len(both) < least:
            told.append(Change(title, down, len(both), None, why_not=_few(least)))
            continue
        whole = paired([sooner[one] for one in both], [later[one] for one in both])
        if took is None:
            told.append(Change(title, down, len(both), whole))
            continue
        inside, outside = [one for one in both if one in took], [one for one in both if one not in took]
        if len(inside) < least or 0 < len(outside) < least:
            told.append(Change(title, down, len(both), whole, why_not=_few(least)))
            continue
        told.append(
            Change(
                title, down, len(both), whole,
                paired([sooner[one] for one in inside], [later[one] for one in inside]),
                paired([sooner[one] for one in outside], [later[one] for one in outside]) if outside else None,
                independent(
                    [later[one] - sooner[one] for one in inside], [later[one] - sooner[one] for one in outside]
                ) if outside else None,
            )
        )  # fmt: skip
    return told


def _few(least: int) -> str:
    return _("两次都认真做完的不足%(n)d人，或余下的不足%(n)d人，不显示。") % {"n": least}


def _scores(every: Sequence[Look]) -> dict[tuple[str, str], tuple[Instrument, Scale, dict[int, float]]]:
    """Return {(instrument, scale): (…, {student: score})} of the clean papers."""
    found: dict[tuple[str, str], tuple[Instrument, Scale, dict[int, float]]] = {}
    for one in every:
        if one.questionable:
            continue
        for part in one.parts:
            instrument = ready(part.form.text).instrument
            for scale in instrument.told_scales:
                score = part.scores["scores"].get(scale.id)
                if score is not None:
                    key = (instrument.id, scale.id)
                    found.setdefault(key, (instrument, scale, {}))[2][one.student] = float(score)
    return found


def better_down(scale: Scale) -> bool | None:
    """Say whether a lower score is the better one, by the bands; None where there are none."""
    bands = [band for table in scale.tables for band in table.bands]
    if len(bands) < 2:
        return None
    return (
        bands[0].rank <= bands[-1].rank
        if _low(bands[0]) <= _low(bands[-1])
        else bands[0].rank >= bands[-1].rank
    )


def _low(band) -> float:
    return float("-inf") if band.low is None else float(band.low)


# ------------------------------------------------------------------ in words


def size_words(effect: Effect) -> str:
    """Say a size with its interval: −0.32（−0.45 到 −0.19）."""
    if effect.size is None:
        return _("算不出来")
    said = signed(effect.size)
    if effect.size_interval is None:
        return said
    low, high = effect.size_interval
    return _("%(size)s（%(low)s 到 %(high)s）") % {"size": said, "low": signed(low), "high": signed(high)}


def signed(value: float) -> str:
    shown = f"{abs(value):.2f}"
    return f"−{shown}" if value < 0 and shown != "0.00" else shown


def reading(effect: Effect, down: bool | None) -> str:
    """Say in plain words what an effect means."""
    if effect.size is None:
        return _("大家的变化完全一样，算不出效应量。")
    low, high = effect.size_interval or (-1.0, 1.0)
    if low <= 0 <= high:
        return _("区间包含 0：还不能说有变化。")
    amount = abs(effect.size)
    how = _("很小") if amount < 0.2 else _("小") if amount < 0.5 else _("中等") if amount < 0.8 else _("大")
    if down is None:
        way = _("上升") if effect.size > 0 else _("下降")
    else:
        way = _("往好的方向") if (effect.size < 0) == down else _("往不好的方向")
    return _("有变化，%(way)s，幅度%(how)s。") % {"way": way, "how": how}


def figure_rows(change: Change, names: Sequence[str]) -> list[list[str]]:
    """Return the rows of a change: who, n, means before and after, size, reading. names: everybody, took, others."""
    rows = []
    for name, effect in zip(names, (change.everybody, change.took, change.rest), strict=True):
        if effect is not None:
            rows.append(
                [name, str(effect.n[0]), f"{effect.means[0]:.1f}", f"{effect.means[1]:.1f}", size_words(effect),
                 reading(effect, change.better_down)]
            )  # fmt: skip
    return rows

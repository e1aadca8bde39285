"""The figures of a programme: each one bound to a query, said in words, and traced to what is behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tongxin.kernel.access.policy import CLASSES
from tongxin.kernel.access.viewer import Reach, Viewer, within_reach
from tongxin.kernel.base.models import Subject
from tongxin.kernel.ledger.models import Entry
from tongxin.kernel.obligations.queries import Asked
from tongxin.kernel.programmes.models import Programme
from tongxin.methods.cadence.counting import Count, QualifierIs
from tongxin.methods.cadence.declarations import MEASURE_SHOWN, Figure
from tongxin.methods.cadence.pack import Pack
from tongxin.methods.cadence.periods import NO_END
from tongxin.ui.formats import full_day

from . import counting
from .counting import Moment
from .disclosure import (
    Sight,
    branches_of,
    count_words,
    few_words,
    hidden_words,
    is_small,
    share_number,
    share_words,
    sight_of,
)
from .measured import measured_day_words, measured_number, measured_words, with_people
from .verdicts import Verdicts

SHOWN = {
    "coverage": gettext_lazy("完成率"),
    "met": gettext_lazy("已完成数"),
    "missed": gettext_lazy("未完成数"),
    "open": gettext_lazy("待完成数"),
    "expected": gettext_lazy("应完成数"),
    "waived": gettext_lazy("已免除数"),
    "not_expected": gettext_lazy("不要求数"),
    "done": gettext_lazy("做到的总数"),
    "average": gettext_lazy("平均每个对象做到的数"),
    "latest": gettext_lazy("最近一期做到的数"),
    "latest_day": gettext_lazy("最近一次的日期"),
}


@dataclass(frozen=True)
class Value:
    """A figure as one reader may see it. words stands in the text; behind says where it comes from.

    number: None where it is hidden, suppressed or cannot be counted.
    """

    figure: Figure
    words: str
    number: float | None
    sight: Sight
    data_class: str
    behind: str

    @property
    def name(self) -> str:
        return self.figure.name

    @property
    def title(self) -> str:
        return self.figure.title


@dataclass
class Reading:
    """One reader's view of a programme at one moment; every figure is computed once.

    above: written for those above the school, so that the roster and all beyond it are figures, none under ten.
    """

    viewer: Viewer
    asked: Asked
    above: bool = False

    def __post_init__(self) -> None:
        self._values: dict[str, Value] = {}
        self._ids: dict[frozenset[int], set[str]] = {}
        self.verdicts = Verdicts(self.asked, self._ids_within)
        self.moment = Moment(self.asked.as_of, self.asked.known_at)

    @property
    def programme(self) -> Programme:
        return self.asked.programme

    @property
    def pack(self) -> Pack:
        return self.asked.pack

    @property
    def as_of(self) -> date:
        return self.asked.as_of

    def sight(self, data_class: str) -> Sight:
        """Return how much of a class this reading shows."""
        seen = sight_of(self.viewer, data_class)
        if self.above and seen is not Sight.NOTHING and CLASSES.index(data_class) >= CLASSES.index("K2"):
            return Sight.ABOVE
        return seen

    def within(self, data_class: str) -> QuerySet[Subject] | None:
        """Return the subjects whose figures these are, None for the whole school."""
        branches = branches_of(self.viewer, data_class)
        if branches is None:
            return None
        return Subject.objects.filter(within_reach(self.viewer, Reach(branches=branches)))

    def _ids_within(self, data_class: str) -> set[str] | None:
        branches = branches_of(self.viewer, data_class)
        if branches is None:
            return None
        if branches not in self._ids:
            rows = Subject.objects.filter(within_reach(self.viewer, Reach(branches=branches)))
            self._ids[branches] = {str(pk) for pk in rows.values_list("pk", flat=True)}
        return self._ids[branches]

    @cached_property
    def limited_to(self) -> str:
        """The branches these figures are of, in words; empty for the whole school."""
        branches = branches_of(self.viewer, "K1")
        if not branches:
            return ""
        names = Subject.objects.filter(pk__in=branches).order_by("pinyin").values_list("name", flat=True)
        return _("只统计%(names)s的党员和活动。") % {"names": "、".join(names)}

    def value(self, name: str) -> Value | None:
        """Return a figure by name, None when the pack declares no such figure."""
        figure = self.pack.figures.get(name)
        if figure is None:
            return None
        if name not in self._values:
            self._values[name] = self._evaluate(figure)
        return self._values[name]

    def _evaluate(self, figure: Figure) -> Value:
        if figure.later:
            return Value(figure, "—", None, Sight.NOTHING, "K0", _("这个数暂不能自动统计：%s") % figure.later)
        if figure.obligation:
            return self._from_obligation(figure)
        if figure.count is None or figure.measure is None:
            return Value(figure, "—", None, Sight.NOTHING, "K0", _("方案没有写明这个数从哪里来。"))
        return self._from_entries(figure, figure.count)

    def _from_entries(self, figure: Figure, count: Count) -> Value:
        data_class = counting.class_of(self.pack, count)
        sight = self.sight(data_class)
        behind = self._entries_words(figure, count)
        if sight is Sight.NOTHING:
            return Value(figure, hidden_words(), None, sight, data_class, behind)
        assert figure.measure is not None
        try:
            number = counting.evaluate(
                self.programme, count, figure.measure, self.moment, self.within(data_class)
            )
        except counting.CannotCount:
            return Value(figure, "—", None, sight, data_class, behind)
        words = count_words(number, sight)
        shown = None if is_small(number, sight) else number
        return Value(figure, words, shown, sight, data_class, behind)

    def _from_obligation(self, figure: Figure) -> Value:
        data_class = self.verdicts.class_of(figure.obligation)
        sight = self.sight(data_class)
        title = self.verdicts.title_of(figure.obligation)
        behind = _("应做事项“%(title)s”：%(show)s") % {"title": title, "show": SHOWN[figure.show]}
        if sight is Sight.NOTHING:
            return Value(figure, hidden_words(), None, sight, data_class, behind)
        if figure.show in MEASURE_SHOWN:
            return self._from_measure(figure, sight, data_class, behind)
        tally = self.verdicts.tally(figure.obligation)
        if tally is None:
            return Value(figure, "—", None, sight, data_class, behind)
        if figure.show == "coverage":
            words = share_words(tally.met, tally.expected, sight)
            number = share_number(tally.met, tally.expected, sight)
            return Value(figure, words, number, sight, data_class, behind)
        counted = getattr(tally, figure.show)
        shown = None if is_small(counted, sight) else counted
        return Value(figure, count_words(counted, sight), shown, sight, data_class, behind)

    def _from_measure(self, figure: Figure, sight: Sight, data_class: str, behind: str) -> Value:
        found = self.verdicts.measured(figure.obligation, figure.show)
        if found is None or found.number is None or found.blank:
            return Value(figure, "—", None, sight, data_class, behind)
        if sight.limit and found.amounts and found.heads is None:
            found = with_people(self.asked, found)
        if figure.show == "latest_day":
            words = measured_day_words(found, sight)
            return Value(figure, words, None, sight, data_class, behind)
        if figure.show == "latest":
            first, last = found.window
            behind = _("%(behind)s（%(window)s）") % {
                "behind": behind,
                "window": full_day(first) if last == NO_END else f"{full_day(first)}—{full_day(last)}",
            }
        number = measured_number(found, figure.show, sight)
        if number is None:
            return Value(figure, few_words(), None, sight, data_class, behind)
        shown = None if sight.limit else float(number)
        return Value(figure, measured_words(number, found, sight), shown, sight, data_class, behind)

    def _entries_words(self, figure: Figure, count: Count) -> str:
        """Say in one phrase what is counted: the kinds, the part, the filters and the measure."""
        kinds = "、".join(self.pack.kinds[k].title if k in self.pack.kinds else k for k in count.kinds)
        parts = "、".join(_part_title(self.pack, count, part) for part in count.parts)
        filters = "、".join(
            _filter_words(self.pack, count, only) for only in count.only if isinstance(only, QualifierIs)
        )
        said = _("台账中“%(kinds)s”的记录") % {"kinds": kinds}
        if parts:
            said += _("，按%(parts)s计") % {"parts": parts}
        if filters:
            said += _("，只计%(filters)s") % {"filters": filters}
        return said

    def entries_behind(self, figure: Figure) -> list[Entry] | None:
        """Return the entries an entries figure counts, newest first; None for a figure of an obligation."""
        if figure.count is None or figure.later:
            return None
        within = self.within(counting.class_of(self.pack, figure.count))
        entries = counting.counted_entries(self.programme, figure.count, self.moment, within)
        return list(entries.order_by("-day", "-pk"))


def _part_title(pack: Pack, count: Count, part: str) -> str:
    for kind in count.kinds:
        declared = pack.kinds[kind].part(part) if kind in pack.kinds else None
        if declared is not None:
            return declared.title
    return part


def _filter_words(pack: Pack, count: Count, only: QualifierIs) -> str:
    for kind in count.kinds:
        declared = pack.kinds[kind].qualifier(only.qualifier) if kind in pack.kinds else None
        if declared is not None:
            return "、".join(declared.values.get(value, value) for value in only.values)
    return "、".join(only.values)

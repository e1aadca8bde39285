"""Charts as plain data: a heat map, a Gantt chart, lines, bars, a funnel. Each knows its table.

The heat map and the Gantt chart are drawn by the server (HTML and SVG: they print, work without scripts and are
read out cell by cell). Lines, bars and funnel travel as JSON and are drawn in the browser when they come into view;
until then, and without scripts, their table stands there. A title says the finding, not the subject.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

from django.template.loader import render_to_string
from django.utils import dateformat, timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from jinja2 import Environment, FileSystemLoader

from tongxin.ui import formats, states

_numbers = count(1)


@dataclass(frozen=True)
class TableData:
    """The table of a chart: heads and rows of texts and numbers, for the page and for an export."""

    heads: list[str]
    rows: list[list[Any]]


@dataclass
class Figure:
    """What all charts share.

    title: the finding, one sentence. note: unit, denominator or source. export_url: where the same table can be had
    as a file. hidden_because: when given, nothing is drawn and the reason stands in its place.
    """

    template: ClassVar[str] = "ui/charts/drawn.html"
    title: str
    note: str = field(default="", kw_only=True)
    export_url: str = field(default="", kw_only=True)
    hidden_because: str = field(default="", kw_only=True)

    def table(self) -> TableData:
        raise TypeError("a figure is one of HeatMap, Gantt, Lines, Bars, Funnel")

    def data(self) -> dict[str, Any]:
        """What the browser needs to draw it."""
        return {}

    def drawing(self) -> str:
        """The chart as HTML, when the server draws it."""
        return ""

    def is_empty(self) -> bool:
        return not self.table().rows

    def render(self, nonce: str | None = None) -> SafeString:
        """Return the whole figure: title, drawing, table one tap away, export."""
        return render_to_string(
            self.template,
            {"figure": self, "id": f"chart-{next(_numbers)}", "table": self.table(), "csp_nonce": nonce},
        )


# Lines, bars, funnel: drawn in the browser


@dataclass(frozen=True)
class Series:
    """A named row of numbers, None where there is none. state: draws it in the tone of that verdict; shade-1 … shade-5,
    light to dark, are for groups in an order."""

    name: str
    values: Sequence[float | None]
    state: str = ""


@dataclass
class Lines(Figure):
    """Change over time: one point per label. unit stands behind numbers; target draws a labelled line."""

    labels: Sequence[str] = ()
    series: Sequence[Series] = ()
    unit: str = "%"
    top: float | None = None
    target: float | None = None
    target_label: str = ""
    label_head: str = ""

    def table(self) -> TableData:
        return _series_table(self.label_head or _("时间"), self.labels, self.series, self.unit)

    def data(self) -> dict[str, Any]:
        return {
            "kind": "lines",
            "labels": list(self.labels),
            "series": [_series(s) for s in self.series],
            "unit": self.unit,
            "top": self.top if self.top is not None else (100 if self.unit == "%" else None),
            "target": self.target,
            "targetLabel": self.target_label,
        }


@dataclass
class Bars(Figure):
    """Comparison: one bar (or one stack) per label, lying when the labels are long."""

    labels: Sequence[str] = ()
    series: Sequence[Series] = ()
    unit: str = ""
    stacked: bool = False
    lying: bool = True
    label_head: str = ""

    def table(self) -> TableData:
        return _series_table(self.label_head or _("项目"), self.labels, self.series, self.unit)

    def data(self) -> dict[str, Any]:
        return {
            "kind": "bars",
            "labels": list(self.labels),
            "series": [_series(s) for s in self.series],
            "unit": self.unit,
            "stacked": self.stacked,
            "lying": self.lying,
            # Shares of a whole fill it and no more.
            "top": 100 if self.stacked and self.unit == "%" else None,
        }


@dataclass
class Funnel(Figure):
    """How many are left after each step: (label, number), from the widest to the narrowest."""

    steps: Sequence[tuple[str, int]] = ()
    unit: str = ""

    def table(self) -> TableData:
        first = self.steps[0][1] if self.steps else 0
        rows = [[label, number, formats.percent_words(number, first)] for label, number in self.steps]
        return TableData([_("环节"), _headed(_("人数"), self.unit), _("占第一步")], rows)

    def data(self) -> dict[str, Any]:
        first = self.steps[0][1] if self.steps else 0
        return {
            "kind": "funnel",
            "unit": self.unit,
            "labels": [label for label, _number in self.steps],
            "values": [number for _label, number in self.steps],
            "shares": [formats.percent_words(number, first) for _label, number in self.steps],
        }


def _series(series: Series) -> dict[str, Any]:
    return {"name": series.name, "values": list(series.values), "state": series.state}


def _series_table(head: str, labels: Sequence[str], series: Sequence[Series], unit: str) -> TableData:
    heads = [head, *(_headed(s.name, unit) for s in series)]
    rows = [
        [label, *("" if s.values[place] is None else s.values[place] for s in series)]
        for place, label in enumerate(labels)
    ]
    return TableData(heads, rows)


def _headed(name: str, unit: str) -> str:
    return _("%(name)s（%(unit)s）") % {"name": name, "unit": unit} if unit else name


# Heat map


@dataclass(frozen=True)
class Cell:
    """One field: a share (done of due) or a verdict. words say it in full, "第 3 周：12/15 人已完成"."""

    done: int = 0
    due: int = 0
    state: str = ""
    words: str = ""
    url: str = ""

    @property
    def tone(self) -> str:
        """The class of its colour: s-<state>, or g0 (nothing due) to g5 (all done)."""
        if self.state:
            return f"s-{self.state}"
        if self.due <= 0:
            return "g0"
        return f"g{min(5, 1 + 4 * self.done // self.due)}"

    @property
    def mark(self) -> str:
        """What stands in it: a shape for a verdict, whole per cent for a share, – where nothing was due."""
        if self.state:
            return states.SHAPES[self.state]
        return formats.percent_words(self.done, self.due).rstrip("%").replace("—", "–")

    def said(self) -> str:
        if self.words:
            return self.words
        if self.state:
            return states.state_word(self.state)
        return f"{self.done}/{self.due}" if self.due else states.state_word("not_expected")


@dataclass(frozen=True)
class HeatRow:
    """A row of cells; None where the column does not apply."""

    label: str
    cells: Sequence[Cell | None]
    url: str = ""


@dataclass
class HeatMap(Figure):
    """Coverage of rows (obligations, homerooms, people) over columns (weeks, months): (short label, full label)."""

    columns: Sequence[tuple[str, str]] = ()
    rows: Sequence[HeatRow] = ()
    row_head: str = ""
    template: ClassVar[str] = "ui/charts/served.html"

    def table(self) -> TableData:
        heads = [self.row_head, *(full or short for short, full in self.columns)]
        return TableData(
            heads, [[row.label, *(c.said() if c else "" for c in row.cells)] for row in self.rows]
        )

    def drawing(self) -> str:
        shares = any(cell and not cell.state for row in self.rows for cell in row.cells)
        return (
            _environment()
            .get_template("ui/heat.html")
            .render(figure=self, key=_heat_key() if shares else [], none=Cell())
        )


def _heat_key() -> list[tuple[str, str]]:
    return [
        ("g1", _("不到 25%")),
        ("g2", "25%—49%"),
        ("g3", "50%—74%"),
        ("g4", "75%—99%"),
        ("g5", _("全部完成")),
    ]


# Gantt


@dataclass(frozen=True)
class Bar:
    """One line of a Gantt chart. done/due: items done of all. slipped_to: how far an unfinished one reaches by now."""

    label: str
    first: date
    last: date
    done: int = 0
    due: int = 0
    state: str = ""
    url: str = ""
    owner: str = ""
    slipped_to: date | None = None
    group: bool = False

    def words(self, today: date) -> str:
        """The bar in one sentence."""
        said = _("%(label)s：%(period)s") % {
            "label": self.label,
            "period": formats.period_words(self.first, self.last, today),
        }
        if self.due:
            said += _("，完成 %(done)d/%(due)d") % {"done": self.done, "due": self.due}
        if self.state:
            said += _("，%(state)s") % {"state": states.state_word(self.state)}
        return said


@dataclass
class Gantt(Figure):
    """The plan against the calendar, from `first` to `last` (both drawn), with today's line when it falls inside."""

    first: date = date.min
    last: date = date.min
    bars: Sequence[Bar] = ()
    today: date | None = None
    template: ClassVar[str] = "ui/charts/served.html"

    def table(self) -> TableData:
        today = self.today or timezone.localdate()
        heads = [_("事项"), _("开始"), _("截止"), _("负责"), _("完成"), _("状态")]
        return TableData(heads, [_bar_row(bar, today) for bar in self.bars])

    def drawing(self) -> str:
        today = self.today or timezone.localdate()
        return (
            _environment()
            .get_template("ui/gantt.html")
            .render(
                bars=[self._place(bar, today) for bar in self.bars],
                months=[
                    (self._x(day), dateformat.format(day, pgettext("month", "n月"))) for day in self._months()
                ],
                today=self._x(today) if self.first <= today <= self.last else None,
                today_word=_("今天"),
            )
        )

    def _place(self, bar: Bar, today: date) -> dict[str, Any]:
        """Where a bar lies, in per cent of the width; what is outside the chart is cut."""
        start, end = self._x(bar.first), self._x(bar.last + timedelta(days=1))
        width = max(end - start, 0.4)
        slip = self._x(bar.slipped_to) if bar.slipped_to and bar.slipped_to > bar.last else None
        return {
            "bar": bar,
            "words": bar.words(today),
            "x": start,
            "width": round(width, 3),
            "done": round(width * min(bar.done / bar.due, 1), 3) if bar.due else 0,
            "end": end,
            "slip": slip,
            "progress": f"{bar.done}/{bar.due}" if bar.due else "",
        }

    def _x(self, day: date) -> float:
        span = (self.last - self.first).days + 1
        return round(min(max(100 * (day - self.first).days / span, 0), 100), 3)

    def _months(self) -> list[date]:
        """The first days of the months in the chart, and its first day."""
        days = [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]
        return [day for place, day in enumerate(days) if day.day == 1 or place == 0]


def _bar_row(bar: Bar, today: date) -> list[Any]:
    return [
        bar.label,
        formats.plain_day(bar.first, today),
        formats.plain_day(bar.last, today),
        bar.owner,
        f"{bar.done}/{bar.due}" if bar.due else "",
        states.state_word(bar.state) if bar.state else "",
    ]


@lru_cache(maxsize=1)
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent / "jinja2")
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)

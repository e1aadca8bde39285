"""Charts of obligations: the same numbers for a document in black and white and for a page."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from tongxin.exchange.documents.blocks import Chart
from tongxin.kernel.obligations.queries import Counts
from tongxin.ui.charts import Bars, Cell, Figure, HeatMap, HeatRow, Lines, Series

from .disclosure import ROUND_TO, Sight, share_number
from .figures import Reading
from .verdicts import months_of

KINDS = ("coverage_by_month", "coverage_by_homeroom", "coverage_by_branch")
# Months across, groups down.
HEAT_KINDS = {"heat_by_homeroom": "homeroom", "heat_by_branch": "branch"}


@dataclass(frozen=True)
class Shares:
    """Shares in per cent by label, None where nothing was owed or it must not be shown."""

    title: str
    labels: list[str]
    values: list[float | None]
    note: str
    lying: bool


def document_chart(reading: Reading, kind: str, obligation: str) -> Chart | None:
    """Return a chart for Word and PDF, None when there is nothing to draw."""
    if kind in HEAT_KINDS:
        return _heat(reading, HEAT_KINDS[kind], obligation)
    shares = shares_of(reading, kind, obligation)
    if shares is None:
        return None
    return Chart(
        "bars" if shares.lying else "columns",
        shares.title,
        shares.labels,
        shares.values,
        unit="%",
        axis=_("完成率"),
        most=100,
        note=shares.note,
    )


def page_chart(chart: Chart) -> Figure:
    """Return a document's chart as one for a page."""
    if chart.kind == "heat":
        rows = [
            HeatRow(name, [_cell(label, share) for label, share in zip(chart.labels, shares, strict=True)])
            for name, shares in zip(chart.rows, chart.cells, strict=True)
        ]
        return HeatMap(
            chart.title, columns=[(label, label) for label in chart.labels], rows=rows, note=chart.note
        )
    series = [Series(chart.axis, chart.values, "met")]
    if chart.kind == "bars":
        return Bars(chart.title, labels=chart.labels, series=series, unit=chart.unit, note=chart.note)
    return Lines(chart.title, labels=chart.labels, series=series, unit=chart.unit, note=chart.note)


def _cell(label: str, share: float | None) -> Cell | None:
    """Return a cell that says only the share, never the counts behind it."""
    if share is None:
        return None
    words = _("%(month)s：%(share)s%%") % {"month": label, "share": f"{share:g}"}
    return Cell(done=int(share), due=100, words=words)


def _heat(reading: Reading, group: str, obligation: str) -> Chart | None:
    """Return an obligation's shares by group and month."""
    sight = reading.sight(reading.verdicts.class_of(obligation))
    if sight is Sight.NOTHING or reading.verdicts.rule(obligation) is None:
        return None
    months = months_of(reading.programme, reading.as_of)
    found = reading.verdicts.tallies_by_month(obligation, group, months)
    cells = [
        [share_number(tally.met, tally.expected, sight) for tally in tallies] for tallies in found.values()
    ]
    if not any(share is not None for shares in cells for share in shares):
        return None
    subject = reading.verdicts.title_of(obligation)
    latest = [next((s for s in reversed(shares) if s is not None), None) for shares in cells]
    return Chart(
        "heat",
        extremes(subject, list(found), latest),
        [month.label for month in months],
        unit="%",
        most=100,
        rows=list(found),
        cells=cells,
        note=_note(subject, sight),
    )


def _note(subject: str, sight: Sight) -> str:
    note = _("数据来源：台账与应做事项“%s”。") % subject
    return note + _("按%(n)d个百分点取整。") % {"n": ROUND_TO} if sight.limit else note


def shares_of(reading: Reading, kind: str, obligation: str) -> Shares | None:
    """Return the shares behind a chart; None for an unknown kind or rule, or when this reader sees no figures."""
    sight = reading.sight(reading.verdicts.class_of(obligation))
    if kind not in KINDS or sight is Sight.NOTHING or reading.verdicts.tally(obligation) is None:
        return None
    subject = reading.verdicts.title_of(obligation)
    note = _note(subject, sight)
    if kind == "coverage_by_month":
        months = months_of(reading.programme, reading.as_of)
        tallies: list[Counts | None] = [reading.verdicts.tally_in(obligation, month) for month in months]
        labels = [month.label for month in months]
    else:
        group = "homeroom" if kind == "coverage_by_homeroom" else "branch"
        found = reading.verdicts.tallies_by(reading.viewer, obligation, group)
        labels, tallies = list(found), list(found.values())
    values = [share_number(tally.met, tally.expected, sight) if tally else None for tally in tallies]
    if not any(value is not None for value in values):
        return None
    lying = kind != "coverage_by_month"
    finding = extremes(subject, labels, values) if lying else trend(subject, labels, values)
    return Shares(finding, labels, values, note, lying)


def restart(values: list[float | None]) -> int | None:
    """Return the place where a share begins anew (a new school year): it falls by more than half, and by 30 points."""
    for place in range(1, len(values)):
        before, now = values[place - 1], values[place]
        if before is not None and now is not None and before - now >= 30 and now < before / 2:
            return place
    return None


def trend(subject: str, labels: list[str], values: list[float | None]) -> str:
    """Say how a share moved from the first to the last month that has one, and where it began anew."""
    anew = restart(values)
    if anew is not None:
        return _("%(subject)s：%(peak)s达到%(high)s%%，%(again)s起重新计算，%(last)s为%(end)s%%") % {
            "subject": subject,
            "peak": labels[anew - 1],
            "high": f"{values[anew - 1]:g}",
            "again": labels[anew],
            "last": next(
                label for label, value in zip(labels[::-1], values[::-1], strict=True) if value is not None
            ),
            "end": f"{next(value for value in values[::-1] if value is not None):g}",
        }
    known = [(label, value) for label, value in zip(labels, values, strict=True) if value is not None]
    (first, begin), (last, end) = known[0], known[-1]
    told = {"subject": subject, "first": first, "last": last, "begin": f"{begin:g}", "end": f"{end:g}"}
    if len(known) == 1:
        return _("%(subject)s：%(last)s完成%(end)s%%") % told
    if end > begin:
        return _("%(subject)s：从%(first)s的%(begin)s%%升到%(last)s的%(end)s%%") % told
    if end < begin:
        return _("%(subject)s：从%(first)s的%(begin)s%%降到%(last)s的%(end)s%%") % told
    return _("%(subject)s：%(first)s到%(last)s保持在%(end)s%%") % told


def extremes(subject: str, labels: list[str], values: list[float | None]) -> str:
    """Say who is ahead and who is behind."""
    known = [(value, label) for label, value in zip(labels, values, strict=True) if value is not None]
    low, high = min(known), max(known)
    if low[0] == high[0]:
        return _("%(subject)s：各处都是%(share)s%%") % {"subject": subject, "share": f"{low[0]:g}"}
    return _("%(subject)s：%(best)s最高（%(high)s%%），%(worst)s最低（%(low)s%%）") % {
        "subject": subject,
        "best": high[1],
        "high": f"{high[0]:g}",
        "worst": low[1],
        "low": f"{low[0]:g}",
    }

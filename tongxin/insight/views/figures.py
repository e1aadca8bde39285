"""The figures of a programme, and the records behind each of them."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from tongxin.exchange.documents.sheets import Column as SheetColumn
from tongxin.exchange.documents.sheets import Sheet, write_workbook
from tongxin.kernel.access.doors import allow
from tongxin.kernel.ledger.queries import visible_entries
from tongxin.kernel.obligations.pairs import named
from tongxin.kernel.obligations.queries import Figured, sight
from tongxin.methods.cadence.declarations import MEASURE_SHOWN, Figure
from tongxin.methods.cadence.reference import Verdict, plain_number
from tongxin.methods.cadence.tree import Obligation
from tongxin.ui.charts import Bars, Series
from tongxin.ui.tables import Column, Table
from tongxin.ui.worded import said, titled

from ..counting import class_of, counted_entries
from ..disclosure import ROUND_TO, Sight, count_words, share_number
from ..exports import XLSX, attachment, note_export
from ..figures import Reading
from ..measured import records
from .asking import reading_as_submitted, reading_of

PAGE = 100
SHOWS = {"coverage": ("met", "missed", "open"), "expected": ("met", "missed", "open")}


@allow("report")
@require_GET
def board(request: HttpRequest, programme: str) -> HttpResponse:
    reading, form = reading_of(request, programme)
    values = [value for name in reading.pack.figures if (value := reading.value(name))]
    columns = [
        Column(
            "title", _("指标"), link=f"{reverse('insight:figures', args=[programme])}{{name}}/?day={{day}}"
        ),
        Column("words", _("数值")),
        Column("behind", _("数据来源")),
    ]
    day = reading.as_of.isoformat()
    rows = [(value.title, value.words, value.behind, value.name, day) for value in values]
    table = Table(
        columns,
        rows,
        keys=("title", "words", "behind", "name", "day"),
        choose_columns=False,
        empty_title=_("方案没有指标"),
    )
    return render(
        request,
        "insight/figures.html",
        {
            "programme": reading.programme,
            "as_of": reading.as_of,
            "form": form,
            "limited_to": reading.limited_to,
            "table": table,
            "chart": _coverage_chart(reading),
        },
    )


@allow("export")
@require_GET
def workbook(request: HttpRequest, programme: str) -> HttpResponseBase:
    """Send the figures of a programme, with where they come from, as a workbook."""
    reading, _form = reading_of(request, programme)
    values = [value for name in reading.pack.figures if (value := reading.value(name))]
    export_id = note_export(
        reading.viewer, "figures", reading.programme, day=str(reading.as_of), rows=len(values)
    )
    titles = [_("指标"), _("数值"), _("数据来源")]
    title = _("%(programme)s指标（截至%(day)s）") % {
        "programme": said(reading.programme.title),
        "day": reading.as_of,
    }
    rows = [[value.title, value.words, value.behind] for value in values]
    sheet = Sheet(_("指标"), [SheetColumn(text) for text in titles], rows, title=title)
    content = write_workbook([sheet], export_id=export_id, author=reading.programme.school.name)
    return attachment(content, f"{title}.xlsx", XLSX)


def _coverage_chart(reading: Reading) -> Bars:
    """Return the shares of all coverage figures this viewer may see, lowest first."""
    shares: list[tuple[float, str]] = []
    for figure in reading.pack.figures.values():
        value = reading.value(figure.name) if figure.show == "coverage" and figure.obligation else None
        tally = (
            reading.verdicts.tally(figure.obligation) if value and value.sight is not Sight.NOTHING else None
        )
        share = share_number(tally.met, tally.expected, value.sight) if tally and value else None
        if share is not None:
            shares.append((share, figure.title))
    shares.sort()
    title = (
        _("最低的是%(title)s，%(share)s%%") % {"title": shares[0][1], "share": f"{shares[0][0]:g}"}
        if shares
        else ""
    )
    return Bars(
        title or _("完成率"),
        labels=[label for _share, label in shares],
        series=[Series(_("完成率"), [share for share, _label in shares], "met")],
        unit="%",
        export_url=reverse(
            "insight:figure_table", args=[reading.programme.public_id], query={"day": str(reading.as_of)}
        )
        if reading.viewer.may("export")
        else "",
        note=_("人数少的完成率按%(n)d个百分点取整。") % {"n": ROUND_TO},
    )


@allow("report")
@require_GET
def behind(request: HttpRequest, programme: str, figure: str) -> HttpResponse:
    reading, form = reading_of(request, programme)
    frozen = request.GET.get("submitted", "")
    if frozen:
        reading = reading_as_submitted(request, reading, frozen)
    value = reading.value(figure)
    if value is None:
        raise Http404
    shown = (
        _entries(request, reading, value.figure)
        if value.figure.count
        else _verdicts(request, reading, value.figure)
    )
    if value.sight is Sight.NOTHING:
        shown = {}
    return render(
        request,
        "insight/figure.html",
        {
            "programme": reading.programme,
            "value": value,
            "as_of": reading.as_of,
            "known_at": reading.asked.known_at,
            "form": form,
            "hidden": value.sight is Sight.NOTHING,
            **shown,
        },
    )


def _entries(request: HttpRequest, reading: Reading, figure: Figure) -> dict:
    """List the entries counted that this viewer may read; say how many more were counted."""
    assert figure.count is not None
    counted = counted_entries(
        reading.programme,
        figure.count,
        reading.moment,
        reading.within(class_of(reading.pack, figure.count)),
    )
    visible = (counted & visible_entries(reading.viewer)).order_by("-day", "-pk")
    page = Paginator(visible, PAGE).get_page(request.GET.get("page"))
    rest = counted.count() - page.paginator.count
    link = _pattern("desk:entry")
    kinds = reading.pack.kinds
    rows = [
        (
            entry.day,
            kinds[entry.kind].title if entry.kind in kinds else entry.kind,
            titled(entry.title),
            entry.public_id,
        )
        for entry in page
    ]
    columns = [
        Column("day", _("日期"), "day"),
        Column("kind", _("类别")),
        Column("title", _("活动"), link=link),
    ]
    table = Table(
        columns,
        rows,
        keys=("day", "kind", "title", "public_id"),
        choose_columns=False,
        empty_title=_("没有您可以查看的记录") if rest else _("还没有记录"),
    )
    return {"table": table, "pages": page, "rest": count_words(rest, Sight.COUNTS) if rest else ""}


def _verdicts(request: HttpRequest, reading: Reading, figure: Figure) -> dict:
    """List the verdicts counted whose subjects this viewer may see; say how many more were counted."""
    rule = reading.verdicts.rule(figure.obligation)
    if rule is None:
        return {}
    counted = _counted(reading, figure)
    seen, figured = sight(reading.viewer, reading.pack, rule), Figured(reading.viewer)
    shown = [] if seen.nothing else [v for v in counted if figured.names(seen, v.subject)]
    names = named(v.subject for v in shown)
    shown = [v for v in shown if v.subject in names]
    if figure.show in MEASURE_SHOWN:
        shown.sort(key=lambda v: (not v.done, -v.first.toordinal(), names[v.subject].pinyin, v.subject))
    else:
        shown.sort(key=lambda v: (v.verdict == "met", v.last, names[v.subject].pinyin, v.subject))
    page = Paginator(shown, PAGE).get_page(request.GET.get("page"))
    rows = [
        (
            names[v.subject].name,
            v.first,
            v.due,
            f"{plain_number(v.done):g}/{plain_number(v.owed):g}",
            v.verdict,
            names[v.subject].public_id,
            v.first.isoformat(),
        )
        for v in page
    ]
    columns = [
        Column("name", _("对象"), link=_why(reading, rule)),
        Column("first", _("开始"), "day"),
        Column("due", _("截止"), "day"),
        Column("done", _("已做/应做")),
        Column("verdict", _("状态"), "state"),
    ]
    rest = len(counted) - len(shown)
    table = Table(
        columns,
        rows,
        keys=("name", "first", "due", "done", "verdict", "who", "begins"),
        choose_columns=False,
        empty_title=_("没有您可以查看的对象") if rest else _("没有对象"),
    )
    return {
        "table": table,
        "pages": page,
        "rest": count_words(rest, Sight.COUNTS) if rest else "",
        "rule": rule,
        **(_records(reading, list(page)) if figure.show in MEASURE_SHOWN else {}),
    }


def _counted(reading: Reading, figure: Figure) -> list[Verdict]:
    """Return the verdicts that a figure is made of."""
    if figure.show in MEASURE_SHOWN:
        found = reading.verdicts.measured(figure.obligation, figure.show)
        return found.verdicts if found else []
    wanted = SHOWS.get(figure.show, (figure.show,))
    return [v for v in reading.verdicts.of(figure.obligation) if v.verdict in wanted]


def _why(reading: Reading, rule: Obligation) -> str:
    """Return the address of the page that says why a verdict is so, with {who} and {begins} left open.

    Nothing for who may not ask, and for a report handed in: the page says how it stands now.
    """
    if not reading.viewer.may("explain") or reading.asked.known_at is not None:
        return ""
    address = _address("desk:why", reading.programme.public_id, rule.id, "who", "begins")
    return address.replace("/who/begins/", "/{who}/{begins}/")


def _records(reading: Reading, verdicts: list[Verdict]) -> dict:
    """List the newest records that some verdicts count, those this viewer may read; say how many more there are."""
    counted = records(reading.asked, verdicts)
    readable = set(
        visible_entries(reading.viewer)
        .filter(pk__in=[entry.pk for entry in counted])
        .values_list("pk", flat=True)
    )
    newest = [entry for entry in counted if entry.pk in readable][:PAGE]
    columns = [Column("day", _("日期"), "day"), Column("title", _("活动"), link=_pattern("desk:entry"))]
    return {
        "records": Table(
            columns,
            [(entry.day, titled(entry.title), entry.public_id) for entry in newest],
            keys=("day", "title", "public_id"),
            choose_columns=False,
            empty_title=_("没有您可以查看的记录") if counted else _("还没有记录"),
        ),
        "records_rest": len(counted) - len(newest),
    }


def _address(name: str, *args: str) -> str:
    """Return the address of a page, nothing where there is no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def _pattern(name: str) -> str:
    """Return the address of a page with its only argument left open, nothing where there is no such page."""
    return _address(name, "public_id").replace("public_id", "{public_id}")

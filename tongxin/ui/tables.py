"""Fast tables: described in Python, rows as plain tuples, drawn by a Jinja2 template compiled once per shape.

A Django template spends two thirds of a list page's time on its loop; here the columns are unrolled into the
template, so a row costs one pass over its values. Everything is escaped; on phones rows become cards.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from jinja2 import Environment, FileSystemLoader, Template
from markupsafe import Markup

from tongxin.ui import formats, states
from tongxin.ui.keyset import Page

# What a column may hold. Values: text any, number int, amount int (hundredths), percent (part, whole), day date,
# when datetime, state one of states.STATES, done (done, owed), list of texts.
KINDS = ("text", "number", "amount", "percent", "day", "when", "state", "done", "list")
_PLACEHOLDER = "0" * 32
_PLAIN = re.compile(r"[A-Za-z0-9_-]*")  # what percent-encoding leaves as it is


@dataclass(frozen=True)
class Column:
    """One column. link: an address with `{key}` for values of the row, such as "/people/{public_id}/"; behind the first
    column a row that has no such value shows its text without a link."""

    key: str
    label: str
    kind: str = "text"
    link: str = ""
    sortable: bool = False
    hidden: bool = False


@dataclass
class Table:
    """A table ready to draw.

    rows: tuples in the order of `keys`, or dicts. keys: names of the values of a row, also those only links use;
    by default the columns' own keys.
    """

    columns: Sequence[Column]
    rows: Iterable[Any]
    keys: Sequence[str] = ()
    caption: str = ""
    sort: str = ""
    shown: Sequence[str] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    page: Page | None = None
    pick: str = ""
    pick_key: str = "id"
    export_url: str = ""
    empty_title: str = ""
    empty_text: str = ""
    empty_url: str = ""
    empty_action: str = ""
    choose_columns: bool = True

    def visible(self) -> list[Column]:
        """The columns to draw: those asked for, else all that are not hidden. The first always shows."""
        if not self.shown:
            return [column for column in self.columns if not column.hidden]
        return [c for i, c in enumerate(self.columns) if c.key in self.shown or i == 0]

    def render(self) -> SafeString:
        """Return the table as safe HTML."""
        columns, keys = self.visible(), list(self.keys) or [column.key for column in self.columns]
        shape = tuple((c.key, c.kind, c.link) for c in columns)
        pick = keys.index(self.pick_key) if self.pick else -1
        rows = [_as_values(row, keys) for row in self.rows]
        today, now = timezone.localdate(), timezone.now()
        html = _template(shape, tuple(keys), pick).render(
            table=self,
            rows=rows,
            columns=columns,
            heads=[self._head(column) for column in columns],
            choice=[(c, c in columns) for c in self.columns[1:]],
            kept=[(k, v) for k, v in self.parameters.items() if k not in ("columns", "after", "before")],
            next_url=self._address(after=self.page.next_cursor)
            if self.page and self.page.next_cursor
            else "",
            previous_url=(
                self._address(before=self.page.previous_cursor)
                if self.page and self.page.previous_cursor
                else ""
            ),
            words=_words(get_language()),
            starts=[_start(place, column) for place, column in enumerate(columns)],
            # Few different values fill many cells: each is said once.
            day=lru_cache(512)(lambda value: formats.plain_day(_date(value), today)),
            when=lambda value: formats.when_words(value, now),
            amount=lru_cache(512)(formats.amount_words),
            percent=lambda pair: formats.percent_words(*pair) if pair else "",
            state=lru_cache(8)(_state),
            listed=formats.listed,
        )
        return mark_safe(html)

    def _head(self, column: Column) -> tuple[str, str]:
        """Return (address that sorts by this column or "", aria-sort)."""
        if not column.sortable:
            return "", ""
        if self.sort == column.key:
            return self._address(sort=f"-{column.key}"), "ascending"
        if self.sort == f"-{column.key}":
            return self._address(sort=column.key), "descending"
        return self._address(sort=column.key), "none"

    def _address(self, **changes: str) -> str:
        """Return the address of this list with changes; a changed order starts at the first page."""
        pairs = [(k, v) for k, v in _pairs(self.parameters) if k not in ("after", "before", *changes)]
        return "?" + urlencode([*pairs, *changes.items()])


def from_request(
    request: HttpRequest,
    columns: Sequence[Column],
    rows: Iterable[Any] = (),
    *,
    default_sort: str = "",
    **given: Any,
) -> Table:
    """Return a table whose order and columns follow the address (`sort`, `columns`); nonsense there is ignored."""
    shown = [key for key in request.GET.getlist("columns") if key in {c.key for c in columns}]
    return Table(
        columns,
        rows,
        sort=sort_of(request, columns, default_sort),
        shown=shown,
        parameters=request.GET,
        **given,
    )


def sort_of(request: HttpRequest, columns: Sequence[Column], default: str) -> str:
    """Return the column to sort by as asked in the address ("name" or "-name"), else the default."""
    asked = request.GET.get("sort", "")
    return asked if asked.removeprefix("-") in {c.key for c in columns if c.sortable} else default


def link_pattern(view: str, key: str, **kwargs: Any) -> str:
    """Return the address of a view with `{key}` in place of its argument named key, for Column.link."""
    return reverse(view, kwargs={**kwargs, key: _PLACEHOLDER}).replace(_PLACEHOLDER, f"{{{key}}}")


def _pairs(parameters: Mapping[str, str]) -> list[tuple[str, str]]:
    lists = getattr(parameters, "lists", None)
    if lists is None:
        return list(parameters.items())
    return [(key, value) for key, values in lists() for value in values]


def _as_values(row: Any, keys: Sequence[str]) -> Sequence[Any]:
    """Return the values of a row in the order of the keys, no more and no fewer."""
    if isinstance(row, dict):
        return [row.get(key) for key in keys]
    return row if len(row) == len(keys) else row[: len(keys)]


def _date(value: Any) -> date | None:
    if isinstance(value, datetime):
        return timezone.localtime(value).date()
    return value


def _quoted(value: Any) -> Markup:
    """Return a value percent-encoded for an address; nothing in it can end the attribute."""
    text = str(value)
    return Markup(text if _PLAIN.fullmatch(text) else quote(text, safe=""))


def _state(value: str | None) -> Markup:
    if not value:
        return Markup("")
    return Markup('<span class="state state--{}">{}</span>').format(
        value.replace("_", "-"), states.state_word(value)
    )


@lru_cache(maxsize=8)
def _words(_language: str) -> dict[str, str]:
    """Return what every table says, in the language of the page; not to be changed."""
    return {
        "columns": _("选择列"),
        "apply": _("应用"),
        "export": _("导出"),
        "pages": _("翻页"),
        "previous": _("上一页"),
        "next": _("下一页"),
        "pick": _("选择"),
        "empty": _("这里还没有内容"),
        "rising": _("升序"),
        "falling": _("降序"),
    }


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "jinja2"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        variable_start_string="[[",
        variable_end_string="]]",
    )


@lru_cache(maxsize=256)
def _template(shape: tuple[tuple[str, str, str], ...], keys: tuple[str, ...], pick: int) -> Template:
    """Compile the table template with its columns unrolled.

    Built in two steps: table.html is written with the shape known, which yields a template that only loops over rows.
    """
    cells = [_cell(place, *column, keys=keys) for place, column in enumerate(shape)]
    source = (
        _environment()
        .get_template("ui/table.html")
        .render(
            cells=cells,
            pick=pick,
            kinds=[c[1] for c in shape],
            # A row is taken apart once; looking a value up by its place costs as much as writing it.
            values="".join(f"{_value(place)}, " for place in range(len(keys))),
            starts=range(len(shape)),
        )
    )
    return _runtime().from_string(source)


@lru_cache(maxsize=1)
def _runtime() -> Environment:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["quoted"] = _quoted
    return environment


# What stands in a cell, as Jinja2 source; VALUE is the name of the value.
_EXPRESSIONS = {
    "text": "{{ VALUE if VALUE is not none }}",
    "number": "{{ VALUE if VALUE is not none }}",
    "amount": "{{ amount(VALUE) }}",
    "percent": "{{ percent(VALUE) }}",
    "day": "{{ day(VALUE) }}",
    "when": "{{ when(VALUE) }}",
    "state": "{{ state(VALUE) }}",
    "done": "{{ VALUE[0] }}/{{ VALUE[1] }}",
    "list": "{{ listed(VALUE) }}",
}


def _cell(place: int, key: str, kind: str, link: str, *, keys: Sequence[str]) -> str:
    """Return the Jinja2 source of one cell of a row `r`."""
    if kind not in KINDS:
        raise ValueError(f"unknown kind of column: {kind}")
    inner = _EXPRESSIONS[kind].replace("VALUE", _value(keys.index(key)))
    if link:
        linked = f'<a href="{_href(link, keys)}">{inner}</a>'
        wanted = " and ".join(_value(at) for at, name in enumerate(keys) if f"{{{name}}}" in link)
        inner = f"{{% if {wanted} %}}{linked}{{% else %}}{inner}{{% endif %}}" if place and wanted else linked
    return f"{{{{ start{place} }}}}{inner}</{'td' if place else 'th'}>"


def _value(place: int) -> str:
    """Return the name by which the template knows a value of a row."""
    return f"v{place}"


def _start(place: int, column: Column) -> Markup:
    """Return how each cell of a column begins, with the label it has on a phone."""
    if place:
        return Markup('<td class="t-{}" data-label="{}">').format(column.kind, column.label)
    return Markup('<th scope="row" class="t-{} t-first" data-label="{}">').format(column.kind, column.label)


def _href(link: str, keys: Sequence[str]) -> str:
    """Turn "/people/{public_id}/" into Jinja2 source that fills in the row's value, percent-encoded.

    Raises ValueError when the address is not a path of this site: a link never leaves it.
    """
    if not link.startswith(("/", "?", "#")) or link.startswith("//"):
        raise ValueError(f"a table links only inside the site: {link}")
    for place, key in enumerate(keys):
        link = link.replace(f"{{{key}}}", f"<<{place}>>")
    if "{" in link or '"' in link:
        raise ValueError(f"this link names a value that the rows do not have: {link}")
    for place in range(len(keys)):
        link = link.replace(f"<<{place}>>", f"{{{{ {_value(place)}|quoted }}}}")
    return link

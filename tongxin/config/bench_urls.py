"""The product's addresses and, below /usual/, the same pages as they are usually written: the bench's reference.

Everything is the same – view, templates, frame, filters, columns, access rules, Django's own sessions and accounts – but
done as Django does it when nothing is remembered: queries are written by the ORM in each request, the list is model
instances with OFFSET and COUNT by Django's paginator, and every part of the page is drawn by a Django template.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unittest.mock import patch

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path
from django.utils.safestring import mark_safe

from tongxin.config.urls import urlpatterns as product
from tongxin.modules.desk.views.ledger import ledger_list
from tongxin.modules.setup.people import directory
from tongxin.ui import kept, keyset, prepared, tables

TEMPLATE = """{% load i18n ui %}<div class="table-wrap"><table class="table table--cards">
{% if caption %}<caption>{{ caption }}</caption>{% endif %}
<thead><tr>{% for column in columns %}<th scope="col" class="t-{{ column.kind }}">{{ column.label }}</th>{% endfor %}</tr></thead>
<tbody>{% for row in rows %}<tr>{% for column, value, address in row %}
{% if forloop.first %}<th scope="row" class="t-{{ column.kind }}" data-label="{{ column.label }}">{% else %}<td class="t-{{ column.kind }}" data-label="{{ column.label }}">{% endif %}
{% if address %}<a href="{{ address }}">{% endif %}{% if column.kind == "day" %}{{ value|plain_day }}{% elif column.kind == "when" %}{{ value|when }}{% else %}{{ value|default_if_none:"" }}{% endif %}{% if address %}</a>{% endif %}
{% if forloop.first %}</th>{% else %}</td>{% endif %}{% endfor %}</tr>{% endfor %}</tbody></table></div>
<nav aria-label="{% translate "翻页" %}">{{ page.number }} / {{ page.paginator.num_pages }}
{% if page.has_previous %}<a href="?page={{ page.previous_page_number }}">{% translate "上一页" %}</a>{% endif %}
{% if page.has_next %}<a href="?page={{ page.next_page_number }}">{% translate "下一页" %}</a>{% endif %}</nav>"""


class UsualPage(keyset.Page):
    """A page of Django's paginator in the shape the views expect."""


def usual_page(
    queryset: QuerySet | Callable[[], QuerySet],
    fields: Sequence[str],
    order: Sequence[str],
    parameters: Mapping[str, str],
    size: int = 50,
    **_given: Any,
) -> keyset.Page:
    listed = queryset() if callable(queryset) else queryset
    found = Paginator(listed.order_by(*order), size).get_page(parameters.get("page"))
    rows = [tuple(getattr(instance, name) for name in fields) for instance in found]
    page = UsualPage(rows)
    object.__setattr__(page, "paginated", found)
    return page


def usual_render(table: tables.Table) -> str:
    """Draw a table by a Django template, cell by cell."""
    columns, keys = table.visible(), list(table.keys)
    rows = []
    for row in table.rows:
        values = row if isinstance(row, dict) else dict(zip(keys, row, strict=True))
        cells = [(c, values.get(c.key), c.link.format(**values) if c.link else "") for c in columns]
        rows.append(cells)
    page = getattr(table.page, "paginated", None)
    context = {"caption": table.caption, "columns": columns, "rows": rows, "page": page}
    return mark_safe(_template().render(context))


_compiled: list[Any] = []


def _template() -> Any:
    if not _compiled:
        _compiled.append(engines["django"].from_string(TEMPLATE))
    return _compiled[0]


def usually(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Return the view with the list as it is usually written; for one thread, as the bench is."""

    def written_as_usual(request: HttpRequest) -> HttpResponse:
        with (
            patch.object(keyset, "page", usual_page),
            patch.object(tables.Table, "render", usual_render),
            patch.object(prepared, "remembering", False),
            patch.object(kept, "remembering", False),
        ):
            return view(request)

    written_as_usual.door = view.door  # type: ignore[attr-defined]
    return written_as_usual


urlpatterns = [
    *product,
    path("usual/ledger/", usually(ledger_list)),
    path("usual/people/", usually(directory)),
]

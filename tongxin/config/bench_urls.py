"""The product's addresses and, beside them, the same lists as they are usually written: the bench's reference.

Model instances, a Django template, OFFSET and COUNT; the same frame, columns and access rules as ours.
"""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from tongxin.config.urls import urlpatterns as product
from tongxin.kernel.access.doors import allow
from tongxin.kernel.access.viewer import visible_subjects
from tongxin.kernel.base.fields import FOREVER
from tongxin.kernel.base.models import Link
from tongxin.kernel.ledger.queries import countable_entries

PAGE = 50
FRAME = '{% extends "ui/base.html" %}{% block content %}<table><caption>列表</caption>'
END = """</table><p>第 {{ page.number }} 页，共 {{ page.paginator.num_pages }} 页
{% if page.has_previous %}<a href="?page={{ page.previous_page_number }}">上一页</a>{% endif %}
{% if page.has_next %}<a href="?page={{ page.next_page_number }}">下一页</a>{% endif %}</p>{% endblock %}"""
LEDGER = (
    FRAME
    + """{% for entry in page %}<tr class="row"><th scope="row"><a href="/ledger/{{ entry.public_id }}/">{{ entry.title }}</a></th>
<td>{{ entry.day|date:"Y-m-d" }}</td><td>{{ entry.kind }}</td>
<td>{% for part in entry.participations.all %}{% if not forloop.first %}、{% endif %}{{ part.subject.name }}{% endfor %}</td>
<td>{% for proof in entry.evidence.all %}{{ proof.type }}{% empty %}{% if entry.recorded_by %}{{ entry.recorded_by.login }}{% else %}没有{% endif %}{% endfor %}</td>
</tr>{% endfor %}"""
    + END
)
PEOPLE = (
    FRAME
    + """{% for person in page %}<tr class="row"><th scope="row"><a href="/people/{{ person.public_id }}/">{{ person.name }}</a></th>
<td>{% for link in person.now_in %}{{ link.b.name }}{% endfor %}</td></tr>{% endfor %}"""
    + END
)


@allow("ledger")
def usual_ledger(request: HttpRequest) -> HttpResponse:
    entries = countable_entries(request.viewer).filter(superseded_at=FOREVER).order_by("-day", "-pk")  # type: ignore[attr-defined]
    rows = entries.select_related("recorded_by").prefetch_related("participations__subject", "evidence")
    return _page(request, rows, LEDGER)


@allow("people")
def usual_people(request: HttpRequest) -> HttpResponse:
    from django.db.models import Prefetch

    viewer = request.viewer  # type: ignore[attr-defined]
    links = Link.objects.filter(
        kind="enrolled_in", superseded_at=FOREVER, valid_to__gte=viewer.day
    ).select_related("b")
    students = (
        visible_subjects(viewer).filter(type="student").order_by("pinyin", "id").select_related("school")
    )
    return _page(request, students.prefetch_related(Prefetch("links_out", links, to_attr="now_in")), PEOPLE)


def _page(request: HttpRequest, rows, template: str) -> HttpResponse:
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    compiled = _TEMPLATES.setdefault(template, engines["django"].from_string(template))
    return HttpResponse(compiled.render({"page": page}, request))


_TEMPLATES: dict[str, object] = {}
urlpatterns = [
    *product,
    path("usual/ledger/", usual_ledger),
    path("usual/people/", usual_people),
]

"""The 台账 by the plan's headings, each to be taken away as one zip."""

from __future__ import annotations

from collections import Counter

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tongxin.kernel.access.doors import allow
from tongxin.kernel.ledger.queries import visible_entries
from tongxin.methods.cadence.declarations import Heading

from ..exports import attachment, note_export
from ..figures import Reading
from ..folders import filed_under, heading_named, open_folder, places, stream_folder
from .asking import reading_of


@allow("export")
@require_GET
def outline(request: HttpRequest, programme: str) -> HttpResponse:
    reading, form = reading_of(request, programme)
    return render(
        request,
        "insight/folders.html",
        {"programme": reading.programme, "lines": _lines(reading), "as_of": reading.as_of, "form": form},
    )


def _lines(reading: Reading) -> list[dict]:
    """Return the headings in order with their depth and how many visible entries lie under each; one query."""
    home = places(reading.pack)
    top = [heading.number for heading in reading.pack.headings]
    filed = filed_under(reading.programme, reading.pack, top, reading.moment) & visible_entries(
        reading.viewer
    )
    found = Counter(number or home.get(kind, "") for number, kind in filed.values_list("heading", "kind"))
    lines: list[dict] = []

    def add(heading: Heading, depth: int) -> None:
        count = sum(found[inner.number] for inner in heading.within())
        lines.append(
            {
                "number": heading.number,
                "title": heading.plain_title,
                "depth": depth,
                "count": count,
            }
        )
        for child in heading.children:
            add(child, depth + 1)

    for heading in reading.pack.headings:
        add(heading, 0)
    return lines


@allow("export")
@require_GET
def download(request: HttpRequest, programme: str, heading: str) -> HttpResponseBase:
    reading, _form = reading_of(request, programme)
    found = heading_named(reading.pack, heading)
    if found is None:
        raise Http404
    folder = open_folder(reading.viewer, reading.programme, reading.pack, found, reading.moment)
    export_id = note_export(
        reading.viewer,
        "folder",
        reading.programme,
        heading=found.number,
        entries=len(folder.filed),
        files=sum(len(item.evidence) for item in folder.filed),
    )
    stream = stream_folder(folder, timezone.now(), export_id)
    return attachment(stream, f"{reading.programme.title} {folder.title}.zip", "application/zip")

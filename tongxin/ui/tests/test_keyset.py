"""Keyset paging: every row once, in both directions, whatever the order; a forged cursor leads to the first page."""

import base64
import itertools

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tongxin.ui import keyset

FIELDS = ("app_label", "model", "id")


def fill(labels):
    ContentType.objects.filter(app_label__startswith="page").delete()
    ContentType.objects.bulk_create(
        ContentType(app_label=f"page{label}", model=f"m{place}") for place, label in enumerate(labels)
    )
    return ContentType.objects.filter(app_label__startswith="page")


def walk(rows, order, size, parameters=None):
    """Return the pages from here to the end."""
    pages = [keyset.page(rows, FIELDS, order, parameters or {}, size)]
    while pages[-1].next_cursor:
        pages.append(keyset.page(rows, FIELDS, order, {"after": pages[-1].next_cursor}, size))
    return pages


class Walking(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        labels=st.lists(st.integers(0, 3), max_size=12),
        size=st.integers(1, 5),
        order=st.sampled_from([("app_label", "id"), ("-app_label", "id"), ("app_label", "-id"), ("-id",)]),
    )
    def test_walking_forth_and_back_shows_every_row_once(self, labels, size, order):
        rows = fill(labels)
        wanted = list(rows.order_by(*order).values_list(*FIELDS))
        pages = walk(rows, order, size)
        assert [row for page in pages for row in page.rows] == wanted
        assert pages[0].previous_cursor == ""
        for before, page in itertools.pairwise(pages):
            back = keyset.page(rows, FIELDS, order, {"before": page.previous_cursor}, size)
            assert back.rows == before.rows
            assert back.next_cursor


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["", "x", "a:b:c", "ImFiYyI:1:2"])
def test_a_forged_cursor_shows_the_first_page(cursor):
    rows = fill([1, 2, 3])
    assert len(keyset.page(rows, FIELDS, ("app_label", "id"), {"after": cursor}, 2).rows) == 2


@pytest.mark.django_db
def test_a_cursor_of_another_order_shows_the_first_page():
    rows = fill([1, 2, 3])
    cursor = keyset.page(rows, FIELDS, ("app_label", "id"), {}, 1).next_cursor
    again = keyset.page(rows, FIELDS, ("-app_label", "id"), {"after": cursor}, 1)
    assert again.rows[0][0] == "page3"


@pytest.mark.django_db
def test_a_page_is_one_query_that_starts_at_the_cursor_and_counts_nothing():
    rows = fill([1, 2, 3, 4])
    cursor = keyset.page(rows, FIELDS, ("app_label", "id"), {}, 2).next_cursor
    with CaptureQueriesContext(
        connection,
    ) as queries:
        keyset.page(rows, FIELDS, ("app_label", "id"), {"after": cursor}, 2)
    assert len(queries) == 1
    assert '"app_label" >= ' in queries[0]["sql"]
    assert "COUNT" not in queries[0]["sql"]


@pytest.mark.django_db
@pytest.mark.parametrize("order", [["app_label", "id"], ["-app_label", "-id"]])
def test_a_prepared_list_pages_as_the_list_itself_does(order):
    rows = fill([place // 3 for place in range(17)])
    ids = list(rows.values_list("pk", flat=True))

    def listed():
        return ContentType.objects.filter(pk__in=ids)

    parameters = {}
    while True:
        plain = keyset.page(rows, FIELDS, order, parameters, 4)
        key = ("test", tuple(order), tuple(ids))
        prepared = keyset.page(listed, FIELDS, order, parameters, 4, key=key, model=ContentType)
        assert prepared.rows == plain.rows
        assert bool(prepared.next_cursor) == bool(plain.next_cursor)
        back = {"before": plain.previous_cursor}
        if plain.previous_cursor:
            prepared = keyset.page(listed, FIELDS, order, back, 4, key=key, model=ContentType)
            assert prepared.rows == keyset.page(rows, FIELDS, order, back, 4).rows
        if not plain.next_cursor:
            break
        parameters = {"after": plain.next_cursor}


@pytest.mark.django_db
def test_a_cursor_gives_no_name_away():
    rows = fill([1, 2, 3])
    cursor = keyset.page(rows, FIELDS, ("app_label", "id"), {}, 1).next_cursor
    assert b"page" not in base64.urlsafe_b64decode(cursor + "===")
    assert cursor != keyset.page(rows, FIELDS, ("app_label", "id"), {}, 1).next_cursor

import contextlib
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from tongxin.kernel.audit import chain, services
from tongxin.kernel.audit.models import AuditRow
from tongxin.kernel.base import group_commit

pytestmark = pytest.mark.django_db


@pytest.fixture(params=chain.digests())
def digest(request, settings):
    settings.CHAIN_DIGEST = request.param
    return request.param


def written(number: int = 5) -> list[dict]:
    with transaction.atomic():
        for n in range(number):
            services.write(None, "test.done", school_id=7, step=n)
    return list(services.plain_rows())


def test_rows_of_a_school_make_one_whole_chain(digest):
    rows = written()
    assert [row["seq"] for row in rows] == [1, 2, 3, 4, 5]
    assert chain.verify(rows) == (5, [])


@pytest.mark.parametrize(
    ("tamper", "first_bad"),
    [
        (lambda rows: rows[2]["data"].update(step=99), 3),
        (lambda rows: rows[1].update(account=42), 2),
        (lambda rows: rows.pop(3), 5),
        (lambda rows: rows.insert(1, rows[0]), 1),
        (lambda rows: rows.reverse(), 5),
        (lambda rows: rows[4].update(hash="0" * 64), 5),
    ],
    ids=["changed data", "changed actor", "missing row", "doubled row", "other order", "other hash"],
)
def test_tampering_is_found_at_the_first_bad_row(digest, tamper, first_bad):
    rows = written()
    tamper(rows)
    _count, breaks = chain.verify(rows)
    assert [b.seq for b in breaks] == [first_bad]


def test_a_chain_cut_at_its_end_is_found_by_an_anchor_kept_elsewhere(digest):
    rows = written()
    anchors = services.anchors()
    assert chain.verify(rows[:3])[1] == []
    assert [b.seq for b in chain.verify(rows[:3], anchors)[1]] == [5]


def test_a_chain_whose_digest_was_changed_in_its_middle_stands_and_falls_as_any_other(settings):
    for name in (*chain.digests(), *chain.digests()):
        settings.CHAIN_DIGEST = name
        rows = written(3)
    assert chain.verify(rows) == (3 * 2 * len(chain.digests()), [])
    rows[4]["data"] = {"step": 99}
    assert [b.seq for b in chain.verify(rows)[1]] == [5]


def test_an_sm3_chain_is_the_sm3_of_the_text_an_outsider_puts_together(settings):
    if "sm3" not in chain.digests():
        pytest.skip("这台机器的加密库没有 SM3")
    settings.CHAIN_DIGEST = "sm3"
    first = written(1)[0]
    fields = [first[name] for name in chain.FIELDS]
    text = f"{chain.GENESIS}\n" + json.dumps(
        fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
    assert hashlib.new("sm3", text.encode()).hexdigest() == first["hash"]


def test_a_chain_rewritten_from_the_start_is_found_by_an_anchor():
    rows = written()
    anchors = services.anchors()
    previous = chain.GENESIS
    for row in rows:
        row["account"] = 1
        row["hash"] = previous = chain.row_hash(previous, row)
    assert chain.verify(rows)[1] == []
    assert [b.seq for b in chain.verify(rows, anchors)[1]] == [5]


@pytest.mark.django_db(transaction=True)
def test_no_row_is_written_outside_a_transaction():
    with pytest.raises(services.OutsideTransaction):
        services.write(None, "test.done", school_id=7)
    assert not AuditRow.objects.exists()


def deed_that_fails():
    with transaction.atomic():
        services.write(None, "test.done", school_id=7)
        raise ZeroDivisionError


@pytest.mark.django_db(transaction=True)
def test_a_deed_that_is_undone_leaves_no_row_and_no_hole():
    written(1)
    with pytest.raises(ZeroDivisionError):
        deed_that_fails()
    rows = written(1)
    assert [row["seq"] for row in rows] == [1, 2]
    assert chain.verify(rows)[1] == []


def test_schools_have_chains_of_their_own():
    with transaction.atomic():
        services.write(None, "test.done", school_id=1)
        services.write(None, "test.done", school_id=2)
    assert [(r["school"], r["seq"]) for r in services.plain_rows()] == [(1, 1), (2, 1)]


def undone():
    with transaction.atomic():
        services.write(None, "test.undone", school_id=7)
        raise ZeroDivisionError


def deed(number):
    services.write(None, "test.done", school_id=number % 2 + 7, step=number)
    with contextlib.suppress(ZeroDivisionError):
        undone()
    if number % 5 == 4:
        raise ZeroDivisionError
    services.write(None, "test.done", school_id=9, step=number)


@pytest.mark.django_db(transaction=True)
def test_rows_of_many_at_once_make_whole_chains_without_what_was_undone():
    def one(number):
        try:
            with contextlib.suppress(ZeroDivisionError):
                group_commit.write(deed, number)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(40)))
    group_commit.stop()
    rows = list(services.plain_rows())
    assert chain.verify(rows, services.anchors()) == (64, [])
    assert sorted(row["data"]["step"] for row in rows) == sorted(2 * [n for n in range(40) if n % 5 != 4])
    assert {row["action"] for row in rows} == {"test.done"}

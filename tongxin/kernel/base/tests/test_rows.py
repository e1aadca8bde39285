"""A row inserted the short way lies in the table exactly as one that was saved."""

import pytest
from django.db import IntegrityError, connection, transaction

from tongxin.kernel.base import rows
from tongxin.kernel.base.models import Account, Event, Link, School, Subject

pytestmark = pytest.mark.django_db


def stored(row):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {row._meta.db_table} WHERE id = %s", [row.pk])
        names = [column[0] for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))


@pytest.fixture
def school():
    return School.objects.create(name="测试学校")


def examples(school):
    subject = Subject.objects.create(school=school, type="student", name="安小禾")
    day = subject.present_from
    yield lambda number: Subject(school=school, type="student", name="安'小禾%s", public_id=f"s{number}")
    yield lambda number: School(
        name="另一所", kind=School.Kind.BUREAU, public_id=f"b{number}", created_at=school.created_at
    )
    yield lambda number: Link(
        school=school, a=subject, b=subject, kind="k", public_id=f"l{number}", recorded_at=school.created_at
    )
    yield lambda number: Event(
        school=school, subject=subject, kind="k", day=day, at=school.created_at, retracted=True,
        public_id=f"e{number}", recorded_at=school.created_at,
    )  # fmt: skip
    yield lambda number: Account(login=f"a{number}", public_id=f"a{number}", is_active=False)


def test_an_inserted_row_holds_what_a_saved_one_holds(school):
    for make in examples(school):
        saved, inserted = make(1), make(2)
        saved.save(force_insert=True)
        rows.insert(inserted)
        assert inserted.pk == saved.pk + 1
        one, other = stored(saved), stored(inserted)
        own = {"id", "public_id", "login"}
        assert {k: v for k, v in one.items() if k not in own} == {
            k: v for k, v in other.items() if k not in own
        }
        inserted.save()  # it counts as a row of the database from now on
        assert type(saved)._default_manager.filter(pk=inserted.pk).count() == 1


def test_what_the_database_refuses_is_refused_as_always(school):
    for with_savepoint in (True, False):
        with pytest.raises(IntegrityError), transaction.atomic(savepoint=with_savepoint):
            rows.insert(School(name="又一所", public_id=school.public_id))
        if with_savepoint:
            assert School.objects.count() == 1
        else:
            transaction.set_rollback(False)


def test_what_is_updated_lies_as_if_it_had_been_saved_and_the_rest_stays(school):
    for make in examples(school):
        saved, updated = make(1), make(2)
        for row in (saved, updated):
            row.save(force_insert=True)
        names = [
            field.name
            for field in saved._meta.concrete_fields
            if field.name in ("name", "kind", "day", "is_active")
        ]
        for row in (saved, updated):
            row.name, row.kind, row.is_active = "改'过%s", "bureau", False
        saved.save(update_fields=names)
        rows.update(updated, *names)
        one, other = stored(saved), stored(updated)
        own = {"id", "public_id", "login"}
        assert {k: v for k, v in one.items() if k not in own} == {
            k: v for k, v in other.items() if k not in own
        }

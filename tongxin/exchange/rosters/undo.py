"""Take an import back: people it made go, what it changed returns to what it was.

Refused with a sentence where something later rests on it; then nothing at all is taken back.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.utils import timezone

from tongxin.exchange.rosters.bulk import Ranges, delete_ranges, within
from tongxin.kernel.base.fields import FOREVER, DayField
from tongxin.kernel.base.models import Account, Attribute, Link, Subject
from tongxin.kernel.base.sealing.fields import columns_of
from tongxin.kernel.people.models import Branch, Contact, Department, Homeroom, Person, Staff, Student


class CannotUndo(ValueError):
    """Later work rests on the import; the message is a sentence."""


# From what points to what it points to, so that rows go before what they stand on.
ON_SUBJECT: list[type[models.Model]] = [Staff, Student, Homeroom, Branch, Department, Person]
TRACKED: list[type[models.Model]] = [Contact, Link, Attribute, Subject]
NAMES = {
    "participation": "登记过的活动",
    "entry": "登记过的活动",
    "person": "开通了的账号",
    "link": "后来设置的班级、职务或结对",
    "attribute": "后来填写的信息",
    "contact": "后来填写的联系方式",
}


def undo(stored: dict[str, Any], *, by: Account | None) -> None:
    """Undo what `apply` noted; to be called inside a transaction. Raises CannotUndo with a sentence."""
    created: dict[str, Ranges] = stored["created"]
    came = {table: keys for table, (keys, _went) in stored["replaced"].items()}
    own = {
        table: created.get(table, []) + [[key, key] for key in came.get(table, [])]
        for table in {*created, *came}
    }
    _refuse_if_needed(own)
    _refuse_if_changed_again(stored)
    _give_back_columns(stored["updated"])
    _give_back_rows(stored["replaced"], by)
    _delete_what_points_to_new(came, created.get("subject", []))
    _delete(created)


def _refuse_if_needed(created: dict[str, Ranges]) -> None:
    subjects = created.get("subject", [])
    if not subjects:
        return
    for model, count in _dependants(created):
        name = NAMES.get(model._meta.db_table, str(model._meta.verbose_name))
        raise CannotUndo(
            f"导入以后，这些人员或班级已经有了{name}（{count} 处），撤销会把它们也弄丢，所以没有撤销。"
            "请在人员页面逐个更正。"
        )
    accounts = Person.objects.filter(_within("subject_id", subjects), account__isnull=False).count()
    if accounts:
        raise CannotUndo(f"导入以后，其中 {accounts} 人已经开通了账号，所以没有撤销。请在人员页面逐个更正。")


def _dependants(created: dict[str, Ranges]) -> Iterator[tuple[type[models.Model], int]]:
    """Yield (model, count) of rows that point to what the import made but were not made by it."""
    own = [*ON_SUBJECT, Subject]
    for model in apps.get_models():
        for relation in model._meta.concrete_fields:
            target = relation.related_model
            if target not in own or (model in ON_SUBJECT and relation.primary_key):
                continue
            count = _count_outside(model, relation.column or relation.attname, created)
            if count:
                yield model, count


def _count_outside(model: type[models.Model], column: str, created: dict[str, Ranges]) -> int:
    pointing, parameters = within(column, created["subject"])
    key = model._meta.pk.column or "id"  # type: ignore[union-attr]
    if model in ON_SUBJECT:
        made = created["subject"]
    else:
        made = created.get(model._meta.db_table, [])
    inside, more = within(key, made)
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM {quote(model._meta.db_table)} WHERE {pointing} AND NOT {inside}",
            parameters + more,
        )
        return cursor.fetchone()[0]


def _within(column: str, ranges: Ranges) -> models.Q:
    condition = models.Q(pk__in=[])
    for first, last in ranges:
        condition |= models.Q(**{f"{column}__gte": first, f"{column}__lte": last})
    return condition


def _refuse_if_changed_again(stored: dict[str, Any]) -> None:
    for table, key, _before, after in stored["updated"]:
        row = _model(table).objects.filter(pk=key).first()
        if row is None or any(_plain(getattr(row, name)) != value for name, value in after.items()):
            raise CannotUndo("导入以后，有人的信息又改过，撤销会盖掉后来的修改，所以没有撤销。请逐个更正。")
    for table, (came, _went) in stored["replaced"].items():
        model = _model(table)
        if model.objects.filter(pk__in=came, superseded_at=FOREVER).count() != len(set(came)):
            raise CannotUndo(
                "导入以后，有人的班级、职务或信息又改过，撤销会盖掉后来的修改，所以没有撤销。请逐个更正。"
            )


def _give_back_columns(updated: list[list]) -> None:
    for table, key, before, _after in reversed(updated):
        model = _model(table)
        values = {
            name: date.fromisoformat(value)
            if value and isinstance(model._meta.get_field(name), DayField)
            else value
            for name, value in before.items()
        }
        row = model.objects.get(pk=key)
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=columns_of(model, values))


def _give_back_rows(replaced: dict[str, list[list[int]]], by: Account | None) -> None:
    """Withdraw what came and state again what went; both stay on record with their times."""
    now = timezone.now()
    for table, (came, went) in replaced.items():
        model = _model(table)
        model.objects.filter(pk__in=came).update(superseded_at=now)
        # A row that came and was itself replaced within the import stays withdrawn.
        for row in model.objects.filter(pk__in=set(went) - set(came)):
            row.pk = None
            row._state.adding = True
            if table == "link":
                row.public_id = Link._meta.get_field("public_id").get_default()
            row.recorded_at, row.superseded_at, row.recorded_by = now, FOREVER, by
            row.save(force_insert=True)


def _delete_what_points_to_new(came: dict[str, list[int]], subjects: Ranges) -> None:
    """A move into a class that goes away again cannot stay on record, not even as withdrawn."""
    pointing = _within("a_id", subjects) | _within("b_id", subjects)
    Link.objects.filter(pointing, pk__in=came.get("link", [])).delete()


def _delete(created: dict[str, Ranges]) -> None:
    for model in TRACKED[:3]:
        delete_ranges(model, created.get(model._meta.db_table, []))
    for model in ON_SUBJECT:
        delete_ranges(model, created.get("subject", []))
    delete_ranges(Subject, created.get("subject", []))


def _model(table: str) -> Any:
    for model in [*ON_SUBJECT, *TRACKED]:
        if model._meta.db_table == table:
            return model
    raise LookupError(table)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value

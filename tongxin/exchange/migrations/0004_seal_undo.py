from django.db import migrations

BATCH = 1000


def batches(model, **having):
    """Yield the rows that hold something, by key; what was moved already does no harm when done again."""
    rows, after = model.objects.filter(**having).order_by("pk"), None
    while True:
        batch = list((rows.filter(pk__gt=after) if after is not None else rows)[:BATCH])
        yield from batch
        if len(batch) < BATCH:
            return
        after = batch[-1].pk


def seal(apps, schema_editor):
    model = apps.get_model("exchange", "ImportRun")
    for row in batches(model, undo_plain__isnull=False):
        row.undo = row.undo_plain
        row.save(update_fields=["undo"])


def lay_open(apps, schema_editor):
    model = apps.get_model("exchange", "ImportRun")
    for row in batches(model, undo__isnull=False):
        row.undo_plain = row.undo
        row.save(update_fields=["undo_plain"])


class Migration(migrations.Migration):

    dependencies = [("exchange", "0003_undo_beside_its_sealed_form")]

    operations = [migrations.RunPython(seal, lay_open)]

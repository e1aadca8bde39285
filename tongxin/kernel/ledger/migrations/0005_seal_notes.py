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
    model = apps.get_model("ledger", "Entry")
    for row in batches(model, note_plain__gt=""):
        row.note = row.note_plain
        row.save(update_fields=["note"])


def lay_open(apps, schema_editor):
    model = apps.get_model("ledger", "Entry")
    for row in batches(model, note__isnull=False):
        row.note_plain = row.note
        row.save(update_fields=["note_plain"])


class Migration(migrations.Migration):

    dependencies = [("ledger", "0004_note_beside_its_sealed_form")]

    operations = [migrations.RunPython(seal, lay_open)]

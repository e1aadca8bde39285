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
    model = apps.get_model("people", "Person")
    for row in batches(model, id_number_plain__gt=""):
        row.id_number = row.id_number_plain
        row.save(update_fields=["id_number", "id_number_index"])


def lay_open(apps, schema_editor):
    model = apps.get_model("people", "Person")
    for row in batches(model, id_number__isnull=False):
        row.id_number_plain = row.id_number
        row.save(update_fields=["id_number_plain"])


class Migration(migrations.Migration):

    dependencies = [("people", "0002_id_number_beside_its_sealed_form")]

    operations = [migrations.RunPython(seal, lay_open)]

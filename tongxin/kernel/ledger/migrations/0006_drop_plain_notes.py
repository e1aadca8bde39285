from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("ledger", "0005_seal_notes"),
    ]

    operations = [
        migrations.RemoveField("entry", "note_plain"),
    ]

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("exchange", "0004_seal_undo"),
    ]

    operations = [
        migrations.RemoveField("importrun", "undo_plain"),
    ]

from django.db import migrations

import tongxin.kernel.base.sealing.fields


class Migration(migrations.Migration):

    dependencies = [
        ("ledger", "0003_scan_with_theme"),
    ]

    operations = [
        migrations.RenameField("entry", "note", "note_plain"),
        migrations.AddField(
            "entry",
            "note",
            tongxin.kernel.base.sealing.fields.SealedTextField(
                data_class="@data_class", row=("public_id",), school="school_id", subject="", verbose_name="记录", year="day"
            ),
        ),
    ]

from django.db import migrations

import tongxin.kernel.base.sealing.fields


class Migration(migrations.Migration):

    dependencies = [
        ("exchange", "0002_notices"),
    ]

    operations = [
        migrations.RenameField("importrun", "undo", "undo_plain"),
        migrations.AddField(
            "importrun",
            "undo",
            tongxin.kernel.base.sealing.fields.SealedJSONField(
                data_class="K3", row=("public_id",), school="school_id", subject="", year=""
            ),
        ),
    ]

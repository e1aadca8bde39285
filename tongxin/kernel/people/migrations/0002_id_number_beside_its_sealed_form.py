from django.db import migrations

import tongxin.kernel.base.sealing.fields


class Migration(migrations.Migration):

    dependencies = [
        ("people", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex("person", "person_id_number"),
        migrations.RenameField("person", "id_number", "id_number_plain"),
        migrations.AddField(
            "person",
            "id_number",
            tongxin.kernel.base.sealing.fields.SealedTextField(
                data_class="K3", row=("subject_id",), school="school_id", subject="", verbose_name="身份证件号", year=""
            ),
        ),
        migrations.AddField(
            "person",
            "id_number_index",
            tongxin.kernel.base.sealing.fields.BlindIndexField(school="school_id", source="id_number"),
        ),
    ]

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("people", "0003_seal_id_numbers"),
    ]

    operations = [
        migrations.RemoveField("person", "id_number_plain"),
        migrations.AddIndex(
            "person",
            models.Index(
                condition=models.Q(("id_number_index", ""), _negated=True),
                fields=["school", "id_number_index"],
                name="person_id_number_index",
            ),
        ),
    ]

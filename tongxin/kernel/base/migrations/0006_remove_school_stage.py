"""The stage of a school is a dated fact now."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("base", "0005_stage_of_a_school_as_a_fact")]
    operations = [migrations.RemoveField("school", "stage")]

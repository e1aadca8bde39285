"""What a school said of its stage becomes a dated fact that rules read; so does whether it is a school or a bureau."""

import datetime as dt

from django.db import migrations
from django.utils import timezone

# What a school may have written before there were codes.
SPELT = {
    "小学": "primary", "初中": "junior", "初级中学": "junior", "高中": "senior", "普通高中": "senior",
    "中职": "vocational", "中等职业学校": "vocational", "高等职业院校": "college", "高等职业学校": "college",
}  # fmt: skip
CODES = {*SPELT.values()}


def state_facts(apps, schema_editor):
    School, Subject = apps.get_model("base", "School"), apps.get_model("base", "Subject")
    Attribute = apps.get_model("base", "Attribute")
    now = timezone.now()
    for school in School.objects.order_by("pk"):
        subject = Subject.objects.filter(school=school, type="school").order_by("pk").first()
        if subject is None:
            continue
        stage = SPELT.get(school.stage.strip(), school.stage.strip())
        for name, value in (("institution", school.kind), ("stage", stage if stage in CODES else "")):
            if value and not Attribute.objects.filter(subject=subject, name=name).exists():
                Attribute.objects.create(
                    school=school,
                    subject=subject,
                    name=name,
                    value=value,
                    valid_from=dt.date.min,
                    valid_to=dt.date.max,
                    recorded_at=now,
                )


class Migration(migrations.Migration):
    dependencies = [("base", "0004_event_token")]
    operations = [migrations.RunPython(state_facts, migrations.RunPython.noop)]

from django.db import models

from tongxin.kernel.base.fields import InstantField


class AuditHead(models.Model):
    """The end of each school's chain; locked while a row is added. School 0: the installation itself."""

    school = models.BigIntegerField(primary_key=True)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "audit_head"


class AuditRow(models.Model):
    """Who did what to which object when. Ids only, never names; no foreign keys, so nothing erases it."""

    school = models.BigIntegerField()
    seq = models.BigIntegerField()
    at = InstantField()
    account = models.BigIntegerField(null=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    data = models.JSONField(default=dict)
    hash = models.CharField(max_length=64)

    class Meta:
        db_table = "audit_row"
        verbose_name = verbose_name_plural = "审计记录"
        constraints = [models.UniqueConstraint(fields=["school", "seq"], name="audit_row_in_chain")]
        indexes = [
            models.Index(fields=["school", "action", "at"], name="audit_by_action"),
            # Who looked at this child: asked by the child, its guardians and the yearly audit.
            models.Index(
                fields=["school", "object_id", "seq"],
                name="audit_about_subject",
                condition=models.Q(object_type="subject"),
            ),
        ]

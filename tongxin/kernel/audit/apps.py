from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "tongxin.kernel.audit"
    label = "audit"
    verbose_name = "审计"

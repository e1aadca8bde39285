from django.apps import AppConfig


class ObligationsConfig(AppConfig):
    name = "tongxin.kernel.obligations"
    label = "obligations"
    verbose_name = "应做事项"

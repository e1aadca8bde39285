from django.apps import AppConfig


class SolvingConfig(AppConfig):
    name = "tongxin.kernel.solving"
    label = "solving"
    verbose_name = "计算"

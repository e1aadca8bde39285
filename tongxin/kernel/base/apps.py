from django.apps import AppConfig


class BaseConfig(AppConfig):
    name = "tongxin.kernel.base"
    label = "base"
    verbose_name = "基础"

from django.apps import AppConfig


class SetupConfig(AppConfig):
    name = "tongxin.modules.setup"
    label = "setup"
    verbose_name = "设置"

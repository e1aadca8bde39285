from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    name = "tongxin.modules.screening"
    label = "screening"
    verbose_name = "测评"

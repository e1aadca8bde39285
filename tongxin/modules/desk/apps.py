from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "tongxin.modules.desk"
    label = "desk"
    verbose_name = "日常"

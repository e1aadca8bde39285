from django.apps import AppConfig


class AuthoringConfig(AppConfig):
    name = "tongxin.modules.authoring"
    label = "authoring"
    verbose_name = "方案编写"

from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    name = "tongxin.kernel.programmes"
    label = "programmes"
    verbose_name = "方案"

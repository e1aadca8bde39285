from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "tongxin.kernel.access"
    label = "access"
    verbose_name = "权限"

    def ready(self) -> None:
        from . import roster

        roster.register_all()

from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    name = "tongxin.modules.screening"
    label = "screening"
    verbose_name = "测评"

    def ready(self) -> None:
        from tongxin.kernel.access.waiting import add_waiting

        from .own import waiting

        add_waiting(waiting)

from django.apps import AppConfig


class SignalsConfig(AppConfig):
    name = "tongxin.kernel.signals"
    label = "signals"
    verbose_name = "提示"

    def ready(self) -> None:
        from . import holdings

        holdings.register_all()

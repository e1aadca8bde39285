from django.apps import AppConfig


class ConsentConfig(AppConfig):
    name = "tongxin.kernel.consent"
    label = "consent"
    verbose_name = "同意"

    def ready(self) -> None:
        from . import holdings

        holdings.register_all()

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "tongxin.exchange"
    label = "exchange"
    verbose_name = "交换"

    def ready(self) -> None:
        from . import holdings

        holdings.register_all()

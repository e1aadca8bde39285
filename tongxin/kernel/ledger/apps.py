from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "tongxin.kernel.ledger"
    label = "ledger"
    verbose_name = "台账"

    def ready(self) -> None:
        from . import holdings

        holdings.register_all()

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NetworkConfig(AppConfig):
    name = "tongxin.modules.network"
    label = "network"
    verbose_name = "四级网络"

    def ready(self) -> None:
        from tongxin.kernel.access.context import add_place
        from tongxin.kernel.access.waiting import add_waiting
        from tongxin.kernel.signals import origins

        from . import holdings
        from .duties import let_all
        from .models import Concern
        from .said import sentences
        from .waiting import waiting

        let_all()
        holdings.register_all()
        add_waiting(waiting)
        add_place(56, _("四级网络"), "network:home", "network", icon="people")
        for origin in (*Concern.Origin.values, "talk", "duration"):
            origins.add_origin(origin, sentences)

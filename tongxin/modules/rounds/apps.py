from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RoundsConfig(AppConfig):
    name = "tongxin.modules.rounds"
    label = "rounds"
    verbose_name = "结对组队"

    def ready(self) -> None:
        from tongxin.kernel.access.context import add_place
        from tongxin.kernel.access.waiting import add_waiting
        from tongxin.kernel.solving import services as solving

        from . import effect, holdings, proposing
        from .waiting import waiting

        holdings.register_all()
        solving.add_solver(proposing.RUN, proposing.solve)
        solving.add_solver(effect.RUN, effect.solve)
        add_waiting(waiting)
        add_place(61, _("结对组队"), "rounds:home", "pairing pair_up", icon="pairs", of_schools=True)

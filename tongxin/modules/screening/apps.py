from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScreeningConfig(AppConfig):
    name = "tongxin.modules.screening"
    label = "screening"
    verbose_name = "测评"

    def ready(self) -> None:
        from tongxin.kernel.access.context import add_notice, add_place
        from tongxin.kernel.access.waiting import add_waiting

        from . import watch
        from .own import waiting

        add_waiting(waiting)
        add_place(
            58,
            _("关爱"),
            "screening:home",
            "screening screening_progress screening_figures signals signal_chain",
            icon="care",
        )
        add_notice(watch.waiting_for_me)
        add_notice(watch.silent_worker)

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScreeningConfig(AppConfig):
    name = "tongxin.modules.screening"
    label = "screening"
    verbose_name = "测评"

    def ready(self) -> None:
        from tongxin.kernel.access.tabs import add_tab
        from tongxin.kernel.access.waiting import add_waiting
        from tongxin.kernel.signals.origins import add_origin

        from . import holdings, signals
        from .own import waiting

        holdings.register_all()
        add_waiting(waiting)
        add_origin(signals.ORIGIN, signals.sentences)
        verbs = ("screening", "screening_progress", "screening_figures")
        add_tab("care", 10, _("测评"), "screening:home", lambda viewer: any(map(viewer.may, verbs)))
        add_tab("district", 20, _("测评"), "screening:district", lambda viewer: viewer.may("bureau"))
        add_tab("care", 60, _("量表"), "screening:instruments", lambda viewer: viewer.may("screening"))

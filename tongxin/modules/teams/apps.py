from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TeamsConfig(AppConfig):
    name = "tongxin.modules.teams"
    label = "teams"
    verbose_name = "团队项目"

    def ready(self) -> None:
        from tongxin.kernel.access.context import add_place
        from tongxin.kernel.access.waiting import add_waiting

        from . import holdings
        from .waiting import waiting

        holdings.register_all()
        add_waiting(waiting)
        add_place(62, _("团队项目"), "teams:home", "teams", icon="people", of_schools=True)

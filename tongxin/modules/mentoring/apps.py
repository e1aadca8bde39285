from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MentoringConfig(AppConfig):
    name = "tongxin.modules.mentoring"
    label = "mentoring"
    verbose_name = "结对帮扶"

    def ready(self) -> None:
        from tongxin.kernel.access.context import add_place
        from tongxin.kernel.access.waiting import add_waiting
        from tongxin.kernel.people.together import add_teller

        from . import holdings
        from .feedback import told
        from .waiting import waiting

        holdings.register_all()
        add_teller(told)
        add_waiting(waiting)
        add_place(52, _("结对帮扶"), "mentoring:home", "pairs", icon="pairs")

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "tongxin.modules.cases"
    label = "cases"
    verbose_name = "关爱"

    def ready(self) -> None:
        from tongxin.kernel.access.context import add_notice, add_place
        from tongxin.kernel.access.tabs import add_tab

        from . import watch
        from .registering import register_cases
        from .views.place import sees_signals

        add_place(
            58,
            _("关爱"),
            "cases:home",
            "screening screening_progress screening_figures signals signal_chain",
            icon="care",
        )
        add_tab("care", 20, _("要看看的学生"), "cases:signals", sees_signals)
        add_tab("care", 50, _("应急联系人"), "cases:chain", lambda viewer: viewer.may("signal_chain"))
        add_tab("care", 52, _("值班和访谈时间"), "cases:duty", lambda viewer: viewer.may("signal_chain"))
        add_place(59, _("各校关爱"), "cases:district", "bureau", icon="care")
        add_tab("district", 10, _("个案"), "cases:district", lambda viewer: viewer.may("bureau"))
        add_notice(watch.waiting_for_me)
        add_notice(watch.silent_worker)
        register_cases()

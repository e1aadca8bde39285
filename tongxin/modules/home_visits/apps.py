from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HomeVisitsConfig(AppConfig):
    name = "tongxin.modules.home_visits"
    label = "home_visits"
    verbose_name = "家访"

    def ready(self) -> None:
        from tongxin.exchange.notices.feed import add_items
        from tongxin.kernel.access.context import add_place
        from tongxin.kernel.access.waiting import add_waiting
        from tongxin.kernel.signals import origins
        from tongxin.kernel.solving.services import add_solver

        from . import duties, findings, holdings, planning
        from .calendar import outings
        from .waiting import waiting

        duties.let_all()
        holdings.register_all()
        add_waiting(waiting)
        add_items(outings)
        add_solver(planning.KIND, planning.solve)
        add_place(58, _("家访"), "home_visits:home", "visits", icon="visit", of_schools=True)
        add_place(59, _("老师来家访"), "home_visits:family", "visit_answer", icon="visit")
        origins.add_origin(findings.ORIGIN, findings.sentences)

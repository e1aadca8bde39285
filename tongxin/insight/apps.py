from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightConfig(AppConfig):
    name = "tongxin.insight"
    label = "insight"
    verbose_name = "报告"

    def ready(self) -> None:
        from tongxin.kernel.access.context import add_place

        add_place(70, _("报告"), "insight:home", "report", icon="report")

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NoticesConfig(AppConfig):
    name = "tongxin.modules.notices"
    label = "notices"
    verbose_name = "提醒"

    def ready(self) -> None:
        from tongxin.kernel.access.context import add_place

        add_place(55, _("提醒"), "notices:inbox", "todo", icon="notice")
        add_place(56, _("跟进"), "notices:matters", "gaps", icon="chart")

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    name = "tongxin.modules.desk"
    label = "desk"
    verbose_name = "日常"

    def ready(self) -> None:
        from tongxin.kernel.access.context import add_place

        for where in ("nav", "bottom"):
            add_place(10, _("待办"), "desk:home", "todo", where=where, icon="todo")
            add_place(20, _("登记"), "desk:record", "record", where=where, icon="log")
        add_place(30, _("方案"), "desk:programmes", "programme", icon="programme")
        add_place(40, _("台账"), "desk:ledger", "ledger", icon="ledger")
        add_place(50, _("日程"), "desk:calendar", "todo", icon="calendar")
        add_place(30, _("日程"), "desk:calendar", "todo", where="bottom", icon="calendar")
        add_place(40, _("我的"), "desk:me", "", where="bottom", icon="person")

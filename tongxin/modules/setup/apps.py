from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SetupConfig(AppConfig):
    name = "tongxin.modules.setup"
    label = "setup"
    verbose_name = "设置"

    def ready(self) -> None:
        from tongxin.kernel.access import context, doors

        from .frame import full_disk, term_name
        from .second_factor import ask

        context.add_place(60, _("人员"), "setup:people", "people", icon="people")
        context.add_place(70, _("知情同意"), "setup:consents", "consent", icon="log")
        context.add_place(80, _("导入"), "setup:imports", "import", icon="import")
        context.add_place(90, _("校历"), "setup:calendar", "calendar", icon="calendar")
        context.add_place(95, _("设置"), "setup:settings", "settings", icon="settings")
        context.name_the_term(term_name)
        context.add_notice(full_disk)
        doors.ask_second_factor_by(ask)

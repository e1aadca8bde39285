from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrivacyConfig(AppConfig):
    name = "tongxin.modules.privacy"
    label = "privacy"
    verbose_name = "隐私和审计"

    def ready(self) -> None:
        from tongxin.kernel.access.context import add_place
        from tongxin.kernel.access.waiting import add_waiting

        from . import holdings
        from .owed import waiting

        holdings.register_all()

        add_place(71, _("查看许可"), "privacy:openings", "grants grants_decide grants_watch", icon="lock")
        add_place(72, _("个人信息请求"), "privacy:requests", "rights", icon="notebook")
        add_place(96, _("我的信息"), "privacy:mine", "", icon="person")
        add_place(97, _("审计"), "privacy:audit", "audit", icon="lock")
        add_place(98, _("合规审计"), "privacy:compliance", "audit rights_decide", icon="report")
        add_waiting(waiting)

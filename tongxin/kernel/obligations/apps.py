from django.apps import AppConfig


class ObligationsConfig(AppConfig):
    name = "tongxin.kernel.obligations"
    label = "obligations"
    verbose_name = "应做事项"

    def ready(self) -> None:
        from tongxin.kernel.base.facts import LinkReplaced, subscribe
        from tongxin.kernel.people.guards import guard

        from . import consequences, reasons
        from .gates import obstacles
        from .waivers import follow_link

        guard(obstacles)
        subscribe(LinkReplaced, follow_link)
        subscribe(LinkReplaced, reasons.follow_link)
        reasons.register_all()
        consequences.register_all()

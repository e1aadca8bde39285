from django.apps import AppConfig


class ObligationsConfig(AppConfig):
    name = "tongxin.kernel.obligations"
    label = "obligations"
    verbose_name = "应做事项"

    def ready(self) -> None:
        from tongxin.kernel.base.facts import LinkReplaced, subscribe
        from tongxin.kernel.people.guards import guard

        from .gates import obstacles
        from .waivers import follow_link

        guard(obstacles)
        subscribe(LinkReplaced, follow_link)

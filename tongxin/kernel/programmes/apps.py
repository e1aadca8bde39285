from django.apps import AppConfig


class ProgrammesConfig(AppConfig):
    name = "tongxin.kernel.programmes"
    label = "programmes"
    verbose_name = "方案"

    def ready(self) -> None:
        from django.db.models.signals import post_save

        from tongxin.kernel.base.models import School

        from .joining import on_new_school

        post_save.connect(on_new_school, sender=School, dispatch_uid="programmes.joining")

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "tongxin.kernel.people"
    label = "people"
    verbose_name = "人员"

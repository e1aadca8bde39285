from django.apps import AppConfig


class CalendarConfig(AppConfig):
    name = "tongxin.kernel.calendar"
    label = "calendar"
    verbose_name = "校历"

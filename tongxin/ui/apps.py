"""The ui app: pages' frame, components, tables and charts. It knows no domain model."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "tongxin.ui"
    label = "ui"
    verbose_name = "界面"

"""The application that gunicorn and waitress serve."""

import os

import django
from django.core.handlers.wsgi import WSGIHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongxin.config.settings")
django.setup(set_prefix=False)

from tongxin.config.requests import Request  # noqa: E402  it needs the settings


class Application(WSGIHandler):
    request_class = Request


application = Application()

"""The same application for a server that speaks ASGI; `tongxin serve` uses WSGI, which is faster here."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongxin.config.settings")
application = get_asgi_application()

"""Run the web server: gunicorn's threads in one process over SQLite, a few over PostgreSQL; waitress on Windows."""

import gc
import os
import sys
from typing import Any

from django.conf import settings
from django.db import connections
from django.urls import URLResolver

from tongxin.config.safety import split_address


def workers() -> int:
    """Return how many server processes to run: one over SQLite (a second would only wait for the write lock)."""
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        return 1
    return settings.WORKERS or min(4, (os.cpu_count() or 1) + 1)


def gunicorn_options(address: str) -> dict[str, Any]:
    """Return gunicorn's options. No access log: addresses of pages name children's files."""
    return {
        "bind": address,
        "worker_class": "gthread",
        "workers": workers(),
        "threads": settings.THREADS,
        "timeout": 120,
        "graceful_timeout": 15,
        "keepalive": 5,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "certfile": settings.CERTIFICATE or None,
        "keyfile": settings.CERTIFICATE_KEY or None,
        "control_socket_disable": True,
        "forwarded_allow_ips": "127.0.0.1,::1",
        "proc_name": "tongxin",
    }


def run(address: str) -> None:
    """Serve until told to stop."""
    _read_everything()
    connections.close_all()  # a SQLite connection must not cross the fork into the worker
    if sys.platform == "win32" or os.environ.get("TONGXIN_SERVER") == "waitress":
        _run_waitress(address)
    else:
        _run_gunicorn(address)


def _read_everything() -> None:
    """Read the program in before the fork: a process that takes the place of a killed one answers at once."""
    from django.template import engines
    from django.urls import get_resolver

    from tongxin.config import wsgi  # noqa: F401

    engines.all()
    waiting = [get_resolver()]
    while waiting:
        waiting += [one for one in waiting.pop().url_patterns if isinstance(one, URLResolver)]
    # What was read in stays for as long as the process: the collector of cycles need not look at it again, nor make the
    # processes' common memory their own by doing so.
    gc.collect()
    gc.freeze()


def _run_gunicorn(address: str) -> None:
    from gunicorn.app.base import BaseApplication

    class Application(BaseApplication):
        def load_config(self) -> None:
            for name, value in gunicorn_options(address).items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            from tongxin.config import warming, watching
            from tongxin.config.wsgi import application
            from tongxin.kernel.base import checkpoints, space

            # Nearly all that a request leaves is freed without it; looking every 700 objects takes a thirtieth of the time.
            gc.set_threshold(20_000, 20, 20)
            checkpoints.start()
            space.start()
            warming.start()
            watching.start()
            return application

    Application().run()


def _run_waitress(address: str) -> None:
    from waitress import serve

    from tongxin.config import warming, watching
    from tongxin.config.wsgi import application
    from tongxin.kernel.base import checkpoints, space

    checkpoints.start()
    space.start()
    warming.start()
    watching.start()
    host, port = split_address(address)
    serve(
        application,
        host=host,
        port=port,
        threads=settings.THREADS,
        ident="tongxin",
        clear_untrusted_proxy_headers=True,
    )

"""Settings: read from the environment, safe for one machine when nothing is set.

Every variable begins with TONGXIN_ and is described in docs/reference/settings.md (a test compares the two).
Nonsense is refused in words by `tongxin.config.safety` before the server starts.
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.utils.csp import CSP

from tongxin.config.refusal import Refused

ROOT = Path(__file__).resolve().parents[2]
PACKS_DIR = ROOT / "packs"
DATA_DIR = Path(os.environ.get("TONGXIN_DATA", ROOT / "data")).resolve()
EVIDENCE_DIR = DATA_DIR / "evidence"
KEYS_DIR = Path(os.environ.get("TONGXIN_KEYS") or DATA_DIR / "keys").resolve()
MASTER_KEY = os.environ.get("TONGXIN_MASTER_KEY", "")
MASTER_KEY_FILE = Path(os.environ.get("TONGXIN_MASTER_KEY_FILE") or KEYS_DIR / "master.key").resolve()
CIPHER = os.environ.get("TONGXIN_CIPHER") or "aes"
# What links the rows of the audit record: sha256 or sm3.
CHAIN_DIGEST = os.environ.get("TONGXIN_CHAIN") or "sha256"
# Where the ends of the audit record are kept outside this machine: a file on a mounted folder; "" for nowhere.
ANCHORS_FILE = os.environ.get("TONGXIN_ANCHORS_FILE", "")
DEMO = os.environ.get("TONGXIN_DEMO", "") == "1"
DEBUG = os.environ.get("TONGXIN_DEBUG", "") == "1"
ADDRESS = os.environ.get("TONGXIN_ADDRESS", "127.0.0.1:8000")
HOSTS = [h for h in os.environ.get("TONGXIN_HOSTS", "").split(",") if h]
CERTIFICATE = os.environ.get("TONGXIN_CERTIFICATE", "")
CERTIFICATE_KEY = os.environ.get("TONGXIN_CERTIFICATE_KEY", "")
BEHIND_PROXY = os.environ.get("TONGXIN_TLS", "") == "1"
BEHIND_TLS = BEHIND_PROXY or bool(CERTIFICATE)


def _whole_number(name: str, default: int) -> int:
    """Return a whole number from the environment; nonsense is refused in words."""
    text = os.environ.get(name, "")
    if text and not text.isdecimal():
        raise Refused(f"{name} 要写一个整数，不能写“{text}”。")
    return int(text or default)


LEAST_FREE_MIB = _whole_number("TONGXIN_LEAST_FREE_MIB", 200)
BALLAST_MIB = _whole_number("TONGXIN_BALLAST_MIB", 64)
THREADS = _whole_number("TONGXIN_THREADS", 8)
WORKERS = _whole_number("TONGXIN_WORKERS", 0)


def _secret_key() -> str:
    """Return the signing key: from the environment, else from a private file made on first start."""
    given = os.environ.get("TONGXIN_SECRET_KEY")
    if given:
        return given
    file = DATA_DIR / "secret.key"
    if not file.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(os.urandom(48).hex())
    return file.read_text().strip()


def _database() -> dict:
    """Return Django's database settings: SQLite in the data folder, or TONGXIN_DATABASE=postgresql://…"""
    address = os.environ.get("TONGXIN_DATABASE", "")
    if address:
        parts = urlsplit(address)
        if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
            raise Refused("TONGXIN_DATABASE 要写成 postgresql://用户:密码@主机:端口/数据库。")
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
        }
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "tongxin.sqlite3",
        # Opening it – functions, pragmas, the whole schema – costs 2 ms, more than most pages' queries together.
        "CONN_MAX_AGE": 60,
        "OPTIONS": {
            # IMMEDIATE: a read that turns into a write would otherwise fail at once with "database is locked".
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # An evaluation of a pack runs some 130 statements, some of 16 kB, and asks them again and again.
            "cached_statements": 600,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA temp_store=MEMORY;"
                "PRAGMA cache_size=-65536; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
                # Done by kernel.base.checkpoints, while nobody writes; and no memory map, which would spread a page read
                # at a wrong moment.
                "PRAGMA wal_autocheckpoint=0;"
            ),
        },
    }


def _mail() -> dict:
    """Return Django's mail settings from TONGXIN_MAIL=smtp://user:password@host:587 (or smtps://…:465)."""
    address = os.environ.get("TONGXIN_MAIL", "")
    if not address:
        return {}
    parts = urlsplit(address)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise Refused("TONGXIN_MAIL 要写成 smtp://用户:密码@主机:587，或 smtps://用户:密码@主机:465。")
    try:
        port = parts.port
    except ValueError as error:
        raise Refused("TONGXIN_MAIL 的端口要写一个数，例如 587。") from error
    user = unquote(parts.username or "")
    sender = os.environ.get("TONGXIN_MAIL_FROM", "") or user
    if "@" not in sender:
        raise Refused("请用 TONGXIN_MAIL_FROM 写明发信的邮箱，例如 tongxin@学校的域名。")
    return {
        "host": parts.hostname,
        "port": port or (465 if parts.scheme == "smtps" else 587),
        "username": user,
        "password": unquote(parts.password or ""),
        "use_ssl": parts.scheme == "smtps",
        # A mail server on this very machine needs no encryption; any other gets no password without it.
        "use_tls": parts.scheme == "smtp" and parts.hostname not in ("127.0.0.1", "localhost"),
        "timeout": 15,
        "sender": sender,
    }


def _site_url() -> str:
    """Return how people reach this installation, for links in notices: TONGXIN_URL, else from the host names."""
    given = os.environ.get("TONGXIN_URL", "").rstrip("/")
    if given:
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise Refused("TONGXIN_URL 要写成老师打开同心的网址，例如 https://tongxin.学校的域名。")
        return given
    host = HOSTS[0] if HOSTS else ADDRESS
    return f"{'https' if BEHIND_TLS else 'http'}://{host}"


MAIL = _mail()
DEFAULT_FROM_EMAIL = MAIL.pop("sender", "tongxin@localhost")
MAILERS = {
    # Without TONGXIN_MAIL nothing is ever handed to it: the channel says that there is no mail server.
    "default": {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": MAIL or {"host": "localhost", "timeout": 15},
    }
}
SITE_URL = _site_url()

SECRET_KEY = _secret_key()
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", *HOSTS]
DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_ox",
    "tongxin.ui",
    "tongxin.kernel.base",
    "tongxin.kernel.audit",
    "tongxin.kernel.people",
    "tongxin.kernel.calendar",
    "tongxin.kernel.access",
    "tongxin.kernel.consent",
    "tongxin.kernel.programmes",
    "tongxin.kernel.ledger",
    "tongxin.kernel.obligations",
    "tongxin.kernel.signals",
    "tongxin.kernel.solving",
    "tongxin.exchange",
    "tongxin.modules.desk",
    "tongxin.modules.setup",
    "tongxin.modules.authoring",
    "tongxin.modules.notices",
    "tongxin.modules.screening",
    "tongxin.modules.cases",
    "tongxin.modules.network",
    "tongxin.modules.home_visits",
    "tongxin.modules.mentoring",
    "tongxin.modules.rounds",
    "tongxin.modules.privacy",
    "tongxin.modules.teams",
    "tongxin.insight",
    "tongxin.demo",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tongxin.kernel.access.middleware.ViewerMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tongxin.config.full_disk.FullDiskMiddleware",
    "tongxin.config.patience.PatienceMiddleware",
]
ROOT_URLCONF = "tongxin.config.urls"
WSGI_APPLICATION = "tongxin.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.messages.context_processors.messages",
                "tongxin.kernel.access.context.frame",
            ],
        },
    },
]

AUTHENTICATION_BACKENDS = ["tongxin.kernel.access.backend.AccountBackend"]
AUTH_USER_MODEL = "base.Account"
LOGIN_URL = "setup:sign_in"
LOGIN_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["tongxin.kernel.base.hashers.SchoolArgon2Hasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
SESSION_ENGINE = "tongxin.kernel.access.sessions"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "__Host-session" if BEHIND_TLS else "tongxin_session"
SESSION_COOKIE_SECURE = BEHIND_TLS
# The seat of whoever fills in a paper of a sitting; it opens that one paper and needs no session.
SEAT_COOKIE_NAME = "__Host-seat" if BEHIND_TLS else "tongxin_seat"
CSRF_COOKIE_NAME = "__Host-csrf" if BEHIND_TLS else "tongxin_csrf"
CSRF_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in HOSTS] if BEHIND_TLS else []
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_HSTS_SECONDS = 31536000 if BEHIND_TLS else 0
SECURE_REFERRER_POLICY = "no-referrer" if BEHIND_TLS else "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:", "blob:"],
    "connect-src": [CSP.SELF],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
IDLE_MINUTES = 30
# Keep worked-out verdicts for as long as a school's records stay exactly as they are.
REMEMBER_VERDICTS = True

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "中文"), ("en", "English")]
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MAX_AGE = 0 if DEBUG else 86400

DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_TEMP_DIR = None

TASKS = {
    "default": {
        "BACKEND": "django_ox.backend.OxBackend",
        "QUEUES": ["default"],
        "OPTIONS": {
            "SCHEDULES": {
                "reminders": {
                    "task": "tongxin.kernel.obligations.tasks.daily_reminders",
                    "cron": "30 6 * * *",
                },
                "messages": {
                    "task": "tongxin.exchange.notices.tasks.send_messages",
                    "every": timedelta(seconds=30),
                },
                "signals": {
                    "task": "tongxin.modules.cases.tasks.watch_signals",
                    "every": timedelta(seconds=15),
                },
                "durations": {
                    "task": "tongxin.modules.network.tasks.look_at_durations",
                    "cron": "20 6 * * *",
                },
                "harm": {"task": "tongxin.modules.network.tasks.watch_harm", "every": timedelta(minutes=5)},
                "cases": {"task": "tongxin.modules.cases.tasks.watch_cases", "every": timedelta(seconds=60)},
                "prune": {"task": "tongxin.kernel.obligations.tasks.prune_jobs", "cron": "5 3 * * *"},
                "keys": {
                    "task": "tongxin.kernel.audit.tasks.move_to_new_keys",
                    "every": timedelta(minutes=5),
                },
                "runs": {"task": "tongxin.kernel.solving.tasks.take_up_runs", "every": timedelta(seconds=15)},
                "anchors": {"task": "tongxin.kernel.audit.tasks.keep_anchors", "cron": "20 0 * * *"},
                "sweep": {"task": "tongxin.kernel.obligations.tasks.sweep_evidence", "cron": "15 3 * * *"},
            },
        },
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Django's own request log carries addresses with path values; ours carries ids only.
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "WARNING"},
        "waitress": {"level": "ERROR"},
        # A line for each of the worker's half-minute rounds would bury everything else.
        "django.tasks": {"level": "WARNING"},
        "django_ox": {"level": "WARNING"},
        # Its messages may carry a robot's key.
        "apprise": {"level": "CRITICAL"},
    },
}

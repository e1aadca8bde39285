"""Settings of the tests: the real ones, on a data folder that goes away, with fast passwords and tasks at once."""

import atexit
import os
import shutil
import tempfile

_scratch = tempfile.mkdtemp(prefix="tongxin-tests-")
atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
os.mkdir(os.path.join(_scratch, "static"))
os.environ["TONGXIN_DATA"] = _scratch
os.environ["TONGXIN_SECRET_KEY"] = "only-for-tests-" + "x" * 40
# Playwright's own event loop runs beside the tests; Django would take every query in them for a mistake.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
for _name in ("DEMO", "DEBUG", "TLS", "ADDRESS", "HOSTS", "KEYS", "MASTER_KEY", "MASTER_KEY_FILE", "CIPHER"):
    os.environ.pop(f"TONGXIN_{_name}", None)

from tongxin.config.settings import *  # noqa: E402, F403
from tongxin.config.settings import DATABASES  # noqa: E402

ALLOWED_HOSTS = ["*"]
# Tests roll back, so two of them may meet with the very same numbers of rows; the memo has tests of its own.
REMEMBER_VERDICTS = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: the pages' tests in a browser use the database from several threads.
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(_scratch, "test.sqlite3")}
    # No thread brings the log in here, so SQLite does.
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA wal_autocheckpoint=1000;"
    # Nothing here outlives the run. That the real profile waits for the disk is tested on a database of its own.
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
elif str(DATABASES["default"]["NAME"]).endswith("_migrated"):
    # Made by the tests themselves on a server of their own: the migrations have just run in it.
    DATABASES["default"]["TEST"] = {"TEMPLATE": DATABASES["default"]["NAME"]}

from tongxin.testing.browser import chromium, desktop, phone  # noqa: F401
from tongxin.testing.cast import cast, today  # noqa: F401

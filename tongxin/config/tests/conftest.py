from tongxin.testing.cast import cast, today  # noqa: F401
from tongxin.testing.sealed import keys, papers  # noqa: F401

from tongxin.testing.cases import clock, desk  # noqa: F401
from tongxin.testing.cast import cast, today  # noqa: F401
from tongxin.testing.screening import hall  # noqa: F401
from tongxin.testing.sealed import keys  # noqa: F401

from tongxin.testing.cast import cast, today  # noqa: F401

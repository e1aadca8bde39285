from tongxin.testing.sealed import keys, papers  # noqa: F401

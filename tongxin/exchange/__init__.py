"""Exchange: what comes in from and goes out to the files that schools keep."""

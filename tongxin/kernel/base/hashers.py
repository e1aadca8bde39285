from django.contrib.auth.hashers import Argon2PasswordHasher


class SchoolArgon2Hasher(Argon2PasswordHasher):
    """Argon2id with 46 MiB, one pass, one lane: strong, and a whole school can sign in at the bell."""

    time_cost = 1
    memory_cost = 46 * 1024
    parallelism = 1

"""The second half of the roles of the access matrix (see test_matrix), for a core of its own."""

from tongxin.testing.cast import cast, today  # noqa: F401
from tongxin.testing.sealed import keys  # noqa: F401

from .test_matrix import HALVES, walk, whole_world  # noqa: F401


def test_every_other_role_finds_what_the_tables_say_and_no_name_beyond_its_reach(client, whole_world):  # noqa: F811
    walk(client, whole_world, HALVES[1])

import pytest

from tongxin.config import warming
from tongxin.kernel.obligations import engine
from tongxin.kernel.obligations.queries import ask
from tongxin.methods.cadence.sql.kept import Kept
from tongxin.testing.cast import cast, today  # noqa: F401


@pytest.fixture
def remembering(settings, monkeypatch):
    settings.REMEMBER_VERDICTS = True
    monkeypatch.setattr(engine, "_kept", Kept())


def test_a_warmed_server_answers_the_first_question_from_memory(
    cast,  # noqa: F811
    today,  # noqa: F811
    remembering,
    django_assert_max_num_queries,
):
    assert warming.warm() == 1
    with django_assert_max_num_queries(8):
        assert ask(cast.programme, today).verdicts()


def test_an_empty_installation_has_nothing_to_warm(db):
    assert warming.warm() == 0

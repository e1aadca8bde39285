"""The page that is not there."""

import pytest
from django.urls import reverse

from tongxin.testing.cast import cast, today  # noqa: F401


@pytest.mark.django_db
def test_what_may_not_be_seen_and_what_never_was_give_the_very_same_answer(client, cast):  # noqa: F811
    client.force_login(cast.liu.account)
    hidden = client.get(reverse("setup:person", args=[cast.other_student.public_id]))
    closed = client.get(reverse("setup:imports"))
    never = client.get("/there-was-never-such-a-page/")
    assert [answer.status_code for answer in (hidden, closed, never)] == [404, 404, 404]
    assert hidden.content == closed.content == never.content
    assert dict(hidden.headers) == dict(closed.headers) == dict(never.headers)
    assert "没有找到这一页" in never.content.decode()


@pytest.mark.django_db
def test_it_speaks_the_language_of_whoever_asks(client):
    assert "没有找到" in client.get("/nothing/").content.decode()
    said = client.get("/nothing/", headers={"accept-language": "en"}).content.decode()
    assert 'lang="en"' in said
    assert "没有找到" not in said

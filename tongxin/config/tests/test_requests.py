"""A form's fields are what Django makes of them, whatever a browser or somebody else sends."""

from io import BytesIO
from urllib.parse import urlencode

import pytest
from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from tongxin.config.requests import Request, form_data

PIECES = st.sampled_from(
    ["a", "a-1", "b", "中", "=", "&", "%", "%41", "%e4%b8%ad", "%zz", "+", " ", ";", "?", "\0", ""]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_body_is_read_as_django_reads_it(text):
    for body in (text.encode(), text.encode("utf-16-le")):
        ours, theirs = form_data(body), QueryDict(body, encoding="utf-8")
        assert dict(ours.lists()) == dict(theirs.lists())
        assert list(ours) == list(theirs)
        assert (ours.encoding, ours._mutable) == (theirs.encoding, theirs._mutable)


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=8)), max_size=6))
def test_whatever_a_form_sends_comes_back(fields):
    assert [
        (name, said) for name, all_said in form_data(urlencode(fields).encode()).lists() for said in all_said
    ] == sorted(fields, key=lambda field: [name for name, _said in fields].index(field[0]))


def test_too_many_fields_are_refused(settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 3
    assert len(form_data(b"a=1&b=2&c=3")) == 3
    with pytest.raises(TooManyFieldsSent):
        form_data(b"a=1&b=2&c=3&d=4")


def request(body, content_type, method="POST"):
    return Request(
        {
            "REQUEST_METHOD": method, "PATH_INFO": "/", "CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
        }
    )  # fmt: skip


def test_only_plain_forms_that_were_not_read_otherwise_are_read_so():
    assert request(b"a=1", "application/x-www-form-urlencoded").POST == {"a": ["1"]}
    assert request(b"a=1", "application/x-www-form-urlencoded", "PUT").POST == {}
    assert request(b'{"a": 1}', "application/json").POST == {}
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n'
    assert request(part, "multipart/form-data; boundary=x").POST == {"a": ["1"]}
    started = request(b"a=1", "application/x-www-form-urlencoded")
    started.read(1)
    assert started.POST == {}

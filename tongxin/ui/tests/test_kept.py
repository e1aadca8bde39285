"""Kept parts show what they are given and nothing older, and never another reader's values."""

from datetime import date

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy, override

from tongxin.ui import kept

TABS = "ui/components/tabs.html"
LANGUAGE = "ui/components/language.html"


def tabs(label):
    return kept.draw(TABS, {"items": [{"label": label, "url": "/a/", "current": True}]}, {})


def test_a_part_is_drawn_once_for_the_same_values(monkeypatch):
    drawn = []
    whole = kept._drawn
    monkeypatch.setattr(kept, "_drawn", lambda *given: drawn.append(1) or whole(*given))
    assert tabs("只画一次") == tabs("只画一次")
    assert len(drawn) == 1
    assert "画了别的" in tabs("画了别的")
    assert len(drawn) == 2


def test_texts_are_escaped_even_after_the_same_text_was_safe():
    assert "<b>安</b>" in tabs(mark_safe("<b>安</b>"))
    assert "&lt;b&gt;安&lt;/b&gt;" in tabs("<b>安</b>")


def test_the_form_token_and_the_address_are_each_request_s_own():
    frame = {"frame": {"language_url": "/language/"}}
    first = kept.draw(LANGUAGE, frame, {"csrf_token": "token1", "path": "/one/"})
    second = kept.draw(LANGUAGE, frame, {"csrf_token": "token2", "path": '/two/"><b>'})
    assert 'value="token1"' in first
    assert 'value="/one/"' in first
    assert 'value="token2"' in second
    assert "token1" not in second
    assert 'value="/two/&quot;&gt;&lt;b&gt;"' in second


def test_each_language_has_its_own():
    with override("zh-hans"):
        chinese = tabs("x")
    with override("en"):
        assert tabs("x") != chinese


def test_values_that_look_different_have_different_keys():
    different = [
        1,
        True,
        "1",
        1.0,
        mark_safe("1"),
        [1],
        ("{", 1),
        {"a": 1},
        {"a": True},
        None,
        date(2026, 1, 1),
    ]
    assert len({kept.plain(value) for value in different}) == len(different)
    assert kept.plain(gettext_lazy("台账")) == kept.plain("台账")


def test_only_plain_values_are_taken():
    with pytest.raises(TypeError):
        kept.plain(object())


def test_the_tag_reads_token_and_address_from_the_page():
    page = Template("{% load ui %}{% kept 'ui/components/language.html' frame=frame %}")
    request = RequestFactory().get("/ledger/")
    context = Context({"frame": {"language_url": "/l/"}, "csrf_token": "t0ken", "request": request})
    html = page.render(context)
    assert 'value="t0ken"' in html
    assert 'value="/ledger/"' in html


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(kept, "MOST_CHARACTERS", 1_000)
    for number in range(50):
        tabs(f"第{number}项")
    assert sum(len(html) for html, _marks in kept._kept.values()) < 3_000

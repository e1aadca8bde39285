"""Every template of every room compiles, obeys the content security policy and speaks two languages."""

from pathlib import Path

import pytest
from django.template.loader import get_template

from tongxin.ui.templates_check import forbidden, templates_of, untranslated
from tongxin.ui.translations import ROOT, SOURCES

TEMPLATES = templates_of(SOURCES)
# Pages of invented sample data.
SAMPLES = {"ui/gallery.html"}


def name(path: Path) -> str:
    parts = path.relative_to(SOURCES).parts
    return "/".join(parts[parts.index("templates") + 1 :])


def readable(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", TEMPLATES, ids=readable)
def test_template_compiles(path):
    get_template(name(path))


@pytest.mark.parametrize("path", TEMPLATES, ids=readable)
def test_template_holds_nothing_that_the_policy_refuses(path):
    assert forbidden(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", [p for p in TEMPLATES if name(p) not in SAMPLES], ids=readable)
def test_chinese_in_a_template_can_be_translated(path):
    assert untranslated(path.read_text(encoding="utf-8")) == []


def test_components_say_first_what_they_need():
    components = [path for path in TEMPLATES if "components" in path.parts]
    assert components
    for path in components:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith(("{# ui/components/", "{% comment %}ui/components/")), readable(path)


@pytest.mark.parametrize(
    "source",
    [
        '<p style="color:red">',
        "<a onclick='x()'>",
        '<script src="//elsewhere/x.js" nonce="1"></script>',
        "<style>p{}</style>",
        "<script>1</script>",
        '<a href="javascript:x">',
    ],
)
def test_what_the_policy_refuses_is_found(source):
    assert forbidden(source)


def test_chinese_outside_of_translation_is_found_and_inside_is_not():
    assert untranslated("<p>待办</p>{% include 'x.html' with title='待办' %}") == [
        "include 'x.html' with title='待办'",
        "<p>待办</p>",
    ]
    assert (
        untranslated(
            "{# 说明 #}{% comment %}说明{% endcomment %}<!-- 说明 -->{% translate '待办' %}"
            "{% blocktranslate %}待办{% endblocktranslate %}{{ _('待办') }}<b lang=\"zh-Hans\">中文</b>"
        )
        == []
    )

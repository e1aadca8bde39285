"""Every template compiles, and the pages hold no script or style that the content security policy would stop."""

import re

import pytest
from django.template import engines

from .tree import ROOT, short

TEMPLATES = sorted(path for path in (ROOT / "tongxin").glob("**/templates/**/*.html"))
INLINE = re.compile(
    r"\son[a-z]+\s*=\s*[\"']|\sstyle\s*=\s*[\"']|<script(?![^>]*(?:src|nonce|type=\"application/json\"))",
    re.I,
)


@pytest.mark.parametrize("template", TEMPLATES, ids=short)
def test_a_template_compiles(template):
    name = template.as_posix().split("/templates/", 1)[1]
    engines["django"].get_template(name)


@pytest.mark.parametrize("template", TEMPLATES, ids=short)
def test_a_template_has_no_inline_script_or_style(template):
    assert INLINE.findall(template.read_text(encoding="utf-8")) == []

"""Every role and class against the reviewed table of who may ask for what, as the pages ask it."""

import re
from dataclasses import replace
from pathlib import Path

import yaml

from tongxin.kernel.access import openings, policy
from tongxin.testing.cast import cast, today  # noqa: F401

EXPECTED = yaml.safe_load(Path(__file__).with_name("asking.yaml").read_text(encoding="utf-8"))
WORDS = {"批准": policy.GRANT, "紧急": policy.BREAK_GLASS}


def test_each_role_may_ask_for_what_the_reviewed_table_says_and_nothing_else(cast):  # noqa: F811
    child = cast.students[1][0]
    table = policy.table()
    roles = {*table["do"], *table["read"], *table["sealed"], *table["ask"]}
    found = {
        role: asked
        for role in roles
        if (asked := openings.askable(replace(cast.wang.viewer(), roles=frozenset({role})), child))
    }
    assert found == EXPECTED
    assert not {"it_admin", "security_admin", "audit_admin", "homeroom_teacher", "guardian", "student"} & set(
        found
    )


def test_the_reference_describes_the_same_table():
    from tongxin.kernel.access.context import ROLE_NAMES

    page = (Path(__file__).parents[2] / "docs/reference/roles.md").read_text(encoding="utf-8")
    lines = re.search(r"## 谁能申请看什么.*?\n\| 角色 \|(.*?)\|\n.*?\n(.*?)\n\n", page, re.DOTALL)
    classes = [name.strip() for name in lines.group(1).split("|")]
    names = {str(words): role for role, words in ROLE_NAMES.items()}
    described = {}
    for line in lines.group(2).splitlines():
        title, *cells = [cell.strip() for cell in line.strip("|").split("|")]
        asked = {name: WORDS[word] for name, word in zip(classes, cells, strict=True) if word != "–"}
        described[names[title]] = asked
    assert described == EXPECTED

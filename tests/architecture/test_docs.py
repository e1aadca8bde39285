"""The reference names every setting and every command, and every page of the docs can be reached."""

import re

import pytest
import yaml

from .tree import ROOT, environment_variables

DOCS = ROOT / "docs"
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
KINDS = ["tutorial", "guides", "reference", "explanation"]


def described(page, pattern):
    return set(re.findall(pattern, (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE))


def test_every_setting_is_described_and_nothing_else():
    assert described("reference/settings.md", r"`(TONGXIN_[A-Z_]+)`") == environment_variables()


def test_every_command_is_described_and_nothing_else():
    from tongxin.config.command_line import build_parser

    _, owners = build_parser()
    assert described("reference/command-line.md", r"^### `tongxin ([a-z-]+)") == set(owners)


def test_there_is_a_page_of_every_kind():
    assert [kind for kind in KINDS if not list((DOCS / kind).glob("*.md"))] == []


def pages():
    return sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_between_pages_lead_somewhere(page):
    links = LINK.findall(page.read_text(encoding="utf-8"))
    dead = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert dead == []


def test_every_page_can_be_reached_from_the_index():
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    listed = {(DOCS / link).resolve() for link in LINK.findall(index) if "://" not in link}
    missing = [p.relative_to(DOCS).as_posix() for p in DOCS.rglob("*.md") if p.resolve() not in listed]
    assert [name for name in missing if name != "README.md"] == []


def test_the_readme_says_the_two_commands():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:sh|bash)?\n(.*?)```", readme, re.DOTALL)
    commands = [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
    assert commands == ["python3 start.py demo", "python3 start.py test"]


REACHES = {
    "全校": "school",
    "本支部": "branch",
    "本班": "class",
    "所带学生": "mentees",
    "自己": "own",
    "汇总": "counts",
    "本支部汇总": "branch_counts",
}


def test_every_role_is_described_with_what_it_may_read():
    policy = yaml.safe_load((ROOT / "tongxin/kernel/access/policy.yaml").read_text(encoding="utf-8"))
    page = (DOCS / "reference/roles.md").read_text(encoding="utf-8")
    described = {
        role: {
            name: REACHES[word] for name, word in zip(("K1", "K2", "K3"), words, strict=True) if word != "–"
        }
        for role, *words in re.findall(
            r"^\| `(\w+)` \| [^|]+ \| ([^ ]+) \| ([^ ]+) \| ([^ ]+) \|$", page, re.MULTILINE
        )
    }
    roles = set(policy["read"]) | set(policy["do"])
    assert described == {
        role: {
            name: reach for name, reach in policy["read"].get(role, {}).items() if name in ("K1", "K2", "K3")
        }
        for role in roles
    }

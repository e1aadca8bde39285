"""The packs that come with the product are English throughout where the page is, and Chinese where things are kept."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from django.utils import translation

from tongxin.kernel.programmes.packs import at_hand, in_page_words, offered, parse, parse_in_words
from tongxin.methods.cadence.explaining import explain, reason_words
from tongxin.methods.cadence.reference import Verdict
from tongxin.methods.cadence.words import sentences
from tongxin.testing.pack import PACK
from tongxin.ui.worded import as_written

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
# The number of a document is its name: 教基〔2022〕7号.
NUMBERS = re.compile(r"[\u4e00-\u9fff]+〔\d{4}〕\d+号")
DAY = date(2023, 6, 1)

slugs = pytest.mark.parametrize("slug", sorted(offered()))


def chinese(*texts: str) -> list[str]:
    return [text for text in texts if CHINESE.search(NUMBERS.sub("", text))]


@slugs
def test_every_rule_of_every_pack_is_said_in_english_throughout(slug):
    with translation.override("en"):
        pack = parse_in_words(offered()[slug].text)
        said = [text for _id, text in sentences(pack, "en")]
        others = at_hand((), parse_in_words)
        for rule in pack.obligations:
            verdict = Verdict(
                rule.id, rule.version, "s", "2023", DAY, DAY, 2, 1, "missed", bearer=("1",), counted=("e0",),
                rejected=(("e1", "by"),), reason="unknown: " + ", ".join(pack.attributes),
            )  # fmt: skip
            said += [explain(pack, verdict, "en", others), rule.title]
        for kind in pack.kinds.values():
            said += [reason_words(pack, f"filtered: {one.name}", "en") for one in kind.qualifiers]
            said += [reason_words(pack, f"evidence missing: {one.name}", "en") for one in kind.evidence]
    assert chinese(*said) == []


@slugs
def test_what_a_pack_declares_has_english_names(slug):
    with translation.override("en"):
        pack = parse_in_words(offered()[slug].text)
    declared = [
        pack.posts,
        pack.attributes,
        pack.links,
        pack.events,
        pack.announced,
        pack.kinds,
        pack.figures,
    ]
    named = [one for table in declared for one in table.values()]
    named += [*pack.all_headings(), *pack.phases.values(), *pack.plan_items]
    named += [
        part
        for kind in pack.kinds.values()
        for part in (*kind.parts, *kind.amounts, *kind.qualifiers, *kind.evidence)
    ]
    choices = [words for one in named for words in getattr(one, "values", {}).values()]
    assert chinese(pack.title, *pack.problems, *pack.goals, *choices, *(one.title for one in named)) == []


def test_on_chinese_pages_it_is_the_pack_itself_and_in_english_the_pack_is_at_hand():
    text = next(iter(offered().values())).text
    pack = parse(text)
    assert parse_in_words(text) is pack
    assert pack.as_written is pack
    with translation.override("en"):
        turned = parse_in_words(text)
        assert parse_in_words(text) is turned
    assert (turned.language, turned.as_written) == ("en", pack)
    assert turned.to_text() == pack.to_text()
    assert [as_written(rule.title) for rule in turned.obligations] == [
        rule.title for rule in pack.obligations
    ]


def test_a_pack_made_from_one_in_english_stands_for_itself():
    with translation.override("en"):
        turned = parse_in_words(PACK)
    fewer = replace(turned, obligations=turned.obligations[:1])
    assert fewer.as_written is fewer


def test_a_school_gives_its_own_words_english_names_and_what_has_none_stays():
    own = PACK.replace("title: 心理课\n", "title: 心灵小课堂\n    title_en: Little class\n").replace(
        "title: 家访\n", "title: 万家灯火行\n"
    )
    with translation.override("en"):
        pack = in_page_words(parse(own))
        assert pack.kinds["wellbeing_lesson"].title == "Little class"
        assert as_written(pack.kinds["wellbeing_lesson"].title) == "心灵小课堂"
        assert pack.kinds["home_visit"].title == "万家灯火行"
        lesson = next(text for name, text in sentences(pack, "en") if name == "lesson-each-fortnight")
    assert "little class" in lesson

"""The reference page tells exactly what the parser reads."""

from __future__ import annotations

from pathlib import Path

from tongxin.methods.cadence import parse
from tongxin.methods.cadence.grammar import OBLIGATION, reference_page

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "rule-language.md"


def test_every_key_of_an_obligation_has_a_line():
    assert set(OBLIGATION) == set(parse.KEYS)


def test_the_reference_page_is_the_one_made_from_the_code():
    assert PAGE.read_text(encoding="utf-8") == reference_page()

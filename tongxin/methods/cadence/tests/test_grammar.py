"""The reference page tells exactly what the parser reads."""

from __future__ import annotations

from pathlib import Path

from tongxin.methods.cadence import parse
from tongxin.methods.cadence.declarations import SHOWS
from tongxin.methods.cadence.grammar import OBLIGATION, SHOWN, reference_page
from tongxin.methods.cadence.grammar_examples import examples_page, missing
from tongxin.methods.cadence.pack import load_pack

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs" / "reference" / "rule-language.md"
EXAMPLES = ROOT / "docs" / "reference" / "rule-examples.md"


def example_packs():
    """The packs that examples are taken from, those of the documentation first."""
    examples = [ROOT / "docs" / "examples" / name / "pack" for name in ("forty-rules", "operators")]
    return [load_pack(path) for path in (*examples, *sorted((ROOT / "packs" / "programmes").glob("*")))]


def test_every_key_of_an_obligation_has_a_line():
    assert set(OBLIGATION) == set(parse.KEYS)


def test_every_way_to_show_a_figure_has_a_line():
    assert tuple(SHOWN) == SHOWS


def test_the_reference_page_is_the_one_made_from_the_code():
    assert PAGE.read_text(encoding="utf-8") == reference_page()


def test_every_operator_has_a_worked_example():
    assert missing(example_packs()) == []


def test_the_page_of_examples_is_the_one_made_from_the_packs():
    assert EXAMPLES.read_text(encoding="utf-8") == examples_page(example_packs())

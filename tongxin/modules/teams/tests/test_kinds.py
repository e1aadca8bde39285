"""The file of the kinds of team: every word is in the catalogue, every seat and part is one that is known."""

from tongxin.kernel.programmes.packs import offered, parse
from tongxin.modules.teams import kinds
from tongxin.ui.catalogue import read_po
from tongxin.ui.translations import po_path


def test_every_word_of_the_file_is_in_the_catalogue_of_translations():
    said = {word for kind in kinds.all_kinds().values() for word in kind.said}
    said |= {one.words for kind in kinds.all_kinds().values() for one in (*kind.seats, *kind.logs)}
    english = {message.text: texts for message, texts in read_po(po_path()).items()}
    assert {word for word in said if not all(english.get(word, [""]))} == set()


def test_what_the_file_names_is_declared_by_a_programme_on_offer():
    known = {}
    for slug in ("three-platforms-five-integrations", "one-plus-one-plus-one"):
        known |= parse(offered()[slug].text).kinds
    for kind in kinds.all_kinds().values():
        seats = {seat.name for seat in kind.seats}
        assert kind.mark in seats
        assert {seat.part for seat in kind.seats} <= {part.name for part in known[kind.formed].parts}
        for log in kind.logs:
            assert set(log.parts) <= {part.name for part in known[log.name].parts}, log.name
            assert {name for names in log.parts.values() for name in names} <= seats
            assert not log.woven or kind.log(log.woven)

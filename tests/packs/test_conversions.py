"""What goes out in another format and comes in again is the same, for our own instruments and for files of others."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tongxin.exchange.instruments.workbook import read_workbook, write_workbook
from tongxin.methods.psychometrics.formats import redcap
from tongxin.methods.psychometrics.formats.convert import FORMATS, give, take_over
from tongxin.methods.psychometrics.instrument import Instrument
from tongxin.methods.psychometrics.parse import load_instrument
from tongxin.methods.psychometrics.scoring import Codes, Scorer

from .shared_data import expected, folder, rows

SHIPPED = sorted((Path(__file__).parents[2] / "packs" / "instruments").glob("*.yaml"))
FOREIGN = [
    ("fhir", "fhir-gad7-from-reproschema.json"),
    ("fhir", "fhir-r4-argonaut-phq9.json"),
    ("fhir", "fhir-r4-calculated-expression.json"),
    ("fhir", "fhir-r4-phq9.json"),
    ("lss", "limesurvey/free_text.lsq"),
    ("lss", "limesurvey/group.lsg"),
    ("lss", "limesurvey/survey.lss"),
    ("redcap", "redcap/test-case-01-data-dictionary.csv"),
    ("redcap", "redcap/test-case-07-data-dictionary.csv"),
    ("reproschema", "reproschema/GAD7"),
    ("reproschema", "reproschema/PHQ-9"),
    ("reproschema", "reproschema/PHQ-9a"),
]


def foreign(kind: str, name: str) -> Instrument:
    path = folder("questionnaire-definitions") / name
    inside = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    files = {(p.relative_to(path).as_posix() if path.is_dir() else p.name): p.read_bytes() for p in inside}
    return take_over(kind, files)[0]


def back(known: Instrument, kind: str, tmp_path: Path, beside: bool = True) -> Instrument:
    if kind == "xlsx":
        (tmp_path / "form.xlsx").write_bytes(write_workbook(known))
        return read_workbook(tmp_path / "form.xlsx")[0]
    files = give(known, kind, beside)
    return take_over(kind, {name: text.encode() for name, text in files.items()})[0]


@pytest.mark.parametrize("kind", [*FORMATS, "xlsx"])
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_instrument_comes_back_the_same(path, kind, tmp_path):
    known = load_instrument(path)[0]
    assert back(known, kind, tmp_path) == known


@pytest.mark.parametrize("to", [*FORMATS, "xlsx"])
@pytest.mark.parametrize(("kind", "name"), FOREIGN, ids=[name for _, name in FOREIGN])
def test_a_definition_of_others_comes_back_the_same(kind, name, to, tmp_path):
    known = foreign(kind, name)
    assert back(known, to, tmp_path) == known


@pytest.mark.parametrize("kind", ["fhir", "lss", "redcap", "reproschema"])
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_words_order_options_values_branching_and_sums_are_told_in_the_formats_own_terms(
    path, kind, tmp_path
):
    known = load_instrument(path)[0]
    plain = back(known, kind, tmp_path, beside=False)

    def told(found: Instrument):
        for item in found.items:
            options = found.answers_by_id[item.answers].options
            yield (
                item.id,
                str(item.text),
                item.required,
                item.answers,
                [(o.code, o.value, str(o.text)) for o in options],
            )

    assert list(told(plain)) == list(told(known))
    shown = {item.id: item.show_if for item in known.items}
    if kind != "fhir":  # where "at least 1" is a line per answer
        assert {item.id: item.show_if for item in plain.items} == shown
    sums = {s.id: s.items for s in known.scales if s.method == "sum" and s.components and s.multiply == 1}
    assert {scale.id: scale.items for scale in plain.scales} == sums
    held = {item for items in sums.values() for item in items}
    assert set(plain.reverse) == set(known.reverse) & held


def test_enable_when_shows_an_item_for_the_same_papers(tmp_path):
    known = load_instrument(SHIPPED[[path.stem for path in SHIPPED].index("phq-9")])[0]
    plain = back(known, "fhir", tmp_path, beside=False)
    from tongxin.methods.psychometrics.conditions import Seen

    ours, theirs = (found.item_by_id["10"].show_if for found in (known, plain))
    for answered in ({"1": 0}, {"1": 1}, {"5": 3, "1": 0}, {str(n): 0 for n in range(1, 10)}):
        assert ours.holds(Seen(answered, {})) == theirs.holds(Seen(answered, {}))


def test_the_fhir_phq_9_has_nine_scored_items_and_a_total_of_27():
    wanted = expected("questionnaire-definitions")["fhir_r4_phq9"]
    known = foreign("fhir", "fhir-r4-phq9.json")
    (total,) = known.scales
    assert (len(known.items), len(total.items)) == (wanted["items"], wanted["scored_items"])
    assert [total.id] == wanted["total_item"]
    assert [item.formula[1] for item in known.items if item.formula] == wanted["expression"][0]
    for item in total.items:
        options = known.answers_by_id[known.item_by_id[item].answers].options
        assert {option.code: option.value for option in options} == wanted["answer_weights"]
    paper, problems = Codes(known).read(dict.fromkeys(total.items, "LA6571-9"))
    assert not problems
    assert Scorer(known).score(paper).scores == {total.id: wanted["all_highest_total"]} == {total.id: 27}
    # Its expression adds what is answered: a blank is stated, never a silent zero.
    one, _ = Codes(known).read({total.items[0]: "LA6570-1"})
    scored = Scorer(known).score(one)
    assert (scored.scores, scored.blanks) == ({total.id: 2}, {total.id: 8})


@pytest.mark.parametrize(("name", "scale", "n"), [("PHQ-9", "phq9_total_score", 9), ("PHQ-9a", "phq9a_total_score", 9), ("GAD7", "gad7_total_score", 7)])  # fmt: skip
def test_reproschema_gives_the_scored_items_their_languages_and_the_rule_for_item_ten(name, scale, n):
    known = foreign("reproschema", f"reproschema/{name}")
    (total,) = known.scales
    assert (total.id, len(total.items)) == (scale, n)
    for item in total.items:
        assert known.answers_by_id[known.item_by_id[item].answers].values == (0, 1, 2, 3)
    if name == "PHQ-9":
        source = folder("questionnaire-definitions") / "reproschema" / "PHQ-9" / "items" / "phq9_1"
        languages = json.loads(source.read_text(encoding="utf-8"))["question"]
        assert len(known.items[0].text.said) == len(languages) == 23
        assert known.language == "zh-CN"
    if n == 9:
        last = known.items[-1]
        from tongxin.methods.psychometrics.conditions import Seen

        assert last.show_if.holds(Seen(dict.fromkeys(total.items, 0), {})) is False
        assert last.show_if.holds(Seen(dict.fromkeys(total.items, 0) | {total.items[4]: 1}, {})) is True
    assert Scorer(known).score([3] * n + [0] * (len(known.items) - n)).scores == {scale: 3 * n}


@pytest.mark.parametrize("case", ["01", "07"])
def test_redcap_records_fit_their_dictionary_and_a_spoiled_one_is_named(case):
    known = foreign("redcap", f"redcap/test-case-{case}-data-dictionary.csv")
    wanted = expected("questionnaire-definitions")
    records = (folder("questionnaire-definitions") / "redcap" / f"test-case-{case}-records.csv").read_text(
        encoding="utf-8"
    )
    assert list(redcap.record_problems(known, records)) == []
    table = rows("questionnaire-definitions", f"redcap/test-case-{case}-records.csv")
    if case == "01":
        figures = wanted["redcap_case_01"]
        assert (len(known.items), len(table), len(table[0])) == (
            figures["dictionary_fields"], figures["records"], figures["columns"])  # fmt: skip
        spoiled = {
            "radio_buttons": "9",
            "dropdown_character": "z",
            "integer": "-3",
            "date_ymd": "gestern",
            "checkbox___2": "2",
        }
    else:
        spoiled = {"chamber": "9", "ozone": "x", "log_size": "-1"}
    out = [dict(table[0]) | {name: value} for name, value in spoiled.items()]
    import io

    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, list(table[0]))
    writer.writeheader()
    writer.writerows(out)
    found = [(column, value) for _, column, value, _ in redcap.record_problems(known, buffer.getvalue())]
    assert found == list(spoiled.items())


def test_limesurvey_files_have_the_questions_that_were_counted():
    for name, figures in expected("questionnaire-definitions")["limesurvey"].items():
        known = foreign("lss", f"limesurvey/{name}")
        assert len(known.items) == figures["questions"]
        assert known.language in figures["languages"]
        assert len(known.sections) == (figures["groups"] if figures["groups"] > 1 else 0)
        assert not any("<" in str(item.text) for item in known.items)

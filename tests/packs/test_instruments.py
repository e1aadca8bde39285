"""The instruments that come with the product: clean, free or without words, and scoring as published."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tongxin.methods.psychometrics.batch import BatchScorer
from tongxin.methods.psychometrics.batch_indices import BatchIndices, scales_apart
from tongxin.methods.psychometrics.golden import run_golden
from tongxin.methods.psychometrics.instrument import Instrument, MissingRule, Person
from tongxin.methods.psychometrics.lint import check_file
from tongxin.methods.psychometrics.parse import instrument_from_dict, instrument_from_text, load_instrument
from tongxin.methods.psychometrics.reliability import of_scale
from tongxin.methods.psychometrics.scoring import BLANK, Codes, Scorer, turned_over
from tongxin.methods.psychometrics.writing import as_dict, as_yaml

from .shared_data import expected, folder, rows

FOLDER = Path(__file__).parents[2] / "packs" / "instruments"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
WITH_WORDS = {"phq-9", "gad-7"}
KEYS = {"mht", "scl-90", "mssmhs-60", "sdq", "ces-d", "dass-21", "rses"}


def instrument(name: str) -> Instrument:
    return load_instrument(FOLDER / f"{name}.yaml")[0]


def papers(known: Instrument, table: list[dict[str, str]], coding: str = "own") -> np.ndarray:
    """A byte matrix of rows whose columns are the items' own ids."""
    codes = Codes(known, coding)
    read = [codes.read(row) for row in table]
    assert not any(problems for _, problems in read)
    return np.array([list(paper) for paper, _ in read], np.uint8)


def counted(known: Instrument, matrix: np.ndarray) -> np.ndarray:
    """What each answer counts, reversal done; where there is none, anything."""
    return np.stack(
        [
            np.array(turned_over(known, item)).take(matrix[:, k], mode="clip")
            for k, item in enumerate(known.scored_items)
        ],
        1,
    )


def alpha(values: np.ndarray) -> float:
    k = values.shape[1]
    return k / (k - 1) * (1 - values.var(0, ddof=1).sum() / values.sum(1).var(ddof=1))


def test_the_instruments_that_were_promised_are_there():
    assert set(NAMES) >= WITH_WORDS | KEYS


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_instrument_has_no_findings_and_its_worked_papers_hold(name):
    assert check_file(FOLDER / f"{name}.yaml") == []
    assert len(run_golden(instrument(name))) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_only_instruments_shown_to_be_free_come_with_their_words(name):
    known = instrument(name)
    assert known.has_wording == (name in WITH_WORDS)
    assert any(item.text for item in known.items) == (name in WITH_WORDS)
    assert known.licence.wording == ("shipped" if name in WITH_WORDS else "school")
    if name in WITH_WORDS:
        assert "No permission required" in known.licence.notice
        assert "Apache License 2.0" in known.licence.notice


@pytest.mark.parametrize("name", NAMES)
def test_every_shipped_instrument_is_written_and_read_again_the_same(name):
    known = instrument(name)
    assert instrument_from_dict(as_dict(known)) == (known, [])
    assert instrument_from_text(as_yaml(known)) == (known, [])


@pytest.mark.parametrize("name", sorted(WITH_WORDS))
def test_the_chinese_words_are_those_of_the_source_but_for_spaces_and_old_characters(name):
    source = folder("questionnaire-definitions") / "reproschema" / {"phq-9": "PHQ-9", "gad-7": "GAD7"}[name]
    stem = {"phq-9": "phq9", "gad-7": "gad7"}[name]

    def plain(text: str) -> str:
        return "".join(text.translate(str.maketrans("沒它─ﬁ？", "没他—度?")).split())

    for item in instrument(name).items:
        words = json.loads((source / "items" / f"{stem}_{item.id}").read_text(encoding="utf-8"))["question"]
        theirs, ours = plain(words.get("zh-cn", words.get("zn-ch"))), plain(str(item.text))
        if item.id == "10":  # for pupils: study beside work
            theirs = theirs.replace("你的工作", "你的学习和工作").replace("时来说造成", "造成")
        assert theirs == ours
        assert item.text.say("en") == " ".join(words["en"].split())


def test_mht_and_scl_90_hold_exactly_the_items_of_the_published_keys():
    keys = json.loads((folder("scale-keys") / "mht.json").read_text(encoding="utf-8"))
    known = instrument("mht")
    assert len(known.items) == keys["items"]
    assert known.partition == tuple(keys["scales"])
    for name, items in keys["scales"].items():
        assert [int(item) for item in known.scale_by_id[name].items] == items
    assert "validity" not in known.scale_by_id["total"].of
    keys = json.loads((folder("scale-keys") / "scl90.json").read_text(encoding="utf-8"))
    known = instrument("scl-90")
    assert (len(known.items), known.partition) == (keys["items"], tuple(keys["factors"]))
    for name, items in keys["factors"].items():
        assert [int(item) for item in known.scale_by_id[name].items] == items


def test_mht_leaves_out_a_paper_with_a_validity_score_of_eight_and_marks_a_scale_from_eight():
    rules = json.loads((folder("scale-keys") / "mht.json").read_text(encoding="utf-8"))["rules"]
    scorer = Scorer(instrument("mht"))
    validity = [int(item) - 1 for item in instrument("mht").scale_by_id["validity"].items]
    for score in range(11):
        paper = [0] * 100
        for place in validity[:score]:
            paper[place] = 1
        assert (scorer.score(paper).validity == "invalid") == (score >= rules["validity_exclude_if_ge"])
    for score in range(16):
        scored = scorer.score([1] * score + [0] * (100 - score))
        assert (scored.bands["learning_anxiety"].id == "high") == (score >= rules["subscale_high_if_ge"])


def test_the_known_wrong_keys_are_caught():
    def spoil(name: str, change) -> list[str]:
        raw = as_dict(instrument(name))
        change(raw, {scale["id"]: scale for scale in raw["scales"]})
        found, findings = instrument_from_dict(raw)
        from tongxin.methods.psychometrics.lint import lint

        return [finding.code for finding in lint(found, findings) if finding.level == "error"]

    def item_100_in_loneliness_and_no_validity_scale(raw, scales):
        scales["loneliness"]["items"] = ["26-35", 100]
        raw["scales"].remove(scales["validity"])
        raw["partition"].remove("validity")
        raw["validity"] = []

    def item_55_in_other_too(raw, scales):
        scales["other"]["items"].append(55)

    def places_counted_from_zero(raw, scales):
        for name in raw["partition"]:
            flat = [int(item) for item in instrument("scl-90").scale_by_id[name].items]
            scales[name]["items"] = [item + 1 for item in flat]

    def factors_in_a_row(raw, scales):
        start = 1
        for name in raw["partition"]:
            size = len(instrument("scl-90").scale_by_id[name].items)
            scales[name]["items"] = list(range(start, start + size))
            start += size

    assert "membership" in spoil("mht", item_100_in_loneliness_and_no_validity_scale)
    assert "membership" in spoil("scl-90", item_55_in_other_too)
    assert "unknown-item" in spoil("scl-90", places_counted_from_zero)
    assert "golden" in spoil("scl-90", factors_in_a_row)


def cesd() -> tuple[Instrument, list[dict[str, str]], np.ndarray]:
    table = rows("cesd-help", "cesd_help.csv")
    known = instrument("ces-d")
    letters = [f"F1{letter}" for letter in "ABCDEFGHIJKLMNOPQRST"]
    matrix = papers(known, [{str(n + 1): row[name] for n, name in enumerate(letters)} for row in table])
    return known, table, matrix


def test_ces_d_totals_are_those_the_study_published():
    known, table, matrix = cesd()
    published = np.array([int(row["cesd_published"]) for row in table])
    whole = (matrix != BLANK).all(axis=1)
    wanted = expected("cesd-help")
    assert (len(table), int(whole.sum())) == (453, wanted["n_complete"])
    scores = BatchScorer(known).score(matrix).scores["total"]
    assert int((scores[whole] == published[whole]).sum()) == wanted["agree_with_published"] == 446
    plain = BatchScorer(replace(known, reverse=())).score(matrix).scores["total"]
    assert int((plain[whole] == published[whole]).sum()) == wanted["agree_if_no_reversal"] == 48
    # The study added the answered items alone: the rule has to be stated, and then all 453 agree.
    total = replace(known.scale_by_id["total"], missing=MissingRule("count", 1))
    theirs = BatchScorer(replace(known, scales=(total,))).score(matrix).scores["total"]
    assert int((theirs == published).sum()) == 453
    incomplete = {row["ID"]: row["sum_of_answered"] for row in wanted["incomplete_rows"]}
    assert {int(table[k]["ID"]): theirs[k] for k in np.flatnonzero(~whole)} == incomplete
    assert np.isclose(alpha(counted(known, matrix[whole])), wanted["all"]["alpha_raw"])
    assert np.isclose(scores[whole].mean(), wanted["all"]["total_mean"])


def test_dass_21_alphas_and_severity_counts_are_the_published_ones():
    known, wanted = instrument("dass-21"), expected("dass21-students")
    table = [
        {name[1:]: value for name, value in row.items()} for row in rows("dass21-students", "dass21.csv")
    ]
    matrix = papers(known, table, "1-4")
    batch, values = BatchScorer(known).score(matrix), counted(known, matrix)
    assert len(matrix) == 411
    for scale in known.scales:
        figures = wanted[scale.id]
        places = [int(item) - 1 for item in scale.items]
        assert np.isclose(alpha(values[:, places]), figures["alpha_raw"])
        assert np.isclose(batch.scores[scale.id].mean(), figures["total_mean"])
        assert np.isclose(batch.scores[scale.id].std(ddof=1), figures["total_sd"])
        counts = np.bincount(batch.bands[scale.id], minlength=5).tolist()
        assert counts == [band["n"] for band in figures["bands"]]
    assert np.isclose(alpha(values), wanted["total"]["alpha_raw"])
    assert np.bincount(batch.bands["depression"]).tolist() == [301, 49, 37, 17, 7]


def test_rses_alpha_with_and_without_reversal_and_its_bands_are_the_published_ones():
    known, wanted = instrument("rses"), expected("rses-openpsychometrics")
    table = rows("rses-openpsychometrics", "data.tsv", "\t")
    matrix = papers(known, [{str(n): row[f"Q{n}"] for n in range(1, 11)} for row in table], "1-4")
    whole = (matrix != BLANK).all(axis=1)
    assert (len(matrix), int((~whole).sum())) == (47_974, wanted["n_with_any_missing"])
    values = counted(known, matrix[whole])
    assert np.isclose(alpha(values), wanted["all"]["alpha_raw"])
    assert np.isclose(
        alpha(counted(replace(known, reverse=()), matrix[whole])), wanted["without_reversal_alpha"]
    )
    assert int((matrix == matrix[:, :1]).all(axis=1).sum()) == wanted["n_straightline_raw"]
    batch = BatchScorer(known).score(matrix)
    assert int(np.isnan(batch.scores["total"]).sum()) == 1428
    assert np.isclose(np.nanmean(batch.scores["total"]), wanted["all"]["total_mean"])
    assert np.bincount(batch.bands["total"][whole]).tolist() == [band["n"] for band in wanted["all"]["bands"]]


@pytest.mark.parametrize(
    ("name", "data", "file", "separator", "coding", "column", "scales"),
    [
        ("rses", "rses-openpsychometrics", "data.tsv", "\t", "1-4", "Q{n}", {"total": "all"}),
        ("dass-21", "dass21-students", "dass21.csv", ",", "1-4", "Q{n}", {s: s for s in ("depression", "anxiety", "stress")}),
        ("ces-d", "cesd-help", "cesd_help.csv", ",", "own", "F1{letter}", {"total": "all"}),
    ],
)  # fmt: skip
def test_alpha_and_item_rest_correlations_are_the_published_ones(
    name, data, file, separator, coding, column, scales
):
    known, wanted = instrument(name), expected(data)
    heads = {item.id: column.format(n=item.id, letter=chr(64 + int(item.id))) for item in known.items}
    matrix = papers(
        known, [{i: row[head] for i, head in heads.items()} for row in rows(data, file, separator)], coding
    )
    for scale, figures in scales.items():
        found, published = of_scale(BatchScorer(known), known.scale_by_id[scale], matrix), wanted[figures]
        assert (found.n, len(found.items)) == (published["n_complete"], published["k"])
        assert np.isclose(found.alpha, published["alpha_raw"])
        for mine, theirs in zip(found.items, published["items"], strict=True):
            assert heads[mine.item] == theirs["item"]
            assert np.isclose(mine.mean, theirs["mean"])
            assert np.isclose(mine.sd, theirs["sd"])
            assert np.isclose(mine.rest, theirs["r_it_corrected"])
            assert np.isclose(mine.alpha_without, theirs["alpha_if_dropped"])


def test_the_indices_of_simulated_papers_are_those_of_careless_in_r():
    table, wanted = (
        rows("careless-simulated", "careless_dataset.csv"),
        rows("careless-simulated", "expected_indices.csv"),
    )
    names = list(table[0])
    raw = {
        "instrument": "simulated", "title": "模拟",
        "answers": {"agree": {"options": [{"value": value} for value in range(1, 6)]}},
        "items": [{"id": name} for name in names],
        "scales": [{"id": f"s{k}", "title": "分", "items": names[5 * k : 5 * k + 5]} for k in range(10)],
    }  # fmt: skip
    known, _ = instrument_from_dict(raw)
    found = BatchIndices(BatchScorer(known), scales_apart(known)).of(papers(known, table))

    def published(column: str) -> np.ndarray:
        return np.array([float("nan") if row[column] in ("NA", "") else float(row[column]) for row in wanted])

    assert np.array_equal(found.longstring, published("longstring"))
    assert np.allclose(found.irv, published("irv"), atol=1e-5)
    assert np.allclose(-found.even_odd, published("evenodd"), atol=1e-5, equal_nan=True)
    assert np.allclose(found.distance, published("mahad_sq"), rtol=1e-4)
    figures = expected("careless-simulated")
    assert int(np.isnan(found.even_odd).sum()) == figures["evenodd_na"]
    assert int((found.longstring >= 10).sum()) == figures["n_longstring_ge10"]


def test_big_five_scores_are_those_of_the_published_keys():
    wanted, table = expected("bfi-psychtools"), rows("bfi-psychtools", "bfi.csv")
    names = [name.lstrip("-") for keys in wanted["keys"].values() for name in keys]
    raw = {
        "instrument": "bfi", "title": "大五",
        "answers": {"like": {"options": [{"value": value} for value in range(1, 7)]}},
        "items": [{"id": name} for name in names],
        "reverse": [key[1:] for keys in wanted["keys"].values() for key in keys if key[0] == "-"],
        "scales": [{"id": name, "title": name, "items": [key.lstrip("-") for key in keys]}
                   for name, keys in wanted["keys"].items()],
    }  # fmt: skip
    known, findings = instrument_from_dict(raw)
    assert not findings
    matrix = papers(known, [{name: row[name] for name in names} for row in table])
    batch = BatchScorer(known).score(matrix)
    for name, figures in wanted["listwise"].items():
        scores = batch.scores[name]
        whole = ~np.isnan(scores)
        assert int(whole.sum()) == figures["n_complete"]
        assert np.isclose(scores[whole].mean(), figures["total_mean"])
        places = [names.index(item) for item in known.scale_by_id[name].items]
        assert np.isclose(alpha(counted(known, matrix[whole])[:, places]), figures["alpha_raw"])
    # psych's scoreItems puts the median of the raw item where an answer is missing.
    middle = np.array([np.median(column[column != BLANK]) for column in matrix.T])
    filled = np.where(matrix == BLANK, middle, matrix) + 1.0
    turned = np.array([item.id in known.reverse for item in known.items])
    filled = np.where(turned, 7 - filled, filled)
    for name, published in wanted["psych_scoreItems_alpha_median_impute"].items():
        places = [names.index(item) for item in known.scale_by_id[name].items]
        assert abs(alpha(filled[:, places]) - published) < 5e-5
        mean = wanted["psych_scoreItems_scale_means"][name]
        assert abs(filled[:, places].mean() - mean) < 5e-5


def test_sdq_judges_the_same_score_by_who_answered():
    known = instrument("sdq")
    scorer, paper = Scorer(known), [0] * 25
    for item in (3, 8, 13):
        paper[item - 1] = 2
    reached = {form: scorer.score(paper, Person(form=form)).bands["total"].id for form in known.forms}
    assert reached == {"student": "borderline", "parent": "borderline", "teacher": "abnormal"}
    nobody = scorer.score(paper)
    assert "total" in nobody.undetermined
    assert "total" not in nobody.bands


def test_phq_9_reaches_every_band_at_its_published_edge_and_never_hides_item_nine():
    known = instrument("phq-9")
    scorer = Scorer(known)
    edges = {0: "minimal", 4: "minimal", 5: "mild", 9: "mild", 10: "moderate", 14: "moderate",
             15: "moderately-severe", 19: "moderately-severe", 20: "severe", 27: "severe"}  # fmt: skip
    for total, band in edges.items():
        paper = [min(3, max(0, total - 3 * place)) for place in range(9)]
        assert scorer.score([*paper, BLANK]).bands["total"].id == band
    for nine, others in itertools.product((1, 2, 3), (0, BLANK)):
        assert scorer.score([others] * 8 + [nine, BLANK]).critical == ["self-harm"]
